"""Slow textbook code: carrier sets from random words, with sets of numbers and long division."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.survival.drawn_sets import BEYOND, TOGETHER

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from embogen.survival.deal import Deal

WHOLE = 2**64


class Words:
    """A stretch of words, and how many of them are left."""

    def __init__(self, words: list[int]) -> None:
        self.words, self.at = words, 0

    def next(self) -> int:
        """Give the next one."""
        self.at += 1
        return self.words[self.at - 1]


def one_pool(deal: Deal, s: int, words: Words) -> set[int]:
    """Draw from one pool."""
    m, k = int(deal.start[s + 1] - deal.start[s]), int(deal.carriers[s])
    bits, share = int(deal.bits[s]), int(deal.share[s])
    taken: set[int] = set()
    for first in range(0, m, 64) if share else ():
        # bit b of the word for row `first + b`; a row's bits, last word first, are a binary
        # fraction, and the row is taken where that is below the share
        given = [words.next() for _ in range(bits)]
        for b in range(min(64, m - first)):
            fraction = sum((word >> b & 1) << j for j, word in enumerate(given))
            if _below(fraction, share, bits):
                taken.add(first + b)
    add = len(taken) < k
    while len(taken) != k:
        word = words.next()
        a = int(deal.at_once[s])
        if word * m**a % WHOLE < WHOLE % m**a:
            continue
        for _ in range(a):
            row, word = divmod(word * m, WHOLE)
            if len(taken) != k and (row in taken) != add:
                taken ^= {row}
    return taken


def _below(fraction: int, share: int, bits: int) -> bool:
    """Tell, by or and and from the lowest bit up, whether a row is taken."""
    state = bits == 0
    for j in range(bits):
        random = bool(fraction >> j & 1)
        state = (state or random) if share >> j & 1 else (state and random)
    return state


def sets_of(deal: Deal, generator: np.random.PCG64, number: int, count: int) -> Iterator[set[int]]:
    """Draw sets of rows, pool after pool, from a generator that stands at a stretch's beginning."""
    width = TOGETHER * deal.width
    for begin in range(0, count, TOGETHER):
        further = type(generator)(0)
        further.state = generator.state
        further.advance(int(BEYOND) * (number + begin // TOGETHER + 1))
        given = [int(word) for word in generator.random_raw(width)]
        drawn: list[set[int]] = []
        while len(drawn) < min(TOGETHER, count - begin):
            words, drawn = Words(given), []
            try:
                for _ in range(min(TOGETHER, count - begin)):
                    rows: set[int] = set()
                    for s, base in enumerate(deal.start[:-1]):
                        rows |= {int(base) + row for row in one_pool(deal, s, words)}
                    drawn.append(rows)
            except IndexError:
                given += [int(word) for word in further.random_raw(len(given))]
        yield from drawn
