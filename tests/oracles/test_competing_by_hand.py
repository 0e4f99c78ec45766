"""Competing risks and restricted means worked by hand, and by slow definitions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from embogen.inference.competing import cumulative_incidence
from embogen.inference.cumulative_hazard import nelson_aalen
from embogen.inference.design import Design
from embogen.inference.fine_gray import fine_gray
from embogen.inference.gray import gray_test
from embogen.inference.rmst import rmst
from embogen.surv import Surv
from embogen.survival.aalen_johansen import aalen_johansen
from embogen.survival.event_counts import event_counts
from embogen.survival.fine_gray import weighted_rows
from embogen.survival.risk_sets import build
from embogen.survival.score_residuals import score_residuals

CAUSES = ("progression", "death")


def textbook_incidence(
    time: np.ndarray, cause: np.ndarray, entry: np.ndarray, weight: np.ndarray, k: int
) -> np.ndarray:
    """F_k just after each distinct time, straight from the definition."""
    free, total, out = 1.0, 0.0, []
    for t in np.unique(time):
        at_risk = weight[(entry < t) & (time >= t)].sum()
        here = time == t
        total += free * weight[here & (cause == k)].sum() / at_risk
        free *= 1.0 - weight[here & (cause > 0)].sum() / at_risk
        out.append(total)
    return np.array(out)


def test_incidence_of_six_patients() -> None:
    # at risk 6, 5, 4, 2, 1: progression at 1, death at 2, two leave at 3 (one progresses),
    # progression at 5, censored at 8
    surv = Surv([1, 2, 3, 3, 5, 8], [1, 2, 1, 0, 1, 0], causes=CAUSES)
    found = cumulative_incidence(surv)
    # free: 5/6, 4/6, 4/6 * 3/4 = 1/2, 1/4, 1/4
    assert found.curve("progression").incidence.tolist() == pytest.approx(
        [1 / 6, 1 / 6, 1 / 6 + (4 / 6) / 4, 1 / 3 + (1 / 2) / 2, 1 / 3 + 1 / 4]
    )
    assert found.curve("death").incidence.tolist() == pytest.approx([0, 1 / 6, 1 / 6, 1 / 6, 1 / 6])
    assert math.isnan(found.curve("progression").at(100).value)
    assert found.curve("progression").at(8).value == pytest.approx(7 / 12)


def test_without_censoring_the_error_is_binomial() -> None:
    # everybody's end is known: F is a proportion, and both variances are p (1 - p) / n
    time, cause = np.arange(1.0, 8.0), np.array([1, 2, 1, 1, 2, 2, 1])
    curve = cumulative_incidence(Surv(time, cause, causes=CAUSES)).curve("progression")
    p = np.cumsum(cause == 1) / 7
    np.testing.assert_allclose(curve.incidence, p)
    np.testing.assert_allclose(curve.std_error, np.sqrt(p * (1 - p) / 7))


@pytest.mark.parametrize("seed", range(6))
def test_jackknife_is_the_derivative_by_each_weight(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 25
    time = np.ceil(rng.exponential(8, n)) + 1
    cause = rng.integers(0, 3, n)
    entry = np.minimum(rng.integers(-4, 4, n), time - 1).clip(0).astype(float)
    entry[:6] = 0  # so that early risk sets are not emptied
    time[:4] = time.max() + 1
    weight = rng.uniform(0.5, 2.0, n).round(2)
    sets = build(time, cause > 0, entry=entry, weights=weight)
    (counts,) = event_counts(sets, cause, 2)
    found = aalen_johansen(counts, cause, weight)
    for k in (1, 2):
        np.testing.assert_allclose(
            found.incidence[:, k - 1], textbook_incidence(time, cause, entry, weight, k), atol=1e-14
        )
        change = []
        for i in range(n):
            step = np.where(np.arange(n) == i, 1e-5, 0.0)
            up = textbook_incidence(time, cause, entry, weight + step, k)
            down = textbook_incidence(time, cause, entry, weight - step, k)
            change.append(weight[i] * (up - down) / 2e-5)
        numeric = np.sqrt(np.sum(np.square(change), axis=0))
        np.testing.assert_allclose(found.jackknife_error[:, k - 1], numeric, rtol=1e-6, atol=1e-9)


def test_gray_of_two_groups_without_competition_is_near_the_logrank_score() -> None:
    # one cause, no censoring, no ties: at each event R_r = Y_r (1 - F_r) / S_r with F = 1 - S, so
    # R_r = Y_r, and the score is the log-rank score
    surv = Surv([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], causes=CAUSES)
    test = gray_test(surv, ["A", "B", "A", "B", "B"])
    expected_a = 2 / 5 + 1 / 4 + 1 / 3
    assert test.score.tolist() == pytest.approx([2 - expected_a, expected_a - 2])


def test_subdistribution_weights_of_six_patients() -> None:
    # death at 2 (patient 0); censored at 3 (of 5 at risk), 5 (of 3); progression at 4, 6, 7
    time = np.array([2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    cause = np.array([2, 0, 1, 0, 1, 1])
    rows = weighted_rows(time, cause, 1, None, None)
    after = list(zip(rows.start[6:], rows.stop[6:], rows.weight[6:], strict=True))
    assert after == [
        (2.0, 4.0, pytest.approx(4 / 5)),
        (4.0, 7.0, pytest.approx(4 / 5 * 2 / 3)),
    ]


def test_late_entry_weights_of_five_patients() -> None:
    # patient 0 dies at 2; patient 4 enters at 3, when patients 1, 2, 3 are under observation, so
    # one of the four present has just come: H(2-) = 3/4, H beyond 3 is 1; nobody is censored
    time = np.array([2.0, 4.0, 5.0, 6.0, 7.0])
    cause = np.array([2, 1, 1, 1, 1])
    entry = np.array([0.0, 0.0, 0.0, 0.0, 3.0])
    rows = weighted_rows(time, cause, 1, entry, None)
    assert rows.stop[5:].tolist() == [7.0]
    assert rows.weight[5:].tolist() == pytest.approx([1 / (3 / 4)])


def test_fine_gray_of_four_patients() -> None:
    # progression at 1 (x = 1) and 3 (x = 0), death at 2 (x = 1) with weight 1 for ever, censored
    # at 4 (x = 0): l = b - log(2 e^b + 2) - log(e^b + 2); its maximum has e^b = r with
    # 1 = 2r / (2r + 2) + r / (r + 2), that is r^2 + r - 2 = ... solved below
    surv = Surv([1, 2, 3, 4], [1, 2, 1, 0], causes=CAUSES)
    fit = fine_gray(surv, Design.from_arrays([1, 1, 0, 0], ["x"]))
    # 1 - r / (r + 1) = r / (r + 2)  =>  r + 2 = r (r + 1)  =>  r = sqrt(2)
    assert fit.estimates[0].hr.value == pytest.approx(math.sqrt(2), rel=1e-10)
    r = math.sqrt(2)
    assert fit.loglik == pytest.approx(math.log(r) - math.log(2 * r + 2) - math.log(r + 2))


def slow_score_residuals(
    rows: tuple[np.ndarray, ...], x: np.ndarray, beta: np.ndarray, efron: float
) -> np.ndarray:
    start, stop, event, weight, strata = rows
    out = np.zeros_like(x)
    r = np.exp(x @ beta)
    for stratum, t in itertools.product(np.unique(strata), np.unique(stop[event])):
        inside = strata == stratum
        at = inside & (start < t) & (stop >= t)
        dead = inside & event & (stop == t)
        d = int(dead.sum())
        for step in range(d):
            f = efron * step / d
            part = weight * r * (at - f * dead)
            mean = (part[:, None] * x).sum(0) / part.sum()
            hazard = weight[dead].sum() / d / part.sum()
            out += (dead / d)[:, None] * (x - mean)
            out -= ((at - f * dead) * r * hazard)[:, None] * (x - mean)
    return out


@pytest.mark.parametrize("efron", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_score_residuals_are_their_definition(seed: int, efron: float) -> None:
    rng = np.random.default_rng(seed)
    n = 30
    stop = rng.integers(3, 9, n).astype(float)
    start = np.minimum(rng.integers(0, 5, n), stop - 1)
    event, weight = rng.random(n) < 0.6, rng.uniform(0.3, 2, n)
    strata = rng.integers(0, 2, n)
    x = rng.normal(size=(n, 2))
    beta = np.array([0.4, -0.7])
    sets = build(stop, event, entry=start, strata=strata, weights=weight)
    walked = np.ascontiguousarray(x[sets.order])
    found = score_residuals(sets, walked, beta, np.empty(0), efron)
    slow = slow_score_residuals((start, stop, event, weight, strata), x, beta, efron)
    np.testing.assert_allclose(found, slow[sets.order], rtol=1e-10, atol=1e-12)


def test_restricted_means_of_two_groups() -> None:
    # A: events at 2, 4 of two; S = 1, 1/2, 0: area to 6 = 2 + 1 = 3, Var = (1)^2 / 2 = 1/2
    # B: event at 3 of two, the other censored at 6: 3 + 3/2 = 9/2, Var = (3/2)^2 / 2 = 9/8
    found = rmst(Surv([2, 4, 3, 6], [1, 1, 1, 0]), 6, groups=["A", "A", "B", "B"])
    assert [g.mean.value for g in found.groups] == [3.0, 4.5]
    assert [g.std_error**2 for g in found.groups] == pytest.approx([1 / 2, 9 / 8])
    (contrast,) = found.contrasts
    assert contrast.difference.value == 1.5
    assert contrast.std_error**2 == pytest.approx(13 / 8)
    assert contrast.ratio.value == 1.5
    assert found.groups[0].lost.value == 3.0


def test_cumulative_hazard_with_ties_spread_and_together() -> None:
    surv = Surv([1, 1, 2, 3], [1, 1, 0, 1])
    together = nelson_aalen(surv).curves[0]
    assert together.hazard.tolist() == pytest.approx([2 / 4, 2 / 4, 3 / 2])
    assert together.std_error.tolist() == pytest.approx(np.sqrt([2 / 16, 2 / 16, 2 / 16 + 1]))
    spread = nelson_aalen(surv, ties="one_by_one").curves[0]
    assert spread.hazard.tolist() == pytest.approx([1 / 4 + 1 / 3, 1 / 4 + 1 / 3, 19 / 12])


def test_gray_where_the_common_incidence_is_used_up() -> None:
    # both of A on day 1: H = 4, dF = 1/2; then B is alone with H = 2, on day 2 dF = 1/2 makes the
    # common incidence 1, and on day 3 nothing is left of it for the last event
    surv = Surv([1, 1, 2, 3], [1, 1, 1, 1], causes=CAUSES)
    test = gray_test(surv, ["A", "A", "B", "B"])
    assert test.score.tolist() == pytest.approx([1.0, -1.0])
    assert test.df == 0
    assert math.isnan(test.statistic)
    assert math.isnan(test.p_value)
