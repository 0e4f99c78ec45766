"""GENIE's `genomic_information`: the genes each assay covers, from the regions it reads."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.genomics.panels import GenePanel
from embogen.io.raw_table import clipped
from embogen.io.tab_table import read_tab_table
from embogen.io.typed_columns import NULL_WORDS

_REQUIRED: Final = ("hugo_symbol", "seq_assay_id")
_TRUE: Final = ("true", "1", "yes")
_FALSE: Final = ("false", "0", "no")


def read_genomic_information(file: str, *, folder: Path) -> dict[str, GenePanel]:
    """Read the regions of a GENIE release and gather the genes of each assay.

    A gene is on an assay where a region of it is included in the panel (``includeInPanel``) and,
    where the file tells (``Feature_Type``), is an exon: a gene of which only introns or
    breakpoints are read was not tested for mutations.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`; a table with the columns Hugo_Symbol and
        SEQ_ASSAY_ID, and Feature_Type and includeInPanel where known, in any case.
    folder
        Folder of the study file.

    Returns
    -------
    dict
        Assay (SEQ_ASSAY_ID) to panel.

    Raises
    ------
    DataError
        Missing columns, rows without an assay, an includeInPanel that is neither true nor false.
    """
    raw = read_tab_table(file, folder=folder).raw
    at = {header.lower(): f"c{i}" for i, header in enumerate(raw.headers)}
    absent = [name for name in _REQUIRED if name not in at]
    if absent:
        remedy = f"The file has: {', '.join(raw.headers[:12])}."
        raise DataError(
            [
                DataProblem(file, f"there is no column {name} (in any case)", remedy)
                for name in absent
            ]
        )
    frame = raw.frame.select(
        pl.col(at["hugo_symbol"]).alias("gene"),
        pl.col(at["seq_assay_id"]).alias("assay"),
        (pl.col(at["feature_type"]) if "feature_type" in at else pl.lit("exon")).alias("feature"),
        (pl.col(at["includeinpanel"]) if "includeinpanel" in at else pl.lit("true"))
        .str.to_lowercase()
        .alias("included"),
        raw.rows.alias("row"),
    )
    odd = frame.filter(~pl.col("included").is_in([*_TRUE, *_FALSE, *NULL_WORDS, "na"]))
    message = "is neither true nor false"
    problems = clipped(
        [
            DataProblem(file, message, "Correct the cell.", row, "includeInPanel", value)
            for value, row in odd.select("included", "row").iter_rows()
        ]
    )
    nameless = frame.filter(pl.col("assay").is_in(NULL_WORDS))["row"]
    problems += clipped(
        [DataProblem(file, "names no assay", "Fill SEQ_ASSAY_ID.", row=row) for row in nameless]
    )
    if problems:
        raise DataError(problems)
    kept = frame.filter(
        pl.col("included").is_in(_TRUE)
        & (pl.col("feature").str.to_lowercase() == "exon")
        & ~pl.col("gene").is_in(NULL_WORDS)
    )
    genes = kept.group_by("assay").agg(pl.col("gene").unique()).sort("assay")
    covered = {assay: frozenset(names) for assay, names in genes.iter_rows()}
    assays = sorted(frame["assay"].unique().to_list())
    return {
        assay: GenePanel(assay, f"regions of {file}", covered.get(assay, frozenset()), file)
        for assay in assays
    }
