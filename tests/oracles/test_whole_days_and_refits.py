"""Counting days gives what sorting gives; resampled risk sets are those built from the rows."""

from __future__ import annotations

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.survival.km import product_limit
from embogen.survival.newton import CONVERGED, maximise
from embogen.survival.refits import refits
from embogen.survival.risk_sets import build
from embogen.survival.whole_days import ALWAYS, FEWEST, ROOM, groups_by_day, last_day

N = FEWEST + 500


def outcome(seed: int, n: int = N):
    rng = np.random.default_rng(seed)
    return rng, np.floor(rng.exponential(60, n)), rng.random(n) < 0.6


@pytest.mark.parametrize("n", [0, 1, 2, 50, N])
def test_the_order_by_day_is_the_sorted_order(n: int) -> None:
    _, time, event = outcome(n, n)
    last = last_day(time)
    expected = np.lexsort((~event, -time))
    assert last == time.max(initial=0.0)
    order, group_end, deaths, day = groups_by_day(time, event, last)
    np.testing.assert_array_equal(order, expected)
    days, rows = np.unique(-time, return_counts=True)
    np.testing.assert_array_equal(day, -days)
    np.testing.assert_array_equal(group_end, np.cumsum(rows))
    np.testing.assert_array_equal(deaths, [int(event[time == -d].sum()) for d in days])


@pytest.mark.parametrize("n", [1, 10_000])
def test_days_are_counted_up_to_a_number_of_days(n: int) -> None:
    most = max(ROOM * n, ALWAYS)
    assert last_day(np.full(n, float(most))) == most
    assert last_day(np.full(n, most + 1.0)) == -1


@pytest.mark.parametrize("bad", [0.5, -1.0, np.nan, np.inf, 1e9])
def test_times_that_are_no_days_are_not_counted(bad: float) -> None:
    assert last_day(np.array([1.0, 2.0, bad])) == -1


def test_many_rows_in_days_and_in_months_have_the_same_risk_sets() -> None:
    rng, time, event = outcome(3)
    days, halves = build(time, event), build(time + 0.5, event)
    for name in ("order", "group_end", "group_deaths", "stratum_end"):
        np.testing.assert_array_equal(getattr(days, name), getattr(halves, name))
    weights = rng.uniform(0.5, 2, N)
    for w in (None, weights):
        one, two = product_limit(time, event, None, w), product_limit(time + 0.5, event, None, w)
        np.testing.assert_array_equal(one.time + 0.5, two.time)
        for a, b in zip(one[1:], two[1:], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10)


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_a_refit_is_the_fit_of_the_resampled_rows(stratified: bool, ties: str) -> None:
    rng, time, event = outcome(4, 40)
    X = np.column_stack([rng.random(40) < 0.4, rng.normal(size=40)]).astype(float)  # noqa: N806 - the field's letter
    labels = rng.integers(0, 2, 40) if stratified else None
    sets = build(time, event, strata=labels)
    fraction = 1.0 if ties == "efron" else 0.0
    walked = np.ascontiguousarray(X[sets.order])
    start = maximise(sets, walked, np.zeros(2), np.empty(0), fraction, True).beta
    draws = rng.integers(0, 40, (20, 40))
    coef, flag = refits(sets, walked, start, draws, fraction)
    seen = 0
    for row, ended, drawn in zip(coef, flag, draws, strict=True):
        rows = sets.order[drawn]
        design = Design.from_arrays(X[rows], ["a", "b"])
        strata = None if labels is None else labels[rows]
        fit = fit_cox(Surv(time[rows] + 1, event[rows]), design, ties=ties, strata=strata)
        if ended == CONVERGED:
            seen += 1
            np.testing.assert_allclose(row, fit.coef, rtol=1e-8, atol=1e-10)
        else:
            assert fit.convergence.status != "ok"
    assert seen >= 15
