"""Scores, variances and counts of all carrier sets against textbook loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from embogen.survival.exact import TailCounts, count_linear, count_studentised
from embogen.survival.risk_sets import RiskSets, build
from embogen.survival.score_form import LOGRANK, ScoreForm, dense, score_form
from oracles.textbook_logrank import Outcome, cox, logrank, outcome, relabellings


@dataclass
class Prepared:
    sets: RiskSets
    form: ScoreForm
    matrix: np.ndarray


def prepare(data: Outcome, ties: float) -> Prepared:
    sets = build(
        np.array(data.time),
        np.array(data.event, dtype=bool),
        entry=np.array(data.entry),
        strata=np.array(data.stratum),
        weights=np.array(data.weight),
    )
    form = score_form(sets, ties=ties)
    return Prepared(sets, form, dense(sets, form))


KINDS = [
    {},
    {"ties": True},
    {"delayed": True},
    {"strata": 3},
    {"ties": True, "delayed": True, "strata": 2},
]
RULES = [
    (LOGRANK, logrank),
    (1.0, lambda d, x: cox(d, x, efron=True)),
    (0.0, lambda d, x: cox(d, x, efron=False)),
]


@pytest.mark.parametrize("kind", [*KINDS, {"ties": True, "delayed": True, "weighted": True}])
@pytest.mark.parametrize("rule", [0, 1, 2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_score_and_variance_are_the_textbook_ones(kind: dict, rule: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = outcome(11, rng, **kind)
    ties, textbook = RULES[rule]
    if kind.get("weighted") and ties == LOGRANK:
        textbook = RULES[2][1]  # weights have no hypergeometric variance: Breslow's stands in
    prepared = prepare(data, ties)
    for _ in range(5):
        x = rng.integers(0, 2, 11)
        sorted_x = x[prepared.sets.order].astype(float)
        score, variance = textbook(data, x.tolist())
        assert prepared.form.linear @ sorted_x == pytest.approx(score, abs=1e-12)
        assert sorted_x @ prepared.matrix @ sorted_x == pytest.approx(variance, abs=1e-12)


def brute_force(statistics: np.ndarray, observed: float) -> TailCounts:
    return TailCounts(
        len(statistics),
        int(np.sum(np.abs(statistics) >= abs(observed) - 1e-8)),
        int(np.sum(np.abs(statistics) > abs(observed) + 1e-8)),
        int(np.sum(statistics >= observed - 1e-8)),
        int(np.sum(statistics > observed + 1e-8)),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", [0, 1])
@pytest.mark.parametrize("seed", range(4))
def test_counts_are_those_of_all_relabellings(kind: dict, rule: int, seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    data = outcome(9, rng, **kind)
    ties, textbook = RULES[rule]
    prepared = prepare(data, ties)
    x = rng.permutation([1] * (2 + seed) + [0] * (7 - seed))
    position_of = np.argsort(prepared.sets.order)
    pools = [
        (np.sort(position_of[rows]), int(x[rows].sum()))
        for rows in (np.flatnonzero(np.array(data.stratum) == s) for s in set(data.stratum))
    ]
    everything = [textbook(data, item) for item in relabellings(x.tolist(), data.stratum)]
    scores = np.array([score for score, _ in everything])
    ratios = np.array([u / v**0.5 if v > 1e-12 else 0.0 for u, v in everything])
    score, variance = textbook(data, x.tolist())
    ratio = score / variance**0.5 if variance > 1e-12 else 0.0
    u = prepared.form.linear
    assert count_linear(u, pools, score) == brute_force(scores, score)
    assert count_studentised(u, prepared.matrix, pools, ratio) == brute_force(ratios, ratio)


def test_pools_that_are_not_the_strata_of_the_risk_sets_are_counted_too() -> None:
    rng = np.random.default_rng(77)
    data = outcome(10, rng, ties=True)
    groups = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    x = np.array([1, 0, 1, 0, 1, 0, 0, 1, 0, 0])
    prepared = prepare(data, 1.0)
    position_of = np.argsort(prepared.sets.order)
    pools = [(np.sort(position_of[groups == s]), 2) for s in (0, 1)]
    everything = [cox(data, item, efron=True) for item in relabellings(x.tolist(), groups.tolist())]
    ratios = np.array([u / v**0.5 for u, v in everything])
    score, variance = cox(data, x.tolist(), efron=True)
    found = count_studentised(prepared.form.linear, prepared.matrix, pools, score / variance**0.5)
    assert found == brute_force(ratios, score / variance**0.5)
    assert found.total == 6 * 15


def test_sets_without_variance_are_not_extreme_whatever_rounding_leaves() -> None:
    # Six patients leave before the two events: whoever shares carrier status with both of the
    # others has neither score nor variance, but for rounding of either sign.
    data = Outcome([1, 1, 1, 1, 1, 3, 2, 3], [0] * 6 + [1, 1], [-1] * 8, [0] * 8, [1] * 8)
    prepared = prepare(data, LOGRANK)
    x = [0, 0, 0, 1, 1, 1, 1, 0]
    everything = [logrank(data, item) for item in relabellings(x, [0] * 8)]
    ratios = np.array([u / v**0.5 if v > 1e-12 else 0.0 for u, v in everything])
    score, variance = logrank(data, x)
    found = count_studentised(
        prepared.form.linear, prepared.matrix, [(np.arange(8), 4)], score / variance**0.5
    )
    assert found == brute_force(ratios, score / variance**0.5)
    assert found.at_least == 60
