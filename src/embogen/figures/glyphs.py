"""Marks of an OncoPrint: each alteration class has its own shape as well as its own colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.figures import style
from embogen.figures.shapes import Box, Line, Polygon, rect

if TYPE_CHECKING:
    from embogen.figures.shapes import Shape

NOT_TESTED: Final = "not tested"
FAILED: Final = "failed"
WILD_TYPE: Final = "wild type"

_CELL: Final = "#e4e7eb"
_MARK: Final = "#7d8694"


def background(state: str, box: Box) -> list[Shape]:
    """Draw the ground of a cell: grey for tested, open and struck through for not tested.

    A failed test is an open cell with a cross.
    """
    if state not in {NOT_TESTED, FAILED}:
        return [rect(state, box, _CELL)]
    right, bottom = box.x + box.width, box.y + box.height
    inset = 0.35
    frame = rect(
        state,
        Box(
            box.x + inset,
            box.y + inset,
            max(box.width - 2 * inset, 0.2),
            box.height - 2 * inset,
        ),
        style.PAPER,
        stroke=style.RULE if box.width > 3 else None,  # noqa: PLR2004 - no room for a frame
    )
    shapes: list[Shape] = [
        frame,
        Line(
            f"{state} mark",
            ((box.x + inset, bottom - inset), (right - inset, box.y + inset)),
            _MARK,
            0.7,
        ),
    ]
    if state == FAILED:
        other = ((box.x + inset, box.y + inset), (right - inset, bottom - inset))
        shapes.append(Line(f"{state} mark", other, _MARK, 0.7))
    return shapes


def glyph(name: str, box: Box) -> Polygon:
    """Draw one alteration class; classes not known here are a full purple cell."""
    maker = _GLYPHS.get(name)
    if maker is None:
        return _part(name, box, 0.0, 1.0, style.PURPLE)
    shape, colour = maker
    match shape:
        case "full":
            return _part(name, box, 0.0, 1.0, colour)
        case "middle":
            return _part(name, box, 0.30, 0.70, colour)
        case "lower":
            return _part(name, box, 0.62, 1.0, colour)
        case "upper":
            return _part(name, box, 0.0, 0.38, colour)
        case _:
            return Polygon(name, _corners(shape, box), colour)


def _part(name: str, box: Box, start: float, stop: float, colour: str) -> Polygon:
    top = box.y + start * box.height
    return rect(name, Box(box.x, top, box.width, (stop - start) * box.height), colour)


def _corners(shape: str, box: Box) -> tuple[tuple[float, float], ...]:
    left, right = box.x, box.x + box.width
    top, bottom = box.y, box.y + box.height
    centre, middle = (left + right) / 2, (top + bottom) / 2
    corners = {
        "rising": ((left, bottom), (right, top), (right, bottom)),
        "diamond": ((centre, top), (right, middle), (centre, bottom), (left, middle)),
        "up": ((left, bottom), (centre, top), (right, bottom)),
        "down": ((left, top), (right, top), (centre, bottom)),
        "hourglass": ((left, top), (right, top), (left, bottom), (right, bottom)),
    }
    return corners[shape]


_GLYPHS: Final[dict[str, tuple[str, str]]] = {
    "truncating": ("full", style.INK),
    "missense": ("middle", style.GREEN),
    "splice": ("rising", style.ORANGE),
    "inframe": ("diamond", "#8c510a"),
    "promoter": ("upper", style.PURPLE),
    "start_lost": ("lower", style.INK),
    "fusion": ("hourglass", style.PURPLE),
    "homozygous_deletion": ("down", style.BLUE),
    "amplification": ("up", style.VERMILION),
    "gain": ("upper", style.VERMILION),
    "loss": ("lower", style.BLUE),
    "any": ("full", style.GREEN),
}

ORDER: Final = tuple(_GLYPHS)
"""Classes in the order they are drawn in one cell, and listed in the legend."""
