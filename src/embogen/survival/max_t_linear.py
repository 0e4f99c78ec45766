"""Linear scores of many genes under many relabellings at once: what max-T over a panel counts.

A relabelling hands each patient's whole genotype row (carried, not carried, not tested; all genes
together) to another patient of the same pool. The statistic of a gene is its patients' scores,
fixed numbers, summed over its carriers less their share of the sum over those tested, pool by
pool::

    T = sum_s ( sum_{carriers} u - k_s / m_s sum_{tested} u )

with k_s carriers of m_s tested among the N_s patients of pool s. With u centred in each pool the
sum over those tested is minus that over those not tested, who are few. Over all relabellings T
has mean 0 and variance (Hoeffding, Ann Math Stat 1951;22:558)::

    sum_s k_s (m_s - k_s) / m_s * sum_i (u_i - mean_s)^2 / (N_s - 1)

so that z = T / sd needs no variance of its own at each relabelling. Relabellings stand side by
side: a table holds the permuted scores, a row for each place and a lane for each relabelling, and
what is added for one gene runs over all lanes at once. Below the patients' rows are those of the
sums over who was not tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.shuffle import Shuffle, shuffle, shuffle_of

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Int32s = NDArray[np.int32]
    Words = NDArray[np.uint64]

LANES: Final = 32
"""Relabellings side by side."""
ROUNDING: Final = 1e-20
"""A sum of squares below this part of the largest is rounding: scores of a pool are all equal."""


class LinearPanel(NamedTuple):
    """A panel of genes over patients' scores.

    Attributes
    ----------
    what
        How places are shuffled: those that no gene looks at need not be.
    score
        (n,) score at each place, centred in its pool.
    block_start, block_place
        (r + 1,) and places: of each block (a pool's patients not tested), summed once for all
        genes that share it.
    start, carrier
        (G + 1,) and places of each gene's carriers.
    shift_start, shift_block, shift_share
        (G + 1,), and for each gene the blocks added and k_s / m_s.
    scale
        (G,) 1 / standard deviation.
    """

    what: Shuffle
    score: Floats
    block_start: Ints
    block_place: Int32s
    start: Ints
    carrier: Int32s
    shift_start: Ints
    shift_block: Int32s
    shift_share: Floats
    scale: Floats


class PoolCounts(NamedTuple):
    """How many patients of each pool a gene has.

    Attributes
    ----------
    carriers, tested
        (G, s).
    """

    carriers: Ints
    tested: Ints


def pooled_squares(scores: Floats, pools: Ints, n_pools: int) -> tuple[Floats, Floats]:
    """Centre scores in each pool, and give the pools' sums of squares over size less one.

    Examples
    --------
    >>> centred, spread = pooled_squares(np.array([1.0, 3.0, 5.0]), np.array([0, 0, 1]), 2)
    >>> centred.tolist(), spread.tolist()
    ([-1.0, 1.0, 0.0], [2.0, 0.0])
    """
    size = np.bincount(pools, minlength=n_pools)
    mean = np.bincount(pools, scores, n_pools) / np.maximum(size, 1)
    centred = scores - mean[pools]
    squares = np.bincount(pools, centred**2, n_pools)
    largest = float((scores**2).sum())
    squares[squares <= ROUNDING * largest] = 0.0
    return centred, squares / np.maximum(size - 1, 1)


def linear_variances(counts: PoolCounts, spread: Floats) -> Floats:
    """Give the variance of each gene's statistic over all relabellings.

    Parameters
    ----------
    counts
        Carriers and tested of each gene and pool.
    spread
        (s,) sum of squared centred scores over size less one, as of `pooled_squares`.

    Examples
    --------
    One carrier of three patients with scores 1, 2, 3: 2/3, as
    `embogen.survival.permutation.linear_variance` has it. One of two tested: 1/2.

    >>> counts = PoolCounts(np.array([[1], [1]]), np.array([[3], [2]]))
    >>> linear_variances(counts, np.array([1.0])).round(4).tolist()
    [0.6667, 0.5]
    """
    k, m = counts
    return np.asarray((k * (m - k) / np.maximum(m, 1)) @ spread)


def lay_out(sizes: Ints, active: Ints) -> Shuffle:
    """Shuffle only the places of each pool that some gene looks at: they come first.

    Examples
    --------
    >>> lay_out(np.array([4, 2]), np.array([1, 2])).start.tolist()
    [0, 4, 6]
    """
    return shuffle_of(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), active)


@njit(cache=True, nogil=True)
def observed_statistics(panel: LinearPanel) -> Floats:
    """Give each gene's z as it was observed, (G,); added up as in `count_exceedances`."""
    table = _empty_table(panel)
    for i in range(panel.score.size):
        table[i] = panel.score[i]
    _sum_blocks(panel, table)
    out, sums = np.empty(panel.scale.size), np.empty(LANES)
    for g in range(out.size):
        _sum_gene(panel, table, g, sums)
        out[g] = sums[0] * panel.scale[g]
    return out


@njit(cache=True, nogil=True)
def count_exceedances(
    panel: LinearPanel, limits: Floats, words: Words, arranged: Floats, counts: Ints
) -> None:
    """Count the relabellings that reach each gene's observed statistic.

    Parameters
    ----------
    panel
        Genes from the smallest |z| observed to the largest.
    limits
        (G,) |z| to be reached, ascending.
    words
        (B, w) random words, none of them refused; w for each relabelling.
    arranged
        (LANES, n) the scores as the relabellings before left them; changed in place. Relabelling
        r goes on from row r mod `LANES`: B is a multiple of that unless these are the last ones.
    counts
        (3, G), added to: relabellings at which the largest |z| of all genes reaches a gene's
        limit (single-step), the largest of this gene and those with smaller observed ones does
        (step-down: Westfall and Young, 1993, algorithm 4.1), the gene's own does.
    """
    G = limits.size
    table = _empty_table(panel)
    sums, largest = np.empty(LANES), np.empty(LANES)
    passed = np.zeros(G + 1, dtype=np.int64)
    for first in range(0, words.shape[0], LANES):
        lanes = min(LANES, words.shape[0] - first)
        for lane in range(lanes):
            shuffle(arranged[lane], panel.what, words[first + lane])
        for i in range(panel.score.size):
            for lane in range(LANES):
                table[i, lane] = arranged[lane, i]
        _sum_blocks(panel, table)
        largest[:] = 0.0
        for g in range(G):
            _sum_gene(panel, table, g, sums)
            alone, down = 0, 0
            for lane in range(lanes):
                z = abs(sums[lane]) * panel.scale[g]
                largest[lane] = max(largest[lane], z)
                alone += z >= limits[g]
                down += largest[lane] >= limits[g]
            counts[1, g] += down
            counts[2, g] += alone
        for lane in range(lanes):
            passed[np.searchsorted(limits, largest[lane], side="right")] += 1
    reached = 0
    for g in range(G - 1, -1, -1):
        reached += passed[g + 1]
        counts[0, g] += reached


@njit(cache=True, nogil=True)
def _empty_table(panel: LinearPanel) -> Floats:
    return np.empty((panel.score.size + panel.block_start.size - 1, LANES))


@njit(cache=True, nogil=True)
def _sum_blocks(panel: LinearPanel, table: Floats) -> None:
    """Fill the rows below the patients' own."""
    n = panel.score.size
    for block in range(panel.block_start.size - 1):
        _sum_rows(table, panel.block_place, panel.block_start, block, table[n + block])


@njit(inline="always")
def _sum_gene(panel: LinearPanel, table: Floats, g: int, sums: Floats) -> None:
    """Fill the (lanes,) statistics of a gene."""
    _sum_rows(table, panel.carrier, panel.start, g, sums)
    n = panel.score.size
    for j in range(panel.shift_start[g], panel.shift_start[g + 1]):
        row, share = n + panel.shift_block[j], panel.shift_share[j]
        for lane in range(LANES):
            sums[lane] += share * table[row, lane]


@njit(inline="always")
def _sum_rows(table: Floats, rows: Int32s, start: Ints, which: int, sums: Floats) -> None:
    """Fill the (lanes,) sums of the table's rows listed under `which`."""
    sums[:] = 0.0
    at = start[which]
    for _ in range((start[which + 1] - at) // 4):  # four at a time: the sums are read less often
        a, b, c, d = rows[at], rows[at + 1], rows[at + 2], rows[at + 3]
        for lane in range(LANES):
            sums[lane] += (table[a, lane] + table[b, lane]) + (table[c, lane] + table[d, lane])
        at += 4
    while at < start[which + 1]:
        for lane in range(LANES):
            sums[lane] += table[rows[at], lane]
        at += 1
