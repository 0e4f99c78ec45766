"""A `Table` as an HTML fragment: every text escaped, headers with scope, decimals lined up."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from embogen.tables.model import footnote_mark
from embogen.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embogen.tables.model import Cell, Column, Row, Table

_ONE_PAGE: Final = 18
"""Rows up to which a printed table is kept on one page."""
_WIDE: Final = 10
"""Columns from which on a table is set closer, so that it fits the page."""
_FIGURE_SPACE: Final = "\u2007"
_PUNCTUATION_SPACE: Final = "\u2008"


def html_table(table: Table, *, number: str = "") -> str:
    """Write a table as one ``<figure>`` holding its caption, table and notes.

    Parameters
    ----------
    table
        The table.
    number
        What it is called in a report, ``Table 1``; left out when empty.
    """
    head = f'<span class="number">{_escaped(number)}.</span> ' if number else ""
    padded = _padded_columns(table)
    leads = _leads(table)
    size = " short" if len(table.rows) <= _ONE_PAGE else ""
    size += " wide" if len(table.columns) >= _WIDE else ""
    lines = [
        f'<figure class="table{size}" id="table-{_escaped(table.name)}">',
        f"<figcaption>{head}{_escaped(table.title)}</figcaption>",
        '<div class="scroll"><table>',
        "<thead>",
        *_spanner_row(table),
        "<tr>",
        *(
            _header(table, column, lead=index in leads)
            for index, column in enumerate(table.columns)
        ),
        "</tr>",
        "</thead>",
        "<tbody>",
        *(_row(table, row, padded[index]) for index, row in enumerate(table.rows)),
        "</tbody>",
        "</table></div>",
        *_notes(table),
        "</figure>",
    ]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Make text from data harmless in HTML."""
    return html.escape(visible(text))


def _marks(table: Table, notes: tuple[str, ...]) -> str:
    return f"<sup>{_escaped(table.marks(notes))}</sup>" if notes else ""


def _spanner_row(table: Table) -> Iterable[str]:
    if not table.spanners:
        return
    yield "<tr>"
    position = 0
    for spanner in sorted(table.spanners, key=lambda item: item.start):
        if spanner.start > position:
            yield f'<td colspan="{spanner.start - position}"></td>'
        width = spanner.stop - spanner.start
        label = _escaped(spanner.label)
        yield f'<th class="spanner lead" scope="colgroup" colspan="{width}">{label}</th>'
        position = spanner.stop
    if position < len(table.columns):
        yield f'<td colspan="{len(table.columns) - position}"></td>'
    yield "</tr>"


def _leads(table: Table) -> frozenset[int]:
    """Return the columns that begin under a spanner, which stand a little apart."""
    return frozenset(spanner.start for spanner in table.spanners)


def _header(table: Table, column: Column, *, lead: bool) -> str:
    lines = "<br>".join(_escaped(line) for line in column.header.split("\n"))
    marks = _marks(table, column.notes)
    return f'<th scope="col" class="{column.align}{" lead" if lead else ""}">{lines}{marks}</th>'


def _row(table: Table, row: Row, padded: list[str]) -> str:
    stub_class = f"stub indent-{min(row.indent, 3)}"
    stub = _content(table, row.cells[0], row.cells[0].text)
    if row.kind == "group" and len(row.cells) == 1:
        width = len(table.columns)
        return f'<tr class="group"><th scope="rowgroup" colspan="{width}">{stub}</th></tr>'
    cells = [f'<th scope="row" class="{stub_class}">{stub}</th>']
    leads = _leads(table)
    for index, cell in enumerate(row.cells[1:], start=1):
        look: str = table.columns[index].align
        look += " lead" if index in leads else ""
        look += " quiet" if cell.quiet else ""
        cells.append(f'<td class="{look}">{_content(table, cell, padded[index])}</td>')
    return f'<tr class="{row.kind}">{"".join(cells)}</tr>'


def _content(table: Table, cell: Cell, text: str) -> str:
    content = _escaped(text)
    if cell.italic:
        content = f"<em>{content}</em>"
    if cell.strong:
        content = f"<strong>{content}</strong>"
    return content + _marks(table, cell.notes)


def _notes(table: Table) -> Iterable[str]:
    if not (table.footnotes or table.general_notes):
        return
    yield '<div class="notes">'
    for index, note in enumerate(table.footnotes):
        yield f"<p><sup>{footnote_mark(index)}</sup> {_escaped(note)}</p>"
    for note in table.general_notes:
        yield f"<p>{_escaped(note)}</p>"
    yield "</div>"


def _padded_columns(table: Table) -> list[list[str]]:
    """Pad the texts of decimal columns with figure spaces, so that decimal points line up."""
    texts = [[cell.text for cell in row.cells] for row in table.rows]
    for position, column in enumerate(table.columns):
        if column.align != "decimal":
            continue
        rows = [i for i, row in enumerate(texts) if len(row) > position]
        for i, text in zip(rows, pad_decimals([texts[i][position] for i in rows]), strict=True):
            texts[i][position] = text
    return texts


def pad_decimals(texts: list[str]) -> list[str]:
    """Pad numbers at the right so that, set flush right, their decimal points line up.

    Words, and anything that does not begin with a number, are left alone.

    Examples
    --------
    >>> pad_decimals(["0.085", "7.5", "12"])
    ['0.085', '7.5\u2007\u2007', '12\u2008\u2007\u2007\u2007']
    """
    tails = [_decimals(text) for text in texts]
    widest = max((tail for tail in tails if tail is not None), default=0)
    out = []
    for text, tail in zip(texts, tails, strict=True):
        if tail is None or tail == widest:
            out.append(text)
            continue
        point = _PUNCTUATION_SPACE if tail == 0 else ""
        out.append(text + point + _FIGURE_SPACE * (widest - tail))
    return out


def _decimals(text: str) -> int | None:
    """Digits behind the decimal point; None when the text is not a single number."""
    bare = text.lstrip("<>\u2212").replace(",", "")
    whole, _, fraction = bare.partition(".")
    if not whole.isdecimal() or (fraction and not fraction.isdecimal()):
        return None
    return len(fraction)
