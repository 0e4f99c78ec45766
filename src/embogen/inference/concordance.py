"""Concordance: how often of two patients the one with the higher score has the event first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError
from embogen.inference.estimates import Estimate, Interval
from embogen.inference.row_data import (
    check_level,
    float_rows,
    label_codes,
    label_rows,
    one_cause,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embogen.errors import DataProblem
    from embogen.inference.cox_result import CoxFit
    from embogen.inference.design import Design
    from embogen.surv import Surv


@dataclass(frozen=True, slots=True)
class Concordance:
    """Agreement of a risk score with an outcome.

    Parameters
    ----------
    estimate
        Concordant pairs and half of those tied in score, over all pairs compared: 0.5 when the
        score says nothing. Its interval is made on the logit scale; p is of value 0.5 by
        ``wald``. NaN without a pair to compare.
    std_error
        Infinitesimal jackknife; of clusters where they are given.
    concordant, discordant, tied_score
        Pairs compared: the one with the higher score has the event first, later, scores equal.
    tied_time
        Pairs of events at one time, which are not compared.
    n, n_events
        Patients and events.
    caveats
        What must be read with it.
    """

    estimate: Estimate
    std_error: float
    concordant: float
    discordant: float
    tied_score: float
    tied_time: float
    n: int
    n_events: int
    caveats: tuple[Caveat, ...] = ()


def concordance(
    surv: Surv,
    score: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> Concordance:
    """Estimate the concordance of a score with an outcome.

    Parameters
    ----------
    surv
        n outcomes of one cause; with delayed entry a patient is compared with those at risk at the
        time of the event only.
    score
        (n,) higher means expected to fail earlier.
    strata
        (n,) labels; pairs are formed within strata.
    weights
        (n,) positive case weights; a pair counts their product.
    cluster
        (n,) labels; rows of one cluster are one unit of the standard error.
    level
        Confidence level of the interval.

    Returns
    -------
    Concordance
        Figures as of R's ``concordance(..., reverse = TRUE)``.

    Raises
    ------
    DataError
        When lengths disagree, or a score, weight or label is unusable.

    Notes
    -----
    Near-equal times are one time. The figure depends on the pattern of censoring when hazards are
    not proportional (Uno et al., Stat Med 2011;30:1105). On the data a model was fitted to it is
    too good: correct it for optimism before believing it.

    Examples
    --------
    Four deaths in the order of the scores but for the first two: 5 of 6 pairs.

    >>> from embogen.surv import Surv
    >>> result = concordance(Surv([1, 2, 3, 4], [1, 1, 1, 1]), [3, 4, 2, 1])
    >>> round(result.estimate.value * 6, 9), result.discordant
    (5.0, 1.0)
    """
    problems: list[DataProblem] = []
    one_cause(surv, problems)
    check_level(level, problems)
    scores = float_rows(score, "score", surv.n, problems)
    labels = label_rows(strata, "strata", surv.n, problems)
    weight = float_rows(weights, "weights", surv.n, problems, positive=True)
    units = label_rows(cluster, "cluster", surv.n, problems)
    if problems or scores is None:
        raise DataError(problems)
    from embogen.survival.concordance import concordance_counts  # noqa: PLC0415 - loads numba
    from embogen.survival.risk_sets import build, merge_near_times  # noqa: PLC0415 - same

    time, entry = merge_near_times(surv.time, surv.entry)
    kept = np.arange(surv.n) if entry is None else np.flatnonzero(entry < time)
    event = np.asarray(surv.event == 1, dtype=np.bool_)[kept]
    sets = build(
        time[kept],
        event,
        entry=None if entry is None else entry[kept],
        strata=None if labels is None else label_codes(labels)[0][kept],
        weights=None if weight is None else weight[kept],
    )
    total, influence = concordance_counts(sets, scores[kept][sets.order])
    patient = np.arange(len(kept)) if units is None else label_codes(units)[0][kept]
    value, error = _value(total, influence * sets.weight[:, None], patient[sets.order])
    return Concordance(
        estimate=_estimate(value, error, level),
        std_error=error,
        concordant=float(total[0]),
        discordant=float(total[1]),
        tied_score=float(total[2]),
        tied_time=float(total[3]),
        n=len(kept),
        n_events=int(event.sum()),
        caveats=_caveats(total, len(kept), int(event.sum()), surv.n - len(kept)),
    )


def cox_concordance(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    *,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> Concordance:
    """Estimate the concordance of a Cox model's linear predictor with an outcome.

    Parameters
    ----------
    fit
        From `fit_cox`; terms without a finite estimate do not enter.
    surv, design, strata, weights, offset, cluster, level
        n rows, those of the fit or others (external validation); see `concordance`.

    Returns
    -------
    Concordance

    Raises
    ------
    DataError
        As `concordance`; also when the design has other columns than the fit.
    """
    from embogen.inference.linear_predictor import linear_predictor  # noqa: PLC0415 - loads numba

    score = linear_predictor(fit, design, offset)
    return concordance(surv, score, strata=strata, weights=weights, cluster=cluster, level=level)


def _value(
    total: NDArray[np.float64], weighted: NDArray[np.float64], unit: NDArray[np.int64]
) -> tuple[float, float]:
    """Give concordance and standard error from the counts and their weighted derivatives."""
    pairs = float(total[:3].sum())
    if not pairs > 0.0:
        return math.nan, math.nan
    value = float(total[0] + total[2] / 2) / pairs
    # of (C + T/2) / (C + D + T), written so that nothing large is subtracted
    change = (1 - value) * weighted[:, 0] - value * weighted[:, 1]
    change = (change + (0.5 - value) * weighted[:, 2]) / pairs
    sums = np.bincount(unit, weights=change)
    return value, float(np.sqrt(np.sum(sums**2)))


def _estimate(value: float, error: float, level: float) -> Estimate:
    """Make the interval on the logit scale; there is none at 0 and 1."""
    from scipy.special import ndtr, ndtri  # noqa: PLC0415 - results load without scipy

    if not 0.0 < value < 1.0 or not error > 0.0:
        return Estimate(value, None, None, "probability")
    width = float(ndtri(0.5 + level / 2)) * error / (value * (1 - value))
    odds = value / (1 - value)
    low, high = odds * math.exp(-width), odds * math.exp(width)
    interval = Interval(low / (1 + low), high / (1 + high), level, "logit")
    p_value = float(2 * ndtr(-abs(value - 0.5) / error))
    return Estimate(value, interval, p_value, "probability", "wald")


def _caveats(
    total: NDArray[np.float64], n: int, n_events: int, n_excluded: int
) -> tuple[Caveat, ...]:
    out: list[Caveat] = []
    if n_excluded:
        message = f"{n_excluded} rows enter at or after their exit and were never at risk."
        out.append(Caveat("never_at_risk", message, {"n": n_excluded}))
    if n_events == 0:
        message = f"None of the {n} patients analysed had an event."
        out.append(Caveat("no_events", message, {"n": n, "events": 0}))
    elif not total[:3].sum() > 0.0:
        message = f"None of the {n_events} patients with an event was outlived by one at risk."
        out.append(Caveat("nothing_to_compare", message, {"events": n_events}))
    return tuple(out)
