"""Predicted survival in numbers: levels of one term at fixed times, the other terms held."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from embogen.numerals import (
    NOT_ESTIMABLE,
    NOTHING,
    decimals_for,
    format_count,
    format_fraction,
    format_level,
    format_number,
)
from embogen.tables.curves import quantile_column, quantile_text
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import notes_about
from embogen.units import DAYS_PER_UNIT, months_to_days
from embogen.wording import interval_name, listed, lower_first

if TYPE_CHECKING:
    from embogen.inference.predicted_survival import HeldCovariate, LevelCurve, PredictedSurvival

_HOW: Final = {
    "stated": "as the plan states",
    "mean": "mean",
    "reference": "reference level",
    "most_frequent": "most frequent",
}


def held_words(item: HeldCovariate) -> str:
    """Name a held term with its value and where that comes from.

    Examples
    --------
    >>> from embogen.inference.predicted_survival import HeldCovariate
    >>> held_words(HeldCovariate("age", "Age", 57.25, "years", "mean"))
    'age 57.2 years (mean)'
    >>> held_words(HeldCovariate("grade", "Tumor grade", "2", None, "most_frequent"))
    'tumor grade 2 (most frequent)'
    """
    value = item.value
    if not isinstance(value, str):
        value = format_number(value, decimals_for((value,)))
        value += f" {item.unit}" if item.unit else ""
    return f"{lower_first(item.title)} {value} ({_HOW[item.how]})"


def share_text(curve: LevelCurve, month: float) -> str:
    """Write survival at a month with its interval; a dash where nobody was followed so long."""
    found = curve.at(months_to_days(month))
    if math.isnan(found.value):
        return NOTHING
    text = format_fraction(found.value, curve.n)
    interval = found.interval
    if interval is None or math.isnan(interval.low) or math.isnan(interval.high):
        return text
    low = format_fraction(interval.low, curve.n).rstrip("%")
    return f"{text} ({low}\u2013{format_fraction(interval.high, curve.n)})"


def predicted_rows(
    result: PredictedSurvival, *, name: str, title: str, unit: str = "months"
) -> Table:
    """Build one row per level and stratum; times are printed in `unit`."""
    days = DAYS_PER_UNIT[unit]
    first = result.curves[0] if result.curves else None
    level = "95%" if first is None else format_level(first.curve.level)
    fractions = [] if first is None else [item.fraction for item in first.quantiles]
    stratified = bool(result.curves and result.strata)
    columns = [Column(result.title), *([Column(result.strata)] if stratified else [])]
    patients = Column("Patients", "right")
    columns += [patients, Column("Events", "right")]
    columns += [Column(f"At {month:g} months\n({level} CI)", "right") for month in result.months]
    columns += [quantile_column(fraction, unit, level) for fraction in fractions]
    rows = []
    for curve in result.curves:
        cells = [
            Cell(curve.level),
            *([Cell(curve.curve.stratum)] if stratified else []),
            number(format_count(curve.n)),
            number(format_count(curve.n_events)),
            *(number(share_text(curve, month)) for month in result.months),
            *(number(quantile_text(item, days)) for item in curve.quantiles),
        ]
        rows.append(Row(tuple(cells)))
    for missing in result.without_curve:
        notes = notes_about(result.caveats, f"{result.title}: {missing}")
        before = columns.index(patients)
        cells = [Cell(missing, notes=notes), *(number(NOTHING) for _ in columns[1:])]
        cells[before + 2] = number(NOT_ESTIMABLE)
        rows.append(Row(tuple(cells)))
    return Table(name, title, tuple(columns), tuple(rows), (), _notes(result))


def _notes(result: PredictedSurvival) -> tuple[str, ...]:
    size = f"{format_count(result.n)} patients, {format_count(result.n_events)} events"
    penalty = "" if result.penalty is None else " with Firth's penalty"
    notes = [f"Survival that one Cox model{penalty} predicts ({size})."]
    if result.held:
        held = listed([held_words(item) for item in result.held])
        notes.append(f"In all rows: {held}.")
    notes.append("Patients and events: those observed with that level, whatever else they have.")
    if result.curves:
        kind = interval_name(result.curves[0].curve.interval)
        notes.append(
            f"CI = confidence interval, pointwise, {kind}; NR = not reached; {NOTHING} = nobody "
            "followed so long."
        )
    return tuple(notes)
