"""The baseline table ("Table 1"): variables in rows, all patients and groups in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
    from collections.abc import Sequence

    from embogen.inference.describe import BaselineTable, BaselineVariable

    Summary = NumberSummary | CategorySummary

_ALTERED: Final = "altered"
_DICHOTOMIES: Final = ((_ALTERED, "wild type"), ("yes", "no"))
"""Pairs of levels of which the first alone is shown, in the variable's own row."""


def baseline_rows(result: BaselineTable, *, name: str, title: str) -> Table:
    """Build the table of a `BaselineTable`.

    Numbers are median (first to third quartile) and range; categories are count and percent of
    the patients whose value is known; missing values have a row of their own. A gene shows its
    altered patients, a flag those with yes, in the variable's own row.
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
    positives = {_positive_level(variable) for variable in result.variables}
    if _ALTERED in positives:
        notes.append("Genes: patients altered, of those tested.")
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
        divides = variable.label == result.group_variable  # it differs by definition: no test
        test = None if divides else variable.test
        tail = (
            number(NOTHING)
            if test is None
            else number(format_p(test.p_value), notes=(f"{name_of_test(test.method)}.",)),
        )
    positive = _positive_level(variable)
    if positive is not None:
        counts = [number(text) for text in _texts_of(positive, _categories(summaries))]
        italic = positive == _ALTERED
        shown = Cell(label, notes=notes, strong=True, italic=italic)
        rows = [Row((shown, *counts, *tail), kind="variable")]
        body: list[tuple[str, list[str]]] = []
        missing = "Not tested" if italic else "Missing"
    else:
        blank = (number(""),) * len(summaries)
        rows = [Row((Cell(label, notes=notes, strong=True), *blank, *tail), kind="variable")]
        numbers = [s for s in summaries if isinstance(s, NumberSummary)]
        body = _number_rows(numbers) if numbers else _category_rows(_categories(summaries))
        missing = "Missing"
    if any(summary.n_missing for summary in summaries):
        body.append((missing, [format_count(summary.n_missing) for summary in summaries]))
    end = (number(""),) * len(tail)
    rows += [
        Row((Cell(text), *(number(value) for value in values), *end), indent=1)
        for text, values in body
    ]
    return rows


def _categories(summaries: Sequence[Summary]) -> list[CategorySummary]:
    return [summary for summary in summaries if isinstance(summary, CategorySummary)]


def _positive_level(variable: BaselineVariable) -> str | None:
    """Return the level that says all: altered of a gene, yes of a flag; None for others."""
    if isinstance(variable.overall, NumberSummary):
        return None
    levels = {one.level for one in variable.overall.counts}
    return next((yes for yes, no in _DICHOTOMIES if levels == {yes, no}), None)


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
    return [(level, _texts_of(level, summaries)) for level in levels]


def _texts_of(level: str, summaries: list[CategorySummary]) -> list[str]:
    """Print one level's count and percentage in every group."""
    texts = []
    for summary in summaries:
        found = next((one for one in summary.counts if one.level == level), None)
        if found is None or not found.n:
            texts.append(NOTHING)
            continue
        texts.append(f"{format_count(found.count)} ({format_percent(found.count, found.n)})")
    return texts
