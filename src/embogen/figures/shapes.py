"""`Drawing`: a figure as positioned shapes, before anything is drawn.

Lengths are points, x to the right, y downwards from the top left corner. Shapes later in the
tuple lie above earlier ones. `role` tells what a shape stands for (``censored``, ``ci``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from embogen.figures.style import (
    INK,
    NOTICE_FILL,
    NOTICE_INK,
    SMALL,
    TEXT,
    wrap_text,
)

_NOTICE_LINE: Final = 10.0
Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled shape."""

    role: str
    points: tuple[Point, ...]
    fill: str
    opacity: float = 1.0
    stroke: str | None = None
    stroke_width: float = 0.6


@dataclass(frozen=True, slots=True)
class Line:
    """An open line; `dash` is lengths on and off in points."""

    role: str
    points: tuple[Point, ...]
    stroke: str
    width: float
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Dots:
    """Round dots of one look at `points`: thousands of them stay a small file."""

    role: str
    points: tuple[Point, ...]
    fill: str
    diameter: float = 2.0


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text; `x` is its `anchor`, `y` its baseline."""

    role: str
    x: float
    y: float
    text: str
    size: float = TEXT
    anchor: Anchor = "start"
    colour: str = INK
    bold: bool = False
    italic: bool = False
    upright: bool = True
    """False turns the text to read from the bottom to the top."""


Shape = Polygon | Line | Dots | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure ready to be drawn.

    Parameters
    ----------
    name
        Short name, used for files and ids.
    width, height
        Size in points.
    shapes
        From the bottom to the top.
    title, description
        For those who do not see the figure.
    """

    name: str
    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str
    description: str

    def of_role(self, role: str) -> tuple[Shape, ...]:
        """Return the shapes of one role, in order."""
        return tuple(shape for shape in self.shapes if shape.role == role)


@dataclass(frozen=True, slots=True)
class Box:
    """Where a rectangle stands: its top left corner and size."""

    x: float
    y: float
    width: float
    height: float


def rect(
    role: str, box: Box, fill: str, *, stroke: str | None = None, opacity: float = 1.0
) -> Polygon:
    """Make a filled rectangle.

    Examples
    --------
    >>> rect("cell", Box(1, 2, 3, 4), "#000000").points
    ((1, 2), (4, 2), (4, 6), (1, 6))
    """
    right, bottom = box.x + box.width, box.y + box.height
    corners = ((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom))
    return Polygon(role, corners, fill, opacity=opacity, stroke=stroke)


def with_notice(drawing: Drawing, notice: str | None) -> Drawing:
    """Put a notice, such as SYNTHETIC, in a band above a drawing; None leaves it as it is."""
    if notice is None:
        return drawing
    text = notice if notice.upper().startswith("SYNTHETIC") else f"SYNTHETIC: {notice}"
    lines = wrap_text(text, SMALL, drawing.width - 16)
    band = 8 + _NOTICE_LINE * len(lines)
    shapes: list[Shape] = [rect("notice", Box(0, 0, drawing.width, band - 2), NOTICE_FILL)]
    shapes += [
        Label(
            "notice",
            6,
            11.2 + index * _NOTICE_LINE,
            line,
            size=SMALL,
            colour=NOTICE_INK,
            bold=True,
        )
        for index, line in enumerate(lines)
    ]
    shapes += [_lowered(shape, band) for shape in drawing.shapes]
    return replace(
        drawing,
        height=drawing.height + band,
        shapes=tuple(shapes),
        description=f"{text} {drawing.description}",
    )


def _lowered(shape: Shape, distance: float) -> Shape:
    if isinstance(shape, Label):
        return replace(shape, y=shape.y + distance)
    return replace(shape, points=tuple((x, y + distance) for x, y in shape.points))
