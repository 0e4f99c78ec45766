"""CSV and TSV files to `RawTable`."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Final

from embogen.errors import DataError
from embogen.io.files import decode, read_bytes, refuse
from embogen.io.raw_table import RawTable, table_from_records

_SEPARATORS: Final = (",", "\t", ";")
_BY_SUFFIX: Final = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".txt": "\t"}
_COMMENT: Final = re.compile(r"(?:#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")
SUFFIXES: Final = tuple(_BY_SUFFIX)
"""Suffixes of text tables; each may be followed by .gz."""


def read_text_table(file: str, *, folder: Path) -> RawTable:
    """Read a CSV or TSV file as it stands.

    Leading lines that begin with ``#`` are comments. Cells may be quoted and then hold separators
    and line breaks. Row numbers are those a spreadsheet shows: one per record, comments included.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`; .gz is unpacked.
    folder
        Folder of the study file.

    Raises
    ------
    DataError
        No such file, a folder, empty, not UTF-8 (with byte and row), an unclosed quote, duplicate
        headers, short and long rows.
    """
    return parse_text_table(decode(read_bytes(file, folder), file), file)


def parse_text_table(text: str, file: str) -> RawTable:
    r"""Make a table of the text of a CSV or TSV file; see `read_text_table`.

    Examples
    --------
    >>> table = parse_text_table('id,note\r\n1,"two\r\nlines"\r\n2,\r\n', "a.csv")
    >>> table.headers, table.rows.to_list(), table.column("note").to_list()
    (('id', 'note'), [2, 3], ['two\r\nlines', ''])
    """
    comments, body = _split_comments(text)
    if not body.strip():
        remedy = "Export it again, with a header row."
        raise refuse(file, "holds no header row", remedy)
    separator = _separator(body, file)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True)
    records: list[list[str]] = []
    rows: list[int] = []
    row = comments
    try:
        for record in reader:
            row += 1
            if records or record:
                records.append(record)
                rows.append(row)
    except csv.Error as error:
        raise _broken(error, row + 1, file) from None
    return table_from_records(records, rows, file)


def _split_comments(text: str) -> tuple[int, str]:
    """Count leading comment and blank lines and return the text after them."""
    count = 0
    start = 0
    while (comment := _COMMENT.match(text, start)) and comment.end() > start:
        count += 1
        start = comment.end()
    return count, text[start:]


def _separator(body: str, file: str) -> str:
    """Take the separator of the suffix, or the one the header uses where that one is absent."""
    name = file.lower().removesuffix(".gz")
    expected = _BY_SUFFIX.get(Path(name).suffix, ",")
    header = body.partition("\n")[0]
    if expected in header:
        return expected
    counts = {mark: header.count(mark) for mark in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda mark: counts[mark])
    return best if counts[best] else expected


def _broken(error: csv.Error, row: int, file: str) -> DataError:
    """Explain what the CSV reader could not follow, at the row where the record began."""
    text = str(error)
    if "field limit" in text:
        message = "has a cell of more than 131,072 characters"
        remedy = 'Look for a quote (") that is opened and not closed, or shorten the cell.'
    elif "end of data" in text:
        message = 'has a quote (") that is opened and never closed'
        remedy = "Close the quote, or double it if it belongs to the text."
    else:
        message = 'has text after a closing quote (")'
        remedy = 'Write a quote inside a quoted cell twice: "".'
    return refuse(file, message, remedy, row=row)
