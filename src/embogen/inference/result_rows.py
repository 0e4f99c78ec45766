"""Every result as rows of the long table."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from embogen.inference.cox_result import CoxFit, TermEstimate, UnivariableCox
from embogen.inference.curves import KaplanMeier, SurvivalCurve
from embogen.inference.describe import BaselineTable, NumberSummary
from embogen.inference.e_value import e_value_of_hr
from embogen.inference.estimates import MEDIAN, TimeQuantile
from embogen.inference.frequency import GeneFrequency
from embogen.inference.result_row import ResultRow
from embogen.inference.term_test_rows import rows_of_panel, rows_of_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from embogen.inference.describe import BaselineVariable, CategorySummary
    from embogen.inference.estimates import SignificanceTest

    Item = tuple[str, str, str, float | None, str, str]
    """Term, level, statistic, value, unit, method."""


@singledispatch
def result_rows(result: Any, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:  # noqa: ANN401 - dispatches on any result
    """Write a result as rows of the long table.

    Parameters
    ----------
    result
        A result of this package; one that holds no statistics of its own has no rows.
    analysis, endpoint
        Ids in the plan.

    Returns
    -------
    tuple of ResultRow
        A number that does not exist (a p-value not computed) has no row; one that is not finite
        has.

    Examples
    --------
    >>> from embogen.inference.frequency import GeneCount, gene_frequency
    >>> table = gene_frequency([GeneCount("DAXX", 9, 35, 0, 0)], n_patients=35)
    >>> rows = result_rows(table, analysis="genes", endpoint="")
    >>> [(row.statistic, row.value) for row in rows][:2]
    [('n_altered', 9.0), ('n_tested', 35.0)]
    """
    del result, analysis, endpoint
    return ()


def _rows(items: Iterable[Item], analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    return tuple(
        ResultRow(analysis, endpoint, term, level, statistic, float(value), unit, method)
        for term, level, statistic, value, unit, method in items
        if value is not None
    )


def _test(test: SignificanceTest | None, term: str) -> Iterator[Item]:
    if test is None:
        return
    yield (
        term,
        "",
        "statistic",
        None if math.isnan(test.statistic) else test.statistic,
        "",
        test.method,
    )
    yield term, "", "df", test.df, "", test.method
    yield term, "", "p_value", test.p_value, "", test.method


@result_rows.register
def _(result: GeneFrequency, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    def items() -> Iterator[Item]:
        for row in result.rows:
            gene, count, fraction = row.count.gene, row.count, row.fraction
            interval = fraction.interval
            yield gene, "", "n_altered", count.n_altered, "", ""
            yield gene, "", "n_tested", count.n_tested, "", ""
            yield gene, "", "n_not_tested", count.n_not_tested, "", ""
            yield gene, "", "n_failed", count.n_failed, "", ""
            yield gene, "", "fraction", fraction.value, "", ""
            yield gene, "", "percent", 100 * fraction.value, "%", ""
            if interval is not None:
                yield gene, "", "ci_low", interval.low, "", interval.method
                yield gene, "", "ci_high", interval.high, "", interval.method
            yield gene, "", "rank", row.rank, "", ""

    return _rows(items(), analysis, endpoint)


def _is_gene(item: TermEstimate) -> bool:
    return item.term.coding == "binary" and item.term.level == "altered"


def _wald(item: TermEstimate) -> Iterator[Item]:
    """Rows of the Wald interval and p-value where they are not the headline."""
    if item.wald is None or item.wald.interval is None:
        return
    name, level, unit = item.term.name, item.term.level or "", item.term.unit or ""
    yield name, level, "ci_low_wald", item.wald.interval.low, unit, "wald"
    yield name, level, "ci_high_wald", item.wald.interval.high, unit, "wald"
    yield name, level, "p_value_wald", item.wald.p_value, "", "wald"


def _n_clusters(fit: CoxFit) -> int | None:
    """Count the clusters behind a robust variance; None without."""
    return None if fit.robust is None else fit.robust.n_clusters


def _term(item: TermEstimate, fit: CoxFit) -> Iterator[Item]:
    name, level = item.term.name, item.term.level or ""
    unit = item.term.unit or ""
    hr, interval = item.hr, item.hr.interval
    model = fit.ties if fit.penalty is None else f"{fit.ties}_{fit.penalty}"
    lr = "likelihood_ratio" if fit.penalty is None else "penalised_likelihood_ratio"
    yield name, level, "hr", hr.value, unit, model
    if interval is not None:
        yield name, level, "ci_low", interval.low, unit, interval.method
        yield name, level, "ci_high", interval.high, unit, interval.method
    yield name, level, "p_value", hr.p_value, "", hr.p_method or ""
    yield name, level, "p_value_lr", item.lr_p_value, "", lr
    yield name, level, "p_value_score", item.score_p_value, "", "score"
    yield from _wald(item)
    yield from rows_of_tests(item)
    explained = e_value_of_hr(hr)
    if explained is not None:
        yield name, level, "e_value", explained.estimate, "", "common_outcome"
        yield name, level, "e_value_limit", explained.limit, "", "common_outcome"
    yield name, level, "coef", item.coef, unit, model
    robust = fit.robust is not None and item.status == "ok"
    yield name, level, "se", item.se, unit, "robust" if robust else model
    yield name, level, "z", item.z, "", "robust_wald" if robust else "wald"
    yield name, level, "n", fit.n, "", ""
    yield name, level, "n_events", fit.n_events, "", ""
    if item.n_carriers is not None:
        carriers = "n_altered" if _is_gene(item) else "n_carriers"
        yield name, level, carriers, item.n_carriers, "", ""
        yield name, level, "n_carrier_events", item.n_carrier_events, "", ""
    if _is_gene(item):
        yield name, level, "n_tested", fit.n, "", ""


@result_rows.register
def _(result: CoxFit, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    def items() -> Iterator[Item]:
        for item in result.estimates:
            yield from _term(item, result)
        yield "", "", "n", result.n, "", ""
        yield "", "", "n_events", result.n_events, "", ""
        yield "", "", "n_clusters", _n_clusters(result), "", ""
        yield "", "", "loglik_null", result.loglik_null, "", result.ties
        yield "", "", "loglik", result.loglik, "", result.ties
        robust = None if result.robust is None else result.robust.score_test
        for test in (result.lr_test, result.wald_test, result.score_test, robust):
            yield from _test(test, "")

    return _rows(items(), analysis, endpoint)


@result_rows.register
def _(result: UnivariableCox, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    def items() -> Iterator[Item]:
        for fit in result.fits:
            for item in fit.estimates:
                yield from _term(item, fit)
            yield fit.terms[0].name, "", "n_clusters", _n_clusters(fit), "", ""
            if len(fit.estimates) > 1:  # a covariate in levels has a test of its own
                yield from _test(fit.lr_test, fit.estimates[0].term.name)
        if result.panel is not None:
            yield from rows_of_panel(result.panel)

    return _rows(items(), analysis, endpoint)


def quantile_items(
    place: tuple[str, str], quantiles: Iterable[TimeQuantile], method: str
) -> Iterator[Item]:
    """Write times by which fractions have had the event: `median`, or `quantile_25` and so on."""
    for item in quantiles:
        name = "median" if item.fraction == MEDIAN else f"quantile_{100 * item.fraction:g}"
        yield (*place, name, item.time.value, "days", method)
        if item.time.interval is not None:
            interval = item.time.interval
            yield (*place, f"{name}_ci_low", interval.low, "days", interval.method)
            yield (*place, f"{name}_ci_high", interval.high, "days", interval.method)


def _curve(curve: SurvivalCurve) -> Iterator[Item]:
    group = "" if curve.group == "all" else curve.group
    yield group, "", "n", curve.n, "", ""
    yield group, "", "n_events", curve.n_events, "", ""
    others = [item for item in curve.quantiles if item.fraction != MEDIAN]
    times = (TimeQuantile(MEDIAN, curve.median), *others)
    yield from quantile_items((group, ""), times, "kaplan_meier")
    yield group, "", "survival_at_end", float(curve.survival[-1]), "", "kaplan_meier"


@result_rows.register
def _(result: KaplanMeier, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    def items() -> Iterator[Item]:
        for curve in result.curves:
            yield from _curve(curve)
        test = result.logrank
        if test is not None:
            method = "log_rank" if test.rho == 0 else f"log_rank_rho_{test.rho:g}"
            for group, observed, expected in zip(
                test.groups, test.observed, test.expected, strict=True
            ):
                yield group, "", "observed", float(observed), "", method
                yield group, "", "expected", float(expected), "", method
            yield "", "", "statistic", test.statistic, "", method
            yield "", "", "df", test.df, "", method
            yield "", "", "p_value", test.p_value, "", method

    rows = _rows(items(), analysis, endpoint)
    if result.trend is not None:
        rows += result_rows(result.trend, analysis=analysis, endpoint=endpoint)
    if result.hazards is not None:
        found = result_rows(result.hazards, analysis=analysis, endpoint=endpoint)
        rows += tuple(row for row in found if row.statistic not in {"n", "n_events"})
    return rows


def _summary(
    variable: BaselineVariable, summary: NumberSummary | CategorySummary, group: str
) -> Iterator[Item]:
    """Rows of one summary; the group, when there is one, stands in `method`."""
    name, unit = variable.name, variable.unit or ""
    yield name, "", "n", summary.n, "", group
    yield name, "", "n_missing", summary.n_missing, "", group
    if isinstance(summary, NumberSummary):
        for statistic in ("mean", "sd", "median", "q1", "q3", "minimum", "maximum"):
            yield name, "", statistic, getattr(summary, statistic), unit, group
        return
    for item in summary.counts:
        yield name, item.level, "count", item.count, "", group
        percent = 100 * item.count / item.n if item.n else math.nan
        yield name, item.level, "percent", percent, "%", group


@result_rows.register
def _(result: BaselineTable, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    def items() -> Iterator[Item]:
        yield "", "", "n", result.n, "", ""
        names = [f"{result.group_variable or 'group'}={name}" for name in result.group_names]
        for name, size in zip(names, result.group_sizes, strict=True):
            yield "", "", "n", size, "", name
        for variable in result.variables:
            yield from _summary(variable, variable.overall, "")
            for name, summary in zip(names, variable.groups, strict=True):
                yield from _summary(variable, summary, name)
            yield from _test(variable.test, variable.name)

    return _rows(items(), analysis, endpoint)
