"""Mutation Annotation Format (MAF) to `MutationCalls`."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import (
    CALL_COLUMNS,
    COUNTABLE_CLASSES,
    OPTIONAL_COLUMNS,
    VARIANT_CLASSES,
    MutationCalls,
)
from embogen.io.files import read_bytes
from embogen.io.maf_lines import MafLines, split_lines
from embogen.io.raw_table import clipped
from embogen.io.typed_columns import null_where

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
_ON_REQUEST: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "vaf": ("t_vaf", "tumor_vaf", "vaf", "tumor_f", "t_af"),
        "mutation_status": ("Mutation_Status", "Somatic_Status"),
        "driver": ("ONCOGENIC", "cbp_driver"),
    }
)
"""Headers of columns that are read only where `also` or `columns` names them."""
_LOCUS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "chromosome": ("Chromosome",),
        "reference": ("Reference_Allele", "Ref"),
        "alternate": ("Tumor_Seq_Allele2", "Var"),
    }
)
"""Headers of what, with Start_Position, tells a variant that has no protein change; read where
`also` names the locus."""

_REQUIRED: Final = ("gene", "variant_classification", "sample_id")
_NULLS: Final = ("", "NA", ".", "NaN", "null", "[Not Available]")


def read_maf(
    file: str,
    *,
    folder: Path,
    columns: Mapping[str, str] | None = None,
    also: Collection[str] = (),
    vaf_unit: Literal["fraction", "percent"] = "fraction",
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
        ``t_alt_count`` or ``t_ref_count`` to its header, where it differs; ``vaf``,
        ``mutation_status`` and ``driver`` too.
    also
        Which of ``vaf``, ``mutation_status``, ``driver`` the study cannot do without; those named
        in `columns` are read anyway. With ``locus`` position and alleles are read where they are
        there.
    vaf_unit
        Unit of a column of allele fractions.

    Returns
    -------
    calls
        One row per call; `vaf` is t_alt_count / (t_alt_count + t_ref_count), or what the column
        named for it holds.
    caveats
        ``repeated_header`` where the header line stands in the file more than once.

    Raises
    ------
    DataError
        With every problem: encoding, missing headers, rows with more or fewer cells than the
        header, classifications that are not known (with a hint where columns have shifted),
        positions that are no numbers, allele fractions outside 0 to 1 (100 percent), empty genes or
        samples.
    """
    wanted = columns or {}
    extra = {name for name in _ON_REQUEST if name in also or name in wanted}
    if "locus" in also:
        extra.add("locus")
    lines = split_lines(read_bytes(file, folder), file)
    at = _find_columns(lines.headers, wanted, extra, file)
    frame = _cells(lines, at)
    classes = _alteration_classes(frame["variant_classification"])
    frame = pl.DataFrame([*frame.get_columns(), classes])
    problems = _problems(frame, lines, at, file)
    if "vaf" in at:
        problems += _fraction_problems(frame, lines.headers[at["vaf"]], vaf_unit, file)
    if problems:
        raise DataError(sorted(problems, key=lambda item: item.row or 0))
    caveats = _caveats(lines, file)
    del lines  # the text of the file, which is larger than what was read of it
    if "locus" in also:
        frame = _with_locus(frame)
    pieces = {cells.name: cells for cells in (*frame.get_columns(), _fractions(frame, vaf_unit))}
    if "protein_change" not in at:
        unknown = pl.Series("protein_change", [None], dtype=pl.String)
        pieces[unknown.name] = unknown.new_from_index(0, frame.height)
    del frame  # so that a column read in pieces goes as soon as it is put in one
    further = {*at, "locus"} & set(pieces)
    kept = (*CALL_COLUMNS, *(name for name in OPTIONAL_COLUMNS if name in further))
    pieces = {name: pieces[name] for name in kept}
    calls = pl.DataFrame([pieces.pop(name).rechunk() for name in kept])
    if calls["gene"].null_count():
        calls = calls.filter(pl.col("gene").is_not_null())
    return MutationCalls(calls, file), caveats


def _alteration_classes(labels: pl.Series) -> pl.Series:
    """Return the class of each label, null where it is not known.

    Labels are many and few differ: they are looked up by code, which takes a fraction of the
    memory of a replacement cell by cell.
    """
    words = labels.unique().drop_nulls()
    meaning = pl.Series([VARIANT_CLASSES.get(word.lower()) for word in words], dtype=pl.String)
    codes = labels.cast(pl.Enum(words)).to_physical()
    return meaning.gather(codes).alias("alteration_class")


def _cells(lines: MafLines, at: Mapping[str, int]) -> pl.DataFrame:
    """Cut the wanted columns out of the lines: text without blanks at the ends, null where empty.

    The text comes in pieces and the rows in one. An expression over such columns first copies all
    of them into pieces of one size, so those below work on single columns where they can.
    """
    frame = lines.cells(at.values())
    columns = [lines.rows.alias("source_row")]
    for name, i in at.items():
        cells = frame[f"c{i}"].alias(name)
        empty = cells.is_in(_NULLS)
        columns.append(null_where(cells, empty) if empty.any() else cells)
    return pl.DataFrame(columns)


def _find_columns(
    headers: Sequence[str], wanted: Mapping[str, str], extra: Collection[str], file: str
) -> dict[str, int]:
    """Return the position of each column that is there, those of `extra` too."""
    folded = [header.lower() for header in headers]
    problems: list[DataProblem] = []
    at: dict[str, int] = {}
    on_request = {name: words for name, words in _ON_REQUEST.items() if name in extra}
    if "locus" in extra:
        on_request |= _LOCUS
    for name, choices in (*_HEADERS.items(), *on_request.items()):
        spellings = (wanted[name].strip(),) if name in wanted else choices
        found = next((word for word in spellings if word.lower() in folded), None)
        if found is None:
            if name in _REQUIRED or name in wanted or name in {*extra} - {"vaf"}:
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
    for name in ("sample_id", "gene", "variant_classification"):
        if not frame[name].null_count():  # as a rule; the rows need not be looked at
            continue
        bare = pl.col(name).is_null()
        rows = frame.filter(bare & countable if name == "gene" else bare)
        header = lines.headers[at[name]]
        found = [
            DataProblem(file, empty, "Fill the cell, or remove the row.", row=row, column=header)
            for row in rows["source_row"]
        ]
        problems += clipped(found)
    if "start" in frame.columns:
        start = frame["start"]
        header = lines.headers[at["start"]]
        refused = start.cast(pl.Int64, strict=False).is_null() & start.is_not_null()
        bad = zip(start.filter(refused), frame["source_row"].filter(refused), strict=True)
        remedy = "Look whether the columns of this row have shifted."
        found = [
            DataProblem(file, "is not a position", remedy, row=row, column=header, value=value)
            for value, row in bad
        ]
        problems += clipped(found)
    return problems


def _unknown_classes(
    frame: pl.DataFrame, lines: MafLines, at: Mapping[str, int], file: str
) -> list[DataProblem]:
    """Name each unknown classification once, with its first row and where it should stand."""
    label, known = frame["variant_classification"], frame["alteration_class"]
    if known.null_count() == label.null_count():
        return []
    bad = frame.filter(label.is_not_null() & known.is_null())
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


def _fraction_problems(frame: pl.DataFrame, header: str, unit: str, file: str) -> list[DataProblem]:
    """Find allele fractions that are none; a column in percent is never guessed at."""
    text = pl.col("vaf")
    number = text.cast(pl.Float64, strict=False)
    most = 1.0 if unit == "fraction" else 100.0
    bad = frame.filter(text.is_not_null() & (number.is_null() | (number < 0) | (number > most)))
    message = f"is not between 0 and {most:g}"
    remedy = "Correct the cell."
    if unit == "fraction":
        remedy = 'Write vaf_unit = "percent" under data.mutations if the column is in percent.'
    return clipped(
        [
            DataProblem(file, message, remedy, row=row, column=header, value=value)
            for value, row in bad.select("vaf", "source_row").iter_rows()
        ]
    )


def _fractions(frame: pl.DataFrame, unit: str) -> pl.Series:
    """Return the variant allele fraction: a column of its own, else both counts, not both zero."""
    if "vaf" in frame.columns:
        return frame["vaf"].cast(pl.Float64, strict=False) / (100.0 if unit == "percent" else 1.0)
    if not {"t_alt_count", "t_ref_count"} <= {*frame.columns}:
        return pl.Series("vaf", [None], dtype=pl.Float64).new_from_index(0, frame.height)
    alt = frame["t_alt_count"].cast(pl.Float64, strict=False)
    depth = alt + frame["t_ref_count"].cast(pl.Float64, strict=False)
    return pl.select(pl.when(depth > 0).then(alt / depth).alias("vaf")).to_series()


def _with_locus(frame: pl.DataFrame) -> pl.DataFrame:
    """Add position and alleles as one text, null where one is not known or both alleles agree."""
    if not {"start", *_LOCUS} <= set(frame.columns):
        return frame
    place = pl.format(
        "{}:{} {}>{}",
        pl.col("chromosome").str.replace("^(?i)chr", ""),
        "start",
        "reference",
        "alternate",
    )
    changed = pl.col("reference") != pl.col("alternate")
    return frame.with_columns(pl.when(changed).then(place).alias("locus"))


def _caveats(lines: MafLines, file: str) -> tuple[Caveat, ...]:
    if not lines.repeated_headers:
        return ()
    count = len(lines.repeated_headers)
    rows = ", ".join(str(row) for row in lines.repeated_headers[:5])
    message = f"The header line of {file} stands again in row {rows}; it was passed over."
    return (Caveat("repeated_header", message, {"lines": count}, file),)
