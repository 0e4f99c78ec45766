"""Kaplan-Meier figure: step curves, intervals, censoring, medians, log-rank p, numbers at risk."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.scales import Scale, tick_text, time_ticks
from embogen.figures.shapes import Box, Drawing, Label, Line, Polygon, rect
from embogen.numerals import (
    NOT_REACHED,
    NOTHING,
    format_count,
    format_p,
    format_time,
    format_time_interval,
)
from embogen.units import DAYS_PER_UNIT
from embogen.wording import group_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.figures.shapes import Point, Shape
    from embogen.inference.curves import KaplanMeier, SurvivalCurve

_WIDTH: Final = 500.0
_LEFT_LEAST: Final = 70.0
_LEFT_MOST: Final = 130.0
_RIGHT: Final = 22.0
_TOP: Final = 12.0
_PLOT: Final = 236.0
_RISK_ROW: Final = 13.0
_LEGEND_ROW: Final = 14.0
_ONE_GROUP: Final = "all"
_FEW_GROUPS: Final = 3
"""With more groups than this the bands are fainter, or they would hide each other."""


def km_drawing(
    result: KaplanMeier, *, name: str, outcome: str, unit: str = "months", by: str | None = None
) -> Drawing:
    """Lay out the curves of a `KaplanMeier`.

    Parameters
    ----------
    result
        Curves in days.
    name
        Short name of the figure.
    outcome
        What the y axis shows, such as ``Hepatic progression-free survival``.
    unit
        Unit of the time axis.
    by
        What a reader calls the variable that makes the groups.
    """
    days = DAYS_PER_UNIT[unit]
    longest = max((c.time[-1] / days for c in result.curves if c.time.size), default=0.0)
    ticks = time_ticks(longest, unit)
    x = Scale(0, ticks[-1], _left(result), _WIDTH - _RIGHT)
    texts = _legend_texts(result, unit, by)
    place, top = _legend_place(result, texts, x, days)
    y = Scale(0, 1, top + _PLOT, top)
    shapes: list[Shape] = [*_axes(x, y, ticks, outcome, unit)]
    for index, curve in enumerate(result.curves):
        shapes += _band(curve, index, x, y, days, faint=len(result.curves) > _FEW_GROUPS)
    shapes += _median_lines(result, x, y, days)
    for index, curve in enumerate(result.curves):
        shapes += _curve(curve, index, x, y, days)
    shapes += _legend(result, texts, place)
    table, height = _risk_table(result, x, ticks, unit, y(0) + 50)
    shapes += table
    return Drawing(
        name=name,
        width=_WIDTH,
        height=height,
        shapes=tuple(shapes),
        title=f"Kaplan-Meier curves of {outcome}",
        description=_description(result, unit),
    )


def km_numbers(result: KaplanMeier) -> str:
    """Return the numbers behind the figure as CSV, times in days."""
    header = ["group", "time_days", "n_risk", "n_event", "n_censor", "survival"]
    header += ["std_error", "ci_low", "ci_high"]
    rows: list[list[str | float | None]] = []
    for curve in result.curves:
        columns = (
            curve.time,
            curve.n_risk,
            curve.n_event,
            curve.n_censor,
            curve.survival,
            curve.std_error,
            curve.ci_low,
            curve.ci_high,
        )
        rows += [[curve.group, *values] for values in np.column_stack(columns).tolist()]
    return csv_text(header, rows)


def at_risk(curve: SurvivalCurve, days: float) -> float:
    """Return how many were at risk just before a time: the count at the next observed time.

    With delayed entry this is the count at the first observed time not before `days`.
    """
    position = int(np.searchsorted(curve.time, days - 1e-9, side="left"))
    return float(curve.n_risk[position]) if position < curve.time.size else 0.0


def _group_name(curve: SurvivalCurve) -> str:
    return "All patients" if curve.group == _ONE_GROUP else curve.group


def _left(result: KaplanMeier) -> float:
    """Leave room at the left for the names of groups, within bounds."""
    names = (_group_name(curve) for curve in result.curves)
    widest = max((style.text_width(name, style.SMALL) for name in names), default=0.0)
    return min(max(_LEFT_LEAST, widest + 20), _LEFT_MOST)


def _colour(index: int) -> str:
    return style.GROUP_COLOURS[index % len(style.GROUP_COLOURS)]


def _dash(index: int) -> tuple[float, ...]:
    return style.GROUP_DASHES[index % len(style.GROUP_DASHES)]


def _axes(x: Scale, y: Scale, ticks: tuple[float, ...], outcome: str, unit: str) -> list[Shape]:
    base, left = y(0), x(0)
    shapes: list[Shape] = []
    for percent in (0, 20, 40, 60, 80, 100):
        level = y(percent / 100)
        if percent:
            shapes.append(Line("grid", ((left, level), (x.stop, level)), style.FAINT, style.HAIR))
        shapes.append(Line("tick", ((left - 3.5, level), (left, level)), style.INK, style.HAIR))
        shapes.append(Label("y_tick", left - 6, level + 3, f"{percent}", anchor="end"))
    for tick in ticks:
        place = x(tick)
        shapes.append(Line("tick", ((place, base), (place, base + 3.5)), style.INK, style.HAIR))
        shapes.append(Label("x_tick", place, base + 14, tick_text(tick), anchor="middle"))
    shapes += [
        Line("axis", ((left, y(1)), (left, base), (x.stop, base)), style.INK, 0.9),
        Label("x_title", (left + x.stop) / 2, base + 28, unit.capitalize(), anchor="middle"),
        Label(
            "y_title",
            left - 34,
            (base + y(1)) / 2,
            style.fit_text(f"{outcome}, %", style.TEXT, _PLOT),
            anchor="middle",
            upright=False,
        ),
    ]
    return shapes


def _vertices(times: NDArray[np.float64], levels: NDArray[np.float64]) -> list[Point]:
    """Return the corners of a right-continuous step function that starts at (0, 1)."""
    points: list[Point] = [(0.0, 1.0)]
    for time, level in zip(times.tolist(), levels.tolist(), strict=True):
        points.append((time, points[-1][1]))
        if level != points[-1][1]:
            points.append((time, level))
    return points


def _curve(curve: SurvivalCurve, index: int, x: Scale, y: Scale, days: float) -> list[Shape]:
    points = [(x(t), y(s)) for t, s in _vertices(curve.time / days, curve.survival)]
    if len(points) == 1:
        return []
    colour = _colour(index)
    shapes: list[Shape] = [Line("curve", tuple(points), colour, style.LINE, _dash(index))]
    censored = curve.n_censor > 0
    for time, level in zip(curve.time[censored], curve.survival[censored], strict=True):
        at, height = x(float(time) / days), y(float(level))
        shapes.append(Line("censored", ((at, height - 3.6), (at, height + 3.6)), colour, 0.9))
    return shapes


def _band(
    curve: SurvivalCurve, index: int, x: Scale, y: Scale, days: float, *, faint: bool
) -> list[Shape]:
    """Shade the interval as far as both limits exist."""
    exists = np.isfinite(curve.ci_low) & np.isfinite(curve.ci_high)
    stop = int(np.argmin(exists)) if not exists.all() else exists.size
    if stop == 0:
        return []
    times = curve.time[:stop] / days
    last = float(curve.time[min(stop, curve.time.size - 1)]) / days
    low = [*_vertices(times, curve.ci_low[:stop])]
    high = [*_vertices(times, curve.ci_high[:stop])]
    low.append((last, low[-1][1]))
    high.append((last, high[-1][1]))
    outline = tuple((x(t), y(s)) for t, s in [*high, *reversed(low)])
    return [Polygon("band", outline, _colour(index), opacity=0.06 if faint else 0.13)]


def _median_lines(result: KaplanMeier, x: Scale, y: Scale, days: float) -> list[Shape]:
    medians = [curve.median.value / days for curve in result.curves]
    reached = [median for median in medians if math.isfinite(median)]
    if not reached:
        return []
    dash = (2.5, 2.0)
    right = x(max(reached))
    shapes: list[Shape] = [
        Line("median", ((x(0), y(0.5)), (right, y(0.5))), style.QUIET_INK, style.HAIR, dash)
    ]
    shapes += [
        Line("median", ((x(m), y(0.5)), (x(m), y(0))), style.QUIET_INK, style.HAIR, dash)
        for m in reached
    ]
    return shapes


def _legend_texts(result: KaplanMeier, unit: str, by: str | None) -> list[str]:
    alone = len(result.curves) == 1
    most = _WIDTH - _left(result) - _RIGHT - 60
    return [
        style.fit_text(_legend_text(curve, unit, by, alone=alone), style.SMALL, most)
        for curve in result.curves
    ]


def _legend_place(
    result: KaplanMeier, texts: Sequence[str], x: Scale, days: float
) -> tuple[Box, float]:
    """Find a corner without a curve for the legend, or put it above the plot.

    Returns the legend's box and the top of the plot.
    """
    width = max((style.text_width(text, style.SMALL) for text in texts), default=0.0) + 32
    height = (len(texts) + (result.logrank is not None)) * _LEGEND_ROW + 5
    y = Scale(0, 1, _TOP + _PLOT, _TOP)
    lines = [
        [(x(t), y(s)) for t, s in _vertices(curve.time / days, curve.survival)]
        for curve in result.curves
    ]
    right = _WIDTH - _RIGHT + 4 - width
    for box in (
        Box(right, _TOP - 2, width, height),
        Box(x.start + 8, _TOP + _PLOT - height - 6, width, height),
    ):
        if not any(_crosses(box, points) for points in lines):
            return box, _TOP
    return Box(x.start + 4, _TOP - 4, width, height), _TOP + height + 4


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


def _legend(result: KaplanMeier, texts: Sequence[str], place: Box) -> list[Shape]:
    """Write group, median and its interval, and the log-rank p below them."""
    left = place.x + 28
    shapes: list[Shape] = [rect("legend", place, style.PAPER, opacity=0.82)]
    for index, text in enumerate(texts):
        level = place.y + 11 + index * _LEGEND_ROW
        ends = ((left - 24, level - 3), (left - 4, level - 3))
        shapes.append(Line("legend", ends, _colour(index), style.LINE, _dash(index)))
        shapes.append(Label("legend", left, level, text, size=style.SMALL))
    if result.logrank is not None:
        text = f"Log-rank p = {format_p(result.logrank.p_value)}"
        text = text.replace("= <", "< ").replace("= >", "> ")
        level = place.y + 11 + len(texts) * _LEGEND_ROW
        shapes.append(Label("p_value", left, level, text, size=style.SMALL))
    return shapes


def _legend_text(curve: SurvivalCurve, unit: str, by: str | None, *, alone: bool) -> str:
    days = DAYS_PER_UNIT[unit]
    interval = curve.median.interval
    text = f"median {format_time(curve.median.value / days)}"
    if interval is not None:
        limits = format_time_interval(interval.low / days, interval.high / days)
        text += f" ({limits})" if limits != NOTHING else ""
    if text != f"median {NOT_REACHED}":
        text += f" {unit}"
    if alone and curve.group == _ONE_GROUP:
        return f"All patients, {text}"
    return f"{style.fit_text(group_words(curve.group, by), style.SMALL, 170)}, {text}"


def _risk_table(
    result: KaplanMeier, x: Scale, ticks: tuple[float, ...], unit: str, top: float
) -> tuple[list[Shape], float]:
    days = DAYS_PER_UNIT[unit]
    shapes: list[Shape] = [
        Label("risk_title", 4, top, "Number at risk", size=style.SMALL, bold=True)
    ]
    for index, curve in enumerate(result.curves):
        level = top + (index + 1) * _RISK_ROW
        group = _group_name(curve)
        shown = style.fit_text(group, style.SMALL, x.start - 16)
        colour = _colour(index)
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
    return shapes, top + len(result.curves) * _RISK_ROW + 8


def _description(result: KaplanMeier, unit: str) -> str:
    days = DAYS_PER_UNIT[unit]
    parts = [
        f"{_group_name(c)}: {format_count(c.n)} patients, "
        f"{format_count(c.n_events)} events, median {format_time(c.median.value / days)} {unit}."
        for c in result.curves
    ]
    if result.logrank is not None:
        parts.append(f"Log-rank p {format_p(result.logrank.p_value)}.")
    return " ".join(parts)
