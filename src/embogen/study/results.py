"""`StudyResults`: everything a run found, frozen, at full precision, with a JSON round trip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from embogen.caveats import Caveat
from embogen.cohort.flow import PatientFlow
from embogen.cohort.schema import Variable
from embogen.endpoint.model import RuleCard
from embogen.evidence.comparison import Comparison
from embogen.genomics.oncoprint import OncoPrint
from embogen.inference.agreement import SpecimenAgreement
from embogen.inference.association import Associations
from embogen.inference.competing import CumulativeIncidence
from embogen.inference.cox import CoxFit, UnivariableCox
from embogen.inference.curves import KaplanMeier
from embogen.inference.describe import BaselineTable
from embogen.inference.entry_audit import EntryAudit
from embogen.inference.fine_gray_result import FineGrayFit
from embogen.inference.frequency import GeneFrequency
from embogen.inference.gene_by_group import GeneByGroup
from embogen.inference.gene_pairs import CoMutation
from embogen.inference.ph_test import ProportionalHazardsTest
from embogen.inference.predicted_survival import PredictedSurvival
from embogen.inference.rmst import Rmst
from embogen.inference.validation_result import CoxValidation
from embogen.study.provenance import Provenance

Result = (
    BaselineTable
    | GeneFrequency
    | UnivariableCox
    | CoxFit
    | KaplanMeier
    | CumulativeIncidence
    | Associations
    | Rmst
    | FineGrayFit
    | ProportionalHazardsTest
    | CoxValidation
    | PredictedSurvival
    | EntryAudit
    | OncoPrint
    | CoMutation
    | GeneByGroup
    | SpecimenAgreement
)
AnalysisKind = str
"""A name in `embogen.study.analyses.KINDS`."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis of the plan and what came of it.

    `result` is None when `status` is ``failed``; then `error` says why. `n_eligible` counts the
    patients of the analysis set, `excluded` those left out of this analysis (missing covariate,
    gene not tested), in words with their number. `title` is for a reader.
    """

    id: str
    kind: AnalysisKind
    title: str
    endpoint: str | None
    status: Literal["ok", "failed"]
    result: Result | None
    error: str | None
    n_eligible: int
    excluded: tuple[str, ...]
    caveats: tuple[Caveat, ...]
    exploratory: bool = False


@dataclass(frozen=True, slots=True)
class EndpointSummary:
    """An endpoint as used: rules, counts, unit for display.

    `n_events` counts the event, `n_competing` what competes with it; `causes` names both (one
    name where nothing competes).
    """

    name: str
    label: str
    time_unit: Literal["days", "months", "years"]
    n: int
    n_events: int
    delayed_entry: bool
    rules: RuleCard
    caveats: tuple[Caveat, ...]
    causes: tuple[str, ...] = ("event",)
    n_competing: int = 0


@dataclass(frozen=True, slots=True)
class VariableUse:
    """A registry entry as the report prints it: which table, how complete."""

    table: str
    variable: Variable
    n: int
    n_missing: int


@dataclass(frozen=True, slots=True)
class StudyResults:
    """The whole outcome of a run.

    `synthetic` is the notice every output must carry when the cohort is not of real patients,
    else None. `plan` is the study file as data. `methods` are facts the methods paragraph is
    written from that are not in `plan` (panel names, specimen counts).
    """

    schema: int
    study_id: str
    title: str
    synthetic: str | None
    plan: dict[str, Any]
    flow: PatientFlow
    endpoints: tuple[EndpointSummary, ...]
    variables: tuple[VariableUse, ...]
    analyses: tuple[Analysis, ...]
    comparison: Comparison | None
    caveats: tuple[Caveat, ...]
    provenance: Provenance

    def analysis(self, analysis_id: str) -> Analysis:
        """Return the analysis of that id; KeyError when there is none."""
        for item in self.analyses:
            if item.id == analysis_id:
                return item
        raise KeyError(analysis_id)
