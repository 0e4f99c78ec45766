"""What figures of step curves share: axes, steps, bands, a free corner, numbers at risk."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from embogen.figures import style
from embogen.figures.scales import Scale, tick_text
from embogen.figures.shapes import Box, Label, Line, Polygon, rect
from embogen.numerals import format_count
from embogen.units import DAYS_PER_UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.figures.shapes import Point, Shape

WIDTH: Final = 500.0
_LEFT_LEAST: Final = 70.0
_LEFT_MOST: Final = 130.0
RIGHT: Final = 22.0
TOP: Final = 12.0
PLOT: Final = 236.0
_RISK_ROW: Final = 13.0
LEGEND_ROW: Final = 14.0
ONE_GROUP: Final = "all"
FEW_GROUPS: Final = 3
"""With more groups than this the bands are fainter, or they would hide each other."""


class StepCurve(Protocol):
    """A curve of one group over time in days: of survival or of incidence."""

    @property
    def group(self) -> str:
        """Name of the group."""

    @property
    def time(self) -> NDArray[np.float64]:
        """(m,) observed times, ascending."""

    @property
    def n_risk(self) -> NDArray[np.float64]:
        """(m,) at risk just before each."""

    @property
    def ci_low(self) -> NDArray[np.float64]:
        """(m,) lower limits, NaN where there is none."""

    @property
    def ci_high(self) -> NDArray[np.float64]:
        """(m,) upper limits."""


def at_risk(curve: StepCurve, days: float) -> float:
    """Return how many were at risk just before a time: the count at the next observed time.

    With delayed entry this is the count at the first observed time not before `days`.
    """
    position = int(np.searchsorted(curve.time, days - 1e-9, side="left"))
    return float(curve.n_risk[position]) if position < curve.time.size else 0.0


def group_name(curve: StepCurve) -> str:
    """Name a group in the table below the plot."""
    return "All patients" if curve.group == ONE_GROUP else curve.group


def left_margin(curves: Sequence[StepCurve]) -> float:
    """Leave room at the left for the names of groups, within bounds."""
    names = (group_name(curve) for curve in curves)
    widest = max((style.text_width(name, style.SMALL) for name in names), default=0.0)
    return min(max(_LEFT_LEAST, widest + 20), _LEFT_MOST)


def group_colour(index: int) -> str:
    """Return the colour of a group by its position."""
    return style.GROUP_COLOURS[index % len(style.GROUP_COLOURS)]


def group_dash(index: int) -> tuple[float, ...]:
    """Return the dashes of a group by its position."""
    return style.GROUP_DASHES[index % len(style.GROUP_DASHES)]


def axes(x: Scale, y: Scale, ticks: tuple[float, ...], outcome: str, unit: str) -> list[Shape]:
    """Draw both axes: percent upwards, time to the right, a line of the grid at each fifth."""
    marks = [(percent / 100, f"{percent}") for percent in (0, 20, 40, 60, 80, 100)]
    return axes_with(x, y, ticks, f"{outcome}, %", unit, marks=marks)


def axes_with(
    x: Scale,
    y: Scale,
    ticks: tuple[float, ...],
    title: str,
    unit: str,
    *,
    marks: Sequence[tuple[float, str]],
) -> list[Shape]:
    """Draw both axes with marks of one's own upwards: levels with their texts, from 0 up."""
    base, left, top = y(0), x(0), y(marks[-1][0])
    shapes: list[Shape] = []
    for value, text in marks:
        level = y(value)
        if value:
            shapes.append(Line("grid", ((left, level), (x.stop, level)), style.FAINT, style.HAIR))
        shapes.append(Line("tick", ((left - 3.5, level), (left, level)), style.INK, style.HAIR))
        shapes.append(Label("y_tick", left - 6, level + 3, text, anchor="end"))
    for tick in ticks:
        place = x(tick)
        shapes.append(Line("tick", ((place, base), (place, base + 3.5)), style.INK, style.HAIR))
        shapes.append(Label("x_tick", place, base + 14, tick_text(tick), anchor="middle"))
    shapes += [
        Line("axis", ((left, top), (left, base), (x.stop, base)), style.INK, 0.9),
        Label("x_title", (left + x.stop) / 2, base + 28, unit.capitalize(), anchor="middle"),
        Label(
            "y_title",
            left - 34,
            (base + top) / 2,
            style.fit_text(title, style.TEXT, base - top),
            anchor="middle",
            upright=False,
        ),
    ]
    return shapes


def vertices(
    times: NDArray[np.float64], levels: NDArray[np.float64], start: float = 1.0
) -> list[Point]:
    """Return the corners of a right-continuous step function that starts at (0, `start`)."""
    points: list[Point] = [(0.0, start)]
    for time, level in zip(times.tolist(), levels.tolist(), strict=True):
        points.append((time, points[-1][1]))
        if level != points[-1][1]:
            points.append((time, level))
    return points


def band(
    curve: StepCurve,
    index: int,
    x: Scale,
    y: Scale,
    days: float,
    *,
    faint: bool,
    start: float = 1.0,
) -> list[Shape]:
    """Shade the interval as far as both limits exist."""
    exists = np.isfinite(curve.ci_low) & np.isfinite(curve.ci_high)
    stop = int(np.argmin(exists)) if not exists.all() else exists.size
    if stop == 0:
        return []
    times = curve.time[:stop] / days
    last = float(curve.time[min(stop, curve.time.size - 1)]) / days
    low = [*vertices(times, curve.ci_low[:stop], start)]
    high = [*vertices(times, curve.ci_high[:stop], start)]
    low.append((last, low[-1][1]))
    high.append((last, high[-1][1]))
    outline = tuple((x(t), y(s)) for t, s in [*high, *reversed(low)])
    return [Polygon("band", outline, group_colour(index), opacity=0.06 if faint else 0.13)]


def legend_place(
    texts: Sequence[str], rows: int, lines: Sequence[Sequence[Point]], x: Scale
) -> tuple[Box, float]:
    """Find a corner without a curve for a legend, or put it above the plot.

    Parameters
    ----------
    texts, rows
        The texts, for their width, and how many rows the legend has.
    lines
        The curves in points, as they lie when nothing stands above the plot.
    x
        The time axis.

    Returns
    -------
    The legend's box and the top of the plot.
    """
    width = max((style.text_width(text, style.SMALL) for text in texts), default=0.0) + 32
    height = rows * LEGEND_ROW + 5
    right = WIDTH - RIGHT + 4 - width
    for box in (
        Box(right, TOP - 2, width, height),
        Box(x.start + 8, TOP + PLOT - height - 6, width, height),
        Box(x.start + 8, TOP - 2, width, height),
    ):
        if not any(_crosses(box, points) for points in lines):
            return box, TOP
    return Box(x.start + 4, TOP - 4, width, height), TOP + height + 4


def group_legend(texts: Sequence[str], place: Box) -> list[Shape]:
    """Write one line per group beside a piece of its curve, on paper that lets curves through."""
    left = place.x + 28
    shapes: list[Shape] = [rect("legend", place, style.PAPER, opacity=0.82)]
    for index, text in enumerate(texts):
        level = place.y + 11 + index * LEGEND_ROW
        ends = ((left - 24, level - 3), (left - 4, level - 3))
        shapes.append(Line("legend", ends, group_colour(index), style.LINE, group_dash(index)))
        shapes.append(Label("legend", left, level, text, size=style.SMALL))
    return shapes


def _crosses(box: Box, points: Sequence[Point]) -> bool:
    """Whether a line of upright and level pieces comes within 4 points of a box."""
    margin = 4.0
    return any(
        min(x0, x1) <= box.x + box.width + margin
        and max(x0, x1) >= box.x - margin
        and min(y0, y1) <= box.y + box.height + margin
        and max(y0, y1) >= box.y - margin
        for (x0, y0), (x1, y1) in pairwise(points)
    )


def risk_table(
    curves: Sequence[StepCurve], x: Scale, ticks: tuple[float, ...], unit: str, top: float
) -> tuple[list[Shape], float]:
    """Write the numbers at risk below the ticks; return them and the height they end at."""
    days = DAYS_PER_UNIT[unit]
    shapes: list[Shape] = [
        Label("risk_title", 4, top, "Number at risk", size=style.SMALL, bold=True)
    ]
    for index, curve in enumerate(curves):
        level = top + (index + 1) * _RISK_ROW
        group = group_name(curve)
        shown = style.fit_text(group, style.SMALL, x.start - 16)
        colour = group_colour(index)
        shapes.append(Label("risk_group", 4, level, shown, size=style.SMALL, colour=colour))
        shapes += [
            Label(
                "at_risk",
                x(tick),
                level,
                format_count(at_risk(curve, tick * days)),
                size=style.SMALL,
                anchor="middle",
            )
            for tick in ticks
        ]
    return shapes, top + len(curves) * _RISK_ROW + 8
