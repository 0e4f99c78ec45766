"""Competing risks: cumulative incidence by the Aalen-Johansen estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.inference.curve_reading import Steps, months_followed, read_at
from embogen.inference.curve_rows import CurveRows, curve_rows, emptied, small_group
from embogen.inference.curves import CurveInterval
from embogen.inference.estimates import Estimate
from embogen.inference.gray import GrayTest, gray_of_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.surv import Surv
    from embogen.survival.event_counts import EventCounts

IncidenceVariance = Literal["infinitesimal_jackknife", "aalen"]


@dataclass(frozen=True, slots=True, eq=False)
class IncidenceCurve:
    """The cumulative incidence of one cause in one group.

    Parameters
    ----------
    group, cause
        Their names; group "all" when there is one.
    time
        (m,) distinct observed times of the group in days, ascending.
    n_risk, n_event
        (m,) at risk just before each time, and events of the cause (sums of case weights).
    incidence, std_error
        (m,) probability of the event by each time, and its standard error.
    ci_low, ci_high
        (m,) pointwise limits; NaN where they do not exist (before the first event).
    interval, level
        Type and level of the limits.
    n, n_events
        Patients of the group, and those with the event.
    """

    group: str
    cause: str
    time: NDArray[np.float64]
    n_risk: NDArray[np.float64]
    n_event: NDArray[np.float64]
    incidence: NDArray[np.float64]
    std_error: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    interval: CurveInterval
    level: float
    n: int
    n_events: int

    def at(self, days: float) -> Estimate:
        """Give the incidence by a day, with its interval.

        Returns
        -------
        Estimate
            NaN beyond the last time observed: nothing is known there.
        """
        steps = Steps(self.time, self.incidence, self.ci_low, self.ci_high, 0.0)
        return read_at(steps, days, method=self.interval, level=self.level, scale="probability")


@dataclass(frozen=True, slots=True, eq=False)
class CumulativeIncidence:
    """Incidence of every cause in every group, and Gray's test for each cause.

    Parameters
    ----------
    causes, groups
        Names.
    curves
        Group by group, in each cause by cause.
    gray
        One test for each cause; empty with one group, case weights or delayed entry.
    variance
        ``infinitesimal_jackknife`` (R's survfit) or ``aalen`` (cmprsk's cuminc).
    caveats
        What must be read with them.
    """

    causes: tuple[str, ...]
    groups: tuple[str, ...]
    curves: tuple[IncidenceCurve, ...]
    gray: tuple[GrayTest, ...]
    variance: IncidenceVariance
    caveats: tuple[Caveat, ...]

    def curve(self, cause: str, group: str = "all") -> IncidenceCurve:
        """Return the curve of a cause in a group; KeyError when there is none."""
        for item in self.curves:
            if (item.cause, item.group) == (cause, group):
                return item
        raise KeyError((cause, group))

    def reported_months(self) -> tuple[float, ...]:
        """Months at which to read the curves: of 6, 12 and 24 those some group was followed to."""
        return months_followed(item.time for item in self.curves)


def cumulative_incidence(
    surv: Surv,
    *,
    groups: ArrayLike | None = None,
    group_order: tuple[str, ...] | None = None,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    variance: IncidenceVariance = "infinitesimal_jackknife",
    interval: CurveInterval = "log",
    level: float = 0.95,
) -> CumulativeIncidence:
    """Estimate the cumulative incidence of each cause, in all patients or by group.

    Parameters
    ----------
    surv
        n outcomes; events of other causes end a patient's risk, they are not censorings. Delayed
        entry is honoured: at risk on (entry, time].
    groups, group_order
        (n,) labels and the order of their names, as in `kaplan_meier`.
    strata
        (n,) labels: Gray's test is summed over strata; the curves are not stratified.
    weights
        (n,) positive case weights (jackknife variance only); Gray's test is then not given.
    variance
        Where standard errors come from.
    interval, level
        Type and level of the pointwise limits.

    Returns
    -------
    CumulativeIncidence

    Raises
    ------
    DataError
        When lengths disagree, or a label or weight is unusable.

    Notes
    -----
    Aalen & Johansen, Scand J Stat 1978;5:141. One minus the Kaplan-Meier curve of a cause
    overstates its incidence when causes compete.

    Examples
    --------
    Progression on day 1, death on day 2, progression on day 3, censored on day 4:

    >>> from embogen.surv import Surv
    >>> surv = Surv([1, 2, 3, 4], [1, 2, 1, 0], causes=["progression", "death"])
    >>> cumulative_incidence(surv).curve("progression").at(3).value
    0.5
    """
    _check_choices(variance, interval, weighted=weights is not None)
    rows = curve_rows(
        surv, groups=groups, group_order=group_order, strata=strata, weights=weights, level=level
    )
    curves: list[IncidenceCurve] = []
    caveats = [*rows.caveats()]
    for name, counts in _counts_by_group(rows, len(surv.causes)):
        caveats += emptied(
            name, rows, counts.rows, (counts.time, counts.n_risk, counts.n_event.sum(axis=1))
        )
        curves += _curves_of_group(
            name, surv.causes, rows, counts, variance=variance, interval=interval, level=level
        )
    tests: tuple[GrayTest, ...] = ()
    if len(rows.names) > 1 and weights is None:
        if rows.entry is None:
            caveats += small_group("Gray's test", np.bincount(rows.group).tolist())
            tests = tuple(
                gray_of_rows(rows, surv.causes, k + 1, 0.0) for k in range(len(surv.causes))
            )
        else:
            message = (
                "Gray's test is not defined for patients who enter late; fine_gray compares "
                "groups and honours delayed entry."
            )
            caveats.append(Caveat("no_gray_test", message, {"groups": len(rows.names)}))
    return CumulativeIncidence(
        surv.causes, rows.names, tuple(curves), tests, variance, tuple(caveats)
    )


def _check_choices(variance: str, interval: str, *, weighted: bool) -> None:
    if interval not in {"log", "log-log", "plain"}:
        msg = f'interval="{interval}" is not one of "log", "log-log", "plain"'
        raise ValueError(msg)
    if variance not in {"infinitesimal_jackknife", "aalen"}:
        msg = f'variance="{variance}" is not one of "infinitesimal_jackknife", "aalen"'
        raise ValueError(msg)
    if variance == "aalen" and weighted:
        msg = "Aalen's variance counts patients; with case weights use infinitesimal_jackknife"
        raise ValueError(msg)


def _counts_by_group(rows: CurveRows, n_causes: int) -> list[tuple[str, EventCounts]]:
    from embogen.survival.event_counts import event_counts  # noqa: PLC0415 - light results
    from embogen.survival.risk_sets import build  # noqa: PLC0415 - same

    sets = build(
        rows.time, rows.cause > 0, entry=rows.entry, strata=rows.group, weights=rows.weight
    )
    present = np.unique(rows.group)  # a group may have lost all its rows
    counts = event_counts(sets, rows.cause, n_causes)
    return [(rows.names[code], item) for code, item in zip(present, counts, strict=True)]


def _curves_of_group(
    name: str,
    causes: tuple[str, ...],
    rows: CurveRows,
    counts: EventCounts,
    *,
    variance: IncidenceVariance,
    interval: CurveInterval,
    level: float,
) -> list[IncidenceCurve]:
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    from embogen.survival.aalen_johansen import aalen_johansen  # noqa: PLC0415 - light results
    from embogen.survival.km import limits  # noqa: PLC0415 - same

    found = aalen_johansen(counts, rows.cause, rows.weight)
    errors = found.aalen_error if variance == "aalen" else found.jackknife_error
    z = float(ndtri(0.5 + level / 2))
    curves = []
    for k, cause in enumerate(causes):
        F, se = found.incidence[:, k], errors[:, k]  # noqa: N806 - the field's letter
        relative = np.divide(se, F, out=np.zeros_like(F), where=F > 0)
        low, high = limits(F, relative**2, z, interval)
        events = int(np.count_nonzero(rows.cause[counts.rows] == k + 1))
        curves.append(
            IncidenceCurve(
                group=name,
                cause=cause,
                time=counts.time,
                n_risk=counts.n_risk,
                n_event=np.ascontiguousarray(counts.n_event[:, k]),
                incidence=np.ascontiguousarray(F),
                std_error=np.ascontiguousarray(se),
                ci_low=low,
                ci_high=high,
                interval=interval,
                level=level,
                n=len(counts.rows),
                n_events=events,
            )
        )
    return curves
