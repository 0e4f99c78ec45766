"""Every carrier set occurs once, one exchange after the other."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from embogen.survival.subsets import (
    FRESH_EVERY,
    linear_sums,
    members_of_sets,
    n_sets,
    quadratic_sums,
    sequence,
)

POOLS = [
    [(1, 1)],
    [(4, 0)],
    [(5, 1)],
    [(5, 2)],
    [(6, 3)],
    [(7, 4)],
    [(8, 7)],
    [(9, 5)],
    [(4, 2), (3, 1)],
    [(5, 3), (2, 0), (4, 1), (3, 2)],
    [(3, 3), (2, 2)],
]


def rows_of(pools: list[tuple[int, int]]) -> list[tuple[np.ndarray, int]]:
    out, start = [], 3
    for n, k in pools:
        out.append((np.arange(start, start + n), k))
        start += n
    return out


@pytest.mark.parametrize("pools", POOLS)
def test_each_set_occurs_exactly_once(pools: list[tuple[int, int]]) -> None:
    rows = rows_of(pools)
    expected = {
        tuple(sorted(sum(choice, ())))
        for choice in product(*(combinations(r.tolist(), k) for r, k in rows))
    }
    found = [tuple(sorted(item)) for item in members_of_sets(sequence(rows)).tolist()]
    assert len(found) == n_sets(pools) == len(expected)
    assert set(found) == expected


@pytest.mark.parametrize("pools", POOLS)
def test_running_sums_are_the_sums_over_each_set(pools: list[tuple[int, int]]) -> None:
    rng = np.random.default_rng(5)
    n = 3 + sum(size for size, _ in pools)
    values, matrix = rng.normal(size=n), rng.normal(size=(n, n))
    matrix += matrix.T
    order = sequence(rows_of(pools))
    sets = members_of_sets(order)
    np.testing.assert_allclose(linear_sums(order, values), values[sets].sum(axis=1), atol=1e-12)
    expected = [matrix[np.ix_(item, item)].sum() for item in sets]
    np.testing.assert_allclose(quadratic_sums(order, matrix), expected, atol=1e-12)


def test_rounding_does_not_build_up_over_many_exchanges() -> None:
    values = np.random.default_rng(6).normal(size=24)
    order = sequence([(np.arange(24), 8)])  # 735,471 sets
    expected = values[members_of_sets(order)].sum(axis=1)
    worst = np.max(np.abs(linear_sums(order, values) - expected))
    # two additions per exchange, each off by half a unit in the last place of the largest sum
    assert worst <= (FRESH_EVERY + 8) * np.spacing(np.max(np.abs(expected)))
