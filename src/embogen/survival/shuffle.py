"""Fisher-Yates shuffles from 64-bit random words: exactly uniform, a quarter of a word a row.

The kernels create no random numbers; they are given words. A word w, uniform on 0 .. 2^64 - 1,
gives a number below m as the whole part of w m / 2^64, and what is left, w m mod 2^64, gives the
next one (Brackett-Rozinsky and Lemire, Software: Practice and Experience 2025;55:46). The numbers
are uniform and independent, exactly, if words with w P mod 2^64 below 2^64 mod P are refused and
others taken in their place (P the product of the ranges). With 4 numbers to a word for up to
2,048 rows, and 2 for more, P is at most 2^44 up to four million rows, so that not one word in a
million is refused. Beyond that shuffles stay exact, and more words are refused.

A shuffle goes on from the arrangement the one before left: where a row lies then says nothing
about where it goes, and nothing need be put back. Every `TOGETHER` shuffles begin anew, so that a
draw depends on its own words and those of fewer than `TOGETHER` neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

if TYPE_CHECKING:
    from embogen.survival.permutation import Pools

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Words = NDArray[np.uint64]

FOUR_UP_TO: Final = 1 << 11
"""Rows of a pool up to which a word gives four numbers; two beyond."""
TOGETHER: Final = 128
"""Shuffles that go on from each other. Fixed: another number would be other draws."""
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


def _whole_product(_typing: Any, _a: Any, _b: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Give the upper and the lower 64 of the 128 bits of a product."""
    pair = types.UniTuple(types.uint64, 2)  # type: ignore[no-untyped-call] # numba's own

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401 - same
        wide, narrow = ir.IntType(128), ir.IntType(64)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        upper = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), narrow)
        return context.make_tuple(builder, pair, [upper, builder.trunc(product, narrow)])

    return pair(types.uint64, types.uint64), generate


whole_product: Any = intrinsic(_whole_product)
"""numba knows no product of 128 bits; every processor does."""


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


@njit(cache=True, nogil=True)
def dealt_sums(values: Floats, what: Shuffle, words: Words) -> Floats:
    """Sum what each of several shuffles deals.

    Parameters
    ----------
    values
        (n,) at the start; not changed.
    words
        (B, w).

    Returns
    -------
    sums
        (B,).
    """
    scratch = values.copy()
    out = np.empty(words.shape[0])
    for r in range(out.size):
        if r % TOGETHER == 0:
            scratch[:] = values
        out[r] = shuffle(scratch, what, words[r])
    return out


@njit(cache=True, nogil=True)
def dealt_rows(pools: Pools, what: Shuffle, words: Words) -> Ints:
    """Give the rows that each of several shuffles deals.

    Returns
    -------
    chosen
        (B, k) pool after pool.
    """
    rows = pools.rows.astype(np.int32)
    scratch = rows.copy()
    out = np.empty((words.shape[0], pools.carriers.sum()), dtype=np.int64)
    for r in range(out.shape[0]):
        if r % TOGETHER == 0:
            scratch[:] = rows
        shuffle(scratch, what, words[r])
        at = 0
        for s in range(pools.carriers.size):
            k, begin = pools.carriers[s], pools.start[s]
            out[r, at : at + k] = scratch[begin : begin + k]
            at += k
    return out
