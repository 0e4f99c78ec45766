"""The log-rank test for trend over ordered groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embogen.errors import DataError, DataProblem
from embogen.inference.significance import logrank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from embogen.surv import Surv


@dataclass(frozen=True, slots=True)
class TrendTest:
    """Whether the hazard rises or falls over ordered groups.

    Parameters
    ----------
    groups, scores
        Names in their order, and the score of each.
    z
        Positive where groups with higher scores have more events than expected; NaN when there
        is nothing to compare.
    statistic, df, p_value
        z squared, its degrees of freedom (1; 0 when nothing is compared), two-sided p-value.
    rho
        Each time counts by S(t-)^rho.
    """

    groups: tuple[str, ...]
    scores: tuple[float, ...]
    z: float
    statistic: float
    df: int
    p_value: float
    rho: float


def logrank_trend(
    surv: Surv,
    groups: ArrayLike,
    *,
    scores: Sequence[float] | None = None,
    group_order: tuple[str, ...] | None = None,
    strata: ArrayLike | None = None,
    rho: float = 0.0,
) -> TrendTest:
    """Test for a trend of survival over ordered groups, such as tumour grades.

    Parameters
    ----------
    surv
        n outcomes of one cause; delayed entry is honoured.
    groups, group_order
        (n,) labels, and the order of their names; sorted without it.
    scores
        One number for each group in that order; 0, 1, 2, ... without.
    strata
        (n,) labels; differences are summed over strata.
    rho
        Each time counts by S(t-)^rho, as in `logrank`.

    Returns
    -------
    TrendTest

    Raises
    ------
    DataError
        When lengths disagree, a label is missing, or scores do not fit the groups.

    Notes
    -----
    Tarone, Biometrika 1975;62:679: z = s'(O - E) / sqrt(s'V s) with the log-rank test's observed,
    expected and covariance.

    Examples
    --------
    With two groups it is the log-rank test.

    >>> from embogen.surv import Surv
    >>> test = logrank_trend(Surv([1, 2, 3, 4], [1, 1, 1, 1]), ["A", "A", "B", "B"])
    >>> round(test.statistic, 4), test.z < 0
    (2.8824, True)
    """
    found = logrank(surv, groups, strata=strata, rho=rho, group_order=group_order)
    k = len(found.groups)
    values = np.arange(k, dtype=np.float64)
    if scores is not None:
        values = np.asarray(scores, dtype=np.float64)
        if values.shape != (k,) or not np.isfinite(values).all():
            message = (
                f"{len(scores)} scores were given for the groups {', '.join(found.groups)}; one "
                "finite number for each was expected"
            )
            raise DataError([DataProblem("scores", message, "Give them in the groups' order.")])
    excess = float(values @ (found.observed - found.expected))
    spread = float(values @ found.variance @ values)
    tested = spread > 1e-14 * float((values**2) @ np.diag(found.variance))
    z = excess / math.sqrt(spread) if tested else math.nan
    return TrendTest(
        groups=found.groups,
        scores=tuple(values.tolist()),
        z=z,
        statistic=z * z,
        df=int(tested),
        p_value=math.erfc(abs(z) / math.sqrt(2.0)) if tested else math.nan,
        rho=rho,
    )
