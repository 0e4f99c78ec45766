"""Nelson-Aalen cumulative hazards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.inference.curve_reading import Steps, months_followed, read_at
from embogen.inference.curve_rows import cause_code, curve_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.inference.estimates import Estimate
    from embogen.surv import Surv

HazardInterval = Literal["log", "plain"]
TieRule = Literal["together", "one_by_one"]


@dataclass(frozen=True, slots=True, eq=False)
class HazardCurve:
    """The cumulative hazard of one group.

    Parameters
    ----------
    group
        Its name; "all" when there is one.
    time
        (m,) distinct observed times in days, ascending.
    n_risk, n_event
        (m,) at risk just before each time, and events (sums of case weights).
    hazard, std_error
        (m,) cumulative hazard just after each time and its standard error.
    ci_low, ci_high
        (m,) pointwise limits; NaN where they do not exist.
    interval, level
        Type and level of the limits.
    n, n_events
        Patients and events.
    """

    group: str
    time: NDArray[np.float64]
    n_risk: NDArray[np.float64]
    n_event: NDArray[np.float64]
    hazard: NDArray[np.float64]
    std_error: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    interval: HazardInterval
    level: float
    n: int
    n_events: int

    def at(self, days: float) -> Estimate:
        """Give the cumulative hazard just after a day, with its interval.

        Returns
        -------
        Estimate
            NaN beyond the last time observed.
        """
        steps = Steps(self.time, self.hazard, self.ci_low, self.ci_high, 0.0)
        return read_at(steps, days, method=self.interval, level=self.level, scale="hazard")


@dataclass(frozen=True, slots=True, eq=False)
class NelsonAalen:
    """Cumulative hazards of one or more groups, of one cause."""

    cause: str
    curves: tuple[HazardCurve, ...]
    ties: TieRule
    caveats: tuple[Caveat, ...]

    def reported_months(self) -> tuple[float, ...]:
        """Months at which to read the curves: of 6, 12 and 24 those some group was followed to."""
        return months_followed(item.time for item in self.curves)


def nelson_aalen(
    surv: Surv,
    *,
    groups: ArrayLike | None = None,
    group_order: tuple[str, ...] | None = None,
    weights: ArrayLike | None = None,
    cause: str | None = None,
    ties: TieRule = "together",
    interval: HazardInterval = "log",
    level: float = 0.95,
) -> NelsonAalen:
    """Estimate the cumulative hazard of a cause, in all patients or by group.

    Parameters
    ----------
    surv
        n outcomes; with several causes the events of the others are censorings, which is right
        for a hazard. Delayed entry is honoured.
    groups, group_order
        (n,) labels, and the order of their names.
    weights
        (n,) positive case weights, read as counts; not with ``one_by_one``.
    cause
        Name of the cause; the first of `surv.causes` when None.
    ties
        ``together`` (increment d / Y, R's default) or ``one_by_one`` (Fleming and Harrington).
    interval, level
        ``log`` or ``plain`` pointwise limits, and their level.

    Returns
    -------
    NelsonAalen

    Raises
    ------
    DataError
        When lengths disagree, or a label, a weight or the cause is unusable.

    Notes
    -----
    Nelson, Technometrics 1972;14:945; Aalen, Ann Stat 1978;6:701.

    Examples
    --------
    >>> from embogen.surv import Surv
    >>> nelson_aalen(Surv([1, 2, 3], [1, 0, 1])).curves[0].hazard.round(4).tolist()
    [0.3333, 0.3333, 1.3333]
    """
    for name, choice, allowed in (
        ("ties", ties, ("together", "one_by_one")),
        ("interval", interval, ("log", "plain")),
    ):
        if choice not in allowed:
            msg = f'{name}="{choice}" is not one of {", ".join(allowed)}'
            raise ValueError(msg)
    if ties == "one_by_one" and weights is not None:
        msg = 'ties="one_by_one" counts patients; with case weights use ties="together"'
        raise ValueError(msg)
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    from embogen.survival.event_counts import event_counts  # noqa: PLC0415 - light results
    from embogen.survival.nelson_aalen import nelson_aalen as kernel  # noqa: PLC0415 - same
    from embogen.survival.risk_sets import build  # noqa: PLC0415 - same

    code = cause_code(surv, cause)
    rows = curve_rows(surv, groups=groups, group_order=group_order, weights=weights, level=level)
    own = (rows.cause == code).astype(np.int64)
    sets = build(rows.time, own > 0, entry=rows.entry, strata=rows.group, weights=rows.weight)
    z = float(ndtri(0.5 + level / 2))
    curves = []
    for item, position in zip(event_counts(sets, own, 1), np.unique(rows.group), strict=True):
        events = np.ascontiguousarray(item.n_event[:, 0])
        hazard, variance = kernel(item.n_risk, events, spread_ties=ties == "one_by_one")
        se = np.sqrt(variance)
        low, high = _limits(hazard, se, z, interval)
        curves.append(
            HazardCurve(
                group=rows.names[position],
                time=item.time,
                n_risk=item.n_risk,
                n_event=events,
                hazard=hazard,
                std_error=se,
                ci_low=low,
                ci_high=high,
                interval=interval,
                level=level,
                n=len(item.rows),
                n_events=int(own[item.rows].sum()),
            )
        )
    return NelsonAalen(surv.causes[code - 1], tuple(curves), ties, rows.caveats())


def _limits(
    hazard: NDArray[np.float64], se: NDArray[np.float64], z: float, interval: HazardInterval
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give pointwise limits; NaN before the first event."""
    known = hazard > 0
    low, high = np.full_like(hazard, np.nan), np.full_like(hazard, np.nan)
    if interval == "plain":
        low[known] = np.maximum(hazard[known] - z * se[known], 0.0)
        high[known] = hazard[known] + z * se[known]
    else:
        spread = np.exp(z * se[known] / hazard[known])
        low[known], high[known] = hazard[known] / spread, hazard[known] * spread
    return low, high
