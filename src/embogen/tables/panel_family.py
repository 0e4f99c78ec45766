"""P-values adjusted for the whole panel: a cell beside each gene, and the family itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.numerals import NOTHING, format_count, format_p, format_percent
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.wording import adjustment_words, inline_name_of_test, listed

if TYPE_CHECKING:
    from embogen.inference.cox_result import TermEstimate
    from embogen.inference.panel_family import PanelFamily


def panel_cell(item: TermEstimate, panel: PanelFamily) -> Cell:
    """Print the p-value adjusted for the panel; a dash where the term is no gene of it."""
    found = panel.adjusted().get(item.term.name) if item.is_gene else None
    return number(NOTHING if found is None else format_p(found.p_value))


def panel_note(panel: PanelFamily) -> str:
    """Say which genes are adjusted for together, and that the outcome had no part in the choice."""
    share = format_percent(round(100 * panel.min_tested_fraction), 100)
    return (
        f"Adj. p, panel: adjusted for {format_count(panel.family_size)} genes by "
        f"{adjustment_words(panel.method)}; the genes altered in at least "
        f"{format_count(panel.min_altered)} patients and tested in at least {share} of all, and "
        "those of the analysis itself, chosen without sight of the outcome."
    )


def panel_rows(panel: PanelFamily, *, name: str, title: str) -> Table:
    """Build one row per gene of the family, in order of frequency."""
    columns = (
        Column("Gene"),
        Column("n / N", "right"),
        Column("p", "decimal"),
        Column("Adj. p,\npanel", "decimal"),
    )
    rows = tuple(
        Row(
            (
                Cell(gene.name, italic=True),
                number(f"{format_count(gene.n_carriers)} / {format_count(gene.n_tested)}"),
                number(format_p(gene.p_value)),
                number(NOTHING if gene.adjusted is None else format_p(gene.adjusted.p_value)),
            )
        )
        for gene in panel.genes
    )
    tests = sorted({inline_name_of_test(g.p_method) for g in panel.genes if g.p_method is not None})
    notes = ["n / N = patients with the gene altered, of patients tested for it."]
    if tests:
        notes.append(f"p from the {listed(tests)}, two-sided, not adjusted for multiple testing.")
    return Table(name, title, columns, rows, (), (*notes, panel_note(panel)))
