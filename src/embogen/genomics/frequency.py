"""How often each gene is altered, among the patients tested for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.genomics.alterations import AlterationMatrix


@dataclass(frozen=True, slots=True)
class GeneCount:
    """Patients by state of one gene; `fraction` is altered / tested, NaN if none was tested."""

    gene: str
    altered: int
    tested: int
    not_tested: int
    failed: int

    @property
    def fraction(self) -> float:
        """Altered among tested."""
        return self.altered / self.tested if self.tested else float("nan")


def rank_genes(matrix: AlterationMatrix) -> tuple[GeneCount, ...]:
    raise NotImplementedError


def most_frequent(matrix: AlterationMatrix, k: int) -> tuple[tuple[str, ...], tuple[Caveat, ...]]:
    raise NotImplementedError
