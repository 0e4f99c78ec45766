"""Fine and Gray's regression in journal form: one row per term."""

from __future__ import annotations

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
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import gene_cell, is_gene, notes_about, term_label

if TYPE_CHECKING:
    from embogen.inference.cox_result import TermEstimate
    from embogen.inference.fine_gray_result import FineGrayFit


def subdistribution_rows(fit: FineGrayFit, *, name: str, title: str) -> Table:
    """Build one row per term of a subdistribution hazards model; its size stands below."""
    levels = {e.hr.interval.level for e in fit.estimates if e.hr.interval is not None}
    level = format_level(levels.pop()) if len(levels) == 1 else "95%"
    columns = (
        Column("Variable"),
        Column("n / N", "right"),
        Column("SHR", "decimal"),
        Column(f"{level} CI", "center"),
        Column("p", "decimal"),
    )
    rows = tuple(Row(_cells(item, fit)) for item in fit.estimates)
    notes = [
        (
            f"One model of {fit.cause}: {format_count(fit.n)} patients, "
            f"{format_count(fit.n_events)} events, "
            f"{format_count(fit.n_competing)} competing events."
        ),
        (
            "SHR = subdistribution hazard ratio (Fine and Gray): above 1, more patients have the "
            "event by any given time. CI = confidence interval; intervals and p from the robust "
            "Wald test."
        ),
    ]
    return Table(name, title, columns, rows, (), tuple(notes))


def _cells(item: TermEstimate, fit: FineGrayFit) -> tuple[Cell, ...]:
    term, interval = item.term, item.hr.interval
    notes = notes_about(fit.caveats, term.label, term.name)
    stub = gene_cell(term, notes) if is_gene(term) else Cell(term_label(term), notes=notes)
    total = format_count(fit.n)
    counts = total if item.n_carriers is None else f"{format_count(item.n_carriers)} / {total}"
    value = format_ratio(item.hr.value) if item.status == "ok" else NOT_ESTIMABLE
    limits = NOTHING
    if interval is not None:
        limits = format_ratio_interval(interval.low, interval.high)
    return (
        stub,
        number(counts),
        number(value),
        number(limits),
        number(format_p(item.hr.p_value)),
    )
