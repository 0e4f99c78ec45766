"""Cumulative hazards in numbers: Nelson-Aalen estimates at fixed times and at the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.numerals import NOTHING, format_count, format_level, format_number
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.units import months_to_days
from embogen.wording import interval_name

if TYPE_CHECKING:
    from embogen.inference.cumulative_hazard import NelsonAalen
    from embogen.inference.estimates import Estimate


def hazard_rows(result: NelsonAalen, *, name: str, title: str, by: str | None = None) -> Table:
    """Build one row per group; `by` names what makes the groups."""
    months = result.reported_months()
    first = result.curves[0] if result.curves else None
    level = "95%" if first is None else format_level(first.level)
    columns = [Column(by or "Group"), Column("Patients", "right"), Column("Events", "right")]
    columns += [Column(f"At {month:g} months\n({level} CI)", "right") for month in months]
    columns.append(Column(f"At the end\n({level} CI)", "right"))
    rows = []
    for curve in result.curves:
        end = float(curve.time[-1]) if curve.time.size else math.nan
        found = [curve.at(day) for day in (*(months_to_days(month) for month in months), end)]
        cells = [
            Cell("All patients" if curve.group == "all" else curve.group),
            number(format_count(curve.n)),
            number(format_count(curve.n_events)),
            *(number(_hazard(item)) for item in found),
        ]
        rows.append(Row(tuple(cells)))
    kind = "log-transformed" if first is None else interval_name(first.interval)
    notes = (
        (
            "Nelson\u2013Aalen cumulative hazard: events expected by then of a patient who is at "
            "risk all the time."
        ),
        f"CI = confidence interval, pointwise, {kind}; {NOTHING} = nobody followed so long.",
    )
    return Table(name, title, tuple(columns), tuple(rows), (), notes)


def _hazard(item: Estimate) -> str:
    text = format_number(item.value, 2)
    interval = item.interval
    if interval is None or math.isnan(interval.low) or math.isnan(interval.high):
        return text
    low, high = format_number(interval.low, 2), format_number(interval.high, 2)
    return f"{text} ({low}\u2013{high})"
