"""The permutation-calibrated profile interval: its limits, its test, its one-sided forms."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from embogen.errors import DataError
from embogen.inference.calibrated_interval import (
    critical_value,
    permutation_calibrated_interval,
)
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv
from embogen.survival.newton import maximise
from embogen.survival.risk_sets import build

RNG = np.random.default_rng(81)
N = 14
TIME = np.ceil(RNG.exponential(10.0, N))
EVENT = RNG.random(N) < 0.85
CARRIERS = np.isin(np.arange(N), RNG.choice(N, 4, replace=False)).astype(float)
SURV = Surv(TIME, EVENT)


def likelihood(x: np.ndarray, beta: float | None) -> float:
    """Give the log likelihood at a coefficient, or at its maximum, by the general kernel."""
    sets = build(TIME, EVENT)
    walked = np.ascontiguousarray(x[sets.order][:, None])
    if beta is None:
        return maximise(sets, walked, np.zeros(1), np.empty(0), 1.0, False).loglik
    fixed = maximise(sets, np.empty((N, 0)), np.zeros(0), beta * walked[:, 0], 1.0, False)
    return fixed.loglik


COLUMNS = [np.isin(np.arange(N), rows).astype(float) for rows in combinations(range(N), 4)]
TOPS = [likelihood(x, None) for x in COLUMNS]


def chance(x: np.ndarray, ratio: float) -> float:
    """Give the chance that just these are carriers: who leaves, one after another."""
    carriers, others, total = x.sum(), N - x.sum(), 1.0
    # first out is last in walking order; of one time, events first in that order
    order = build(TIME, EVENT).order
    keys = [(TIME[row], not EVENT[row], at) for at, row in enumerate(order)]
    for _, censored, at in sorted(keys):
        row = order[at]
        odds = carriers * (1.0 if censored else ratio)
        total *= (odds if x[row] else others) / (odds + others)
        carriers, others = carriers - x[row], others - (1 - x[row])
    return float(total)


def p_value(x: np.ndarray, log_hazard_ratio: float, mid_p: bool) -> float:
    """Give the chance of a likelihood ratio at least as large, over all sets by plain loops."""
    ratios = [
        2 * (top - likelihood(column, log_hazard_ratio))
        for column, top in zip(COLUMNS, TOPS, strict=True)
    ]
    observed = 2 * (likelihood(x, None) - likelihood(x, log_hazard_ratio))
    chances = np.array([chance(column, float(np.exp(log_hazard_ratio))) for column in COLUMNS])
    assert chances.sum() == pytest.approx(1.0, abs=1e-10)
    reached = float(chances[np.array(ratios) >= observed - 1e-8].sum())
    beyond = float(chances[np.array(ratios) > observed + 1e-8].sum())
    return 0.5 * (reached + beyond) if mid_p else reached


@pytest.mark.parametrize(("flipped", "mid_p"), [(False, False), (False, True), (True, True)])
def test_limits_are_where_the_test_of_that_hazard_ratio_begins_to_reject(
    flipped: bool, mid_p: bool
) -> None:
    sign = -1.0 if flipped else 1.0  # non-carriers, the larger group, as carriers
    x = 1.0 - CARRIERS if flipped else CARRIERS
    interval = permutation_calibrated_interval(SURV, x, mid_p=mid_p).hazard_ratio.interval
    assert interval is not None
    limits = sorted(sign * np.log([interval.low, interval.high]))
    for limit, outwards in zip(limits, (-1.0, 1.0), strict=True):
        assert p_value(CARRIERS, limit - outwards * 1e-4, mid_p) > 0.05
        assert p_value(CARRIERS, limit + outwards * 1e-4, mid_p) <= 0.05


def test_with_delayed_entry_the_value_at_one_serves_throughout() -> None:
    surv = Surv(TIME + 3.0, EVENT, np.arange(N) % 3 * 1.0)
    found = permutation_calibrated_interval(surv, CARRIERS)
    interval, usual = found.hazard_ratio.interval, found.likelihood_interval
    assert interval is not None
    assert (found.critical_value > found.chi_square) == (interval.high > usual.high)
    assert (found.critical_value > found.chi_square) == (interval.low < usual.low)


def test_critical_value_and_limits_by_the_general_kernel() -> None:
    found = permutation_calibrated_interval(SURV, CARRIERS, mid_p=False)
    ratios = [2 * (top - likelihood(x, 0.0)) for x, top in zip(COLUMNS, TOPS, strict=True)]
    assert found.method == "enumerated"
    assert found.n_permutations == len(ratios) == 1001
    # of 1,001 sets 50 may lie beyond at 5%
    assert found.critical_value == pytest.approx(np.sort(ratios)[-51], abs=1e-8)
    top = likelihood(CARRIERS, None)
    for limit in (found.likelihood_interval.low, found.likelihood_interval.high):
        drop = 2 * (top - likelihood(CARRIERS, float(np.log(limit))))
        assert drop == pytest.approx(found.chi_square, abs=1e-8)
    fit = fit_cox(SURV, Design.from_arrays(CARRIERS, ["gene"]))
    assert found.hazard_ratio.value == pytest.approx(fit.estimates[0].hr.value, rel=1e-8)
    assert found.chi_square == pytest.approx(3.841458820694124)


@pytest.mark.parametrize("mid_p", [False, True])
@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
def test_it_leaves_out_one_exactly_when_its_test_rejects(level: float, mid_p: bool) -> None:
    rng = np.random.default_rng(82)
    for _ in range(10):
        x = rng.permutation(CARRIERS)
        found = permutation_calibrated_interval(SURV, x, level=level, mid_p=mid_p)
        interval, p_value = found.hazard_ratio.interval, found.hazard_ratio.p_value
        assert interval is not None
        assert p_value is not None
        assert (interval.low <= 1.0 <= interval.high) == (p_value > 1 - level + 1e-12)
        test = permutation_test(SURV, x, statistic="likelihood_ratio", ties="efron", mid_p=mid_p)
        assert p_value == pytest.approx(test.p_value, rel=1e-12)


def test_drawn_and_counted_intervals_agree() -> None:
    counted = permutation_calibrated_interval(SURV, CARRIERS)
    drawn = permutation_calibrated_interval(
        SURV, CARRIERS, rng=np.random.default_rng(5), max_enumerated=10, n_draws=40_000
    )
    assert drawn.method == "monte_carlo"
    assert drawn.seed is not None
    assert drawn.critical_value == pytest.approx(counted.critical_value, abs=0.1)
    one, other = counted.hazard_ratio.interval, drawn.hazard_ratio.interval
    assert one is not None
    assert other is not None
    assert np.log([other.low, other.high]) == pytest.approx(np.log([one.low, one.high]), abs=0.05)
    again = permutation_calibrated_interval(
        SURV, CARRIERS, rng=np.random.default_rng(5), max_enumerated=10, n_draws=40_000
    )
    assert again == drawn


def test_separated_genes_get_one_sided_intervals() -> None:
    surv = Surv(np.arange(1, 16), np.ones(15))
    early = np.zeros(15)
    early[:3] = 1.0
    never = Surv(np.r_[np.arange(1, 13), 20, 20, 20], np.r_[np.ones(12), 0, 0, 0])
    up = permutation_calibrated_interval(surv, early).hazard_ratio
    down = permutation_calibrated_interval(never, np.r_[np.zeros(12), 1, 1, 1]).hazard_ratio
    assert up.value == np.inf
    assert down.value == 0.0
    assert up.interval is not None
    assert down.interval is not None
    assert up.interval.low > 1.0
    assert up.interval.high == np.inf
    assert down.interval.low == 0.0
    assert 0.0 < down.interval.high < 1.0


def test_nothing_to_compare_is_said_by_the_widest_interval() -> None:
    found = permutation_calibrated_interval(SURV, np.zeros(N)).hazard_ratio
    assert np.isnan(found.value)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (0.0, np.inf)


def test_few_draws_cannot_leave_anything_out() -> None:
    assert critical_value(np.arange(5.0), 0.95, drawn=True) == np.inf


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ties": "logrank"}, "ties='logrank' is not one of efron, breslow"),
        ({"level": 95}, "Write 0.95 for 95%"),
        ({"n_draws": 0}, "n_draws=0 is not positive"),
        ({"max_enumerated": 5}, "Give rng="),
    ],
)
def test_bad_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        permutation_calibrated_interval(SURV, CARRIERS, **options)  # type: ignore[arg-type] # the point of the test
