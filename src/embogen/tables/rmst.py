"""Restricted mean survival in numbers: means by group, differences and ratios."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.numerals import (
    NOTHING,
    format_count,
    format_level,
    format_number,
    format_p,
    format_ratio,
    format_ratio_interval,
)
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import notes_about
from embogen.units import DAYS_PER_UNIT

if TYPE_CHECKING:
    from embogen.inference.estimates import Estimate
    from embogen.inference.rmst import MeanContrast, RestrictedMean, Rmst


def rmst_rows(
    result: Rmst, *, name: str, title: str, unit: str = "months", by: str | None = None
) -> Table:
    """Build one row per group; the first group is the one the others are compared with."""
    levels = {g.mean.interval.level for g in result.groups if g.mean.interval is not None}
    level = format_level(levels.pop()) if len(levels) == 1 else "95%"
    columns = [
        Column(by or "Group"),
        Column("Patients", "right"),
        Column("Events", "right"),
        Column(f"Restricted mean,\n{unit} ({level} CI)", "right"),
    ]
    if result.contrasts:
        columns += [
            Column(f"Difference,\n{unit} ({level} CI)", "right"),
            Column("p", "decimal"),
            Column(f"Ratio ({level} CI)", "right"),
        ]
    contrasts = {item.group: item for item in result.contrasts}
    rows = []
    for group in result.groups:
        cells = _group(group, result, unit)
        if result.contrasts:
            cells += _contrast(contrasts.get(group.group), unit)
        rows.append(Row(tuple(cells)))
    horizon = format_number(result.horizon_days / DAYS_PER_UNIT[unit], 1)
    notes = [
        (
            f"Mean survival time within the first {horizon} {unit}: the area under the "
            "Kaplan\u2013Meier curve up to then. Events are those by then. CI = confidence "
            "interval."
        )
    ]
    if result.contrasts:
        reference = result.contrasts[0].reference
        notes.append(f"Differences and ratios are against {reference}; p from the Wald test.")
    return Table(name, title, tuple(columns), tuple(rows), (), tuple(notes))


def _group(group: RestrictedMean, result: Rmst, unit: str) -> list[Cell]:
    label = "All patients" if group.group == "all" else group.group
    return [
        Cell(label, notes=notes_about(result.caveats, group.group)),
        number(format_count(group.n)),
        number(format_count(group.n_events)),
        number(time_text(group.mean, unit)),
    ]


def _contrast(item: MeanContrast | None, unit: str) -> list[Cell]:
    if item is None:
        return [Cell("reference", quiet=True), number(""), number("")]
    ratio = NOTHING
    if math.isfinite(item.ratio.value):
        ratio = format_ratio(item.ratio.value)
        limits = item.ratio.interval
        if limits is not None:
            ratio += f" ({format_ratio_interval(limits.low, limits.high)})"
    return [
        number(time_text(item.difference, unit)),
        number(format_p(item.difference.p_value)),
        number(ratio),
    ]


def time_text(estimate: Estimate, unit: str) -> str:
    """Print a time in days in another unit, with its interval.

    Examples
    --------
    >>> from embogen.inference.estimates import Estimate, Interval
    >>> time_text(Estimate(-60.875, Interval(-91.3125, -30.4375, 0.95, "wald"), None, "days"),
    ...           "months")
    '\u22122.0 (\u22123.0 to \u22121.0)'
    """
    days = DAYS_PER_UNIT[unit]
    text = format_number(estimate.value / days, 1)
    interval = estimate.interval
    if interval is None:
        return text
    low, high = format_number(interval.low / days, 1), format_number(interval.high / days, 1)
    return f"{text} ({low} to {high})"
