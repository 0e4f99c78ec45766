"""Genes against a yes-or-no outcome: who has it on each side, odds ratio, Fisher's p."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.numerals import (
    NOTHING,
    format_count,
    format_level,
    format_p,
    format_percent,
    format_ratio,
    format_ratio_interval,
)
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import gene_cell, is_gene, notes_about, term_label

if TYPE_CHECKING:
    from embogen.inference.association import Association, Associations, GroupRate
    from embogen.inference.ratio import Ratio


def association_rows(result: Associations, *, name: str, title: str) -> Table:
    """Build one row per factor: the share with the outcome on each side, odds ratio, exact p."""
    levels = {t.odds_ratio.interval.level for t in result.tables if t.odds_ratio.interval}
    level = format_level(levels.pop()) if len(levels) == 1 else "95%"
    genes = all(is_gene(table.term) for table in result.tables)
    untested = any(table.n_unknown for table in result.tables)
    columns = [
        Column("Gene" if genes else "Variable"),
        Column("Altered" if genes else "With it", "right"),
        Column("Wild type" if genes else "Without it", "right"),
        Column("Odds ratio", "decimal"),
        Column(f"{level} CI", "center"),
        Column("Fisher p", "decimal"),
    ]
    if untested:
        columns.append(Column("Not tested" if genes else "Not known", "right"))
    rows = []
    for table in result.tables:
        cells = [
            _stub(table, result),
            number(_rate(table.carriers)),
            number(_rate(table.others)),
            *_odds(table),
        ]
        if untested:
            cells.append(number(format_count(table.n_unknown)))
        rows.append(Row(tuple(cells)))
    size = (
        f"Outcome: {result.outcome}, in {format_count(result.n_events)} of "
        f"{format_count(result.n)} patients for whom it is known."
    )
    left = [f"{format_count(item.n)} {item.reason}" for item in result.left_out if item.n]
    notes = [
        size + (f" Left out: {'; '.join(left)}." if left else ""),
        "Cells: patients with the outcome / patients (percent).",
        (
            "Odds ratio by conditional maximum likelihood with its exact interval; CI = confidence "
            "interval. p two-sided, not adjusted for multiple testing."
        ),
    ]
    return Table(name, title, tuple(columns), tuple(rows), (), tuple(notes))


def adjusted_rows(result: Associations, *, name: str, title: str) -> Table:
    """Build the logistic models with confounders, one below the other, the factor first."""
    levels = {
        item.odds_ratio.interval.level
        for model in result.adjusted
        for item in model.fit.estimates
        if item.odds_ratio.interval
    }
    level = format_level(levels.pop()) if len(levels) == 1 else "95%"
    columns = (
        Column("Variable"),
        Column("Patients", "right"),
        Column("Odds ratio", "decimal"),
        Column(f"{level} CI", "center"),
        Column("p", "decimal"),
    )
    rows = []
    for model in result.adjusted:
        for position, item in enumerate(model.fit.estimates):
            size = number(format_count(model.fit.n)) if position == 0 else Cell("")
            gene = is_gene(item.term)
            stub = gene_cell(item.term) if gene else Cell(term_label(item.term))
            cells = (stub, size, *_ratio(item.odds_ratio))
            rows.append(Row(cells, indent=int(position > 0)))
    notes = (
        "One logistic model for each gene, with the confounders below it.",
        (
            "Odds ratios with Firth's penalty; interval and p from the profile of the penalised "
            "likelihood. CI = confidence interval. p two-sided, not adjusted for multiple testing."
        ),
    )
    return Table(name, title, columns, tuple(rows), (), notes)


def _stub(table: Association, result: Associations) -> Cell:
    term = table.term
    notes = notes_about(result.caveats, term.label)
    where = "" if table.subgroup == "all" else f" ({table.subgroup})"
    if is_gene(term):
        return Cell(f"{term.title or term.name}{where}", notes=notes, italic=term.title is None)
    return Cell(f"{term_label(term)}{where}", notes=notes)


def _rate(rate: GroupRate) -> str:
    if not rate.n:
        return NOTHING
    share = format_percent(rate.n_events, rate.n)
    return f"{format_count(rate.n_events)} / {format_count(rate.n)} ({share})"


def _odds(table: Association) -> tuple[Cell, Cell, Cell]:
    return _ratio(table.odds_ratio)


def _ratio(ratio: Ratio) -> tuple[Cell, Cell, Cell]:
    interval = ratio.interval
    value = NOTHING
    if ratio.value in {0.0, math.inf}:
        value = "0" if ratio.value == 0 else "\u221e"
    elif math.isfinite(ratio.value):
        value = format_ratio(ratio.value)
    limits = NOTHING
    if interval is not None and not math.isnan(interval.low):
        limits = format_ratio_interval(interval.low, interval.high)
    return number(value), number(limits), number(format_p(ratio.p_value))
