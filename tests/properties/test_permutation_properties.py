"""What must hold for permutation tests of any data."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embogen.inference.permutation import permutation_test
from embogen.surv import Surv


@st.composite
def outcomes(draw: st.DrawFn, n: int) -> Surv:
    time = draw(st.lists(st.integers(1, 6), min_size=n, max_size=n))
    event = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    entry = None
    if draw(st.booleans()):
        entry = [draw(st.integers(0, t - 1)) for t in time]
    return Surv(time, event, entry)


@settings(max_examples=25)
@given(outcomes(7), st.sampled_from(["logrank", "efron"]), st.booleans())
def test_over_all_carrier_sets_p_is_below_any_level_at_most_that_often(
    surv: Surv, ties: str, stratified: bool
) -> None:
    strata = [0, 0, 0, 1, 1, 1, 1] if stratified else None
    p_values: dict[tuple[int, ...], list[float]] = {}
    for rows in combinations(range(7), 3):
        x = np.zeros(7)
        x[list(rows)] = 1.0
        test = permutation_test(surv, x, ties=ties, strata=strata)  # type: ignore[arg-type] # one of two words
        key = (int(x[:3].sum()),) if stratified else ()
        p_values.setdefault(key, []).append(test.p_value)
    for values in p_values.values():
        p = np.array(values)
        for level in np.unique(p):
            assert np.mean(p <= level) <= level + 1e-12


@settings(max_examples=30)
@given(
    outcomes(9),
    st.permutations(range(9)),
    st.floats(1e-3, 1e3),
    st.sampled_from(["studentised_score", "likelihood_ratio", "score"]),
)
def test_row_order_and_units_of_time_do_not_matter(
    surv: Surv, order: list[int], unit: float, statistic: str
) -> None:
    x = np.array([1, 0, 0, 1, 0, 0, 1, 0, 0], dtype=float)
    strata = np.array(["a", "b", "a"] * 3)
    rows = np.array(order)
    entry = None if surv.entry is None else surv.entry[rows] * unit
    moved = Surv(surv.time[rows] * unit, surv.event[rows], entry)
    one = permutation_test(surv, x, strata=strata, statistic=statistic)  # type: ignore[arg-type] # one of three words
    other = permutation_test(moved, x[rows], strata=strata[rows], statistic=statistic)  # type: ignore[arg-type] # same
    assert one.p_value == other.p_value
    assert one.n_sets == other.n_sets


@settings(max_examples=30)
@given(outcomes(9))
def test_entering_at_the_origin_is_no_delayed_entry(surv: Surv) -> None:
    x = np.array([1, 0, 0, 1, 0, 0, 1, 0, 0], dtype=float)
    plain = Surv(surv.time, surv.event)
    zero = Surv(surv.time, surv.event, np.zeros(9))
    assert permutation_test(plain, x) == permutation_test(zero, x)


@settings(max_examples=30)
@given(outcomes(8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_exchanging_the_two_groups_exchanges_the_tails(surv: Surv, column: list[bool]) -> None:
    x = np.array(column, dtype=float)
    one, other = permutation_test(surv, x), permutation_test(surv, 1 - x)
    assert one.p_value == other.p_value
    assert (one.p_lower, one.p_upper) == (other.p_upper, other.p_lower)
    assert abs(one.observed + other.observed) < 1e-9


@settings(max_examples=30)
@given(outcomes(8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_p_values_lie_where_they_must(surv: Surv, column: list[bool]) -> None:
    x = np.array(column, dtype=float)
    test = permutation_test(surv, x)
    half = permutation_test(surv, x, mid_p=True)
    assert test.p_lower is not None
    assert test.p_upper is not None
    assert 1.0 / test.n_sets <= test.p_value <= 1.0
    halves = (test.p_value - half.p_value) * test.n_sets * 2  # sets that tie: the observed at least
    assert abs(halves - round(halves)) < 1e-6
    assert round(halves) >= 1
    assert test.p_lower + test.p_upper >= 1.0
    for p in (test.p_value, test.p_lower, test.p_upper):
        assert abs(p * test.n_sets - round(p * test.n_sets)) < 1e-6
