"""Conditional Kendall's tau by going through pairs, and its variance by going through who fails."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from embogen.survival.truncation import conditional_tau


def by_pairs(time, event, entry) -> tuple[int, int]:
    """Count the score and the comparable, orderable pairs, pair by pair."""
    score = pairs = 0
    for i, j in combinations(range(len(time)), 2):
        first, second = (i, j) if time[i] < time[j] else (j, i)
        if time[i] == time[j]:
            if event[i] == event[j]:
                continue  # whose exit came first is not known
            first, second = (i, j) if event[i] else (j, i)
        if not event[first] or max(entry[i], entry[j]) >= time[first]:
            continue
        pairs += 1
        score += int(np.sign(entry[second] - entry[first]))
    return score, pairs


def by_enumeration(time, event, entry) -> float:
    """Sum, over event times, the variance of the score over all sets that might have failed."""
    total = 0.0
    for moment in sorted({t for t, e in zip(time, event, strict=True) if e}):
        risk = [i for i in range(len(time)) if entry[i] < moment <= time[i]]
        d = sum(event[i] and time[i] == moment for i in risk)
        scores = [
            sum(np.sign(entry[j] - entry[i]) for i in chosen for j in risk)
            for chosen in combinations(risk, d)
        ]
        assert np.mean(scores) == pytest.approx(0, abs=1e-12)
        total += float(np.mean(np.square(scores)))
    return total


@pytest.mark.parametrize("seed", range(40))
def test_score_pairs_and_variance_are_those_counted_one_by_one(seed: int):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    # few distinct values, so that entries, exits and both are tied
    entry = rng.integers(0, 4, n).astype(float)
    time = entry + rng.integers(1, 6, n)
    event = rng.random(n) < 0.7
    found = conditional_tau(time, event, entry)
    assert (found.score, found.pairs) == by_pairs(time, event, entry)
    assert found.variance == pytest.approx(by_enumeration(time, event, entry), rel=1e-12)


def test_without_ties_the_variance_is_tsais():
    rng = np.random.default_rng(3)
    entry = rng.random(50)
    time = entry + rng.exponential(1, 50)
    event = rng.random(50) < 0.8
    risk = [int(((entry < t) & (time >= t)).sum()) for t in time[event]]
    expected = sum((r * r - 1) / 3 for r in risk)
    assert conditional_tau(time, event, entry).variance == pytest.approx(expected, rel=1e-12)


def test_reversing_who_enters_late_turns_the_sign():
    time = np.array([5.0, 6.0, 7.0, 8.0])
    event = np.array([True, True, True, False])
    up = conditional_tau(time, event, np.array([0.0, 1.0, 2.0, 3.0]))
    down = conditional_tau(time, event, np.array([3.0, 2.0, 1.0, 0.0]))
    assert (up.tau, down.tau) == (1.0, -1.0)
    assert up.z == -down.z > 0


def test_nothing_can_be_compared_without_events_or_company():
    entry, time = np.array([0.0, 10.0]), np.array([5.0, 15.0])
    for event in (np.array([False, False]), np.array([True, True])):
        found = conditional_tau(time, event, entry)
        assert found.pairs == 0
        assert np.isnan(found.tau)
        assert np.isnan(found.z)


def test_when_all_enter_together_there_is_no_score_and_no_variance():
    found = conditional_tau(np.array([1.0, 2.0, 3.0]), np.ones(3, dtype=bool), np.zeros(3))
    assert (found.score, found.variance, found.pairs) == (0, 0, 3)
