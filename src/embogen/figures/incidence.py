"""Cumulative incidence figure: the event by group with bands, what competes as thin lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.scales import Scale, time_ticks
from embogen.figures.shapes import Drawing, Label, Line
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
from embogen.numerals import format_count, format_p, format_percent
from embogen.units import DAYS_PER_UNIT
from embogen.wording import group_words, lower_first

if TYPE_CHECKING:
    from embogen.figures.shapes import Box, Shape
    from embogen.inference.competing import CumulativeIncidence, IncidenceCurve

_THIN: Final = 0.7


def incidence_drawing(
    result: CumulativeIncidence,
    *,
    name: str,
    outcome: str,
    unit: str = "months",
    by: str | None = None,
) -> Drawing:
    """Lay out the curves of a `CumulativeIncidence`.

    The first cause is drawn as survival curves are, by group with its band; every other cause is a
    thin line of the same colour without a band, so that the eye stays on the event.

    Parameters
    ----------
    result
        Curves in days.
    name
        Short name of the figure.
    outcome
        What the y axis shows, such as ``Cumulative incidence``.
    unit
        Unit of the time axis.
    by
        What a reader calls the variable that makes the groups.
    """
    days = DAYS_PER_UNIT[unit]
    own = [result.curve(result.causes[0], group) for group in _groups(result)]
    longest = max((c.time[-1] / days for c in result.curves if c.time.size), default=0.0)
    ticks = time_ticks(longest, unit)
    x = Scale(0, ticks[-1], left_margin(own), WIDTH - RIGHT)
    texts = _legend_texts(result, own, by, WIDTH - x.start - RIGHT - 60)
    free = Scale(0, 1, TOP + PLOT, TOP)
    lines = [_points(curve, x, free, days) for curve in result.curves]
    place, top = legend_place(texts, len(texts), lines, x)
    y = Scale(0, 1, top + PLOT, top)
    shapes: list[Shape] = [*axes(x, y, ticks, outcome, unit)]
    for index, curve in enumerate(own):
        faint = len(own) > FEW_GROUPS
        shapes += band(curve, index, x, y, days, faint=faint, start=0.0)
    for index, group in enumerate(_groups(result)):
        for cause in result.causes:
            width = style.LINE if cause == result.causes[0] else _THIN
            points = tuple(_points(result.curve(cause, group), x, y, days))
            if len(points) > 1:
                role = "curve" if cause == result.causes[0] else "competing"
                shapes.append(Line(role, points, group_colour(index), width, group_dash(index)))
    shapes += _legend(texts, len(own), place)
    table, height = risk_table(own, x, ticks, unit, y(0) + 50)
    shapes += table
    return Drawing(
        name=name,
        width=WIDTH,
        height=height,
        shapes=tuple(shapes),
        title=f"Cumulative incidence of {' and of '.join(result.causes)}",
        description=_description(result),
    )


def incidence_numbers(result: CumulativeIncidence) -> str:
    """Return the numbers behind the figure as CSV, times in days."""
    header = ["group", "cause", "time_days", "n_risk", "n_event", "incidence"]
    header += ["std_error", "ci_low", "ci_high"]
    rows: list[list[str | float | None]] = []
    for curve in result.curves:
        columns = (
            curve.time,
            curve.n_risk,
            curve.n_event,
            curve.incidence,
            curve.std_error,
            curve.ci_low,
            curve.ci_high,
        )
        values = np.column_stack(columns).tolist()
        rows += [[curve.group, curve.cause, *line] for line in values]
    return csv_text(header, rows)


def _groups(result: CumulativeIncidence) -> list[str]:
    """Return the groups that have curves, in order."""
    return list(dict.fromkeys(curve.group for curve in result.curves))


def _points(curve: IncidenceCurve, x: Scale, y: Scale, days: float) -> list[tuple[float, float]]:
    steps = vertices(curve.time / days, curve.incidence, 0.0)
    return [(x(time), y(level)) for time, level in steps]


def _legend_texts(
    result: CumulativeIncidence, own: list[IncidenceCurve], by: str | None, most: float
) -> list[str]:
    """Write one line per group, then the thin lines' meaning and Gray's p."""
    texts = []
    for curve in own:
        alone = curve.group == ONE_GROUP
        who = "All patients" if alone else group_words(curve.group, by)
        events = f"{format_count(curve.n_events)} of {format_count(curve.n)}"
        texts.append(f"{who}: {curve.cause} in {events}")
    if len(result.causes) > 1:
        texts.append(f"thin lines: {', '.join(result.causes[1:])}")
    for test in result.gray[:1]:
        if test.df:
            text = f"Gray's test of {lower_first(test.cause)}, p = {format_p(test.p_value)}"
            texts.append(text.replace("= <", "< ").replace("= >", "> "))
    return [style.fit_text(text, style.SMALL, most) for text in texts]


def _legend(texts: list[str], n_groups: int, place: Box) -> list[Shape]:
    left = place.x + 28
    shapes = group_legend(texts[:n_groups], place)
    for index, text in enumerate(texts[n_groups:], start=n_groups):
        level = place.y + 11 + index * LEGEND_ROW
        if index == n_groups and text.startswith("thin"):
            ends = ((left - 24, level - 3), (left - 4, level - 3))
            shapes.append(Line("legend", ends, style.QUIET_INK, _THIN))
        shapes.append(Label("legend", left, level, text, size=style.SMALL))
    return shapes


def _description(result: CumulativeIncidence) -> str:
    parts = []
    for curve in result.curves:
        if not curve.time.size:
            continue
        share = format_percent(100 * float(curve.incidence[-1]), 100)
        parts.append(
            f"{group_name(curve)}: {curve.cause} in {format_count(curve.n_events)} of "
            f"{format_count(curve.n)} patients, incidence {share} at the end."
        )
    parts += [
        f"Gray's test of {test.cause}: p {format_p(test.p_value)}."
        for test in result.gray
        if test.df
    ]
    return " ".join(parts)
