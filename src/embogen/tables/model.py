"""`Table`: what every table of a report is, before it is written as HTML, CSV or Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_lowercase
from typing import Literal

Align = Literal["left", "right", "center", "decimal"]
RowKind = Literal["body", "group", "variable"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, already rounded for a reader.

    Parameters
    ----------
    text
        What stands in it.
    notes
        Footnotes to it, as full sentences; marks are given when the table is drawn.
    italic
        Whether it is set in italics, as gene symbols are.
    strong
        Whether it is set in bold.
    quiet
        Whether it is set in grey: a cell that is empty by nature, such as no test.
    """

    text: str
    notes: tuple[str, ...] = ()
    italic: bool = False
    strong: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column's header and alignment; `decimal` lines up decimal points."""

    header: str
    align: Align = "left"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spanner:
    """A header over the columns `start` (included) to `stop` (excluded)."""

    label: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Parameters
    ----------
    cells
        One per column; a ``group`` row may hold its label alone.
    kind
        ``body``, ``group`` (a heading over the rows below it) or ``variable`` (a heading with
        cells of its own).
    indent
        Steps the stub, the first cell, is indented by.
    """

    cells: tuple[Cell, ...]
    kind: RowKind = "body"
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be drawn.

    Parameters
    ----------
    name
        Short name, used for anchors and files.
    title
        What the table shows, without a final stop.
    columns
        Headers, from the left; the first is the stub, which names the rows.
    rows
        The rows in order.
    spanners
        Headers over several columns.
    general_notes
        Notes to the table as a whole: abbreviations, methods.

    Raises
    ------
    ValueError
        When a body row has another number of cells than there are columns.

    Examples
    --------
    >>> Table("t", "Title", (Column("Gene"),), (Row((Cell("TP53", notes=("Few.",)),)),)).footnotes
    ('Few.',)
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    spanners: tuple[Spanner, ...] = ()
    general_notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if row.kind != "group" and len(row.cells) != len(self.columns):
                label = row.cells[0].text if row.cells else ""
                found, wanted = len(row.cells), len(self.columns)
                msg = f"{self.name}: row {label!r} has {found} cells, not {wanted}"
                raise ValueError(msg)

    @property
    def footnotes(self) -> tuple[str, ...]:
        """Footnotes without repeats, in reading order."""
        found: dict[str, None] = {}
        for column in self.columns:
            found.update(dict.fromkeys(column.notes))
        for row in self.rows:
            for cell in row.cells:
                found.update(dict.fromkeys(cell.notes))
        return tuple(found)

    def marks(self, notes: tuple[str, ...]) -> str:
        """Return the marks of some of its footnotes, ``a,c``."""
        order = {note: index for index, note in enumerate(self.footnotes)}
        return ",".join(footnote_mark(index) for index in sorted(order[note] for note in notes))


def footnote_mark(index: int) -> str:
    """Return the mark of the footnote at a position from 0: a to z, then aa, ab ...

    Examples
    --------
    >>> footnote_mark(0), footnote_mark(25), footnote_mark(26)
    ('a', 'z', 'aa')
    """
    before, position = divmod(index, len(ascii_lowercase))
    return (footnote_mark(before - 1) if before else "") + ascii_lowercase[position]


def number(text: str, *, notes: tuple[str, ...] = (), strong: bool = False) -> Cell:
    """Make a cell of a printed number; a dash stands quiet.

    Examples
    --------
    >>> number("\u2013").quiet
    True
    """
    return Cell(text, notes=notes, strong=strong, quiet=text in {"\u2013", ""})
