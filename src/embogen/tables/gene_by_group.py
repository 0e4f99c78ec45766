"""Genes by group of patients: altered of tested in each, exact test, empty cells marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.numerals import NOTHING, format_count, format_p, format_percent
from embogen.tables.model import Cell, Column, Row, Spanner, Table, number
from embogen.tables.term_notes import gene_cell
from embogen.wording import adjustment_name, name_of_test

if TYPE_CHECKING:
    from embogen.inference.gene_by_group import GeneByGroup, GeneInGroups, GroupCell

_NOBODY = "Nobody was tested: not compared."
_EMPTY = "Altered in none, or in all, of those tested."


def group_rows(result: GeneByGroup, *, name: str, title: str) -> Table:
    """Build one row per gene, one column per group."""
    columns = [Column("Gene")]
    columns += [
        Column(f"{group} (n = {format_count(size)})", "right")
        for group, size in zip(result.groups, result.sizes, strict=True)
    ]
    columns.append(Column("p", "decimal"))
    if result.adjustment is not None:
        columns.append(Column("Adjusted p", "decimal"))
    rows = tuple(Row(_cells(gene, adjusted=result.adjustment is not None)) for gene in result.genes)
    tests = sorted({gene.test.method for gene in result.genes if gene.test is not None})
    notes = ["Cells: patients altered / patients tested (percent)."]
    if tests:
        notes.append(f"p: {', '.join(name_of_test(test) for test in tests)}, two-sided.")
    if result.adjustment is not None:
        notes.append(f"Adjusted for the number of genes ({adjustment_name(result.adjustment)}).")
    spanner = Spanner(result.variable, 1, 1 + len(result.groups))
    return Table(name, title, tuple(columns), rows, (spanner,), tuple(notes))


def _cells(gene: GeneInGroups, *, adjusted: bool) -> tuple[Cell, ...]:
    cells = [gene_cell(gene.term), *(_cell(cell) for cell in gene.cells)]
    cells.append(number(format_p(None if gene.test is None else gene.test.p_value)))
    if adjusted:
        cells.append(number(format_p(gene.adjusted_p_value)))
    return tuple(cells)


def _cell(cell: GroupCell) -> Cell:
    if not cell.n_tested:
        return number(NOTHING, notes=(_NOBODY,))
    share = format_percent(cell.n_altered, cell.n_tested)
    text = f"{format_count(cell.n_altered)} / {format_count(cell.n_tested)} ({share})"
    return number(text, notes=(_EMPTY,) if cell.empty else ())
