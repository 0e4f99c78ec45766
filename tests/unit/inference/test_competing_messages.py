"""What the curves refuse, and what they say about it; caveats that must not go missing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from embogen.errors import DataError, NotEstimable
from embogen.inference.cause_specific import cause_specific_cox
from embogen.inference.competing import cumulative_incidence
from embogen.inference.cumulative_hazard import nelson_aalen
from embogen.inference.design import Design
from embogen.inference.fine_gray import fine_gray
from embogen.inference.gray import gray_test
from embogen.inference.rmst import rmst
from embogen.inference.trend import logrank_trend
from embogen.surv import Surv

CAUSES = ("progression", "death")
TIMES, CODES = [1, 2, 3, 4, 5, 6], [1, 2, 1, 0, 2, 1]
SURV = Surv(TIMES, CODES, causes=CAUSES)
LATE = Surv(TIMES, CODES, [0, 0, 1, 0, 2, 3], CAUSES)
ONE = Surv(TIMES, [1, 0, 1, 0, 1, 0])
GROUPS = ["A", "B", "A", "B", "A", "B"]
DESIGN = Design.from_arrays([1, 0, 1, 0, 0, 1], ["DAXX"])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: fine_gray(SURV, DESIGN, cause="relapse"), '"relapse" is not one of the causes'),
        (lambda: gray_test(SURV, GROUPS, cause="relapse"), "progression, death"),
        (lambda: cause_specific_cox(SURV, DESIGN, cause=""), "Name one of them"),
        (lambda: gray_test(SURV, ["A"]), "has 1 rows where the outcome has 6"),
        (lambda: cumulative_incidence(SURV, groups=["A", None, "B", "B", "A", "A"]), "row 2"),
        (lambda: cumulative_incidence(SURV, weights=[1, 2, 0, -1, 1, 1]), "row 4, weights"),
        (lambda: cumulative_incidence(SURV, level=95), "Write 0.95 for 95%"),
        (lambda: fine_gray(SURV, Design.from_arrays([1, 0], ["x"])), "has 2 rows"),
        (lambda: rmst(SURV, 3), "has 2 causes"),
        (lambda: rmst(ONE, 7), "the last patient is censored on day 6"),
        (lambda: rmst(ONE, 7, groups=GROUPS), "last patient of B is censored on day 6"),
        (lambda: rmst(ONE, -1), "a finite number of days above 0"),
        (lambda: rmst(ONE, float("nan")), "Give tau in days"),
        (lambda: logrank_trend(ONE, GROUPS, scores=[1, 2, 3]), "3 scores were given for the"),
        (lambda: nelson_aalen(SURV, cause="relapse"), "progression, death"),
    ],
)
def test_bad_data_is_named_with_what_was_expected(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        ask()


def test_a_horizon_beyond_a_curve_that_has_come_down_to_nothing_is_known() -> None:
    # A ends with events on days 1, 3, 5; B is followed to day 6
    first, _ = rmst(ONE, 6, groups=GROUPS).groups
    assert first.mean.value == pytest.approx(3)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: cumulative_incidence(SURV, interval="wide"), "log-log"),
        (lambda: cumulative_incidence(SURV, variance="robust"), "infinitesimal_jackknife"),
        (lambda: cumulative_incidence(SURV, variance="aalen", weights=np.ones(6)), "case weights"),
        (lambda: fine_gray(SURV, DESIGN, ties="exact"), "breslow"),
        (lambda: fine_gray(SURV, DESIGN, convention="sas"), '"finegray", "crr"'),
        (lambda: fine_gray(SURV, DESIGN, convention="crr", ties="efron"), "Breslow ties"),
        (lambda: fine_gray(SURV, DESIGN, convention="crr", strata=GROUPS), "neither strata"),
        (lambda: nelson_aalen(ONE, ties="efron"), "one_by_one"),
        (lambda: nelson_aalen(ONE, ties="one_by_one", weights=np.ones(6)), "together"),
    ],
)
def test_choices_that_do_not_exist(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()


def test_gray_has_no_form_for_late_entry_and_says_what_has() -> None:
    with pytest.raises(NotEstimable, match="fine_gray"):
        gray_test(LATE, GROUPS)
    with pytest.raises(NotEstimable, match="finegray"):
        fine_gray(LATE, DESIGN, convention="crr")
    found = cumulative_incidence(LATE, groups=GROUPS)
    assert found.gray == ()
    assert "no_gray_test" in {caveat.code for caveat in found.caveats}


def test_an_emptied_risk_set_is_told_everywhere() -> None:
    surv = Surv([2, 5, 6, 9], [1, 1, 0, 1], [0, 3, 3, 4])
    for found in (cumulative_incidence(surv), rmst(surv, 8)):
        (caveat,) = found.caveats
        assert caveat.code == "risk_set_emptied"
        assert caveat.evidence == {"day": 2.0, "entered_later": 3}


def test_weights_that_do_not_exist_are_refused_with_a_way_out() -> None:
    # all who were there by day 2 are gone before the others enter on day 3
    surv = Surv([1, 2, 5, 6], [2, 1, 1, 1], [0, 0, 3, 3], CAUSES)
    with pytest.raises(NotEstimable, match="cause_specific_cox"):
        fine_gray(surv, Design.from_arrays([1, 0, 1, 0], ["DAXX"]))


def test_rows_that_are_never_at_risk_are_counted() -> None:
    surv = Surv([1, 2, 3 + 1e-12, 4], [1, 2, 1, 0], [0, 0, 3, 0], CAUSES)
    fit = fine_gray(surv, Design.from_arrays([1, 0, 1, 0], ["DAXX"]))
    assert (fit.n, fit.n_excluded) == (3, 1)
    found = cumulative_incidence(surv)
    for caveats in (fit.caveats, found.caveats):
        assert "never_at_risk" in {caveat.code for caveat in caveats}


def test_a_cause_without_events_has_a_flat_curve_and_no_fit() -> None:
    surv = Surv([1, 2, 3], [2, 0, 2], causes=CAUSES)
    curve = cumulative_incidence(surv).curve("progression")
    assert curve.incidence.tolist() == [0, 0, 0]
    assert np.isnan(curve.ci_high).all()
    fit = fine_gray(surv, Design.from_arrays([1, 0, 1], ["DAXX"]))
    assert fit.convergence.status == "no_events"
    assert fit.estimates[0].status == "not_estimable"
    assert "no_events" in {caveat.code for caveat in fit.caveats}
    test = gray_test(surv, ["A", "B", "A"])
    assert (test.df, test.n_events) == (0, (0, 0))


def test_separation_gives_a_direction_and_no_interval() -> None:
    surv = Surv([1, 2, 3, 4, 5, 6], [1, 1, 2, 0, 0, 2], causes=CAUSES)
    fit = fine_gray(surv, Design.from_arrays([1, 1, 0, 0, 0, 0], ["DAXX"]))
    assert fit.estimates[0].status == "infinite"
    assert fit.estimates[0].hr.interval is None
    assert fit.estimates[0].hr.p_value is None
    assert "separation" in {caveat.code for caveat in fit.caveats}


def test_a_large_sample_p_value_of_a_small_group_is_told() -> None:
    rng = np.random.default_rng(8)
    time, carrier = rng.integers(1, 90, 60), np.arange(60) < 6
    surv = Surv(time, rng.integers(0, 3, 60), causes=CAUSES)
    design = Design.from_arrays(carrier, ["DAXX"])
    results = (
        cumulative_incidence(surv, groups=carrier),
        fine_gray(surv, design),
        rmst(Surv(time, surv.event > 0), 20, groups=carrier),
    )
    for found in results:
        (caveat,) = [item for item in found.caveats if item.code == "small_group"]
        assert caveat.evidence["n"] == 6
    half = rmst(Surv(time, surv.event > 0), 20, groups=np.arange(60) < 30)
    assert "small_group" not in {item.code for item in half.caveats}
