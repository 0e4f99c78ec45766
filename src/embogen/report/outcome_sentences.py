"""Sentences on competing risks, restricted means, landmarks and response."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from embogen.inference.association import Associations
from embogen.inference.competing import CumulativeIncidence
from embogen.inference.entry_audit import EntryAudit
from embogen.inference.fine_gray_result import FineGrayFit
from embogen.inference.ph_test import ProportionalHazardsTest
from embogen.inference.rmst import Rmst
from embogen.inference.validation_result import CoxValidation
from embogen.numerals import (
    format_count,
    format_fraction,
    format_level,
    format_number,
    format_ratio,
    format_ratio_interval,
)
from embogen.report.audit_sentences import audit_sentences
from embogen.report.gene_sentences import gene_sentences
from embogen.report.hazard_sentences import proportional_hazards_sentences
from embogen.report.phrases import p_phrase
from embogen.units import DAYS_PER_UNIT, months_to_days
from embogen.wording import group_words, listed, lower_first

if TYPE_CHECKING:
    from embogen.inference.association import GroupRate
    from embogen.inference.competing import IncidenceCurve
    from embogen.inference.cox_result import TermEstimate
    from embogen.inference.estimates import Estimate

_YEAR: Final = 12.0
_EXTREME: Final = 0.95
"""A calibration slope from here on is called good."""


def outcome_sentences(result: object, unit: str, by: str | None) -> tuple[str, ...]:  # noqa: PLR0911 - one return for each kind of result
    """Say what such an analysis found; nothing of other results, or of none.

    Parameters
    ----------
    result
        A result.
    unit
        Unit of times.
    by
        What a reader calls the variable that makes the groups.
    """
    match result:
        case CumulativeIncidence():
            return incidence_sentences(result, by)
        case FineGrayFit():
            return subdistribution_sentences(result)
        case EntryAudit():
            return audit_sentences(result, unit)
        case Rmst():
            return rmst_sentences(result, unit, by)
        case ProportionalHazardsTest():
            return proportional_hazards_sentences(result)
        case CoxValidation():
            return validation_sentences(result)
        case Associations():
            return association_sentences(result)
        case _:
            return gene_sentences(result)  # none for a failed analysis: it has its error


def validation_sentences(result: CoxValidation) -> tuple[str, ...]:
    """Say what concordance and calibration are left once optimism is taken off."""
    found, slope = result.concordance, result.slope
    words = [lower_first(term.title or term.name) for term in result.terms]
    names = listed(list(dict.fromkeys(words)))
    text = (
        f"A model of {names} ({format_count(result.n)} patients, {format_count(result.n_events)} "
        f"events) has a concordance of {format_number(found.apparent, 2)} on the data it was "
        f"fitted to; corrected for optimism it is {format_number(found.corrected, 2)}."
    )
    if slope.corrected < _EXTREME:
        percent = format_fraction(1.0 - slope.corrected, 1.0)
        meaning = f"log hazard ratios would have to shrink by {percent} for new patients"
        if slope.corrected <= 0.0:
            meaning = "for new patients its predictions would be worth nothing"
    else:
        meaning = "its predictions are hardly too extreme for new patients"
    return (text, f"The calibration slope is {format_number(slope.corrected, 2)}: {meaning}.")


def incidence_sentences(result: CumulativeIncidence, by: str | None) -> tuple[str, ...]:
    """Say how many had the event by a year, or by the last time all groups reach before it."""
    month = max((m for m in result.reported_months() if _known(result, m)), default=None)
    sentences = []
    for cause in result.causes:
        curves = [curve for curve in result.curves if curve.cause == cause]
        phrases = [_incidence(curve, month, by) for curve in curves]
        if month is None:
            sentences.append(f"{cause[:1].upper()}{cause[1:]} was seen in {listed(phrases)}.")
        else:
            when = f"By {month:g} months the cumulative incidence of {cause} was"
            sentences.append(f"{when} {listed(phrases)}.")
    tested = [
        f"{p_phrase(test.p_value)} for {test.cause}"
        for test in result.gray
        if test.df and not math.isnan(test.p_value)
    ]
    if tested:
        sentences.append(f"Gray's test gave {listed(tested)}.")
    return tuple(sentences)


def _known(result: CumulativeIncidence, month: float) -> bool:
    days = months_to_days(month)
    return month <= _YEAR and not any(math.isnan(curve.at(days).value) for curve in result.curves)


def _incidence(curve: IncidenceCurve, month: float | None, by: str | None) -> str:
    size = f"{format_count(curve.n_events)} of {format_count(curve.n)} patients"
    who = "" if curve.group == "all" else f" for {group_words(curve.group, by)}"
    if month is None:
        return f"{size}{who}"
    found = curve.at(months_to_days(month))
    text = format_fraction(found.value, curve.n)
    interval = found.interval
    if interval is not None and not math.isnan(interval.low) and not math.isnan(interval.high):
        low = format_fraction(interval.low, curve.n).rstrip("%")
        high = format_fraction(interval.high, curve.n)
        level = format_level(interval.level)
        text += f" ({level}\u00a0CI\u00a0{low}\u2013{high})"
    return f"{text}{who} ({size} in all)"


def association_sentences(result: Associations) -> tuple[str, ...]:
    """Say who had the outcome among carriers and others, with Fisher's p."""
    known = f"{format_count(result.n_events)} of {format_count(result.n)} patients"
    sentences = [f"{result.outcome[:1].upper()}{result.outcome[1:]}: {known}."]
    for table in result.tables:
        name = table.term.title or table.term.name
        if not (table.carriers.n and table.others.n):
            sentences.append(f"{name} divides nobody here: nothing to compare.")
            continue
        where = "" if table.subgroup == "all" else f" in {table.subgroup}"
        sentences.append(
            f"{name}{where}: {_of(table.carriers)} {table.carriers.group} against "
            f"{_of(table.others)} {table.others.group} ({p_phrase(table.odds_ratio.p_value)})."
        )
    for model in result.adjusted:
        gene, *others = model.fit.estimates
        if gene.status == "ok":
            names = listed(
                list(dict.fromkeys(item.term.title or item.term.name for item in others))
            )
            ratio = gene.odds_ratio
            limits = ""
            if ratio.interval is not None:
                bounds = format_ratio_interval(ratio.interval.low, ratio.interval.high)
                limits = f", {format_level(ratio.interval.level)}\u00a0CI\u00a0{bounds}"
            sentences.append(
                f"Adjusted for {names}, the odds ratio of {gene.term.title or gene.term.name} was "
                f"{format_ratio(ratio.value)}{limits} ({p_phrase(ratio.p_value)})."
            )
    return tuple(sentences)


def _of(rate: GroupRate) -> str:
    return f"{format_count(rate.n_events)} of {format_count(rate.n)}"


def rmst_sentences(result: Rmst, unit: str, by: str | None) -> tuple[str, ...]:
    """Say the restricted means and how they differ."""
    days = DAYS_PER_UNIT[unit]
    horizon = format_number(result.horizon_days / days, 1)
    means = [
        f"{_time(item.mean, unit)}"
        + ("" if item.group == "all" else f" for {group_words(item.group, by)}")
        for item in result.groups
    ]
    sentences = [f"Within the first {horizon} {unit} mean survival was {listed(means)}."]
    sentences += [
        f"The difference of {group_words(item.group, by)} from {group_words(item.reference, by)} "
        f"was {_time(item.difference, unit)}, {p_phrase(item.difference.p_value)}."
        for item in result.contrasts
    ]
    return tuple(sentences)


def _time(estimate: Estimate, unit: str) -> str:
    days = DAYS_PER_UNIT[unit]
    text = f"{format_number(estimate.value / days, 1)} {unit}"
    interval = estimate.interval
    if interval is None:
        return text
    low, high = format_number(interval.low / days, 1), format_number(interval.high / days, 1)
    return f"{text} ({format_level(interval.level)}\u00a0CI\u00a0{low} to {high})"


def subdistribution_sentences(result: FineGrayFit) -> tuple[str, ...]:
    """Say the subdistribution hazard ratios of one model."""
    size = (
        f"{format_count(result.n)} patients, {format_count(result.n_events)} with "
        f"{result.cause}, {format_count(result.n_competing)} with a competing event"
    )
    return tuple(
        f"{'In one subdistribution hazards model (' + size + '), ' if first else ''}{_shr(item)}."
        for first, item in ((index == 0, item) for index, item in enumerate(result.estimates))
    )


def _shr(item: TermEstimate) -> str:
    term, interval = item.term, item.hr.interval
    against = f" {term.level}" if term.level is not None else ""
    against += f" against {term.reference}" if term.reference is not None else ""
    name = f"{term.title or term.name}{against}"
    if item.status != "ok":
        return f"{name} has no finite subdistribution hazard ratio"
    step = "" if term.level is not None else f" per {term.unit or 'unit'}"
    text = f"{name} has a subdistribution hazard ratio{step} of {format_ratio(item.hr.value)}"
    limits = ""
    if interval is not None:
        bounds = format_ratio_interval(interval.low, interval.high)
        limits = f"{format_level(interval.level)}\u00a0CI\u00a0{bounds}, "
    return f"{text} ({limits}{p_phrase(item.hr.p_value)})"
