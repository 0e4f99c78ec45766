"""Carrier sets from 64-bit random words, 64 rows at a time: each set equally likely, exactly.

Carriers of a pool are drawn in two steps. First every row is taken with a chance c / 2^j near the
wanted share, independently of the others: j random words give 64 rows (from the lowest bit of c to
the highest, a word is joined by "or" to what is there for a 1, by "and" for a 0). Then rows that
are not yet taken are added at random, or taken ones given back, until the number is right. Whatever
the number after the first step, all sets of that size are equally likely, and so they stay: no
choice of c and j can be wrong, only slow. With j = 0 and c = 0 rows are only added.

Row numbers for the second step come several to a word: a word w, uniform on 0 .. 2^64 - 1, gives a
number below m as the whole part of w m / 2^64, and what is left, w m mod 2^64, the next one
(Brackett-Rozinsky and Lemire, Software: Practice and Experience 2025;55:46). They are uniform and
independent, exactly, if words with w m^a mod 2^64 below 2^64 mod m^a are passed over (a numbers to
a word).

How many words a set takes is a matter of chance. `TOGETHER` sets share a stretch of a generator's
words that is hardly ever too short; where it is, they are drawn anew from the same words, and go on
with words far beyond all others. Nothing is random here: a kernel is given a generator's state, and
goes on as that would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.deal import MOST_AT_ONCE, TOGETHER
from embogen.survival.pcg64 import advance, fill
from embogen.survival.word_bits import ones, whole_product, zeros_below

if TYPE_CHECKING:
    from embogen.survival.deal import Deal

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Words = NDArray[np.uint64]

U: Final = np.uint64
NONE: Final = U(0xFFFFFFFFFFFFFFFF)
"""In the place of a place: there were too few words."""
BEYOND: Final = U(1 << 40)
"""Words of a generator from one run of further words to the next; no stretch lies so far on."""
FOURS: Final = 64 // 4 * 16
"""Sums of four rows' subsets for each word of marks."""


@njit(cache=True, nogil=True)
def sums_of_fours(deal: Deal, values: Floats) -> Floats:
    """Add up the subsets of each four neighbouring rows.

    Parameters
    ----------
    values
        (n,) of the rows, pool after pool.

    Returns
    -------
    table
        (256 w,) 16 sums of each four rows: that of those whose bits are set in its place.

    Examples
    --------
    Of rows worth 1, 2 and 4: none, the first, the second, both, the third, and so on.

    >>> from embogen.survival.deal import deal_of
    >>> deal = deal_of(np.array([0, 3]), np.array([3]))
    >>> sums_of_fours(deal, np.array([1.0, 2.0, 4.0]))[:8].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """
    table = np.zeros(FOURS * deal.word[-1])
    for s in np.flatnonzero(deal.share):
        for i in range(deal.start[s + 1] - deal.start[s]):
            value = values[deal.start[s] + i]
            first = (deal.word[s] * 64 + i) // 4 * 16
            size = 1 << (i % 4)
            for pattern in range(size):
                table[first + size + pattern] = table[first + pattern] + value
    return table


class Stretch(NamedTuple):
    """Where random words come from.

    Attributes
    ----------
    state
        (4,) of a generator (`embogen.survival.pcg64.state_of`), where the first words begin;
        afterwards where those after the last stretch do.
    number
        How many stretches of the generator lie before: each has further words of its own.
    """

    state: Words
    number: int


class _Room(NamedTuple):
    """What sets are drawn in.

    Attributes
    ----------
    marks
        (w,) one bit to a row, pool after pool.
    last
        (n,) number of the set that last took a row, where rows are only added.
    added
        (n,) places of those rows, pool after pool: the first of each pool are its carriers.
    values
        (n,) of the rows, pool after pool.
    words
        (t,) the random words now in use.
    """

    marks: Words
    last: Ints
    added: Words
    values: Floats
    words: Words


@njit(cache=True, nogil=True)
def _room(deal: Deal, values: Floats) -> _Room:
    n = values.size
    marks, words = np.zeros(deal.word[-1], np.uint64), np.empty(TOGETHER * deal.width, np.uint64)
    return _Room(marks, np.empty(n, np.int64), np.empty(n + MOST_AT_ONCE, np.uint64), values, words)


@njit(cache=True, nogil=True)
def _lay_out(words: Words, stretch: Stretch, after: int) -> Words:
    """Write the words of a stretch; give the state where further ones would come from."""
    further = stretch.state.copy()
    advance(further, BEYOND * U(stretch.number + after + 1))
    fill(stretch.state, words)
    return further


@njit(cache=True, nogil=True)
def _with_further(room: _Room, further: Words) -> _Room:
    """Lay out twice as many words, the same ones first."""
    t = room.words.size
    words = np.empty(2 * t, np.uint64)
    words[:t] = room.words
    fill(further, words[t:])
    return _Room(room.marks, room.last, room.added, room.values, words)


@njit(cache=True, nogil=True, forceinline=True)
def _look_up(table: Floats, marks: Words, begin: np.uint64, end: np.uint64) -> float:
    """Sum the values of the rows marked in some words."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    at = begin * U(FOURS)
    for i in range(begin, end):
        word = marks[i]
        for _ in range(4):
            a += table[at + (word & U(15))]
            b += table[at + U(16) + ((word >> U(4)) & U(15))]
            c += table[at + U(32) + ((word >> U(8)) & U(15))]
            d += table[at + U(48) + ((word >> U(12)) & U(15))]
            word >>= U(16)
            at += U(64)
    return (a + b) + (c + d)


@njit(cache=True, nogil=True, forceinline=True)
def _take_some(deal: Deal, s: int, room: _Room, at: np.uint64) -> tuple[np.uint64, int]:
    """Mark rows of a pool at its first chance; give the place after, and how many are marked."""
    begin, end, bits = U(deal.word[s]), U(deal.word[s + 1]), U(deal.bits[s])
    share = U(deal.share[s])
    beyond = U(deal.start[s + 1] - deal.start[s]) & U(63)
    start = U(0) - U(bits == U(0))  # all rows, where the chance is 1
    marks, words = room.marks, room.words  # once: each time a tuple gives an array, it is counted
    count = 0
    for i in range(begin, end):
        word = start
        for j in range(bits):
            random = words[at + j]
            word = word | random if (share >> j) & U(1) else word & random
        at += bits
        if i + U(1) == end and beyond > U(0):
            word &= (U(1) << beyond) - U(1)
        marks[i] = word
        count += ones(word)
    return at, count


@njit(cache=True, nogil=True, forceinline=True)
def _set_right(deal: Deal, s: int, taken: int, room: _Room, at: np.uint64) -> np.uint64:
    """Take further rows at random, or give some back, until the number is right.

    Returns
    -------
    at
        Place after the words used, `NONE` where there are too few.
    """
    m, at_once = U(deal.start[s + 1] - deal.start[s]), deal.at_once[s]
    product, limit, first = deal.product[s], deal.limit[s], U(deal.word[s])
    marks, added, words = room.marks, room.added, room.words
    left, wanted = deal.carriers[s] - taken, U(1)
    if left < 0:
        left, wanted = -left, U(0)
    while left > 0:
        # rows that are of use: their number is added up, which leaves nothing to guess wrong
        found = U(0)
        while found < U(left):
            if at >= U(words.size):
                return NONE
            word = words[at]
            at += U(1)
            if word * product < limit:
                continue
            for _ in range(at_once):
                row, word = whole_product(word, m)
                added[found] = row
                found += ((marks[first + (row >> U(6))] >> (row & U(63))) & U(1)) ^ wanted
        for j in range(found):
            row = added[j]
            i, shift = first + (row >> U(6)), row & U(63)
            if left > 0 and (marks[i] >> shift) & U(1) != wanted:  # one may be found twice
                marks[i] ^= U(1) << shift
                left -= 1
    return at


@njit(cache=True, nogil=True, forceinline=True)
def _add(deal: Deal, s: int, number: int, room: _Room, at: np.uint64) -> tuple[np.uint64, float]:
    """Take rows one by one; give the place after the words, `NONE` if too few, and their sum."""
    m, at_once = U(deal.start[s + 1] - deal.start[s]), deal.at_once[s]
    product, limit = deal.product[s], deal.limit[s]
    base = U(deal.start[s])
    next_, end = base, base + U(deal.carriers[s])
    last, added, values, words = room.last, room.added, room.values, room.words
    total = 0.0
    while next_ < end:
        if at >= U(words.size):
            return NONE, total
        word = words[at]
        at += U(1)
        if word * product < limit:
            continue
        for _ in range(at_once):
            row, word = whole_product(word, m)
            row += base
            if last[row] != number:
                last[row] = number
                total += values[row]
                added[next_] = row
                next_ += U(1)
                if next_ == end:
                    break
    return at, total


@njit(cache=True, nogil=True, forceinline=True)
def _draw(deal: Deal, s: int, number: int, room: _Room, at: np.uint64) -> tuple[np.uint64, float]:
    """Draw from one pool; give the place after the words, and the sum of rows that are added."""
    if deal.share[s] == 0:
        return _add(deal, s, number, room, at)
    if at + U(deal.bits[s] * (deal.word[s + 1] - deal.word[s])) > U(room.words.size):
        return NONE, 0.0
    at, taken = _take_some(deal, s, room, at)
    return _set_right(deal, s, taken, room, at), 0.0


@njit(cache=True, nogil=True, forceinline=True)
def _list(
    deal: Deal, s: int, rows: Ints, room: _Room, to: tuple[Ints, np.uint64, np.uint64]
) -> np.uint64:
    """Write the rows drawn from a pool into a row, from a column on; give the column after."""
    out, r, column = to
    marks, added = room.marks, room.added
    base = U(deal.start[s])
    if deal.share[s] == 0:
        for i in range(base, base + U(deal.carriers[s])):
            out[r, column] = rows[added[i]]
            column += U(1)
        return column
    for i in range(U(deal.word[s]), U(deal.word[s + 1])):
        word = marks[i]
        while word != U(0):
            out[r, column] = rows[base + U(zeros_below(word))]
            column += U(1)
            word &= word - U(1)
        base += U(64)
    return column


@njit(cache=True, nogil=True)
def drawn_sums(deal: Deal, table: Floats, values: Floats, stretch: Stretch, out: Floats) -> None:
    """Draw carrier sets and sum their rows' values.

    Parameters
    ----------
    table
        From `sums_of_fours`.
    values
        (n,) of the rows, pool after pool.
    stretch
        Where the words of the first `TOGETHER` sets begin; those of the others come after them.
    out
        (B,) filled. O(carriers) each, or O(n / 64 + sqrt(carriers)) where marks are drawn.

    Examples
    --------
    One of the two patients worth 1 and 2 is drawn, and the only one worth 10.

    >>> from embogen.survival.deal import deal_of
    >>> from embogen.survival.pcg64 import state_of
    >>> deal, values = deal_of(np.array([0, 2, 3]), np.array([1, 1])), np.array([1.0, 2.0, 10.0])
    >>> sums = np.empty(500)
    >>> where = Stretch(state_of(np.random.default_rng(1)), 0)
    >>> drawn_sums(deal, sums_of_fours(deal, values), values, where, sums)
    >>> sorted(set(sums.tolist()))
    [11.0, 12.0]
    """
    room = _room(deal, values)
    for begin in range(0, out.size, TOGETHER):
        further = _lay_out(room.words, stretch, begin // TOGETHER)
        now = room
        while not _sums_of_stretch(deal, table, now, out[begin : begin + TOGETHER]):
            now = _with_further(now, further)


@njit(cache=True, nogil=True)
def _sums_of_stretch(deal: Deal, table: Floats, room: _Room, out: Floats) -> bool:
    """Draw the sets of a stretch; tell whether there were words enough."""
    room.last[:] = -1
    at = U(0)
    for r in range(out.size):
        total = 0.0
        for s in range(deal.carriers.size):
            at, added = _draw(deal, s, r, room, at)
            if at == NONE:
                return False
            total += added
            if deal.share[s] > 0:
                total += _look_up(table, room.marks, U(deal.word[s]), U(deal.word[s + 1]))
        out[r] = total
    return True


@njit(cache=True, nogil=True)
def drawn_rows(deal: Deal, rows: Ints, stretch: Stretch, out: Ints) -> None:
    """Draw carrier sets.

    Parameters
    ----------
    rows
        (n,) pool after pool.
    stretch
        As for `drawn_sums`.
    out
        (B, k) filled with the carriers' rows, pool after pool.

    Examples
    --------
    Two of rows 7, 8 and 9.

    >>> from embogen.survival.deal import deal_of
    >>> from embogen.survival.pcg64 import state_of
    >>> chosen = np.empty((500, 2), dtype=np.int64)
    >>> where = Stretch(state_of(np.random.default_rng(1)), 0)
    >>> drawn_rows(deal_of(np.array([0, 3]), np.array([2])), np.array([7, 8, 9]), where, chosen)
    >>> sorted({tuple(sorted(pair)) for pair in chosen.tolist()})
    [(7, 8), (7, 9), (8, 9)]
    """
    room = _room(deal, np.zeros(rows.size))
    for begin in range(0, out.shape[0], TOGETHER):
        further = _lay_out(room.words, stretch, begin // TOGETHER)
        now = room
        while not _rows_of_stretch(deal, rows, now, out[begin : begin + TOGETHER]):
            now = _with_further(now, further)


@njit(cache=True, nogil=True)
def _rows_of_stretch(deal: Deal, rows: Ints, room: _Room, out: Ints) -> bool:
    """Draw the sets of a stretch; tell whether there were words enough."""
    room.last[:] = -1
    at = U(0)
    for r in range(out.shape[0]):
        column = U(0)
        for s in range(deal.carriers.size):
            at, _ = _draw(deal, s, r, room, at)
            if at == NONE:
                return False
            column = _list(deal, s, rows, room, (out, U(r), column))
    return True
