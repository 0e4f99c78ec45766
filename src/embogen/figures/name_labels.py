"""Names beside the dots of a scatter plot, none over another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from embogen.figures import style
from embogen.figures.shapes import Box, Label, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from embogen.figures.shapes import Anchor, Point, Shape

LONGEST: Final = 90.0
"""Width in points to which a name is shortened."""
_AWAY: Final = 5.0
_FARTHER: Final = (12.0, 22.0, 34.0, 48.0)
_MARK: Final = 3.0
"""Half the side of the square that is kept free around a dot."""


class Named(NamedTuple):
    """A dot and its name."""

    place: Point
    text: str


def name_labels(dots: Sequence[Named], inside: Box, taken: Iterable[Box] = ()) -> list[Shape]:
    """Place names beside their dots; one that finds no free place is left out.

    Parameters
    ----------
    dots
        The most important first: it chooses its place first.
    inside
        The names stay within.
    taken
        Where nothing may be written.

    Examples
    --------
    Two dots in one place: the second name goes to the left.

    >>> pair = [Named((50.0, 50.0), "DAXX"), Named((50.0, 50.0), "MEN1")]
    >>> [(one.text, one.anchor) for one in name_labels(pair, Box(0, 0, 100, 100))]
    [('DAXX', 'start'), ('MEN1', 'end')]
    """
    used = [*taken]
    used += [Box(x - _MARK, y - _MARK, 2 * _MARK, 2 * _MARK) for (x, y), _ in dict.fromkeys(dots)]
    shapes: list[Shape] = []
    for dot in dots:
        text = style.fit_text(dot.text, style.SMALL, LONGEST)
        width = style.text_width(text, style.SMALL)
        for label, box, line in _places(dot.place, text, width):
            if _within(box, inside) and not any(_meet(box, other) for other in used):
                used.append(box)
                shapes += [label] if line is None else [line, label]
                break
    return shapes


def _places(place: Point, text: str, width: float) -> Iterator[tuple[Label, Box, Line | None]]:
    """Try beside, above and below the dot, then farther off with a line to it."""
    x, y = place
    yield _at(x + _AWAY, y + 2.8, text, "start", width)
    yield _at(x - _AWAY, y + 2.8, text, "end", width)
    yield _at(x, y - _AWAY, text, "middle", width)
    yield _at(x, y + _AWAY + style.SMALL, text, "middle", width)
    for far in _FARTHER:
        for dx, dy in ((1.0, -1.0), (-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)):
            end = (x + dx * far * 0.7, y + dy * far)
            anchor: Anchor = "start" if dx > 0 else "end"
            label, box, _ = _at(end[0] + dx * 1.5, end[1] + 2.8, text, anchor, width)
            yield label, box, Line("leader", ((x, y), end), style.RULE, style.HAIR)


def _at(
    x: float, y: float, text: str, anchor: Anchor, width: float
) -> tuple[Label, Box, Line | None]:
    left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
    box = Box(left, y - style.SMALL * 0.8, width, style.SMALL)
    return Label("name", x, y, text, size=style.SMALL, anchor=anchor), box, None


def _within(box: Box, inside: Box) -> bool:
    return (
        box.x >= inside.x
        and box.y >= inside.y
        and box.x + box.width <= inside.x + inside.width
        and box.y + box.height <= inside.y + inside.height
    )


def _meet(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
