"""Permutation tails of linear scores of columns with values other than 0 and 1.

Copies of an allele, or dosages: each carrier's value is held, and the score it meets is taken as a
draw from the scores of its pool (Dey et al., Am J Hum Genet 2017;101:37, and for survival times Bi
et al., Am J Hum Genet 2020;107:222, use the same cumulants). Draws are with replacement, which
scores of different patients are not; the sum is scaled so that its variance is that of the
permutation. The tail is Barndorff-Nielsen's form of the saddlepoint::

    P(sum >= c) ~ 1 - Phi(w + log(v / w) / w),  w^2 / 2 = s c - K(s),  v = s sqrt(K''(s))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.exponential import exponentiate
from embogen.survival.scan_saddlepoint import AT_MEAN, MAX_STEPS, STEEPEST, normal_tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.scan_saddlepoint import Binned

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

STEPS_PER_UNIT: Final = 64
"""Values are told apart to this part of 1."""


@njit(cache=True, nogil=True)
def valued_tails(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    binned: Binned, pool: Ints, start: Ints, carriers: Ints, values: Floats, limits: Floats
) -> Floats:
    """Approximate the chance of a sum of scores at least as far out, on its own side.

    Parameters
    ----------
    binned
        Scores of the pools, from `embogen.survival.scan_saddlepoint.bin_scores`.
    pool
        (n,) pool of each position.
    start, carriers, values
        Columns, as `embogen.survival.scan_score.scan_scores` takes them.
    limits
        (G,) sums, less the sums expected.

    Returns
    -------
    p
        (G,) one tail; NaN where scores or carriers do not vary.
    """
    out = np.empty(limits.size)
    pools, bins = binned.size.size, binned.value.size
    width = np.max(np.abs(binned.value))
    room = (np.empty(bins), np.empty(bins), np.empty(bins))
    for g in range(limits.size):
        rows, x = carriers[start[g] : start[g + 1]], values[start[g] : start[g + 1]]
        counts, sizes = _tally(pool, rows, x, pools)
        drawn, permuted, largest = 0.0, 0.0, np.max(np.abs(sizes))
        for s in range(pools):
            n, first, second = binned.size[s], 0.0, 0.0
            for k in range(sizes.size):
                first += counts[s, k] * sizes[k]
                second += counts[s, k] * sizes[k] * sizes[k]
            drawn += second * binned.variance[s]
            if n > 1.0:
                permuted += (second - first * first / n) * n / (n - 1.0) * binned.variance[s]
        if not permuted > 0.0:
            out[g] = np.nan
        elif abs(limits[g]) < AT_MEAN * np.sqrt(permuted):
            out[g] = normal_tail(abs(limits[g]) / np.sqrt(permuted))
        else:
            limit = limits[g] * np.sqrt(drawn / permuted)
            out[g] = _tail(binned, (counts, sizes), limit, width * largest, room)
    return out


@njit(cache=True, nogil=True)
def _tally(pool: Ints, rows: Ints, x: Floats, pools: int) -> tuple[Floats, Floats]:
    """Count the carriers of each pool by value, in steps."""
    low, high = 0, 0
    for value in x:
        step = int(np.rint(value * STEPS_PER_UNIT))
        low, high = min(low, step), max(high, step)
    counts = np.zeros((pools, high - low + 1))
    for i in range(rows.size):
        counts[pool[rows[i]], int(np.rint(x[i] * STEPS_PER_UNIT)) - low] += 1.0
    used = np.zeros(high - low + 1, dtype=np.int64)
    size = 0
    for k in range(used.size):
        if counts[:, k].sum() > 0.0:
            used[size] = k
            size += 1
    held, sizes = np.empty((pools, size)), np.empty(size)
    for k in range(size):
        held[:, k] = counts[:, used[k]]
        sizes[k] = (used[k] + low) / STEPS_PER_UNIT
    return held, sizes


@njit(cache=True, nogil=True)
def _cumulants(
    binned: Binned, tally: tuple[Floats, Floats], slope: float, room: tuple[Floats, Floats, Floats]
) -> tuple[float, float, float]:
    """Give K, K' and K'' at a slope."""
    eta, weight, scratch = room
    counts, sizes = tally
    total = first = second = 0.0
    for k in range(sizes.size):
        for i in range(eta.size):
            eta[i] = min(max(slope * sizes[k] * binned.value[i], -600.0), 600.0)
        exponentiate(eta, weight, scratch)
        begin = 0
        for s in range(counts.shape[0]):
            m0 = m1 = m2 = 0.0
            for i in range(begin, binned.end[s]):
                held = binned.held[i] * weight[i]
                m0 += held
                m1 += held * binned.value[i]
                m2 += held * binned.value[i] * binned.value[i]
            begin = binned.end[s]
            many = counts[s, k]
            if many == 0.0:
                continue
            mean = m1 / m0
            total += many * np.log(m0 / binned.size[s])
            first += many * sizes[k] * mean
            second += many * sizes[k] * sizes[k] * (m2 / m0 - mean * mean)
    return total, first, second


@njit(cache=True, nogil=True)
def _tail(
    binned: Binned,
    tally: tuple[Floats, Floats],
    limit: float,
    width: float,
    room: tuple[Floats, Floats, Floats],
) -> float:
    slope, low, high = 0.0, -np.inf, np.inf
    total = second = 0.0
    for _ in range(MAX_STEPS):
        total, first, second = _cumulants(binned, tally, slope, room)
        gap = limit - first
        if abs(gap) <= 1e-9 * (abs(limit) + width) or abs(slope) * width > STEEPEST:
            break
        if gap > 0.0:
            low = slope
        else:
            high = slope
        step = gap / second if second > 0.0 else np.sign(gap) / width
        trial = slope + min(max(step, -3.0 / width), 3.0 / width)
        slope = trial if low < trial < high else 0.5 * (low + high)
    square = 2.0 * (slope * limit - total)
    if not (square > 0.0 and second > 0.0):
        return 0.0 if abs(slope) * width > STEEPEST else 0.5
    w = np.sqrt(square)
    v = abs(slope) * np.sqrt(second)
    return float(normal_tail(w + np.log(v / w) / w))
