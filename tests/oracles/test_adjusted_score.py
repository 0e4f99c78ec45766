"""The covariate-adjusted score against the general walk and against Rao's score test."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from embogen.inference.design import Design
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv
from embogen.survival.exact import count_studentised
from embogen.survival.partial_likelihood import walk
from embogen.survival.risk_sets import RiskSets, build
from embogen.survival.score_form import dense, score_form
from embogen.survival.supremum import find_supremum


def rao(sets: RiskSets, x: np.ndarray, Z: np.ndarray, coef: np.ndarray, ties: float) -> float:  # noqa: N803 - letters of the formula
    """Score of x over its standard error, Z being fitted: by the general score and information."""
    both = np.ascontiguousarray(np.column_stack([x, Z]))
    _, score, information = walk(sets, both, np.r_[0.0, coef], np.empty(0), ties)
    cross = information[0, 1:]
    variance = information[0, 0] - cross @ np.linalg.solve(information[1:, 1:], cross)
    return float(score[0] / np.sqrt(variance))


@pytest.mark.parametrize("ties", [0.0, 1.0])
@pytest.mark.parametrize("kind", ["plain", "ties", "delayed", "strata", "weights"])
def test_the_form_gives_raos_test_for_every_column(kind: str, ties: float) -> None:
    rng = np.random.default_rng(111)
    n = 24
    time = np.ceil(rng.exponential(8.0, n)) if kind != "plain" else rng.permutation(n) + 1.0
    sets = build(
        time,
        rng.random(n) < 0.8,
        entry=np.floor(time * rng.random(n)) if kind == "delayed" else None,
        strata=rng.integers(0, 2, n) if kind == "strata" else None,
        weights=rng.integers(1, 4, n).astype(float) if kind == "weights" else None,
    )
    Z = rng.normal(size=(n, 2))  # noqa: N806 - letters of the formula
    coef = find_supremum(sets, Z[np.argsort(sets.order)], np.empty(0), ties).beta
    form = score_form(sets, ties=ties, covariates=Z, coef=coef)
    matrix = dense(sets, form)
    for _ in range(10):
        x = (rng.random(n) < 0.3).astype(float)
        found = form.linear @ x / np.sqrt(x @ matrix @ x)
        assert found == pytest.approx(rao(sets, x, Z, coef, ties), abs=1e-9)


def test_adjusted_counts_are_those_of_all_carrier_sets() -> None:
    rng = np.random.default_rng(112)
    time = rng.permutation(9) + 1.0
    sets = build(time, np.array([True] * 7 + [False] * 2))
    Z = rng.normal(size=(9, 1))  # noqa: N806 - letters of the formula
    coef = find_supremum(sets, Z[np.argsort(sets.order)], np.empty(0), 1.0).beta
    form = score_form(sets, ties=1.0, covariates=Z, coef=coef)
    ratios = []
    for rows in combinations(range(9), 3):
        x = np.zeros(9)
        x[list(rows)] = 1.0
        ratios.append(rao(sets, x, Z, coef, 1.0))
    z = np.array(ratios)
    for value in (z[5], z[40], z[77]):
        found = count_studentised(form.linear, dense(sets, form), [(np.arange(9), 3)], value)
        assert found.total == 84
        assert found.at_least == np.sum(np.abs(z) >= abs(value) - 1e-8)
        assert found.upper_at_least == np.sum(z >= value - 1e-8)


def test_the_observed_adjusted_score_is_raos_test() -> None:
    rng = np.random.default_rng(113)
    time, event = np.ceil(rng.exponential(20.0, 30)), rng.random(30) < 0.8
    x, age = (rng.random(30) < 0.3).astype(float), rng.normal(60.0, 9.0, 30)
    test = permutation_test(
        Surv(time, event),
        x,
        covariates=Design.from_arrays(age, ["age"]),
        ties="efron",
        method="saddlepoint",
    )
    sets = build(time, event)
    Z = ((age - age.mean()) / age.std())[sets.order][:, None]  # noqa: N806 - letters of the formula
    coef = find_supremum(sets, Z[np.argsort(sets.order)], np.empty(0), 1.0).beta
    assert test.observed == pytest.approx(rao(sets, x[sets.order], Z, coef, 1.0), abs=1e-9)
