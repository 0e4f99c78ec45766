"""Drawn carrier sets: uniform, stratified, and scored as the matrix form says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from embogen.survival.permutation import (
    draw,
    draw_sets,
    pools_of,
    scores_of_sets,
    studentised_of_sets,
)
from embogen.survival.risk_sets import build
from embogen.survival.score_form import LOGRANK, dense, score_form


def sets_drawn(pools: list[tuple[np.ndarray, int]], uniforms: np.ndarray) -> list[tuple[int, ...]]:
    laid = pools_of(pools)
    scratch, chosen = laid.rows.copy(), np.empty(uniforms.shape[1], dtype=np.int64)
    out = []
    for row in uniforms:
        draw(laid, row, scratch, chosen)
        out.append(tuple(sorted(chosen.tolist())))
    assert scratch.tolist() == laid.rows.tolist()
    return out


def test_every_grid_of_uniform_numbers_gives_every_set_equally_often() -> None:
    # 4 * 3 equally likely ways to draw 2 of 4 in order: one number in the middle of each cell
    grid = [[(i + 0.5) / 4, (j + 0.5) / 3] for i in range(4) for j in range(3)]
    counts = Counter(sets_drawn([(np.array([5, 6, 8, 9]), 2)], np.array(grid)))
    assert len(counts) == 6
    assert set(counts.values()) == {2}


def test_each_stratum_keeps_its_number_of_carriers() -> None:
    uniforms = np.random.default_rng(3).random((50, 3))
    for chosen in sets_drawn([(np.array([0, 2, 4]), 1), (np.array([1, 3]), 2)], uniforms):
        assert len(set(chosen) & {0, 2, 4}) == 1
        assert {1, 3} <= set(chosen)


@pytest.mark.parametrize("ties", [LOGRANK, 1.0])
@pytest.mark.parametrize("delayed", [False, True])
def test_scores_and_variances_are_those_of_the_matrix(ties: float, delayed: bool) -> None:
    rng = np.random.default_rng(11)
    time = rng.integers(1, 9, 30).astype(float)
    entry = np.floor(time * rng.random(30)) if delayed else None
    strata = rng.integers(0, 2, 30)
    sets = build(time, rng.random(30) < 0.8, entry=entry, strata=strata)
    form = score_form(sets, ties=ties)
    matrix = dense(sets, form)
    pools = [(np.arange(13), 4), (np.arange(13, 30), 3)]
    chosen = draw_sets(pools_of(pools), rng.random((37, 7)))
    scores, ratios = scores_of_sets(form, chosen), studentised_of_sets(sets, form, chosen)
    for r, rows in enumerate(chosen):
        x = np.zeros(30)
        x[rows] = 1.0
        assert scores[r] == pytest.approx(form.linear @ x, abs=1e-12)
        assert ratios[r] == pytest.approx(form.linear @ x / (x @ matrix @ x) ** 0.5, abs=1e-11)


def test_a_draw_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(12)
    sets = build(rng.exponential(size=20), np.ones(20, dtype=bool))
    form, pools = score_form(sets), pools_of([(np.arange(20), 6)])
    uniforms = rng.random((40, 6))
    whole = draw_sets(pools, uniforms)
    np.testing.assert_array_equal(whole[23:31], draw_sets(pools, uniforms[23:31]))
    ratios = studentised_of_sets(sets, form, whole)
    np.testing.assert_array_equal(ratios[23:31], studentised_of_sets(sets, form, whole[23:31]))


def test_a_set_without_variance_has_no_say() -> None:
    sets = build(np.array([3.0, 2.0, 1.0]), np.array([True, True, False]))
    # the patient censored at 1 was never at risk of an event
    ratios = studentised_of_sets(sets, score_form(sets), np.array([[2], [0]]))
    assert ratios.tolist() == [0.0, -1.0]
