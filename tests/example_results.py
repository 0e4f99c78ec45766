"""A small study's results, written by hand, for tests of tables, figures and the report.

The numbers are plausible and consistent enough to be shown; none is tested for being right here.
"""

from __future__ import annotations

import math

import numpy as np

from embogen.caveats import Caveat
from embogen.cohort.flow import Exclusion, FlowStep, PatientFlow
from embogen.cohort.schema import Variable
from embogen.endpoint.model import RuleCard
from embogen.evidence.comparison import ComparedFigure, Comparison
from embogen.genomics.oncoprint import OncoPrint, Track
from embogen.inference.cox_result import Convergence, CoxFit, TermEstimate, UnivariableCox
from embogen.inference.curves import KaplanMeier, SurvivalCurve
from embogen.inference.describe import (
    BaselineTable,
    BaselineVariable,
    CategorySummary,
    LevelCount,
    NumberSummary,
)
from embogen.inference.design import Term
from embogen.inference.estimates import Estimate, Interval, SignificanceTest
from embogen.inference.frequency import GeneCount, GeneFrequency, GeneFrequencyRow
from embogen.inference.significance import LogRank
from embogen.study.provenance import InputFile, Provenance
from embogen.study.results import Analysis, EndpointSummary, StudyResults, VariableUse

HOSTILE = "<script>alert('x')</script> =cmd|'/C calc'!A0 ../../etc \"q\" \u202eRTL"
NAN = math.nan
INF = math.inf


def gene_term(name: str) -> Term:
    return Term(name, level="altered", reference="wild type", coding="binary")


def term_estimate(
    term: Term,
    hr: float,
    low: float,
    high: float,
    p: float | None,
    *,
    status: str = "ok",
    carriers: tuple[int, int] | None = None,
) -> TermEstimate:
    se = (math.log(high) - math.log(low)) / (2 * 1.96) if status == "ok" else NAN
    coef = math.log(hr) if status == "ok" else {"infinite": INF, "zero": -INF}.get(status, NAN)
    method = "wald" if status == "ok" else "profile_likelihood"
    value = Estimate(
        hr,
        Interval(low, high, 0.95, method),
        p,
        "hazard_ratio",
        "wald" if status == "ok" else "likelihood_ratio",
    )
    n_carriers, n_events = carriers if carriers is not None else (None, None)
    return TermEstimate(
        term,
        status,
        coef,
        se,
        coef / se if status == "ok" else NAN,
        value,
        p,
        p,
        n_carriers,
        n_events,
    )


def cox_fit(
    *estimates: TermEstimate, n: int = 35, n_events: int = 30, caveats: tuple[Caveat, ...] = ()
) -> CoxFit:
    p = len(estimates)
    return CoxFit(
        terms=tuple(item.term for item in estimates),
        coef=np.array([item.coef for item in estimates]),
        covariance=np.eye(p),
        loglik_null=-80.0,
        loglik=-74.5,
        n=n,
        n_events=n_events,
        n_excluded=0,
        ties="efron",
        penalty=None,
        convergence=Convergence("ok", 5, 1e-12),
        estimates=estimates,
        lr_test=SignificanceTest("likelihood_ratio", 11.0, float(p), 0.0041),
        wald_test=None,
        score_test=None,
        caveats=caveats,
    )


def univariable() -> UnivariableCox:
    few = Caveat("few_carriers", "VHL: 2 carriers, both with an event.", {"carriers": 2}, "VHL")
    rows = (
        term_estimate(gene_term("MEN1"), 1.987, 0.911, 4.349, 0.0853, carriers=(11, 10)),
        term_estimate(gene_term("DAXX"), 7.19, 2.42, 21.33, 0.00038, carriers=(9, 9)),
        term_estimate(gene_term("TP53"), 2.81, 0.97, 8.15, 0.0577, carriers=(6, 6)),
        term_estimate(gene_term("TSC2"), 2.47, 0.95, 6.40, 0.0628, carriers=(6, 5)),
    )
    infinite = term_estimate(
        gene_term("VHL"), INF, 3.2, INF, 0.0021, status="infinite", carriers=(2, 2)
    )
    grade = term_estimate(
        Term("grade", coding="trend", unit="step", title="WHO grade"), 3.26, 1.73, 6.17, 0.00028
    )
    site = tuple(
        term_estimate(
            Term("site", level, "pancreas", coding="level", title="Primary site"),
            hr,
            low,
            high,
            p,
            carriers=(count, count - 1),
        )
        for level, hr, low, high, p, count in (
            ("gallbladder", 1.4, 0.2, 310.0, 0.74, 1),
            ("other", 0.62, 0.29, 1.31, 0.21, 18),
        )
    )
    volume = term_estimate(Term("Tumor volume", unit="100 mL"), 1.04, 0.98, 1.10, 0.19)
    constant = term_estimate(
        Term("Sex", level="male", reference="female", coding="binary"),
        NAN,
        NAN,
        NAN,
        None,
        status="not_estimable",
        carriers=(35, 30),
    )
    return UnivariableCox(
        (
            *(cox_fit(row) for row in rows[:3]),
            cox_fit(rows[3], n=31, n_events=27),
            cox_fit(infinite, caveats=(few,)),
            cox_fit(grade),
            cox_fit(*site),
            cox_fit(volume),
            cox_fit(constant),
        )
    )


def multivariable() -> CoxFit:
    return cox_fit(
        term_estimate(gene_term("DAXX"), 3.50, 1.07, 11.40, 0.038, carriers=(9, 9)),
        term_estimate(
            Term("grade", coding="trend", unit="step", title="WHO grade"), 2.6, 1.2, 5.4, 0.011
        ),
        caveats=(
            Caveat(
                "few_events_per_parameter",
                "30 events stand behind 2 parameters.",
                {"events": 30, "parameters": 2},
            ),
        ),
    )


def curve(
    group: str, n: int, *, seed: int, median_days: float, never: bool = False
) -> SurvivalCurve:
    """A real Kaplan-Meier curve of exponential times, with Greenwood's log interval."""
    rng = np.random.default_rng(seed)
    times = np.sort(np.ceil(rng.exponential(median_days / math.log(2), n)))
    events = rng.random(n) < (0.0 if never else 0.82)
    distinct = np.unique(times)
    n_risk = np.array([(times >= t).sum() for t in distinct], dtype=float)
    n_event = np.array([((times == t) & events).sum() for t in distinct], dtype=float)
    n_all = np.array([(times == t).sum() for t in distinct], dtype=float)
    survival = np.cumprod(1 - n_event / n_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(n_event / (n_risk * (n_risk - n_event)))
        spread = 1.96 * np.sqrt(greenwood)
        low = np.where(survival > 0, survival * np.exp(-spread), NAN)
        high = np.where(survival > 0, np.minimum(survival * np.exp(spread), 1.0), NAN)
    below = np.flatnonzero(survival <= 0.5)
    median = float(distinct[below[0]]) if below.size else NAN
    upper = np.flatnonzero(np.nan_to_num(high, nan=0.0) <= 0.5)
    lower = np.flatnonzero(np.nan_to_num(low, nan=0.0) <= 0.5)
    interval = Interval(
        float(distinct[lower[0]]) if lower.size else NAN,
        float(distinct[upper[0]]) if upper.size else INF,
        0.95,
        "log",
    )
    return SurvivalCurve(
        group=group,
        time=distinct,
        n_risk=n_risk,
        n_event=n_event,
        n_censor=n_all - n_event,
        survival=survival,
        std_error=survival * np.nan_to_num(np.sqrt(greenwood), posinf=0.0),
        ci_low=low,
        ci_high=high,
        interval="log",
        level=0.95,
        n=n,
        n_events=int(n_event.sum()),
        median=Estimate(median, interval, None, "days"),
    )


def kaplan_meier() -> KaplanMeier:
    curves = (
        curve("wild type", 26, seed=3, median_days=300),
        curve("altered", 9, seed=4, median_days=110),
    )
    test = LogRank(
        groups=("wild type", "altered"),
        n=(26, 9),
        observed=np.array([21.0, 9.0]),
        expected=np.array([26.6, 3.4]),
        variance=np.array([[2.4, -2.4], [-2.4, 2.4]]),
        statistic=12.9,
        df=1,
        p_value=0.00033,
    )
    reached = Caveat(
        "median_not_reached", "The curve of altered stays above one half.", {}, "altered"
    )
    return KaplanMeier(curves, test, (reached,))


def baseline() -> BaselineTable:
    age = NumberSummary(35, 0, 56.2, 10.9, 57.0, 49.5, 64.0, 30.0, 75.0)
    young = NumberSummary(26, 0, 55.8, 11.2, 56.5, 48.0, 63.0, 30.0, 74.0)
    old = NumberSummary(9, 0, 57.9, 10.1, 59.0, 52.0, 66.0, 41.0, 75.0)
    volume = NumberSummary(33, 2, 412.8, 380.1, 301.4, 120.2, 560.9, 12.4, 1733.0)
    none = NumberSummary(0, 9, NAN, NAN, NAN, NAN, NAN, NAN, NAN)

    def counts(n: int, **levels: int) -> CategorySummary:
        total = sum(levels.values())
        return CategorySummary(
            total, n - total, tuple(LevelCount(k, v, total) for k, v in levels.items())
        )

    return BaselineTable(
        n=35,
        group_variable="DAXX",
        group_names=("wild type", "altered"),
        group_sizes=(26, 9),
        n_group_missing=0,
        variables=(
            BaselineVariable(
                "age_years",
                "Age",
                "years",
                age,
                (young, old),
                SignificanceTest("wilcoxon", 101.0, None, 0.55),
            ),
            BaselineVariable(
                "sex",
                "Sex",
                None,
                counts(35, female=16, male=19),
                (counts(26, female=13, male=13), counts(9, female=3, male=6)),
                SignificanceTest("fisher_exact", NAN, None, 0.4566),
            ),
            BaselineVariable(
                "who_grade",
                "WHO grade",
                None,
                counts(35, G1=11, G2=14, G3=9),
                (counts(26, G1=11, G2=11, G3=4), counts(9, G1=0, G2=3, G3=5)),
                SignificanceTest("fisher_exact", NAN, None, 0.0123),
            ),
            BaselineVariable("tumor_volume_ml", "Tumor volume", "mL", volume, (volume, none), None),
        ),
        caveats=(Caveat("missing_values", "WHO grade is missing in 1 patient.", {}, "who_grade"),),
    )


def frequency() -> GeneFrequency:
    rows = []
    for rank, (gene, altered, tested, low, high) in enumerate(
        [
            ("MEN1", 11, 35, 0.169, 0.493),
            ("DAXX", 9, 35, 0.125, 0.433),
            ("TSC2", 6, 31, 0.075, 0.375),
        ]
    ):
        fraction = Estimate(
            altered / tested, Interval(low, high, 0.95, "clopper_pearson"), None, "probability"
        )
        count = GeneCount(gene, altered, tested, 35 - tested, 0)
        rows.append(GeneFrequencyRow(count, fraction, rank + 1, rank < 2))
    empty = Estimate(NAN, None, None, "probability")
    rows.append(GeneFrequencyRow(GeneCount("VHL", 0, 0, 33, 2), empty, 4, candidate=False))
    partial = Caveat("partial_panel", "TSC2: 4 patients were not tested.", {"n": 4}, "TSC2")
    return GeneFrequency(tuple(rows), 35, (partial,))


def oncoprint(n: int = 35, genes: int = 5, seed: int = 7) -> OncoPrint:
    rng = np.random.default_rng(seed)
    kinds = ["missense", "truncating", "splice", "inframe", "missense+truncating", "fusion"]
    kinds += ["homozygous_deletion", "amplification"]
    states = (rng.random((genes, n)) < np.linspace(0.35, 0.08, genes)[:, None]).astype(np.int8)
    states[-1, rng.random(n) < 0.2] = 2
    states[genes // 2, rng.random(n) < 0.06] = 3
    order = np.lexsort([-(states[row] == 1).astype(int) for row in reversed(range(genes))])
    states = states[:, order]
    classes = np.where(states == 1, rng.choice(kinds, size=states.shape), "")
    tested = (states < 2).sum(axis=1)
    names = ["MEN1", "DAXX", "TP53", "TSC2", "ATRX", *(f"GENE{k}" for k in range(genes))]
    grade = tuple(str(g) if g else None for g in rng.integers(0, 4, n).tolist())
    site = tuple(rng.choice(["pancreas", "small bowel", "lung", "gallbladder"], n).tolist())
    age = tuple(float(a) for a in rng.integers(30, 76, n))
    return OncoPrint(
        genes=tuple(names[:genes]),
        states=states,
        classes=classes,
        fractions=tuple(((states == 1).sum(axis=1) / np.maximum(tested, 1)).tolist()),
        n_tested=tuple(int(t) for t in tested),
        tracks=(
            Track("who_grade", "WHO grade", "category", grade, ("1", "2", "3")),
            Track("primary_site", "Primary site", "category", site),
            Track(
                "event",
                "Progression or death",
                "category",
                ("yes", "no") * (n // 2) + ("yes",) * (n % 2),
            ),
            Track("age_years", "Age", "number", age, (), "years"),
        ),
    )


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


def study_results(*, synthetic: str | None = "SYNTHETIC data: one of many cohorts that would fit."):
    several = Caveat("multiple_testing", "5 genes were tested; p is not adjusted.", {"genes": 5})
    rules = RuleCard(
        (
            ("Origin", "first embolization"),
            ("Events", "hepatic progression, death"),
            ("Censored", "at the last liver assessment"),
        )
    )
    endpoint = EndpointSummary(
        "hpfs", "Hepatic progression-free survival", "months", 35, 30, False, rules, ()
    )
    analyses = (
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
    figures = (
        ComparedFigure("cohort", "men", "19", 19.0, "19", True),
        ComparedFigure("univariable", "DAXX, hazard ratio", "7.19", 7.1903, "7.19", True),
        ComparedFigure("univariable", "DAXX, p", "0.00038", 0.000391, "0.00039", False),
        ComparedFigure("cohort", "a figure no analysis yields", "57", None, "", False),
    )
    provenance = Provenance(
        plan_hash="a" * 64,
        inputs=(InputFile("patients.csv", 2048, "b" * 64),),
        versions={"embogen": "0.1.0", "python": "3.11.2", "numpy": "2.0.0"},
        platform="Linux x86_64",
        seed=1,
        started="2026-01-01T00:00:00Z",
        timings={"read": 0.12, "analyses": 0.5},
    )
    variables = (
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
    notices = () if synthetic is None else (Caveat("synthetic", synthetic),)
    return StudyResults(
        schema=1,
        study_id="hae-nlm",
        title="Gene mutation status and hepatic progression after embolization",
        synthetic=synthetic,
        plan=plan(),
        flow=flow(),
        endpoints=(endpoint,),
        variables=variables,
        analyses=analyses,
        comparison=Comparison("An abstract", figures),
        caveats=notices,
        provenance=provenance,
    )
