"""Ranks, denominators and exact intervals of gene frequencies."""

from __future__ import annotations

import math

import pytest

from embogen.inference.frequency import GeneCount, clopper_pearson, gene_frequency


def test_ties_share_a_rank_and_untested_genes_come_last() -> None:
    counts = [
        GeneCount("VHL", 0, 0, 35, 0),
        GeneCount("TSC2", 3, 30, 5, 0),
        GeneCount("ATRX", 1, 10, 25, 0),
        GeneCount("MEN1", 11, 35, 0, 0),
        GeneCount("TP53", 3, 30, 5, 0),
    ]
    table = gene_frequency(counts, n_patients=35, candidates=frozenset({"MEN1"}))
    assert [(row.count.gene, row.rank) for row in table.rows] == [
        ("MEN1", 1),
        ("TP53", 2),
        ("TSC2", 2),
        ("ATRX", 2),
        ("VHL", 5),
    ]
    assert [row.candidate for row in table.rows] == [True, False, False, False, False]
    assert [caveat.subject for caveat in table.caveats] == ["TP53", "TSC2", "ATRX", "VHL"]
    assert math.isnan(table.rows[-1].fraction.value)


@pytest.mark.parametrize(("k", "n"), [(1, 9), (4, 9), (8, 9)])
def test_exact_limits_have_exact_tails(k: int, n: int) -> None:
    low, high = clopper_pearson(k, n, 0.9)

    def at_least(p: float, m: int) -> float:
        return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(m, n + 1))

    assert at_least(low, k) == pytest.approx(0.05, rel=1e-10)
    assert 1 - at_least(high, k + 1) == pytest.approx(0.05, rel=1e-10)


def test_all_and_none() -> None:
    assert clopper_pearson(0, 5)[0] == 0.0
    assert clopper_pearson(5, 5)[1] == 1.0
    assert all(math.isnan(limit) for limit in clopper_pearson(0, 0))
