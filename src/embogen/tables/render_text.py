"""A `Table` as CSV, which spreadsheets open safely, and as Markdown."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from embogen.delimited import csv_text
from embogen.tables.model import footnote_mark
from embogen.wording import visible

if TYPE_CHECKING:
    from embogen.tables.model import Row, Table

_MARKDOWN_SPECIAL: Final = "\\`*_{}[]#|!~"
_RULES: Final = {"left": ":--", "right": "--:", "decimal": "--:", "center": ":-:"}


def csv_table(table: Table) -> str:
    """Write the cells as CSV with one header row; spanners precede the headers they cover."""
    header = _flat_headers(table)
    width = len(header)
    rows = []
    for row in table.rows:
        cells = [cell.text for cell in row.cells]
        cells[0] = "  " * row.indent + cells[0]
        rows.append([*cells, *[""] * (width - len(cells))])
    return csv_text(header, rows)


def plain_lines(table: Table) -> list[str]:
    """Write the cells in columns of a width, for a terminal: headers, rows, notes.

    Examples
    --------
    >>> from embogen.tables.model import Cell, Column, Row, Table
    >>> columns, row = (Column("HR"), Column("n", "right")), Row((Cell("3"), Cell("12")))
    >>> plain_lines(Table("t", "T", columns, (row,)))
    ['HR   n', '3   12']
    """
    grid = [_flat_headers(table)] + [
        [visible(cell.text) for cell in row.cells] for row in table.rows
    ]
    widths = [max(len(line[i]) for line in grid) for i in range(len(table.columns))]
    lines = []
    for line in grid:
        cells = [
            text.ljust(width) if column.align == "left" else text.rjust(width)
            for text, width, column in zip(line, widths, table.columns, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return [*lines, *table.general_notes]


def markdown_table(table: Table) -> str:
    """Write the table as Markdown: bold title, pipe table, notes below."""
    header = [_escaped(text) for text in _flat_headers(table)]
    lines = [
        f"**{_escaped(table.title)}**",
        "",
        "| " + " | ".join(header) + " |",
        "|" + "|".join(_RULES[column.align] for column in table.columns) + "|",
        *(_markdown_row(table, row) for row in table.rows),
    ]
    notes = [
        f"<sup>{footnote_mark(index)}</sup> {_escaped(note)}"
        for index, note in enumerate(table.footnotes)
    ]
    notes += [_escaped(note) for note in table.general_notes]
    if notes:
        lines += ["", "  \n".join(notes)]
    return "\n".join(lines) + "\n"


def _flat_headers(table: Table) -> list[str]:
    over = [""] * len(table.columns)
    for spanner in table.spanners:
        for position in range(spanner.start, spanner.stop):
            over[position] = spanner.label
    flat = [column.header.replace("\n", " ") for column in table.columns]
    return [f"{top}: {text}" if top else text for top, text in zip(over, flat, strict=True)]


def _markdown_row(table: Table, row: Row) -> str:
    cells = []
    for position, cell in enumerate(row.cells):
        text = _escaped(cell.text)
        if cell.italic and text:
            text = f"*{text}*"
        if (cell.strong or row.kind == "group") and text:
            text = f"**{text}**"
        if cell.notes:
            text += f"<sup>{table.marks(cell.notes)}</sup>"
        cells.append("&nbsp;" * (4 * row.indent) + text if position == 0 else text)
    cells += [""] * (len(table.columns) - len(cells))
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    """Disarm Markdown and HTML in text from data; a line break becomes a space."""
    flat = html.escape(" ".join(visible(text).split()), quote=False)
    return "".join(f"\\{char}" if char in _MARKDOWN_SPECIAL else char for char in flat)
