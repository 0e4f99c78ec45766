"""`RawTable`: cells as text with the row each came from, before anything is interpreted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from embogen.errors import DataError, DataProblem

LISTED = 20
"""Cells of one kind of problem named one by one; the rest are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class SheetCells:
    """What a sheet of a workbook says beyond the text of its cells.

    Parameters
    ----------
    sheet
        Its name.
    letters
        Letter of each column of the table, in the order of the headers.
    dated
        (n rows) sets of column positions whose cell is a date to the workbook, not text.
    faults
        Cells without a value: row of the file, column position, and the error shown ("" for a
        formula that was never computed).
    """

    sheet: str
    letters: tuple[str, ...]
    dated: tuple[frozenset[int], ...]
    faults: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """A table as it stands in a file.

    Parameters
    ----------
    file
        The file as the study names it.
    headers
        Column headers, unique, blanks at the ends removed unless nothing else tells two apart.
    frame
        All columns `pl.String`, named by position ``c0``, ``c1``, ...: headers are hostile text.
        Blanks at the ends of cells are removed; an empty cell is "".
    rows
        Row of the file of each row of the frame; the first line of a file is row 1.
    cells
        For a sheet of a workbook, what it says of its cells.
    """

    file: str
    headers: tuple[str, ...]
    frame: pl.DataFrame
    rows: pl.Series
    cells: SheetCells | None = None

    def column(self, header: str) -> pl.Series:
        """Return the cells under a header."""
        return self.frame[f"c{self.headers.index(header)}"]


def table_from_records(
    records: Sequence[Sequence[str]], rows: Sequence[int], file: str
) -> RawTable:
    """Check the shape of records (the first is the header) and make a table of them.

    Rows without any content are passed over. Cells beyond the last header are accepted only when
    empty; so are headers without a name (a spreadsheet's empty columns), the first column apart.

    Raises
    ------
    DataError
        Naming duplicate headers, headers without a name over cells with content, short rows and
        long rows, all at once.
    """
    problems: list[DataProblem] = []
    headers = _headers(records[0])
    while len(headers) > 1 and not headers[-1]:
        headers.pop()
    problems += _header_problems(headers, rows[0], file)
    width = len(headers)
    kept: list[list[str]] = []
    kept_rows: list[int] = []
    shape: list[DataProblem] = []
    for cells, row in zip(records[1:], rows[1:], strict=True):
        record = [cell.strip() for cell in cells]
        if not any(record):
            continue
        if len(record) < width or any(record[width:]):
            shape.append(_shape_problem(len(record), width, row, file))
            continue
        kept.append(record[:width])
        kept_rows.append(row)
    problems += clipped(shape)
    if problems:
        raise DataError(problems)
    columns = zip(*kept, strict=True) if kept else ((),) * width
    frame = pl.DataFrame(
        {f"c{i}": pl.Series(cells, dtype=pl.String) for i, cells in enumerate(columns)}
    )
    return RawTable(file, tuple(headers), frame, pl.Series("row", kept_rows, dtype=pl.Int64))


def _headers(cells: Sequence[str]) -> list[str]:
    """Strip headers, but keep as written those that only their blanks tell apart."""
    stripped = [cell.strip() for cell in cells]
    alike = {name for name in stripped if name and stripped.count(name) > 1}
    spelt = [cell for cell, name in zip(cells, stripped, strict=True) if name in alike]
    apart = {cell.strip() for cell in spelt if spelt.count(cell) == 1}
    return [cell if name in apart else name for cell, name in zip(cells, stripped, strict=True)]


def _header_problems(headers: list[str], row: int, file: str) -> list[DataProblem]:
    problems = []
    if not any(headers):
        message = "the header row is empty, and column names were expected"
        problems.append(DataProblem(file, message, "Put the column names first.", row=row))
        return problems
    for name in sorted({name for name in headers if headers.count(name) > 1}):
        message = f"stands over {headers.count(name)} columns, and headers must be unique"
        problems.append(
            DataProblem(file, message, "Rename or remove all but one.", row=row, value=name)
        )
    return problems


def _shape_problem(found: int, width: int, row: int, file: str) -> DataProblem:
    kind = "fewer" if found < width else "more"
    remedy = "Look for a missing or additional separator, or a cell that needs quotes."
    message = f"has {found} cells, {kind} than the {width} of the header"
    return DataProblem(file, message, remedy, row=row)


def clipped(problems: Sequence[DataProblem]) -> list[DataProblem]:
    """Keep the first problems of one kind and count the rest in one more.

    Examples
    --------
    >>> bad = [DataProblem("a.csv", "is not a number", row=i, column="x") for i in range(2, 30)]
    >>> len(clipped(bad)), str(clipped(bad)[-1])
    (21, 'a.csv, x: and 8 more rows with this problem, the last in row 29.')
    """
    if len(problems) <= LISTED + 1:
        return list(problems)
    rest = len(problems) - LISTED
    last = problems[-1]
    more = f"and {rest} more rows with this problem, the last in row {last.row}"
    return [*problems[:LISTED], DataProblem(last.file, more, column=last.column)]
