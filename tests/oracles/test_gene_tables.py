"""Pairs of genes, genes by group and agreement: R's answers, and formulas by other ways."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embogen.inference.agreement import PairedCalls, specimen_agreement
from embogen.inference.association import Factor
from embogen.inference.design import Term
from embogen.inference.gene_by_group import gene_by_group
from embogen.inference.gene_pairs import co_mutation
from embogen.survival.agreement import cohen_kappa

ANSWERS = json.loads((Path(__file__).parent / "gene_tables.json").read_text(encoding="utf-8"))


def two_genes(a: int, b: int, c: int, d: int) -> list[Factor]:
    """Give patients altered in both, the first, the second, none."""
    first = np.repeat([1.0, 1.0, 0.0, 0.0], [a, b, c, d])
    second = np.repeat([1.0, 0.0, 1.0, 0.0], [a, b, c, d])
    return [Factor(Term("A"), first), Factor(Term("B"), second)]


@pytest.mark.parametrize("case", ANSWERS["pairs"], ids=lambda case: str(case["table"]))
def test_pairs_as_fisher_test_of_r(case):
    (pair,) = co_mutation(two_genes(*(int(count) for count in case["table"]))).pairs
    assert [pair.both, pair.first_only, pair.second_only, pair.neither] == case["table"]
    assert pair.odds_ratio.p_value == pytest.approx(case["p"], rel=1e-9)
    assert pair.odds_ratio.value == pytest.approx(float(case["or"]), rel=1e-9)
    assert pair.odds_ratio.interval is not None
    assert pair.odds_ratio.interval.low == pytest.approx(float(case["low"]), rel=1e-9)
    assert pair.odds_ratio.interval.high == pytest.approx(float(case["high"]), rel=1e-9)


@pytest.mark.parametrize("case", ANSWERS["groups"], ids=lambda case: str(case["altered"]))
def test_groups_as_fisher_test_of_r(case):
    values, labels = [], []
    for i, (altered, tested) in enumerate(zip(case["altered"], case["tested"], strict=True)):
        values += [1.0] * altered + [0.0] * (tested - altered)
        labels += [f"g{i}"] * tested
    order = [f"g{i}" for i in range(len(case["tested"]))]
    gene = Factor(Term("A"), np.array(values))
    (found,) = gene_by_group([gene], labels, variable="site", order=order).genes
    assert [cell.n_altered for cell in found.cells] == case["altered"]
    assert found.test is not None
    assert found.test.p_value == pytest.approx(case["p"], rel=1e-9)


def test_not_comparable_pairs_do_not_count_for_the_adjustment():
    """Of three pairs one holds a gene altered in nobody: Holm doubles, not triples."""
    a, b = two_genes(3, 1, 1, 5)
    nobody = Factor(Term("C"), np.zeros(10))
    result = co_mutation([a, b, nobody])
    assert result.n_compared == 1
    compared = result.pairs[0]
    assert compared.adjusted_p_value == compared.odds_ratio.p_value
    assert [pair.tendency for pair in result.pairs[1:]] == ["not comparable"] * 2


def kappa_by_definition(p: np.ndarray) -> float:
    observed = p[0, 0] + p[1, 1]
    chance = p.sum(axis=1) @ p.sum(axis=0)
    return float((observed - chance) / (1 - chance))


@given(st.lists(st.integers(1, 40), min_size=4, max_size=4))
def test_the_variance_of_kappa_is_that_of_the_delta_method(counts):
    """The gradient by finite differences, the covariance of a multinomial by its definition."""
    table = np.array(counts, dtype=float).reshape(2, 2)
    n = table.sum()
    p = (table / n).ravel()
    step = 1e-6
    gradient = np.empty(4)
    for i in range(4):
        up, down = p.copy(), p.copy()
        up[i] += step
        down[i] -= step
        # kappa as a function of four free cells; along directions of sum zero it is kappa itself
        values = [kappa_by_definition((q / q.sum()).reshape(2, 2)) for q in (up, down)]
        gradient[i] = (values[0] - values[1]) / (2 * step)
    variance = gradient @ (np.diag(p) - np.outer(p, p)) @ gradient / n
    found = cohen_kappa(*counts)
    assert found.value == pytest.approx(kappa_by_definition(table / n), abs=1e-12)
    assert found.std_error == pytest.approx(math.sqrt(variance), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [((10, 0, 0, 10), 1.0), ((0, 10, 10, 0), -1.0), ((5, 5, 5, 5), 0.0), ((20, 5, 10, 15), 0.4)],
)
def test_kappa_by_hand(table, kappa):
    assert cohen_kappa(*table).value == pytest.approx(kappa, abs=1e-12)


@pytest.mark.parametrize("table", [(0, 0, 0, 0), (7, 0, 0, 0), (0, 0, 0, 7)])
def test_kappa_does_not_exist_where_chance_agrees_fully(table):
    assert math.isnan(cohen_kappa(*table).value)


def pairs_of(a: int, b: int, c: int, d: int, unknown: int = 0) -> PairedCalls:
    first = np.concatenate([np.repeat([1.0, 1.0, 0.0, 0.0], [a, b, c, d]), [np.nan] * unknown])
    second = np.concatenate([np.repeat([1.0, 0.0, 1.0, 0.0], [a, b, c, d]), [1.0] * unknown])
    return PairedCalls(Term("DAXX"), first, second)


def test_agreement_by_hand():
    """4 both, 1 and 1 in one, 14 in none: positive 8/10, negative 28/30, overall 18/20."""
    result = specimen_agreement([pairs_of(4, 1, 1, 14, 3)], first="liver", second="primary")
    (gene,) = result.genes
    assert (gene.n, gene.n_unknown, result.n_pairs, result.pooled) == (20, 3, 23, None)
    assert gene.positive.value == pytest.approx(0.8)
    assert gene.negative.value == pytest.approx(28 / 30)
    assert gene.overall.value == pytest.approx(0.9)
    # 4 of 6 by Clopper and Pearson is .2228 to .9567; carried over by 2p / (1 + p)
    assert gene.positive.interval is not None
    assert gene.positive.interval.low == pytest.approx(2 * 0.22277810 / 1.22277810, abs=1e-6)
    assert gene.positive.interval.high == pytest.approx(2 * 0.95672814 / 1.95672814, abs=1e-6)
    assert result.caveats == ()


def test_all_genes_together_carry_no_interval_and_few_pairs_are_said():
    result = specimen_agreement([pairs_of(2, 1, 0, 3), pairs_of(1, 0, 0, 5)], first="a", second="b")
    assert result.pooled is not None
    assert (result.pooled.both, result.pooled.n) == (3, 12)
    assert result.pooled.positive.interval is None
    assert result.pooled.kappa.interval is None
    assert [caveat.code for caveat in result.caveats] == ["few_pairs"]


@given(st.lists(st.integers(0, 12), min_size=4, max_size=4))
def test_agreement_does_not_depend_on_which_specimen_comes_first(counts):
    a, b, c, d = counts
    one = specimen_agreement([pairs_of(a, b, c, d)], first="x", second="y").genes[0]
    two = specimen_agreement([pairs_of(a, c, b, d)], first="y", second="x").genes[0]
    for name in ("positive", "negative", "overall", "kappa"):
        first, second = getattr(one, name).value, getattr(two, name).value
        assert first == pytest.approx(second, nan_ok=True)


@pytest.mark.parametrize("both", range(1, 12))
@pytest.mark.parametrize("neither", range(1, 12))
def test_perfect_agreement_has_no_standard_error_whatever_the_rounding(both, neither) -> None:
    assert cohen_kappa(both, 0, 0, neither) == (pytest.approx(1.0, abs=1e-12), 0.0)
