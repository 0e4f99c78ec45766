"""Calls of a study folder by kind of profile, each an assay of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from embogen.genomics.calls import CALL_COLUMNS, OPTIONAL_COLUMNS, MutationCalls
from embogen.io.cbioportal.copy_number import Profile


@dataclass(frozen=True, slots=True, eq=False)
class ProfileCalls:
    """Calls by kind of profile; None where there is none of a kind."""

    mutations: MutationCalls | None = None
    copy_number: MutationCalls | None = None
    structural_variants: MutationCalls | None = None


def joined_mutations(name: str, mutations: Sequence[MutationCalls]) -> MutationCalls | None:
    """Put the calls of all mutation files together."""
    if len(mutations) < 2:  # noqa: PLR2004 - nothing to join
        return mutations[0] if mutations else None
    shared = [
        name
        for name in (*CALL_COLUMNS, *OPTIONAL_COLUMNS)
        if all(name in item.calls.columns for item in mutations)
    ]
    calls = pl.concat([item.calls.select(*shared) for item in mutations])
    listed = {sample for item in mutations for sample in item.sample_ids}
    return MutationCalls(calls, name, listed=tuple(sorted(listed)))


def joined_profiles(name: str, profiles: Sequence[tuple[str, Profile]]) -> MutationCalls | None:
    """Put the calls of all files of one kind together, with the pairs they were made for."""
    if not profiles:
        return None
    source = profiles[0][0] if len(profiles) == 1 else name
    calls = pl.concat([item.calls.select(*CALL_COLUMNS) for _, item in profiles])
    listed = {sample for _, item in profiles for sample in item.samples}
    pairs = [item.tested for _, item in profiles if item.tested is not None]
    tested = pl.concat(pairs).unique() if len(pairs) == len(profiles) else None
    return MutationCalls(calls, source, tested, tuple(sorted(listed)))
