"""Several assays of one specimen: mutations, copy number, structural variants.

A gene is wild type by an assay that could have shown it altered and did not. Copy number that was
never measured does not show that nothing was deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.genomics.alterations import Genotyped, GenotypeRules, genotyped
from embogen.genomics.calls import MutationCalls
from embogen.genomics.classes import joined_classes
from embogen.genomics.coverage import GeneState
from embogen.genomics.filters import NO_CONDITIONS, VariantFilter
from embogen.genomics.groups import group_states
from embogen.genomics.matrix import AlterationMatrix
from embogen.genomics.panels import GenePanel

SMALL_VARIANTS: Final = frozenset(
    {"missense", "truncating", "splice", "inframe", "promoter", "start_lost"}
)
"""Classes a mutation file tells."""
COPY_NUMBER: Final = frozenset({"homozygous_deletion", "loss", "gain", "amplification"})
"""Classes discrete copy number tells."""
STRUCTURAL: Final = frozenset({"fusion"})
"""Classes a file of structural variants tells."""


@dataclass(frozen=True, slots=True, eq=False)
class Assay:
    """One way specimens were looked at.

    Parameters
    ----------
    name
        ``mutations``, ``copy number``, ``structural variants``.
    calls
        What was found; `MutationCalls.tested` where the file says what was looked at.
    classes
        Alteration classes it can tell.
    panel_of
        Specimen to its panel for this assay; a specimen that is not in it was not assayed. None
        where the specimens table says it.
    assayed
        Specimens that had the assay; None for all of them.
    conditions
        What a call must meet beyond its class.
    silence_is_usual
        Whether most specimens have no call, so that absence from the file is nothing to say.
    """

    name: str
    calls: MutationCalls
    classes: frozenset[str]
    panel_of: Mapping[str, str] | None = None
    assayed: frozenset[str] | None = None
    conditions: VariantFilter = NO_CONDITIONS
    silence_is_usual: bool = False


def relevant_assays(assays: Sequence[Assay], rules: GenotypeRules) -> list[Assay]:
    """Choose the assays that can tell a class that counts."""
    return [item for item in assays if item.classes & rules.counted]


@dataclass(frozen=True, slots=True, eq=False)
class AssayGenotypes:
    """What one assay alone shows of the patients.

    Parameters
    ----------
    name
        As of the `Assay`.
    classes
        The alteration classes that it can tell and that count.
    matrix
        Genotypes by this assay: altered where it shows a class that counts, not tested where it
        was not done or does not cover the gene.
    calls
        The calls that count; see `Genotyped`.
    caveats
        What there is to say of them.
    """

    name: str
    classes: frozenset[str]
    matrix: AlterationMatrix
    calls: pl.DataFrame
    caveats: tuple[Caveat, ...]


def build_genotypes(
    patients: Sequence[str],
    specimens: pl.DataFrame | None,
    assays: Sequence[Assay],
    panels: Mapping[str, GenePanel],
    rules: GenotypeRules,
    *,
    wild_type_by: Literal["all", "any"] = "all",
    use: Collection[str] | None = None,
    known_elsewhere: Collection[str] = (),
) -> tuple[AlterationMatrix, tuple[Caveat, ...]]:
    """Build the genotype of each patient and gene from every assay that bears on it.

    Parameters
    ----------
    patients, specimens, panels, use, known_elsewhere
        As for `build_alterations`.
    assays
        At least one that can tell a class that counts; the others do not bear on anything.
    rules
        What counts; the conditions of each assay take the place of its own.
    wild_type_by
        ``all``: wild type where every such assay covered the gene and found nothing; where one did
        not cover it the gene is not tested. ``any``: one that covered it suffices.

    Returns
    -------
    matrix
        Altered where any assay found an alteration that counts.
    caveats
        Of each assay, and ``not_every_assay`` where one did not cover what another did.

    Raises
    ------
    DataError
        As `build_alterations`.
    """
    found = genotypes_by_assay(
        patients, specimens, assays, panels, rules, use=use, known_elsewhere=known_elsewhere
    )
    return joined_genotypes(found, wild_type_by)


def genotypes_by_assay(
    patients: Sequence[str],
    specimens: pl.DataFrame | None,
    assays: Sequence[Assay],
    panels: Mapping[str, GenePanel],
    rules: GenotypeRules,
    *,
    use: Collection[str] | None = None,
    known_elsewhere: Collection[str] = (),
) -> tuple[AssayGenotypes, ...]:
    """Build the genotypes as each assay that bears on them shows them, all of the same genes.

    Parameters
    ----------
    patients, specimens, assays, panels, rules, use, known_elsewhere
        As for `build_genotypes`.

    Raises
    ------
    DataError
        As `build_alterations`.
    """
    bearing = relevant_assays(assays, rules)
    arguments = (patients, specimens, panels, rules)
    ways = {"use": use, "known_elsewhere": known_elsewhere}
    built = [_by_assay(item, arguments, None, ways) for item in bearing]
    genes = tuple(sorted({gene for found in built for gene in found.matrix.genes}))
    built = [
        found if found.matrix.genes == genes else _by_assay(item, arguments, genes, ways)
        for item, found in zip(bearing, built, strict=True)
    ]
    return tuple(
        AssayGenotypes(
            item.name, item.classes & rules.counted, found.matrix, found.calls, found.caveats
        )
        for item, found in zip(bearing, built, strict=True)
    )


def joined_genotypes(
    found: Sequence[AssayGenotypes], wild_type_by: Literal["all", "any"]
) -> tuple[AlterationMatrix, tuple[Caveat, ...]]:
    """Join what several assays of the same patients and genes show; see `build_genotypes`."""
    caveats = list(_once(caveat for item in found for caveat in item.caveats))
    matrices = [item.matrix for item in found]
    if len(matrices) == 1:
        return matrices[0], tuple(caveats)
    states = np.stack([matrix.states for matrix in matrices], axis=-1)
    strict, lenient = (joined_states(states, by) for by in ("all", "any"))
    caveats += _not_every(strict, lenient, found, wild_type_by)
    chosen = strict if wild_type_by == "all" else lenient
    classes = joined_classes([matrix.classes for matrix in matrices])
    first = matrices[0]
    return AlterationMatrix(first.patients, first.genes, chosen, classes), tuple(caveats)


def joined_states(
    states: NDArray[np.int8], wild_type_by: Literal["all", "any"]
) -> NDArray[np.int8]:
    """(n, g) states from those (n, g, k) that k assays show; see `build_genotypes`."""
    if wild_type_by == "any":
        return _by_any(states)
    return group_states(states.reshape(-1, states.shape[-1])).reshape(states.shape[:-1])


def _by_assay(
    assay: Assay,
    arguments: tuple[Sequence[str], pl.DataFrame | None, Mapping[str, GenePanel], GenotypeRules],
    genes: Sequence[str] | None,
    ways: Mapping[str, Collection[str] | None],
) -> Genotyped:
    """Build the genotypes as one assay shows them."""
    patients, specimens, panels, rules = arguments
    own = replace(
        rules,
        count_as=tuple(sorted(rules.counted & assay.classes - {"any"})),
        conditions=assay.conditions,
    )
    use = ways["use"]
    if assay.assayed is not None:
        use = assay.assayed if use is None else assay.assayed & set(use)
    if assay.panel_of is not None:
        if specimens is None:
            ids = pl.Series("specimen_id", list(patients), dtype=pl.String)
            specimens = pl.DataFrame({"specimen_id": ids, "patient_id": ids})
        panel = pl.col("specimen_id").replace_strict(
            dict(assay.panel_of), default=None, return_dtype=pl.String
        )
        specimens = specimens.with_columns(panel.alias("panel"))
        use = set(assay.panel_of) if use is None else set(use) & set(assay.panel_of)
    found = genotyped(
        patients,
        specimens,
        assay.calls,
        panels,
        own,
        genes=genes,
        use=use,
        known_elsewhere=ways["known_elsewhere"] or (),
    )
    if assay.silence_is_usual:
        said = tuple(item for item in found.caveats if item.code != "specimens_without_calls")
        return replace(found, caveats=said)
    return found


def _once(caveats: Iterable[Caveat]) -> list[Caveat]:
    """Drop what two assays say in the same words."""
    seen: dict[tuple[str, str], Caveat] = {}
    for item in caveats:
        seen.setdefault((item.code, item.message), item)
    return list(seen.values())


def _by_any(states: NDArray[np.int8]) -> NDArray[np.int8]:
    """(n, g) states where one assay that covered a gene suffices, from (n, g, k)."""
    out = np.full(states.shape[:-1], GeneState.NOT_TESTED, np.int8)
    for state in (GeneState.FAILED, GeneState.WILD_TYPE, GeneState.ALTERED):
        out[(states == state).any(axis=-1)] = state
    return out


def _not_every(
    strict: NDArray[np.int8],
    lenient: NDArray[np.int8],
    found: Sequence[AssayGenotypes],
    wild_type_by: Literal["all", "any"],
) -> list[Caveat]:
    """Say whom one assay covered and another did not."""
    between = (lenient == GeneState.WILD_TYPE) & (strict != GeneState.WILD_TYPE)
    if not between.any():
        return []
    lacking = []
    for assay in found:
        without = (between & (assay.matrix.states >= GeneState.NOT_TESTED)).any(axis=1).sum()
        if without:
            lacking.append(f"{assay.name} ({without})")
    count = int(between.any(axis=1).sum())
    counted = "not tested" if wild_type_by == "all" else "wild type, by the plan"
    message = (
        f"{count} of {len(strict)} patients lack an assay that could show some genes altered: "
        f"{', '.join(lacking)}. Such a gene without an alteration counts as {counted}."
    )
    evidence = {"patients": count, "cells": int(between.sum())}
    return [Caveat("not_every_assay", message, evidence)]
