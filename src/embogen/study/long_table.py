"""The long result table: every number of a study in one row each."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from embogen.inference.result_rows import result_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embogen.inference.result_row import ResultRow
    from embogen.study.results import Analysis

COLUMNS = ("analysis", "endpoint", "term", "level", "statistic", "value", "unit", "method")


def long_table(analyses: Iterable[Analysis]) -> tuple[ResultRow, ...]:
    """Collect the rows of all analyses that have a result, in plan order."""
    rows: list[ResultRow] = []
    for analysis in analyses:
        if analysis.result is not None:
            rows += result_rows(
                analysis.result, analysis=analysis.id, endpoint=analysis.endpoint or ""
            )
    return tuple(rows)


def long_table_csv(rows: Iterable[ResultRow]) -> str:
    """Write the rows as CSV at full precision; a text that a spreadsheet would run is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        texts = (row.analysis, row.endpoint, row.term, row.level, row.statistic)
        writer.writerow(
            [*map(neutral, texts), number(row.value), neutral(row.unit), neutral(row.method)]
        )
    return out.getvalue()


def neutral(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    Examples
    --------
    >>> neutral("=HYPERLINK()"), neutral("DAXX")
    ("'=HYPERLINK()", 'DAXX')
    """
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def number(value: float) -> str:
    """Write a number with every digit, as R reads it: NA for NaN, Inf for infinity.

    Examples
    --------
    >>> number(0.1), number(float("nan")), number(float("-inf"))
    ('0.1', 'NA', '-Inf')
    """
    if math.isnan(value):
        return "NA"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return repr(float(value))
