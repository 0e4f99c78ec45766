"""Figure of predicted survival: a step curve with its band for each level of one term."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.scales import Scale, time_ticks
from embogen.figures.shapes import Drawing, Line
from embogen.figures.step_curves import (
    FEW_GROUPS,
    PLOT,
    RIGHT,
    TOP,
    WIDTH,
    axes,
    band,
    group_colour,
    group_dash,
    group_legend,
    left_margin,
    legend_place,
    risk_table,
    vertices,
)
from embogen.numerals import format_count, format_fraction
from embogen.units import DAYS_PER_UNIT
from embogen.wording import level_words

if TYPE_CHECKING:
    from embogen.figures.shapes import Point, Shape
    from embogen.inference.predicted_survival import LevelCurve, PredictedSurvival


def predicted_drawing(
    result: PredictedSurvival, *, name: str, outcome: str, unit: str = "months"
) -> Drawing:
    """Lay out the curves of a `PredictedSurvival`.

    Below the plot stand those at risk among the patients observed with each level, who carry the
    curve.

    Parameters
    ----------
    result
        Curves in days; at least one.
    name
        Short name of the figure.
    outcome
        What is predicted, such as ``Hepatic progression-free survival``.
    unit
        Unit of the time axis.
    """
    days = DAYS_PER_UNIT[unit]
    longest = max((float(c.time[-1]) / days for c in result.curves if c.time.size), default=0.0)
    ticks = time_ticks(longest, unit)
    x = Scale(0, ticks[-1], left_margin(result.curves), WIDTH - RIGHT)
    most = WIDTH - x.start - RIGHT - 60
    texts = [style.fit_text(_legend(curve, result), style.SMALL, most) for curve in result.curves]
    free = Scale(0, 1, TOP + PLOT, TOP)
    lines = [_points(curve, x, free, days) for curve in result.curves]
    place, top = legend_place(texts, len(texts), lines, x)
    y = Scale(0, 1, top + PLOT, top)
    shapes: list[Shape] = [
        *axes(x, y, ticks, f"Predicted {outcome[:1].lower()}{outcome[1:]}", unit)
    ]
    for index, curve in enumerate(result.curves):
        shapes += band(curve, index, x, y, days, faint=len(result.curves) > FEW_GROUPS)
    for index, curve in enumerate(result.curves):
        points = tuple(_points(curve, x, y, days))
        shapes.append(Line("curve", points, group_colour(index), style.LINE, group_dash(index)))
    shapes += group_legend(texts, place)
    table, height = risk_table(result.curves, x, ticks, unit, y(0) + 50)
    shapes += table
    return Drawing(
        name=name,
        width=WIDTH,
        height=height,
        shapes=tuple(shapes),
        title=f"Predicted {outcome} by {result.title}",
        description=_description(result),
    )


def predicted_numbers(result: PredictedSurvival) -> str:
    """Return the numbers behind the figure as CSV, times in days."""
    header = ["level", "stratum", "time_days", "n_risk", "survival", "ci_low", "ci_high"]
    header += ["hazard", "hazard_std_error"]
    rows: list[list[str | float | None]] = []
    for item in result.curves:
        curve = item.curve
        columns = (
            curve.time,
            item.n_risk,
            curve.survival,
            curve.ci_low,
            curve.ci_high,
            curve.hazard,
            curve.std_error,
        )
        values = np.column_stack(columns).tolist()
        rows += [[item.level, curve.stratum, *line] for line in values]
    return csv_text(header, rows)


def _points(curve: LevelCurve, x: Scale, y: Scale, days: float) -> list[Point]:
    steps = vertices(curve.time / days, curve.curve.survival)
    return [(x(time), y(level)) for time, level in steps]


def _legend(curve: LevelCurve, result: PredictedSurvival) -> str:
    events = f"{format_count(curve.n_events)} of {format_count(curve.n)}"
    return f"{_name(curve, result)}: event seen in {events}"


def _name(curve: LevelCurve, result: PredictedSurvival) -> str:
    return level_words(curve.level, result.title, curve.curve.stratum, result.strata)


def _description(result: PredictedSurvival) -> str:
    parts = []
    for curve in result.curves:
        if curve.time.size:
            share = format_fraction(float(curve.curve.survival[-1]), 100)
            parts.append(f"{_name(curve, result)}: predicted survival {share} at the end.")
    return " ".join(parts)
