"""Profile-likelihood intervals end where the likelihood has fallen far enough, or nowhere."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embogen import DataError, Design, Surv, fit_cox
from embogen.inference.profile import profile_intervals
from embogen.survival.profile import profile_limit
from oracles.textbook_partial_likelihood import partial_loglik

TIME = [4.0, 4.0, 6.0, 6.0, 7.0, 9.0, 5.0, 5.0, 8.0, 10.0]
ENTRY = [0.0, 1.0, 4.0, 3.0, 0.0, 5.0, 0.0, 2.0, 5.0, 4.0]
EVENT = [1, 1, 1, 1, 1, 0, 1, 1, 1, 0]
STRATA = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
GENE = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("level", "quantile"), [(0.95, 3.841458820694124), (0.9, 2.705543454095404)]
)
def test_the_likelihood_at_the_limits_has_fallen_by_half_the_quantile(level, quantile) -> None:
    surv, design = Surv(TIME, EVENT, ENTRY), Design.from_arrays(GENE, ["MEN1"])
    (found,) = profile_intervals(surv, design, strata=STRATA, level=level)
    columns = np.array(GENE).reshape(-1, 1)

    def loglik(beta):
        return partial_loglik(TIME, EVENT, columns, [beta], entry=ENTRY, strata=STRATA)

    top = loglik(math.log(found.hr.value))
    for end in (found.hr.interval.low, found.hr.interval.high):
        assert top - loglik(math.log(end)) == pytest.approx(quantile / 2, rel=1e-9)
    assert found.hr.interval.low < found.hr.value < found.hr.interval.high
    assert (found.hr.p_method, found.hr.interval.method) == (
        "likelihood_ratio",
        "profile_likelihood",
    )


def test_limits_that_do_not_exist_are_infinite_never_huge() -> None:
    surv = Surv([1, 2], [1, 1])
    (up,) = profile_intervals(surv, Design.from_arrays([1, 0], ["x"]))
    (down,) = profile_intervals(surv, Design.from_arrays([0, 1], ["x"]))
    # r / (1 + r) = exp(-3.8415 / 2)
    part = math.exp(-3.841458820694124 / 2)
    assert up.hr.interval.low == pytest.approx(part / (1 - part), rel=1e-9)
    assert (up.hr.value, up.hr.interval.high) == (math.inf, math.inf)
    assert down.hr.interval.high == pytest.approx((1 - part) / part, rel=1e-9)
    assert (down.hr.value, down.hr.interval.low) == (0.0, 0.0)


def test_a_collinear_column_does_not_come_in_for_the_one_held() -> None:
    gene = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    surv = Surv([1, 2, 3, 4, 5], [1, 1, 1, 0, 1])
    alone = fit_cox(surv, Design.from_arrays(gene, ["a"])).estimates[0].hr.interval
    both = Design.from_arrays(np.column_stack([gene, 2 * gene]), ["a", "b"])
    first, second = profile_intervals(surv, both)
    assert first.hr.interval.low == pytest.approx(alone.low, rel=1e-9)
    assert fit_cox(surv, both).estimates[0].hr.interval.low == pytest.approx(alone.low, rel=1e-9)
    assert second.hr.interval is None


def test_with_a_penalty_they_are_those_of_the_fit() -> None:
    surv, design = Surv(TIME, EVENT), Design.from_arrays(GENE, ["x"])
    (found,) = profile_intervals(surv, design, penalty="firth")
    assert found.hr == fit_cox(surv, design, penalty="firth").estimates[0].hr


def test_no_events_have_no_interval() -> None:
    (found,) = profile_intervals(Surv([1, 2], [0, 0]), Design.from_arrays([1, 0], ["x"]))
    assert found.hr.interval is None


def test_all_problems_are_raised_at_once() -> None:
    design = Design.from_arrays([1, 0], ["x"])
    with pytest.raises(DataError) as raised:
        profile_intervals(Surv([1, 2], [1, 1]), design, weights=[1.0, -1.0], strata=[1], level=2)
    assert len(raised.value.problems) == 3


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_flat_profile_has_no_limit(side) -> None:
    assert profile_limit(lambda _: 0.0, 0.0, side, -1.0) == side * math.inf


def test_a_profile_is_approached_where_the_arithmetic_ends() -> None:
    def profile(value: float) -> float:
        return -value * value if value < 1.5 else math.nan

    assert profile_limit(profile, 0.0, 1.0, -2.0) == pytest.approx(math.sqrt(2), rel=1e-9)
    assert math.isnan(profile_limit(profile, 0.0, 1.0, -9.0))
