"""GENIE genomic_information tables to panels: the targets of every assay in one file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.genomics.panels import GenePanel
from embogen.io.raw_table import clipped
from embogen.io.tables import read_raw_table

if TYPE_CHECKING:
    from embogen.io.raw_table import RawTable

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "panel": ("seq_assay_id",),
    "gene": ("hugo_symbol", "gene"),
    "included": ("includeinpanel", "include_in_panel"),
}
_YES: Final = ("true", "1", "yes")
_NO: Final = ("false", "0", "no", "")


def read_genomic_information(file: str, *, folder: Path) -> dict[str, GenePanel]:
    """Read which genes each assay covers.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`: a table with SEQ_ASSAY_ID, Hugo_Symbol
        and includeInPanel (intervals, exons and other columns are not needed).
    folder
        Folder of the study file.

    Returns
    -------
    dict
        SEQ_ASSAY_ID to panel. A gene is covered where one of its rows is in the panel; intervals
        without a gene are passed over.

    Raises
    ------
    DataError
        Naming absent columns and cells of includeInPanel that are neither true nor false.
    """
    raw = read_raw_table(file, folder)
    at = _find(raw)
    table = pl.DataFrame({name: raw.frame[f"c{i}"] for name, i in at.items()}).with_columns(
        raw.rows.alias("row")
    )
    if "included" in at:
        word = pl.col("included").str.to_lowercase()
        bad = table.filter(~word.is_in([*_YES, *_NO]))
        problems = [
            DataProblem(file, "is neither True nor False", "", row, "includeInPanel", value)
            for value, row in bad.select("included", "row").iter_rows()
        ]
        if problems:
            raise DataError(clipped(problems))
        table = table.filter(word.is_in(_YES))
    table = table.filter((pl.col("gene") != "") & (pl.col("panel") != ""))
    found = table.group_by("panel", maintain_order=True).agg(pl.col("gene").unique())
    return {
        name: GenePanel(name, "genomic information", frozenset(genes), file)
        for name, genes in found.iter_rows()
    }


def _find(raw: RawTable) -> dict[str, int]:
    folded = [header.lower() for header in raw.headers]
    at: dict[str, int] = {}
    problems = []
    for name, choices in _COLUMNS.items():
        found = next((folded.index(word) for word in choices if word in folded), None)
        if found is not None:
            at[name] = found
        elif name != "included":
            message = f"there is no column of the {name} ({' or '.join(choices)})"
            remedy = "Give the genomic_information file of the release."
            problems.append(DataProblem(raw.file, message, remedy, row=1))
    if problems:
        raise DataError(problems)
    return at
