"""Discrete copy number, wide and long, to calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import CALL_COLUMNS
from embogen.io.raw_table import RawTable, clipped
from embogen.io.tab_table import read_tab_table

LEVELS: Final[Mapping[float, str | None]] = MappingProxyType(
    {
        -2.0: "homozygous_deletion",
        -1.5: "homozygous_deletion",
        -1.0: "loss",
        0.0: None,
        1.0: "gain",
        2.0: "amplification",
    }
)
"""Copy-number level to alteration class; -1.5 is a deletion of uncertain depth, and counts as deep
(the portal itself imports it so)."""

_NOT_PROFILED: Final = ("", "NA", "NaN", "[Not Available]")
_NO_SAMPLES: Final = ("hugo_symbol", "entrez_gene_id", "cytoband", "gene symbol", "locus id")
_GENE: Final = "hugo_symbol"


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Calls of one profile, with the samples it was made for.

    Parameters
    ----------
    calls
        Rows with the columns of `CALL_COLUMNS`.
    samples
        Samples the file gives values for, calls or not.
    caveats
        What the reader should know.
    tested
        Pairs of sample_id and gene the file gives a value for; None where it lists alterations
        only, which leaves what was assayed to the panel.
    """

    calls: pl.DataFrame
    samples: frozenset[str]
    caveats: tuple[Caveat, ...] = ()
    tested: pl.DataFrame | None = None


def read_wide(file: str, *, folder: Path) -> Profile:
    """Read a matrix with a gene in each row (``Hugo_Symbol``) and a sample in each column.

    Raises
    ------
    DataError
        No gene column, values that are no copy-number level, a gene given twice with different
        values.
    """
    raw = read_tab_table(file, folder=folder).raw
    at = _column(raw, _GENE)
    samples = {
        f"c{i}": name for i, name in enumerate(raw.headers) if name.lower() not in _NO_SAMPLES
    }
    long = (
        raw.frame.with_columns(raw.rows.alias("source_row"))
        .select(pl.col(at).alias("gene"), "source_row", *samples)
        .unpivot(
            list(samples), index=["gene", "source_row"], variable_name="at", value_name="value"
        )
        .with_columns(pl.col("at").replace_strict(samples, return_dtype=pl.String))
        .rename({"at": "sample_id"})
    )
    return _profile(long, raw.file)


def read_long(file: str, *, folder: Path) -> Profile:
    """Read a table with a row for each gene and sample: Hugo_Symbol, Sample_Id, Value.

    Raises
    ------
    DataError
        As `read_wide`.
    """
    raw = read_tab_table(file, folder=folder).raw
    places = {"gene": _GENE, "sample_id": "sample_id", "value": "value"}
    frame = raw.frame.select(
        *(pl.col(_column(raw, header)).alias(name) for name, header in places.items())
    ).with_columns(raw.rows.alias("source_row"))
    return _profile(frame, raw.file)


def _column(raw: RawTable, wanted: str) -> str:
    folded = [header.lower() for header in raw.headers]
    if wanted not in folded:
        message = f"there is no column {wanted} (in any case), which copy number needs"
        remedy = f"The file has: {', '.join(raw.headers[:12])}."
        raise DataError([DataProblem(raw.file, message, remedy)])
    return f"c{folded.index(wanted)}"


def _profile(long: pl.DataFrame, file: str) -> Profile:
    known = long.filter(~pl.col("value").is_in(_NOT_PROFILED)).with_columns(
        pl.col("value").cast(pl.Float64, strict=False).alias("level")
    )
    bad = known.filter(~pl.col("level").is_in(list(LEVELS)).fill_null(value=False))
    shown = ", ".join(f"{level:g}" for level in LEVELS)
    problems = clipped(
        [
            DataProblem(
                file,
                f"is no copy-number level; {shown} or NA was expected",
                "Give discrete values; log-ratios belong into another file.",
                row,
                sample,
                value,
            )
            for sample, value, row in bad.select("sample_id", "value", "source_row")
            .head(1000)
            .iter_rows()
        ]
    )
    unequal = (
        known.filter(pl.col("gene") != "")
        .group_by("sample_id", "gene")
        .agg(pl.col("level").n_unique().alias("n"), pl.col("source_row").max())
        .filter(pl.col("n") > 1)
        .group_by("gene")
        .agg(pl.len(), pl.col("source_row").max())
        .sort("gene")
    )
    problems += clipped(
        [
            DataProblem(
                file,
                f"stands there more than once, with different values in {count} samples",
                "Keep one row for each gene.",
                row,
                "Hugo_Symbol",
                gene,
            )
            for gene, count, row in unequal.iter_rows()
        ]
    )
    if problems:
        raise DataError(sorted(problems, key=lambda item: item.row or 0))
    classes = {level: name for level, name in LEVELS.items() if name is not None}
    altered = known.filter((pl.col("level") != 0) & (pl.col("gene") != "")).unique(
        ["sample_id", "gene"], keep="first", maintain_order=True
    )
    partial = altered.filter(pl.col("level") == -1.5).height  # noqa: PLR2004 - a level of the format
    calls = altered.with_columns(
        pl.col("level").replace_strict(classes, return_dtype=pl.String).alias("alteration_class"),
        pl.format("copy number {}", pl.col("value")).alias("variant_classification"),
        pl.lit(None, pl.String).alias("protein_change"),
        pl.lit(None, pl.Float64).alias("vaf"),
    ).select(*CALL_COLUMNS)
    samples = frozenset(known["sample_id"].unique().to_list())
    pairs = known.filter(pl.col("gene") != "").select("sample_id", "gene").unique()
    tested = pairs if (known["level"] == 0).any() else None
    return Profile(calls, samples, _partial_caveat(partial, file), tested)


def _partial_caveat(count: int, file: str) -> tuple[Caveat, ...]:
    if not count:
        return ()
    message = (
        f"{file}: {count} cell{'' if count == 1 else 's'} hold -1.5, a deletion of uncertain "
        "depth; counted as homozygous deletion."
    )
    return (Caveat("partial_deletions", message, {"cells": count}, file),)
