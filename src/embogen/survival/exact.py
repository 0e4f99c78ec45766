"""Exact permutation distribution of a score: every carrier set counted, none drawn.

The rows are cut into two halves A and B. A carrier set is a set of A with a set of B, and its
score and variance (``U = u.x``, ``V = x' M x``) are those of the halves plus what the halves have
in common::

    U = U_A + U_B        V = V_A + V_B + 2 sum_{i in A, j in B} M_ij

With rows in walking order and nobody entering late, ``M_ij`` depends on i only through its mass:
everybody of A is at risk whenever anybody of B dies. The common part is then a product of one
number of each half, and a test of all sets is a scan over pairs of two short lists: five
floating-point operations a set, vectorised. With delayed entry, or a variance adjusted for
covariates, it is a sum over B's rows instead, kept up to date by one exchange a set
(`subsets.sequence`). For the score alone both lists are sorted and pairs are counted without
being visited (Horowitz and Sahni, J ACM 1974;21:277).

Statistics nearer than `TOLERANCE` standard deviations to the observed one count as equal to it.
"""

from __future__ import annotations

from math import comb, log
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.subsets import (
    Sequencing,
    linear_sums,
    members_of_sets,
    n_sets,
    quadratic_sums,
    sequence,
)
from embogen.survival.threads import spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Pools = Sequence[tuple[Ints, int]]

TOLERANCE: Final = 1e-9
RANK_TOLERANCE: Final = 1e-13
WORTH_A_THREAD: Final = 500_000
"""Pairs from which on another thread is started: starting it costs as much as so many pairs."""


class TailCounts(NamedTuple):
    """How many carrier sets are at least as extreme as the observed one.

    Attributes
    ----------
    total
        All carrier sets.
    at_least, beyond
        Those with an absolute statistic at least as large as, and larger than, the observed one.
    upper_at_least, upper_beyond
        Those with a statistic at least as large as, and larger than, the observed one.
    """

    total: int
    at_least: int
    beyond: int
    upper_at_least: int
    upper_beyond: int


class Halves(NamedTuple):
    """Rows of each pool by half: the first pool is cut, the others are in one half whole."""

    cut: tuple[Ints, Ints]
    size: int
    whole_a: tuple[tuple[Ints, int], ...]
    whole_b: tuple[tuple[Ints, int], ...]


def tail_counts(total: int, value: float, scale: float, counts: Ints) -> TailCounts:
    """Turn counts beyond plus and minus the observed absolute value into tails.

    Parameters
    ----------
    value
        The observed statistic.
    scale
        Its unit: values within ``TOLERANCE * scale`` are equal.
    counts
        (4,) sets at or above |value|, at or below -|value|, above it, below its negative.
    """
    ge_up, ge_down, gt_up, gt_down = (int(item) for item in counts)
    if value > TOLERANCE * scale:
        return TailCounts(total, ge_up + ge_down, gt_up + gt_down, ge_up, gt_up)
    if value < -TOLERANCE * scale:
        return TailCounts(total, ge_up + ge_down, gt_up + gt_down, total - gt_down, total - ge_down)
    return TailCounts(total, total, gt_up + gt_down, total - gt_down, gt_up)


def longest_list(pools: Sequence[tuple[int, int]]) -> int:
    """Give the length of the longest list of half sets an enumeration has to hold.

    Examples
    --------
    >>> longest_list([(35, 9)])
    48620
    """
    rows, start = [], 0
    for n, k in pools:
        rows.append((np.arange(start, start + n), k))
        start += n
    halves = _halve(rows, 0)
    return max(
        n_sets([(len(item), k) for item, k in side])
        for pair in _half_pools(halves)
        for side in pair
    )


def count_studentised(u: Floats, matrix: Floats, pools: Pools, value: float) -> TailCounts:
    """Count the carrier sets by their studentised score U / sqrt(V).

    Parameters
    ----------
    u
        (n,) score of each row as a carrier.
    matrix
        (n, n) symmetric; the variance of a set is the sum over its rows and columns.
    pools
        Rows of each stratum and its number of carriers; rows ascending.
    value
        Observed statistic. A set without variance (its patients share no risk set with others)
        has statistic 0.

    Returns
    -------
    TailCounts

    Examples
    --------
    Three patients, one carrier, scores -1, 0, 1 and variance 1 each.

    >>> u, matrix = np.array([-1.0, 0.0, 1.0]), np.eye(3)
    >>> count_studentised(u, matrix, [(np.arange(3), 1)], 1.0)
    TailCounts(total=3, at_least=2, beyond=0, upper_at_least=1, upper_beyond=0)
    """
    halves, shared = _best_cut(matrix, pools)
    floor = max(1e-24 * float(u @ u), 1e-200)  # rounding alone is not beyond zero
    low, high = max(abs(value) - TOLERANCE, 0.0) ** 2, (abs(value) + TOLERANCE) ** 2
    limits = np.array([low, high, floor])
    counts = np.zeros(4, dtype=np.int64)
    for pools_a, pools_b in _half_pools(halves):
        a, b = sequence(pools_a), sequence(pools_b)
        if len(a.leave) > len(b.leave):
            a, b = b, a
        sums_a = linear_sums(a, u), quadratic_sums(a, matrix)
        sums_b = linear_sums(b, u), quadratic_sums(b, matrix)
        if shared is not None:
            common = 2.0 * linear_sums(a, shared), linear_sums(b, shared)
            counts += _count_products((*sums_a, common[0]), (*sums_b, common[1]), limits)
        else:
            counts += _count_exchanges((members_of_sets(a), *sums_a), b, sums_b, matrix, limits)
    total = n_sets([(len(rows), k) for rows, k in pools])
    return tail_counts(total, value, 1.0, counts)


def count_linear(u: Floats, pools: Pools, value: float) -> TailCounts:
    """Count the carrier sets by their score U; lists are sorted, pairs counted, not visited.

    Parameters
    ----------
    u
        (n,) score of each row as a carrier.
    pools
        Rows of each stratum and its number of carriers.
    value
        Observed score.

    Returns
    -------
    TailCounts

    Examples
    --------
    >>> count_linear(np.array([-1.0, 0.0, 1.0]), [(np.arange(3), 1)], 1.0)
    TailCounts(total=3, at_least=2, beyond=0, upper_at_least=1, upper_beyond=0)
    """
    scale = float(np.sqrt(u @ u))
    slack = TOLERANCE * scale
    limits = np.array(
        [abs(value) - slack, -abs(value) + slack, abs(value) + slack, -abs(value) - slack]
    )
    counts = np.zeros(4, dtype=np.int64)
    for pools_a, pools_b in _half_pools(_halve(pools, 0)):
        sums_a = np.sort(linear_sums(sequence(pools_a), u))
        sums_b = np.sort(linear_sums(sequence(pools_b), u))
        counts += _count_sorted(sums_a, sums_b, limits)
    total = n_sets([(len(rows), k) for rows, k in pools])
    return tail_counts(total, value, scale, counts)


def _halve(pools: Pools, shift: int) -> Halves:
    """Cut the pool with most sets; give whole pools to the half that holds fewer sets."""
    ranked = sorted(pools, key=lambda item: -comb(len(item[0]), item[1]))
    (rows, k), others = ranked[0], ranked[1:]
    middle = min(max(len(rows) // 2 + shift, 0), len(rows))
    load = [log(comb(len(rows), k)) / 2, log(comb(len(rows), k)) / 2]
    whole: tuple[list[tuple[Ints, int]], list[tuple[Ints, int]]] = ([], [])
    for item in others:
        side = int(load[1] < load[0])
        whole[side].append(item)
        load[side] += log(comb(len(item[0]), item[1]))
    return Halves((rows[:middle], rows[middle:]), k, tuple(whole[0]), tuple(whole[1]))


def _half_pools(halves: Halves) -> Iterator[tuple[Pools, Pools]]:
    """Give the pools of both halves for each number of carriers of the cut pool in half A."""
    a, b = halves.cut
    for k in range(max(0, halves.size - len(b)), min(halves.size, len(a)) + 1):
        yield [(a, k), *halves.whole_a], [(b, halves.size - k), *halves.whole_b]


def _best_cut(matrix: Floats, pools: Pools) -> tuple[Halves, Floats | None]:
    """Find a cut near the middle whose halves have only a product in common, if there is one."""
    width = max(len(rows) for rows, _ in pools)
    for shift in sorted(range(-width // 6, width // 6 + 1), key=abs):
        halves = _halve(pools, shift)
        shared = _product(matrix, halves)
        if shared is not None:
            return halves, shared
    return _halve(pools, 0), None


def _product(matrix: Floats, halves: Halves) -> Floats | None:
    """Give c with M_ij = c_i c_j' for i in A, j in B, or None; c holds both halves' factors."""
    rows_a = np.concatenate([halves.cut[0], *(rows for rows, _ in halves.whole_a)])
    rows_b = np.concatenate([halves.cut[1], *(rows for rows, _ in halves.whole_b)])
    shared = np.zeros(len(matrix))
    block = matrix[np.ix_(rows_a.astype(np.int64), rows_b.astype(np.int64))]
    if not block.size or not block.any():
        return shared
    i, j = np.unravel_index(np.argmax(np.abs(block)), block.shape)
    factor_a, factor_b = block[:, j] / block[i, j], block[i]
    if np.max(np.abs(block - np.outer(factor_a, factor_b))) > RANK_TOLERANCE * abs(block[i, j]):
        return None
    shared[rows_a], shared[rows_b] = factor_a, factor_b
    return shared


@njit(cache=True, fastmath={"contract"})
def _count_row(
    own: tuple[float, float, float], b: tuple[Floats, Floats, Floats], limits: Floats
) -> tuple[int, int, int, int]:
    """Count the sets of B that go with one set of A: U^2 at or above a limit times V."""
    n0, n1, n2, n3 = 0, 0, 0, 0
    low, high, floor = limits[0], limits[1], limits[2]
    for j in range(b[0].size):
        U = own[0] + b[0][j]
        V = max(own[1] + b[1][j] + own[2] * b[2][j], 0.0)
        square = U * U
        at_least = square >= low * V + floor
        beyond = square >= high * V + floor
        n0 += at_least & (U > 0.0)
        n1 += at_least & (U < 0.0)
        n2 += beyond & (U > 0.0)
        n3 += beyond & (U < 0.0)
    return n0, n1, n2, n3


def _count_products(
    a: tuple[Floats, Floats, Floats], b: tuple[Floats, Floats, Floats], limits: Floats
) -> Ints:
    """Count pairs of (score, variance, factor) lists."""

    def some(begin: int, end: int) -> Ints:
        part = slice(begin, end)
        return np.asarray(_count_some_products((a[0][part], a[1][part], a[2][part]), b, limits))

    least = 1 + WORTH_A_THREAD // max(len(b[0]), 1)
    return np.asarray(np.sum(spread(some, len(a[0]), least), axis=0))


@njit(cache=True, nogil=True)
def _count_some_products(
    a: tuple[Floats, Floats, Floats], b: tuple[Floats, Floats, Floats], limits: Floats
) -> Ints:
    counts = np.zeros(4, dtype=np.int64)
    for i in range(a[0].size):
        row = _count_row((a[0][i], a[1][i], a[2][i]), b, limits)
        for k in range(4):
            counts[k] += row[k]
    return counts


@njit(cache=True)
def _count_exchanged_row(
    own: tuple[float, float],
    shared: Floats,
    order: Sequencing,
    b: tuple[Floats, Floats],
    limits: Floats,
) -> tuple[int, int, int, int]:
    """Count the sets of B that go with one set of A, following each exchange in B."""
    n0, n1, n2, n3 = 0, 0, 0, 0
    low, high, floor = limits[0], limits[1], limits[2]
    variance = own[1]
    for row in order.first:
        variance += shared[row]
    for j in range(b[0].size):
        if j > 0:
            variance += shared[order.join[j - 1]] - shared[order.leave[j - 1]]
        U = own[0] + b[0][j]
        V = max(variance + b[1][j], 0.0)
        square = U * U
        at_least = square >= low * V + floor
        beyond = square >= high * V + floor
        n0 += at_least & (U > 0.0)
        n1 += at_least & (U < 0.0)
        n2 += beyond & (U > 0.0)
        n3 += beyond & (U < 0.0)
    return n0, n1, n2, n3


@njit(cache=True)
def _shared_with(members: NDArray[np.int32], matrix: Floats) -> Floats:
    """Give twice what each row has in common with a set of A."""
    shared = np.zeros(matrix.shape[0])
    for row in members:
        for j in range(shared.size):
            shared[j] += 2.0 * matrix[row, j]
    return shared


def _count_exchanges(
    a: tuple[NDArray[np.int32], Floats, Floats],
    order: Sequencing,
    b: tuple[Floats, Floats],
    matrix: Floats,
    limits: Floats,
) -> Ints:
    """Count pairs of sets whose halves share more than a product."""

    def some(begin: int, end: int) -> Ints:
        part = slice(begin, end)
        own = a[0][part], a[1][part], a[2][part]
        return np.asarray(_count_some_exchanges(own, order, b, matrix, limits))

    least = 1 + WORTH_A_THREAD // max(len(b[0]), 1)
    return np.asarray(np.sum(spread(some, len(a[1]), least), axis=0))


@njit(cache=True, nogil=True)
def _count_some_exchanges(
    a: tuple[NDArray[np.int32], Floats, Floats],
    order: Sequencing,
    b: tuple[Floats, Floats],
    matrix: Floats,
    limits: Floats,
) -> Ints:
    counts = np.zeros(4, dtype=np.int64)
    for i in range(a[1].size):
        shared = _shared_with(a[0][i], matrix)
        row = _count_exchanged_row((a[1][i], a[2][i]), shared, order, b, limits)
        for k in range(4):
            counts[k] += row[k]
    return counts


@njit(cache=True)
def _count_sorted(a: Floats, b: Floats, limits: Floats) -> Ints:
    """Count pairs with a sum at or above, or below, each of four limits; both lists ascending."""
    counts = np.zeros(4, dtype=np.int64)
    for which in range(4):
        upper = which % 2 == 0
        j = b.size  # pairs with b[j:] reach an upper limit; pairs with b[:j] stay below a lower
        for i in range(a.size):
            if upper:
                while j > 0 and a[i] + b[j - 1] >= limits[which]:
                    j -= 1
                counts[which] += b.size - j
            else:
                while j > 0 and a[i] + b[j - 1] > limits[which]:
                    j -= 1
                counts[which] += j
    return counts
