"""Kaplan-Meier curves in numbers: patients, events, median, log-rank test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.inference.estimates import MEDIAN
from embogen.numerals import (
    NOTHING,
    format_count,
    format_level,
    format_p,
    format_time,
    format_time_interval,
)
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import notes_about
from embogen.units import DAYS_PER_UNIT
from embogen.wording import interval_name, name_of_logrank

if TYPE_CHECKING:
    from embogen.inference.curves import KaplanMeier
    from embogen.inference.estimates import TimeQuantile


def quantile_column(fraction: float, unit: str, level: str) -> Column:
    """Head a column of times by which a fraction has had the event.

    Examples
    --------
    >>> quantile_column(0.25, "months", "95%").header.split(",")[0]
    'Time to 25%'
    """
    name = "Median" if fraction == MEDIAN else f"Time to {100 * fraction:g}%"
    return Column(f"{name}, {unit}\n({level} CI)", "right")


def quantile_text(item: TimeQuantile, days: float) -> str:
    """Write such a time with its interval, in units of so many days."""
    text, interval = format_time(item.time.value / days), item.time.interval
    if interval is None:
        return text
    limits = format_time_interval(interval.low / days, interval.high / days)
    return text if limits == NOTHING else f"{text} ({limits})"


def curve_rows(
    result: KaplanMeier, *, name: str, title: str, unit: str = "months", by: str | None = None
) -> Table:
    """Build one row per curve; times are printed in `unit`, `by` names what makes the groups."""
    days = DAYS_PER_UNIT[unit]
    first = result.curves[0] if result.curves else None
    level = format_level(first.level) if first is not None else "95%"
    columns = [
        Column(by or "Group"),
        Column("Patients", "right"),
        Column("Events", "right"),
        Column(f"Median, {unit}", "decimal"),
        Column(f"{level} CI", "center"),
    ]
    others = [] if first is None else [q for q in first.quantiles if q.fraction != MEDIAN]
    columns += [quantile_column(item.fraction, unit, level) for item in others]
    test = result.logrank
    if test is not None:
        called = name_of_logrank(test.rho)
        columns += [Column("Expected\nevents", "decimal"), Column(f"{called} p", "decimal")]
    rows = []
    for position, curve in enumerate(result.curves):
        interval = curve.median.interval
        limits = NOTHING
        if interval is not None:
            limits = format_time_interval(interval.low / days, interval.high / days)
        cells = [
            Cell(
                "All patients" if curve.group == "all" else curve.group,
                notes=notes_about(result.caveats, curve.group),
            ),
            number(format_count(curve.n)),
            number(format_count(curve.n_events)),
            number(format_time(curve.median.value / days)),
            number(limits),
        ]
        times = [item for item in curve.quantiles if item.fraction != MEDIAN]
        cells += [number(quantile_text(item, days)) for item in times]
        if test is not None:
            expected = dict(zip(test.groups, test.expected.tolist(), strict=True))
            cells.append(
                number(f"{expected[curve.group]:.1f}" if curve.group in expected else NOTHING)
            )
            cells.append(number(format_p(test.p_value) if position == 0 else ""))
        rows.append(Row(tuple(cells)))
    notes = ["CI = confidence interval; NR = not reached."]
    if first is not None:
        notes.append(f"Intervals of the curve are {interval_name(first.interval)}.")
    if test is not None:
        notes.append(
            f"{name_of_logrank(test.rho)} chi-square {test.statistic:.2f} on {test.df} df."
        )
    trend = result.trend
    if trend is not None and trend.df:
        notes.append(f"Trend over the groups in this order: z {trend.z:.2f}, {_p(trend.p_value)}.")
    return Table(name, title, tuple(columns), tuple(rows), (), tuple(notes))


def _p(value: float) -> str:
    return f"p = {format_p(value)}".replace("= <", "< ").replace("= >", "> ")
