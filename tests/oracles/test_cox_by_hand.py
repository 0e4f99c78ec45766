"""Cox fits that can be worked out with pencil and paper, and a slow likelihood to agree with."""

from __future__ import annotations

import math

import numpy as np
import pytest
from textbook_partial_likelihood import partial_loglik

from embogen import Design, Surv, fit_cox
from embogen.survival.partial_likelihood import walk
from embogen.survival.risk_sets import build


def one(x, time, event, **options: object):
    fit = fit_cox(Surv(time, event), Design.from_arrays(x, ["x"]), **options)
    return fit, fit.estimates[0]


def test_three_failures_in_turn() -> None:
    # r/(2r+1) * 1/(1+r) is largest at 2 r^2 = 1
    fit, x = one([1, 0, 1], [1, 2, 3], [1, 1, 1])
    r = 1 / math.sqrt(2)
    assert x.hr.value == pytest.approx(r, rel=1e-12)
    assert fit.loglik == pytest.approx(math.log(r / (2 * r + 1) / (1 + r)), rel=1e-14)
    # information: p(1-p) in each risk set, p the carriers' share of risk
    p, q = 2 * r / (2 * r + 1), r / (1 + r)
    assert x.se == pytest.approx((p * (1 - p) + q * (1 - q)) ** -0.5, rel=1e-9)


def test_a_tie_of_two_by_efron_and_breslow() -> None:
    # Efron: r / (2r+1) / ((3r+1)/2) is largest at 6 r^2 = 1; Breslow: r / (2r+1)^2 at 2 r = 1
    time, event, x = [1, 1, 2], [1, 1, 0], [1, 0, 1]
    assert one(x, time, event)[1].hr.value == pytest.approx(6**-0.5, rel=1e-12)
    assert one(x, time, event, ties="breslow")[1].hr.value == pytest.approx(0.5, rel=1e-12)


def test_a_weight_multiplies_an_event_and_its_risk() -> None:
    # the first failure weighs 2: r^2 / (2r + 1)^2 * 1 / 1, then 1 / (r + ...) as below
    # rows: x = 1 (weight 2) at day 1; x = 0 at day 2; x = 1 at day 3
    # loglik = 2 log(r / (3r + 1)) - log(1 + r); score zero: 2 / (3r + 1) = r / (1 + r)
    _, x = one([1, 0, 1], [1, 2, 3], [1, 1, 1], weights=[2, 1, 1])
    r = (1 + math.sqrt(1 + 4 * 3 * 2)) / 6
    assert x.hr.value == pytest.approx(r, rel=1e-12)


def test_late_entry_leaves_the_risk_set_of_day_one() -> None:
    # the carrier of day 3 enters on day 1, so is not at risk on day 1: r/(r+1) * 1/(1+r)
    surv = Surv([1, 2, 3], [1, 1, 1], [0, 0, 1])
    fit = fit_cox(surv, Design.from_arrays([1, 0, 1], ["x"]))
    assert fit.coef[0] == pytest.approx(0, abs=1e-12)
    assert fit.loglik == pytest.approx(2 * math.log(0.5), rel=1e-14)


def test_an_offset_shifts_the_estimate() -> None:
    _, plain = one([1, 0, 1], [1, 2, 3], [1, 1, 1])
    _, moved = one([1, 0, 1], [1, 2, 3], [1, 1, 1], offset=[0.7, 0, 0.7])
    assert moved.coef == pytest.approx(plain.coef - 0.7, rel=1e-11)


def test_the_one_sided_limit_of_a_monotone_likelihood() -> None:
    # r / (1 + r) = exp(-1.9207...) at the limit
    fit, x = one([1, 0], [1, 2], [1, 1])
    share = math.exp(-3.841458820694124 / 2)
    assert (x.status, x.hr.value, x.hr.interval.high) == ("infinite", math.inf, math.inf)
    assert x.hr.interval.low == pytest.approx(share / (1 - share), rel=1e-8)
    assert fit.loglik == pytest.approx(0, abs=1e-12)
    # 2 (log 1 - log 1/2) on 1 df
    assert x.hr.p_value == pytest.approx(math.erfc(math.sqrt(math.log(2))), rel=1e-12)
    _, flipped = one([0, 1], [1, 2], [1, 1])
    assert (flipped.status, flipped.hr.value, flipped.hr.interval.low) == ("zero", 0.0, 0.0)
    assert flipped.hr.interval.high == pytest.approx((1 - share) / share, rel=1e-8)


def test_other_coefficients_stand_at_their_limit_under_partial_separation() -> None:
    # the row with g = 1 outlives all: it leaves the risk sets in the limit, and x is then
    # estimated from the other three, where its hazard ratio is 1 / sqrt 2
    surv = Surv([1, 2, 3, 4], [1, 1, 1, 0])
    fit = fit_cox(surv, Design.from_arrays([[1, 0], [0, 0], [1, 0], [0, 1]], ["x", "g"]))
    x, g = fit.estimates
    assert (fit.convergence.status, x.status, g.status) == ("separated", "ok", "zero")
    assert x.hr.value == pytest.approx(1 / math.sqrt(2), rel=1e-10)
    alone, _ = one([1, 0, 1], [1, 2, 3], [1, 1, 1])
    assert fit.loglik == pytest.approx(alone.loglik, rel=1e-12)
    assert x.se == pytest.approx(alone.estimates[0].se, rel=1e-8)


def test_either_direction_equally_good_is_not_estimable() -> None:
    # x + y = 1 in the first failure only: both (1, 0) and (0, 1) and (1, -.5) lead to the top
    surv = Surv([1, 2, 3], [1, 0, 0])
    fit = fit_cox(surv, Design.from_arrays([[0, 0], [1, 2], [-1, 2]], ["x", "y"]))
    x, y = fit.estimates
    assert (x.status, y.status) == ("not_estimable", "zero")
    assert math.isnan(x.coef)
    assert x.hr.p_value is None


@pytest.mark.parametrize("efron", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_likelihood_score_and_information_agree_with_the_definition(seed, efron) -> None:
    rng = np.random.default_rng(seed)
    n, p = 14, 3
    time = rng.integers(2, 7, n).astype(float)
    data = {
        "entry": time - rng.integers(1, 5, n),
        "strata": rng.integers(0, 2, n),
        "weights": rng.uniform(0.3, 3, n),
        "offset": rng.normal(size=n),
    }
    event, columns, beta = rng.random(n) < 0.7, rng.normal(size=(n, p)), rng.normal(size=p)

    def definition(b):
        return partial_loglik(time, event, columns, b, efron=efron, **data)

    sets = build(time, event, entry=data["entry"], strata=data["strata"], weights=data["weights"])
    walked = np.ascontiguousarray(columns[sets.order])

    def score_at(b):
        return walk(sets, walked, b, data["offset"][sets.order], float(efron))[1]

    loglik, score, information = walk(sets, walked, beta, data["offset"][sets.order], float(efron))
    assert loglik == pytest.approx(definition(beta), rel=1e-12)
    h = 1e-5
    steps = h * np.eye(p)
    slopes = [(definition(beta + s) - definition(beta - s)) / (2 * h) for s in steps]
    curvature = [(score_at(beta - s) - score_at(beta + s)) / (2 * h) for s in steps]
    np.testing.assert_allclose(score, slopes, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(information, curvature, rtol=1e-6, atol=1e-8)


def test_delayed_entry_survives_a_giant_that_leaves() -> None:
    # A row of overwhelming risk is at risk early in the walk only: what remains must not be
    # rounding left over from subtracting it.
    time = np.array([9.0, 8.0, 3.0, 2.0, 1.0])
    entry = np.array([7.0, 0.0, 0.0, 0.0, 0.0])
    event = np.array([True, True, True, True, True])
    columns = np.array([[60.0], [1.0], [0.0], [1.0], [0.5]])
    sets = build(time, event, entry=entry)
    loglik, score, _ = walk(
        sets, np.ascontiguousarray(columns[sets.order]), np.ones(1), np.empty(0), 1.0
    )
    assert loglik == pytest.approx(
        partial_loglik(time, event, columns, [1.0], entry=entry), rel=1e-12
    )
    h = 1e-6
    slope = (
        partial_loglik(time, event, columns, [1 + h], entry=entry)
        - partial_loglik(time, event, columns, [1 - h], entry=entry)
    ) / (2 * h)
    assert score[0] == pytest.approx(slope, rel=1e-5)
