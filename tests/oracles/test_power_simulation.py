"""Power: Schoenfeld's formula by R, and simulation against exact laws and slow simulations."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from embogen.errors import DataError
from embogen.inference.power import (
    event_fraction,
    minimal_detectable_hr,
    required_events,
    required_patients,
    schoenfeld_power,
)
from embogen.inference.power_simulation import design_trial, observed_trial, simulate_power
from embogen.surv import Surv
from embogen.survival.carrier_assignment import assign_carriers
from embogen.survival.risk_sets import build

REFERENCE = Path(__file__).parents[1] / "reference"
FIGURES = json.loads((REFERENCE / "power_and_e_values.json").read_text("utf-8"))
COXPH = json.loads((REFERENCE / "power_of_coxph.json").read_text("utf-8"))


@pytest.mark.parametrize("row", FIGURES["power"])
def test_schoenfelds_formula_is_that_of_r(row):
    carry = row["carriers"] / row["patients"]
    known = {"carrier_fraction": carry, "level": row["level"]}
    events, share = row["events"], row["events"] / row["patients"]
    found = (
        schoenfeld_power(row["hr"], events=events, **known),
        required_events(row["hr"], **known),
        required_patients(row["hr"], event_fraction=share, **known),
        minimal_detectable_hr(events=events, power=0.9, **known),
    )
    names = ("power", "required_events", "required_patients", "detectable_90")
    assert found == pytest.approx([row[name] for name in names], rel=1e-12)


def test_required_events_give_the_wanted_power():
    events = required_events(2.5, carrier_fraction=0.2, power=0.85, level=0.01)
    assert schoenfeld_power(2.5, events=events, carrier_fraction=0.2, level=0.01) == (
        pytest.approx(0.85, abs=1e-12)
    )
    assert required_events(1.0, carrier_fraction=0.2) == np.inf
    assert required_events(2.5, carrier_fraction=0.2, power=0.05) == 0.0
    little = required_events(2.5, carrier_fraction=0.2, power=0.06)
    assert schoenfeld_power(2.5, events=little, carrier_fraction=0.2) == pytest.approx(0.06)
    assert required_patients(1.0, carrier_fraction=0.2, event_fraction=1.0) == np.inf


@pytest.mark.parametrize("level", [0.05, 0.01, 0.2])
def test_without_an_effect_the_power_is_the_level(level):
    assert schoenfeld_power(1.0, events=31, carrier_fraction=6 / 35, level=level) == (
        pytest.approx(level, rel=1e-12)
    )


def test_numbers_that_cannot_be_are_named_together():
    with pytest.raises(DataError) as caught:
        schoenfeld_power(-1.0, events=np.nan, carrier_fraction=1.0, level=5)
    assert len(caught.value.problems) == 4
    with pytest.raises(DataError) as caught:
        design_trial(
            n_patients=5,
            n_carriers=5,
            n_events=6,
            test="cox",  # type: ignore[arg-type] # what a user may write
            level=0.0,
            replicates=0,
            rng=np.random.default_rng(1),
        )
    assert len(caught.value.problems) == 5


def law(sets, counts, ratio, draws=40_000):
    """Give how often each carrier set is drawn."""
    n = len(sets.order)
    uniforms = np.random.default_rng(3).random((draws, 2 * n))
    chosen = np.sort(assign_carriers(sets, np.array(counts), ratio, uniforms), axis=1)
    original = np.sort(sets.order[chosen], axis=1)
    sets_found, count = np.unique(original, axis=0, return_counts=True)
    return {tuple(map(int, s)): c / draws for s, c in zip(sets_found, count, strict=True)}


def near(found, expected, draws=40_000):
    assert set(found) <= {key for key, p in expected.items() if p > 0}
    for key, p in expected.items():
        assert found.get(key, 0.0) == pytest.approx(p, abs=4.5 * (p * (1 - p) / draws) ** 0.5)


def test_one_carrier_of_three_falls_where_the_likelihood_says():
    sets = build(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    first, rest = 3 / 5, 2 / 5
    near(law(sets, [1], 3.0), {(0,): first, (1,): rest / 2, (2,): rest / 2})


def test_late_entrants_are_not_at_risk_before_they_enter():
    """Rows 0 and 1 at risk from the start; row 2 enters after the first event."""
    time, entry = np.array([1.0, 3.0, 4.0]), np.array([0.0, 0.0, 2.0])
    sets = build(time, np.array([True, True, True]), entry=entry)
    early = 2 / 3  # the carrier is one of the two who are there at time 1
    first = early * 3 / 4
    second = (1 - first) * 0.0 + early / 4 * 3 / 4 + (1 - early) * 3 / 4
    near(law(sets, [1], 3.0), {(0,): first, (1,): second, (2,): 1 - first - second})


def test_strata_keep_their_carriers():
    sets = build(
        np.array([1.0, 2.0, 1.0, 2.0]), np.ones(4, dtype=bool), strata=np.array([0, 0, 1, 1])
    )
    expected = {(0, 2): 9 / 16, (0, 3): 3 / 16, (1, 2): 3 / 16, (1, 3): 1 / 16}
    near(law(sets, [1, 1], 3.0), expected)


def studentised(order, d, carriers):
    """Score over its standard error when rows exit in `order`, the first d by an event."""
    at_risk, score, variance = list(order), 0.0, 0.0
    for row in order[:d]:
        share = sum(i in carriers for i in at_risk) / len(at_risk)
        score += (row in carriers) - share
        variance += share * (1 - share)
        at_risk.remove(row)
    return score / variance**0.5 if variance > 0 else 0.0


def slow_power(size, hazard_ratio, replicates, seed):
    """Exponential times, follow-up to the d-th event, every carrier set visited."""
    n, k, d = size
    rng = np.random.default_rng(seed)
    rate = np.where(np.arange(n) < k, hazard_ratio, 1.0)
    # the permutation distribution of ranks is one and the same for every replicate
    ranks = list(range(n))
    null = np.sort([abs(studentised(ranks, d, set(c))) for c in combinations(ranks, k)])
    hits = 0
    for _ in range(replicates):
        order = np.argsort(rng.exponential(1 / rate))
        carriers = {int(i) for i in np.flatnonzero(order < k)}
        observed = abs(studentised(ranks, d, carriers))
        hits += (null >= observed - 1e-9).mean() <= 0.05
    return hits / replicates


@pytest.mark.parametrize("hazard_ratio", [1.0, 6.0, 1 / 6])
def test_power_is_that_of_a_slow_simulation(hazard_ratio):
    slow = slow_power((12, 3, 10), hazard_ratio, 4_000, seed=5)
    curve = simulate_power(
        [hazard_ratio],
        rng=np.random.default_rng(7),
        n_patients=12,
        n_carriers=3,
        n_events=10,
        censoring="at_end",
        replicates=20_000,
    )
    (point,) = curve.points
    error = (slow * (1 - slow) * (1 / 4_000 + 1 / 20_000)) ** 0.5
    assert point.power == pytest.approx(slow, abs=4 * error)
    assert 0 < point.standard_error < 0.01


@pytest.mark.parametrize("which", range(3))
def test_power_of_wald_is_that_of_coxph_in_r(which):
    curve = simulate_power(
        [COXPH["hr"][which]],
        rng=np.random.default_rng(7),
        n_patients=COXPH["patients"],
        n_carriers=COXPH["carriers"],
        n_events=COXPH["events"],
        censoring="at_end",
        test="wald",
        replicates=20_000,
    )
    expected = COXPH["power"][which]
    error = (expected * (1 - expected) * (1 / COXPH["replicates"] + 1 / 20_000)) ** 0.5
    assert curve.points[0].power == pytest.approx(expected, abs=4 * error)


def trial(**options: int):
    design = {"n_patients": 35, "n_carriers": 6, "n_events": 31, **options}
    return design_trial(rng=np.random.default_rng(1), **design)


def test_the_same_seed_gives_the_same_curve():
    first, again = (trial().curve([1.0, 3.0], [0.8]) for _ in range(2))
    assert first == again


def test_the_minimal_detectable_ratio_has_the_power_asked_for():
    prepared = trial()
    for item in prepared.curve([], [0.8, 0.9]).detectable:
        there = prepared.point(item.simulated)
        assert there.power == pytest.approx(item.power, abs=0.002)
        assert item.low < item.simulated < item.high
        assert (item.simulated > 1) == item.harmful


def test_what_cannot_be_detected_is_said_to_be_infinite():
    up, down = trial(n_carriers=1, n_events=10).curve([], [0.9]).detectable
    assert (up.simulated, down.simulated) == (np.inf, 0.0)


def test_without_effect_the_level_is_held():
    point = trial(replicates=20_000).point(1.0)
    assert point.power <= 0.05 + 4 * point.standard_error
    assert point.published_hr > 2.5
    assert np.isnan(point.wrong_direction)


def test_a_published_ratio_leads_back_to_the_truth_it_comes_from():
    prepared = trial()
    for truth in (5.0, 0.2):
        published = prepared.point(truth).published_hr
        assert abs(np.log(published)) > abs(np.log(truth))
        assert prepared.true_hr_of(published) == pytest.approx(truth, rel=0.02)
    assert prepared.true_hr_of(2.0) == 1.0
    assert np.isnan(prepared.true_hr_of(1e6))


def test_a_larger_group_is_tested_as_the_plan_would():
    assert trial(n_patients=60, n_carriers=30, n_events=50).test == "wald"
    assert trial().test == "permutation"
    assert trial(n_patients=35, n_carriers=29).curve([3.0]).points[0].power == pytest.approx(
        trial().curve([1 / 3]).points[0].power, abs=0.05
    )


def test_an_observed_outcome_keeps_ties_entry_and_strata():
    rng = np.random.default_rng(2)
    time = np.ceil(rng.exponential(60, 60) / 10) * 10
    event = rng.random(60) < 0.8
    entry = np.where(rng.random(60) < 0.3, time - 5, 0.0)
    carriers = np.arange(60) % 5 == 0
    strata = np.arange(60) % 2
    prepared = observed_trial(
        Surv(time, event, entry), carriers, strata=strata, rng=rng, replicates=2_000
    )
    curve = prepared.curve([1.0, 4.0])
    assert (curve.n_patients, curve.n_carriers, curve.n_strata) == (60, 12, 2)
    assert curve.n_events == event.sum()
    assert curve.observed_outcome
    null, alternative = curve.points
    assert null.power == pytest.approx(0.05, abs=0.02)
    assert alternative.power > 0.5


def test_a_study_without_two_groups_or_events_is_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(DataError, match="no two groups"):
        observed_trial(Surv([1, 2], [1, 1]), [0, 0], rng=rng)
    with pytest.raises(DataError, match="no patient had the event"):
        observed_trial(Surv([1, 2], [0, 0]), [0, 1], rng=rng)


@pytest.mark.parametrize(("median", "accrual", "follow_up"), [(8, 0, 6), (8, 24, 6), (12, 30, 0)])
def test_expected_events_are_those_of_simulated_follow_up(median, accrual, follow_up):
    rng = np.random.default_rng(9)
    time = rng.exponential(median / np.log(2), 200_000)
    seen = time <= follow_up + rng.uniform(0, accrual, 200_000) if accrual else time <= follow_up
    assert event_fraction(median, accrual, follow_up) == pytest.approx(seen.mean(), abs=0.0045)


def test_expected_events_do_not_jump_as_accrual_vanishes():
    assert event_fraction(8, 1e-9, 6) == pytest.approx(event_fraction(8, 0, 6), rel=1e-6)
    with pytest.raises(DataError) as caught:
        event_fraction(0, -1, np.inf)
    assert len(caught.value.problems) == 3
    with pytest.raises(DataError, match="nobody is followed"):
        event_fraction(8, 0, 0)
