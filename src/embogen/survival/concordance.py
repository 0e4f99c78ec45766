"""Concordance of a risk score with an outcome, counted in O(n log n), and its influence values.

A pair is compared when one of its patients has an event while the other is at risk and outlives
him; it is concordant when the one with the event has the higher score. So each event is compared
with the rest of its risk set, delayed entry and strata included; events of one time are not
compared with each other, a censoring at the time of an event is. (Harrell, JAMA 1982;247:2543;
Therneau & Atkinson, vignette of R's survival, 2020.)

Two passes over the times with a Fenwick tree over the ranks of the scores: downwards each event
meets those who outlive him, upwards each row meets the events it outlived, less those before its
entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def concordance_counts(sets: RiskSets, score: Floats) -> tuple[Floats, Floats]:
    """Count pairs, and the pairs each row is in.

    Parameters
    ----------
    sets
        The outcome.
    score
        (n,) in walking order; higher means expected to fail earlier. Equal scores tie.

    Returns
    -------
    total
        (4,) concordant, discordant, tied in score; and pairs of events at one time, which are not
        compared. A pair counts the product of its case weights.
    influence
        (n, 3) derivative of the first three by each row's case weight, in walking order: the
        weight of the other row, summed over the row's pairs.

    Examples
    --------
    Events at 1, 2, 3 with scores 3, 1, 2: the first has the highest score of three, the second
    the lower of two.

    >>> from embogen.survival.risk_sets import build
    >>> sets = build([3.0, 2.0, 1.0], [True, True, True])
    >>> total, influence = concordance_counts(sets, np.array([2.0, 1.0, 3.0]))
    >>> total.tolist(), influence.tolist()
    ([2.0, 1.0, 0.0, 0.0], [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [2.0, 0.0, 0.0]])
    """
    rank = np.empty(len(score), dtype=np.int64)
    first = 0
    for last_group in sets.stratum_end:
        last = int(sets.group_end[last_group - 1])
        rank[first:last] = np.unique(score[first:last], return_inverse=True)[1].reshape(-1)
        first = last
    influence = np.zeros((len(score), 3))
    total = np.zeros(4)
    _meet_survivors(sets, rank, influence, total)
    _meet_events(sets, rank, influence)
    return total, influence


@njit(cache=True, nogil=True)
def concordance_value(sets: RiskSets, score: Floats) -> float:
    """Give the concordance alone; callable from compiled code.

    Parameters
    ----------
    sets, score
        As in `concordance_counts`.

    Returns
    -------
    float
        Concordant pairs and half of those tied in score, over all compared; NaN without any.

    Examples
    --------
    >>> from embogen.survival.risk_sets import build
    >>> sets = build([3.0, 2.0, 1.0], [True, True, True])
    >>> round(concordance_value(sets, np.array([2.0, 1.0, 3.0])), 6)
    0.666667
    """
    rank = np.empty(score.size, dtype=np.int64)
    first = 0
    for last_group in sets.stratum_end:
        last = sets.group_end[last_group - 1]
        order = np.argsort(score[first:last])
        at = -1
        for k in range(order.size):
            i = first + order[k]
            if k == 0 or score[i] != score[first + order[k - 1]]:
                at += 1
            rank[i] = at
        first = last
    total = np.zeros(4)
    _meet_survivors(sets, rank, np.zeros((score.size, 3)), total)
    pairs = total[0] + total[1] + total[2]
    return (total[0] + 0.5 * total[2]) / pairs if pairs > 0.0 else np.nan


@njit(cache=True)
def _add(tree: Floats, rank: int, weight: float) -> None:
    """Put weight at a rank; ``tree[0]`` holds the sum."""
    tree[0] += weight
    i = rank + 1
    while i < tree.size:
        tree[i] += weight
        i += i & -i


@njit(cache=True)
def _below(tree: Floats, rank: int) -> float:
    """Sum the weights at ranks below one."""
    total = 0.0
    i = rank
    while i > 0:
        total += tree[i]
        i -= i & -i
    return total


@njit(cache=True)
def _meet_survivors(sets: RiskSets, rank: Ints, influence: Floats, total: Floats) -> None:
    """Compare each event with those at risk who outlive it, times descending."""
    delayed = sets.leaves_end.size > 0
    row, group = 0, 0
    for last in sets.stratum_end:
        gone = row
        tree = np.zeros(sets.group_end[last - 1] - row + 1)
        while group < last:
            end, middle = sets.group_end[group], row + sets.group_deaths[group]
            for i in range(middle, end):
                _add(tree, rank[i], sets.weight[i])
            if delayed:
                while gone < sets.leaves_end[group]:
                    i = sets.leaves_row[gone]
                    _add(tree, rank[i], -sets.weight[i])
                    gone += 1
            tied, squares = 0.0, 0.0
            for i in range(row, middle):
                lower = _below(tree, rank[i])
                higher = tree[0] - _below(tree, rank[i] + 1)
                pairs = (lower, higher, tree[0] - lower - higher)
                for k in range(3):
                    influence[i, k] += pairs[k]
                    total[k] += sets.weight[i] * pairs[k]
                tied += sets.weight[i]
                squares += sets.weight[i] ** 2
            total[3] += (tied * tied - squares) / 2.0
            for i in range(row, middle):
                _add(tree, rank[i], sets.weight[i])
            row = end
            group += 1


@njit(cache=True)
def _meet(tree: Floats, rank: Ints, rows: tuple[int, int], influence: Floats, sign: float) -> None:
    """Compare rows, as those who live longer, with the events in the tree."""
    for i in range(rows[0], rows[1]):
        lower = _below(tree, rank[i])
        higher = tree[0] - _below(tree, rank[i] + 1)
        influence[i, 0] += sign * higher
        influence[i, 1] += sign * lower
        influence[i, 2] += sign * (tree[0] - lower - higher)


@njit(cache=True)
def _meet_events(sets: RiskSets, rank: Ints, influence: Floats) -> None:
    """Compare each row with the events it was at risk at and outlived, times ascending."""
    delayed = sets.leaves_end.size > 0
    first_group, first_row = 0, 0
    for last in sets.stratum_end:
        last_row = sets.group_end[last - 1]
        gone = last_row
        tree = np.zeros(last_row - first_row + 1)
        for group in range(last - 1, first_group - 1, -1):
            begin = first_row if group == first_group else sets.group_end[group - 1]
            middle = begin + sets.group_deaths[group]
            if delayed:
                while gone > sets.leaves_end[group]:  # these entered before this group's time
                    gone -= 1
                    i = sets.leaves_row[gone]
                    _meet(tree, rank, (i, i + 1), influence, -1.0)
            _meet(tree, rank, (begin, middle), influence, 1.0)
            for i in range(begin, middle):
                _add(tree, rank[i], sets.weight[i])
            _meet(tree, rank, (middle, sets.group_end[group]), influence, 1.0)
        first_group, first_row = last, last_row
