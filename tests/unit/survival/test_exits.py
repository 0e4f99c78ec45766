"""Carrier sets under a hazard ratio: chances by recursion, draws by their chances, strata."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from embogen.survival.exits import draw_exits, ratios_at, ratios_under
from embogen.survival.risk_sets import build
from embogen.survival.two_group import totals

TIME = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 1.5, 2.5, 3.5])
EVENT = np.array([1, 1, 0, 1, 1, 1, 0, 1], dtype=bool)
STRATA = np.array([0, 0, 0, 0, 0, 1, 1, 1])
SETS = build(TIME, EVENT, strata=STRATA)
TERMS = totals(SETS, 1.0)
CARRIERS = np.array([2, 1])
RATIO = 3


def chance(carriers: frozenset[int]) -> Fraction:
    """Give the chance of a set of original rows, stratum by stratum, exit by exit."""
    total = Fraction(1)
    for stratum in (0, 1):
        rows = sorted(np.flatnonzero(stratum == STRATA), key=lambda row: TIME[row])
        for i, row in enumerate(rows):
            left = rows[i:]
            odds = [(RATIO if EVENT[row] else 1) if other in carriers else 1 for other in left]
            total *= Fraction(odds[0], sum(odds))
    return total


def all_sets() -> list[frozenset[int]]:
    return [frozenset((*two, one)) for two in combinations(range(5), 2) for one in (5, 6, 7)]


def test_chances_are_those_of_the_exits_one_by_one() -> None:
    found = all_sets()
    position = np.argsort(SETS.order)
    chosen = np.array([sorted(position[list(item)]) for item in found])
    chances = np.exp(ratios_at(SETS, TERMS, chosen, float(np.log(RATIO)))[1])
    order = [chance(item) for item in found]  # of exits in this order, whoever carries
    total = sum(order)
    assert chances / len(found) == pytest.approx([float(item / total) for item in order])
    assert chances.sum() == pytest.approx(len(found))


def test_draws_come_up_as_often_as_their_chances() -> None:
    rng = np.random.default_rng(4)
    count = 20_000
    seen: dict[frozenset[int], int] = dict.fromkeys(all_sets(), 0)
    x = np.empty(len(TIME))
    for uniform in rng.random((count, len(TIME))):
        draw_exits(SETS, CARRIERS, float(RATIO), uniform, x)
        seen[frozenset(SETS.order[x == 1.0].tolist())] += 1
    total = sum(chance(item) for item in seen)
    for item, times in seen.items():
        p = float(chance(item) / total)
        assert times / count == pytest.approx(p, abs=4.5 * (p * (1 - p) / count) ** 0.5)


def test_drawn_ratios_are_those_of_the_sets_drawn() -> None:
    rng = np.random.default_rng(5)
    uniforms, beta = rng.random((40, len(TIME))), float(np.log(RATIO))
    chosen = []
    x = np.empty(len(TIME))
    for uniform in uniforms:
        draw_exits(SETS, CARRIERS, float(RATIO), uniform, x)
        chosen.append(np.flatnonzero(x))
    ratios, _ = ratios_at(SETS, TERMS, np.array(chosen), beta)
    assert ratios_under(SETS, TERMS, CARRIERS, beta, uniforms).tolist() == ratios.tolist()
    assert np.all(ratios >= -1e-12)


def test_at_ratio_one_every_set_is_as_likely() -> None:
    position = np.argsort(SETS.order)
    chosen = np.array([sorted(position[list(item)]) for item in all_sets()])
    assert ratios_at(SETS, TERMS, chosen, 0.0)[1] == pytest.approx(0.0, abs=1e-12)
