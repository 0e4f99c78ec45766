"""What must hold of competing-risk estimates whatever the data."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embogen.inference.cause_specific import cause_specific_cox
from embogen.inference.competing import cumulative_incidence
from embogen.inference.curves import kaplan_meier
from embogen.inference.design import Design
from embogen.inference.fine_gray import fine_gray
from embogen.inference.gray import gray_test
from embogen.inference.rmst import rmst
from embogen.inference.trend import logrank_trend
from embogen.surv import Surv

CAUSES = ("progression", "death")


@st.composite
def outcomes(draw: st.DrawFn, *, smallest: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole-day times with many ties, causes, and a 0/1 covariate."""
    n = draw(st.integers(smallest, 25))
    time = draw(st.lists(st.integers(1, 12), min_size=n, max_size=n))
    cause = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    x = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    return np.array(time, float), np.array(cause), np.array(x, float)


@given(outcomes())
@settings(max_examples=60)
def test_incidences_and_freedom_from_events_share_out_everybody(data) -> None:
    time, cause, _ = data
    found = cumulative_incidence(Surv(time, cause, causes=CAUSES))
    free = kaplan_meier(Surv(time, cause > 0)).curves[0].survival
    total = sum(curve.incidence for curve in found.curves)
    np.testing.assert_allclose(total + free, 1.0, atol=1e-12)
    for curve in found.curves:
        assert (np.diff(curve.incidence) >= -1e-15).all()
        assert (curve.std_error >= 0).all()
        known = np.isfinite(curve.ci_low)
        assert (curve.ci_low[known] <= curve.incidence[known] + 1e-12).all()
        assert (curve.ci_high[known] >= curve.incidence[known] - 1e-12).all()


@given(outcomes(), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_row_order_and_time_scale_do_not_matter(data, random) -> None:
    time, cause, x = data
    order = np.array(random.sample(range(len(time)), len(time)))
    for variance in ("infinitesimal_jackknife", "aalen"):
        first = cumulative_incidence(Surv(time, cause, causes=CAUSES), variance=variance)
        again = cumulative_incidence(
            Surv(time[order] * 7, cause[order], causes=CAUSES), variance=variance
        )
        for a, b in zip(first.curves, again.curves, strict=True):
            np.testing.assert_allclose(a.incidence, b.incidence, atol=1e-12)
            np.testing.assert_allclose(a.std_error, b.std_error, atol=1e-10)
    one = gray_test(Surv(time, cause, causes=CAUSES), x)
    two = gray_test(Surv(time[order], cause[order], causes=CAUSES), x[order])
    np.testing.assert_allclose(one.score, two.score, atol=1e-12)
    np.testing.assert_allclose(one.covariance, two.covariance, atol=1e-12)


@given(outcomes())
@settings(max_examples=40)
def test_entry_at_the_origin_is_no_delayed_entry(data) -> None:
    time, cause, _ = data
    plain = cumulative_incidence(Surv(time, cause, causes=CAUSES))
    entered = cumulative_incidence(Surv(time, cause, np.zeros(len(time)), CAUSES))
    for a, b in zip(plain.curves, entered.curves, strict=True):
        np.testing.assert_array_equal(a.incidence, b.incidence)
        np.testing.assert_allclose(a.std_error, b.std_error, atol=1e-14)


@given(outcomes())
@settings(max_examples=40)
def test_gray_scores_cancel_and_names_do_not_matter(data) -> None:
    time, cause, x = data
    surv = Surv(time, cause, causes=CAUSES)
    test = gray_test(surv, x)
    swapped = gray_test(surv, 1 - x)
    np.testing.assert_allclose(test.score.sum(), 0.0, atol=1e-12)
    np.testing.assert_allclose(test.covariance.sum(axis=0), 0.0, atol=1e-10)
    np.testing.assert_allclose(test.score, swapped.score[::-1], atol=1e-12)
    assert test.df == swapped.df
    assert test.df == 0 or 0 <= test.p_value <= 1


@given(outcomes(smallest=6))
@settings(max_examples=40)
def test_without_other_causes_fine_gray_is_cox(data) -> None:
    time, cause, x = data
    only = np.where(cause == 2, 0, cause)
    surv = Surv(time, only, causes=CAUSES)
    design = Design.from_arrays(x, ["x"])
    fit = fine_gray(surv, design)
    cox = cause_specific_cox(surv, design, ties="breslow").fit
    assert fit.convergence.status == cox.convergence.status
    np.testing.assert_allclose(fit.coef, cox.coef, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(fit.model_covariance, cox.covariance, rtol=1e-7)


@given(outcomes(smallest=6))
@settings(max_examples=40)
def test_a_recoded_covariate_turns_the_ratio_over(data) -> None:
    time, cause, x = data
    surv = Surv(time, cause, causes=CAUSES)
    one = fine_gray(surv, Design.from_arrays(x, ["x"]))
    two = fine_gray(surv, Design.from_arrays(1 - x, ["x"]))
    assert one.convergence.status == two.convergence.status
    np.testing.assert_allclose(one.coef, -two.coef, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(one.covariance, two.covariance, rtol=1e-6)
    finite = one.convergence.status in {"ok", "aliased"}
    if finite and np.isfinite(one.coef).all():
        assert np.all(np.diff(one.baseline_hazard) > 0)
        assert np.all((one.incidence([1.0]) >= 0) & (one.incidence([1.0]) <= 1))


@given(outcomes(), st.integers(1, 40))
@settings(max_examples=40)
def test_restricted_mean_is_the_mean_time_where_nobody_is_censored(data, horizon) -> None:
    time, _, _ = data
    found = rmst(Surv(time, np.ones(len(time))), horizon).groups[0]
    cut = np.minimum(time, horizon)
    np.testing.assert_allclose(found.mean.value, cut.mean(), rtol=1e-12)
    np.testing.assert_allclose(found.std_error, cut.std() / np.sqrt(len(time)), atol=1e-10)


@given(outcomes())
@settings(max_examples=40)
def test_trend_does_not_depend_on_the_scores_origin_and_unit(data) -> None:
    time, cause, x = data
    groups = x + (np.arange(len(x)) % 2)
    surv = Surv(time, cause > 0)
    k = len(np.unique(groups))
    plain = logrank_trend(surv, groups)
    moved = logrank_trend(surv, groups, scores=[5 + 3 * i for i in range(k)])
    if plain.df and moved.df:
        np.testing.assert_allclose(plain.z, moved.z, rtol=1e-6, atol=1e-9)
