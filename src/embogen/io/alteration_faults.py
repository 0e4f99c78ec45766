"""What can be wrong in a table of patient, gene and state: counted, with the first rows named."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem
from embogen.io.parquet_file import FIRST_ROW, ROW, as_text, collected
from embogen.io.raw_table import LISTED, clipped
from embogen.io.sample_rows import NO_PATIENT, REMEDY

STATES: Final = ("altered", "wild_type", "not_tested", "failed")
"""The words of the state column."""

_TEXT: Final = (pl.String, pl.Categorical, pl.Enum)


@dataclass(slots=True)
class Tally:
    """Rows with one kind of problem, of which the first are named.

    Parameters
    ----------
    message, remedy, column
        As in `DataProblem`.

    Examples
    --------
    >>> tally = Tally("is empty", "Fill the cell.", "gene")
    >>> tally.add(pl.DataFrame({ROW: [7, 3], "value": [None, None]}), 2, 7)
    >>> [str(problem) for problem in tally.problems("a.parquet")]
    ['a.parquet row 5, gene: is empty. Fill the cell.', 'a.parquet row 9, gene: is empty. Fill the cell.']
    """  # noqa: E501 - the output is one line

    message: str
    remedy: str
    column: str
    count: int = 0
    last: int = 0
    first: list[tuple[int, str | None]] = field(default_factory=list)

    def add(self, rows: pl.DataFrame, count: int, last: int) -> None:
        """Add some rows (their place in the file, the offending value) of `count` there are."""
        found = rows.sort(ROW).head(LISTED).select(ROW, "value").rows()
        self.first = sorted([*self.first, *found], key=lambda item: item[0])[:LISTED]
        self.count += count
        self.last = max(self.last, last)

    def problems(self, file: str) -> list[DataProblem]:
        """Name the first rows and count the others."""
        named = [
            DataProblem(file, self.message, self.remedy, at + FIRST_ROW, self.column, value)
            for at, value in self.first
        ]
        if self.count > len(named):
            more = (
                f"and {self.count - len(named)} more rows with this problem, "
                f"the last in row {self.last + FIRST_ROW}"
            )
            named.append(DataProblem(file, more, column=self.column))
        return named


def column_faults(frame: pl.LazyFrame, headers: Sequence[str], file: str) -> None:
    """Refuse a table that lacks a column, or holds something else in it.

    Raises
    ------
    DataError
        Naming each of these columns.
    """
    schema = frame.collect_schema()
    problems = []
    for header, whole_numbers in zip(headers, (True, False, False), strict=True):
        if header not in schema:
            close = difflib.get_close_matches(header, list(schema), n=1, cutoff=0.6)
            did = f'Did you mean "{close[0]}"? ' if close else ""
            remedy = f"{did}The file has: {', '.join(list(schema)[:20])}."
            problems.append(DataProblem(file, f'has no column "{header}"', remedy, row=1))
            continue
        kind = schema[header]
        if isinstance(kind, _TEXT) or (whole_numbers and kind.is_integer()):
            continue
        expected = "text or whole numbers were" if whole_numbers else "text was"
        message = f"holds {kind}, and {expected} expected"
        problems.append(DataProblem(file, message, "Write it as text.", column=header))
    if problems:
        raise DataError(problems)


def cell_faults(frame: pl.LazyFrame, headers: Sequence[str], file: str) -> list[DataProblem]:
    """Name empty cells and unknown states of a table with its rows' places."""
    problems = []
    for header in headers:
        cell = as_text(frame, header)
        empty = cell.is_null() | (cell.str.strip_chars() == "")
        problems += _found(
            frame, empty, Tally("is empty", "Fill the cell, or remove the row.", header), file
        )
    state = as_text(frame, headers[2])
    unknown = ~state.is_in(STATES) & (state.str.strip_chars() != "")
    message = f"is not one of {', '.join(STATES)}"
    problems += _found(frame, unknown, Tally(message, "Write one of these.", headers[2]), file)
    return problems


def _found(frame: pl.LazyFrame, bad: pl.Expr, tally: Tally, file: str) -> list[DataProblem]:
    rows = frame.filter(bad).select(ROW, as_text(frame, tally.column).alias("value"))
    totals = rows.select(pl.len().alias("count"), pl.col(ROW).max().alias("last"))
    count, last = collected(totals, file, row_order=False).row(0)
    if count:
        tally.add(collected(rows.head(LISTED), file), count, last)
    return tally.problems(file)


@dataclass(frozen=True, slots=True)
class PairFaults:
    """Patients nobody knows, and pairs that stand twice, over any number of blocks."""

    strangers: Tally
    twice: Tally

    @classmethod
    def of(cls, headers: Sequence[str]) -> PairFaults:
        """Begin with none."""
        return cls(
            Tally(NO_PATIENT, REMEDY, headers[0]),
            Tally("stands twice for this gene", "Keep one row for each pair.", headers[0]),
        )

    def look(self, pairs: pl.DataFrame) -> None:
        """Look at the pairs of some genes, sorted by gene and patient."""
        if pairs["row"].null_count():
            _add(self.strangers, pairs.filter(pl.col("row").is_null()))
        gene, row = pairs["gene"].to_numpy(), pairs["row"].fill_null(-1).to_numpy()
        again = (gene[1:] == gene[:-1]) & (row[1:] == row[:-1]) & (row[1:] >= 0)
        if again.any():
            _add(self.twice, pairs[np.flatnonzero(again) + 1])

    def problems(self, file: str) -> list[DataProblem]:
        """Name what was found."""
        return [*self.strangers.problems(file), *self.twice.problems(file)]


def _add(tally: Tally, rows: pl.DataFrame) -> None:
    last = rows[ROW].max()
    named = rows.select(ROW, pl.col("patient_id").alias("value"))
    tally.add(named, rows.height, last if isinstance(last, int) else 0)


def genes_without_panel(
    names: Sequence[str], silent: NDArray[np.bool_], file: str
) -> list[DataProblem]:
    """Name the genes of which nobody can tell who was tested."""
    message = (
        "is on no panel of these patients, and no row says wild_type: who was tested for it is "
        "not known"
    )
    remedy = "Add it to its panel, or say that the whole genome was tested."
    return clipped(
        [
            DataProblem(file, message, remedy, column="gene", value=names[j])
            for j in np.flatnonzero(silent).tolist()
        ]
    )
