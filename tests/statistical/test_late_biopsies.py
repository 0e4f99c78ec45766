"""Late biopsies bias a naive median by a known amount; delayed entry gives the true one."""

from __future__ import annotations

import numpy as np
import pytest

from embogen.inference.entry_audit import EntryAudit, entry_audit, truncation_test
from embogen.simulate.biopsy_timing import SCENARIOS, simulate_biopsies
from embogen.surv import Surv

NAIVE = {"late": 0.05, "progression_free": 0.20, "at_progression": -0.32}


def audit(name: str, n: int, seed: int) -> EntryAudit:
    cohort = simulate_biopsies(n, np.random.default_rng(seed), SCENARIOS[name])
    return entry_audit(Surv(cohort.days, cohort.event), cohort.specimen_days)


@pytest.mark.parametrize("name", list(NAIVE))
@pytest.mark.parametrize(
    ("n", "seeds"),
    [pytest.param(200_000, 1), pytest.param(200_000, 6, marks=pytest.mark.slow)],
)
def test_delayed_entry_finds_the_median_that_a_naive_analysis_misses(name: str, n: int, seeds: int):
    truth = SCENARIOS[name].median_days
    for seed in range(71, 71 + seeds):
        found = audit(name, n, seed)
        off = {item.way: item.median.value / truth - 1 for item in found.estimates}
        assert abs(off["delayed_entry"]) < 0.03
        assert off["naive"] == pytest.approx(NAIVE[name], abs=0.02)
        # only those biopsied at the origin are no worse, and are fewer
        assert abs(off["baseline_biopsy"]) < 0.03
        assert found.estimate("baseline_biopsy").n <= found.estimate("delayed_entry").n


@pytest.mark.parametrize(
    "replicates", [pytest.param(600), pytest.param(6000, marks=pytest.mark.slow)]
)
def test_independent_entry_is_found_dependent_no_more_often_than_the_level(replicates: int):
    rng = np.random.default_rng(72)
    rejected = 0
    for _ in range(replicates):
        cohort = simulate_biopsies(60, rng, SCENARIOS["progression_free"])
        p_value = truncation_test(
            Surv(cohort.days, cohort.event, np.maximum(cohort.specimen_days, 0.0))
        ).p_value
        rejected += p_value is not None and p_value <= 0.05
    spread = (0.05 * 0.95 / replicates) ** 0.5
    assert 0.05 - 4 * spread < rejected / replicates < 0.05 + 4 * spread


def test_entry_that_depends_on_the_event_is_found():
    # biopsied two thirds on the way to the event: those who last longer enter later
    rng = np.random.default_rng(73)
    time = np.ceil(rng.exponential(400.0, 300)) + 3
    test = truncation_test(Surv(time, np.ones(300), np.floor(time * 2 / 3)))
    assert test.tau > 0.2
    assert test.p_value is not None
    assert test.p_value < 0.001
