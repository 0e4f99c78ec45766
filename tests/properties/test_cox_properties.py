"""What must hold for any data: symmetries, limits of the likelihood, and no silent nonsense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from textbook_partial_likelihood import partial_loglik, recession_signs

from embogen import DataError, Design, Surv, fit_cox, kaplan_meier, logrank

SEEDS = st.integers(0, 10_000)
QUICK = settings(max_examples=12)


def cohort(seed, n=24, p=2):
    rng = np.random.default_rng(seed)
    time = np.ceil(rng.exponential(40, n))
    entry = np.floor(time * rng.uniform(0, 0.8, n))
    event = rng.random(n) < 0.75
    event[:3] = True
    columns = np.column_stack([rng.normal(size=n), *(rng.random((p - 1, n)) < 0.4)]).astype(float)
    return rng, time, event, entry, columns


def coefs(time, event, columns, entry=None, **options: object):
    return fit_cox(Surv(time, event, entry), Design.from_arrays(columns, ["a", "b"]), **options)


@QUICK
@given(SEEDS)
def test_row_order_and_time_unit_do_not_matter(seed) -> None:
    rng, time, event, entry, columns = cohort(seed)
    fit = coefs(time, event, columns, entry)
    shuffled = rng.permutation(len(time))
    again = coefs(
        time[shuffled] / 30.4375, event[shuffled], columns[shuffled], entry[shuffled] / 30.4375
    )
    np.testing.assert_allclose(again.coef, fit.coef, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(again.covariance, fit.covariance, rtol=1e-8, atol=1e-12)


@QUICK
@given(SEEDS)
def test_recoding_a_group_inverts_its_hazard_ratio(seed) -> None:
    _, time, event, _, columns = cohort(seed)
    fit = coefs(time, event, columns)
    assume(fit.convergence.status == "ok")
    columns[:, 1] = 1 - columns[:, 1]
    flipped = coefs(time, event, columns).estimates[1]
    plain = fit.estimates[1]
    assert flipped.hr.value == pytest.approx(1 / plain.hr.value, rel=1e-9)
    assert flipped.hr.interval.low == pytest.approx(1 / plain.hr.interval.high, rel=1e-8)
    assert flipped.hr.p_value == pytest.approx(plain.hr.p_value, rel=1e-8)


@QUICK
@given(SEEDS, st.sampled_from(["efron", "breslow"]))
def test_entry_at_zero_is_no_entry(seed, ties) -> None:
    _, time, event, _, columns = cohort(seed)
    fit = coefs(time, event, columns, ties=ties)
    with_entry = coefs(time, event, columns, np.zeros(len(time)), ties=ties)
    np.testing.assert_array_equal(with_entry.coef, fit.coef)


@QUICK
@given(SEEDS)
def test_breslow_weights_are_duplicates(seed) -> None:
    rng, time, event, entry, columns = cohort(seed)
    weights = rng.integers(1, 4, len(time))
    rows = np.repeat(np.arange(len(time)), weights)
    weighted = coefs(time, event, columns, entry, ties="breslow", weights=weights)
    repeated = coefs(time[rows], event[rows], columns[rows], entry[rows], ties="breslow")
    np.testing.assert_allclose(weighted.coef, repeated.coef, rtol=1e-9, atol=1e-12)
    assert weighted.loglik == pytest.approx(repeated.loglik, rel=1e-11)


@QUICK
@given(SEEDS, st.sampled_from([(1e16, 0.0), (1e-9, 0.0), (-3.7, 0.0), (1.0, 1e9), (1.0, -1e7)]))
def test_units_and_origins_of_covariates_do_not_matter(seed, change) -> None:
    unit, origin = change
    _, time, event, entry, columns = cohort(seed)
    columns = (
        np.round(columns * 64) / 64
    )  # so that adding 1e9 loses no digit of the data themselves
    fit = coefs(time, event, columns, entry)
    assume(fit.convergence.status == "ok")
    moved = coefs(time, event, columns * unit + origin, entry)
    ours = [item.z * np.sign(unit) for item in moved.estimates]
    np.testing.assert_allclose(ours, [item.z for item in fit.estimates], rtol=1e-8, atol=1e-10)


@QUICK
@given(SEEDS)
def test_a_covariate_of_every_stratum_is_not_estimable_within_strata(seed) -> None:
    _, time, event, entry, columns = cohort(seed)
    strata = columns[:, 1].astype(int)
    fit = coefs(time, event, columns, entry, strata=strata)
    assert fit.estimates[1].status == "not_estimable"
    alone = fit_cox(
        Surv(time, event, entry), Design.from_arrays(columns[:, :1], ["a"]), strata=strata
    )
    assert fit.coef[0] == pytest.approx(alone.coef[0], rel=1e-8, abs=1e-12)


@settings(max_examples=30)
@given(SEEDS, st.integers(3, 9), st.booleans())
def test_separation_is_found_exactly_when_a_direction_of_recession_exists(seed, n, late) -> None:
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 8, n).astype(float)
    entry = np.floor(time * rng.uniform(0, 0.99, n)) if late else None
    event, columns = rng.random(n) < 0.5, rng.integers(-1, 3, (n, 2))
    assume(event.any())
    fit = coefs(time, event, columns, entry)
    assume(not np.isnan(fit.coef).any() or fit.convergence.status == "separated")
    assume(not any(caveat.code.endswith("_term") for caveat in fit.caveats))
    signs = recession_signs(time, event, columns, entry)
    expected = [
        "not_estimable" if len(s) == 2 else {1: "infinite", -1: "zero"}[s.pop()] if s else "ok"
        for s in signs
    ]
    assert [item.status for item in fit.estimates] == expected
    assert fit.convergence.status == ("ok" if expected == ["ok", "ok"] else "separated")


@QUICK
@given(SEEDS)
def test_the_limit_of_the_likelihood_is_its_supremum(seed) -> None:
    rng = np.random.default_rng(seed)
    n = 12
    time, event = rng.permutation(n) + 1.0, rng.random(n) < 0.6
    x = (time > n - 3).astype(float)
    event[x == 1] = False
    event[np.argmin(time)] = True
    columns = np.column_stack([rng.integers(0, 4, n).astype(float), x])
    fit = coefs(time, event, columns)
    assume(fit.estimates[0].status == "ok" and fit.estimates[1].status == "zero")
    far = [fit.coef[0], -35.0]
    assert partial_loglik(time, event, columns, far) == pytest.approx(
        fit.loglik, rel=1e-10, abs=1e-10
    )


VALUES = st.one_of(
    st.integers(-3, 3).map(float), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, 1e150, 1e-150])
)


@settings(max_examples=30)
@given(st.data())
def test_any_shape_ends_with_a_status_and_no_unflagged_nan(data) -> None:
    n, p = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 4))
    time = data.draw(st.lists(st.floats(0.01, 1e5), min_size=n, max_size=n))
    event = data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    columns = np.array(data.draw(st.lists(VALUES, min_size=n * p, max_size=n * p))).reshape(n, p)
    late = data.draw(st.booleans())
    entry = [t * data.draw(st.sampled_from([0.0, 0.5])) for t in time] if late else None
    ties = data.draw(st.sampled_from(["efron", "breslow"]))
    surv = Surv(time, event, entry)
    fit = fit_cox(surv, Design.from_arrays(columns, [f"v{k}" for k in range(p)]), ties=ties)
    codes = {caveat.code for caveat in fit.caveats}
    wanted = {"separated": "separation", "no_events": "no_events", "not_converged": "not_converged"}
    if fit.convergence.status in wanted:
        assert wanted[fit.convergence.status] in codes
    assert np.isfinite(fit.loglik)
    assert fit.loglik >= fit.loglik_null - 1e-9 * abs(fit.loglik_null) - 1e-9
    for item in fit.estimates:
        if item.status == "ok":
            assert np.isfinite([item.coef, item.se, item.z]).all()
            assert 0 <= item.hr.p_value <= 1
        else:
            assert fit.convergence.status != "ok"
    curve = kaplan_meier(surv).curves[0]
    assert ((curve.survival >= 0) & (curve.survival <= 1)).all()


@QUICK
@given(SEEDS)
def test_logrank_does_not_depend_on_the_names_or_order_of_groups(seed) -> None:
    rng, time, event, entry, _ = cohort(seed)
    groups = rng.integers(0, 3, len(time))
    groups[:3] = [0, 1, 2]
    first = logrank(Surv(time, event, entry), groups)
    renamed = logrank(Surv(time, event, entry), np.array(["z", "b", "q"])[groups])
    assert renamed.statistic == pytest.approx(first.statistic, rel=1e-8, abs=1e-10)
    assert first.observed.sum() == pytest.approx(first.expected.sum(), rel=1e-10)


def test_one_unusual_value_does_not_hide_which_coefficients_are_finite() -> None:
    """Only c grows: b and d have patients on both sides of the one event, however far away."""
    rows = np.array([[0, 1, 333333], [-3, 0, -1], [1, 0, 0], [1, 0, 0], *[[0, 0, 0]] * 3])
    rows = np.vstack([rows, [[0, 0, 1], [2, 0, 0]]]).astype(float)
    event = np.array([False] * 6 + [True] + [False] * 2)
    fit = fit_cox(Surv(np.ones(9), event), Design.from_arrays(rows, ["b", "c", "d"]))
    assert [item.status for item in fit.estimates] == ["ok", "zero", "ok"]
    far = [fit.coef[0], -1e3 - 333333 * abs(fit.coef[2]), fit.coef[2]]
    assert partial_loglik(np.ones(9), event, rows, far) == pytest.approx(fit.loglik, rel=1e-10)


def test_differences_too_small_to_square_count_as_none() -> None:
    tiny = Design.from_arrays(np.array([0, 0, 1, 0, 2.0]) * 1e-299, ["volume"])
    fit = fit_cox(Surv([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]), tiny)
    assert fit.estimates[0].status == "not_estimable"
    assert fit.convergence.status == "aliased"
    assert {caveat.code for caveat in fit.caveats} & {"constant_term", "collinear_term"}


def test_values_too_large_to_square_are_refused() -> None:
    with pytest.raises(DataError, match="another unit"):
        Design.from_arrays([[1e200], [0.0]], ["volume"])
