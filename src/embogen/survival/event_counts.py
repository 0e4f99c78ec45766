"""Counts behind every curve: at risk, events by cause and censored, at each distinct time.

They are read off `RiskSets`, which alone says who is at risk when, so ties, delayed entry, strata
(here: the groups of a comparison) and case weights mean the same here as in a regression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.survival.risk_sets import RiskSets

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class EventCounts(NamedTuple):
    """Counts of one stratum; m distinct times, K causes, n rows.

    Attributes
    ----------
    time
        (m,) ascending.
    n_risk
        (m,) weight at risk just before each time.
    n_event
        (m, K) weight of the events of each cause.
    n_censor
        (m,) weight of the censored.
    rows
        (n,) original rows of the stratum.
    exit_index, entry_index
        (n,) for each of `rows` the index of its own time, and of the first time it is at risk at.
    """

    time: Floats
    n_risk: Floats
    n_event: Floats
    n_censor: Floats
    rows: Ints
    exit_index: Ints
    entry_index: Ints


def event_counts(sets: RiskSets, cause: Ints, n_causes: int) -> tuple[EventCounts, ...]:
    """Count events and patients at risk at each distinct time of each stratum.

    Parameters
    ----------
    sets
        The outcome, with an event of any cause counted as an event.
    cause
        (n,) 0 for censored, k for cause k, by original row.
    n_causes
        Number of causes K.

    Returns
    -------
    tuple of EventCounts
        One for each stratum, in the order of the strata.

    Examples
    --------
    An event of cause 1 at 2, a censoring at 2, an event of cause 2 at 5, entered at 1.

    >>> from embogen.survival.risk_sets import build
    >>> time, cause = np.array([2.0, 2.0, 5.0]), np.array([1, 0, 2])
    >>> (one,) = event_counts(build(time, cause > 0, entry=np.array([0.0, 0.0, 1.0])), cause, 2)
    >>> one.time.tolist(), one.n_risk.tolist(), one.n_event.tolist(), one.n_censor.tolist()
    ([2.0, 5.0], [3.0, 1.0], [[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0])
    """
    codes = np.asarray(cause, dtype=np.int64)[sets.order]
    found: list[EventCounts] = []
    first_group, first_row = 0, 0
    for last_group in sets.stratum_end:
        last_row = int(sets.group_end[last_group - 1])
        groups = slice(first_group, int(last_group))
        rows = slice(first_row, last_row)
        found.append(_of_stratum(sets, codes, n_causes, groups, rows))
        first_group, first_row = int(last_group), last_row
    return tuple(found)


def _of_stratum(
    sets: RiskSets, codes: Ints, n_causes: int, groups: slice, rows: slice
) -> EventCounts:
    ends = sets.group_end[groups] - rows.start
    starts = np.concatenate([[0], ends[:-1]])
    m = len(ends)
    weight = sets.weight[rows]
    n_risk = np.cumsum(weight)[ends - 1]
    left = np.zeros(m, dtype=np.int64)
    entry_index = np.zeros(len(weight), dtype=np.int64)
    time = sets.group_time[groups][::-1]
    if sets.leaves_end.size:
        left = sets.leaves_end[groups] - rows.start
        gone = np.concatenate([[0.0], np.cumsum(sets.weight[sets.leaves_row[rows]])])
        n_risk = np.where(ends > left, n_risk - gone[left], 0.0)
        entry_index = np.searchsorted(time, sets.entry[rows], side="right").astype(np.int64)
    by_cause = np.empty((m, n_causes + 1))
    for k in range(n_causes + 1):
        by_cause[:, k] = np.add.reduceat(np.where(codes[rows] == k, weight, 0.0), starts)
    own = np.repeat(np.arange(m - 1, -1, -1, dtype=np.int64), ends - starts)
    return EventCounts(
        np.ascontiguousarray(time),
        np.ascontiguousarray(n_risk[::-1]),
        np.ascontiguousarray(by_cause[::-1, 1:]),
        np.ascontiguousarray(by_cause[::-1, 0]),
        sets.order[rows],
        own,
        entry_index,
    )
