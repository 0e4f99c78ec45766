"""Discrete copy number, a matrix or a long table, to `MutationCalls`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import MutationCalls
from embogen.io.gene_long import long_triples
from embogen.io.gene_matrix import matrix_triples
from embogen.io.gene_values import ValueMeaning, calls_from_values, plain_values
from embogen.io.raw_table import clipped
from embogen.io.tables import read_raw_table
from embogen.io.typed_columns import NULL_WORDS

if TYPE_CHECKING:
    from embogen.io.raw_table import RawTable

LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {"-2": "homozygous_deletion", "-1": "loss", "1": "gain", "2": "amplification"}
)
"""Level of discrete copy number to alteration class."""
UNCHANGED: Final = ("0",)
PARTIAL: Final = "-1.5"
"""A deletion of uncertain depth, between loss and homozygous deletion; the portal imports it as
homozygous."""

GENE: Final = ("hugo_symbol", "gene symbol", "gene")
"""Headers of the symbols, in lower case, best first."""
_NUMBER_OF_GENE: Final = ("entrez_gene_id", "locus id")
NO_SAMPLES: Final = (*GENE, *_NUMBER_OF_GENE, "cytoband")
"""Headers of a matrix, in lower case, that are no samples."""


def read_copy_number(
    file: str,
    *,
    folder: Path,
    layout: Literal["matrix", "long"] = "matrix",
    columns: Mapping[str, str] | None = None,
    altered: Mapping[str, str] | None = None,
    wild_type: Sequence[str] = (),
    partial: Literal["homozygous_deletion", "loss"] = "homozygous_deletion",
    coverage: Literal["file", "panel"] | None = None,
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Read discrete copy number.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.
    layout
        ``matrix``: a gene in each row, a sample in each column. ``long``: a row for each sample
        and gene.
    columns
        For a long table, as for `read_gene_long`.
    altered, wild_type
        Value to alteration class, and values without alteration, where they are not -2, -1, 0, 1
        and 2.
    partial
        The class of -1.5.
    coverage
        ``file``: a gene was assayed where the file holds a value. ``panel``: where the panel of
        the specimen lists it. None: by the file if it holds any value without alteration, by panel
        if it lists alterations only.

    Returns
    -------
    calls
        A call for each altered pair; `MutationCalls.tested` where the file tells the coverage.
    caveats
        ``partial_deletions`` where -1.5 occurs, besides those of the reader.

    Raises
    ------
    DataError
        As `copy_number_calls`.
    """
    raw = read_raw_table(file, folder)
    return copy_number_calls(
        raw,
        layout=layout,
        columns=columns,
        altered=altered,
        wild_type=wild_type,
        partial=partial,
        coverage=coverage,
    )


def copy_number_calls(
    raw: RawTable,
    *,
    layout: Literal["matrix", "long"] = "matrix",
    columns: Mapping[str, str] | None = None,
    altered: Mapping[str, str] | None = None,
    wild_type: Sequence[str] = (),
    partial: Literal["homozygous_deletion", "loss"] = "homozygous_deletion",
    coverage: Literal["file", "panel"] | None = None,
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Turn a table of discrete copy number into calls; see `read_copy_number`.

    A matrix has its symbols under Hugo_Symbol (Gene Symbol, gene), wherever that stands, or else
    in its first column. Rows that name a gene by its Entrez number alone are passed over.

    Raises
    ------
    DataError
        No column of gene symbols, rows without a gene, a value that is no level (named once), and
        a gene that has two different levels in one sample.
    """
    meaning = _meaning(altered, wild_type, partial)
    raw = _named(raw)
    if layout == "matrix":
        triples = matrix_triples(raw, gene=_symbols(raw), not_samples=NO_SAMPLES)
    else:
        triples = long_triples(raw, columns or {}, section="data.copy_number")
    calls, caveats = calls_from_values(triples, meaning, raw.file)
    if not altered:
        _refuse_two_levels(triples, calls, raw.file)
    uncertain = triples.filter(plain_values(triples) == PARTIAL)
    count = uncertain.unique(["sample_id", "gene"]).height
    if count:
        values = "value" if count == 1 else "values"
        message = (
            f"{raw.file}: {count} {values} of -1.5, a deletion of uncertain depth, counted as "
            f"{meaning.altered[PARTIAL].replace('_', ' ')}."
        )
        caveats = (*caveats, Caveat("partial_deletions", message, {"values": count}, raw.file))
    by_file = coverage == "file" or (coverage is None and _tells_unchanged(calls))
    return calls if by_file else dataclasses.replace(calls, tested=None), caveats


def _meaning(
    altered: Mapping[str, str] | None, wild_type: Sequence[str], partial: str
) -> ValueMeaning:
    """Give what the values mean: the levels of the format, or what the study declares."""
    meaning = dict(altered or LEVELS)
    meaning.setdefault(PARTIAL, partial)
    if altered:
        remedy = "Add it to data.copy_number.altered or data.copy_number.wild_type."
        return ValueMeaning(meaning, tuple(wild_type), remedy=remedy)
    return ValueMeaning(
        meaning,
        tuple(wild_type) or UNCHANGED,
        strange="is no copy-number level",
        remedy="Give discrete values, or NA; log-ratios belong into another file.",
    )


def _named(raw: RawTable) -> RawTable:
    """Leave out rows that have the number of a gene and no symbol."""
    folded = [header.lower() for header in raw.headers]
    symbol = next((folded.index(word) for word in GENE if word in folded), None)
    number = next((folded.index(word) for word in _NUMBER_OF_GENE if word in folded), None)
    if symbol is None or number is None:
        return raw
    keep = (raw.frame[f"c{symbol}"] != "") | (raw.frame[f"c{number}"] == "")
    return dataclasses.replace(raw, frame=raw.frame.filter(keep), rows=raw.rows.filter(keep))


def _symbols(raw: RawTable) -> str:
    """Find the column of gene symbols of a matrix."""
    folded = [header.lower() for header in raw.headers]
    at = next((folded.index(word) for word in GENE if word in folded), 0)
    problems = []
    if folded[at] in {*_NUMBER_OF_GENE, "cytoband"}:
        message = "there is no column Hugo_Symbol (in any case), which copy number needs"
        remedy = f"The file has: {', '.join(raw.headers[:12])}."
        problems.append(DataProblem(raw.file, message, remedy))
    else:
        empty = raw.rows.filter(raw.frame[f"c{at}"] == "")
        message = "has no gene"
        problems += clipped(
            [
                DataProblem(raw.file, message, "Fill it.", row=row, column=raw.headers[at])
                for row in empty
            ]
        )
    if problems:
        raise DataError(problems)
    return raw.headers[at]


def _refuse_two_levels(triples: pl.DataFrame, calls: MutationCalls, file: str) -> None:
    """Raise where a gene has two different levels in one sample."""
    known = triples.filter(~pl.col("value").is_in(NULL_WORDS))
    if calls.tested is None or calls.tested.height == known.height:
        return  # no pair stands there twice
    level = plain_values(triples)
    unequal = (
        known.group_by("sample_id", "gene")
        .agg(level.n_unique().alias("n"), pl.col("source_row").max())
        .filter(pl.col("n") > 1)
        .group_by("gene")
        .agg(pl.len(), pl.col("source_row").max())
        .sort("source_row", "gene")
    )
    problems = [
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
    if problems:
        raise DataError(clipped(problems))


def _tells_unchanged(calls: MutationCalls) -> bool:
    """Whether the file holds any pair without an alteration."""
    pairs = calls.calls.select("sample_id", "gene").unique().height
    return calls.tested is not None and calls.tested.height > pairs
