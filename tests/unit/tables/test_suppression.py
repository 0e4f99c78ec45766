"""Hidden counts cannot be computed from what is printed: by enumeration of all that fits."""

from __future__ import annotations

import itertools

import hypothesis
import pytest
from hypothesis import strategies as st

from embogen.tables.suppression import CountSystem, hidden_counts, possible_range

BELOW = 5


def system_of(table: list[list[int]]) -> CountSystem:
    """Make the counts of a two-way table with its margins."""
    made = CountSystem()
    rows, columns = range(len(table)), range(len(table[0]))
    made.add("n", sum(map(sum, table)), printed=True)
    for i in rows:
        made.add(("row", i), sum(table[i]), printed=True)
    for j in columns:
        made.add(("column", j), sum(row[j] for row in table), printed=True)
    for i, j in itertools.product(rows, columns):
        made.add((i, j), table[i][j], printed=True)
    made.sums.append(("n", tuple(("row", i) for i in rows)))
    made.sums.append(("n", tuple(("column", j) for j in columns)))
    made.sums += [(("row", i), tuple((i, j) for j in columns)) for i in rows]
    made.sums += [(("column", j), tuple((i, j) for i in rows)) for j in columns]
    return made


def fitting(made: CountSystem, hidden: frozenset, shape: tuple[int, int]):
    """Enumerate every table that agrees with all that is printed."""
    n = made.counts["n"]
    cells = list(itertools.product(range(shape[0]), range(shape[1])))
    shown = {key: count for key, count in made.counts.items() if key not in hidden}
    open_cells = [cell for cell in cells if cell in hidden]
    left = n - sum(shown[cell] for cell in cells if cell in shown)
    for values in itertools.product(range(left + 1), repeat=len(open_cells)):
        if sum(values) != left:
            continue
        counts = {cell: shown[cell] for cell in cells if cell in shown}
        counts |= dict(zip(open_cells, values, strict=True))
        for i in range(shape[0]):
            counts["row", i] = sum(counts[i, j] for j in range(shape[1]))
        for j in range(shape[1]):
            counts["column", j] = sum(counts[i, j] for i in range(shape[0]))
        if all(counts.get(key, n) == count for key, count in shown.items()):
            yield counts


tables = st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=2), min_size=2, max_size=3)


@hypothesis.settings(max_examples=60)
@hypothesis.given(tables)
def test_every_small_count_stays_uncertain(table):
    made = system_of(table)
    if made.counts["n"] < BELOW or made.counts["n"] > 22:
        return
    hidden = hidden_counts(made, BELOW, shown=frozenset({"n"}))
    small = {key for key, count in made.counts.items() if 0 < count < BELOW}
    assert small <= hidden
    values: dict[object, set[int]] = {key: set() for key in small}
    for counts in fitting(made, hidden, (len(table), 2)):
        for key in small:
            values[key].add(counts[key])
    for key in small:
        assert made.counts[key] in values[key]
        assert len(values[key]) > 1, f"{key} of {table} is {values[key]}"
        low, high = possible_range(made, hidden, key)
        assert (round(low), round(high)) == (min(values[key]), max(values[key]))


def test_the_bounds_notice_what_primary_suppression_alone_gives_away():
    made = system_of([[2, 10], [9, 8]])
    assert possible_range(made, {(0, 0)}, (0, 0)) == pytest.approx((2, 2))
    hidden = hidden_counts(made, BELOW, shown=frozenset({"n"}))
    assert (0, 0) in hidden
    assert len(hidden) > 1


def test_a_table_without_small_counts_is_shown_whole():
    assert hidden_counts(system_of([[5, 10], [9, 0]]), BELOW, shown=frozenset({"n"})) == frozenset()


def test_the_same_count_twice_must_be_the_same():
    made = CountSystem()
    made.add("a", 3, printed=True)
    with pytest.raises(ValueError, match="3 and 4"):
        made.add("a", 4, printed=True)


def test_a_cover_that_follows_from_the_rest_is_printed():
    made = system_of([[2, 10], [9, 8]])
    hidden = hidden_counts(made, BELOW, shown=frozenset({"n"}))
    for key in hidden:
        low, high = possible_range(made, hidden, key)
        assert high > low
