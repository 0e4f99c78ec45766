"""Residuals, concordance and exact ties against definitions written out row by row."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from embogen import DataError, Design, Surv, fit_cox
from embogen.errors import NotEstimable
from embogen.inference.concordance import concordance
from embogen.inference.ph_test import proportional_hazards
from embogen.inference.prediction import baseline_hazard, predict_survival
from embogen.inference.residuals import cox_residuals


def cohort(seed: int, n: int = 40) -> dict[str, np.ndarray]:
    """A cohort with ties, delayed entry, strata, weights and an offset."""
    rng = np.random.default_rng(seed)
    time = rng.integers(3, 12, n).astype(float)
    return {
        "time": time,
        "event": rng.integers(0, 4, n) > 0,
        "entry": np.minimum(rng.integers(0, 6, n), time - 1),
        "x": np.column_stack([rng.integers(0, 2, n), rng.normal(60, 8, n).round(1)]),
        "strata": rng.integers(0, 2, n),
        "weights": rng.choice([0.5, 1.0, 2.0], n),
        "offset": rng.normal(0, 0.3, n).round(2),
    }


def fitted(data: dict[str, np.ndarray], **options: object):
    surv = Surv(data["time"], data["event"], data["entry"])
    design = Design.from_arrays(data["x"], ["gene", "age"])
    rows = {name: data[name] for name in ("strata", "weights", "offset")}
    return fit_cox(surv, design, **rows, **options), surv, design, rows


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_breslow_residuals_are_their_definitions(seed: int) -> None:
    data = cohort(seed)
    fit, surv, design, rows = fitted(data, ties="breslow")
    result = cox_residuals(fit, surv, design, **rows)
    risk = np.exp(data["x"] @ fit.coef + data["offset"])
    n = len(risk)
    martingale, score = data["event"].astype(float), np.zeros((n, 2))
    schoenfeld = {}
    for i in np.flatnonzero(data["event"]):
        t = data["time"][i]
        there = (data["entry"] < t) & (t <= data["time"]) & (data["strata"] == data["strata"][i])
        share = np.where(there, data["weights"] * risk, 0.0)
        mean = share @ data["x"] / share.sum()
        schoenfeld[i] = data["x"][i] - mean
        score[i] += schoenfeld[i]
        step = np.where(there, risk * data["weights"][i] / share.sum(), 0.0)
        martingale -= step
        score -= step[:, None] * (data["x"] - mean)
    np.testing.assert_allclose(result.martingale, martingale, atol=1e-9)
    np.testing.assert_allclose(result.score, score, atol=1e-8)
    ours = dict(zip(result.event_row, result.schoenfeld, strict=True))
    assert ours.keys() == schoenfeld.keys()
    for i, expected in schoenfeld.items():
        np.testing.assert_allclose(ours[i], expected, atol=1e-8)
    assert (np.diff(data["strata"][result.event_row]) >= 0).all()


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_weighted_residuals_sum_to_zero_at_the_maximum(ties: str) -> None:
    data = cohort(4)
    fit, surv, design, rows = fitted(data, ties=ties)
    result = cox_residuals(fit, surv, design, **rows)
    assert abs(result.martingale @ data["weights"]) < 1e-9
    np.testing.assert_allclose(data["weights"] @ result.score, 0.0, atol=1e-6)
    assert result.scaled_schoenfeld.shape == (fit.n_events, 2)


def test_dfbeta_approaches_the_fit_without_the_row() -> None:
    data = cohort(5, n=200)
    fit, surv, design, rows = fitted(data)
    change = cox_residuals(fit, surv, design, **rows).dfbeta
    for i in (0, 7, 50):
        rest = np.arange(200) != i
        less, *_ = fitted({name: values[rest] for name, values in data.items()})
        np.testing.assert_allclose(fit.coef - less.coef, change[i], rtol=0.15, atol=2e-4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_concordance_counts_the_pairs_of_each_risk_set(seed: int) -> None:
    data = cohort(seed)
    score = np.round(data["x"][:, 1] / 8)
    surv = Surv(data["time"], data["event"], data["entry"])

    def count(weights: np.ndarray) -> np.ndarray:
        total = np.zeros(3)
        for i, j in itertools.permutations(range(len(score)), 2):
            t = data["time"][i]
            later = data["time"][j] > t or (data["time"][j] == t and not data["event"][j])
            there = data["entry"][j] < t and data["strata"][i] == data["strata"][j]
            if data["event"][i] and later and there:
                kind = 0 if score[i] > score[j] else 1 if score[i] < score[j] else 2
                total[kind] += weights[i] * weights[j]
        return total

    def value(weights: np.ndarray) -> float:
        total = count(weights)
        return (total[0] + total[2] / 2) / total.sum()

    result = concordance(surv, score, strata=data["strata"], weights=data["weights"])
    ours = [result.concordant, result.discordant, result.tied_score]
    np.testing.assert_allclose(ours, count(data["weights"]), rtol=1e-12)
    h = 1e-4
    jackknife = []
    for i in range(len(score)):
        up, down = data["weights"].copy(), data["weights"].copy()
        up[i], down[i] = up[i] + h, down[i] - h
        jackknife.append(data["weights"][i] * (value(up) - value(down)) / (2 * h))
    assert result.std_error == pytest.approx(np.sqrt(np.sum(np.square(jackknife))), rel=1e-6)


@pytest.mark.parametrize("seed", [1, 2])
def test_exact_ties_go_through_all_subsets(seed: int) -> None:
    """Likelihood, score test and maximum by enumeration, with delayed entry and strata."""
    data = cohort(seed, n=24)
    surv = Surv(data["time"], data["event"], data["entry"])
    design = Design.from_arrays(data["x"], ["gene", "age"])
    fit = fit_cox(surv, design, ties="exact", strata=data["strata"], offset=data["offset"])

    def loglik(beta: np.ndarray) -> float:
        eta = (data["x"] - data["x"].mean(axis=0)) @ beta + data["offset"]
        total = 0.0
        for stratum, t in {*zip(data["strata"], data["time"], strict=True)}:
            there = (data["entry"] < t) & (t <= data["time"]) & (data["strata"] == stratum)
            dying = there & data["event"] & (data["time"] == t)
            sums = [sum(s) for s in itertools.combinations(eta[there], int(dying.sum()))]
            total += eta[dying].sum() - np.log(np.sum(np.exp(sums)))
        return total

    assert fit.convergence.status == "ok"
    assert fit.loglik_null == pytest.approx(loglik(np.zeros(2)), abs=1e-9)
    assert fit.loglik == pytest.approx(loglik(fit.coef), abs=1e-9)
    for k, h in ((0, 1e-4), (1, 1e-5)):
        step = h * np.eye(2)[k]
        slope = (loglik(fit.coef + step) - loglik(fit.coef - step)) / (2 * h)
        curve = (loglik(fit.coef + step) - 2 * fit.loglik + loglik(fit.coef - step)) / h**2
        assert slope == pytest.approx(0.0, abs=1e-4)
        information = np.linalg.inv(fit.covariance)[k, k]
        assert -curve == pytest.approx(information, rel=1e-3)


def test_exact_ties_with_many_tied_events_keep_their_digits() -> None:
    """Without an effect the likelihood of each quarter is one over a binomial coefficient."""
    n, half = 2000, 1000
    time = np.repeat([1.0, 2.0], half)
    x = np.tile([0.0, 1.0], half)
    fit = fit_cox(Surv(time, np.ones(n)), Design.from_arrays(x, ["x"]), ties="exact")
    logs = np.cumsum(np.log(np.arange(1, n + 1)))
    assert fit.loglik_null == pytest.approx(-(logs[-1] - 2 * logs[half - 1]), rel=1e-12)
    assert fit.coef[0] == pytest.approx(0.0, abs=1e-9)


def test_forgotten_strata_are_noticed() -> None:
    data = cohort(6)
    fit, surv, design, rows = fitted(data)
    for name in rows:
        others = {key: value for key, value in rows.items() if key != name}
        with pytest.raises(DataError, match="not those of the fit"):
            cox_residuals(fit, surv, design, **others)
    other = Design.from_arrays(data["x"], ["gene", "years"])
    with pytest.raises(DataError, match="fitted to gene, age"):
        baseline_hazard(fit, surv, other, **rows)


def test_a_model_without_a_maximum_has_no_residuals() -> None:
    surv, design = Surv([1, 2], [1, 1]), Design.from_arrays([1, 0], ["x"])
    with pytest.raises(NotEstimable, match="separated"):
        cox_residuals(fit_cox(surv, design), surv, design)
    discrete = fit_cox(
        Surv([1, 2, 3], [1, 1, 1]), Design.from_arrays([1, 0, 1], ["x"]), ties="exact"
    )
    with pytest.raises(NotEstimable, match="discrete time"):
        proportional_hazards(
            discrete, Surv([1, 2, 3], [1, 1, 1]), Design.from_arrays([1, 0, 1], ["x"])
        )


def test_exact_ties_refuse_weights_and_clusters() -> None:
    surv, design = Surv([1, 2, 3], [1, 1, 1]), Design.from_arrays([1, 0, 1], ["x"])
    for options in ({"weights": [1, 2, 1]}, {"cluster": [1, 1, 2]}):
        with pytest.raises(ValueError, match="exact"):
            fit_cox(surv, design, ties="exact", **options)


def test_clusters_of_one_row_are_rows_and_repeated_rows_count_once() -> None:
    data = cohort(7)
    alone, surv, design, rows = fitted(data, cluster=np.arange(40))
    change = cox_residuals(alone, surv, design, **rows).dfbeta
    np.testing.assert_allclose(alone.covariance, change.T @ change, rtol=1e-9)
    twice = {name: np.concatenate([values, values]) for name, values in data.items()}
    doubled, *_ = fitted(twice, ties="breslow", cluster=np.tile(np.arange(40), 2))
    single, *_ = fitted(data, ties="breslow", cluster=np.arange(40))
    np.testing.assert_allclose(doubled.covariance, single.covariance, rtol=1e-8)
    assert doubled.estimates[0].hr.p_method == "robust_wald"
    assert doubled.robust.n_clusters == 40


def test_a_curve_is_that_of_its_profile_wherever_covariates_are_centred() -> None:
    data = cohort(8)
    fit, surv, design, rows = fitted(data)
    base = baseline_hazard(fit, surv, design, **rows)
    (one, two) = predict_survival(
        fit, surv, design, Design.from_arrays([[1, 60]], ["gene", "age"]), **rows
    )
    for curve, stratum in zip((one, two), base, strict=True):
        risk = np.exp(np.array([1, 60]) @ fit.coef)
        np.testing.assert_allclose(curve.hazard, stratum.hazard * risk, rtol=1e-9)
    far = Design.from_arrays(data["x"] + np.array([0, 1e7]), ["gene", "age"])
    moved = fit_cox(surv, far, **rows)
    shifted = predict_survival(
        moved, surv, far, Design.from_arrays([[1, 1e7 + 60]], ["gene", "age"]), **rows
    )
    np.testing.assert_allclose(shifted[0].std_error, one.std_error, rtol=1e-6)
