"""`AlterationMatrix`: patients x genes in four states."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

    from embogen.caveats import Caveat
    from embogen.genomics.calls import MutationCalls
    from embogen.genomics.panels import GenePanel


class GeneState(IntEnum):
    """What is known of a gene in a patient. NOT_TESTED and FAILED are never wild type."""

    WILD_TYPE = 0
    ALTERED = 1
    NOT_TESTED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True, eq=False)
class AlterationMatrix:
    """Genotypes of patients.

    Parameters
    ----------
    patients
        (n,) patient ids: the rows.
    genes
        (g,) gene symbols: the columns.
    states
        (n, g) int8 `GeneState`, read-only.
    classes
        (n, g) alteration class as it counts (``missense``, ``truncating``, ...; several joined
        by ``+``, alphabetical), "" where not altered.
    """

    patients: tuple[str, ...]
    genes: tuple[str, ...]
    states: NDArray[np.int8]
    classes: NDArray[np.str_]

    def state(self, gene: str) -> NDArray[np.int8]:
        """(n,) states of one gene."""
        column: NDArray[np.int8] = self.states[:, self.genes.index(gene)]
        return column

    def take(self, patients: Sequence[str]) -> AlterationMatrix:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class GenotypeRules:
    """What counts as altered, and what counts as tested.

    Parameters
    ----------
    count_as
        Alteration classes that count; ``any`` counts every class of `COUNTABLE_CLASSES`.
    coverage
        ``panel``: a gene is tested where the specimen's panel lists it. ``all_genes``: the plan
        declares that every sequenced specimen was tested for every gene (an exome).
    without_calls
        Where the study has no specimens table: whether a patient absent from the mutation file
        is ``not_tested`` or ``wild_type``.
    """

    count_as: tuple[str, ...] = ("missense", "truncating", "splice", "inframe", "homozygous_deletion")
    coverage: Literal["panel", "all_genes"] = "panel"
    without_calls: Literal["not_tested", "wild_type"] = "not_tested"


def build_alterations(  # noqa: PLR0913 - four inputs of a genotype, all but rules and calls optional
    patients: Sequence[str],
    specimens: pl.DataFrame | None,
    calls: MutationCalls,
    panels: Mapping[str, GenePanel],
    rules: GenotypeRules,
    *,
    genes: Sequence[str] | None = None,
    use: Collection[str] | None = None,
    known_elsewhere: Collection[str] = (),
) -> tuple[AlterationMatrix, tuple[Caveat, ...]]:
    """Build genotypes; `use` = ids of specimens that count (None: all)."""
    raise NotImplementedError
