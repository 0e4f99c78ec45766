"""Tab-separated tables of the genomics portals to `RawTable`: no quoting, comments begin with #."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.io.files import decode, read_bytes
from embogen.io.maf_lines import split_lines
from embogen.io.raw_table import RawTable

_HEAD: Final = 2**20
"""Bytes in which leading comment lines are looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class TabTable:
    """A table with the comment lines that stand above its header.

    Parameters
    ----------
    raw
        The table.
    comments
        Leading lines that begin with ``#``, without it, cut at tabs.
    """

    raw: RawTable
    comments: tuple[tuple[str, ...], ...]


def read_tab_table(file: str, *, folder: Path) -> TabTable:
    """Read a tab-separated table in which a quote is a letter like any other.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`; .gz is unpacked.
    folder
        Folder of the study file.

    Returns
    -------
    TabTable
        Cells without blanks at their ends, empty cells as "". Rows without any content and
        repeats of the header line are passed over.

    Raises
    ------
    DataError
        With every problem: no such file, not UTF-8, no header, duplicate headers, rows with more
        or fewer cells than the header.
    """
    return parse_tab_table(read_bytes(file, folder), file)


def parse_tab_table(data: bytes, file: str) -> TabTable:
    r"""Make a table of the bytes of a file; see `read_tab_table`.

    Examples
    --------
    >>> table = parse_tab_table(b"#Id\tSize\nID\tSIZE\na\t\"5\n\t\n", "a.txt")
    >>> table.comments, table.raw.headers, table.raw.rows.to_list(), table.raw.column("SIZE")[0]
    ((('Id', 'Size'),), ('ID', 'SIZE'), [3], '"5')
    """
    comments = _comments(data, file)
    lines = split_lines(data, file)
    _refuse_headers(lines.headers, file)
    frame = lines.cells(range(len(lines.headers))).fill_null("")
    filled = frame.select(pl.any_horizontal(pl.all() != "")).to_series()
    rows = lines.rows.alias("row")
    if not filled.all():  # otherwise nothing is copied
        frame, rows = frame.filter(filled), rows.filter(filled)
    return TabTable(RawTable(file, lines.headers, frame, rows), comments)


def _comments(data: bytes, file: str) -> tuple[tuple[str, ...], ...]:
    head = data[:_HEAD]
    if len(data) > len(head):
        head = head[: head.rfind(b"\n") + 1]
    found = []
    for line in decode(head or data, file).splitlines():
        if line.startswith("#"):
            found.append(tuple(cell.strip() for cell in line[1:].split("\t")))
        elif line.strip():
            break
    return tuple(found)


def _refuse_headers(headers: tuple[str, ...], file: str) -> None:
    problems = [
        DataProblem(
            file,
            f"stands over {headers.count(name)} columns, and headers must be unique",
            "Rename or remove all but one.",
            value=name,
        )
        for name in sorted({name for name in headers if headers.count(name) > 1})
    ]
    if problems:
        raise DataError(problems)
