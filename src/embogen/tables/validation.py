"""Table of a validation: apparent performance, optimism, what is left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.numerals import NOTHING, format_count, format_level, format_number
from embogen.tables.model import Cell, Column, Row, Table, number

if TYPE_CHECKING:
    from embogen.inference.validation_result import CorrectedIndex, CoxValidation


def validation_rows(result: CoxValidation, *, name: str, title: str) -> Table:
    """Build a row for the concordance and one for the calibration slope."""
    columns = (
        Column("Measure"),
        Column("Apparent", "decimal"),
        Column("In resamples", "decimal"),
        Column("In the data", "decimal"),
        Column("Optimism (SE)", "right"),
        Column("Corrected", "decimal"),
    )
    rows = (
        Row(_cells("Concordance", result.concordance, _interval_note(result))),
        Row(_cells("Calibration slope", result.slope, ())),
    )
    drawn = f"{format_count(result.n_resamples)} bootstrap resamples"
    if result.n_left_out:
        drawn += f", {format_count(result.n_left_out)} of them without finite estimates left out"
    size = f"{format_count(result.n)} patients, {format_count(result.n_events)} events"
    seed = ""
    if result.seed is not None:
        seed = f"; seed {'-'.join(str(part) for part in result.seed.entropy)}"
    notes = (
        f"{size}; {drawn}{seed}. SE: Monte Carlo standard error.",
        "Concordance: 0.5 says nothing, 1 orders all patients rightly.",
        "A slope below 1: predictions for new patients are too extreme.",
    )
    return Table(name, title, columns, rows, (), notes)


def _interval_note(result: CoxValidation) -> tuple[str, ...]:
    interval = result.apparent.interval
    if interval is None:
        return ()
    low, high = format_number(interval.low, 3), format_number(interval.high, 3)
    level = format_level(interval.level)
    return (f"{level} CI {low}\u2013{high}, as if the model had been given beforehand.",)


def _cells(label: str, index: CorrectedIndex, notes: tuple[str, ...]) -> tuple[Cell, ...]:
    error = NOTHING if math.isnan(index.standard_error) else format_number(index.standard_error, 3)
    return (
        Cell(label),
        number(format_number(index.apparent, 3), notes=notes),
        number(format_number(index.in_resamples, 3)),
        number(format_number(index.in_data, 3)),
        number(f"{format_number(index.optimism, 3)} ({error})"),
        number(format_number(index.corrected, 3), strong=True),
    )
