"""Fisher-Yates shuffles from 64-bit random words: exactly uniform, a quarter of a word a row.

The kernels create no random numbers; they are given words. A word w, uniform on 0 .. 2^64 - 1,
gives a number below m as the whole part of w m / 2^64, and what is left, w m mod 2^64, gives the
next one (Brackett-Rozinsky and Lemire, Software: Practice and Experience 2025;55:46). The numbers
are uniform and independent, exactly, if words with w P mod 2^64 below 2^64 mod P are refused and
others taken in their place (P the product of the ranges). With 4 numbers to a word for up to
2,048 rows, and 2 for more, P is at most 2^44 up to four million rows, so that not one word in a
million is refused. Beyond that shuffles stay exact, and more words are refused.

A shuffle may go on from the arrangement the one before left: where a row lies then says nothing
about where it goes, and nothing need be put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.word_bits import whole_product

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Words = NDArray[np.uint64]

FOUR_UP_TO: Final = 1 << 11
"""Rows of a pool up to which a word gives four numbers; two beyond."""
U: Final = np.uint64


class Shuffle(NamedTuple):
    """What is shuffled.

    Attributes
    ----------
    start
        (s + 1,) where each pool's places begin.
    drawn
        (s,) places of each pool, from its first, that are dealt anew.
    product
        (w,) product of the ranges of the numbers that each word gives; w words make a shuffle.
    limit
        (w,) 2^64 mod product: where word times product, in 64 bits, is less, a word is refused.
    """

    start: Ints
    drawn: Ints
    product: Words
    limit: Words


def shuffle_of(start: Ints, drawn: Ints) -> Shuffle:
    """Work out which words a shuffle needs.

    Examples
    --------
    Five of nine places: one word for 9, 8, 7 and 6, another for 5; 2^64 mod 3024 is 1024.

    >>> what = shuffle_of(np.array([0, 9]), np.array([5]))
    >>> what.product.tolist(), what.limit.tolist(), 2**64 % (9 * 8 * 7 * 6), 2**64 % 5
    ([3024, 5], [1024, 1], 1024, 1)
    """
    products = [np.empty(0, dtype=np.uint64)]
    for begin, end, count in zip(start[:-1], start[1:], drawn, strict=True):
        at_once = 4 if end - begin <= FOUR_UP_TO else 2
        ranges = np.ones(-(-int(count) // at_once) * at_once, dtype=np.uint64)
        ranges[:count] = np.arange(end - begin, end - begin - count, -1).astype(np.uint64)
        products.append(ranges.reshape(-1, at_once).prod(axis=1, dtype=np.uint64))
    product = np.concatenate(products)
    limit = (U(0) - product) % product  # 2^64 mod product, in 64 bits
    return Shuffle(np.asarray(start, np.int64), np.asarray(drawn, np.int64), product, limit)


@njit(cache=True, nogil=True)
def refused(what: Shuffle, words: Words) -> Ints:
    """Find words that may not be used.

    Parameters
    ----------
    words
        (B, w).

    Returns
    -------
    places
        (m, 2) row and column of each, in order.
    """
    product, limit = what.product, what.limit
    found = 0
    for r in range(words.shape[0]):
        row, some = words[r], False
        for w in range(limit.size):
            some |= row[w] * product[w] < limit[w]
        if some:  # hardly ever
            for w in range(limit.size):
                found += row[w] * product[w] < limit[w]
    places = np.empty((found, 2), dtype=np.int64)
    if found > 0:
        at = 0
        for r in range(words.shape[0]):
            for w in range(limit.size):
                if words[r, w] * product[w] < limit[w]:
                    places[at, 0], places[at, 1] = r, w
                    at += 1
    return places


@njit(inline="always")
def _swap(values: Any, here: np.uint64, left: np.uint64, word: np.uint64) -> Any:  # noqa: ANN401 - of any type
    """Bring one of the `left` values from `here` on to `here`; give it, and the word's rest."""
    beyond, word = whole_product(word, left)
    there = here + beyond
    value = values[there]
    values[there] = values[here]
    values[here] = value
    return value, word


@njit(cache=True, nogil=True)
def shuffle(values: Any, what: Shuffle, words: Words) -> float:  # noqa: ANN401 - of any type
    """Deal the first places of each pool anew, in place.

    Parameters
    ----------
    values
        (n,) what lies at each place.
    words
        (w,) random words, none of them refused.

    Returns
    -------
    total
        Sum of the values dealt.
    """
    total, w = 0.0, 0
    for s in range(what.drawn.size):
        here = U(what.start[s])
        left = U(what.start[s + 1]) - here
        at_once = 4 if left <= U(FOUR_UP_TO) else 2
        for _ in range(what.drawn[s] // at_once):
            first, word = _swap(values, here, left, words[w])
            second, word = _swap(values, here + U(1), left - U(1), word)
            total += first + second
            if at_once == 4:  # noqa: PLR2004 - written out: a loop takes half as long again
                first, word = _swap(values, here + U(2), left - U(2), word)
                second, word = _swap(values, here + U(3), left - U(3), word)
                total += first + second
            here += U(at_once)
            left -= U(at_once)
            w += 1
        rest = what.drawn[s] % at_once
        if rest > 0:
            word = words[w]
            for _ in range(rest):
                first, word = _swap(values, here, left, word)
                total += first
                here += U(1)
                left -= U(1)
            w += 1
    return total
