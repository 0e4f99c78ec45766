"""Rows of the long table for pairs of genes, genes by group, and specimens compared.

Importing this module registers them with `result_rows`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.inference.agreement import GeneAgreement, SpecimenAgreement
from embogen.inference.gene_by_group import GeneByGroup
from embogen.inference.gene_pairs import CoMutation
from embogen.inference.result_row import ResultRow
from embogen.inference.result_rows import result_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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


def _measure(place: tuple[str, str], name: str, item: Estimate | Ratio) -> Iterator[Item]:
    """Write a number and its limits, which are named after it; nothing where it does not exist."""
    if math.isnan(item.value):
        return
    yield (*place, name, item.value, "", "")
    if item.interval is not None:
        yield (*place, f"{name}_ci_low", item.interval.low, "", item.interval.method)
        yield (*place, f"{name}_ci_high", item.interval.high, "", item.interval.method)


@result_rows.register
def _(result: CoMutation, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    """One gene in `term`, the other in `level`."""

    def items() -> Iterator[Item]:
        for pair in result.pairs:
            place = (pair.first.name, f"with {pair.second.name}")
            for name in ("n", "both", "first_only", "second_only", "neither", "n_unknown"):
                label = name if name.startswith("n") and name != "neither" else f"n_{name}"
                yield (*place, label, getattr(pair, name), "", "")
            yield from _measure(place, "odds_ratio", pair.odds_ratio)
            yield (*place, "p_value", pair.odds_ratio.p_value, "", pair.odds_ratio.p_method or "")
            adjusted = pair.adjusted_p_value
            yield (*place, "p_value_adjusted", adjusted, "", result.adjustment or "")

    return _rows(items(), analysis, endpoint)


@result_rows.register
def _(result: GeneByGroup, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    """Gene in `term`, group in `level`."""

    def items() -> Iterator[Item]:
        for gene in result.genes:
            for cell in gene.cells:
                place = (gene.term.name, cell.group)
                yield (*place, "n_altered", cell.n_altered, "", "")
                yield (*place, "n_tested", cell.n_tested, "", "")
                yield (*place, "n_unknown", cell.n_unknown, "", "")
                yield from _measure(place, "fraction", cell.fraction)
            if gene.test is not None:
                name, method = gene.term.name, gene.test.method
                yield name, "", "p_value", gene.test.p_value, "", method
                adjusted = gene.adjusted_p_value
                yield name, "", "p_value_adjusted", adjusted, "", result.adjustment or ""

    return _rows(items(), analysis, endpoint)


def _agreement(item: GeneAgreement) -> Iterator[Item]:
    place = (item.term.name, "")
    yield (*place, "n_pairs", item.n, "", "")
    yield (*place, "n_both", item.both, "", "")
    yield (*place, "n_first_only", item.first_only, "", "")
    yield (*place, "n_second_only", item.second_only, "", "")
    yield (*place, "n_neither", item.neither, "", "")
    yield (*place, "n_unknown", item.n_unknown, "", "")
    yield from _measure(place, "overall_agreement", item.overall)
    yield from _measure(place, "positive_agreement", item.positive)
    yield from _measure(place, "negative_agreement", item.negative)
    yield from _measure(place, "kappa", item.kappa)


@result_rows.register
def _(result: SpecimenAgreement, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    def items() -> Iterator[Item]:
        yield "", "", "n_pairs", result.n_pairs, "", ""
        for gene in result.genes:
            yield from _agreement(gene)
        if result.pooled is not None:
            yield from _agreement(result.pooled)

    return _rows(items(), analysis, endpoint)
