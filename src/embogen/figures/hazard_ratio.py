"""Hazard ratios over time: one panel per term, the smooth, its interval, the constant ratio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.scales import Scale, ratio_ticks, tick_text, time_ticks
from embogen.figures.shapes import Drawing, Label, Line, Polygon
from embogen.numerals import format_ratio
from embogen.units import DAYS_PER_UNIT

if TYPE_CHECKING:
    from embogen.figures.shapes import Shape
    from embogen.inference.hazard_ratio_smooth import HazardRatioCurve
    from embogen.inference.ph_test import ProportionalHazardsTest

_WIDTH: Final = 500.0
_LEFT: Final = 52.0
_GAP: Final = 58.0
_HEAD: Final = 18.0
_PLOT: Final = 120.0
_FOOT: Final = 42.0
_ACROSS: Final = 2
_WIDEST: Final = 100.0
"""Hazard ratios beyond 1/100 and 100 are cut off: at its ends a spline's limits can be anywhere."""


def hazard_ratio_drawing(
    result: ProportionalHazardsTest, *, name: str, title: str, unit: str = "months"
) -> Drawing:
    """Lay out one panel for each term that has a curve.

    Parameters
    ----------
    result
        With curves over days.
    name, title
        Short name of the figure, and its title.
    unit
        Unit of the time axis.
    """
    shapes: list[Shape] = []
    width = (_WIDTH - _LEFT - 12 - _GAP) / _ACROSS
    for index, curve in enumerate(result.curves):
        row, column = divmod(index, _ACROSS)
        left = _LEFT + column * (width + _GAP)
        top = _HEAD + row * (_HEAD + _PLOT + _FOOT)
        shapes += _panel(curve, (left, left + width), top, unit)
    rows = math.ceil(len(result.curves) / _ACROSS)
    return Drawing(
        name=name,
        width=_WIDTH,
        height=rows * (_HEAD + _PLOT + _FOOT),
        shapes=tuple(shapes),
        title=f"{title}: hazard ratios over time",
        description=" ".join(_told(curve, unit) for curve in result.curves),
    )


def hazard_ratio_numbers(result: ProportionalHazardsTest) -> str:
    """Return the numbers behind the figure as CSV, times in days."""
    header = ["term", "time_days", "hr", "ci_low", "ci_high"]
    rows: list[list[str | float | None]] = []
    for curve in result.curves:
        ratios = np.exp(np.column_stack([curve.coef, curve.ci_low, curve.ci_high]))
        values = np.column_stack([curve.time, ratios])
        rows += [[curve.label, *line] for line in values.tolist()]
    return csv_text(header, rows)


def _range(curve: HazardRatioCurve) -> tuple[float, float]:
    """Cover the curve, the constant and 1; the limits as far as they are of any size."""
    ends = np.concatenate([curve.ci_low, curve.ci_high, [curve.constant, 0.0]])
    edge = math.log(_WIDEST)
    low, high = max(float(ends.min()), -edge), min(float(ends.max()), edge)
    return math.exp(min(low, -0.7)), math.exp(max(high, 0.7))


def _panel(
    curve: HazardRatioCurve, across: tuple[float, float], top: float, unit: str
) -> list[Shape]:
    days = DAYS_PER_UNIT[unit]
    ticks = time_ticks(float(curve.time[-1]) / days, unit)
    x = Scale(0, ticks[-1], *across)
    y = Scale(*_range(curve), top + _PLOT, top, log=True)
    base = top + _PLOT
    shapes: list[Shape] = [
        Label(
            "panel",
            across[0],
            top - 6,
            style.fit_text(curve.label, style.TEXT, across[1] - across[0]),
            bold=True,
        )
    ]
    for tick in ratio_ticks(y.low, y.high):
        level = y(tick)
        shapes += [
            Line("grid", ((across[0], level), (across[1], level)), style.FAINT, style.HAIR),
            Label("y_tick", across[0] - 5, level + 3, tick_text(tick), style.SMALL, "end"),
        ]
    shapes += _curve(curve, x, y, days)
    for tick in ticks:
        place = x(tick)
        shapes += [
            Line("tick", ((place, base), (place, base + 3)), style.INK, style.HAIR),
            Label("x_tick", place, base + 12, tick_text(tick), style.SMALL, "middle"),
        ]
    middle = (across[0] + across[1]) / 2
    shapes += [
        Line("axis", ((across[0], top), (across[0], base), (across[1], base)), style.INK, 0.9),
        Label("x_title", middle, base + 25, unit.capitalize(), style.SMALL, "middle"),
        Label(
            "y_title",
            across[0] - 32,
            top + _PLOT / 2,
            "Hazard ratio (log scale)",
            style.SMALL,
            "middle",
            upright=False,
        ),
    ]
    return shapes


def _curve(curve: HazardRatioCurve, x: Scale, y: Scale, days: float) -> list[Shape]:
    def points(values: np.ndarray) -> list[tuple[float, float]]:
        ratios = np.exp(np.clip(values, math.log(y.low), math.log(y.high)))
        times = (curve.time / days).tolist()
        return [(x(t), y(ratio)) for t, ratio in zip(times, ratios.tolist(), strict=True)]

    outline = (*points(curve.ci_high), *reversed(points(curve.ci_low)))
    constant = y(min(max(math.exp(curve.constant), y.low), y.high))
    dash = (5.0, 2.0)
    return [
        Polygon("band", outline, style.BLUE, opacity=0.13),
        Line("unity", ((x.start, y(1.0)), (x.stop, y(1.0))), style.QUIET_INK, 0.8),
        Line("constant", ((x.start, constant), (x.stop, constant)), style.VERMILION, 1.0, dash),
        Line("curve", tuple(points(curve.coef)), style.BLUE, style.LINE),
    ]


def _told(curve: HazardRatioCurve, unit: str) -> str:
    days = DAYS_PER_UNIT[unit]
    first, last = float(curve.time[0]) / days, float(curve.time[-1]) / days
    return (
        f"{curve.label}: hazard ratio {format_ratio(math.exp(curve.constant))} taken as constant; "
        f"{format_ratio(math.exp(float(curve.coef[0])))} at {first:.1f} and "
        f"{format_ratio(math.exp(float(curve.coef[-1])))} at {last:.1f} {unit}."
    )
