"""`AnalysisSet`: one patient index under outcomes, covariates and genotypes alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from embogen.genomics.gene_names import NO_OWN_NAMES, GeneNames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embogen.caveats import Caveat
    from embogen.cohort.flow import PatientFlow
    from embogen.endpoint.model import RuleCard
    from embogen.genomics.alterations import AlterationMatrix
    from embogen.study.specimen_pairs import SpecimenGenotypes

Coding = Literal["number", "trend", "levels", "flag"]


@dataclass(frozen=True, slots=True)
class PanelCut:
    """A gene of the panel family is altered in so many patients and tested in such a share."""

    min_altered: int = 3
    min_tested_fraction: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Covariate:
    """A covariate aligned with the patient index.

    Parameters
    ----------
    name, label
        Its name in the plan and what a reader calls it.
    coding
        ``number`` (per `per` units), ``trend`` (per step of `levels`), ``levels`` (one column per
        level but the reference) or ``flag`` (yes against no).
    values
        (n,) floats, NaN where missing: the number itself, the position in `levels`, or 0/1.
    levels
        Names of the positions; ("no", "yes") for a flag, () for a number.
    reference
        Level the others are compared with.
    unit, per
        Unit of a number, and how many of it one step of the hazard ratio means.
    """

    name: str
    label: str
    coding: Coding
    values: NDArray[np.float64]
    levels: tuple[str, ...]
    reference: str | None
    unit: str | None
    per: float

    def texts(self) -> tuple[str | None, ...]:
        """(n,) level names, None where missing (for covariates that have levels)."""
        return tuple(None if np.isnan(v) else self.levels[int(v)] for v in self.values)


@dataclass(frozen=True, slots=True, eq=False)
class EndpointColumn:
    """An endpoint aligned with the patient index; NaN (and event -1) where a patient has none.

    `causes` names the event codes from 1 on: the event, and what competes with it. `specimen` is
    (n,) the days from origin to the specimen, NaN where unknown. `after` is (n,) the day of the
    last scan without the progression that a later scan showed, NaN where that does not apply.
    """

    name: str
    label: str
    display_unit: Literal["days", "months", "years"]
    time: NDArray[np.float64]
    event: NDArray[np.int8]
    entry: NDArray[np.float64] | None
    rules: RuleCard
    caveats: tuple[Caveat, ...]
    causes: tuple[str, ...] = ("event",)
    specimen: NDArray[np.float64] | None = None
    after: NDArray[np.float64] | None = None

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n,) whether the patient has this endpoint."""
        return ~np.isnan(self.time)


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisSet:
    """Everything the analyses see, in one row order.

    Parameters
    ----------
    patient_ids
        (n,) the index.
    endpoints, covariates
        Aligned columns by name.
    genes
        Genotypes with the same rows, or None when the study has none.
    candidates
        Genes related to outcome, chosen blind to it.
    flow
        How the patients of the file became this index.
    caveats
        About the set as a whole.
    seed
        The study's seed, from which every analysis derives its random numbers.
    panel_family
        Which genes of the panel are adjusted for together; never by outcome.
    names
        Older and current symbols of genes, for the words of the plan.
    specimens
        Genotypes of single specimens, where an analysis compares them.
    """

    patient_ids: tuple[str, ...]
    endpoints: Mapping[str, EndpointColumn]
    covariates: Mapping[str, Covariate]
    genes: AlterationMatrix | None
    candidates: tuple[str, ...]
    flow: PatientFlow
    caveats: tuple[Caveat, ...]
    seed: int = 0
    panel_family: PanelCut = PanelCut()
    names: GeneNames = NO_OWN_NAMES
    specimens: SpecimenGenotypes | None = None

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.patient_ids)

    def current_gene(self, gene: str) -> str:
        """Give the column a gene of the plan stands in, which may name it by an older symbol."""
        known = self.genes is not None and gene in self.genes.genes
        return gene if known else self.names.current(gene)

    def gene_values(self, gene: str) -> NDArray[np.float64]:
        """(n,) 1 altered, 0 wild type, NaN where not tested or failed.

        Raises
        ------
        KeyError
            When the study knows nothing of the gene.
        """
        if self.genes is None or gene not in self.genes.genes:
            raise KeyError(gene)
        return self.genes.values(gene)
