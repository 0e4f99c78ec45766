"""What figures of many p-values share: an axis of -log10 p, thinned dots, thresholds, marks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.figures import style
from embogen.figures.scales import Scale, tick_text
from embogen.figures.shapes import Dots, Label, Line, Polygon
from embogen.numerals import format_small_p

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from embogen.figures.shapes import Point, Shape

    Floats = NDArray[np.float64]

LEVEL: Final = 0.05
"""Of family-wise error and of false discovery rate, where the lines are drawn."""
Y_TITLE: Final = "\u2212log10 p"
DOT: Final = "#6f7885"
DIAMETER: Final = 2.4
CELL: Final = 1.8
"""Of dots closer than this many points one is drawn."""
NEVER_THINNED: Final = 1e-3
"""Every p-value up to this has a dot of its own."""
_HEADROOM: Final = 1.06
_LEAST_TOP: Final = 2.0
_MOST_TICKS: Final = 8
_DASHED: Final = (5.0, 2.5)
_DOTTED: Final = (1.2, 1.8)
_STEPS: Final = (0.5, 1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """P-values up to which a feature is significant in its family.

    Parameters
    ----------
    family_size
        Features tested.
    bonferroni
        Family-wise error of 5%: the first step of Holm's method is the same.
    n_significant
        Features whose false discovery rate (Benjamini-Hochberg) is at most 5%.
    discovery
        P-value up to which they are: 5% x `n_significant` / `family_size`; None without any.
    """

    family_size: int
    bonferroni: float | None
    n_significant: int
    discovery: float | None


def thresholds_of(table: pl.DataFrame) -> Thresholds:
    """Read the thresholds off the rows of a scan.

    Examples
    --------
    >>> import polars as pl
    >>> thresholds_of(pl.DataFrame({"p_value": [0.01, 0.02, None], "q_value": [0.02, 0.02, None]}))
    Thresholds(family_size=2, bonferroni=0.025, n_significant=2, discovery=0.05)
    """
    size = len(table["p_value"].drop_nulls())
    found = int((table["q_value"] <= LEVEL).sum())
    if not size:
        return Thresholds(0, None, 0, None)
    return Thresholds(size, LEVEL / size, found, found * LEVEL / size if found else None)


def minus_log10(p: Floats) -> Floats:
    """Return -log10 of p-values; infinite for one too small for a number.

    Examples
    --------
    >>> minus_log10(np.array([0.01, 0.0])).tolist()
    [2.0, inf]
    """
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log10(p), dtype=np.float64) + 0.0


def p_scale(values: Floats, start: float, stop: float, *, least: float = _LEAST_TOP) -> Scale:
    """Make an axis from 0 to a little above the largest finite value, or at least to `least`."""
    finite = values[np.isfinite(values)]
    top = max(float(finite.max(initial=0.0)), least) * _HEADROOM
    return Scale(0.0, top, start, stop)


def top_of(found: Thresholds) -> float:
    """Give the height an axis reaches at least, so that the thresholds are on it."""
    line = 0.0 if found.bonferroni is None else -math.log10(found.bonferroni)
    return max(_LEAST_TOP, line)


def p_ticks(top: float, most: int = _MOST_TICKS) -> tuple[float, ...]:
    """Round marks from 0 to the end of an axis of -log10 p.

    Examples
    --------
    >>> p_ticks(3.2), p_ticks(21.0)
    ((0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0), (0.0, 5.0, 10.0, 15.0, 20.0))
    """
    step = float(next((s for s in _STEPS if top / s < most), top))
    return tuple(step * k for k in range(int(top / step) + 1))


def thinned(points: Floats, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Choose the dots to draw: all that are kept, and the highest of each small square.

    Parameters
    ----------
    points
        (m, 2) positions in points.
    kept
        (m,) dots that are drawn whatever lies beside them.

    Examples
    --------
    Two dots half a point apart are one; a third stands off.

    >>> thinned(np.array([[0.2, 0.9], [0.2, 0.4], [9.0, 0.4]]), np.zeros(3, bool)).tolist()
    [1, 2]
    """
    order = np.argsort(points[:, 1], kind="stable")
    squares = np.floor(points[order] / CELL)
    _, first = np.unique(squares, axis=0, return_index=True)
    chosen = kept.copy()
    chosen[order[first]] = True
    return np.flatnonzero(chosen)


def dots(role: str, points: Floats, p: Floats, *, colour: str = DOT) -> list[Shape]:
    """Draw dots at (m, 2) positions, thinned; those of small p-values all."""
    if not len(points):
        return []
    drawn = points[thinned(points, p <= NEVER_THINNED)]
    places = tuple((float(x), float(y)) for x, y in drawn)
    return [Dots(role, places, colour, DIAMETER)]


def significant_mark(place: Point, ratio: float) -> Polygon:
    """Mark a feature: a triangle up where carriers do worse, down where they do better.

    Without a hazard ratio (NaN) it is a diamond.
    """
    x, y = place
    size = 3.4
    if np.isnan(ratio):
        corners = ((x, y - size), (x + size, y), (x, y + size), (x - size, y))
        return Polygon("significant", corners, style.INK)
    turn = -1.0 if ratio > 1 else 1.0
    corners3 = ((x - size, y - turn * size * 0.8), (x + size, y - turn * size * 0.8))
    tip = (x, y + turn * size)
    return Polygon("significant", (*corners3, tip), style.VERMILION if ratio > 1 else style.BLUE)


def beyond(role: str, place: Point, direction: Point, colour: str = DOT) -> Polygon:
    """Draw an arrowhead at the edge of a plot: the value lies beyond, in that direction."""
    (x, y), (dx, dy) = place, direction
    long, wide = 6.0, 3.0
    tip = (x + dx * long, y + dy * long)
    return Polygon(
        role, ((x - dy * wide, y - dx * wide), tip, (x + dy * wide, y + dx * wide)), colour
    )


def p_axis(y: Scale, left: float, right: float, *, most: int = _MOST_TICKS) -> list[Shape]:
    """Draw the axis of -log10 p upwards, with a line of the grid at each mark."""
    shapes: list[Shape] = []
    for tick in p_ticks(y.high, most):
        level = y(tick)
        if tick:
            shapes.append(Line("grid", ((left, level), (right, level)), style.FAINT, style.HAIR))
        shapes.append(Line("tick", ((left - 3, level), (left, level)), style.INK, style.HAIR))
        text = tick_text(tick)
        shapes.append(Label("y_tick", left - 5, level + 3, text, style.SMALL, "end"))
    return shapes


def threshold_lines(
    found: Thresholds, y: Scale, left: float, right: float, level: float
) -> list[Shape]:
    """Draw the lines of both thresholds, and a key of them whose baseline is at `level`."""
    shapes: list[Shape] = []
    place = left
    for p, name, dash in (
        (found.bonferroni, f"Holm/Bonferroni {LEVEL:g}", _DASHED),
        (found.discovery, f"false discovery rate {LEVEL:g}", _DOTTED),
    ):
        if p is None:
            continue
        at = y(-math.log10(p))
        shapes.append(Line("threshold", ((left, at), (right, at)), style.INK, 0.8, dash))
        text = f"{name}: p = {format_small_p(p)}"
        sample = ((place, level - 2.8), (place + 18, level - 2.8))
        shapes.append(Line("key", sample, style.INK, 0.8, dash))
        shapes.append(Label("threshold", place + 22, level, text, style.SMALL))
        place += style.text_width(text, style.SMALL) + 44
    if found.family_size and found.discovery is None:
        text = f"no feature at a false discovery rate of {LEVEL:g}"
        shapes.append(Label("threshold", place, level, text, style.SMALL))
    return shapes


def frame(left: float, right: float, top: float, base: float) -> Line:
    """Draw the two axes as one line."""
    return Line("axis", ((left, top), (left, base), (right, base)), style.INK, 0.9)


def empty_note(
    left: float, right: float, middle: float, text: str = "No feature was tested."
) -> Label:
    """Say within a plot that there is nothing to draw."""
    place = (left + right) / 2
    return Label("empty", place, middle, text, anchor="middle", colour=style.QUIET_INK)
