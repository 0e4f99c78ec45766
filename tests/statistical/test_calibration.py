"""What the calibration measures is what embogen prints, and its short form holds its bands."""

from __future__ import annotations

import calibration_adjusted as adjusted
import calibration_alone as alone
import calibration_studies as studies
import numpy as np
import pytest

from embogen.inference.adjusted_permutation import adjusted_permutation_test
from embogen.inference.calibrated_interval import permutation_calibrated_interval
from embogen.inference.cox import fit_cox
from embogen.inference.curves import logrank
from embogen.inference.design import Design
from embogen.inference.p_values import with_p_values
from embogen.inference.permutation import permutation_test
from embogen.inference.profile import profile_intervals
from embogen.surv import Surv

SETTINGS = [pytest.param(setting, id=setting.name) for setting in studies.SETTINGS]


def one_study(seed: int, setting: studies.Setting, k: int):
    """Give a study as the public functions take it, and its carriers as the kernels do."""
    rng = np.random.default_rng(seed)
    outcome, _ = studies.simulate(rng, setting, np.zeros(studies.N))
    sets = outcome.risk_sets()
    chosen = studies.uniform_sets(rng, k, 1)
    x = np.zeros(studies.N)
    x[sets.order[chosen[0]]] = 1.0
    return Surv(outcome.time, outcome.event, outcome.entry), x, sets, chosen


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("k", [3, 6])
@pytest.mark.parametrize("seed", range(6))
def test_measured_p_values_are_those_printed(setting: studies.Setting, k: int, seed: int) -> None:
    surv, x, sets, chosen = one_study(seed, setting, k)
    design = Design.from_arrays(x, [adjusted.GENE])
    fit = with_p_values(
        fit_cox(surv, design), surv, design, generator=lambda _: np.random.default_rng(1)
    )
    item = fit.estimates[0]
    firth = fit_cox(surv, design, penalty="firth").estimates[0]
    found = {name: float(p[0]) for name, p in alone.model_p_values(sets, chosen).items()}
    assert found == pytest.approx(
        {
            "Wald (likelihood ratio where there is no estimate)": item.hr.p_value,
            "likelihood ratio": item.lr_p_value,
            "score": item.score_p_value,
            "log-rank": logrank(surv, x.astype(int)).p_value,
            "Firth, penalised likelihood ratio": firth.hr.p_value,
            "Firth, Wald": firth.wald.p_value,
        },
        rel=1e-6,
    )
    form = alone.score_form(sets, ties=alone.LOGRANK)
    listed = alone.studentised_of_sets(sets, form, studies.all_sets(k))
    z = alone.studentised_of_sets(sets, form, chosen)
    assert item.primary_method == "permutation"
    first = alone.upper_share(np.abs(listed), np.abs(z), drawn=False)
    assert first[0] == item.primary_p
    both = permutation_test(surv, x, statistic="studentised_doubled_tail").p_value
    assert alone.doubled(listed, z, drawn=False)[0] == both


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_exact_size_is_the_share_of_sets_with_small_p_values(setting: studies.Setting) -> None:
    _, _, sets, _ = one_study(1, setting, 3)
    form = alone.score_form(sets, ties=alone.LOGRANK)
    z = alone.studentised_of_sets(sets, form, studies.all_sets(3))
    p = alone.upper_share(np.abs(z), np.abs(z), drawn=False)
    both = alone.doubled(z, z, drawn=False)
    assert alone.attained(np.abs(z)).tolist() == alone.rejected(p).tolist()
    assert alone.attained_doubled(z) == pytest.approx(alone.rejected(both), abs=1e-12)
    assert all(alone.attained(np.abs(z)) <= alone.LEVELS)


@pytest.mark.parametrize("hazard_ratio", [1.0, 3.0, 1 / 3])
@pytest.mark.parametrize("seed", range(4))
def test_measured_coverage_is_that_of_the_printed_intervals(seed: int, hazard_ratio: float) -> None:
    surv, x, sets, chosen = one_study(seed, studies.MANY, 3)
    design = Design.from_arrays(x, [adjusted.GENE])
    study = alone.Drawn(sets, studies.all_sets(3), drawn=False, affected={})
    rng = np.random.default_rng(seed)
    held = alone.intervals_hold(rng, study, chosen, float(np.log(hazard_ratio)))
    firth = fit_cox(surv, design, penalty="firth").estimates[0]
    intervals = {
        "Wald (profile where there is no estimate)": fit_cox(surv, design).estimates[0].hr,
        "profile likelihood": profile_intervals(surv, design)[0].hr,
        "Firth, profile": firth.hr,
        "Firth, Wald": firth.wald,
        "permutation-calibrated profile": permutation_calibrated_interval(surv, x).hazard_ratio,
    }
    for name, estimate in intervals.items():
        inside = estimate.interval.low <= hazard_ratio <= estimate.interval.high
        assert inside == held[name][0], name


@pytest.mark.parametrize("slope", [0.0, 1.5])
@pytest.mark.parametrize("seed", range(4))
def test_measured_adjusted_p_values_are_those_printed(seed: int, slope: float) -> None:
    rng = np.random.default_rng(seed)
    relation = adjusted.Relation(studies.MANY, 3, slope, 2.0)
    surv, x, grade = adjusted.adjusted_study(rng, relation)
    found = adjusted.permuted_p(rng, (surv, x, grade), None, 10_000)
    grades = Design.from_arrays(grade, ["grade"])
    printed = {
        adjusted.FIRST: adjusted_permutation_test(surv, x, grades),
        adjusted.WITHIN: permutation_test(surv, x, covariates=grades, within=grade),
        adjusted.RESIDUAL: permutation_test(surv, x, covariates=grades),
        "not adjusted": permutation_test(surv, x),
    }
    assert {name: p[0] for name, p in found.items()} == {
        name: test.p_value for name, test in printed.items()
    }


def test_carriers_drawn_under_a_hazard_ratio_follow_coxs_model() -> None:
    # Three rows die one by one, one carrier, hazard ratio 3: it dies first with chance 3/5,
    # second with (2/5)(3/4), last with the rest.
    outcome = studies.Outcome(np.array([1.0, 2.0, 3.0]), np.ones(3, dtype=bool), None)
    sets = outcome.risk_sets()
    rng = np.random.default_rng(5)
    chosen = studies.affected_sets(rng, outcome, sets, 1, (3.0, 20_000))
    share = np.bincount(sets.order[chosen[:, 0]], minlength=3) / 20_000
    assert share == pytest.approx([0.6, 0.3, 0.1], abs=4 * 0.0035)


def within(values: list[np.ndarray], at: int, low: float, high: float) -> bool:
    """Tell whether a rate lies in a range, four standard errors over outcomes allowed."""
    rates = np.array(values)[:, at]
    error = rates.std(ddof=1) / len(rates) ** 0.5
    return bool(low - 4 * error <= rates.mean() <= high + 4 * error)


@pytest.mark.parametrize("outcomes", [pytest.param(12), pytest.param(400, marks=pytest.mark.slow)])
def test_first_p_value_holds_its_level_and_finds_effects(outcomes: int) -> None:
    rng = np.random.default_rng(101)
    for k in (3, 9):
        shares, _ = alone.null_shares(rng, studies.MANY, k, outcomes)
        for at, most in enumerate((0.05, 0.01, 0.001)):
            assert within(shares[alone.HEADLINE], at, 0.5 * most, most)
    # The rates that led to it: large-sample tests reject too often with three carriers.
    shares, _ = alone.null_shares(rng, studies.MANY, 3, outcomes)
    assert np.mean(shares["score"], axis=0)[1] > 0.02
    coverage, power = alone.effect_shares(rng, studies.MANY, 6, (outcomes, 200), 5000)
    assert within(power[3.0]["studentised score"], 1, 0.30, 0.33)
    for hazard_ratio in alone.HAZARD_RATIOS:
        held = coverage[hazard_ratio]["permutation-calibrated profile"]
        assert within(held, 0, 0.945, 0.955)


@pytest.mark.parametrize("outcomes", [pytest.param(30), pytest.param(600, marks=pytest.mark.slow)])
def test_adjusted_p_value_holds_its_level(outcomes: int) -> None:
    rng = np.random.default_rng(102)
    for slope in (0.0, 1.5):
        relation = adjusted.Relation(studies.MANY, 6, slope, 2.0)
        shares, _ = adjusted.adjusted_shares(rng, relation, outcomes, 1)
        assert within(shares[adjusted.WITHIN], 0, 0.04, 0.05)
        assert within(shares[adjusted.FIRST], 0, 0.04, 0.054)
