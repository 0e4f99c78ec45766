"""Genes by how often they are altered, among the patients tested for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.numerals import NOTHING, format_count, format_fraction, format_level
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import notes_about
from embogen.wording import interval_name, listed

if TYPE_CHECKING:
    from embogen.inference.frequency import GeneFrequency, GeneFrequencyRow

_CANDIDATE = "Candidate gene: related to outcome; chosen without sight of the outcome."


def frequency_rows(result: GeneFrequency, *, name: str, title: str) -> Table:
    """Build the table of a `GeneFrequency`: rank, altered, tested, percent, exact interval.

    Columns for patients not tested and failed appear when there are any.
    """
    untested = any(row.count.n_not_tested for row in result.rows)
    failed = any(row.count.n_failed for row in result.rows)
    first = next((row.fraction.interval for row in result.rows if row.fraction.interval), None)
    level = format_level(first.level) if first is not None else "95%"
    columns = [
        Column("Gene"),
        Column("Rank", "right"),
        Column("Altered", "right"),
        Column("Tested", "right"),
        Column("Altered, %", "right"),
        Column(f"{level} CI", "right"),
    ]
    if untested:
        columns.append(Column("Not tested", "right"))
    if failed:
        columns.append(Column("Failed", "right"))
    rows = tuple(Row(_cells(row, result, untested=untested, failed=failed)) for row in result.rows)
    base = (
        f"{format_count(result.n_patients)} patients. Percentages are of patients tested for the "
        "gene; a patient whose panel did not cover it is never counted as wild type."
    )
    notes = [base]
    if first is not None:
        notes.append(f"CI = confidence interval, {interval_name(first.method)}.")
    return Table(name, title, tuple(columns), rows, (), tuple(notes))


def _cells(
    row: GeneFrequencyRow, result: GeneFrequency, *, untested: bool, failed: bool
) -> tuple[Cell, ...]:
    count, interval = row.count, row.fraction.interval
    notes: tuple[str, ...] = (_CANDIDATE,) if row.candidate else ()
    if count.members:
        notes += (f"Altered where any of {listed(list(count.members), 'or')} is.",)
    notes += notes_about(result.caveats, count.gene)
    limits = NOTHING
    if interval is not None and count.n_tested:
        low = format_fraction(interval.low, result.n_patients)
        limits = f"{low.rstrip('%')}\u2013{format_fraction(interval.high, result.n_patients)}"
    cells = [
        Cell(
            count.title or count.gene,
            notes=notes,
            italic=not count.members,
            strong=row.candidate,
        ),
        number(str(row.rank)),
        number(format_count(count.n_altered)),
        number(format_count(count.n_tested)),
        number(format_fraction(row.fraction.value, result.n_patients)),
        number(limits),
    ]
    if untested:
        cells.append(number(format_count(count.n_not_tested)))
    if failed:
        cells.append(number(format_count(count.n_failed)))
    return tuple(cells)
