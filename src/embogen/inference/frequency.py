"""How often genes are altered, among the patients tested for them, with exact intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.caveats import Caveat
from embogen.inference.estimates import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class GeneCount:
    """Patients altered, tested, not tested and failed for one gene (tested = altered + wild type)."""

    gene: str
    n_altered: int
    n_tested: int
    n_not_tested: int
    n_failed: int


@dataclass(frozen=True, slots=True)
class GeneFrequencyRow:
    """A gene's counts and its altered fraction with an exact interval (NaN if none was tested)."""

    count: GeneCount
    fraction: Estimate
    rank: int
    candidate: bool


@dataclass(frozen=True, slots=True)
class GeneFrequency:
    """Genes ranked by altered fraction among tested patients; ties share a rank."""

    rows: tuple[GeneFrequencyRow, ...]
    n_patients: int
    caveats: tuple[Caveat, ...]


def gene_frequency(
    counts: Sequence[GeneCount],
    *,
    n_patients: int,
    candidates: frozenset[str] = frozenset(),
    level: float = 0.95,
) -> GeneFrequency:
    raise NotImplementedError
