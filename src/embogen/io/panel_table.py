"""Gene panels from a table with a row for each panel and gene."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.genomics.panels import GenePanel
from embogen.io.raw_table import clipped
from embogen.io.tables import read_raw_table


def read_panel_table(file: str, *, folder: Path) -> Mapping[str, GenePanel]:
    """Read a table with the columns ``panel`` and ``gene``: Parquet, text or a workbook.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.

    Returns
    -------
    Mapping
        Panel id to panel, in alphabetical order.

    Raises
    ------
    DataError
        When a column is missing, a cell is empty, or the table holds no rows.
    """
    raw = read_raw_table(file, folder)
    missing = [name for name in ("panel", "gene") if name not in raw.headers]
    if missing:
        remedy = f"The file has: {', '.join(raw.headers[:20])}."
        raise DataError(
            [DataProblem(file, f'has no column "{name}"', remedy, row=1) for name in missing]
        )
    problems: list[DataProblem] = []
    for name in ("panel", "gene"):
        problems += clipped(
            [
                DataProblem(
                    file, "is empty", "Fill the cell, or remove the row.", row=row, column=name
                )
                for row in raw.rows.filter(raw.column(name) == "")
            ]
        )
    if raw.rows.is_empty():
        problems.append(DataProblem(file, "holds no panel", "Add a row for each panel and gene."))
    if problems:
        raise DataError(problems)
    table = pl.DataFrame({"panel": raw.column("panel"), "gene": raw.column("gene")})
    return {
        name: GenePanel(name, "", frozenset(genes), file)
        for name, genes in table.group_by("panel").agg("gene").sort("panel").iter_rows()
    }
