"""Slow textbook code: a Fisher-Yates shuffle from random words by long division."""

from __future__ import annotations

from embogen.survival.shuffle import FOUR_UP_TO, Shuffle

WHOLE = 2**64


def long_division(what: Shuffle, words: list[int]) -> list[int]:
    """Give where each value has gone, with integers of any size."""
    values = list(range(int(what.start[-1])))
    given = iter(words)
    for begin, end, drawn in zip(what.start[:-1], what.start[1:], what.drawn, strict=True):
        at_once = 4 if end - begin <= FOUR_UP_TO else 2
        for i in range(int(drawn)):
            if i % at_once == 0:
                word = next(given)
            here = int(begin) + i
            number, word = divmod(word * (int(end) - here), WHOLE)
            values[here], values[here + number] = values[here + number], values[here]
    return values
