"""Shrinkage of significant hazard ratios: against R, its own equation, and repeated studies."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from embogen.errors import DataError
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design
from embogen.inference.winners_curse import shrink_significant, winners_curse_caveats
from embogen.surv import Surv

FIGURES = json.loads(
    (Path(__file__).parents[2] / "reference" / "winners_curse.json").read_text("utf-8")
)


@pytest.mark.parametrize("row", FIGURES)
def test_the_likelihood_of_a_significant_result_is_that_of_r(row):
    found = shrink_significant(row["z"], 1.0, level=row["level"])
    # a maximum found by its value has half the digits of one found by its slope
    assert math.log(found.hr.value) == pytest.approx(row["maximum"], abs=2e-7)
    limits = (math.log(found.hr.interval.low), math.log(found.hr.interval.high))
    assert limits == pytest.approx((row["low"], row["high"]), abs=1e-9)


def test_estimates_are_mirrored_and_scaled_with_the_standard_error():
    up, down = shrink_significant(1.2, 0.5), shrink_significant(-1.2, 0.5)
    assert up.hr.value * down.hr.value == pytest.approx(1.0)
    assert up.hr.interval.low * down.hr.interval.high == pytest.approx(1.0)
    assert math.log(shrink_significant(2.4, 1.0).hr.value) == pytest.approx(
        2 * math.log(up.hr.value)
    )
    assert 1.0 < up.hr.value < up.observed


def test_a_result_that_needed_no_luck_is_left_alone():
    far = shrink_significant(20.0, 1.0)
    assert math.log(far.hr.value) == pytest.approx(20.0)
    assert math.log(far.hr.interval.low) == pytest.approx(20.0 - 1.959964, abs=1e-5)


def test_significant_by_another_test_shrinks_most():
    assert shrink_significant(1.5, 1.0).cut == 1.5
    assert math.log(shrink_significant(1.5, 1.0).hr.value) < 0.5


def test_limits_hold_the_truth_among_significant_studies():
    rng = np.random.default_rng(11)
    z = 1.5 + rng.standard_normal(6_000)
    kept = z[np.abs(z) > 1.959964][:1_500]
    inside = 0
    for value in kept:
        interval = shrink_significant(float(value), 1.0).hr.interval
        inside += math.log(interval.low) <= 1.5 <= math.log(interval.high)
    assert inside / 1_500 == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / 1_500) ** 0.5)


def test_numbers_that_cannot_be_are_named_together():
    with pytest.raises(DataError) as caught:
        shrink_significant(math.inf, 0.0, level=0.0, confidence=1.0)
    assert len(caught.value.problems) == 4


def cohort(n=60, hazard_ratio=6.0):
    rng = np.random.default_rng(4)
    x = (np.arange(n) % 3 == 0).astype(float)
    time = rng.exponential(1 / np.where(x == 1, hazard_ratio, 1.0))
    return Surv(time, np.ones(n)), Design.from_arrays(x, ["DAXX"])


def test_a_significant_term_with_few_events_carries_the_caveat():
    fit = fit_cox(*cohort())
    (caveat,) = winners_curse_caveats(fit)
    assert (caveat.code, caveat.subject) == ("winners_curse", fit.estimates[0].term.label)
    assert caveat.evidence["events"] == 60
    assert 1.0 < caveat.evidence["hr_shrunken"] < caveat.evidence["hr"]


def test_many_events_or_no_significance_carry_none():
    assert winners_curse_caveats(fit_cox(*cohort(120))) == ()
    assert winners_curse_caveats(fit_cox(*cohort(hazard_ratio=1.0))) == ()


def test_an_infinite_ratio_has_nothing_to_shrink():
    fit = fit_cox(Surv(np.arange(1, 13), np.ones(12)), Design.from_arrays([1] * 4 + [0] * 8, ["x"]))
    assert fit.estimates[0].status == "infinite"
    assert fit.estimates[0].primary_p < 0.05
    assert winners_curse_caveats(fit) == ()
