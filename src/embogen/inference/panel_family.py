"""The genes of a whole panel as one family, beside the candidates a plan names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.inference.term_tests import AdjustedP, FamilyMethod

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PanelGene:
    """One gene of a panel family.

    Parameters
    ----------
    name
        The gene.
    n_carriers, n_tested
        Patients analysed that carry it, of those tested.
    p_value, p_method
        Its own p-value and the test that is from; None where none was made.
    adjusted
        Adjusted for the whole family; None where the gene could not be tested.
    """

    name: str
    n_carriers: int
    n_tested: int
    p_value: float | None
    p_method: str | None
    adjusted: AdjustedP | None


@dataclass(frozen=True, slots=True)
class PanelFamily:
    """Every gene altered and tested often enough, whether a candidate or not.

    Parameters
    ----------
    genes
        In order of frequency.
    method
        How p-values are adjusted.
    family_size
        Genes adjusted for: those that could be tested.
    min_altered, min_tested_fraction
        What a gene had to have in the whole analysis set, besides the genes of the analysis
        itself: never chosen by outcome.
    """

    genes: tuple[PanelGene, ...]
    method: FamilyMethod
    family_size: int
    min_altered: int
    min_tested_fraction: float

    def adjusted(self) -> Mapping[str, AdjustedP]:
        """Give the adjusted p-values by gene."""
        return {gene.name: gene.adjusted for gene in self.genes if gene.adjusted is not None}
