"""Sentences on pairs of genes, genes by group, and specimens compared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from embogen.inference.agreement import SpecimenAgreement
from embogen.inference.gene_by_group import GeneByGroup
from embogen.inference.gene_pairs import CoMutation
from embogen.numerals import format_count, format_percent
from embogen.report.phrases import p_phrase
from embogen.wording import adjustment_name, listed, lower_first

if TYPE_CHECKING:
    from embogen.inference.design import Term
    from embogen.inference.gene_pairs import GenePair

_CONVENTION: Final = 0.05
_FEW: Final = 4


def gene_sentences(result: object) -> tuple[str, ...]:
    """Say what such an analysis found; nothing of other results."""
    match result:
        case CoMutation():
            return _pairs(result)
        case GeneByGroup():
            return _groups(result)
        case SpecimenAgreement():
            return _agreement(result)
        case _:
            return ()


def _name(term: Term) -> str:
    return term.title or term.name


def _pairs(result: CoMutation) -> tuple[str, ...]:
    opening = f"{format_count(result.n_compared)} pairs of genes could be compared."
    shown = [pair for pair in result.pairs if (_decisive(pair)) < _CONVENTION]
    if not shown:
        how = "" if result.adjustment is None else f" ({adjustment_name(result.adjustment)})"
        return (opening, f"No pair was shown to occur together or apart{how}.")
    shown.sort(key=_decisive)
    phrases = [
        f"{_name(pair.first)} and {_name(pair.second)} ({pair.tendency}; altered together in "
        f"{format_count(pair.both)} of {format_count(pair.n)} tested for both; "
        f"{p_phrase(_decisive(pair))})"
        for pair in shown[:_FEW]
    ]
    return opening, f"Not independent of each other: {listed(phrases)}."


def _decisive(pair: GenePair) -> float:
    """Give the p-value that decides: the adjusted one where there is one."""
    if pair.adjusted_p_value is not None:
        return pair.adjusted_p_value
    return math.inf if pair.odds_ratio.p_value is None else pair.odds_ratio.p_value


def _groups(result: GeneByGroup) -> tuple[str, ...]:
    phrases = []
    for gene in result.genes:
        p = gene.adjusted_p_value
        if p is None and gene.test is not None:
            p = gene.test.p_value
        if p is not None and p < _CONVENTION:
            shares = [
                f"{cell.group} {format_percent(cell.n_altered, cell.n_tested)}"
                for cell in gene.cells
                if cell.n_tested
            ]
            phrases.append(f"{_name(gene.term)} ({', '.join(shares)}; {p_phrase(p)})")
    what = lower_first(result.variable)
    if not phrases:
        return (f"No gene was shown to be altered more often in one {what} than in another.",)
    return (f"Altered more often in one {what} than in another: {listed(phrases[:_FEW])}.",)


def _agreement(result: SpecimenAgreement) -> tuple[str, ...]:
    opening = (
        f"{format_count(result.n_pairs)} patients had two sequenced specimens ({result.first} and "
        f"{result.second})."
    )
    rows = [result.pooled] if result.pooled is not None else list(result.genes)
    if not rows or not rows[0].n:
        return (opening, "No gene was tested in both.")
    row = rows[0]
    agree = format_count(row.both + row.neither)
    one = format_count(row.first_only + row.second_only)
    what = "Over all genes" if result.pooled is not None else _name(row.term)
    counts = f"{agree} of {format_count(row.n)} pairs agree"
    return (
        opening,
        f"{what}, {counts}; altered in both in {format_count(row.both)}, in one only in {one}.",
    )
