"""The methods section, written from the plan that was followed and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from embogen.inference.association import Associations
from embogen.inference.competing import CumulativeIncidence
from embogen.inference.cox_result import CoxFit, UnivariableCox
from embogen.inference.curves import KaplanMeier
from embogen.inference.describe import BaselineTable, NumberSummary
from embogen.inference.entry_audit import EntryAudit
from embogen.inference.fine_gray_result import FineGrayFit
from embogen.inference.frequency import GeneFrequency
from embogen.inference.ph_test import ProportionalHazardsTest
from embogen.inference.predicted_survival import PredictedSurvival
from embogen.inference.rmst import Rmst
from embogen.inference.validation_result import CoxValidation
from embogen.numerals import format_count
from embogen.report.audit_sentences import audit_method
from embogen.report.endpoint_methods import further_choices
from embogen.report.genotype_methods import condition_sentences, group_sentences, tells_genes
from embogen.report.hazard_sentences import hazard_methods
from embogen.report.prediction_sentences import prediction_methods
from embogen.report.regression_methods import multiplicity_sentence, regression_sentences
from embogen.units import days_to_months
from embogen.wording import (
    inline_name_of_test,
    interval_name,
    listed,
    lower_first,
    name_of_logrank,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.cohort.flow import PatientFlow
    from embogen.study.provenance import Provenance
    from embogen.study.results import EndpointSummary, StudyResults

_EVENTS: Final = {
    "hepatic_progression": "hepatic progression",
    "extrahepatic_progression": "extrahepatic progression",
    "death": "death from any cause",
}
_CENSORING: Final = {
    "last_liver_assessment": "the last liver assessment",
    "last_contact": "the last contact",
}
_ORIGINS: Final = {
    "first_embolization": "the first embolization",
    "first_procedure": "the first procedure",
    "end_of_first_course": "the last session of the first course of embolization",
    "biopsy": "the biopsy",
}
_NUMBERS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


_TESTED: Final = (
    BaselineTable,
    KaplanMeier,
    UnivariableCox,
    CoxFit,
    CumulativeIncidence,
    Associations,
    Rmst,
    FineGrayFit,
    ProportionalHazardsTest,
)
"""Results that hold p-values."""


def methods_paragraphs(results: StudyResults) -> tuple[tuple[str, str], ...]:
    """Write the methods as (heading, paragraph) pairs; headings without content are left out."""
    pairs = (
        ("Patients", patients_sentence(results.flow, results.plan)),
        ("Endpoints", " ".join(_endpoint(item, results.plan) for item in results.endpoints)),
        ("Genes", _genes(results.plan)),
        ("Statistical analysis", _statistics(results)),
        ("Software", software_sentence(results.provenance)),
    )
    return tuple((heading, text) for heading, text in pairs if text)


def spelled(number: int) -> str:
    """Spell a small number, as a sentence does.

    Examples
    --------
    >>> spelled(4), spelled(12)
    ('four', '12')
    """
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else format_count(number)


def _section(plan: dict[str, Any], name: str) -> dict[str, Any]:
    found = plan.get(name)
    return found if isinstance(found, dict) else {}


def _words(values: object) -> list[str]:
    if not isinstance(values, list | tuple):
        return []
    return [str(value).replace("_", " ") for value in values]


def patients_sentence(flow: PatientFlow, plan: dict[str, Any]) -> str:
    """Say how many of the patients on file were analyzed."""
    steps = flow.steps
    if not steps:
        return ""
    first, last = steps[0].n_before, steps[-1].n_after
    text = f"Of {format_count(first)} patients on file, {format_count(last)} were analyzed"
    if first == last:
        text = f"All {format_count(first)} patients on file were analyzed"
    window = _section(plan, "specimens").get("within_months")
    if window is not None:
        text += f"; the specimen had to lie within {window:g} months of the first embolization"
    return text + "."


def _endpoint(endpoint: EndpointSummary, plan: dict[str, Any]) -> str:
    return endpoint_sentences(endpoint.name, endpoint.label, plan, delayed=endpoint.delayed_entry)


def endpoint_sentences(name: str, label: str, plan: dict[str, Any], *, delayed: bool) -> str:
    """Say what an endpoint of the plan is, and whether patients entered late."""
    spec = _section(_section(plan, "endpoint"), name)
    if "time" in spec:
        text = (
            f"{label} was read from the patients table (time in column \u201c{spec['time']}\u201d, "
            f"status in column \u201c{spec.get('event', '')}\u201d)."
        )
    else:
        events = spec.get("events", ["hepatic_progression", "death"])
        names = [_EVENTS.get(str(event), str(event)) for event in events]
        origin = str(spec.get("origin", "first_embolization"))
        censor = str(spec.get("censor", "last_liver_assessment"))
        text = (
            f"{label} was measured from {_ORIGINS.get(origin, origin.replace('_', ' '))} to "
            f"{listed(names, 'or')}{', whichever came first' if len(names) > 1 else ''}, and "
            f"censored at {_CENSORING.get(censor, censor.replace('_', ' '))}."
        )
        if spec.get("death") == "competing":
            text += (
                " Death from any cause before it was a competing event, not a censoring: the dead "
                "can no longer progress."
            )
        text += further_choices(spec)
    if delayed:
        text += " Patients entered the risk set at their specimen (delayed entry, left truncation)."
    return text


def _genes(plan: dict[str, Any]) -> str:
    called = genotype_sentences(plan)
    chosen = _candidates(_section(_section(plan, "genes"), "candidates")) if called else ""
    return f"{called} {chosen}".strip()


def genotype_sentences(plan: dict[str, Any]) -> str:
    """Say when a gene was called altered, and when not tested."""
    if not tells_genes(plan):
        return ""
    genes = _section(plan, "genes")
    parts: list[str] = []
    classes = _words(genes.get("count_as"))
    if classes:
        parts.append(
            f"A gene was called altered when it held a {listed(classes, 'or')} alteration."
        )
    parts += condition_sentences(plan)
    if genes.get("coverage") == "all_genes":
        parts.append("Every specimen was declared to have been tested for every gene.")
    else:
        parts.append(
            "Genes outside a specimen's panel were called not tested, never wild type, and the "
            "patient was left out of that gene's analyses."
        )
    parts += group_sentences(plan)
    return " ".join(part for part in parts if part)


def _candidates(spec: dict[str, Any]) -> str:
    if "most_frequent" in spec:
        number = int(spec["most_frequent"])
        return (
            f"The {spelled(number)} most frequently altered genes among tested patients were "
            "related to outcome; they were chosen without sight of the outcome."
        )
    if "min_altered" in spec:
        number = int(spec["min_altered"])
        return (
            f"Genes altered in at least {spelled(number)} patients were related to outcome; they "
            "were chosen without sight of the outcome."
        )
    named = [str(gene) for gene in spec.get("genes") or ()]
    return f"The genes related to outcome were named in the plan: {listed(named)}." if named else ""


def _statistics(results: StudyResults) -> str:
    found = [item.result for item in results.analyses if item.result is not None]
    parts: list[str] = []
    tables = [item for item in found if isinstance(item, BaselineTable)]
    if tables:
        parts.append(_baseline(tables))
    if any(isinstance(item, GeneFrequency) for item in found):
        parts.append("Altered fractions have exact (Clopper\u2013Pearson) intervals.")
    curves = [item for item in found if isinstance(item, KaplanMeier)]
    if curves:
        parts.append(_curves(curves))
    parts += _competing(found, results)
    fits = [item for item in found if isinstance(item, CoxFit)]
    for item in found:
        if isinstance(item, UnivariableCox):
            fits += item.fits
    if fits:
        univariable = any(isinstance(item, UnivariableCox) for item in found)
        parts.append(regression_sentences(fits, univariable=univariable))
    parts += hazard_methods([i for i in found if isinstance(i, ProportionalHazardsTest)])
    validated = [item for item in found if isinstance(item, CoxValidation)]
    if validated:
        parts.append(_validation(validated))
    parts += prediction_methods([i for i in found if isinstance(i, PredictedSurvival)])
    parts += _strata_and_clusters(results.plan)
    if any(isinstance(item, _TESTED) for item in found):
        panels = [i.panel for i in found if isinstance(i, UnivariableCox) and i.panel is not None]
        parts.append(multiplicity_sentence(fits, panels))
    return " ".join(parts)


def _validation(found: Sequence[CoxValidation]) -> str:
    counts = sorted({item.n_resamples for item in found})
    text = (
        "Concordance and calibration slope were corrected for optimism by fitting the model again "
        f"to {listed([format_count(count) for count in counts], 'or')} bootstrap resamples"
    )
    if any(item.penalty == "firth" for item in found):
        text += ", with Firth's penalty where the plan says so"
    return text + "."


def _strata_and_clusters(plan: dict[str, Any]) -> list[str]:
    strata, clusters = _words_of(plan, "strata"), _words_of(plan, "cluster")
    parts = []
    if strata:
        parts.append(f"Where the plan says so, analyses were stratified by {listed(strata)}.")
    if clusters:
        parts.append(
            "Where the plan says so, standard errors, tests and intervals are robust (Lin and "
            f"Wei), with {listed(clusters)} as clusters of patients that may be alike, and with "
            "fewer than 30 of them refer to Student's t with one degree of freedom less."
        )
    return parts


def _words_of(plan: dict[str, Any], key: str) -> list[str]:
    """Name the covariates that analyses have under a key, each once."""
    analyses = plan.get("analysis")
    covariates = _section(plan, "covariate")
    words: dict[str, None] = {}
    for spec in analyses if isinstance(analyses, list | tuple) else ():
        found = (spec.get(key) or ()) if isinstance(spec, dict) else ()
        for word in (found,) if isinstance(found, str) else found:
            label = _section(covariates, str(word)).get("label") or str(word)
            words[lower_first(str(label).removeprefix("gene:"))] = None
    return list(words)


def _baseline(tables: Sequence[BaselineTable]) -> str:
    variables = [variable for table in tables for variable in table.variables]
    text = "Categories are given as counts and percentages"
    if any(isinstance(variable.overall, NumberSummary) for variable in variables):
        text += ", numbers as median, quartiles and range"
    tests = sorted(
        {f"the {inline_name_of_test(v.test.method)}" for v in variables if v.test is not None}
    )
    if tests:
        text += f"; groups were compared by {listed(tests)}"
    return text + "."


def _curves(curves: Sequence[KaplanMeier]) -> str:
    kinds = sorted({interval_name(c.interval) for result in curves for c in result.curves})
    text = "Survival was estimated by the Kaplan\u2013Meier method"
    if kinds:
        text += f" with {listed(kinds)} intervals"
    tests = [result.logrank for result in curves if result.logrank is not None]
    if tests:
        names = [lower_first(name_of_logrank(rho)) for rho in sorted({t.rho for t in tests})]
        text += f", and groups were compared by the {listed(names)} test"
        text += "s" if len(names) > 1 else ""
    if any(result.trend is not None for result in curves):
        text += "; ordered groups were tested for trend (Tarone)"
    hazards = [result.hazards for result in curves if result.hazards is not None]
    if hazards:
        ways = sorted({interval_name(c.interval) for result in hazards for c in result.curves})
        text += f"; cumulative hazards by the Nelson\u2013Aalen method ({listed(ways)} intervals)"
    return text + "."


def _competing(found: Sequence[object], results: StudyResults) -> list[str]:
    """Say how competing events were dealt with, where there are any."""
    parts = []
    incidences = [item for item in found if isinstance(item, CumulativeIncidence)]
    if incidences:
        parts.append(_incidence(incidences))
    if any(caveat.code == "cause_specific" for item in results.analyses for caveat in item.caveats):
        parts.append(
            "Where death competes, Cox models censor patients at it; their hazard ratios are "
            "cause-specific."
        )
    if any(isinstance(item, FineGrayFit) for item in found):
        parts.append(
            "Subdistribution hazard ratios come from Fine and Gray's regression, with Breslow's "
            "handling of ties and robust Wald intervals and tests."
        )
    if any(isinstance(item, EntryAudit) for item in found):
        parts.append(audit_method())
    means = [item for item in found if isinstance(item, Rmst)]
    if means:
        parts.append(_restricted_means(means))
    if any(isinstance(item, Associations) for item in found):
        parts.append(_associations([item for item in found if isinstance(item, Associations)]))
    return parts


def _restricted_means(found: Sequence[Rmst]) -> str:
    horizons = sorted({f"{days_to_months(item.horizon_days):.3g}" for item in found})
    return (
        f"Restricted mean survival up to {listed(horizons)} months is the area under the "
        "Kaplan\u2013Meier curve."
    )


def _associations(found: Sequence[Associations]) -> str:
    text = "Yes-or-no outcomes were compared by Fisher's exact test, with conditional odds ratios"
    months = sorted({f"{days_to_months(item.days):.3g}" for item in found if item.days is not None})
    if months:
        text += (
            f"; of the event by a landmark ({listed(months)} months), patients censored before it "
            "were left out"
        )
    text += "."
    if any(item.adjusted for item in found):
        text += " Adjusted odds ratios come from logistic regression with Firth's penalty."
    return text


def _incidence(found: Sequence[CumulativeIncidence]) -> str:
    text = (
        "Where causes compete, cumulative incidence was estimated by the Aalen\u2013Johansen method"
    )
    if any(test.df for result in found for test in result.gray):
        text += " and compared by Gray's test"
    return text + "."


def software_sentence(provenance: Provenance) -> str:
    """Name the software and the seed."""
    versions = provenance.versions
    named = [
        f"{name} {versions[name]}" for name in ("embogen", "python", "numpy") if name in versions
    ]
    seed = provenance.seed
    base = f"Analyses were run with {listed(named)}" if named else "Analyses were run with embogen"
    return f"{base}; the seed of all random numbers was {seed}."
