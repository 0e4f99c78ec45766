"""Competing risks in numbers: incidence of each cause at fixed times, with Gray's test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.numerals import NOTHING, format_count, format_fraction, format_level, format_p
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import notes_about
from embogen.units import months_to_days
from embogen.wording import group_words, interval_name

if TYPE_CHECKING:
    from embogen.inference.competing import CumulativeIncidence, IncidenceCurve


def incidence_rows(
    result: CumulativeIncidence, *, name: str, title: str, by: str | None = None
) -> Table:
    """Build one row per group under the name of each cause; `by` names what makes the groups."""
    months = result.reported_months()
    tests = {test.cause: test for test in result.gray if test.df}
    level = format_level(result.curves[0].level) if result.curves else "95%"
    columns = [Column(by or "Group"), Column("Patients", "right"), Column("Events", "right")]
    columns += [Column(f"At {month:g} months\n({level} CI)", "right") for month in months]
    if tests:
        columns.append(Column("Gray p", "decimal"))
    rows: list[Row] = []
    for cause in result.causes:
        rows.append(Row((Cell(cause[:1].upper() + cause[1:]),), kind="group"))
        curves = [curve for curve in result.curves if curve.cause == cause]
        for position, curve in enumerate(curves):
            group = "All patients" if curve.group == "all" else curve.group
            cells = [
                Cell(group, notes=notes_about(result.caveats, curve.group)),
                number(format_count(curve.n)),
                number(format_count(curve.n_events)),
                *(number(_share(curve, months_to_days(month))) for month in months),
            ]
            if tests:
                known = position == 0 and cause in tests
                cells.append(number(format_p(tests[cause].p_value) if known else ""))
            rows.append(Row(tuple(cells), indent=1))
    return Table(name, title, tuple(columns), tuple(rows), (), _notes(result, by))


def _share(curve: IncidenceCurve, days: float) -> str:
    found = curve.at(days)
    if math.isnan(found.value):
        return NOTHING
    text = format_fraction(found.value, curve.n)
    interval = found.interval
    if interval is None or math.isnan(interval.low) or math.isnan(interval.high):
        return text
    low = format_fraction(interval.low, curve.n).rstrip("%")
    return f"{text} ({low}\u2013{format_fraction(interval.high, curve.n)})"


def _notes(result: CumulativeIncidence, by: str | None) -> tuple[str, ...]:
    notes = [
        (
            "Cumulative incidence by the Aalen\u2013Johansen estimator: the share of patients who "
            "have had the event by then, the causes taking patients from each other."
        )
    ]
    if result.curves:
        notes.append(
            "CI = confidence interval, pointwise, "
            f"{interval_name(result.curves[0].interval)}; {NOTHING} = nobody followed so long."
        )
    for test in result.gray:
        if test.df:
            groups = " and ".join(group_words(group, by) for group in test.groups)
            notes.append(
                f"Gray's test of {test.cause}, {groups}: chi-square {test.statistic:.2f} on "
                f"{test.df} df."
            )
    return tuple(notes)
