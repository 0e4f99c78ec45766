"""The lines of a MAF: comments, repeated headers and ragged rows, found on the bytes."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem
from embogen.io.files import decode, refuse, without_mark
from embogen.io.raw_table import clipped

_TAB: Final = 9
_NEWLINE: Final = 10
_BLOCK: Final = 2**24
"""Bytes looked at in one go, so that the masks stay small beside the file."""

_NO_MARKS: Final = bytes(set(range(256)) - {_TAB, _NEWLINE})
_RARE_BLANKS: Final = (b"\r", b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x1f")


@dataclass(frozen=True, slots=True, eq=False)
class MafLines:
    """A MAF cut into header and data lines, every line with as many cells as the header.

    Parameters
    ----------
    headers
        The cells of the header line.
    text
        Bytes that hold the data lines, tab separated.
    skip
        Lines of `text` above the first data line; none of those below is blank or a comment.
    rows
        Row of the file of each data line.
    repeated_headers
        Rows that repeat the header line.
    """

    headers: tuple[str, ...]
    text: bytes
    skip: int
    rows: pl.Series
    repeated_headers: tuple[int, ...]

    def cells(self, places: Collection[int]) -> pl.DataFrame:
        """Cut columns out of the lines: text without blanks at its ends, named ``c0``, ``c1``..."""
        wanted = sorted(set(places))
        names = [f"c{i}" for i in wanted]
        if not len(self.rows):
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        frame = pl.read_csv(
            self.text,
            separator="\t",
            quote_char=None,
            infer_schema=False,
            has_header=False,
            skip_lines=self.skip,
            columns=wanted,
        )
        frame.columns = names
        if not self.text.isascii() or any(mark in self.text for mark in _RARE_BLANKS):
            return frame.with_columns(pl.all().str.strip_chars())
        padded = [name for name in names if _is_padded(frame[name])]
        return frame.with_columns(pl.col(padded).str.strip_chars())

    def column_of(self, row: int, words: Collection[str]) -> str | None:
        """Return the header over the first cell of a row that is one of `words` (lower case)."""
        index = int(self.rows.search_sorted(row))
        text = self.text.split(b"\n", index + self.skip + 1)[index + self.skip]
        line = text.decode("utf-8", errors="replace")
        for header, cell in zip(self.headers, line.rstrip("\r").split("\t"), strict=False):
            if cell.strip().lower() in words:
                return header
        return None


def split_lines(data: bytes, file: str) -> MafLines:
    r"""Cut the bytes of a MAF into lines.

    Parameters
    ----------
    data
        The file, unpacked.
    file
        Its name in messages.

    Raises
    ------
    DataError
        When it is not UTF-8, holds no header, or rows have more or fewer cells than the header.

    Examples
    --------
    >>> lines = split_lines(b"#version 2.4\nHugo_Symbol\tStart\nTP53\t1\n", "a.maf")
    >>> lines.headers, lines.cells([0])["c0"].to_list(), lines.rows.to_list()
    (('Hugo_Symbol', 'Start'), ['TP53'], [3])
    """
    data = _checked(data, file)
    start, first_row = _header_start(data)
    end = data.find(b"\n", start)
    end = len(data) if end < 0 else end
    header = data[start:end].rstrip(b"\r")
    if not header.strip():
        raise refuse(file, "holds no header line", "A MAF begins with Hugo_Symbol, ...")
    headers = tuple(cell.strip() for cell in header.decode().split("\t"))
    count = _tidy_lines(data, end + 1, header, len(headers))
    if count is not None:
        rows = pl.Series(np.arange(first_row + 1, first_row + 1 + count, dtype=np.int64))
        return MafLines(headers, data, first_row, rows, ())
    return _untidy_lines(data[end + 1 :], header, first_row, file)


def _untidy_lines(text: bytes, header: bytes, first_row: int, file: str) -> MafLines:
    """Find comments, blank lines, repeated headers and ragged rows; keep what is left."""
    headers = tuple(cell.strip() for cell in header.decode().split("\t"))
    if not text.endswith(b"\n"):
        text += b"\n"
    tabs, lengths, marks = _measure(np.frombuffer(text, np.uint8))
    rows = np.arange(first_row + 1, first_row + 1 + len(tabs), dtype=np.int64)
    repeated = _repeats(text, header, tabs, lengths)
    dropped = (lengths == 0) | (marks == ord("#"))
    dropped[repeated] = True
    ragged = ~dropped & (tabs != len(headers) - 1)
    if ragged.any():
        raise DataError(_ragged(rows[ragged], tabs[ragged] + 1, len(headers), file))
    if dropped.any():
        lines = text.split(b"\n")
        text = b"".join(
            [line + b"\n" for line, gone in zip(lines, dropped, strict=False) if not gone]
        )
    repeated_rows = tuple(int(row) for row in rows[repeated])
    return MafLines(headers, text, 0, pl.Series(rows[~dropped]), repeated_rows)


def _checked(data: bytes, file: str) -> bytes:
    """Drop a byte-order mark and refuse what is not UTF-8, without a copy of the text."""
    data = without_mark(data, file)
    if data.isascii():
        return data
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for i in range(0, len(data), _BLOCK):
            decoder.decode(view[i : i + _BLOCK], final=i + _BLOCK >= len(data))
    except UnicodeDecodeError:
        decode(data, file)  # says which byte of which line
        raise
    return data


def _tidy_lines(data: bytes, start: int, header: bytes, width: int) -> int | None:
    """Count the lines from `start` on, or return None where one needs a closer look.

    Tidy lines have all the cells of the header, and none is a comment or the header again: their
    tabs and line ends alone are the same pattern over and over.
    """
    if data.find(b"\n#", start - 1) >= 0 or data.find(b"\n" + header, start - 1) >= 0:
        return None
    view = memoryview(data)
    marks = b"".join(
        bytes(view[i : i + _BLOCK]).translate(None, _NO_MARKS)
        for i in range(start, len(data), _BLOCK)
    )
    if start < len(data) and not data.endswith(b"\n"):
        marks += b"\n"
    count, rest = divmod(len(marks), width)
    pattern = b"\t" * (width - 1) + b"\n"
    tidy = not rest and width > 1 and marks == pattern * count
    return count if tidy else None


def _is_padded(cells: pl.Series) -> bool:
    """Tell whether a cell of ASCII text begins or ends with a blank: cheaper than to strip."""
    return bool((cells.str.starts_with(" ") | cells.str.ends_with(" ")).any())


def _header_start(data: bytes) -> tuple[int, int]:
    """Find where the first line that is no comment begins, and its row."""
    start, row = 0, 1
    while start < len(data) and data[start : start + 1] in {b"#", b"\n", b"\r"}:
        end = data.find(b"\n", start)
        if end < 0:
            return len(data), row
        start, row = end + 1, row + 1
    return start, row


def _measure(
    buffer: NDArray[np.uint8],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """Count tabs, length (carriage return aside) and first byte of each line."""
    ends = np.concatenate(
        [
            np.flatnonzero(buffer[i : i + _BLOCK] == _NEWLINE) + i
            for i in range(0, len(buffer), _BLOCK)
        ]
        or [np.empty(0, np.int64)]
    ).astype(np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])[: len(ends)]
    tabs = np.zeros(len(ends), np.int64)
    first = 0
    while first < len(ends):
        last = max(first + 1, int(np.searchsorted(ends, starts[first] + _BLOCK)))
        block = np.flatnonzero(buffer[starts[first] : ends[last - 1] + 1] == _TAB) + starts[first]
        tabs[first:last] = np.diff(np.searchsorted(block, ends[first:last]), prepend=0)
        first = last
    lengths = ends - starts
    carriage = (lengths > 0) & (buffer[np.maximum(ends - 1, 0)] == ord("\r"))
    lengths = lengths - carriage
    return tabs, lengths, buffer[np.minimum(starts, max(len(buffer) - 1, 0))]


def _repeats(
    text: bytes, header: bytes, tabs: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Find the lines that repeat the header word for word."""
    alike = np.flatnonzero((lengths == len(header)) & (tabs == header.count(b"\t")))
    if not len(alike) or text.find(header) < 0:
        return np.empty(0, np.intp)
    lines = text.split(b"\n")
    return np.array([i for i in alike if lines[i].rstrip(b"\r") == header], dtype=np.intp)


def _ragged(
    rows: NDArray[np.int64], found: NDArray[np.int64], width: int, file: str
) -> list[DataProblem]:
    remedy = "Columns have shifted: look for a lost or additional tab, or a line break in a cell."
    problems = [
        DataProblem(
            file,
            f"has {cells} cells, {'fewer' if cells < width else 'more'} than the {width} "
            "of the header",
            remedy,
            row=int(row),
        )
        for row, cells in zip(rows, found, strict=True)
    ]
    return clipped(problems)
