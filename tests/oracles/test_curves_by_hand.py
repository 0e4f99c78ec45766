"""Kaplan-Meier and log-rank figures from pencil and paper and from plain loops."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from embogen import Surv, kaplan_meier, logrank


def test_a_curve_of_five() -> None:
    # day 2: 1 of 5 fails; day 3: censored; day 4: 2 of 3 fail; day 6: the last is censored
    curve = kaplan_meier(Surv([2, 3, 4, 4, 6], [1, 0, 1, 1, 0])).curves[0]
    assert curve.survival.tolist() == pytest.approx([0.8, 0.8, 4 / 15, 4 / 15], rel=1e-14)
    greenwood = 1 / (5 * 4) + 2 / (3 * 1)
    assert curve.std_error[2] == pytest.approx(4 / 15 * math.sqrt(greenwood), rel=1e-14)
    z = 1.959963984540054
    assert curve.ci_low[2] == pytest.approx(4 / 15 * math.exp(-z * math.sqrt(greenwood)), rel=1e-12)
    assert curve.median.value == 4
    assert curve.at([0, 2, 3.5, 100]).tolist() == pytest.approx([1, 0.8, 0.8, 4 / 15])
    assert curve.number_at_risk([0, 2, 2.5, 4, 7]).tolist() == [5, 5, 4, 3, 0]


def test_median_of_a_flat_stretch_is_its_middle() -> None:
    curve = kaplan_meier(Surv([1, 2, 5, 9], [1, 1, 1, 1])).curves[0]
    assert curve.median.value == 3.5
    ends_at_half = kaplan_meier(Surv([1, 2, 5, 9], [1, 1, 0, 0])).curves[0]
    assert ends_at_half.median.value == 5.5  # the middle of day 2 to the last day observed, as in R


def test_median_not_reached_is_said() -> None:
    result = kaplan_meier(Surv([1, 2, 3, 4], [1, 0, 0, 0]))
    assert math.isnan(result.curves[0].median.value)
    assert result.curves[0].median.interval.high == math.inf
    assert [caveat.code for caveat in result.caveats] == ["median_not_reached"]


def test_late_entry_counts_from_entry_on() -> None:
    curve = kaplan_meier(Surv([2, 4, 6], [1, 1, 1], [0, 3, 2])).curves[0]
    assert curve.n_risk.tolist() == [1, 2, 1]
    assert curve.number_at_risk([1, 2.5, 3.5, 5]).tolist() == [1, 1, 2, 1]


def brute_logrank(time, event, entry, group, strata):
    """Two groups, exact fractions, over the definition."""
    excess, variance = Fraction(0), Fraction(0)
    for s in set(strata):
        for t in {t for t, e, q in zip(time, event, strata, strict=True) if e and q == s}:
            at_risk = [i for i in range(len(time)) if strata[i] == s and entry[i] < t <= time[i]]
            n, first = len(at_risk), sum(group[i] == 0 for i in at_risk)
            dying = [i for i in at_risk if time[i] == t and event[i]]
            d = len(dying)
            excess += sum(group[i] == 0 for i in dying) - Fraction(d * first, n)
            if n > 1:
                variance += Fraction(d * first * (n - first) * (n - d), n * n * (n - 1))
    return excess, variance


@pytest.mark.parametrize("seed", range(5))
def test_logrank_agrees_with_fractions(seed) -> None:
    rng = np.random.default_rng(seed)
    n = 16
    time = rng.integers(2, 8, n).tolist()
    entry = [int(t - k) for t, k in zip(time, rng.integers(1, 6, n), strict=True)]
    entry = [max(e, 0) for e in entry]
    event, group = (rng.random(n) < 0.7).astype(int).tolist(), rng.integers(0, 2, n).tolist()
    group[:2], event[:2] = [0, 1], [1, 1]
    strata = rng.integers(0, 2, n).tolist()
    excess, variance = brute_logrank(time, event, entry, group, strata)
    test = logrank(Surv(time, event, entry), group, strata=strata)
    assert test.observed[0] - test.expected[0] == pytest.approx(float(excess), abs=1e-12)
    assert test.variance[0, 0] == pytest.approx(float(variance), rel=1e-12)
    assert test.statistic == pytest.approx(float(excess**2 / variance), rel=1e-10)
