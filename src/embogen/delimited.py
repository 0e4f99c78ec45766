"""CSV text that a spreadsheet opens as data: text from files can never become a formula."""

from __future__ import annotations

import csv
import io
import math
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROWS_AT_ONCE: Final = 4096
"""Rows of a piece: a megabyte or two of a wide table."""
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral_cell(text: str) -> str:
    """Disarm text that a spreadsheet would run as a formula, by a leading apostrophe.

    Text that is only a plain number keeps its sign.

    Examples
    --------
    >>> neutral_cell("=HYPERLINK(A1)"), neutral_cell("-0.5"), neutral_cell("TP53")
    ("'=HYPERLINK(A1)", '-0.5', 'TP53')
    """
    bare = text.lstrip(" \u00a0\ufeff")
    if not bare.startswith(_FORMULA_STARTS):
        return text
    return text if _is_number(bare) else f"'{text}"


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    """Write CSV (RFC 4180, LF line ends): numbers at full precision, text disarmed, None empty.

    Examples
    --------
    >>> print(csv_text(["gene", "hr"], [["@A", 0.1], ["TP53", float("inf")], ["X", None]]), end="")
    gene,hr
    '@A,0.1
    TP53,Inf
    X,
    """
    return "".join(csv_pieces(header, rows))


def csv_pieces(
    header: Sequence[str], rows: Iterable[Sequence[str | float | None]]
) -> Iterator[str]:
    """Give the text of `csv_text` in pieces of some thousand rows, for tables of millions.

    Examples
    --------
    >>> [len(piece) for piece in csv_pieces(["a"], ([1] for _ in range(ROWS_AT_ONCE + 1)))]
    [8194, 2]
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_cell(name) for name in header])
    left = iter(rows)
    while True:
        held = [[_cell(value) for value in row] for row in islice(left, ROWS_AT_ONCE)]
        writer.writerows(held)
        yield buffer.getvalue()
        if len(held) < ROWS_AT_ONCE:
            return
        buffer.seek(0)
        buffer.truncate()


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return neutral_cell(_one_kind_of_break(value))
    number = float(value)
    if not math.isfinite(number):  # as R and pandas both read them
        return "NaN" if math.isnan(number) else ("Inf" if number > 0 else "-Inf")
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def _one_kind_of_break(text: str) -> str:
    """Write line breaks within a cell as LF, the only kind that is always quoted; drop NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text and text == text.strip()
    except ValueError:
        return False
