"""Kaplan-Meier curves with their intervals, medians and group comparison."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.errors import DataError
from embogen.inference.cumulative_hazard import NelsonAalen
from embogen.inference.estimates import MEDIAN, Estimate, Interval, TimeQuantile
from embogen.inference.row_data import (
    check_level,
    float_rows,
    label_codes,
    label_rows,
    one_cause,
)
from embogen.inference.significance import LogRank, logrank
from embogen.inference.trend import TrendTest, logrank_trend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from embogen.errors import DataProblem
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
    entry_time, n_entered
        (e,) distinct times of delayed entry, ascending, and how many have entered by each (sums
        of case weights when weighted); empty when all are observed from the origin.
    quantiles
        Times by which the fractions asked for have failed, with intervals as the median's.
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
    entry_time: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    n_entered: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    quantiles: tuple[TimeQuantile, ...] = ()

    def quantile(self, p: float) -> Estimate:
        """Give the time by which a fraction p has failed, with its interval.

        Where survival equals 1 - p on a stretch the middle of the stretch is taken, as in R; the
        limits are where the curve's own limits cross 1 - p (Brookmeyer & Crowley, Biometrics
        1982;38:29).

        Parameters
        ----------
        p
            Fraction failed, between 0 and 1: .5 for the median.

        Returns
        -------
        Estimate
            Days. NaN when not reached; the upper limit is inf when the data do not bound it.
        """
        from embogen.survival.km import quantile  # noqa: PLC0415 - results load without kernels

        if not 0.0 < p < 1.0:
            msg = f"a fraction between 0 and 1 was expected, not {p:g}"
            raise ValueError(msg)
        low = quantile(self.time, self.ci_low, p)
        high = quantile(self.time, self.ci_high, p)
        interval = Interval(low, math.inf if math.isnan(high) else high, self.level, self.interval)
        return Estimate(quantile(self.time, self.survival, p), interval, None, "days")

    def at(self, times: ArrayLike) -> NDArray[np.float64]:
        """Give survival just after each time; the last value is carried on beyond the last time.

        Returns
        -------
        (k,)
        """
        position = np.searchsorted(self.time, np.asarray(times, dtype=np.float64), side="right")
        return np.append(1.0, self.survival)[position]

    def number_at_risk(self, times: ArrayLike) -> NDArray[np.float64]:
        """Count those under observation just before each time: entry < t <= exit.

        Returns
        -------
        (k,)
            Without delayed entry everybody counts at time 0.
        """
        wanted = np.asarray(times, dtype=np.float64)
        gone = np.append(0.0, np.cumsum(self.n_event + self.n_censor))
        left = gone[np.searchsorted(self.time, wanted, side="left")]
        if not self.entry_time.size:
            return np.asarray(gone[-1] - left)
        entered = np.append(0.0, self.n_entered)
        return np.asarray(entered[np.searchsorted(self.entry_time, wanted, side="left")] - left)


class _Rows(NamedTuple):
    """The rows of one group."""

    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    entry: NDArray[np.float64] | None
    weights: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, eq=False)
class KaplanMeier:
    """Curves of one or more groups, with their log-rank comparison when there are several.

    `trend` is the test for a trend over the groups in their order, where it was asked for;
    `hazards` their cumulative hazards, likewise.
    """

    curves: tuple[SurvivalCurve, ...]
    logrank: LogRank | None
    caveats: tuple[Caveat, ...]
    trend: TrendTest | None = None
    hazards: NelsonAalen | None = None


def kaplan_meier(
    surv: Surv,
    *,
    groups: ArrayLike | None = None,
    group_order: tuple[str, ...] | None = None,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    interval: CurveInterval = "log",
    level: float = 0.95,
    rho: float = 0.0,
    trend: bool = False,
    quantiles: Sequence[float] = (MEDIAN,),
) -> KaplanMeier:
    """Estimate survival by the Kaplan-Meier method, in all patients or by group.

    Parameters
    ----------
    surv
        n outcomes of one cause; delayed entry is honoured: at risk on (entry, time].
    groups
        (n,) labels, or None for one curve.
    group_order
        Names in the order wanted; sorted without it.
    weights
        (n,) positive case weights; no log-rank test is then given.
    strata
        (n,) labels for a stratified log-rank test; the curves are not stratified.
    interval
        ``log`` (R's default), ``log-log`` or ``plain``.
    level
        Confidence level.
    rho
        The log-rank test counts each time by S(t-)^rho: 0 the log-rank test, 1 Peto and Peto's
        Wilcoxon test, which looks at early differences.
    trend
        Test for a trend over the groups in their order, too.
    quantiles
        Fractions failed whose times each curve holds beside the median.

    Returns
    -------
    KaplanMeier
        With caveats on medians not reached.

    Raises
    ------
    DataError
        When lengths disagree, or a label or weight is unusable.

    Examples
    --------
    Events on days 1 and 3, one patient censored on day 2: survival 2/3, then 0.

    >>> from embogen.surv import Surv
    >>> curve = kaplan_meier(Surv([1, 2, 3], [1, 0, 1])).curves[0]
    >>> curve.survival.round(3).tolist(), curve.median.value
    ([0.667, 0.667, 0.0], 3.0)
    """
    from embogen.survival.risk_sets import merge_near_times  # noqa: PLC0415 - light results

    problems: list[DataProblem] = []
    one_cause(surv, problems)
    check_level(level, problems)
    if interval not in {"log", "log-log", "plain"}:
        msg = f'interval="{interval}" is not one of "log", "log-log", "plain"'
        raise ValueError(msg)
    labels = label_rows(groups, "groups", surv.n, problems)
    weight = float_rows(weights, "weights", surv.n, problems, positive=True)
    label_rows(strata, "strata", surv.n, problems)
    if problems:
        raise DataError(problems)
    time, entry = merge_near_times(surv.time, surv.entry)
    codes = np.zeros(surv.n, dtype=np.int64)
    names: tuple[str, ...] = ("all",)
    if labels is not None:
        codes, names = label_codes(labels, group_order)
    event = np.asarray(surv.event == 1, dtype=np.bool_)
    curves = []
    for code, name in enumerate(names):
        rows = codes == code
        late = None if entry is None else entry[rows]
        mine = None if weight is None else weight[rows]
        curve = _curve(name, _Rows(time[rows], event[rows], late, mine), interval, level)
        times = tuple(TimeQuantile(p, curve.quantile(p)) for p in quantiles)
        curves.append(replace(curve, quantiles=times))
    test, slope = None, None
    if groups is not None and len(names) > 1 and weight is None:
        test = logrank(surv, groups, strata=strata, group_order=names, rho=rho)
        if trend:
            slope = logrank_trend(surv, groups, strata=strata, group_order=names, rho=rho)
    return KaplanMeier(tuple(curves), test, _caveats(curves), slope)


def _curve(
    name: str,
    rows: _Rows,
    interval: CurveInterval,
    level: float,
) -> SurvivalCurve:
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    from embogen.survival.km import limits, product_limit  # noqa: PLC0415 - light results

    time, event, entry, weights = rows
    fit = product_limit(time, event, entry, weights)
    low, high = limits(fit.survival, fit.variance, float(ndtri(0.5 + level / 2)), interval)
    root = np.sqrt(fit.variance)
    finite = np.isfinite(root)
    error = np.multiply(fit.survival, root, out=np.full_like(root, np.nan), where=finite)
    entry_time, n_entered = np.empty(0), np.empty(0)
    if entry is not None:
        entry_time, position = np.unique(entry, return_inverse=True)
        weight = np.ones(len(entry)) if weights is None else weights
        n_entered = np.cumsum(np.bincount(position, weight))
    curve = SurvivalCurve(
        group=name,
        time=fit.time,
        n_risk=fit.n_risk,
        n_event=fit.n_event,
        n_censor=fit.n_censor,
        survival=fit.survival,
        std_error=error,
        ci_low=low,
        ci_high=high,
        interval=interval,
        level=level,
        n=len(time),
        n_events=int(event.sum()),
        median=Estimate(math.nan, None, None, "days"),
        entry_time=entry_time,
        n_entered=n_entered,
    )
    return replace(curve, median=curve.quantile(MEDIAN))


def _caveats(curves: list[SurvivalCurve]) -> tuple[Caveat, ...]:
    out = []
    for curve in curves:
        if math.isnan(curve.median.value):
            lowest = float(curve.survival[-1])
            of = "" if len(curves) == 1 else f" of {curve.group}"
            message = (
                f"The median{of} is not reached: the curve ends at {lowest:.2f} after "
                f"{curve.time[-1]:g} days."
            )
            evidence = {"survival": lowest, "days": float(curve.time[-1])}
            out.append(Caveat("median_not_reached", message, evidence, curve.group))
    return tuple(out)
