from __future__ import annotations

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox, kaplan_meier
from embogen.simulate import Outcome, Truth, simulate_cohort
from embogen.simulate.known_truth import _draw

TRUTH = Truth(hazard_ratios={"DAXX": 3.0, "MEN1": 1.0}, frequencies={"DAXX": 0.3, "MEN1": 0.3})


def outcome_of(n: int, seed: int, truth: Truth) -> Outcome:
    return _draw(n, truth, np.random.default_rng(seed))


def fitted(outcome: Outcome, *, delayed: bool = False):
    entry = np.maximum(outcome.specimen_days, 0) if delayed else None
    columns = np.column_stack([*outcome.altered.values(), outcome.grade])
    surv = Surv(outcome.days, outcome.event.astype(int), entry)
    return fit_cox(surv, Design.from_arrays(columns, [*outcome.altered, "grade"])).estimates


@pytest.mark.parametrize("late", [0.0, 0.5])
def test_the_model_fitted_recovers_the_truth(late):
    truth = Truth(TRUTH.hazard_ratios, TRUTH.frequencies, late_biopsies=late)
    estimates = fitted(outcome_of(6000, 11, truth), delayed=True)
    for estimate, ratio in zip(estimates, (3.0, 1.0, 2.0), strict=True):
        assert abs(estimate.coef - np.log(ratio)) < 4 * estimate.se  # one in 16,000 by chance


def test_late_biopsies_are_survivors():
    truth = Truth(TRUTH.hazard_ratios, TRUTH.frequencies, late_biopsies=0.5)
    outcome = outcome_of(2000, 12, truth)
    assert (outcome.days > outcome.specimen_days).all()
    late = outcome.specimen_days > 0
    assert 0.3 < late.mean() < 0.5  # fewer than half: some had their event before the biopsy
    assert outcome.specimen_days.max() <= 182


def test_frequencies_and_median_are_the_truth():
    outcome = outcome_of(6000, 13, Truth(TRUTH.hazard_ratios, TRUTH.frequencies))
    assert outcome.altered["DAXX"].mean() == pytest.approx(0.3, abs=0.03)
    plain = (outcome.grade == 1) & ~outcome.altered["DAXX"]
    curve = kaplan_meier(Surv(outcome.days[plain], outcome.event[plain].astype(int))).curves[0]
    # about 1,260 patients, 700 events: the median's standard error is near 4%
    assert curve.median.value == pytest.approx(16 * 30.4375, rel=0.15)


def test_tables_and_outcome_belong_together():
    tables, outcome = simulate_cohort(50, np.random.default_rng(4), TRUTH)
    assert tables.tables["patients"].height == outcome.n == 50
    again, _ = simulate_cohort(50, np.random.default_rng(4), TRUTH)
    assert tables.tables["mutations"].equals(again.tables["mutations"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hazard_ratios": {"DAXX": 2.0}}, "name different genes"),
        ({"grade_hazard_ratio": 0.0}, "not positive"),
        ({"frequencies": {"DAXX": 0.2, "MEN1": 1.0}}, "not between 0 and 1"),
        ({"late_biopsies": 1.5}, "late_biopsies"),
        ({"grade_shares": (0.5, 0.5, 0.5)}, "add up to 1"),
        ({"censoring_months": 0.5}, "too short"),
    ],
)
def test_a_truth_that_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Truth(**change)


def test_one_patient_is_no_cohort():
    with pytest.raises(ValueError, match="at least 2 patients"):
        simulate_cohort(1, np.random.default_rng(1))
