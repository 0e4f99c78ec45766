"""Max-T over a gene family: co-mutation kept, untestable genes named, seeds recorded."""

from __future__ import annotations

import numpy as np
import pytest

from embogen.errors import DataError
from embogen.inference.max_t import BLOCK, max_t_test
from embogen.inference.multiplicity import adjust_p_values
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv

RNG = np.random.default_rng(61)
N = 35
SURV = Surv(RNG.exponential(300.0, N).round() + 1, RNG.random(N) < 0.88)
GENOTYPES = (RNG.random((N, 5)) < 0.25).astype(float)
NAMES = ("A", "B", "C", "D", "E")


def rng() -> np.random.Generator:
    return np.random.default_rng(8)


def test_one_gene_alone_has_its_permutation_p_value() -> None:
    column = (np.arange(N) % 5 == 0).astype(float)
    family = max_t_test(SURV, column[:, None], ["A"], rng=rng(), level=0.999)
    (gene,) = family.genes
    alone = permutation_test(SURV, column)
    assert gene.statistic == pytest.approx(alone.observed, abs=1e-12)
    assert gene.p_interval is not None
    assert gene.p_interval.low < alone.p_value < gene.p_interval.high


def test_copies_of_a_gene_cost_nothing_and_bonferroni_does_not_know() -> None:
    copies = np.repeat(GENOTYPES[:, :1], 20, axis=1)
    one = max_t_test(SURV, copies[:, :1], ["A"], rng=rng()).genes[0]
    many = max_t_test(SURV, copies, [f"A{i}" for i in range(20)], rng=rng())
    assert {gene.p_single_step for gene in many.genes} == {one.p_single_step}
    assert {gene.p_step_down for gene in many.genes} == {one.p_step_down}
    assert one.p_single_step is not None
    assert adjust_p_values([one.p_single_step] * 20, "bonferroni").adjusted[0] == 1.0


def test_stepping_down_never_raises_a_p_value_and_keeps_the_order() -> None:
    family = max_t_test(SURV, GENOTYPES, NAMES, rng=rng(), n_permutations=2000)
    genes = sorted(family.genes, key=lambda gene: -abs(gene.statistic))
    down = [gene.p_step_down for gene in genes]
    assert down == sorted(down)  # type: ignore[type-var] # none is None here
    for gene in genes:
        assert gene.p_step_down is not None
        assert gene.p_single_step is not None
        assert gene.p_step_down <= gene.p_single_step


@pytest.mark.parametrize("draws", [1, BLOCK - 1, BLOCK, BLOCK + 1])
def test_the_number_of_relabellings_is_the_one_asked_for(draws: int) -> None:
    family = max_t_test(SURV, GENOTYPES, NAMES, rng=rng(), n_permutations=draws)
    assert family.n_permutations == draws
    smallest = min(gene.p_single_step or 1.0 for gene in family.genes)
    assert smallest >= 1 / (draws + 1)


def test_the_same_seed_gives_the_same_family() -> None:
    first = max_t_test(SURV, GENOTYPES, NAMES, rng=rng(), n_permutations=700)
    assert first == max_t_test(SURV, GENOTYPES, NAMES, rng=rng(), n_permutations=700)
    assert first.seed.entropy == (8,)


def test_genes_that_cannot_be_tested_are_in_the_table_but_not_in_the_family() -> None:
    genotypes = GENOTYPES.copy()
    genotypes[:, 1] = 0.0
    genotypes[:, 2] = np.nan
    genotypes[:, 3] = 1.0
    family = max_t_test(SURV, genotypes, NAMES, rng=rng(), n_permutations=100)
    assert family.family_size == 2
    assert [gene.p_step_down is None for gene in family.genes] == [False, True, True, True, False]
    assert family.genes[2].n_tested == 0
    none = max_t_test(SURV, genotypes[:, 1:4], NAMES[1:4], rng=rng(), n_permutations=100)
    assert [item.code for item in none.caveats] == ["nothing_testable"]


def test_bad_genotypes_are_all_named() -> None:
    bad = GENOTYPES.copy()
    bad[2, 3] = 2.0
    with pytest.raises(DataError, match='row 3, D: "2" is neither 0 nor 1 nor missing'):
        max_t_test(SURV, bad, NAMES, rng=rng())
    with pytest.raises(DataError, match=r"35 patients by 4 genes were expected"):
        max_t_test(SURV, GENOTYPES, NAMES[:4], rng=rng())
