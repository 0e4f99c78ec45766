"""Restricted mean survival time: by group, differences and ratios."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.curve_rows import ALL, CurveRows, curve_rows, emptied, small_group
from embogen.inference.estimates import Estimate, Interval
from embogen.inference.ratio import Ratio
from embogen.inference.row_data import one_cause

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embogen.surv import Surv


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The restricted mean of one group, in days.

    Parameters
    ----------
    group
        Its name; "all" when there is one.
    n, n_events
        Patients, and events by the horizon.
    mean
        Area under the Kaplan-Meier curve up to the horizon.
    std_error
        Its standard error.
    lost
        Horizon less mean: the mean time lost, with its interval.
    """

    group: str
    n: int
    n_events: int
    mean: Estimate
    std_error: float
    lost: Estimate


@dataclass(frozen=True, slots=True)
class MeanContrast:
    """One group against the reference: difference in days (against 0) and ratio (against 1)."""

    group: str
    reference: str
    difference: Estimate
    std_error: float
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class Rmst:
    """Restricted mean survival times up to `horizon_days`, the first group being the reference."""

    horizon_days: float
    groups: tuple[RestrictedMean, ...]
    contrasts: tuple[MeanContrast, ...]
    caveats: tuple[Caveat, ...]


def rmst(
    surv: Surv,
    horizon_days: float,
    *,
    groups: ArrayLike | None = None,
    group_order: tuple[str, ...] | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Rmst:
    """Estimate restricted mean survival time, in all patients or by group.

    Parameters
    ----------
    surv
        n outcomes of one cause; delayed entry is honoured.
    horizon_days
        Time up to which survival is averaged. It is part of the question, so it has no default.
    groups, group_order
        (n,) labels, and the order of their names; the first is the reference.
    weights
        (n,) positive case weights, read as counts by the variance.
    level
        Confidence level.

    Returns
    -------
    Rmst

    Raises
    ------
    DataError
        When a group's curve is not known up to the horizon (its last patient is censored
        earlier), lengths disagree, or a label or weight is unusable.

    Notes
    -----
    Variance by Greenwood's terms (Klein & Moeschberger, 2003, eq. 4.5.3). The ratio's interval is
    made on the log scale. Royston & Parmar, BMC Med Res Methodol 2013;13:152.

    Examples
    --------
    Events on days 1 and 3: survival is 1, 1/2, 0, so the mean up to day 4 is 1 + 2 / 2 = 2.

    >>> from embogen.surv import Surv
    >>> rmst(Surv([1, 3], [1, 1]), 4).groups[0].mean.value
    2.0
    """
    from embogen.survival.rmst import restricted_mean  # noqa: PLC0415 - light results

    problems: list[DataProblem] = []
    one_cause(surv, problems)
    if not (math.isfinite(horizon_days) and horizon_days > 0):
        message = f"the horizon is {horizon_days:g}; a finite number of days above 0 was expected"
        problems.append(DataProblem("survival data", message, "Give tau in days."))
    if problems:
        raise DataError(problems)
    rows = curve_rows(surv, groups=groups, group_order=group_order, weights=weights, level=level)
    means: list[RestrictedMean] = []
    caveats = [*rows.caveats()]
    for code, name in enumerate(rows.names):
        mine = rows.group == code
        if not mine.any():
            continue
        time, n_risk, n_event = _curve(rows, mine)
        caveats += emptied(name, rows, np.flatnonzero(mine), (time, n_risk, n_event))
        problems += _unknown(name, time, n_risk - n_event, horizon_days)
        mean, variance = restricted_mean(time, n_risk, n_event, horizon_days)
        events = int(np.count_nonzero(rows.cause[mine & (rows.time <= horizon_days)]))
        se = math.sqrt(variance)
        means.append(
            RestrictedMean(
                group=name,
                n=int(mine.sum()),
                n_events=events,
                mean=_days(mean, se, level),
                std_error=se,
                lost=_days(horizon_days - mean, se, level),
            )
        )
    if problems:
        raise DataError(problems)
    if len(means) > 1:
        caveats += small_group("The comparison of restricted means", [item.n for item in means])
    contrasts = tuple(_contrast(item, means[0], level) for item in means[1:])
    return Rmst(float(horizon_days), tuple(means), contrasts, tuple(caveats))


def _curve(
    rows: CurveRows, mine: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give times, numbers at risk and events of one group."""
    from embogen.survival.km import product_limit  # noqa: PLC0415 - light results

    entry = None if rows.entry is None else rows.entry[mine]
    found = product_limit(rows.time[mine], rows.cause[mine] > 0, entry, rows.weight[mine])
    # a risk set that leaves by events altogether ends the curve, whatever rounding is left of it
    ended = found.survival <= 0
    n_event = np.where(ended & (found.n_event > 0), found.n_risk, found.n_event)
    return found.time, found.n_risk, n_event


def _unknown(
    name: str, time: NDArray[np.float64], n_left: NDArray[np.float64], horizon: float
) -> list[DataProblem]:
    """Refuse a horizon beyond the follow-up of a group whose curve has not come down to 0."""
    last = float(time[-1])
    if horizon <= last or not (n_left > 0).all():
        return []
    of = "" if name == ALL else f" of {name}"
    message = (
        f"the horizon is {horizon:g} days, but the last patient{of} is censored on day {last:g}"
    )
    remedy = f"Choose a horizon of at most {last:g} days."
    return [DataProblem("survival data", message, remedy)]


def _days(value: float, se: float, level: float) -> Estimate:
    width = _normal(level) * se
    return Estimate(value, Interval(value - width, value + width, level, "wald"), None, "days")


def _normal(level: float) -> float:
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    return float(ndtri(0.5 + level / 2))


def _contrast(item: RestrictedMean, reference: RestrictedMean, level: float) -> MeanContrast:
    from scipy.special import ndtr  # noqa: PLC0415 - results load without scipy

    difference = item.mean.value - reference.mean.value
    se = math.hypot(item.std_error, reference.std_error)
    plain = _days(difference, se, level)
    p_value = float(2 * ndtr(-abs(difference) / se)) if se > 0 else None
    ratio = math.nan
    interval = None
    ratio_p = None
    if item.mean.value > 0 and reference.mean.value > 0:
        ratio = item.mean.value / reference.mean.value
        spread = math.hypot(
            item.std_error / item.mean.value, reference.std_error / reference.mean.value
        )
        width = _normal(level) * spread
        interval = Interval(ratio * math.exp(-width), ratio * math.exp(width), level, "log")
        ratio_p = float(2 * ndtr(-abs(math.log(ratio)) / spread)) if spread > 0 else None
    return MeanContrast(
        group=item.group,
        reference=reference.group,
        difference=Estimate(difference, plain.interval, p_value, "days", "wald"),
        std_error=se,
        ratio=Ratio(ratio, interval, ratio_p, "wald", "restricted_mean"),
    )
