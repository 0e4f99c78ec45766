"""Cox regression in journal form: univariable, multivariable, and both side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.numerals import (
    NOT_ESTIMABLE,
    NOTHING,
    format_count,
    format_level,
    format_p,
    format_ratio,
    format_ratio_interval,
)
from embogen.tables.model import Cell, Column, Row, Spanner, Table, number
from embogen.tables.p_values import adjusted_cell, has_adjusted, method_notes, p_note
from embogen.tables.panel_family import panel_cell, panel_note
from embogen.tables.term_notes import estimate_note, gene_cell, is_gene, notes_about, term_label
from embogen.wording import inline_name_of_test, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embogen.inference.cox_result import CoxFit, TermEstimate, UnivariableCox
    from embogen.inference.design import Term

_COUNTS_NOTE = "n / N = patients with the first-named level, such as altered, of patients analyzed."


@dataclass(frozen=True, slots=True)
class _Entry:
    """An estimate with the fit it came from."""

    fit: CoxFit
    estimate: TermEstimate


def univariable_rows(result: UnivariableCox, *, name: str, title: str) -> Table:
    """Build one row per term, each from a model of its own."""
    entries = [_Entry(fit, item) for fit in result.fits for item in fit.estimates]
    adjusted = has_adjusted([entry.estimate for entry in entries])
    panel = result.panel
    columns = (
        Column("Variable"),
        Column("n / N", "right"),
        Column("Events", "right"),
        *_estimate_columns(entries),
        *((Column("Adj. p", "decimal"),) if adjusted else ()),
        *((Column("Adj. p,\npanel", "decimal"),) if panel is not None else ()),
    )
    rows = _rows(
        entries,
        lambda entry: (
            number(_counts(entry)),
            number(format_count(entry.fit.n_events)),
            *_estimate_cells(entry),
            *((adjusted_cell(entry.estimate),) if adjusted else ()),
            *((panel_cell(entry.estimate, panel),) if panel is not None else ()),
        ),
    )
    notes = ("Each variable in a model of its own.", *_notes(entries))
    if panel is not None:
        notes = (*notes, panel_note(panel))
    return Table(name, title, columns, rows, (), notes)


def multivariable_rows(fit: CoxFit, *, name: str, title: str) -> Table:
    """Build one row per term of one model; the size of the model and its tests stand below."""
    entries = [_Entry(fit, item) for item in fit.estimates]
    columns = (Column("Variable"), Column("n / N", "right"), *_estimate_columns(entries))
    rows = _rows(entries, lambda entry: (number(_counts(entry)), *_estimate_cells(entry)))
    size = (
        f"One model: {format_count(fit.n)} patients, {format_count(fit.n_events)} events; "
        f"{fit.ties.capitalize()} ties."
    )
    notes = [size, *_notes(entries)]
    if fit.lr_test is not None:
        test = fit.lr_test
        notes.append(
            f"All terms together: {inline_name_of_test(test.method)} {test.statistic:.2f}"
            + (f" on {test.df:g} df" if test.df is not None else "")
            + f", p = {format_p(test.p_value)}.".replace("= <", "< ").replace("= >", "> ")
        )
    return Table(name, title, columns, rows, (), tuple(notes))


def paired_rows(
    univariable: UnivariableCox, multivariable: CoxFit, *, name: str, title: str
) -> Table:
    """Set univariable and multivariable estimates of the same terms side by side.

    Terms that stand in one of them only have dashes in the other; the row order is that of the
    univariable analysis, then the terms only the multivariable model holds.
    """
    single = {
        item.term.label: _Entry(fit, item) for fit in univariable.fits for item in fit.estimates
    }
    joint = {item.term.label: _Entry(multivariable, item) for item in multivariable.estimates}
    entries = [*single.values(), *(joint[label] for label in joint if label not in single)]
    left, right = _estimate_columns(list(single.values())), _estimate_columns(list(joint.values()))
    columns = (Column("Variable"), Column("n / N", "right"), *left, *right)
    empty = (number(NOTHING),) * 3

    def cells(entry: _Entry) -> tuple[Cell, ...]:
        label = entry.estimate.term.label
        first = _estimate_cells(single[label]) if label in single else empty
        second = _estimate_cells(joint[label]) if label in joint else empty
        return (number(_counts(entry)), *first, *second)

    spanners = (Spanner("Univariable", 2, 5), Spanner("Multivariable", 5, 8))
    size = (
        f"Multivariable: one model of {format_count(multivariable.n)} patients and "
        f"{format_count(multivariable.n_events)} events."
    )
    notes = (size, *_notes([*single.values(), *joint.values()]))
    return Table(name, title, columns, _rows(entries, cells), spanners, notes)


def _estimate_columns(entries: Sequence[_Entry]) -> tuple[Column, ...]:
    levels = {e.estimate.hr.interval.level for e in entries if e.estimate.hr.interval is not None}
    level = format_level(levels.pop()) if len(levels) == 1 else "95%"
    return (Column("HR", "decimal"), Column(f"{level} CI", "center"), Column("p", "decimal"))


def _estimate_cells(entry: _Entry) -> tuple[Cell, ...]:
    estimate = entry.estimate
    note = estimate_note(estimate)
    notes = () if note is None else (note,)
    interval = estimate.hr.interval
    if estimate.status == "not_estimable":
        return (number(NOT_ESTIMABLE, notes=notes), number(NOTHING), number(NOTHING))
    value = NOT_ESTIMABLE if estimate.status != "ok" else format_ratio(estimate.hr.value)
    limits = NOTHING if interval is None else format_ratio_interval(interval.low, interval.high)
    test = p_note(estimate)
    p_value = number(format_p(estimate.primary_p), notes=() if test is None else (test,))
    return (number(value, notes=notes), number(limits), p_value)


def _counts(entry: _Entry) -> str:
    carriers = entry.estimate.n_carriers
    total = format_count(entry.fit.n)
    return total if carriers is None else f"{format_count(carriers)} / {total}"


def _notes(entries: Sequence[_Entry]) -> tuple[str, ...]:
    notes = ["HR = hazard ratio; CI = confidence interval."]
    if any(entry.estimate.n_carriers is not None for entry in entries):
        notes.append(_COUNTS_NOTE)
    counts = sorted({e.fit.robust.n_clusters for e in entries if e.fit.robust is not None})
    if counts:
        notes.append(
            "Intervals and p allow for patients of one cluster being alike (robust variance, "
            f"{listed([format_count(count) for count in counts], 'or')} clusters)."
        )
    return (*notes, *method_notes([entry.estimate for entry in entries]))


def _rows(
    entries: Sequence[_Entry], cells: Callable[[_Entry], tuple[Cell, ...]]
) -> tuple[Row, ...]:
    """Make the rows; the levels of one variable stand indented under its name."""
    rows: list[Row] = []
    heading: str | None = None
    for entry in entries:
        term = entry.estimate.term
        notes = notes_about(entry.fit.caveats, term.label, term.name)
        if term.coding != "level":
            heading = None
            rows.append(Row((_stub(term, notes), *cells(entry))))
            continue
        if heading != term.name:
            heading = term.name
            against = f" (reference: {term.reference})" if term.reference is not None else ""
            rows.append(Row((Cell(f"{term.title or term.name}{against}"),), kind="group"))
        rows.append(Row((Cell(term.level or term.name, notes=notes), *cells(entry)), indent=1))
    return tuple(rows)


def _stub(term: Term, notes: tuple[str, ...]) -> Cell:
    if is_gene(term):
        return gene_cell(term, notes)
    return Cell(term_label(term), notes=notes)
