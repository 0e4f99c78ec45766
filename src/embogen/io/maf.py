"""Mutation Annotation Format (MAF) to `MutationCalls`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import (
    CALL_COLUMNS,
    COUNTABLE_CLASSES,
    VARIANT_CLASSES,
    MutationCalls,
)
from embogen.io.files import read_bytes
from embogen.io.maf_lines import MafLines, split_lines
from embogen.io.raw_table import clipped

_HEADERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "gene": ("Hugo_Symbol", "Gene"),
        "variant_classification": ("Variant_Classification", "Mutation Type"),
        "sample_id": ("Tumor_Sample_Barcode", "Samples", "Sample ID"),
        "protein_change": (
            "HGVSp_Short",
            "Protein_Change",
            "Amino_Acid_Change",
            "HGVSp",
            "Protein Change",
        ),
        "start": ("Start_Position", "Start Pos"),
        "t_alt_count": ("t_alt_count", "Variant Reads"),
        "t_ref_count": ("t_ref_count", "Ref Reads"),
    }
)
"""Headers of each column, best first: those of the format, then those of a table saved from the
cBioPortal page. Their case differs between producers."""

_REQUIRED: Final = ("gene", "variant_classification", "sample_id")
_NULLS: Final = ("", "NA", ".", "NaN", "null", "[Not Available]")


def read_maf(
    file: str, *, folder: Path, columns: Mapping[str, str] | None = None
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Read a MAF, plain or .gz.

    Columns are found by header, in any case: Hugo_Symbol, Variant_Classification and
    Tumor_Sample_Barcode are required; HGVSp_Short (or Protein_Change, Amino_Acid_Change, HGVSp),
    Start_Position, t_alt_count and t_ref_count are used where they are there. Where those of the
    format are absent the headers of a table saved from the cBioPortal page are taken (Gene,
    Mutation Type, Samples, ...). Lines that begin with ``#`` are comments. All calls are kept,
    silent ones too.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.
    columns
        ``gene``, ``variant_classification``, ``sample_id``, ``protein_change``, ``start``,
        ``t_alt_count`` or ``t_ref_count`` to its header, where it differs.

    Returns
    -------
    calls
        One row per call; `vaf` is t_alt_count / (t_alt_count + t_ref_count).
    caveats
        ``repeated_header`` where the header line stands in the file more than once.

    Raises
    ------
    DataError
        With every problem: encoding, missing headers, rows with more or fewer cells than the
        header, classifications that are not known (with a hint where columns have shifted),
        positions that are no numbers, empty genes or samples.
    """
    lines = split_lines(read_bytes(file, folder), file)
    at = _find_columns(lines.headers, columns or {}, file)
    frame = _cells(lines, at)
    frame = frame.with_columns(pl.when(~pl.col(n).is_in(_NULLS)).then(pl.col(n)) for n in at)
    label = frame["variant_classification"]
    meaning = {word: VARIANT_CLASSES.get(word.lower()) for word in label.unique().drop_nulls()}
    classes = pl.col(label.name).replace_strict(meaning, default=None, return_dtype=pl.String)
    frame = frame.with_columns(classes.alias("alteration_class"))
    problems = _problems(frame, lines, at, file)
    if problems:
        raise DataError(sorted(problems, key=lambda item: item.row or 0))
    calls = _with_fractions(frame).filter(pl.col("gene").is_not_null()).select(*CALL_COLUMNS)
    return MutationCalls(calls, file), _caveats(lines, file)


def _cells(lines: MafLines, at: Mapping[str, int]) -> pl.DataFrame:
    """Cut the wanted columns out of the lines, as text without blanks at the ends."""
    frame = lines.cells(at.values())
    return frame.select(
        *(pl.col(f"c{i}").alias(name) for name, i in at.items()),
        lines.rows.alias("source_row"),
    )


def _find_columns(headers: Sequence[str], wanted: Mapping[str, str], file: str) -> dict[str, int]:
    """Return the position of each column that is there."""
    folded = [header.lower() for header in headers]
    problems: list[DataProblem] = []
    at: dict[str, int] = {}
    for name, choices in _HEADERS.items():
        spellings = (wanted[name].strip(),) if name in wanted else choices
        found = next((word for word in spellings if word.lower() in folded), None)
        if found is None:
            if name in _REQUIRED or name in wanted:
                problems.append(_absent(spellings[0], headers, file))
            continue
        at[name] = folded.index(found.lower())
        if folded.count(found.lower()) > 1:
            message = "stands over more than one column (case aside)"
            remedy = "Rename or remove all but one."
            problems.append(DataProblem(file, message, remedy, value=headers[at[name]]))
    if problems:
        raise DataError(problems)
    return at


def _absent(expected: str, headers: Sequence[str], file: str) -> DataProblem:
    folded = {header.lower(): header for header in headers}
    close = difflib.get_close_matches(expected.lower(), list(folded), n=1, cutoff=0.6)
    did = f'Did you mean "{folded[close[0]]}"? ' if close else ""
    message = f"there is no column {expected}, which a mutation file needs"
    remedy = f"{did}Map it under data.mutations.columns, or annotate the file first."
    return DataProblem(file, message, remedy)


def _problems(
    frame: pl.DataFrame, lines: MafLines, at: Mapping[str, int], file: str
) -> list[DataProblem]:
    problems = _unknown_classes(frame, lines, at, file)
    empty = "is empty, and a value was expected"
    countable = pl.col("alteration_class").is_in(COUNTABLE_CLASSES)
    for name, rows in (
        ("sample_id", frame.filter(pl.col("sample_id").is_null())),
        ("gene", frame.filter(pl.col("gene").is_null() & countable)),
        ("variant_classification", frame.filter(pl.col("variant_classification").is_null())),
    ):
        header = lines.headers[at[name]]
        found = [
            DataProblem(file, empty, "Fill the cell, or remove the row.", row=row, column=header)
            for row in rows["source_row"]
        ]
        problems += clipped(found)
    if "start" in frame.columns:
        start = pl.col("start")
        header = lines.headers[at["start"]]
        bad = frame.filter(start.is_not_null() & start.cast(pl.Int64, strict=False).is_null())
        remedy = "Look whether the columns of this row have shifted."
        found = [
            DataProblem(file, "is not a position", remedy, row=row, column=header, value=value)
            for value, row in bad.select("start", "source_row").iter_rows()
        ]
        problems += clipped(found)
    return problems


def _unknown_classes(
    frame: pl.DataFrame, lines: MafLines, at: Mapping[str, int], file: str
) -> list[DataProblem]:
    """Name each unknown classification once, with its first row and where it should stand."""
    label = pl.col("variant_classification")
    bad = frame.filter(label.is_not_null() & pl.col("alteration_class").is_null())
    counts = bad.group_by("variant_classification", maintain_order=True).agg(
        pl.len(), pl.col("source_row").min()
    )
    problems = []
    for value, count, row in counts.iter_rows():
        shift = lines.column_of(row, set(VARIANT_CLASSES))
        if shift is not None:
            message = f"is no variant classification; one stands under {shift}"
            remedy = "The columns of this row have shifted: look for a lost or additional tab."
        else:
            message = "is no variant classification of the MAF format"
            close = difflib.get_close_matches(value.lower(), list(VARIANT_CLASSES), n=1)
            did = f'Did you mean "{close[0]}" (in any case)? ' if close else ""
            remedy = f"{did}Known are Missense_Mutation, Nonsense_Mutation, Frame_Shift_Del, ..."
        if count > 1:
            message += f" ({count} rows)"
        header = lines.headers[at["variant_classification"]]
        problems.append(DataProblem(file, message, remedy, row=row, column=header, value=value))
    return clipped(problems)


def _with_fractions(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the variant allele fraction where both counts are there and not both zero."""
    for name in ("protein_change", "t_alt_count", "t_ref_count"):
        if name not in frame.columns:
            frame = frame.with_columns(pl.lit(None, pl.String).alias(name))
    alt = pl.col("t_alt_count").cast(pl.Float64, strict=False)
    depth = alt + pl.col("t_ref_count").cast(pl.Float64, strict=False)
    return frame.with_columns(pl.when(depth > 0).then(alt / depth).alias("vaf"))


def _caveats(lines: MafLines, file: str) -> tuple[Caveat, ...]:
    if not lines.repeated_headers:
        return ()
    count = len(lines.repeated_headers)
    rows = ", ".join(str(row) for row in lines.repeated_headers[:5])
    message = f"The header line of {file} stands again in row {rows}; it was passed over."
    return (Caveat("repeated_header", message, {"lines": count}, file),)
