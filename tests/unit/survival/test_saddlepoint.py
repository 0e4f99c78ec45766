"""The saddlepoint approximation against all carrier sets, and against draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from embogen.survival.exact import count_linear, count_studentised
from embogen.survival.permutation import draw_sets, pools_of, studentised_of_sets
from embogen.survival.risk_sets import RiskSets, build
from embogen.survival.saddlepoint import strata_of, studentised_tail, tail
from embogen.survival.score_form import ScoreForm, dense, score_form


@dataclass
class Case:
    sets: RiskSets
    form: ScoreForm
    pools: list[tuple[np.ndarray, int]]


def case(kind: str, n: int, carriers: int) -> Case:
    rng = np.random.default_rng(71)
    time = rng.exponential(100.0, n).round(3)
    entry = time * rng.random(n) * 0.4 if kind == "delayed" else None
    strata = np.arange(n) % 2 if kind == "strata" else None
    sets = build(time, rng.random(n) < 0.85, entry=entry, strata=strata)
    half = n // 2 + n % 2
    if kind == "strata":
        pools = [(np.arange(half), carriers // 2), (np.arange(half, n), carriers - carriers // 2)]
    else:
        pools = [(np.arange(n), carriers)]
    return Case(sets, score_form(sets), pools)


@pytest.mark.parametrize("kind", ["plain", "delayed", "strata"])
@pytest.mark.parametrize("carriers", [6, 8])
@pytest.mark.parametrize("z", [0.0, 1.0, 1.96, 2.6, 3.3])
def test_tails_are_within_a_tenth_of_all_carrier_sets(kind: str, carriers: int, z: float) -> None:
    given = case(kind, 35, carriers)
    strata = strata_of(given.pools)
    matrix = dense(given.sets, given.form)
    for sign in (1.0, -1.0):
        form = given.form._replace(linear=sign * given.form.linear)
        counts = count_studentised(form.linear, matrix, given.pools, z)
        exact = counts.upper_at_least / counts.total
        found = studentised_tail(given.sets, form, strata, np.zeros(35), z)
        # below 1e-4 the tail is a few dozen sets, which a smooth formula cannot follow
        assert found == pytest.approx(exact, rel=0.1 if exact > 1e-4 else 0.25), sign


@pytest.mark.parametrize("kind", ["plain", "strata"])
@pytest.mark.parametrize("spread", [-1.5, 0.0, 1.0, 2.0])
def test_linear_tails_are_within_a_twentieth(kind: str, spread: float) -> None:
    given = case(kind, 35, 8)
    u = given.form.linear
    limit = spread * float(np.sqrt(u @ u / 34 * 8 * 27 / 35))
    counts = count_linear(u, given.pools, limit)
    strata = strata_of(given.pools)
    found, tilt = tail(u[strata.rows], strata, limit)
    assert found == pytest.approx(counts.upper_at_least / counts.total, rel=0.05)
    assert tilt.chance.sum() == pytest.approx(8.0)


def test_a_large_cohort_agrees_with_draws() -> None:
    given = case("plain", 400, 40)
    rng = np.random.default_rng(72)
    chosen = draw_sets(pools_of(given.pools), rng.random((40_000, 40)))
    ratios = studentised_of_sets(given.sets, given.form, chosen)
    for z in (1.0, 1.96, 2.58):
        p = studentised_tail(given.sets, given.form, strata_of(given.pools), np.zeros(400), z)
        error = (p * (1 - p) / 40_000) ** 0.5
        assert np.mean(ratios >= z) == pytest.approx(p, abs=4 * error + 0.03 * p)


def test_rows_that_cannot_vary_count_with_what_they_are() -> None:
    given = case("plain", 30, 5)
    pools = [(np.arange(24), 5), (np.arange(24, 27), 3), (np.arange(27, 30), 0)]
    counts = count_studentised(given.form.linear, dense(given.sets, given.form), pools, 1.5)
    fixed = np.zeros(30)
    fixed[24:27] = 1.0
    found = studentised_tail(given.sets, given.form, strata_of(pools), fixed, 1.5)
    assert found == pytest.approx(counts.upper_at_least / counts.total, rel=0.15)


@pytest.mark.parametrize("limit", [-1e9, 1e9])
def test_limits_beyond_every_set_give_certainty_without_looping(limit: float) -> None:
    given = case("plain", 20, 5)
    strata = strata_of(given.pools)
    found, _ = tail(given.form.linear[strata.rows], strata, limit)
    assert found == pytest.approx(float(limit < 0), abs=1e-6)


def test_at_the_largest_score_the_share_of_its_sets_is_given_and_beyond_it_nothing() -> None:
    scores = np.array([5.0, 3.0, 3.0, 1.0, 0.0, 4.0, 4.0, 2.0])
    strata = strata_of([(np.arange(5), 2), (np.arange(5, 8), 1)])
    # the largest sum 5 + 3 + 4 has 1 x 2 x 2 sets of 10 x 3
    assert tail(scores, strata, 12.0)[0] == pytest.approx(4 / 30, rel=1e-12)
    assert tail(scores, strata, 12.001)[0] == 0.0
    assert tail(scores * 1e-9, strata, 12.0e-9)[0] == pytest.approx(4 / 30, rel=1e-12)


def test_carriers_who_are_the_last_of_all_have_a_small_tail() -> None:
    """Their score is the lowest there is: once a formula 0 / 0, reported as p = 1."""
    sets = build(np.arange(1.0, 36.0), np.arange(35) < 33)
    form = score_form(sets)
    pools = [(np.arange(35), 3)]
    least = sets.order >= 32
    ratio = float(
        studentised_of_sets(sets, form, np.flatnonzero(least)[None, :].astype(np.int64))[0]
    )
    turned = form._replace(linear=-form.linear)
    p = studentised_tail(sets, turned, strata_of(pools), np.zeros(35), -ratio)
    counts = count_studentised(turned.linear, dense(sets, form), pools, -ratio)
    assert 0 < counts.upper_at_least <= 3
    assert p <= 5 / counts.total
