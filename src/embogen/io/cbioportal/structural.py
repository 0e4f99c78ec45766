"""Structural variants, and the older fusion files, to calls."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import CALL_COLUMNS
from embogen.io.cbioportal.copy_number import Profile
from embogen.io.raw_table import RawTable, clipped
from embogen.io.tab_table import read_tab_table
from embogen.io.typed_columns import NULL_WORDS

_STATUS: Final = ("SOMATIC", "GERMLINE", "UNKNOWN")


def read_structural_variants(file: str, *, folder: Path) -> Profile:
    """Read a structural-variant file; each gene of a variant is altered by it.

    Columns, in any case: Sample_Id, SV_Status (SOMATIC, GERMLINE or UNKNOWN), Site1_Hugo_Symbol
    and Site2_Hugo_Symbol, of which one may be empty; Class and Event_Info or Annotation are kept.
    A gene fused with itself is one call.

    Raises
    ------
    DataError
        Missing columns, rows without a sample or any gene, an unknown status.
    """
    raw = read_tab_table(file, folder=folder).raw
    frame = _frame(
        raw,
        {
            "sample_id": ("sample_id",),
            "status": ("sv_status",),
            "gene1": ("site1_hugo_symbol", "site1_gene"),
            "gene2": ("site2_hugo_symbol", "site2_gene"),
            "class": ("class", "sv_class_name"),
            "change": ("event_info", "annotation"),
        },
        required=("sample_id", "status"),
    )
    problems = _problems(raw, frame)
    if problems:
        raise DataError(sorted(problems, key=lambda item: item.row or 0))
    kind = pl.col("class").fill_null("structural variant")
    first = frame.select("sample_id", pl.col("gene1").alias("gene"), kind, "change", "source_row")
    second = frame.select("sample_id", pl.col("gene2").alias("gene"), kind, "change", "source_row")
    return _profile(pl.concat([first, second]).sort("source_row", maintain_order=True))


def read_fusions(file: str, *, folder: Path) -> Profile:
    """Read a fusion file of the older kind: Hugo_Symbol, Tumor_Sample_Barcode, Fusion.

    Raises
    ------
    DataError
        Missing columns.
    """
    raw = read_tab_table(file, folder=folder).raw
    frame = _frame(
        raw,
        {
            "sample_id": ("tumor_sample_barcode",),
            "gene": ("hugo_symbol",),
            "class": ("variant_classification",),
            "change": ("fusion",),
        },
        required=("sample_id", "gene"),
    )
    kind = pl.col("class").fill_null("Fusion")
    return _profile(frame.select("sample_id", "gene", kind, "change", "source_row"))


def _frame(
    raw: RawTable, places: dict[str, tuple[str, ...]], *, required: tuple[str, ...]
) -> pl.DataFrame:
    """Return the wanted columns, null where empty or absent."""
    folded = [header.lower() for header in raw.headers]
    problems = []
    columns: list[pl.Expr] = []
    for name, choices in places.items():
        found = next((word for word in choices if word in folded), None)
        if found is None:
            if name in required:
                message = f"there is no column {choices[0]} (in any case)"
                remedy = f"The file has: {', '.join(raw.headers[:12])}."
                problems.append(DataProblem(raw.file, message, remedy))
            columns.append(pl.lit(None, pl.String).alias(name))
            continue
        cell = pl.col(f"c{folded.index(found)}")
        columns.append(pl.when(~cell.is_in(NULL_WORDS)).then(cell).alias(name))
    if problems:
        raise DataError(problems)
    return raw.frame.select(*columns, raw.rows.alias("source_row"))


def _problems(raw: RawTable, frame: pl.DataFrame) -> list[DataProblem]:
    file = raw.file
    nobody = frame.filter(pl.col("sample_id").is_null())["source_row"]
    nothing = frame.filter(pl.col("gene1").is_null() & pl.col("gene2").is_null())["source_row"]
    known = pl.col("status").str.to_uppercase().is_in(_STATUS)
    odd = frame.filter(~known.fill_null(value=True)).select("status", "source_row")
    return [
        *clipped([DataProblem(file, "names no sample", "Fill Sample_Id.", row=r) for r in nobody]),
        *clipped(
            [
                DataProblem(file, "names no gene at either site", "Fill a Hugo_Symbol.", row=r)
                for r in nothing
            ]
        ),
        *clipped(
            [
                DataProblem(
                    file, f"is not one of {', '.join(_STATUS)}", "Correct it.", r, "SV_Status", v
                )
                for v, r in odd.iter_rows()
            ]
        ),
    ]


def _profile(rows: pl.DataFrame) -> Profile:
    calls = (
        rows.filter(pl.col("gene").is_not_null() & pl.col("sample_id").is_not_null())
        .unique(["sample_id", "gene", "source_row"], keep="first", maintain_order=True)
        .rename({"class": "variant_classification", "change": "protein_change"})
        .with_columns(
            pl.lit("fusion").alias("alteration_class"), pl.lit(None, pl.Float64).alias("vaf")
        )
        .select(*CALL_COLUMNS)
    )
    return Profile(calls, frozenset(calls["sample_id"].to_list()))
