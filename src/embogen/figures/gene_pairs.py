"""Pairs of genes as a triangle: colour by odds ratio, a frame where the pair is decisive."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.shapes import Box, Drawing, Label, Line, rect
from embogen.numerals import format_count

if TYPE_CHECKING:
    from embogen.figures.shapes import Shape
    from embogen.inference.design import Term
    from embogen.inference.gene_pairs import CoMutation, GenePair

CONVENTION: Final = 0.05
_CELL: Final = 30.0
_SMALL_CELL: Final = 18.0
_MANY: Final = 16
_MOST: Final = 3.0
"""Doublings of the odds ratio, either way, at which the colour is full."""
_LABEL_MOST: Final = 120.0
_PAD: Final = 8.0


def pairs_drawing(result: CoMutation, *, name: str, title: str) -> Drawing:
    """Lay out the pairs of a `CoMutation`: a gene in each row and column, below the diagonal.

    A cell holds the number of patients altered in both. Its colour is blue for pairs that exclude
    each other, red for pairs that occur together; grey where nothing can be compared. A frame marks
    a p-value (the adjusted one, where there is one) under 0.05.
    """
    genes = list(result.genes)
    cell = _CELL if len(genes) <= _MANY else _SMALL_CELL
    labels = [_name(gene) for gene in genes]
    widest = max((style.text_width(text, style.TEXT) for text in labels), default=40.0)
    left = _PAD + min(widest, _LABEL_MOST) + 6
    by_names = {(pair.first.name, pair.second.name): pair for pair in result.pairs}
    shapes: list[Shape] = []
    for row in range(1, len(genes)):
        y = _PAD + (row - 1) * cell
        text = style.fit_text(labels[row], style.TEXT, _LABEL_MOST)
        upright = genes[row].title is None
        base = y + cell / 2 + 3
        shapes.append(Label("gene", left - 6, base, text, anchor="end", italic=upright))
        for column in range(row):
            pair = by_names.get((genes[column].name, genes[row].name))
            shapes += _cell(pair, left + column * cell, y, cell)
    bottom = _PAD + max(len(genes) - 1, 0) * cell
    deepest = 0.0
    for column in range(len(genes) - 1):
        text = style.fit_text(labels[column], style.TEXT, _LABEL_MOST)
        deepest = max(deepest, style.text_width(text, style.TEXT))
        x = left + (column + 0.5) * cell + 3
        italic = genes[column].title is None
        label = Label("gene", x, bottom + 6, text, anchor="end", italic=italic, upright=False)
        shapes.append(label)
    legend, width, height = _legend(result, left, bottom + deepest + 22)
    shapes += legend
    return Drawing(
        name=name,
        width=max(left + (len(genes) - 1) * cell + _PAD, width),
        height=height,
        shapes=tuple(shapes),
        title=title,
        description=_description(result),
    )


def pairs_numbers(result: CoMutation) -> str:
    """Return the numbers behind the figure as CSV."""
    header = ["first", "second", "both", "first_only", "second_only", "neither", "odds_ratio"]
    header += ["ci_low", "ci_high", "p_value", "p_value_adjusted", "tendency"]
    rows: list[list[str | float | None]] = []
    for pair in result.pairs:
        interval = pair.odds_ratio.interval
        counts = [pair.both, pair.first_only, pair.second_only, pair.neither]
        rows.append(
            [
                pair.first.name,
                pair.second.name,
                *counts,
                None if math.isnan(pair.odds_ratio.value) else pair.odds_ratio.value,
                None if interval is None else interval.low,
                None if interval is None else interval.high,
                pair.odds_ratio.p_value,
                pair.adjusted_p_value,
                pair.tendency,
            ]
        )
    return csv_text(header, rows)


def pair_colour(odds_ratio: float) -> str:
    """Colour an odds ratio: paper at 1, full at 8 and at 1/8.

    Examples
    --------
    >>> pair_colour(1.0) == style.PAPER, pair_colour(float("inf")) == style.VERMILION
    (True, True)
    """
    if math.isnan(odds_ratio):
        return style.FAINT
    doublings = -_MOST if odds_ratio == 0 else min(math.log2(odds_ratio), _MOST)
    doublings = max(doublings, -_MOST)
    end = style.VERMILION if doublings > 0 else style.BLUE
    return style.blend(style.PAPER, end, abs(doublings) / _MOST)


def _name(term: Term) -> str:
    return term.title or term.name


def _decisive(pair: GenePair) -> bool:
    p = pair.odds_ratio.p_value if pair.adjusted_p_value is None else pair.adjusted_p_value
    return p is not None and p < CONVENTION


def _cell(pair: GenePair | None, x: float, y: float, cell: float) -> list[Shape]:
    """Draw one pair; an empty place where the two are not compared by nature."""
    inner = cell - 2
    if pair is None:
        return []
    comparable = not math.isnan(pair.odds_ratio.value)
    colour = pair_colour(pair.odds_ratio.value)
    role = "pair" if comparable else "not_comparable"
    shapes: list[Shape] = [rect(role, Box(x + 1, y + 1, inner, inner), colour)]
    if _decisive(pair):
        corners = (
            (x + 2, y + 2),
            (x + inner, y + 2),
            (x + inner, y + inner),
            (x + 2, y + inner),
            (x + 2, y + 2),
        )
        shapes.append(Line("decisive", corners, style.INK, style.LINE))
    if cell >= _CELL:
        dark = comparable and abs(_doublings(pair.odds_ratio.value)) > _MOST * 0.6
        ink = style.PAPER if dark else style.INK
        text = format_count(pair.both) if comparable else "\u2013"
        middle = x + cell / 2
        shapes.append(
            Label("both", middle, y + cell / 2 + 3, text, style.SMALL, anchor="middle", colour=ink)
        )
    return shapes


def _doublings(ratio: float) -> float:
    return -math.inf if ratio == 0 else math.log2(ratio)


def _legend(result: CoMutation, left: float, top: float) -> tuple[list[Shape], float, float]:
    """Name the colours and the frame; return the shapes, their right edge and their bottom."""
    entries = (
        (style.BLUE, "mutually exclusive"),
        (style.VERMILION, "occur together"),
        (style.FAINT, "nothing to compare"),
    )
    shapes: list[Shape] = []
    x, right = left, left
    for colour, text in entries:
        shapes.append(rect("key", Box(x, top - 7, 9, 9), colour))
        shapes.append(Label("key", x + 13, top + 1, text, style.SMALL))
        x += 13 + style.text_width(text, style.SMALL) + 14
        right = max(right, x)
    which = "p" if result.adjustment is None else "adjusted p"
    text = f"Frame: {which} < {CONVENTION:g}."
    if len(result.genes) <= _MANY:
        text += " Number: patients altered in both."
    shapes.append(Label("key", left, top + 15, text, style.SMALL, colour=style.QUIET_INK))
    return shapes, max(right, left + style.text_width(text, style.SMALL) + _PAD), top + 24


def _description(result: CoMutation) -> str:
    decisive = sum(_decisive(pair) for pair in result.pairs)
    return (
        f"{len(result.genes)} genes in pairs; {decisive} of {result.n_compared} pairs compared are "
        "not independent."
    )
