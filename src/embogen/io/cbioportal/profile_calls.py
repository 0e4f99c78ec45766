"""Calls of a study folder by kind of profile, each an assay of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import CALL_COLUMNS, OPTIONAL_COLUMNS, MutationCalls
from embogen.io.copy_number import copy_number_calls
from embogen.io.structural_variants import structural_variant_calls
from embogen.io.tab_table import read_tab_table


@dataclass(frozen=True, slots=True, eq=False)
class ProfileCalls:
    """Calls by kind of profile; None where there is none of a kind."""

    mutations: MutationCalls | None = None
    copy_number: MutationCalls | None = None
    structural_variants: MutationCalls | None = None


Read = tuple[MutationCalls, tuple[Caveat, ...]]
"""Calls of one file, and what the reader should know of it."""


def _copy_number(layout: Literal["matrix", "long"], file: str, *, folder: Path) -> Read:
    raw = read_tab_table(file, folder=folder).raw
    absent = {*_COPY_NUMBER_HEADERS[layout]} - {header.lower() for header in raw.headers}
    if absent:
        remedy = f"The file has: {', '.join(raw.headers[:12])}."
        message = "there is no column {} (in any case), which copy number needs"
        raise DataError(
            [DataProblem(file, message.format(name), remedy) for name in sorted(absent)]
        )
    columns = {"gene": "Hugo_Symbol", "sample_id": "Sample_Id", "value": "Value"}
    return copy_number_calls(raw, layout=layout, columns=columns)


def _structural_variants(required: tuple[str, ...], file: str, *, folder: Path) -> Read:
    raw = read_tab_table(file, folder=folder).raw
    return structural_variant_calls(raw, required=required), ()


_COPY_NUMBER_HEADERS: Final = {
    "matrix": ("hugo_symbol",),
    "long": ("hugo_symbol", "sample_id", "value"),
}
READERS: Final[Mapping[str, Callable[..., Read]]] = MappingProxyType(
    {
        "cna": partial(_copy_number, "matrix"),
        "cna_long": partial(_copy_number, "long"),
        "sv": partial(_structural_variants, ("sample_id", "mutation_status")),
        "fusion": partial(_structural_variants, ("sample_id", "gene")),
    }
)
"""Kind of a data file to its reader, called with a file and ``folder=``."""
COPY_NUMBER: Final = frozenset({"cna", "cna_long"})
"""Kinds that hold copy number; the others hold structural variants."""


def joined_mutations(name: str, mutations: Sequence[MutationCalls]) -> MutationCalls | None:
    """Put the calls of all mutation files together."""
    return _joined(name, mutations)


def joined_profiles(name: str, profiles: Sequence[MutationCalls]) -> MutationCalls | None:
    """Put the calls of all files of one kind together, with the pairs they were made for."""
    joined = _joined(name, profiles)
    pairs = [item.tested for item in profiles if item.tested is not None]
    if joined is None or len(pairs) < len(profiles):
        return joined
    return dataclasses.replace(joined, tested=pl.concat(pairs).unique())


def _joined(name: str, parts: Sequence[MutationCalls]) -> MutationCalls | None:
    """Put calls of several files together, in the columns all of them have."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return parts[0] if parts else None
    shared = [
        name
        for name in (*CALL_COLUMNS, *OPTIONAL_COLUMNS)
        if all(name in item.calls.columns for item in parts)
    ]
    calls = pl.concat([item.calls.select(*shared) for item in parts])
    listed = {sample for item in parts for sample in item.sample_ids}
    return MutationCalls(calls, name, listed=tuple(sorted(listed)))
