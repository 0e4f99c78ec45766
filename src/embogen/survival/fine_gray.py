"""Fine and Gray's subdistribution model as weighted start-stop rows of an ordinary Cox model.

A patient with a competing event stays in the risk set afterwards, with a weight that falls as
patients would have been censored: G(t-) / G(x-) at time t after a competing event at x, where G is
the Kaplan-Meier estimate of the time to censoring. With delayed entry the weight is
G(t-) H(t-) / (G(x-) H(x-)), where H is the product-limit estimate of the entry time, run backwards
in time. Sources: Fine & Gray, JASA 1999;94:496; Geskus, Biometrics 2011;67:39.

Where a censoring and an event fall on one day, R's ``finegray`` takes the censoring to come second
(patients with the event have left before it), ``cmprsk::crr`` leaves them in the risk set of the
censoring, so the two differ slightly in data with such ties. Both are offered.

The rows go through the one partial-likelihood walk (weights and entry times are data there).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.survival.partial_likelihood import descend, relative_risk

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


class WeightedRows(NamedTuple):
    """Start-stop rows of the subdistribution risk sets.

    Attributes
    ----------
    row
        (m,) original row each belongs to.
    start, stop
        (m,) at risk on (start, stop].
    event
        (m,) whether it ends in the cause of interest.
    weight
        (m,) 1 up to the patient's own time, then the falling weight; NaN where the entry times
        leave it undefined.
    """

    row: Ints
    start: Floats
    stop: Floats
    event: Bools
    weight: Floats


def weighted_rows(
    time: Floats,
    cause: Ints,
    interest: int,
    entry: Floats | None,
    strata: Ints | None,
    *,
    as_crr: bool = False,
) -> WeightedRows:
    """Write an outcome with competing events as weighted start-stop rows.

    Parameters
    ----------
    time, cause
        (n,) times, near-equal ones merged, and causes, 0 for censored.
    interest
        Code of the cause of interest.
    entry
        (n,) entry times below `time`, or None.
    strata
        (n,) integer codes; the censoring distribution is estimated within each. None for one.
    as_crr
        Leave patients with an event in the risk set of a censoring on the same day, and write a
        row for every event time, which the variance of `crr` needs.

    Returns
    -------
    WeightedRows
        The n original rows first, in their order.

    Examples
    --------
    The competing event at 1 is followed by a censoring at 2 (one of 3 at risk), so it counts 2/3
    at the event at 3.

    >>> rows = weighted_rows(
    ...     np.array([1.0, 2.0, 3.0, 4.0]), np.array([2, 0, 1, 0]), 1, None, None
    ... )
    >>> rows.row[4:].tolist(), rows.start[4:].tolist(), rows.stop[4:].tolist()
    ([0], [1.0], [3.0])
    >>> round(float(rows.weight[4]), 4)
    0.6667
    """
    n = len(time)
    before = min(float(time.min(initial=0.0)), 0.0) - 1.0  # earlier than anything
    begin = np.full(n, before) if entry is None else entry
    delayed = entry is not None and bool((entry > time.min()).any())
    parts = [
        (np.arange(n, dtype=np.int64), begin, time, cause == interest, np.ones(n)),
    ]
    codes = np.zeros(n, dtype=np.int64) if strata is None else strata
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        late = begin[members] if delayed else None
        cuts, value = _staying(time[members], cause[members], late, events_leave=not as_crr)
        parts.append(_extended(members, (time, cause), interest, (cuts, value), merge=not as_crr))
    return WeightedRows(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _extended(
    members: Ints,
    outcome: tuple[Floats, Ints],
    interest: int,
    staying: tuple[Floats, Floats],
    *,
    merge: bool,
) -> tuple[Ints, Floats, Floats, Bools, Floats]:
    """Rows after a competing event, for the patients of one stratum."""
    t, c = outcome[0][members], outcome[1][members]
    cuts, value = staying
    events = np.unique(t[c == interest])
    cell = np.searchsorted(cuts, events, side="left")  # how many cuts lie before each event
    last = np.ones(len(cell), dtype=np.bool_)
    if merge:  # events between two cuts share a weight, so they share a row
        last[:-1] = cell[1:] != cell[:-1]
    stops, values = events[last], value[cell[last]]
    competing = np.flatnonzero((c != 0) & (c != interest))
    x = t[competing]
    own = value[np.searchsorted(cuts, x, side="left")]
    first = np.searchsorted(stops, x, side="right")
    count = len(stops) - first
    who = np.repeat(np.arange(len(x)), count)
    which = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[who]
    opened = np.concatenate([[-np.inf], stops])[which]
    weight = np.full(len(who), np.nan)
    np.divide(values[which], own[who], out=weight, where=own[who] > 0)
    return (
        members[competing][who],
        np.maximum(opened, x[who]),
        stops[which],
        np.zeros(len(who), dtype=np.bool_),
        weight,
    )


def _staying(
    time: Floats, cause: Ints, entry: Floats | None, *, events_leave: bool
) -> tuple[Floats, Floats]:
    """Probability of being under observation, as a step function of time.

    Returns
    -------
    cuts, value
        (q,) ascending and (q + 1,): ``value[k]`` is G(t-) H(t-) for times with k cuts before them.
    """
    at, count = np.unique(time[cause == 0], return_counts=True)
    ascending = np.sort(time)
    at_risk = len(time) - np.searchsorted(ascending, at, side="left")
    if events_leave:
        happened = np.sort(time[cause != 0])
        at_risk = at_risk - np.searchsorted(happened, at, "right")
        at_risk = at_risk + np.searchsorted(happened, at, "left")
    if entry is None:
        factor = 1.0 - count / at_risk
        return at, np.concatenate([[1.0], np.cumprod(factor)])
    entered = np.sort(entry)
    at_risk = at_risk - (len(entry) - np.searchsorted(entered, at, side="left"))
    G = np.concatenate([[1.0], np.cumprod(1.0 - count / at_risk)])
    first, arrivals = np.unique(entry, return_counts=True)
    present = np.searchsorted(entered, first, "right") - np.searchsorted(ascending, first, "right")
    H = np.concatenate([np.cumprod((1.0 - arrivals / present)[::-1])[::-1], [1.0]])
    cuts = np.union1d(at, first)
    left = np.searchsorted(at, cuts, side="right")
    came = np.searchsorted(first, cuts, side="right")
    return cuts, np.concatenate([[H[0]], G[left] * H[came]])


def baseline_hazard(
    sets: RiskSets, X: Floats, beta: Floats, tie_fraction: float
) -> list[tuple[Floats, Floats]]:
    """Give each stratum's event times and cumulative hazard at covariates 0.

    Parameters
    ----------
    sets, beta, tie_fraction
        As in `robust_covariance`.
    X
        (n, p) in the original row order; centre it where 0 is far from the data.

    Returns
    -------
    list of (time, hazard)
        (m,) ascending times with an event, and the hazard accumulated up to each.
    """
    walked = np.ascontiguousarray(X[sets.order])
    predictor = relative_risk(sets, walked, beta, np.empty(0))
    steps = np.zeros((2, sets.group_end.size))
    none = np.empty((len(X), 0))
    descend(sets, none, predictor, steps, tie_fraction)
    curves = []
    first = 0
    for last in sets.stratum_end:
        row = sets.group_end[last - 1] - 1
        shift = float(walked[row] @ beta) - predictor[0, row]
        group = np.arange(last - 1, first - 1, -1)
        group = group[sets.group_deaths[group] > 0]
        curves.append((sets.group_time[group], np.cumsum(steps[0, group]) * np.exp(-shift)))
        first = int(last)
    return curves
