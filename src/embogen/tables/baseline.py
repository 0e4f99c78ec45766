"""The baseline table ("Table 1"): variables in rows, all patients and groups in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.inference.describe import CategorySummary, NumberSummary
from embogen.numerals import (
    NOTHING,
    decimals_for,
    format_count,
    format_number,
    format_p,
    format_percent,
)
from embogen.tables.model import Cell, Column, Row, Spanner, Table, number
from embogen.tables.term_notes import notes_about
from embogen.wording import name_of_test

if TYPE_CHECKING:
    from embogen.inference.describe import BaselineTable, BaselineVariable

    Summary = NumberSummary | CategorySummary


def baseline_rows(result: BaselineTable, *, name: str, title: str) -> Table:
    """Build the table of a `BaselineTable`.

    Numbers are median (first to third quartile) and range; categories are count and percent of
    the patients whose value is known; missing values have a row of their own.
    """
    grouped = bool(result.group_names)
    tested = any(variable.test is not None for variable in result.variables)
    columns = [
        Column("Characteristic"),
        Column(f"All patients\nn = {format_count(result.n)}", "right"),
    ]
    for group, size in zip(result.group_names, result.group_sizes, strict=True):
        columns.append(Column(f"{group}\nn = {format_count(size)}", "right"))
    if tested:
        columns.append(Column("p", "decimal"))
    rows: list[Row] = []
    for variable in result.variables:
        rows += _variable_rows(variable, result, tested=tested)
    spanners: tuple[Spanner, ...] = ()
    if grouped:
        label = result.group_variable or "Group"
        spanners = (Spanner(label, 2, 2 + len(result.group_names)),)
    return Table(name, title, tuple(columns), tuple(rows), spanners, _notes(result))


def _notes(result: BaselineTable) -> tuple[str, ...]:
    notes = ["Values are n (%) or as named; percentages are of patients whose value is known."]
    if any(isinstance(variable.overall, NumberSummary) for variable in result.variables):
        notes.append("Q1\u2013Q3 = first to third quartile.")
    if result.n_group_missing:
        notes.append(
            f"{format_count(result.n_group_missing)} of {format_count(result.n)} patients have no "
            f"known {result.group_variable or 'group'} and stand in the first column only."
        )
    return tuple(notes)


def _variable_rows(variable: BaselineVariable, result: BaselineTable, *, tested: bool) -> list[Row]:
    summaries = (variable.overall, *variable.groups)
    label = f"{variable.label}, {variable.unit}" if variable.unit else variable.label
    notes = notes_about(result.caveats, variable.name, variable.label)
    tail: tuple[Cell, ...] = ()
    if tested:
        test = variable.test
        tail = (
            number(NOTHING)
            if test is None
            else number(format_p(test.p_value), notes=(f"{name_of_test(test.method)}.",)),
        )
    blank = (number(""),) * len(summaries)
    rows = [Row((Cell(label, notes=notes, strong=True), *blank, *tail), kind="variable")]
    if isinstance(variable.overall, NumberSummary):
        body = _number_rows([s for s in summaries if isinstance(s, NumberSummary)])
    else:
        body = _category_rows([s for s in summaries if isinstance(s, CategorySummary)])
    if any(summary.n_missing for summary in summaries):
        counts = [format_count(summary.n_missing) for summary in summaries]
        body.append(("Missing", counts))
    end = (number(""),) * len(tail)
    rows += [
        Row((Cell(text), *(number(value) for value in values), *end), indent=1)
        for text, values in body
    ]
    return rows


def _number_rows(summaries: list[NumberSummary]) -> list[tuple[str, list[str]]]:
    """Median with quartiles, and range, with decimals that suit the variable as a whole."""
    spread = tuple(v for s in summaries for v in (s.median, s.q1, s.q3))
    ends = tuple(v for s in summaries for v in (s.minimum, s.maximum))
    digits = min(decimals_for(spread), 2)
    whole = decimals_for(ends)
    middle, outer = [], []
    for summary in summaries:
        if summary.n == 0:
            middle.append(NOTHING)
            outer.append(NOTHING)
            continue
        quartiles = f"{format_number(summary.q1, digits)}\u2013{format_number(summary.q3, digits)}"
        middle.append(f"{format_number(summary.median, digits)} ({quartiles})")
        low = format_number(summary.minimum, min(whole, digits or whole))
        outer.append(f"{low}\u2013{format_number(summary.maximum, min(whole, digits or whole))}")
    return [("Median (Q1\u2013Q3)", middle), ("Range", outer)]


def _category_rows(summaries: list[CategorySummary]) -> list[tuple[str, list[str]]]:
    levels = list(dict.fromkeys(c.level for s in summaries for c in s.counts))
    rows = []
    for level in levels:
        texts = []
        for summary in summaries:
            found = next((c for c in summary.counts if c.level == level), None)
            if found is None:
                texts.append(NOTHING)
                continue
            percent = format_percent(found.count, found.n)
            texts.append(f"{format_count(found.count)} ({percent})" if found.n else NOTHING)
        rows.append((level, texts))
    return rows
