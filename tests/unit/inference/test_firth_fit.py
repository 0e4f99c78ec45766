"""A Cox model with Firth's penalty, as a user meets it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.inference.result_rows import result_rows
from embogen.survival.penalised import Penalised
from embogen.survival.risk_sets import build
from oracles.textbook_firth import limit, maximise

TIME = [4.0, 4.0, 6.0, 6.0, 7.0, 9.0, 5.0, 5.0, 8.0, 10.0]
ENTRY = [0.0, 1.0, 4.0, 3.0, 0.0, 5.0, 0.0, 2.0, 5.0, 4.0]
EVENT = [1, 1, 1, 1, 1, 0, 1, 1, 1, 0]
STRATA = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
GENE = [1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
HALF_QUANTILE = 1.9207294103470607


def two_patients():
    """The carrier fails first: the likelihood rises for ever, Firth's hazard ratio is 3."""
    return Surv([1, 2], [1, 0]), Design.from_arrays([1, 0], ["DAXX"])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_estimate_and_limits_with_entry_and_strata_are_those_of_a_general_optimiser(ties) -> None:
    options = {"entry": ENTRY, "strata": STRATA, "efron": ties == "efron"}
    columns = np.array(GENE).reshape(-1, 1)
    surv, design = Surv(TIME, EVENT, ENTRY), Design.from_arrays(GENE, ["DAXX"])
    fit = fit_cox(surv, design, ties=ties, strata=STRATA, penalty="firth")
    (item,) = fit.estimates
    beta, top = maximise(TIME, EVENT, columns, **options)
    null = maximise(TIME, EVENT, columns, held={0: 0.0}, **options)[1]
    assert item.coef == pytest.approx(beta[0], rel=1e-6)
    assert fit.loglik == pytest.approx(top, rel=1e-12)
    assert fit.loglik_null == pytest.approx(null, rel=1e-12)
    assert fit.lr_test.statistic == pytest.approx(2 * (top - null), rel=1e-9)
    for side, ours in ((-1.0, item.hr.interval.low), (1.0, item.hr.interval.high)):
        theirs = limit(TIME, EVENT, columns, column=0, sign=side, drop=HALF_QUANTILE, **options)
        assert math.log(ours) == pytest.approx(theirs, rel=1e-6)


def test_the_headline_is_the_penalised_profile_and_wald_stands_beside_it() -> None:
    fit = fit_cox(*two_patients(), penalty="firth")
    (item,) = fit.estimates
    assert item.hr.value == pytest.approx(3.0, rel=1e-8)
    assert (item.hr.p_method, item.hr.interval.method) == (
        "penalised_likelihood_ratio",
        "profile_penalised_likelihood",
    )
    # l* = 3/2 log r - 2 log(1 + r): by how much it falls from r = 3 to r = 1
    fall = 1.5 * math.log(3) - 2 * math.log(4) + 2 * math.log(2)
    assert fit.lr_test.statistic == pytest.approx(2 * fall, rel=1e-9)
    assert item.hr.p_value == item.lr_p_value == pytest.approx(fit.lr_test.p_value, rel=1e-9)
    for end in (item.hr.interval.low, item.hr.interval.high):
        lost = 1.5 * math.log(3 / end) - 2 * math.log(4 / (1 + end))
        assert lost == pytest.approx(HALF_QUANTILE, rel=1e-9)
    assert item.wald.p_method == item.wald.interval.method == "wald"
    assert item.se == pytest.approx(4 / math.sqrt(3), rel=1e-8)  # I = r / (1 + r)^2 = 3 / 16
    assert (fit.penalty, fit.score_test) == ("firth", None)


def test_what_only_the_penalty_makes_finite_is_said() -> None:
    fit = fit_cox(*two_patients(), penalty="firth")
    said = [caveat for caveat in fit.caveats if caveat.code == "penalised_separation"]
    assert [caveat.subject for caveat in said] == ["DAXX"]
    assert said[0].evidence == {"without_penalty": "infinite"}
    overlapping = fit_cox(
        Surv([1, 2, 3, 4], [1, 1, 1, 1]), Design.from_arrays([1, 0, 1, 0], ["x"]), penalty="firth"
    )
    assert "penalised_separation" not in {caveat.code for caveat in overlapping.caveats}


def test_rows_name_the_penalty_and_hold_both_p_values() -> None:
    fit = fit_cox(*two_patients(), ties="breslow", penalty="firth")
    rows = {row.statistic: row for row in result_rows(fit, analysis="a", endpoint="e") if row.term}
    assert rows["hr"].method == "breslow_firth"
    assert rows["p_value_lr"].method == "penalised_likelihood_ratio"
    assert rows["p_value_wald"].value == fit.estimates[0].wald.p_value
    assert rows["ci_low_wald"].value == fit.estimates[0].wald.interval.low
    plain = fit_cox(*two_patients())
    assert "p_value_wald" not in {
        row.statistic for row in result_rows(plain, analysis="a", endpoint="e")
    }


@pytest.mark.parametrize(("factor", "origin"), [(1e9, 0.0), (1e-6, 0.0), (1.0, 1e7)])
def test_units_and_origins_change_nothing_but_the_unit_of_the_coefficient(factor, origin) -> None:
    surv = Surv(TIME, EVENT, ENTRY)
    age = np.array([0.2, -1.1, 1.4, -0.3, 0.9, -0.8, 0.0, 1.2, -0.6, 0.5])
    columns = np.column_stack([GENE, age])
    plain = fit_cox(surv, Design.from_arrays(columns, ["gene", "age"]), penalty="firth")
    columns = np.column_stack([GENE, age * factor + origin])
    other = fit_cox(surv, Design.from_arrays(columns, ["gene", "age"]), penalty="firth")
    # 1e7 + x holds x to 9 digits only
    np.testing.assert_allclose(
        [item.z for item in other.estimates], [item.z for item in plain.estimates], rtol=1e-7
    )
    np.testing.assert_allclose(
        other.estimates[0].hr.interval.low, plain.estimates[0].hr.interval.low
    )
    assert other.lr_test.statistic == pytest.approx(plain.lr_test.statistic, rel=1e-7)
    assert other.loglik - plain.loglik == pytest.approx(math.log(factor), rel=1e-7, abs=1e-6)


def test_constant_and_collinear_columns_leave_the_penalty_too() -> None:
    surv = Surv(TIME, EVENT, ENTRY)
    alone = fit_cox(surv, Design.from_arrays(GENE, ["gene"]), penalty="firth")
    columns = np.column_stack([np.ones(10), GENE, 2 * np.array(GENE) + 1])
    fit = fit_cox(surv, Design.from_arrays(columns, ["one", "gene", "again"]), penalty="firth")
    assert fit.convergence.status == "aliased"
    assert [item.status for item in fit.estimates] == ["not_estimable", "ok", "not_estimable"]
    named = {c.code: c.subject for c in fit.caveats if c.code.endswith("_term")}
    assert named == {"constant_term": "one", "collinear_term": "again"}
    assert fit.loglik == pytest.approx(alone.loglik, rel=1e-12)
    assert fit.estimates[1].hr.interval.high == pytest.approx(alone.estimates[0].hr.interval.high)
    assert fit.lr_test.df == 1


def test_no_events_say_so() -> None:
    fit = fit_cox(Surv([1, 2], [0, 0]), Design.from_arrays([1, 0], ["x"]), penalty="firth")
    assert (fit.convergence.status, fit.penalty) == ("no_events", "firth")


@pytest.mark.parametrize("options", [{"penalty": "ridge"}, {"penalty": "firth", "cluster": [1, 2]}])
def test_what_is_not_offered_is_refused(options) -> None:
    with pytest.raises(ValueError, match="without clusters"):
        fit_cox(*two_patients(), **options)


def test_a_second_higher_maximum_is_climbed() -> None:
    gene = np.array(GENE).reshape(-1, 1)
    model = Penalised(build(np.array(TIME), np.array(EVENT) == 1), gene, np.empty(0), 1.0)
    top, beta = model.loglik, float(model.beta[0])
    model._climb(np.zeros(1))
    assert not model.climbed_higher()
    # pretend that the ascent had stopped half-way
    low = model.profile(0, 0.5 * beta)
    model._best = model._best._replace(beta=0.5 * model._best.beta, loglik=low - model._units)
    model.profile(0, beta)
    assert model.climbed_higher()
    assert model.loglik == pytest.approx(top, rel=1e-12)
