"""How carriers are to be drawn from pools of rows: by marks of 64 rows, or one by one.

See `embogen.survival.drawn_sets`. Any choice made here is exact; it decides what a draw costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    Ints = NDArray[np.int64]
    Words = NDArray[np.uint64]

TOGETHER: Final = 128
"""Sets that share a stretch of words. Fixed, as all below: other numbers would be other draws."""
MOST_BITS: Final = 7
"""Random words for 64 rows at most."""
MOST_AT_ONCE: Final = 10
"""Row numbers from one word at most."""
LARGEST_PRODUCT: Final = 1 << 60
"""Of the ranges of a word's numbers: beyond, more than one word in sixteen would be passed over."""
WORD_COST, LOOK_UP_COST, TRY_COST, ADD_COST = 4.0, 5.0, 3.0, 2.4
"""Nanoseconds, roughly: a random word; adding up 64 rows; trying a row; adding one."""
SPREAD: Final = 6.0
"""Standard deviations by which a stretch of words is longer than its sets take on average."""
QUANTILES: Final = (-1.534, -0.887, -0.489, -0.157, 0.157, 0.489, 0.887, 1.534)
"""Middle of each eighth of a normal distribution."""
U: Final = np.uint64


class Deal(NamedTuple):
    """How carriers are drawn from pools of rows.

    Attributes
    ----------
    start
        (s + 1,) where each pool's rows begin.
    carriers
        (s,) number drawn from each pool.
    word
        (s + 1,) where each pool's marks begin, 64 rows to a word.
    bits
        (s,) j: random words to each word of marks.
    share
        (s,) c: rows are first taken with chance c / 2^j.
    at_once
        (s,) a: row numbers from one random word.
    product, limit
        (s,) m^a, and 2^64 mod m^a: words whose product with m^a is below it are passed over.
    width
        Random words to lay out for a set.
    """

    start: Ints
    carriers: Ints
    word: Ints
    bits: Ints
    share: Ints
    at_once: Ints
    product: Words
    limit: Words
    width: int


@njit(cache=True)
def _tries(m: int, start: float, carriers: int) -> tuple[float, float]:
    """Give mean and variance of the tries that lead from a number of rows taken to another."""
    mean, variance = 0.0, 0.0
    wanted = carriers if start < carriers else m - carriers
    taken = start if start < carriers else m - start
    while taken < wanted:
        chance = (m - taken) / m
        step = min(1.0, wanted - taken)
        mean += step / chance
        variance += step * (1.0 - chance) / (chance * chance)
        taken += 1.0
    return mean, variance


@njit(cache=True)
def _tries_after(m: int, chance: float, carriers: int) -> tuple[float, float]:
    """Give mean and variance of the tries after rows were taken with a chance."""
    middle, sd = m * chance, np.sqrt(m * chance * (1.0 - chance))
    if sd == 0.0:
        return _tries(m, middle, carriers)
    mean, square, within = 0.0, 0.0, 0.0
    for z in QUANTILES:
        tries, variance = _tries(m, min(max(middle + z * sd, 0.0), float(m)), carriers)
        mean += tries / len(QUANTILES)
        square += tries * tries / len(QUANTILES)
        within += variance / len(QUANTILES)
    return mean, within + square - mean * mean


@njit(cache=True)
def _cost(m: int, bits: int, share: int, carriers: int) -> float:
    """Say what a set costs, roughly: enough to choose by."""
    words = (m + 63) // 64
    chance = share / (1 << bits)
    middle, sd = m * chance, np.sqrt(m * chance * (1.0 - chance))
    tries = 0.0
    for z in QUANTILES:
        taken = min(max(middle + z * sd, 0.0), float(m))
        halfway = 0.5 * (taken + carriers)
        tries += abs(carriers - taken) * m / (m - halfway if taken < carriers else halfway)
    tries /= len(QUANTILES)
    if share == 0:
        return ADD_COST * tries
    return words * (bits * WORD_COST + LOOK_UP_COST) + TRY_COST * tries


@njit(cache=True)
def _chosen(m: int, carriers: int) -> tuple[int, int]:
    """Choose j and c for a pool of m rows: the cheapest of the nearest shares of each j."""
    if carriers in (0, m):
        return 0, int(carriers > 0)
    best_bits, best_share, best = 0, 0, _cost(m, 0, 0, carriers)
    for bits in range(MOST_BITS + 1):
        below = carriers * (1 << bits) // m
        for share in (below, below + 1):
            if bits == 0 or share % 2 == 1:
                cost = _cost(m, bits, share, carriers)
                if cost < best:
                    best_bits, best_share, best = bits, share, cost
    return best_bits, best_share


@njit(cache=True)
def _laid_out(start: Ints, carriers: Ints, deal: Deal) -> float:
    """Fill a deal's arrays; give the words a set takes, with something to spare."""
    words, variance = 0.0, 0.0
    for s in range(carriers.size):
        m = start[s + 1] - start[s]
        deal.word[s + 1] = deal.word[s] + (m + 63) // 64
        bits, share = _chosen(m, carriers[s])
        at_once, product = 1, U(max(m, 1))
        while at_once < MOST_AT_ONCE and product <= U(LARGEST_PRODUCT) // U(max(m, 1)):
            product *= U(max(m, 1))
            at_once += 1
        deal.bits[s], deal.share[s] = bits, share
        deal.at_once[s], deal.product[s] = at_once, product
        deal.limit[s] = (U(0) - product) % product  # 2^64 mod product, in 64 bits
        words += bits * ((m + 63) // 64)
        mean, var = _tries_after(m, share / (1 << bits), carriers[s])
        if mean > 0.0:
            used = 1.0 - float(deal.limit[s]) / 2.0**64
            words += (mean + at_once - 1.0) / at_once / used  # the last word is hardly ever used up
            variance += var / (at_once * at_once) + mean / at_once * (1.0 - used) / used**2
    return float(words + SPREAD * np.sqrt(variance / TOGETHER))


def deal_of(start: Ints, carriers: Ints) -> Deal:
    """Choose how carriers are drawn.

    Parameters
    ----------
    start
        (s + 1,) where each pool's rows begin.
    carriers
        (s,) number to draw from each.

    Returns
    -------
    Deal
        O(s + sum of carriers).

    Examples
    --------
    250 of 1,000: two words give 64 rows a chance of 1 / 4, six numbers below 1,000 fit a word.
    3 of 1,000 are better added one by one.

    >>> how = deal_of(np.array([0, 1000, 2000]), np.array([250, 3]))
    >>> how.bits.tolist(), how.share.tolist(), how.at_once.tolist()
    ([2, 0], [1, 0], [6, 6])
    """
    start, carriers = np.asarray(start, np.int64), np.asarray(carriers, np.int64)
    s = len(carriers)
    bits, share, at_once = np.zeros((3, s), np.int64)
    product, limit = np.zeros((2, s), np.uint64)
    word = np.zeros(s + 1, np.int64)
    deal = Deal(start, carriers, word, bits, share, at_once, product, limit, 0)
    width = _laid_out(start, carriers, deal)
    return deal._replace(width=max(1, int(np.ceil(width))))
