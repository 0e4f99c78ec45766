"""Baseline tables and the tests in them, against enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from embogen import DataError
from embogen.inference.describe import Column, baseline_table
from embogen.inference.group_tests import compare_counts, compare_numbers, fisher_exact


def test_missing_values_are_counted_and_enter_no_test() -> None:
    ages = Column("age", "Age", "number", [40.0, None, 60.0, math.nan, 50.0, 55.0], (), "years")
    sexes = Column("sex", "Sex", "category", ["f", "m", None, "f", "m", "f"], ("m", "f", "x"))
    table = baseline_table(
        [ages, sexes],
        groups=["a", "a", "b", "b", "b", None],
        group_variable="arm",
        group_levels=("b", "a"),
    )
    assert (table.group_names, table.group_sizes, table.n_group_missing) == (("b", "a"), (3, 2), 1)
    age, sex = table.variables
    assert (age.overall.n, age.overall.n_missing) == (4, 2)
    assert [(group.n, group.n_missing) for group in age.groups] == [(2, 1), (1, 1)]
    assert [(c.level, c.count, c.n) for c in sex.overall.counts] == [
        ("m", 2, 5),
        ("f", 3, 5),
        ("x", 0, 5),
    ]
    assert {caveat.subject for caveat in table.caveats} == {"age", "sex"}


def test_text_in_a_number_and_short_columns_are_all_named() -> None:
    columns = [
        Column("age", "Age", "number", [1.0, "old", "=1+1"]),
        Column("sex", "Sex", "category", ["f"]),
    ]
    with pytest.raises(DataError) as error:
        baseline_table(columns)
    assert [(p.column, p.row) for p in error.value.problems] == [
        ("age", 2),
        ("age", 3),
        ("sex", None),
    ]


def test_wilcoxon_agrees_with_enumeration() -> None:
    first, second = np.array([1.3, 7.0, 2.2, 9.1]), np.array([4.0, 8.2, 11.0, 12.5, 3.9])
    pooled = np.concatenate([first, second])

    def w(chosen) -> int:
        rest = [v for i, v in enumerate(pooled) if i not in chosen]
        return sum(pooled[i] > v for i in chosen for v in rest)

    seen = w(range(4))
    sums = [w(chosen) for chosen in itertools.combinations(range(9), 4)]
    tail = min(sum(s <= seen for s in sums), sum(s >= seen for s in sums)) / len(sums)
    test = compare_numbers([first, second])
    assert test.statistic == seen
    assert test.p_value == pytest.approx(min(1, 2 * tail), rel=1e-14)


def test_equal_values_everywhere_give_no_test() -> None:
    assert compare_numbers([np.ones(3), np.ones(4)]) is None
    assert compare_numbers([np.ones(3), np.empty(0)]) is None


def tables_with_margins(rows, columns):
    """All tables with these margins, by plain recursion over cells."""
    if len(columns) == 1:
        yield [[r] for r in rows]
        return
    for column in itertools.product(*(range(r + 1) for r in rows)):
        if sum(column) == columns[0]:
            rest = [r - c for r, c in zip(rows, column, strict=True)]
            for tail in tables_with_margins(rest, columns[1:]):
                yield [[c, *t] for c, t in zip(column, tail, strict=True)]


@pytest.mark.parametrize("seed", range(8))
def test_fisher_agrees_with_enumeration_of_all_tables(seed) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 4, (int(rng.integers(2, 4)), int(rng.integers(2, 4))))
    table[0] += 1
    table[:, 0] += 1

    def probability(cells) -> float:
        margins = [*np.sum(cells, axis=0), *np.sum(cells, axis=1)]
        top = math.prod(math.factorial(int(m)) for m in margins)
        below = math.prod(math.factorial(int(c)) for c in np.ravel(cells))
        return top / below / math.factorial(int(np.sum(cells)))

    rows, columns = table.sum(axis=1).tolist(), table.sum(axis=0).tolist()
    seen = probability(table) * (1 + 1e-7)
    every = [probability(cells) for cells in tables_with_margins(rows, columns)]
    assert math.fsum(every) == pytest.approx(1, rel=1e-12)
    assert fisher_exact(table) == pytest.approx(sum(p for p in every if p <= seen), rel=1e-9)


def test_a_table_too_large_to_enumerate_says_so() -> None:
    rng = np.random.default_rng(3)
    table = rng.integers(0, 40, (6, 6))
    table[0] = [0, 1, 0, 0, 2, 1]
    test, too_large = compare_counts(table)
    assert (test.method, too_large) == ("chi_square", True)


def test_large_counts_take_the_uncorrected_chi_square() -> None:
    test, _ = compare_counts(np.array([[20, 10], [10, 20]]))
    # every expected count is 15: 4 * 25 / 15
    assert test.method == "chi_square"
    assert test.statistic == pytest.approx(20 / 3, rel=1e-14)
