"""Pairs of genes: altered together or apart, odds ratio, Fisher's p."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.numerals import (
    NOTHING,
    format_count,
    format_level,
    format_p,
    format_ratio,
    format_ratio_interval,
)
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import gene_cell
from embogen.wording import adjustment_name

if TYPE_CHECKING:
    from embogen.inference.gene_pairs import CoMutation, GenePair


def pair_rows(result: CoMutation, *, name: str, title: str) -> Table:
    """Build one row per pair, smallest p-value first; pairs with nothing to compare come last."""
    intervals = [pair.odds_ratio.interval for pair in result.pairs]
    levels = {interval.level for interval in intervals if interval is not None}
    level = format_level(levels.pop()) if len(levels) == 1 else "95%"
    columns = [
        Column("Gene"),
        Column("Gene"),
        Column("Tested for both", "right"),
        Column("Both", "right"),
        Column("First only", "right"),
        Column("Second only", "right"),
        Column("Odds ratio", "decimal"),
        Column(f"{level} CI", "center"),
        Column("Fisher p", "decimal"),
    ]
    if result.adjustment is not None:
        columns.append(Column("Adjusted p", "decimal"))
    columns.append(Column("Tendency"))
    ordered = sorted(result.pairs, key=_order)
    rows = tuple(Row(_cells(pair, adjusted=result.adjustment is not None)) for pair in ordered)
    notes = [
        "Patients not tested for one of the two genes are in no cell of its row.",
        (
            "Odds ratio by conditional maximum likelihood with its exact interval; CI = confidence "
            "interval. The tendency is the side of the odds ratio, not a finding by itself."
        ),
    ]
    if result.adjustment is not None:
        how = adjustment_name(result.adjustment)
        notes.append(f"Adjusted for {format_count(result.n_compared)} pairs ({how}).")
    return Table(name, title, tuple(columns), rows, (), tuple(notes))


def _order(pair: GenePair) -> tuple[bool, float, str, str]:
    p = pair.odds_ratio.p_value
    return (p is None, p or 0.0, pair.first.name, pair.second.name)


def _cells(pair: GenePair, *, adjusted: bool) -> tuple[Cell, ...]:
    ratio, interval = pair.odds_ratio, pair.odds_ratio.interval
    value = NOTHING
    if ratio.value in {0.0, math.inf}:
        value = "0" if ratio.value == 0 else "\u221e"
    elif math.isfinite(ratio.value):
        value = format_ratio(ratio.value)
    limits = NOTHING if interval is None else format_ratio_interval(interval.low, interval.high)
    cells = [
        gene_cell(pair.first),
        gene_cell(pair.second),
        number(format_count(pair.n)),
        number(format_count(pair.both)),
        number(format_count(pair.first_only)),
        number(format_count(pair.second_only)),
        number(value),
        number(limits),
        number(format_p(ratio.p_value)),
    ]
    if adjusted:
        cells.append(number(format_p(pair.adjusted_p_value)))
    tendency = NOTHING if pair.tendency == "not comparable" else pair.tendency
    return (*cells, Cell(tendency))
