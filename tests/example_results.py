"""A small study's results, written by hand, for tests of tables, figures and the report."""

from __future__ import annotations

from embogen.caveats import Caveat
from embogen.cohort.flow import Exclusion, FlowStep, PatientFlow
from embogen.cohort.schema import Variable
from embogen.endpoint.model import RuleCard
from embogen.evidence.comparison import ComparedFigure, Comparison
from embogen.study.provenance import InputFile, Provenance
from embogen.study.results import Analysis, EndpointSummary, StudyResults, VariableUse
from example_descriptions import baseline, curve, frequency, kaplan_meier, oncoprint
from example_estimates import cox_fit, gene_term, multivariable, term_estimate, univariable

__all__ = [
    "HOSTILE",
    "analysis",
    "baseline",
    "cox_fit",
    "curve",
    "flow",
    "frequency",
    "gene_term",
    "kaplan_meier",
    "multivariable",
    "oncoprint",
    "plan",
    "study_results",
    "term_estimate",
    "univariable",
]

HOSTILE = "<script>alert('x')</script> =cmd|'/C calc'!A0 ../../etc \"q\" \u202eRTL"


def flow() -> PatientFlow:
    out = (Exclusion("P-007", "no embolization on record"), Exclusion("P-021", "consent withdrawn"))
    late = (Exclusion("P-030", "biopsy 214 days after the first embolization"),)
    return PatientFlow(
        (
            FlowStep("in the patients table", 38, 38),
            FlowStep("had an embolization", 38, 36, out),
            FlowStep("specimen within 6 months of embolization", 36, 35, late),
        )
    )


def analysis(identifier: str, kind: str, title: str, result: object, **more: object) -> Analysis:
    fields = {
        "id": identifier,
        "kind": kind,
        "title": title,
        "endpoint": None,
        "status": "ok",
        "result": result,
        "error": None,
        "n_eligible": 35,
        "excluded": (),
        "caveats": tuple(getattr(result, "caveats", ())),
    }
    return Analysis(**(fields | more))


def plan() -> dict[str, object]:
    return {
        "schema": 1,
        "study": {"id": "hae-nlm", "title": "Gene status and hepatic progression", "seed": 1},
        "data": {
            "patients": {"file": "patients.csv", "key": "patient_id"},
            "mutations": {"file": "mutations.maf"},
        },
        "specimens": {"within_months": 6},
        "endpoint": {
            "hpfs": {
                "origin": "first_embolization",
                "events": ["hepatic_progression", "death"],
                "censor": "last_liver_assessment",
                "entry": "origin",
            }
        },
        "genes": {
            "count_as": ["missense", "truncating", "splice"],
            "candidates": {"most_frequent": 4},
        },
        "analysis": [
            {"id": "baseline", "kind": "baseline_table"},
            {"id": "genes", "kind": "gene_frequency"},
            {"id": "table1", "kind": "univariable_cox", "endpoint": "hpfs", "terms": ["gene:*"]},
            {"id": "adjusted", "kind": "cox", "endpoint": "hpfs", "terms": ["gene:DAXX", "grade"]},
            {"id": "km", "kind": "kaplan_meier", "endpoint": "hpfs", "by": "gene:DAXX"},
            {"id": "onco", "kind": "oncoprint"},
        ],
    }


def endpoint() -> EndpointSummary:
    rules = RuleCard(
        (
            ("Origin", "first embolization"),
            ("Events", "hepatic progression, death"),
            ("Censored", "at the last liver assessment"),
        )
    )
    return EndpointSummary(
        "hpfs", "Hepatic progression-free survival", "months", 35, 30, False, rules, ()
    )


def analyses() -> tuple[Analysis, ...]:
    several = Caveat("multiple_testing", "5 genes were tested; p is not adjusted.", {"genes": 5})
    return (
        analysis("baseline", "baseline_table", "Baseline characteristics", baseline()),
        analysis("genes", "gene_frequency", "Altered genes", frequency()),
        analysis(
            "table1",
            "univariable_cox",
            "Univariable Cox regression",
            univariable(),
            endpoint="hpfs",
            caveats=(several,),
            excluded=("TSC2: 4 patients not tested",),
        ),
        analysis("adjusted", "cox", "DAXX adjusted for grade", multivariable(), endpoint="hpfs"),
        analysis("km", "kaplan_meier", "HPFS by DAXX", kaplan_meier(), endpoint="hpfs"),
        analysis("onco", "oncoprint", "OncoPrint", oncoprint()),
        analysis(
            "extra",
            "cox",
            "A model that cannot be fitted",
            None,
            endpoint="hpfs",
            status="failed",
            error="No event was observed in the patients analyzed.",
            exploratory=True,
        ),
    )


def comparison() -> Comparison:
    figures = (
        ComparedFigure("cohort", "men", "19", 19.0, "19", True),
        ComparedFigure("univariable", "DAXX, hazard ratio", "7.19", 7.1903, "7.19", True),
        ComparedFigure("univariable", "DAXX, p", "0.00038", 0.000391, "0.00039", False),
        ComparedFigure("cohort", "a figure no analysis yields", "57", None, "", False),
    )
    return Comparison("An abstract", figures)


def provenance() -> Provenance:
    return Provenance(
        plan_hash="a" * 64,
        inputs=(InputFile("patients.csv", 2048, "b" * 64),),
        versions={"embogen": "0.1.0", "python": "3.11.2", "numpy": "2.0.0"},
        platform="Linux x86_64",
        seed=1,
        started="2026-01-01T00:00:00Z",
        timings={"read": 0.12, "analyses": 0.5},
    )


def variables() -> tuple[VariableUse, ...]:
    return (
        VariableUse("patients", Variable("patient_id", "id", "Identifier.", required=True), 38, 0),
        VariableUse(
            "patients",
            Variable("who_grade", "category", "WHO grade.", allowed=("1", "2", "3")),
            36,
            2,
        ),
        VariableUse(
            "patients",
            Variable("age_years", "number", "Age.", unit="years", minimum=0, maximum=120),
            38,
            0,
        ),
    )


def study_results(
    *, synthetic: str | None = "SYNTHETIC data: one of many cohorts that would fit."
) -> StudyResults:
    notices = () if synthetic is None else (Caveat("synthetic", synthetic),)
    return StudyResults(
        schema=1,
        study_id="hae-nlm",
        title="Gene mutation status and hepatic progression after embolization",
        synthetic=synthetic,
        plan=plan(),
        flow=flow(),
        endpoints=(endpoint(),),
        variables=variables(),
        analyses=analyses(),
        comparison=comparison(),
        caveats=notices,
        provenance=provenance(),
    )
