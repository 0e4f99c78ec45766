"""Permutation tails of many linear scores: the double saddlepoint of `saddlepoint`, over bins.

Scores of a large cohort differ by less than matters: they are gathered in bins that keep their
mean, and the scale of the bins is set to keep their variance. What a tail costs then depends on
the bins, not on the cohort.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.exponential import exponentiate

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BINS: Final = 1024
"""Most bins of a pool; a smaller pool keeps every score."""
MAX_STEPS: Final = 100
AT_MEAN: Final = 0.01
"""So many standard deviations about the mean the formula is 0 / 0: the normal tail is taken."""
STEEPEST: Final = 300.0
"""Slope, times the largest score, at which the limit is as good as the largest sum there is."""


class Binned(NamedTuple):
    """Scores of the pools among which carriers are permuted.

    Attributes
    ----------
    value
        (b,) score of a bin, less the mean of its pool.
    held
        (b,) rows in it.
    end
        (s,) after the last bin of each pool.
    size, mean, variance
        (s,) rows, mean and population variance of the scores of each pool.
    """

    value: Floats
    held: Floats
    end: Ints
    size: Floats
    mean: Floats
    variance: Floats


def bin_scores(scores: Floats, pool: Ints, pools: int) -> Binned:
    """Gather scores.

    Parameters
    ----------
    scores
        (n,) score of each row as a carrier.
    pool
        (n,) pool of each row, 0 .. pools - 1; each has rows.

    Examples
    --------
    Few scores stay as they are.

    >>> binned = bin_scores(np.array([1.0, 3.0, 2.0]), np.zeros(3, np.int64), 1)
    >>> binned.value.tolist(), binned.mean.tolist()
    ([-1.0, 0.0, 1.0], [2.0])
    """
    values, counts, ends, total = [], [], [], 0
    size, mean, variance = np.empty(pools), np.empty(pools), np.empty(pools)
    for code in range(pools):
        own = np.sort(scores[pool == code])
        size[code], mean[code], variance[code] = len(own), own.mean(), own.var()
        own = own - mean[code]
        if len(own) > BINS:
            edges = np.linspace(own[0], own[-1], BINS + 1)[1:-1]
            at = np.searchsorted(edges, own)
            rows = np.bincount(at, minlength=BINS).astype(np.float64)
            own = (np.bincount(at, own, BINS) / np.maximum(rows, 1.0))[rows > 0.0]
            held = rows[rows > 0.0]
            left = float(np.sum(held * own * own)) / size[code]
            own = own * np.sqrt(variance[code] / left) if left > 0.0 else own
        else:
            held = np.ones(len(own))
        values.append(own)
        counts.append(held)
        total += len(own)
        ends.append(total)
    return Binned(
        np.concatenate(values),
        np.concatenate(counts),
        np.array(ends, dtype=np.int64),
        size,
        mean,
        variance,
    )


@njit(cache=True, nogil=True)
def permutation_sd(binned: Binned, carriers: Floats) -> float:
    """Give the standard deviation of the sum over random carriers, so many from each pool."""
    total = 0.0
    for s in range(carriers.size):
        n, k = binned.size[s], carriers[s]
        if n > 1.0:
            total += k * (n - k) / (n - 1.0) * binned.variance[s]
    return float(np.sqrt(total))


@njit(cache=True, nogil=True)
def linear_tails(binned: Binned, carriers: Floats, limits: Floats) -> Floats:
    """Approximate the chance of a sum at least as far out, on its own side.

    Parameters
    ----------
    binned
        The scores.
    carriers
        (G, s) carriers of each column in each pool.
    limits
        (G,) sums, less the sum expected.

    Returns
    -------
    p
        (G,) one tail: above a positive limit, below a negative one. NaN where carriers can be
        chosen in one way only, or all scores are equal.
    """
    out = np.empty(limits.size)
    eta, odds = np.empty(binned.value.size), np.empty(binned.value.size)
    scratch = np.empty(binned.value.size)
    for g in range(limits.size):
        sd = permutation_sd(binned, carriers[g])
        if not sd > 0.0:
            out[g] = np.nan
        elif abs(limits[g]) < AT_MEAN * sd:
            out[g] = normal_tail(abs(limits[g]) / sd)
        else:
            out[g] = _tail(binned, carriers[g], limits[g], (eta, odds, scratch))
    return out


@njit(cache=True, nogil=True)
def normal_tail(z: float) -> float:
    """Give the chance of a standard normal number above z."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))


@njit(cache=True, nogil=True)
def _chances(
    binned: Binned, slope: float, level: Floats, room: tuple[Floats, Floats, Floats]
) -> None:
    """Fill the odds of being a carrier under a tilt."""
    eta, odds, scratch = room
    begin = 0
    for s in range(level.size):
        for i in range(begin, binned.end[s]):
            eta[i] = min(max(level[s] + slope * binned.value[i], -600.0), 600.0)
        begin = binned.end[s]
    exponentiate(eta, odds, scratch)


@njit(cache=True, nogil=True)
def _tilt(
    binned: Binned,
    carriers: Floats,
    slope: float,
    level: Floats,
    room: tuple[Floats, Floats, Floats],
) -> tuple[float, float]:
    """Move the levels to the number of carriers; give mean and conditional variance of the sum."""
    odds = room[1]
    mean = spread = 0.0
    for _ in range(MAX_STEPS):
        _chances(binned, slope, level, room)
        worst, mean, spread, begin = 0.0, 0.0, 0.0, 0
        for s in range(level.size):
            expected = flips = first = second = 0.0
            for i in range(begin, binned.end[s]):
                chance = odds[i] / (1.0 + odds[i])
                held = binned.held[i] * chance
                flip = held * (1.0 - chance)
                expected += held
                flips += flip
                mean += held * binned.value[i]
                first += flip * binned.value[i]
                second += flip * binned.value[i] * binned.value[i]
            begin = binned.end[s]
            if not 0.0 < carriers[s] < binned.size[s]:
                continue
            spread += second - first * first / max(flips, 1e-300)
            excess = expected - carriers[s]
            worst = max(worst, abs(excess) / carriers[s])
            level[s] -= min(max(excess / max(flips, 1e-300), -2.0), 2.0)
        if worst < 1e-9:  # noqa: PLR2004 - the last step above takes what is left
            break
    return mean, max(spread, 0.0)


@njit(cache=True, nogil=True)
def _cumulant(
    binned: Binned,
    carriers: Floats,
    tilt: tuple[float, Floats],
    room: tuple[Floats, Floats, Floats],
) -> tuple[float, float]:
    """Give ``t k - K`` over the pools, and the log product of their flip variances."""
    slope, level = tilt
    _chances(binned, slope, level, room)
    eta, odds = room[0], room[1]
    total, logs, begin = 0.0, 0.0, 0
    for s in range(level.size):
        if 0.0 < carriers[s] < binned.size[s]:
            flips = 0.0
            for i in range(begin, binned.end[s]):
                chance = odds[i] / (1.0 + odds[i])
                flips += binned.held[i] * chance * (1.0 - chance)
                over = max(eta[i], 0.0)
                total -= binned.held[i] * (over + np.log1p(np.exp(-abs(eta[i]))))
            total += level[s] * carriers[s]
            logs += np.log(max(flips, 1e-300))
        begin = binned.end[s]
    return total, logs


@njit(cache=True, nogil=True)
def _tail(
    binned: Binned, carriers: Floats, limit: float, room: tuple[Floats, Floats, Floats]
) -> float:
    width = np.max(np.abs(binned.value))
    level, plain = np.zeros(carriers.size), np.zeros(carriers.size)
    for s in range(carriers.size):
        share = min(max(carriers[s] / binned.size[s], 1e-12), 1.0 - 1e-12)
        plain[s] = level[s] = np.log(share / (1.0 - share))
    base, base_logs = _cumulant(binned, carriers, (0.0, plain), room)
    slope, low, high = 0.0, -np.inf, np.inf
    spread = 0.0
    for _ in range(MAX_STEPS):
        mean, spread = _tilt(binned, carriers, slope, level, room)
        gap = limit - mean
        if abs(gap) <= 1e-9 * (abs(limit) + width) or abs(slope) * width > STEEPEST:
            break
        if gap > 0.0:
            low = slope
        else:
            high = slope
        step = gap / spread if spread > 0.0 else np.sign(gap) / width
        trial = slope + min(max(step, -3.0 / width), 3.0 / width)
        slope = trial if low < trial < high else 0.5 * (low + high)
    tilted, logs = _cumulant(binned, carriers, (slope, level), room)
    square = 2.0 * (slope * limit + tilted - base)
    if not (square > 0.0 and spread > 0.0):
        return 0.0 if abs(slope) * width > STEEPEST else 0.5
    w = np.sqrt(square)
    v = abs(slope) * np.sqrt(spread) * np.exp(0.5 * (logs - base_logs))
    density = np.exp(-0.5 * square) / np.sqrt(2.0 * np.pi)
    return float(min(max(normal_tail(w) + density * (1.0 / v - 1.0 / w), 0.0), 1.0))
