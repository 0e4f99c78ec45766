"""Response, landmark, exact tables and Firth's logistic model."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from embogen.errors import DataError, NotEstimable
from embogen.inference.association import Factor, Subgroup, associate
from embogen.inference.design import Design, Term
from embogen.inference.landmark import after_landmark, landmark_association, landmark_outcome
from embogen.inference.logistic import firth_logistic
from embogen.inference.response import BinaryOutcome, objective_response
from embogen.surv import Surv
from embogen.survival.firth_logistic import penalised_loglik
from embogen.survival.two_by_two import clopper_pearson, exact_odds

GENE = Term("DAXX", "altered", "wild type", "binary")


@pytest.fixture(scope="module")
def brute() -> dict[str, Any]:
    path = Path(__file__).parents[2] / "reference" / "response_brute_force.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_exact_tables_are_those_of_fisher_test(brute: dict[str, Any]) -> None:
    for want in brute["fisher"]:
        a, n1, c, n2 = want["table"]
        found = exact_odds(a, n1, c, n2, 0.05)
        assert found.p_value == pytest.approx(want["p"], rel=1e-10)
        # R stops its root search at a tolerance of 1e-4; the next test checks ours by its meaning
        for ours, theirs in (
            (found.odds_ratio, want["odds_ratio"]),
            (found.low, want["low"]),
            (found.high, want["high"]),
        ):
            assert ours == pytest.approx(float(theirs), rel=1e-3)
        assert clopper_pearson(a, n1, 0.95) == pytest.approx(want["limits1"], rel=1e-9)
        assert clopper_pearson(c, n2, 0.95) == pytest.approx(want["limits2"], rel=1e-9)


def tail(psi: float, table: tuple[int, int, int, int]) -> tuple[float, float, float]:
    """P(A >= a), P(A <= a) and the mean of A at an odds ratio, by plain counting."""
    a, n1, c, n2 = table
    t = a + c
    law = {
        k: math.comb(n1, k) * math.comb(n2, t - k) * psi**k
        for k in range(max(0, t - n2), min(n1, t) + 1)
    }
    total = sum(law.values())
    upper = sum(v for k, v in law.items() if k >= a) / total
    lower = sum(v for k, v in law.items() if k <= a) / total
    return upper, lower, sum(k * v for k, v in law.items()) / total


@given(st.integers(1, 9), st.integers(1, 9), st.data())
@settings(max_examples=60)
def test_exact_limits_leave_each_tail_its_share(n1: int, n2: int, data: st.DataObject) -> None:
    a, c = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    found = exact_odds(a, n1, c, n2, 0.1)
    table = (a, n1, c, n2)
    if found.low > 0:
        assert tail(found.low, table)[0] == pytest.approx(0.05, rel=1e-9)
    if found.high < math.inf:
        assert tail(found.high, table)[1] == pytest.approx(0.05, rel=1e-9)
    if 0 < found.odds_ratio < math.inf:
        assert tail(found.odds_ratio, table)[2] == pytest.approx(a, rel=1e-9)
    assert 0 < found.p_value <= 1


def test_firth_logistic_is_the_penalised_maximum_of_a_general_optimiser(
    brute: dict[str, Any],
) -> None:
    data = brute["data"]
    decade = (np.array(data["age"]) - np.mean(data["age"])) / 10
    columns = np.column_stack([data["gene"], data["extrahepatic"], decade])
    fit = firth_logistic(data["response"], Design.from_arrays(columns, ["gene", "ehd", "age"]))
    assert fit.loglik == pytest.approx(brute["loglik"], rel=1e-10)
    for term, name in zip(fit.estimates, ("gene", "extrahepatic", "age_decade"), strict=True):
        want, interval = brute[name], term.odds_ratio.interval
        assert interval is not None
        # the optimiser stops at about the square root of rounding
        assert term.coef == pytest.approx(want["coef"], rel=1e-5)
        assert math.log(interval.low) == pytest.approx(want["low"], rel=1e-5)
        assert math.log(interval.high) == pytest.approx(want["high"], rel=1e-5)
        assert term.odds_ratio.p_value == pytest.approx(want["p"], rel=1e-6)
    assert fit.estimates[0].n_carriers == 9
    assert fit.estimates[0].n_carrier_events == 9


@given(st.lists(st.integers(0, 6), min_size=4, max_size=4))
@settings(max_examples=50)
def test_firth_adds_half_a_patient_to_each_cell(cells: list[int]) -> None:
    a, b, c, d = cells
    if a + b == 0 or c + d == 0:
        return
    x = np.repeat([1.0, 1.0, 0.0, 0.0], cells)
    y = np.repeat([1.0, 0.0, 1.0, 0.0], cells)
    (term,) = firth_logistic(y, Design.from_arrays(x, ["x"])).estimates
    want = (a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))
    assert term.odds_ratio.value == pytest.approx(want, rel=1e-8)
    interval = term.odds_ratio.interval
    assert interval is not None
    assert 0 < interval.low <= term.odds_ratio.value <= interval.high < math.inf


@pytest.mark.parametrize("seed", range(3))
def test_profile_ends_have_lost_half_a_chi_square(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = np.column_stack([rng.integers(0, 2, 30), rng.normal(50, 9, 30)])
    y = rng.integers(0, 2, 30).astype(float)
    fit = firth_logistic(y, Design.from_arrays(columns, ["x", "age"]))
    centred = np.column_stack([np.ones(30), columns - columns.mean(axis=0)])
    for k, term in enumerate(fit.estimates):
        interval = term.odds_ratio.interval
        assert interval is not None
        for end in (interval.low, interval.high):
            fixed = math.log(end)

            def loss(rest: np.ndarray, k: int = k, fixed: float = fixed) -> float:
                return -penalised_loglik(centred, y, np.insert(rest, k + 1, fixed))

            profile = -minimize(
                loss,
                np.zeros(2),
                method="Nelder-Mead",
                options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000},
            ).fun
            assert fit.loglik - profile == pytest.approx(3.841458820694124 / 2, rel=1e-6)


def test_units_and_origins_of_columns_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    x, age, y = rng.integers(0, 2, 40), rng.normal(60, 9, 40), rng.integers(0, 2, 40)
    one = firth_logistic(y, Design.from_arrays(np.column_stack([x, age]), ["x", "age"]))
    two = firth_logistic(
        y, Design.from_arrays(np.column_stack([x, age * 1e-9 + 7.0]), ["x", "age"])
    )
    assert one.estimates[0].coef == pytest.approx(two.estimates[0].coef, rel=1e-5)
    three = firth_logistic(y, Design.from_arrays(np.column_stack([x, age * 1e12]), ["x", "age"]))
    assert one.estimates[1].coef == pytest.approx(three.estimates[1].coef * 1e12, rel=1e-8)
    assert one.estimates[1].odds_ratio.p_value == pytest.approx(
        three.estimates[1].odds_ratio.p_value, rel=1e-8
    )


def test_constant_and_collinear_columns_are_named() -> None:
    x = np.array([1, 0, 1, 0, 1, 0.0])
    columns = np.column_stack([x, np.ones(6), 2 * x + 1])
    fit = firth_logistic([1, 0, 0, 1, 1, 0], Design.from_arrays(columns, ["x", "one", "twice"]))
    assert [item.status for item in fit.estimates] == ["ok", "not_estimable", "not_estimable"]
    codes = {caveat.code: caveat.subject for caveat in fit.caveats}
    assert codes["constant_term"] == "one"
    assert codes["collinear_term"] == "twice"


def test_outcomes_that_are_not_yes_or_no_are_all_named() -> None:
    with pytest.raises(DataError) as caught:
        firth_logistic([1, 2, 0.5], Design.from_arrays([1, 0, 1], ["x"]))
    assert [problem.row for problem in caught.value.problems] == [2, 3]


def test_words_of_response() -> None:
    words = ["complete response", "partial response", "stable disease", "progression"]
    outcome = objective_response([*words, "not evaluable", None])
    np.testing.assert_array_equal(outcome.value, [1, 1, 0, 0, np.nan, np.nan])
    assert [(item.reason, item.n) for item in outcome.left_out] == [
        ("no response recorded", 1),
        ("response not evaluable", 1),
    ]
    strict = objective_response([*words, "not evaluable", None], not_evaluable="non_responder")
    np.testing.assert_array_equal(strict.value, [1, 1, 0, 0, 0, np.nan])
    with pytest.raises(DataError, match=r"row 2, response: \"CR\" is not one of"):
        objective_response(["progression", "CR"])


def test_a_gene_within_a_subgroup() -> None:
    # 6 pancreatic: altered 3 of 3 respond, wild type 0 of 3: p = 2 / C(6, 3) = .1
    response = np.array([1, 1, 1, 0, 0, 0, 1, 0, np.nan, 1])
    altered = np.array([1, 1, 1, 0, 0, 0, 0, 0, 1, np.nan])
    pancreas = Subgroup("primary site: pancreas", np.arange(10) < 6)
    outcome = BinaryOutcome("objective response", response, ())
    found = associate(outcome, [Factor(GENE, altered)], subgroups=[pancreas])
    everybody, within = found.tables
    assert (everybody.carriers.n, everybody.carriers.n_events) == (3, 3)
    assert (everybody.others.n, everybody.others.n_events, everybody.n_unknown) == (5, 1, 1)
    assert within.odds_ratio.p_value == pytest.approx(0.1)
    assert within.odds_ratio.value == math.inf
    assert within.odds_ratio.interval is not None
    assert within.odds_ratio.interval.high == math.inf
    assert within.difference.value == 1.0
    assert found.n == 9
    assert {"empty_cell", "partial_panel", "multiple_testing"} <= {c.code for c in found.caveats}


def test_an_empty_group_is_not_compared() -> None:
    outcome = BinaryOutcome("objective response", np.array([1.0, 0.0]), ())
    (table,) = associate(outcome, [Factor(GENE, np.array([0.0, 0.0]))]).tables
    assert table.odds_ratio.p_value is None
    assert math.isnan(table.odds_ratio.value)
    assert math.isnan(table.carriers.fraction.value)


def test_confounders_are_fitted_where_all_is_known() -> None:
    response = np.array([1, 1, 1, 0, 0, 0, 1, 0, np.nan, 1])
    altered = np.array([1, 1, 1, 0, 0, 0, 0, 0, 1, np.nan])
    mask = np.arange(10) != 3  # its grade is missing
    grade = Design.from_arrays(np.array([1, 2, 3, 1, 2, 3, 1, 2, 3]), ["grade"])
    outcome = BinaryOutcome("objective response", response, ())
    found = associate(outcome, [Factor(GENE, altered)], confounders=(grade, mask))
    (adjusted,) = found.adjusted
    assert adjusted.fit.n == 7
    assert [term.name for term in adjusted.fit.terms] == ["DAXX", "grade"]
    kept = [0, 1, 2, 4, 5, 6, 7]
    direct = firth_logistic(
        response[kept],
        Design.from_arrays(
            np.column_stack([altered[kept], [1, 2, 3, 1, 2, 3, 1]]), [GENE, Term("grade")]
        ),
    )
    assert adjusted.fit.loglik == direct.loglik


def test_lengths_and_values_are_checked_together() -> None:
    outcome = BinaryOutcome("objective response", np.array([1.0, 0.0, 1.0]), ())
    bad = [Factor(GENE, np.array([1.0, 2.0, 0.0])), Factor(Term("ATRX"), np.array([1.0]))]
    with pytest.raises(DataError) as caught:
        associate(outcome, bad, subgroups=[Subgroup("men", np.array([True]))])
    assert len(caught.value.problems) == 3


def test_who_counts_at_a_landmark() -> None:
    # event before, event on the day, event after, censored before, censored on the day, after
    surv = Surv([10, 30, 50, 20, 30, 60], [1, 1, 1, 0, 0, 0])
    outcome = landmark_outcome(surv, 30)
    np.testing.assert_array_equal(outcome.value, [1, 1, 0, np.nan, 0, 0])
    assert [(item.reason, item.n) for item in outcome.left_out] == [("censored before day 30", 1)]
    assert outcome.caveats[0].evidence["n"] == 1


def test_a_competing_event_before_the_landmark_is_a_no() -> None:
    surv = Surv([10, 20, 50], [2, 1, 0], causes=["progression", "death"])
    np.testing.assert_array_equal(landmark_outcome(surv, 30, cause="progression").value, [0, 1, 0])
    np.testing.assert_array_equal(landmark_outcome(surv, 30).value, [1, 1, 0])


def test_late_entry_at_a_landmark_is_told() -> None:
    surv = Surv([50, 60, 70], [1, 1, 1], [0, 10, 40])
    outcome = landmark_outcome(surv, 30)
    np.testing.assert_array_equal(outcome.value, [0, 0, np.nan])
    assert {caveat.code for caveat in outcome.caveats} == {
        "before_landmark",
        "specimen_after_origin",
    }


def test_every_patient_of_a_landmark_is_accounted_for() -> None:
    rng = np.random.default_rng(3)
    surv = Surv(rng.integers(1, 400, 80), rng.integers(0, 2, 80))
    gene = Factor(GENE, rng.choice([0.0, 1.0, np.nan], 80))
    found = landmark_association(surv, 182.625, [gene])
    assert found.n + sum(item.n for item in found.left_out) == 80
    table = found.tables[0]
    assert table.carriers.n + table.others.n + table.n_unknown == found.n
    later = after_landmark(surv, 182.625)
    assert later.surv.n + later.n_event_before + later.n_censored_before == 80


def test_survival_from_a_landmark_keeps_late_entry() -> None:
    later = after_landmark(Surv([50, 60, 70, 20], [1, 0, 1, 1], [0, 10, 40, 0]), 30)
    assert later.surv.time.tolist() == [20, 30, 40]
    assert later.surv.entry is not None
    assert later.surv.entry.tolist() == [0, 0, 10]
    assert later.kept.tolist() == [0, 1, 2]
    assert later.n_event_before == 1


@pytest.mark.parametrize("days", [0.0, -3.0, math.nan, math.inf])
def test_a_landmark_is_a_number_of_days(days: float) -> None:
    surv = Surv([10], [1])
    for ask in (after_landmark, landmark_outcome):
        with pytest.raises(DataError, match="a finite number of days above 0"):
            ask(surv, days)


def test_nobody_beyond_the_landmark() -> None:
    with pytest.raises(NotEstimable, match="Choose an earlier landmark"):
        after_landmark(Surv([10, 20], [1, 1]), 30)


def test_all_small_tables_agree_with_enumeration() -> None:
    for n1, n2 in itertools.product(range(1, 5), repeat=2):
        for a, c in itertools.product(range(n1 + 1), range(n2 + 1)):
            t = a + c
            counts = {
                k: math.comb(n1, k) * math.comb(n2, t - k)
                for k in range(max(0, t - n2), min(n1, t) + 1)
            }
            want = sum(v for v in counts.values() if v <= counts[a]) / math.comb(n1 + n2, t)
            assert exact_odds(a, n1, c, n2, 0.05).p_value == pytest.approx(want, rel=1e-12)
