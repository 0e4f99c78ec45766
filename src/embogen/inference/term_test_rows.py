"""Rows of the long table for the tests that stand beside a model's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embogen.inference.cox_result import TermEstimate
    from embogen.inference.estimates import Estimate
    from embogen.inference.panel_family import PanelFamily
    from embogen.inference.term_tests import AdjustedP

    Item = tuple[str, str, str, float | None, str, str]
    """Term, level, statistic, value, unit, method."""


def rows_of_tests(item: TermEstimate) -> Iterator[Item]:
    """Yield the p-value that comes first, then the permutation test, Firth's and the adjusted p."""
    name, level = item.term.name, item.term.level or ""
    if item.tests is None:
        yield name, level, "p_primary", item.primary_p, "", item.primary_method or ""
        return
    tests = item.tests
    yield name, level, "p_primary", item.primary_p, "", tests.primary
    found = tests.permutation
    if found is not None:
        yield name, level, "p_value", found.p_value, "", "permutation"
        yield name, level, "n_permutations", found.n_permutations, "", found.method
        yield name, level, "n_carrier_sets", found.n_sets, "", found.method
        yield name, level, "permuted_statistic", found.observed, "", found.statistic
        if found.p_interval is not None:
            yield name, level, "p_value_ci_low", found.p_interval.low, "", "permutation"
            yield name, level, "p_value_ci_high", found.p_interval.high, "", "permutation"
    if tests.firth is not None:
        yield from _firth(name, level, tests.firth)
    if tests.adjusted is not None:
        yield from _adjusted(name, level, tests.adjusted)


def _firth(name: str, level: str, firth: Estimate) -> Iterator[Item]:
    yield name, level, "hr_firth", firth.value, "", "firth"
    if firth.interval is not None:
        yield name, level, "ci_low_firth", firth.interval.low, "", firth.interval.method
        yield name, level, "ci_high_firth", firth.interval.high, "", firth.interval.method
    yield name, level, "p_value", firth.p_value, "", firth.p_method or ""


def _adjusted(name: str, level: str, adjusted: AdjustedP) -> Iterator[Item]:
    yield name, level, "p_adjusted", adjusted.p_value, "", adjusted.method
    yield name, level, "n_adjusted_for", adjusted.family_size, "", adjusted.method
    if adjusted.interval is not None:
        yield name, level, "p_adjusted_ci_low", adjusted.interval.low, "", adjusted.method
        yield name, level, "p_adjusted_ci_high", adjusted.interval.high, "", adjusted.method


def rows_of_panel(panel: PanelFamily) -> Iterator[Item]:
    """Yield the genes of a panel family; names end in `panel`, so that none is taken for a term."""
    for gene in panel.genes:
        yield gene.name, "altered", "n_altered_panel", gene.n_carriers, "", ""
        yield gene.name, "altered", "n_tested_panel", gene.n_tested, "", ""
        yield gene.name, "altered", "p_primary_panel", gene.p_value, "", gene.p_method or ""
        if gene.adjusted is not None:
            for name, level, statistic, value, unit, method in _adjusted(
                gene.name, "altered", gene.adjusted
            ):
                yield name, level, f"{statistic}_panel", value, unit, method
