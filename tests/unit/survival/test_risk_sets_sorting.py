"""The walking order, and times that are one up to rounding."""

from __future__ import annotations

import numpy as np
import pytest

from embogen.survival.risk_sets import build, merge_near_times, refine


def test_rounding_noise_makes_no_new_times() -> None:
    time = np.array([0.3, 0.1 + 0.2, 0.3 - 4e-17, 0.5])
    merged, _ = merge_near_times(time, None)
    assert len(set(merged.tolist())) == 2
    untouched = np.array([1.0, 1.1, 2.0])
    assert merge_near_times(untouched, None)[0] is untouched


def test_entry_and_exit_share_their_cuts() -> None:
    time, entry = merge_near_times(np.array([1.0, 2.0]), np.array([0.0, 1.0 + 1e-12]))
    assert entry is not None
    assert entry[1] == time[0]


def at_risk_by_walking(sets, group: int) -> set[int]:
    """Rows at risk at a tie group, from the order of joining and the order of leaving."""
    stratum = int(np.searchsorted(sets.stratum_end, group, side="right"))
    first_group = 0 if stratum == 0 else int(sets.stratum_end[stratum - 1])
    first = 0 if first_group == 0 else int(sets.group_end[first_group - 1])
    rows = set(range(first, int(sets.group_end[group])))
    if sets.leaves_end.size:
        rows -= set(sets.leaves_row[first : sets.leaves_end[group]].tolist())
    return {int(sets.order[i]) for i in rows}


@pytest.mark.parametrize("seed", range(5))
def test_who_is_at_risk_follows_the_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 20
    time = rng.integers(2, 7, n).astype(float)
    entry = time - rng.integers(1, 5, n)
    event, strata = rng.random(n) < 0.6, rng.integers(0, 3, n)
    sets = build(time, event, entry=entry, strata=strata)
    stratum_of_group = np.searchsorted(
        sets.stratum_end, np.arange(len(sets.group_end)), side="right"
    )
    codes = np.unique(strata)
    for group, t in enumerate(sets.group_time):
        same = strata == codes[stratum_of_group[group]]
        wanted = np.flatnonzero(same & (entry < t) & (t <= time))
        assert at_risk_by_walking(sets, group) == set(wanted.tolist())


def test_dividing_by_a_level_is_building_with_finer_strata() -> None:
    rng = np.random.default_rng(2)
    n = 15
    time, event = rng.integers(1, 6, n).astype(float), rng.random(n) < 0.6
    strata, level = rng.integers(0, 2, n), rng.integers(0, 3, n)
    coarse = build(time, event, strata=strata, entry=time - 0.5)
    fine = refine(coarse, level[coarse.order])
    direct = build(time, event, strata=strata * 10 + level, entry=time - 0.5)
    np.testing.assert_array_equal(fine.group_end, direct.group_end)
    np.testing.assert_array_equal(fine.group_deaths, direct.group_deaths)
    np.testing.assert_array_equal(fine.leaves_end, direct.leaves_end)
    np.testing.assert_array_equal(
        np.sort(time[coarse.order[fine.order]]), np.sort(time[direct.order])
    )
