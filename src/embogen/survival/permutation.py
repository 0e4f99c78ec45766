"""Monte Carlo permutation of carriers: scores and variances of drawn carrier sets.

The kernels turn uniform numbers into carrier sets; they create none. One draw takes one uniform
number per carrier (a partial Fisher-Yates shuffle within each stratum), so a draw depends on its
own numbers only, and the answer on neither the number of threads nor the size of the blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.survival.risk_sets import RiskSets
    from embogen.survival.score_form import ScoreForm

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LANES: Final = 16
"""Draws that walk the risk sets side by side."""


class Pools(NamedTuple):
    """From where carriers are drawn.

    Attributes
    ----------
    rows
        (n,) rows, pool after pool.
    start
        (s + 1,) where each pool starts in `rows`.
    carriers
        (s,) number drawn from each pool.
    """

    rows: Ints
    start: Ints
    carriers: Ints


def pools_of(pools: Sequence[tuple[Ints, int]]) -> Pools:
    """Lay pools of (rows, number of carriers) end to end.

    Examples
    --------
    >>> pools_of([(np.array([0, 2]), 1), (np.array([1]), 0)]).start.tolist()
    [0, 2, 3]
    """
    rows = np.concatenate([np.asarray(item, dtype=np.int64) for item, _ in pools])
    start = np.concatenate([[0], np.cumsum([len(item) for item, _ in pools])])
    return Pools(rows, start.astype(np.int64), np.array([k for _, k in pools], dtype=np.int64))


@njit(cache=True)
def draw(pools: Pools, uniform: Floats, scratch: Ints, chosen: Ints) -> None:
    """Draw one carrier set.

    Parameters
    ----------
    uniform
        (k,) numbers in [0, 1), one per carrier.
    scratch
        (n,) a copy of ``pools.rows``, restored before returning.
    chosen
        (k,) filled with the carriers' rows.
    """
    at = 0
    swaps = np.empty(chosen.size, dtype=np.int64)
    for s in range(pools.carriers.size):
        begin, end = pools.start[s], pools.start[s + 1]
        for i in range(pools.carriers[s]):
            here = begin + i
            there = here + int(uniform[at] * (end - here))
            scratch[here], scratch[there] = scratch[there], scratch[here]
            swaps[at] = there
            chosen[at] = scratch[here]
            at += 1
    for s in range(pools.carriers.size - 1, -1, -1):
        begin = pools.start[s]
        for i in range(pools.carriers[s] - 1, -1, -1):
            at -= 1
            here, there = begin + i, swaps[at]
            scratch[here], scratch[there] = scratch[there], scratch[here]


@njit(parallel=True, cache=True)
def scores_of_draws(form: ScoreForm, pools: Pools, uniforms: Floats) -> Floats:
    """Give the score of each drawn carrier set.

    Parameters
    ----------
    uniforms
        (B, k) numbers in [0, 1).

    Returns
    -------
    scores
        (B,).
    """
    B, k = uniforms.shape
    out = np.empty(B)
    blocks = (B + LANES - 1) // LANES
    for block in prange(blocks):
        scratch, chosen = pools.rows.copy(), np.empty(k, dtype=np.int64)
        for r in range(block * LANES, min(B, (block + 1) * LANES)):
            draw(pools, uniforms[r], scratch, chosen)
            total = 0.0
            for row in chosen:
                total += form.linear[row]
            out[r] = total
    return out


@njit(parallel=True, cache=True)
def studentised_of_draws(
    sets: RiskSets, form: ScoreForm, pools: Pools, uniforms: Floats
) -> tuple[Floats, Floats]:
    """Give score and variance of each drawn carrier set.

    Parameters
    ----------
    uniforms
        (B, k) numbers in [0, 1).

    Returns
    -------
    scores, variances
        (B,), (B,).
    """
    B, k = uniforms.shape
    scores, variances = np.empty(B), np.empty(B)
    blocks = (B + LANES - 1) // LANES
    for block in prange(blocks):
        scratch, chosen = pools.rows.copy(), np.empty(k, dtype=np.int64)
        carried = np.zeros((sets.order.size, LANES))
        variance = np.zeros(LANES)
        first = block * LANES
        width = min(B - first, LANES)
        for lane in range(width):
            draw(pools, uniforms[first + lane], scratch, chosen)
            total, own = 0.0, 0.0
            for row in chosen:
                total += form.linear[row]
                own += form.exposure[row]
                carried[row, lane] = form.mass[row]
            for j in range(form.projection.shape[0]):
                part = 0.0
                for row in chosen:
                    part += form.projection[j, row]
                own -= part * part
            scores[first + lane] = total
            variance[lane] = own
        subtract_squares(sets, form, carried, variance)
        variances[first : first + width] = variance[:width]
    return scores, variances


@njit(cache=True)
def subtract_squares(sets: RiskSets, form: ScoreForm, carried: Floats, variance: Floats) -> None:
    """Take the risk sets' squared sums off each lane's variance.

    Parameters
    ----------
    carried
        (n, lanes) mass of each row where it is a carrier, else 0.
    variance
        (lanes,) changed in place.
    """
    lanes = variance.size
    at_risk, dying = np.zeros(lanes), np.zeros(lanes)
    delayed = sets.leaves_end.size > 0
    row, group = 0, 0
    for last in sets.stratum_end:
        at_risk[:] = 0.0
        gone = row
        while group < last:
            end, middle = sets.group_end[group], row + sets.group_deaths[group]
            dying[:] = 0.0
            for i in range(row, end):
                for lane in range(lanes):
                    at_risk[lane] += carried[i, lane]
                if i < middle and form.square[1, group] != 0.0:
                    for lane in range(lanes):
                        dying[lane] += carried[i, lane]
            row = end
            if delayed:
                for leaving in range(gone, sets.leaves_end[group]):
                    for lane in range(lanes):
                        at_risk[lane] -= carried[sets.leaves_row[leaving], lane]
                gone = max(gone, sets.leaves_end[group])
            a0, a1, a2 = form.square[0, group], form.square[1, group], form.square[2, group]
            if a1 != 0.0:
                for lane in range(lanes):
                    S, D = at_risk[lane], dying[lane]
                    variance[lane] -= a0 * S * S - 2.0 * a1 * S * D + a2 * D * D
            elif a0 != 0.0:
                for lane in range(lanes):
                    variance[lane] -= a0 * at_risk[lane] * at_risk[lane]
            group += 1


def studentise(scores: Floats, variances: Floats, scale: float) -> Floats:
    """Divide scores by standard errors; a set without variance has no say: 0.

    Parameters
    ----------
    scale
        A typical variance: what is below 1e-12 of it is rounding.

    Examples
    --------
    >>> studentise(np.array([2.0, 0.0]), np.array([4.0, 0.0]), 4.0).tolist()
    [1.0, 0.0]
    """
    real = variances > 1e-12 * scale
    return np.where(real, scores / np.sqrt(np.where(real, variances, 1.0)), 0.0)
