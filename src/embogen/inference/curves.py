"""Kaplan-Meier curves with their intervals, medians and group comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.inference.estimates import Estimate
from embogen.inference.significance import LogRank

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.surv import Surv

CurveInterval = Literal["log", "log-log", "plain"]


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """The Kaplan-Meier curve of one group.

    Parameters
    ----------
    group
        Its name; "all" when there is one.
    time
        (m,) distinct observed times in days, ascending (R's survfit rows).
    n_risk, n_event, n_censor
        (m,) counts at each time (sums of case weights when weighted).
    survival, std_error
        (m,) survival just after each time, and its Greenwood standard error.
    ci_low, ci_high
        (m,) pointwise limits; NaN where they do not exist.
    interval, level
        Type and level of the limits.
    n, n_events
        Patients and events.
    median
        Median time in days with its interval; value NaN when not reached, a limit inf or NaN
        where the data do not bound it.
    """

    group: str
    time: NDArray[np.float64]
    n_risk: NDArray[np.float64]
    n_event: NDArray[np.float64]
    n_censor: NDArray[np.float64]
    survival: NDArray[np.float64]
    std_error: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    interval: CurveInterval
    level: float
    n: int
    n_events: int
    median: Estimate

    # methods: quantile(p) -> Estimate; at(times) -> survival; number_at_risk(times) -> NDArray


@dataclass(frozen=True, slots=True, eq=False)
class KaplanMeier:
    """Curves of one or more groups, with their log-rank comparison when there are several."""

    curves: tuple[SurvivalCurve, ...]
    logrank: LogRank | None
    caveats: tuple[Caveat, ...]


def kaplan_meier(
    surv: Surv,
    *,
    groups: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    interval: CurveInterval = "log",
    level: float = 0.95,
) -> KaplanMeier:
    raise NotImplementedError
