"""A publication's printed figures beside the recomputed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.numerals import NOTHING
from embogen.tables.model import Cell, Column, Row, Table, number

if TYPE_CHECKING:
    from embogen.evidence.comparison import ComparedFigure, Comparison

_DIGITS = 7


def comparison_rows(comparison: Comparison, *, name: str = "comparison") -> Table:
    """Build one row per printed figure: printed, recomputed rounded alike, full value, verdict.

    Agreement is worded, not only coloured, so that it survives a grey print.
    """
    columns = (
        Column("Figure"),
        Column("Printed", "right"),
        Column("Recomputed", "right"),
        Column("Unrounded", "right"),
        Column("Agrees"),
    )
    rows: list[Row] = []
    group: str | None = None
    for figure in comparison.figures:
        if figure.group != group:
            group = figure.group
            rows.append(Row((Cell(_heading(group)),), kind="group"))
        rows.append(Row(_cells(figure), indent=1))
    total = len(comparison.figures)
    title = f"Printed beside recomputed: {comparison.n_agreeing} of {total} figures agree"
    notes = (
        f"Printed in: {comparison.source}.",
        "A recomputed value agrees when it rounds to the digits printed.",
    )
    return Table(name, title, columns, tuple(rows), (), notes)


def _heading(group: str) -> str:
    words = group.replace("_", " ")
    return words[:1].upper() + words[1:]


def _cells(figure: ComparedFigure) -> tuple[Cell, ...]:
    full = NOTHING if figure.recomputed is None else f"{figure.recomputed:.{_DIGITS}g}"
    verdict = Cell("yes") if figure.agrees else Cell("NO", strong=True)
    if figure.recomputed is None:
        verdict = Cell("not computed", strong=True)
    return (
        Cell(figure.figure),
        number(figure.printed),
        number(figure.rounded or NOTHING),
        number(full),
        verdict,
    )
