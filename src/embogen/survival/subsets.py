"""All carrier sets of given sizes, each one exchange of two patients away from the one before.

Within one pool of patients the sets follow the revolving-door order (Nijenhuis and Wilf,
Combinatorial Algorithms, 1978; Knuth, The Art of Computer Programming 4A, 7.2.1.3, algorithm R).
Over several pools (strata) each pool's order is run forwards and backwards in turn, as in a
reflected Gray code, so that still one exchange leads from set to set.
"""

from __future__ import annotations

from math import comb, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FRESH_EVERY = 256
"""Running sums are taken afresh after so many exchanges, so that rounding does not build up."""


class Sequencing(NamedTuple):
    """Sets in order: the first, and the exchanges that lead to the others.

    Attributes
    ----------
    first
        (k,) rows of the first set.
    leave, join
        (m - 1,) row that leaves and row that joins at each step; m sets in all.
    """

    first: Ints
    leave: Ints
    join: Ints


@njit(cache=True)
def revolving_door(n: int, k: int, leave: Ints, join: Ints) -> None:
    """Fill the exchanges that lead through all k-subsets of 0 .. n - 1, from 0 .. k - 1.

    Parameters
    ----------
    n, k
        0 < k < n.
    leave, join
        (C(n, k) - 1,) filled.
    """
    c = np.empty(k + 2, dtype=np.int64)
    for i in range(k):
        c[i + 1] = i
    c[k + 1] = n
    at = 0
    while True:
        decrease = False
        if k % 2 == 1:
            if c[1] + 1 < c[2]:
                leave[at], join[at] = c[1], c[1] + 1
                c[1] += 1
                at += 1
                continue
            j, decrease = 2, True
        else:
            if c[1] > 0:
                leave[at], join[at] = c[1], c[1] - 1
                c[1] -= 1
                at += 1
                continue
            j = 2
        moved = False
        while j <= k:
            if decrease:
                if c[j] >= j:
                    leave[at], join[at] = c[j], j - 2
                    c[j] = c[j - 1]
                    c[j - 1] = j - 2
                    moved = True
                    break
            elif c[j] + 1 < c[j + 1]:
                leave[at], join[at] = j - 2, c[j] + 1
                c[j - 1] = c[j]
                c[j] += 1
                moved = True
                break
            decrease = not decrease
            j += 1
        if not moved:
            return
        at += 1


@njit(cache=True)
def _reflect(starts: Ints, leave: Ints, join: Ints, out_leave: Ints, out_join: Ints) -> None:
    """Run the pools' exchanges forwards and backwards in turn, the first pool fastest."""
    pools = starts.size - 1
    at = starts[:-1].copy()
    forward = np.ones(pools, dtype=np.bool_)
    for step in range(out_leave.size):
        p = 0
        while (forward[p] and at[p] == starts[p + 1]) or (not forward[p] and at[p] == starts[p]):
            forward[p] = not forward[p]
            p += 1
        if forward[p]:
            out_leave[step], out_join[step] = leave[at[p]], join[at[p]]
            at[p] += 1
        else:
            at[p] -= 1
            out_leave[step], out_join[step] = join[at[p]], leave[at[p]]


def n_sets(pools: Sequence[tuple[int, int]]) -> int:
    """Count the carrier sets with k of n rows from each pool (n, k); exact, of any size.

    Examples
    --------
    >>> n_sets([(35, 9)]), n_sets([(5, 2), (3, 1)])
    (70607460, 30)
    """
    return prod(comb(n, k) for n, k in pools)


def sequence(pools: Sequence[tuple[Ints, int]]) -> Sequencing:
    """Order all sets with k rows from each pool so that one exchange leads to the next.

    Parameters
    ----------
    pools
        Rows of each pool, and how many of them are in a set (0 to all).

    Returns
    -------
    Sequencing

    Examples
    --------
    Two of the three rows 4, 5, 6: {4, 5}, {5, 6}, {4, 6}.

    >>> order = sequence([(np.array([4, 5, 6]), 2)])
    >>> order.first.tolist(), order.leave.tolist(), order.join.tolist()
    ([4, 5], [4, 5], [6, 4])
    """
    firsts, leaves, joins = [], [], []
    for rows, k in pools:
        firsts.append(np.asarray(rows[:k], dtype=np.int64))
        if not 0 < k < len(rows):
            continue
        steps = np.empty((2, comb(len(rows), k) - 1), dtype=np.int64)
        revolving_door(len(rows), k, steps[0], steps[1])
        leaves.append(np.asarray(rows, dtype=np.int64)[steps[0]])
        joins.append(np.asarray(rows, dtype=np.int64)[steps[1]])
    first = np.concatenate(firsts) if firsts else np.empty(0, np.int64)
    if not leaves:
        return Sequencing(first, np.empty(0, np.int64), np.empty(0, np.int64))
    if len(leaves) == 1:
        return Sequencing(first, leaves[0], joins[0])
    starts = np.concatenate([[0], np.cumsum([len(item) for item in leaves])]).astype(np.int64)
    total = prod(len(item) + 1 for item in leaves) - 1
    out = np.empty((2, total), dtype=np.int64)
    _reflect(starts, np.concatenate(leaves), np.concatenate(joins), out[0], out[1])
    return Sequencing(first, out[0], out[1])


@njit(cache=True)
def linear_sums(order: Sequencing, values: Floats) -> Floats:
    """Sum a row value over each set.

    Parameters
    ----------
    values
        (n,) by row.

    Returns
    -------
    sums
        (m,) in the order of the sets.
    """
    members = order.first.copy()
    out = np.empty(order.leave.size + 1)
    total = 0.0
    for step in range(out.size):
        if step > 0:
            _exchange(members, order.leave[step - 1], order.join[step - 1])
            total += values[order.join[step - 1]] - values[order.leave[step - 1]]
        if step % FRESH_EVERY == 0:
            total = 0.0
            for row in members:
                total += values[row]
        out[step] = total
    return out


@njit(cache=True)
def quadratic_sums(order: Sequencing, matrix: Floats) -> Floats:
    """Sum the entries of a symmetric matrix over the rows and columns of each set: x' M x.

    Returns
    -------
    sums
        (m,) in the order of the sets.
    """
    members = order.first.copy()
    out = np.empty(order.leave.size + 1)
    total = 0.0
    for step in range(out.size):
        if step > 0:
            leave, join = order.leave[step - 1], order.join[step - 1]
            change = 0.0
            for row in members:
                change += matrix[join, row] - matrix[leave, row]
            _exchange(members, leave, join)
            total += 2.0 * change + matrix[leave, leave] + matrix[join, join]
            total -= 2.0 * matrix[join, leave]
        if step % FRESH_EVERY == 0:
            total = 0.0
            for row in members:
                for column in members:
                    total += matrix[row, column]
        out[step] = total
    return out


@njit(cache=True)
def members_of_sets(order: Sequencing) -> NDArray[np.int32]:
    """Write out the rows of every set, (m, k); a row's place in its set has no meaning."""
    members = order.first.copy()
    out = np.empty((order.leave.size + 1, members.size), dtype=np.int32)
    for step in range(out.shape[0]):
        if step > 0:
            _exchange(members, order.leave[step - 1], order.join[step - 1])
        for i in range(members.size):
            out[step, i] = members[i]
    return out


@njit(cache=True)
def _exchange(members: Ints, leave: int, join: int) -> None:
    for i in range(members.size):
        if members[i] == leave:
            members[i] = join
            return
