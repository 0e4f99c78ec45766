"""What an analysis found, in sentences a clinician reads and a statistician accepts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from embogen.genomics.alterations import GeneState
from embogen.genomics.oncoprint import OncoPrint
from embogen.inference.cox_result import CoxFit, UnivariableCox
from embogen.inference.curves import KaplanMeier
from embogen.inference.describe import BaselineTable, NumberSummary
from embogen.inference.frequency import GeneFrequency
from embogen.inference.predicted_survival import PredictedSurvival
from embogen.numerals import (
    NOTHING,
    decimals_for,
    format_count,
    format_fraction,
    format_level,
    format_number,
    format_percent,
    format_ratio,
    format_ratio_interval,
    format_time,
    format_time_interval,
)
from embogen.report.outcome_sentences import outcome_sentences
from embogen.report.phrases import p_phrase
from embogen.report.prediction_sentences import prediction_sentences
from embogen.report.robustness_sentences import e_value_sentences
from embogen.units import DAYS_PER_UNIT
from embogen.wording import group_words, grouping, listed, lower_first, name_of_logrank

if TYPE_CHECKING:
    from embogen.inference.cox_result import TermEstimate
    from embogen.inference.curves import SurvivalCurve
    from embogen.inference.describe import BaselineVariable, CategorySummary, LevelCount
    from embogen.study.results import Analysis, EndpointSummary, StudyResults

_CONVENTION: Final = 0.05
_FEW_GENES: Final = 6
_FEW_VARIABLES: Final = 6


def result_sentences(analysis: Analysis, results: StudyResults) -> tuple[str, ...]:
    """Say what one analysis found; nothing for a failed one."""
    endpoint = next((e for e in results.endpoints if e.name == analysis.endpoint), None)
    sentences: tuple[str, ...] = ()
    match analysis.result:
        case BaselineTable() as result:
            sentences = _baseline(result)
        case GeneFrequency() as result:
            sentences = _frequency(result)
        case UnivariableCox() as result:
            items = [item for fit in result.fits for item in fit.estimates]
            sentences = _hazards(items, _outcome(endpoint), "In univariable models, ")
            sentences += e_value_sentences(items, term_name)
            sentences += _panel(result)
        case CoxFit() as result:
            size = f"{format_count(result.n)} patients, {format_count(result.n_events)} events"
            opening = f"In one model ({size}), "
            sentences = _hazards(list(result.estimates), _outcome(endpoint), opening)
            sentences += e_value_sentences(result.estimates, term_name)
        case KaplanMeier() as result:
            sentences = _curves(result, endpoint, grouping(results.plan, analysis.id))
        case PredictedSurvival() as result:
            unit = "months" if endpoint is None else endpoint.time_unit
            sentences = prediction_sentences(result, _outcome(endpoint), unit)
        case OncoPrint() as result:
            sentences = _oncoprint(result)
        case result:
            unit = "months" if endpoint is None else endpoint.time_unit
            sentences = outcome_sentences(result, unit, grouping(results.plan, analysis.id))
    return sentences


def term_name(item: TermEstimate) -> str:
    """Name a term within a sentence.

    A gene is named by its alteration, ``DAXX alteration``; a level with what it is compared to.
    """
    term = item.term
    if term.level is None:
        return lower_first(term.title or term.name)
    if term.coding == "binary" and term.level == "altered":
        return f"{term.title or term.name} alteration"
    against = f" vs {term.reference}" if term.reference is not None else ""
    return f"{lower_first(term.title or term.name)} {term.level}{against}"


def hazard_phrase(item: TermEstimate) -> str:
    """Write an estimate with its interval and p-value, in brackets after the term's name."""
    term, interval = item.term, item.hr.interval
    if item.status == "not_estimable":
        return f"{term_name(item)} (not estimable)"
    value = "HR not estimable" if item.status != "ok" else f"HR\u00a0{format_ratio(item.hr.value)}"
    if term.level is None and item.status == "ok":
        value += " per step" if term.coding == "trend" else f" per {term.unit or 'unit'}"
    limits = ""
    if interval is not None:
        bounds = format_ratio_interval(interval.low, interval.high)
        limits = f"{format_level(interval.level)}\u00a0CI\u00a0{bounds}, "
    return f"{term_name(item)} ({value}, {limits}{p_phrase(item.primary_p)})"


def _outcome(endpoint: EndpointSummary | None) -> str:
    return "the outcome" if endpoint is None else lower_first(endpoint.label)


def _baseline(result: BaselineTable) -> tuple[str, ...]:
    described = [_variable(variable) for variable in result.variables[:_FEW_VARIABLES]]
    sentences = [f"{format_count(result.n)} patients. " + "; ".join(described) + "."]
    tested = [
        v for v in result.variables if v.test is not None and v.label != result.group_variable
    ]
    differing = [v for v in tested if v.test is not None and v.test.p_value < _CONVENTION]
    if differing:
        names = [
            f"{lower_first(v.label)} ({p_phrase(v.test.p_value)})"
            for v in differing
            if v.test is not None
        ]
        group = result.group_variable or "group"
        sentences.append(f"Patients differed by {group} in {listed(names)}.")
    return tuple(sentences)


def _variable(variable: BaselineVariable) -> str:
    overall = variable.overall
    if isinstance(overall, NumberSummary):
        digits = min(decimals_for((overall.median, overall.minimum, overall.maximum)), 1)
        unit = f" {variable.unit}" if variable.unit else ""
        low, high = format_number(overall.minimum, digits), format_number(overall.maximum, digits)
        middle = format_number(overall.median, digits)
        return f"{variable.label}: median {middle}{unit} (range {low}\u2013{high})"
    positive = _positive(overall)
    if positive is not None:
        what = f"{variable.label} altered" if positive.level == "altered" else variable.label
        share = format_percent(positive.count, positive.n)
        return f"{what}: {format_count(positive.count)} of {format_count(positive.n)} ({share})"
    counts = [
        f"{one.level} {'in ' if one.level[-1:].isdigit() else ''}{format_count(one.count)} "
        f"({format_percent(one.count, one.n)})"
        for one in overall.counts
    ]
    return f"{variable.label}: {', '.join(counts)}"


def _positive(summary: CategorySummary) -> LevelCount | None:
    """Return the count that says all: altered of a gene, yes of a flag."""
    levels = {one.level: one for one in summary.counts}
    for yes, no in (("altered", "wild type"), ("yes", "no")):
        if set(levels) == {yes, no}:
            return levels[yes]
    return None


def _frequency(result: GeneFrequency) -> tuple[str, ...]:
    chosen = [row for row in result.rows if row.candidate]
    shown = (chosen or list(result.rows))[:_FEW_GENES]
    if not shown:
        return ("No gene was altered.",)
    phrases = [
        f"{row.count.title or row.count.gene} ({format_count(row.count.n_altered)} of "
        f"{format_count(row.count.n_tested)} tested, "
        f"{format_fraction(row.fraction.value, row.count.n_tested)})"
        for row in shown
    ]
    opening = "The candidate genes are" if chosen else "The most frequently altered genes are"
    if len(chosen) > len(shown):
        opening = f"There are {format_count(len(chosen))} candidate genes, most frequently altered"
    return (f"{opening} {listed(phrases)}.",)


def _hazards(items: list[TermEstimate], outcome: str, opening: str) -> tuple[str, ...]:
    """Sort terms into associated and not shown to be; absence of evidence is worded so."""
    known = [item for item in items if item.primary_p is not None and item.primary_p >= 0]
    shown = [item for item in known if (item.primary_p or 0.0) < _CONVENTION]
    others = [item for item in known if item not in shown]
    worse = [hazard_phrase(item) for item in shown if item.hr.value > 1]
    better = [hazard_phrase(item) for item in shown if item.hr.value < 1]
    sentences = []
    if worse:
        sentences.append(f"{opening}shorter {outcome} was associated with {listed(worse)}.")
    if better:
        start = "Longer" if worse else f"{opening}longer"
        sentences.append(f"{start} {outcome} was associated with {listed(better)}.")
    if others:
        if worse or better:
            brief = [f"{term_name(item)} ({p_phrase(item.primary_p)})" for item in others]
            sentences.append(f"No association was shown at the 0.05 level for {listed(brief)}.")
        else:
            names = listed([hazard_phrase(item) for item in others])
            sentences.append(f"{opening}no association with {outcome} was shown for {names}.")
    missing = [term_name(item) for item in items if item not in known]
    if missing:
        sentences.append(f"Not estimable: {listed(missing)}.")
    return tuple(sentences)


def _panel(result: UnivariableCox) -> tuple[str, ...]:
    """Say what is left of the smallest p-value when the whole panel is adjusted for."""
    if result.panel is None:
        return ()
    adjusted = result.panel.adjusted()
    least = min(value.p_value for value in adjusted.values())
    names = [name for name, value in adjusted.items() if value.p_value == least]
    of = f"that of {listed(names)}" if len(names) <= _FEW_GENES else "shared by several"
    size = format_count(len(adjusted))
    text = f"Adjusted for all {size} genes of the panel family, the smallest p-value was {of}"
    return (f"{text} ({p_phrase(least)}).",)


def _curves(
    result: KaplanMeier, endpoint: EndpointSummary | None, by: str | None
) -> tuple[str, ...]:
    unit = "months" if endpoint is None else endpoint.time_unit
    outcome = "survival" if endpoint is None else lower_first(endpoint.label)
    phrases = [_median(curve, unit, by) for curve in result.curves]
    sentences = [f"Median {outcome} was {listed(phrases)}."]
    if result.logrank is not None:
        called = lower_first(name_of_logrank(result.logrank.rho))
        sentences.append(f"The {called} test gave {p_phrase(result.logrank.p_value)}.")
    trend = result.trend
    if trend is not None and trend.df:
        order = listed([group_words(group, None) for group in trend.groups])
        sentences.append(f"The test for trend over {order} gave {p_phrase(trend.p_value)}.")
    return tuple(sentences)


def _median(curve: SurvivalCurve, unit: str, by: str | None) -> str:
    days = DAYS_PER_UNIT[unit]
    value = curve.median.value / days
    interval = curve.median.interval
    text = f"{format_time(value)} {unit}" if math.isfinite(value) else "not reached"
    if interval is not None:
        limits = format_time_interval(interval.low / days, interval.high / days)
        if limits != NOTHING:
            text += f" ({format_level(interval.level)}\u00a0CI\u00a0{limits})"
    size = f"{format_count(curve.n_events)} events in {format_count(curve.n)} patients"
    if curve.group == "all":
        return f"{text} ({size})"
    return f"{text} for {group_words(curve.group, by)} ({size})"


def _oncoprint(result: OncoPrint) -> tuple[str, ...]:
    cells = int(result.states.size)
    patients = int(result.states.shape[1])
    carriers = int((result.states == GeneState.ALTERED).any(axis=0).sum())
    untested = int((result.states == GeneState.NOT_TESTED).sum())
    genes = format_count(len(result.genes))
    found = (
        f"{format_count(carriers)} of {format_count(patients)} patients have an alteration in at "
        f"least one of the {genes} genes shown."
    )
    sentences = [found]
    if untested:
        sentences.append(
            f"{format_count(untested)} of {format_count(cells)} gene-by-patient cells were not "
            "tested; they are struck through, and are not wild type."
        )
    return tuple(sentences)
