"""From a `Drawing` to SVG: real text, the same bytes every time, nothing from outside.

The shapes are lines, polygons, dots and text already in points, so writing them down is all there
is to do; a plotting library would add seconds of import to every run, and bytes that change with
its version. https://www.w3.org/TR/SVG11/ names the elements used.
"""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Final

from embogen.figures.shapes import Dots, Label, Line, Polygon
from embogen.figures.style import FONT_FAMILY, clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from embogen.figures.shapes import Drawing, Point, Shape

_PROLOG: Final = '<?xml version="1.0" encoding="utf-8"?>\n'


def svg_of(drawing: Drawing) -> str:
    """Return a drawing as a complete SVG document, with a text alternative for screen readers.

    Examples
    --------
    >>> from embogen.figures.shapes import Drawing, Label
    >>> text = svg_of(Drawing("d", 40, 20, (Label("t", 2, 10, "5 < 7"),), "Title", "About it."))
    >>> print(text.splitlines()[4])
    <text x="2" y="10" font-size="9" fill="#1a1a1a">5 &lt; 7</text>
    """
    prefix = re.sub(r"[^A-Za-z0-9_-]", "-", drawing.name)
    width, height = _number(drawing.width), _number(drawing.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" '
        f'font-family="{escape(FONT_FAMILY, quote=True)}">'
    )
    lines = [
        head,
        f'<title id="{prefix}-title">{escape(clean_text(drawing.title))}</title>',
        f'<desc id="{prefix}-desc">{escape(clean_text(drawing.description))}</desc>',
    ]
    for _, run in groupby(drawing.shapes, key=_look):
        lines += _elements(list(run))
    return _PROLOG + "\n".join([*lines, "</svg>"]) + "\n"


def inline_svg(svg: str) -> str:
    """Return an SVG document without its XML prolog, to stand inside an HTML page."""
    start = svg.find("<svg")
    return svg[start:] if start >= 0 else ""


def _look(shape: Shape) -> tuple[object, ...]:
    if isinstance(shape, Polygon):
        return ("polygon", shape.fill, shape.opacity, shape.stroke, shape.stroke_width)
    if isinstance(shape, Line):
        return ("line", shape.stroke, shape.width, shape.dash)
    if isinstance(shape, Dots):
        return ("dots", shape.fill, shape.diameter)
    return ("label",)


def _elements(shapes: Sequence[Shape]) -> Iterable[str]:
    """Write shapes of one look: 8,000 cells become a few paths, a label each its own text."""
    polygons = [shape for shape in shapes if isinstance(shape, Polygon)]
    strokes = [shape for shape in shapes if isinstance(shape, Line)]
    if polygons:
        yield _filled(polygons)
    if strokes:
        yield _stroked(strokes)
    dots = [shape for shape in shapes if isinstance(shape, Dots)]
    if dots:
        yield _dotted(dots)
    for shape in shapes:
        if isinstance(shape, Label) and clean_text(shape.text):
            yield _text(shape)


def _filled(shapes: Sequence[Polygon]) -> str:
    first = shapes[0]
    look = f'fill="{first.fill}"'
    if first.opacity < 1:
        look += f' fill-opacity="{_number(first.opacity)}"'
    if first.stroke is not None:
        look += f' stroke="{first.stroke}" stroke-width="{_number(first.stroke_width)}"'
    path = "".join(_path(shape.points) + "Z" for shape in shapes)
    return f'<path d="{path}" {look}/>'


def _stroked(shapes: Sequence[Line]) -> str:
    first = shapes[0]
    look = f'fill="none" stroke="{first.stroke}" stroke-width="{_number(first.width)}"'
    if first.dash:
        look += f' stroke-dasharray="{" ".join(map(_number, first.dash))}"'
    path = "".join(_path(shape.points) for shape in shapes)
    return f'<path d="{path}" {look}/>'


def _dotted(shapes: Sequence[Dots]) -> str:
    """Write dots as lines of next to no length with round ends; of no length some leave out."""
    first = shapes[0]
    look = f'fill="none" stroke="{first.fill}" stroke-width="{_number(first.diameter)}"'
    path = "".join(f"M{_number(x)} {_number(y)}h.01" for s in shapes for x, y in s.points)
    return f'<path d="{path}" {look} stroke-linecap="round"/>'


def _text(label: Label) -> str:
    x, y = _number(label.x), _number(label.y)
    look = f'font-size="{_number(label.size)}" fill="{label.colour}"'
    if label.anchor != "start":
        look += f' text-anchor="{label.anchor}"'
    if label.bold:
        look += ' font-weight="bold"'
    if label.italic:
        look += ' font-style="italic"'
    if not label.upright:
        look += f' transform="rotate(-90 {x} {y})"'
    return f'<text x="{x}" y="{y}" {look}>{escape(clean_text(label.text))}</text>'


def _path(points: Sequence[Point]) -> str:
    corners = [f"{_number(x)} {_number(y)}" for x, y in points]
    return "M" + "L".join(corners)


def _number(value: float) -> str:
    """Write a length with at most two decimals, which is about a ten-thousandth of an inch."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
