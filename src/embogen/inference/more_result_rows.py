"""Rows of the long table for competing risks, restricted means, trend and response.

Importing this module registers them with `result_rows`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.inference.association import Associations, GroupRate
from embogen.inference.cause_specific import CauseSpecificCox
from embogen.inference.competing import CumulativeIncidence
from embogen.inference.cumulative_hazard import NelsonAalen
from embogen.inference.entry_audit import EntryAudit
from embogen.inference.fine_gray import FineGrayFit
from embogen.inference.gray import GrayTest
from embogen.inference.logistic import LogisticFit
from embogen.inference.result_row import ResultRow
from embogen.inference.result_rows import result_rows
from embogen.inference.rmst import Rmst
from embogen.inference.trend import TrendTest
from embogen.inference.validation_result import CoxValidation
from embogen.units import months_to_days

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from embogen.inference.design import Term
    from embogen.inference.estimates import Estimate
    from embogen.inference.ratio import Ratio

    Item = tuple[str, str, str, float | None, str, str]
    """Term, level, statistic, value, unit, method."""


def _rows(items: Iterable[Item], analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    return tuple(
        ResultRow(analysis, endpoint, term, level, statistic, float(value), unit, method)
        for term, level, statistic, value, unit, method in items
        if value is not None
    )


def _measure(
    place: tuple[str, str], name: str, item: Estimate | Ratio, unit: str, method: str
) -> Iterator[Item]:
    """Write a number, its limits and its p-value; limits are named after the number."""
    yield (*place, name, item.value, unit, method)
    if item.interval is not None:
        yield (*place, f"{name}_ci_low", item.interval.low, unit, item.interval.method)
        yield (*place, f"{name}_ci_high", item.interval.high, unit, item.interval.method)
    yield (*place, f"{name}_p_value", item.p_value, "", item.p_method or "")


def _named(group: str) -> str:
    return "" if group == "all" else group


def _gray(test: GrayTest) -> Iterator[Item]:
    if not test.df:
        return
    yield "", test.cause, "statistic", test.statistic, "", "gray"
    yield "", test.cause, "df", test.df, "", "gray"
    yield "", test.cause, "p_value", test.p_value, "", "gray"


@result_rows.register
def _(result: GrayTest, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    return _rows(_gray(result), analysis, endpoint)


@result_rows.register
def _(result: CumulativeIncidence, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    """Group in `term`, cause in `level`; the incidence at the end and at fixed times."""

    def items() -> Iterator[Item]:
        for curve in result.curves:
            group, cause = _named(curve.group), curve.cause
            yield group, cause, "n", curve.n, "", ""
            yield group, cause, "n_events", curve.n_events, "", ""
            last = float(curve.time[-1])
            yield group, cause, "last_time", last, "days", ""
            end = curve.at(last)
            yield from _measure((group, cause), "incidence_at_end", end, "", result.variance)
            for month in result.reported_months():
                then = curve.at(months_to_days(month))
                if not math.isnan(then.value):
                    name = f"incidence_at_{month:g}_months"
                    yield from _measure((group, cause), name, then, "", result.variance)
        for test in result.gray:
            yield from _gray(test)

    return _rows(items(), analysis, endpoint)


@result_rows.register
def _(result: NelsonAalen, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    def items() -> Iterator[Item]:
        for curve in result.curves:
            group = _named(curve.group)
            yield group, "", "n", curve.n, "", ""
            yield group, "", "n_events", curve.n_events, "", ""
            yield group, "", "hazard_at_end", float(curve.hazard[-1]), "", "nelson_aalen"
            yield group, "", "hazard_at_end_se", float(curve.std_error[-1]), "", "nelson_aalen"
            for month in result.reported_months():
                then = curve.at(months_to_days(month))
                if not math.isnan(then.value):
                    name = f"hazard_at_{month:g}_months"
                    yield from _measure((group, ""), name, then, "", "nelson_aalen")

    return _rows(items(), analysis, endpoint)


@result_rows.register
def _(result: CauseSpecificCox, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    rows = result_rows(result.fit, analysis=analysis, endpoint=endpoint)
    return (
        *rows,
        *_rows([("", "", "n_competing", result.n_competing, "", "")], analysis, endpoint),
    )


@result_rows.register
def _(result: FineGrayFit, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    """Subdistribution hazard ratios are named `shr`, so that none is taken for a hazard ratio."""

    def items() -> Iterator[Item]:
        for item in result.estimates:
            name, level, unit = item.term.name, item.term.level or "", item.term.unit or ""
            yield name, level, "shr", item.hr.value, unit, result.ties
            if item.hr.interval is not None:
                method = item.hr.interval.method
                yield name, level, "ci_low", item.hr.interval.low, unit, method
                yield name, level, "ci_high", item.hr.interval.high, unit, method
            yield name, level, "p_value", item.hr.p_value, "", item.hr.p_method or ""
            yield name, level, "coef", item.coef, unit, result.ties
            yield name, level, "se", item.se, unit, "robust"
            yield name, level, "z", item.z, "", "robust_wald"
            yield name, level, "n_carriers", item.n_carriers, "", ""
            yield name, level, "n_carrier_events", item.n_carrier_events, "", ""
        for statistic in ("n", "n_events", "n_competing"):
            yield "", "", statistic, getattr(result, statistic), "", ""
        yield "", "", "loglik", result.loglik, "", result.ties
        if result.wald_test is not None:
            yield "", "", "statistic", result.wald_test.statistic, "", "robust_wald"
            yield "", "", "df", result.wald_test.df, "", "robust_wald"
            yield "", "", "p_value", result.wald_test.p_value, "", "robust_wald"

    return _rows(items(), analysis, endpoint)


@result_rows.register
def _(result: Rmst, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    def items() -> Iterator[Item]:
        yield "", "", "horizon", result.horizon_days, "days", ""
        for item in result.groups:
            place = (_named(item.group), "")
            yield (*place, "n", item.n, "", "")
            yield (*place, "n_events", item.n_events, "", "")
            yield from _measure(place, "rmst", item.mean, "days", "kaplan_meier")
            yield (*place, "rmst_se", item.std_error, "days", "greenwood")
        for contrast in result.contrasts:
            place = (contrast.group, f"vs {contrast.reference}")
            yield from _measure(place, "rmst_difference", contrast.difference, "days", "")
            yield from _measure(place, "rmst_ratio", contrast.ratio, "", "")

    return _rows(items(), analysis, endpoint)


@result_rows.register
def _(result: TrendTest, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    def items() -> Iterator[Item]:
        if result.df:
            method = "log_rank_trend"
            method += f"_rho_{result.rho:g}" if result.rho else ""
            yield "", "", "z", result.z, "", method
            yield "", "", "p_value", result.p_value, "", method

    return _rows(items(), analysis, endpoint)


@result_rows.register
def _(result: CoxValidation, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    """Index in `term`."""

    def items() -> Iterator[Item]:
        for name, index in (("concordance", result.concordance), ("slope", result.slope)):
            yield name, "", "apparent", index.apparent, "", ""
            yield name, "", "in_resamples", index.in_resamples, "", "bootstrap"
            yield name, "", "in_data", index.in_data, "", "bootstrap"
            yield name, "", "optimism", index.optimism, "", "bootstrap"
            yield name, "", "optimism_se", index.standard_error, "", "monte_carlo"
            yield name, "", "corrected", index.corrected, "", "bootstrap"
        interval = result.apparent.interval
        if interval is not None:
            yield "concordance", "", "apparent_ci_low", interval.low, "", interval.method
            yield "concordance", "", "apparent_ci_high", interval.high, "", interval.method
        for statistic in ("n", "n_events", "n_resamples", "n_left_out"):
            yield "", "", statistic, getattr(result, statistic), "", ""

    return _rows(items(), analysis, endpoint)


def _odds(place: tuple[str, str], ratio: Ratio) -> Iterator[Item]:
    if math.isnan(ratio.value) and ratio.p_value is None:
        return
    yield from _measure(place, "odds_ratio", ratio, "", ratio.p_method or "")


def _logistic(fit: LogisticFit, subject: Term | None) -> Iterator[Item]:
    """Rows of a model; those of an adjusted gene carry its name in the level of the others."""
    for item in fit.estimates:
        level = item.term.level or ""
        if subject is not None and item.term != subject:
            level = f"{level} (with {subject.name})".strip()
        place = (item.term.name, level)
        yield (*place, "coef", item.coef, item.term.unit or "", "firth")
        yield (*place, "se", item.se, item.term.unit or "", "firth")
        yield from _measure(place, "adjusted_odds_ratio", item.odds_ratio, "", "firth")
        yield (*place, "adjusted_n", fit.n, "", "")
        yield (*place, "adjusted_n_events", fit.n_events, "", "")


@result_rows.register
def _(result: LogisticFit, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    return _rows(_logistic(result, None), analysis, endpoint)


def _rate(place: tuple[str, str], who: str, rate: GroupRate) -> Iterator[Item]:
    yield (*place, f"n_{who}", rate.n, "", "")
    yield (*place, f"n_{who}_events", rate.n_events, "", "")
    yield from _measure(place, f"{who}_fraction", rate.fraction, "", "")


@result_rows.register
def _(result: Associations, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    """Factor in `term`, subgroup in `level`."""

    def items() -> Iterator[Item]:
        yield "", "", "n", result.n, "", ""
        yield "", "", "n_events", result.n_events, "", ""
        yield "", "", "landmark", result.days, "days", ""
        for left in result.left_out:
            yield "", left.reason, "n_left_out", left.n, "", ""
        for table in result.tables:
            place = (table.term.name, _named(table.subgroup))
            yield from _rate(place, "carriers", table.carriers)
            yield from _rate(place, "others", table.others)
            yield (*place, "n_unknown", table.n_unknown, "", "")
            yield from _odds(place, table.odds_ratio)
            yield from _measure(place, "difference", table.difference, "", "")
        for model in result.adjusted:
            yield from _logistic(model.fit, model.term)

    return _rows(items(), analysis, endpoint)


@result_rows.register
def _(result: EntryAudit, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    """Write the way in `level`; when specimens were taken in `term` beside their counts."""

    def items() -> Iterator[Item]:
        yield "", "landmark", "landmark", result.landmark_days, "days", ""
        for count in result.counts:
            place = (f"specimen_{count.when}", "")
            yield (*place, "n", count.n, "", "")
            yield (*place, "n_events", count.n_events, "", "")
        for item in result.estimates:
            place = ("", item.way)
            yield (*place, "n", item.n, "", "")
            yield (*place, "n_events", item.n_events, "", "")
            yield (*place, "n_left_out", sum(x.n for x in item.left_out), "", "")
            yield from _measure(place, "median", item.median, "days", "kaplan_meier")
            for ratio in item.ratios:
                level = "/".join(filter(None, (ratio.term.level, item.way)))
                yield from _measure((ratio.term.name, level), "hr", ratio.hr, "", "efron")
        test = result.truncation
        if test.p_value is not None:
            yield "", "", "tau", test.tau, "", "conditional_kendall"
            yield "", "", "n_pairs", test.pairs, "", "conditional_kendall"
            yield "", "", "z", test.z, "", "conditional_kendall"
            yield "", "", "p_value", test.p_value, "", "conditional_kendall"

    return _rows(items(), analysis, endpoint)
