"""Parquet tables to `RawTable`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.io.parquet_file import FIRST_ROW, SUFFIX, collected, open_parquet
from embogen.io.raw_table import RawTable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SUFFIX", "read_parquet_table"]

_PLAIN: Final = (pl.Boolean, pl.Date, pl.Datetime, pl.Null)


def read_parquet_table(file: str, *, folder: Path) -> RawTable:
    """Read a Parquet file as the text its cells would be in CSV.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.

    Raises
    ------
    DataError
        When it is no whole Parquet file, has no columns, or has some that hold no plain values.
    """
    frame = open_parquet(file, folder)
    schema = frame.collect_schema()
    problems = [
        DataProblem(
            file, f"holds {kind}, and plain values were expected", "Leave it out.", column=n
        )
        for n, kind in schema.items()
        if not _is_plain(kind)
    ]
    if not schema:
        problems.append(DataProblem(file, "has no columns", "Export it again."))
    if problems:
        raise DataError(problems)
    cells = collected(
        frame.select(
            _text(name, kind).alias(f"c{i}") for i, (name, kind) in enumerate(schema.items())
        ),
        file,
    )
    rows = pl.Series("row", range(FIRST_ROW, cells.height + FIRST_ROW), dtype=pl.Int64)
    filled = pl.Series([True] * cells.height, dtype=pl.Boolean)
    if cells.height:
        filled = cells.select(pl.any_horizontal(pl.all() != "")).to_series()
    return RawTable(file, tuple(schema), cells.filter(filled), rows.filter(filled))


def _is_plain(kind: pl.DataType) -> bool:
    return (
        kind in _PLAIN
        or kind.is_numeric()
        or isinstance(kind, pl.String | pl.Categorical | pl.Enum)
    )


def _text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind.is_float():
        # a whole number is written as one, so that identifiers and codes are recognised
        whole = column.is_finite() & (column == column.round()) & (column.abs() < 2**53)
        column = (
            pl.when(whole)
            .then(column.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(column.cast(pl.String))
        )
    elif isinstance(kind, pl.Datetime):
        column = column.dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    return column.cast(pl.String).str.strip_chars().fill_null("")
