"""Discrete copy number, a matrix or a long table, to `MutationCalls`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from embogen.caveats import Caveat
from embogen.genomics.calls import MutationCalls
from embogen.io.gene_long import read_gene_long
from embogen.io.gene_matrix import read_gene_matrix

LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {"-2": "homozygous_deletion", "-1": "loss", "1": "gain", "2": "amplification"}
)
"""Level of discrete copy number to alteration class."""
UNCHANGED: Final = ("0",)
PARTIAL: Final = "-1.5"
"""A deletion of uncertain depth, between loss and homozygous deletion."""

_NO_SAMPLES: Final = ("Entrez_Gene_Id", "Cytoband", "Locus ID", "Gene Symbol")


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
        As the reader of the layout; a value that is no level is named once.
    """
    meaning = dict(altered or LEVELS)
    meaning.setdefault(PARTIAL, partial)
    unchanged = tuple(wild_type) or (() if altered else UNCHANGED)
    if layout == "matrix":
        calls, caveats = read_gene_matrix(
            file,
            folder=folder,
            altered=meaning,
            wild_type=unchanged,
            not_samples=_NO_SAMPLES,
        )
    else:
        calls, caveats = read_gene_long(
            file, folder=folder, altered=meaning, wild_type=unchanged, columns=columns
        )
    uncertain = int((calls.calls["variant_classification"] == PARTIAL).sum())
    if uncertain:
        message = (
            f"{uncertain} values of {file} are -1.5, a deletion of uncertain depth; they count as "
            f"{partial.replace('_', ' ')}."
        )
        caveats = (*caveats, Caveat("partial_deletions", message, {"values": uncertain}, file))
    by_file = coverage == "file" or (coverage is None and _tells_unchanged(calls))
    return calls if by_file else dataclasses.replace(calls, tested=None), caveats


def _tells_unchanged(calls: MutationCalls) -> bool:
    """Whether the file holds any pair without an alteration."""
    pairs = calls.calls.select("sample_id", "gene").unique().height
    return calls.tested is not None and calls.tested.height > pairs
