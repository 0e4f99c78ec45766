"""The two-group likelihood ratio against the general Newton iteration and closed forms."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from embogen.survival.risk_sets import build
from embogen.survival.supremum import find_supremum
from embogen.survival.two_group import likelihood_ratios, totals


@pytest.mark.parametrize("tie_fraction", [0.0, 1.0])
@pytest.mark.parametrize("kind", ["plain", "ties", "delayed", "strata", "weights"])
def test_every_carrier_set_has_the_general_likelihood_ratio(kind: str, tie_fraction: float) -> None:
    rng = np.random.default_rng(21)
    n = 8
    time = rng.integers(1, 5, n).astype(float) if kind != "plain" else rng.permutation(n) + 1.0
    entry = np.floor(time * rng.random(n)) if kind == "delayed" else None
    sets = build(
        time,
        rng.random(n) < 0.8,
        entry=entry,
        strata=rng.integers(0, 2, n) if kind == "strata" else None,
        weights=rng.integers(1, 4, n).astype(float) if kind == "weights" else None,
    )
    chosen = np.array(list(combinations(range(n), 3)))
    found = likelihood_ratios(sets, totals(sets, tie_fraction), chosen)
    for rows, ratio in zip(chosen, found, strict=True):
        x = np.zeros((n, 1))
        x[sets.order[rows]] = 1.0
        best = find_supremum(sets, x, np.empty(0), tie_fraction)
        assert ratio == pytest.approx(2 * (best.loglik - best.loglik_null), abs=1e-8)


def test_a_likelihood_that_rises_for_ever_gives_its_supremum() -> None:
    # Carriers die first and second of four: the likelihood tends to 1/2 * 1 * 1/2 * 1.
    sets = build(np.array([4.0, 3.0, 2.0, 1.0]), np.ones(4, dtype=bool))
    (ratio,) = likelihood_ratios(sets, totals(sets, 1.0), np.array([[2, 3]]))
    assert ratio == pytest.approx(2 * np.log((1 / 2 * 1 * 1 / 2) / (1 / 24)), abs=1e-12)


def test_nobody_to_compare_gives_zero() -> None:
    sets = build(np.array([3.0, 2.0, 1.0]), np.array([True, True, False]))
    ratios = likelihood_ratios(sets, totals(sets, 1.0), np.array([[2], [0]]))
    assert ratios[0] == 0.0
    assert ratios[1] > 0.0
