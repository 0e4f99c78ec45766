"""The lines of a MAF: comments, repeated headers and ragged rows, found on the bytes."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True, eq=False)
class MafLines:
    """A MAF cut into header and data lines, every line with as many cells as the header.

    Parameters
    ----------
    headers
        The cells of the header line.
    text
        The data lines, tab separated, without comments and blank lines, under a header line of
        names by position: ``c0``, ``c1``, ...
    rows
        Row of the file of each data line.
    repeated_headers
        Rows that repeat the header line.
    """

    headers: tuple[str, ...]
    text: bytes
    rows: pl.Series
    repeated_headers: tuple[int, ...]

    def column_of(self, row: int, words: Collection[str]) -> str | None:
        """Return the header over the first cell of a row that is one of `words` (lower case)."""
        index = int(self.rows.search_sorted(row))
        line = self.text.split(b"\n", index + 2)[index + 1].decode("utf-8", errors="replace")
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
    >>> lines.headers, lines.text, lines.rows.to_list()
    (('Hugo_Symbol', 'Start'), b'c0\tc1\nTP53\t1\n', [3])
    """
    data = without_mark(data, file) if data.isascii() else decode(data, file).encode()
    start, first_row = _header_start(data)
    end = data.find(b"\n", start)
    end = len(data) if end < 0 else end
    header = data[start:end].rstrip(b"\r")
    if not header.strip():
        raise refuse(file, "holds no header line", "A MAF begins with Hugo_Symbol, ...")
    headers = tuple(cell.strip() for cell in header.decode().split("\t"))
    names = "\t".join(f"c{i}" for i in range(len(headers))).encode() + b"\n"
    text = b"".join((names, memoryview(data)[end + 1 :], b"" if data.endswith(b"\n") else b"\n"))
    del data  # one copy of a large file is enough
    tabs, lengths, marks = _measure(np.frombuffer(text, np.uint8)[len(names) :])
    rows = np.arange(first_row + 1, first_row + 1 + len(tabs), dtype=np.int64)
    repeated = _repeats(text, header, tabs, lengths)
    dropped = (lengths == 0) | (marks == ord("#"))
    dropped[repeated] = True
    ragged = ~dropped & (tabs != len(headers) - 1)
    if ragged.any():
        raise DataError(_ragged(rows[ragged], tabs[ragged] + 1, len(headers), file))
    if dropped.any():
        lines = text[len(names) :].split(b"\n")
        kept = [line + b"\n" for line, gone in zip(lines, dropped, strict=False) if not gone]
        text = b"".join([names, *kept])
    repeated_rows = tuple(int(row) for row in rows[repeated])
    return MafLines(headers, text, pl.Series(rows[~dropped]), repeated_rows)


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
    lines = text.split(b"\n")[1:]
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
