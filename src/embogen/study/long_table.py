"""The long result table: every number of a study in one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.delimited import csv_text
from embogen.inference import (  # noqa: F401 - they register results
    gene_result_rows,
    hazard_rows,
    more_result_rows,
    predicted_rows,
)
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
    """Write the rows as CSV at full precision; a text that a spreadsheet would run is disarmed."""
    return csv_text(COLUMNS, ([getattr(row, name) for name in COLUMNS] for row in rows))
