"""Two specimens of each patient: agreement by gene."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.inference.agreement import ALL_GENES
from embogen.numerals import NOTHING, format_count, format_fraction, format_level
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import gene_cell

if TYPE_CHECKING:
    from embogen.inference.agreement import GeneAgreement, SpecimenAgreement
    from embogen.inference.estimates import Estimate


def agreement_rows(result: SpecimenAgreement, *, name: str, title: str) -> Table:
    """Build one row per gene: where it is altered, agreement, kappa; all genes last."""
    rows_of = (*result.genes, *(() if result.pooled is None else (result.pooled,)))
    intervals = [gene.overall.interval for gene in result.genes]
    level = next((format_level(item.level) for item in intervals if item is not None), "95%")
    columns = (
        Column("Gene"),
        Column("Pairs tested", "right"),
        Column("Both", "right"),
        Column(f"{result.first} only", "right"),
        Column(f"{result.second} only", "right"),
        Column("Neither", "right"),
        Column(f"Positive agreement ({level} CI)", "right"),
        Column(f"Negative agreement ({level} CI)", "right"),
        Column(f"Kappa ({level} CI)", "right"),
    )
    rows = tuple(Row(_cells(gene)) for gene in rows_of)
    notes = [
        (
            f"{format_count(result.n_pairs)} patients with two specimens ({result.first}, "
            f"{result.second}). Only pairs in which both were tested for the gene are compared."
        ),
        (
            "Positive agreement: 2 x both / (2 x both + one only); negative agreement the same of "
            "wild type. Exact intervals; that of kappa is a large-sample one."
        ),
    ]
    if result.pooled is not None:
        notes.append("All genes: counts added up, without intervals, since a patient counts often.")
    return Table(name, title, columns, rows, (), tuple(notes))


def _cells(gene: GeneAgreement) -> tuple[Cell, ...]:
    stub = Cell(ALL_GENES, strong=True) if gene.term.name == ALL_GENES else gene_cell(gene.term)
    counts = (gene.n, gene.both, gene.first_only, gene.second_only, gene.neither)
    return (
        stub,
        *(number(format_count(count)) for count in counts),
        number(_share(gene.positive, gene.n)),
        number(_share(gene.negative, gene.n)),
        number(_kappa(gene.kappa)),
    )


def _share(item: Estimate, total: int) -> str:
    if math.isnan(item.value):
        return NOTHING
    text = format_fraction(item.value, total)
    if item.interval is None:
        return text
    low = format_fraction(item.interval.low, total).rstrip("%")
    return f"{text} ({low}\u2013{format_fraction(item.interval.high, total)})"


def _kappa(item: Estimate) -> str:
    if math.isnan(item.value):
        return NOTHING
    if item.interval is None:
        return f"{item.value:.2f}"
    text = f"{item.value:.2f} ({item.interval.low:.2f} to {item.interval.high:.2f})"
    return text.replace("-", "\u2212")
