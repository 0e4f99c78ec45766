"""Kaplan-Meier figure: step curves, intervals, censoring, medians, log-rank p, numbers at risk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.hazard import (
    HAZARD_COLUMNS,
    HAZARD_GAP,
    hazard_columns,
    hazard_plot,
)
from embogen.figures.scales import Scale, time_ticks
from embogen.figures.shapes import Box, Drawing, Label, Line
from embogen.figures.step_curves import (
    FEW_GROUPS,
    LEGEND_ROW,
    ONE_GROUP,
    PLOT,
    RIGHT,
    TOP,
    WIDTH,
    axes,
    band,
    group_colour,
    group_dash,
    group_legend,
    group_name,
    left_margin,
    legend_place,
    risk_table,
    vertices,
)
from embogen.numerals import (
    NOT_REACHED,
    NOTHING,
    format_count,
    format_p,
    format_time,
    format_time_interval,
)
from embogen.units import DAYS_PER_UNIT
from embogen.wording import group_words, name_of_logrank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.figures.shapes import Shape
    from embogen.inference.curves import KaplanMeier, SurvivalCurve


def km_drawing(
    result: KaplanMeier, *, name: str, outcome: str, unit: str = "months", by: str | None = None
) -> Drawing:
    """Lay out the curves of a `KaplanMeier`, and below them its cumulative hazards, if any.

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
    x = Scale(0, ticks[-1], left_margin(result.curves), WIDTH - RIGHT)
    texts = _legend_texts(result, unit, by)
    place, top = _legend_place(result, texts, x, days)
    y = Scale(0, 1, top + PLOT, top)
    shapes: list[Shape] = [*axes(x, y, ticks, outcome, unit)]
    for index, curve in enumerate(result.curves):
        shapes += band(curve, index, x, y, days, faint=len(result.curves) > FEW_GROUPS)
    shapes += _median_lines(result, x, y, days)
    for index, curve in enumerate(result.curves):
        shapes += _curve(curve, index, x, y, days)
    shapes += _legend(result, texts, place)
    table, height = risk_table(result.curves, x, ticks, unit, y(0) + 50)
    shapes += table
    if result.hazards is not None:
        plot, height = hazard_plot(result.hazards, x, ticks, unit, height + HAZARD_GAP)
        shapes += plot
    return Drawing(
        name=name,
        width=WIDTH,
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
    if result.hazards is not None:
        header += HAZARD_COLUMNS
        times = {curve.group: curve.time for curve in result.curves}
        found = hazard_columns(result.hazards, times)
        rows = [[*row, *more] for row, more in zip(rows, found, strict=True)]
    return csv_text(header, rows)


def _curve(curve: SurvivalCurve, index: int, x: Scale, y: Scale, days: float) -> list[Shape]:
    points = [(x(t), y(s)) for t, s in vertices(curve.time / days, curve.survival)]
    if len(points) == 1:
        return []
    colour = group_colour(index)
    shapes: list[Shape] = [Line("curve", tuple(points), colour, style.LINE, group_dash(index))]
    censored = curve.n_censor > 0
    for time, level in zip(curve.time[censored], curve.survival[censored], strict=True):
        at, height = x(float(time) / days), y(float(level))
        shapes.append(Line("censored", ((at, height - 3.6), (at, height + 3.6)), colour, 0.9))
    return shapes


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
    most = WIDTH - left_margin(result.curves) - RIGHT - 60
    return [
        style.fit_text(_legend_text(curve, unit, by, alone=alone), style.SMALL, most)
        for curve in result.curves
    ]


def _legend_place(
    result: KaplanMeier, texts: Sequence[str], x: Scale, days: float
) -> tuple[Box, float]:
    y = Scale(0, 1, TOP + PLOT, TOP)
    lines = [
        [(x(t), y(s)) for t, s in vertices(curve.time / days, curve.survival)]
        for curve in result.curves
    ]
    return legend_place(texts, len(texts) + (result.logrank is not None), lines, x)


def _legend(result: KaplanMeier, texts: Sequence[str], place: Box) -> list[Shape]:
    """Write group, median and its interval, and the log-rank p below them."""
    left = place.x + 28
    shapes = group_legend(texts, place)
    if result.logrank is not None:
        text = f"{name_of_logrank(result.logrank.rho)} p = {format_p(result.logrank.p_value)}"
        text = text.replace("= <", "< ").replace("= >", "> ")
        level = place.y + 11 + len(texts) * LEGEND_ROW
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
    if alone and curve.group == ONE_GROUP:
        return f"All patients, {text}"
    return f"{style.fit_text(group_words(curve.group, by), style.SMALL, 170)}, {text}"


def _description(result: KaplanMeier, unit: str) -> str:
    days = DAYS_PER_UNIT[unit]
    parts = [
        f"{group_name(c)}: {format_count(c.n)} patients, "
        f"{format_count(c.n_events)} events, median {format_time(c.median.value / days)} {unit}."
        for c in result.curves
    ]
    if result.logrank is not None:
        called = name_of_logrank(result.logrank.rho)
        parts.append(f"{called} p {format_p(result.logrank.p_value)}.")
    return " ".join(parts)
