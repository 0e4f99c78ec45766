"""`RiskSets`: an outcome sorted once for every walk over its risk sets.

Rows stand in the order of the walk: stratum by stratum, time descending, events before censored
rows at one time. Going down this order patients join the risk set; delayed entry takes them out
again in a second order. Ties, strata, entry and case weights are data here, so a walk over risk
sets is written once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.survival.whole_days import groups_by_day, last_day

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

TIME_TOLERANCE: Final = float(np.sqrt(np.finfo(np.float64).eps))
"""Times nearer than this, absolutely or relative to the mean time, are one time (R's timefix)."""


class RiskSets(NamedTuple):
    """An outcome in walking order; compiled code takes it as one argument.

    Sizes: n rows, g tie groups (distinct times within strata), s strata. `leaves_row`,
    `leaves_end` and `entry` have length 0 when nobody enters late.

    Attributes
    ----------
    order
        (n,) original row of each position.
    weight
        (n,) case weights, by position.
    group_end
        (g,) position after the last row of each tie group; a group's rows are
        ``group_end[k - 1] : group_end[k]``, its events first.
    group_deaths
        (g,) number of events in each group.
    stratum_end
        (s,) index after the last group of each stratum.
    group_time
        (g,) time of each group, near-equal times merged.
    entry
        (n,) entry time, by position.
    leaves_row
        (n,) positions, by stratum and then entry time descending: the order in which rows leave.
    leaves_end
        (g,) rows ``leaves_row[: leaves_end[k]]`` of the stratum have left before group k, their
        entry being at or after its time: at risk is (entry, time].

    Examples
    --------
    Times 5, 3+, 3: position 0 is the row with time 5, then the event at 3, then the censored 3.

    >>> sets = build([5.0, 3.0, 3.0], [True, False, True])
    >>> sets.order.tolist(), sets.group_end.tolist(), sets.group_deaths.tolist()
    ([0, 2, 1], [1, 3], [1, 1])
    """

    order: Ints
    weight: Floats
    group_end: Ints
    group_deaths: Ints
    stratum_end: Ints
    group_time: Floats
    entry: Floats
    leaves_row: Ints
    leaves_end: Ints


def merge_near_times(time: Floats, entry: Floats | None) -> tuple[Floats, Floats | None]:
    """Make times that differ only by rounding equal, as R's ``aeqSurv`` (timefix) does.

    Parameters
    ----------
    time, entry
        (n,) finite times; both share one set of cuts.

    Returns
    -------
    time, entry
        Each value replaced by the smallest of its run of near-equal values. An entry may now
        equal its time: such a row is never at risk.

    Examples
    --------
    >>> merge_near_times(np.array([0.3, 0.1 + 0.2, 1.0]), None)[0].tolist()
    [0.3, 0.3, 1.0]
    """
    pooled = time if entry is None else np.concatenate([time, entry])
    distinct = np.unique(pooled)
    gaps = np.diff(distinct)
    scale = float(np.mean(np.abs(distinct))) if len(distinct) else 0.0
    near = (gaps <= TIME_TOLERANCE) | (gaps <= TIME_TOLERANCE * scale)
    if not near.any():
        return time, entry
    cuts = distinct[np.concatenate([[True], ~near])]
    merged = cuts[np.searchsorted(cuts, time, side="right") - 1]
    if entry is None:
        return merged, None
    return merged, cuts[np.searchsorted(cuts, entry, side="right") - 1]


def build(
    time: Floats,
    event: NDArray[np.bool_],
    *,
    entry: Floats | None = None,
    strata: Ints | None = None,
    weights: Floats | None = None,
) -> RiskSets:
    """Sort an outcome for walking.

    Parameters
    ----------
    time, event
        (n,) finite times, near-equal ones already merged, and whether each ends in the event.
    entry
        (n,) entry times below `time`, or None.
    strata
        (n,) integer codes, or None for one stratum.
    weights
        (n,) positive case weights, or None.

    Returns
    -------
    RiskSets
        Contiguous arrays; O(n log n), or O(n + days) for many rows in whole days.
    """
    times = np.ascontiguousarray(time, dtype=np.float64)
    events = np.ascontiguousarray(event, dtype=np.bool_)
    n = len(times)
    last = last_day(times) if strata is None and n else -1
    codes = np.zeros(n, dtype=np.int64) if strata is None else np.asarray(strata, dtype=np.int64)
    if last >= 0:
        order, group_end, deaths, group_time = groups_by_day(times, events, last)
        stratum_end = np.array([len(group_end)])
    else:
        order = np.lexsort((~events, -times, codes)).astype(np.int64)
        group_end, deaths, group_time, stratum_end = _groups(
            times[order], events[order], codes[order]
        )
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)[order]
    empty_int, empty = np.empty(0, np.int64), np.empty(0, np.float64)
    sets = RiskSets(
        order,
        np.ascontiguousarray(weight),
        group_end,
        deaths,
        stratum_end,
        group_time,
        empty,
        empty_int,
        empty_int,
    )
    return sets if entry is None else _with_entry(sets, np.asarray(entry, np.float64), codes[order])


def _groups(time: Floats, event: NDArray[np.bool_], code: Ints) -> tuple[Ints, Ints, Floats, Ints]:
    """Give ends, deaths and times of the tie groups of sorted rows, and ends of the strata."""
    n = len(time)
    new_group = np.ones(n, dtype=np.bool_)
    new_stratum = np.ones(n, dtype=np.bool_)
    new_stratum[1:] = code[1:] != code[:-1]
    new_group[1:] = new_stratum[1:] | (time[1:] != time[:-1])
    start = np.flatnonzero(new_group)
    if not n:
        return start, start, time, start
    first_of_stratum = np.flatnonzero(new_stratum[start])
    return (
        np.append(start[1:], n).astype(np.int64),
        np.add.reduceat(event.astype(np.int64), start),
        time[start],
        np.append(first_of_stratum[1:], len(start)).astype(np.int64),
    )


def _with_entry(sets: RiskSets, entry: Floats, sorted_code: Ints) -> RiskSets:
    sorted_entry = np.ascontiguousarray(entry[sets.order])
    if sets.group_time.size and sorted_entry.max() < sets.group_time.min():
        return sets  # everybody entered before the first time: delayed entry changes nothing
    leaves = np.lexsort((-sorted_entry, sorted_code)).astype(np.int64)
    ends = np.empty(len(sets.group_end), dtype=np.int64)
    first_group, first_row = 0, 0
    for last_group in sets.stratum_end:
        last_row = int(sets.group_end[last_group - 1])
        falling = -sorted_entry[leaves[first_row:last_row]]
        left = np.searchsorted(falling, -sets.group_time[first_group:last_group], side="right")
        ends[first_group:last_group] = first_row + left
        first_group, first_row = int(last_group), last_row
    return sets._replace(entry=sorted_entry, leaves_row=leaves, leaves_end=ends)


def refine(sets: RiskSets, level: Ints) -> RiskSets:
    """Divide each stratum by a level given per position, keeping everything else.

    Parameters
    ----------
    sets
        The outcome.
    level
        (n,) codes, in the walking order of `sets`.

    Returns
    -------
    RiskSets
        Its `order` counts positions of `sets`, not original rows.
    """
    sizes = np.diff(sets.group_end, prepend=0)
    group = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(group)) - (sets.group_end - sizes)[group]
    stratum = np.searchsorted(sets.stratum_end, group, side="right")
    _, codes = np.unique(np.column_stack([stratum, level]), axis=0, return_inverse=True)
    return build(
        sets.group_time[group],
        within < sets.group_deaths[group],
        entry=sets.entry if sets.entry.size else None,
        strata=codes.reshape(-1).astype(np.int64),
        weights=sets.weight,
    )
