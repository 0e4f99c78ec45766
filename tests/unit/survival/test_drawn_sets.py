"""Carrier sets from words: as the textbook has them, and every set equally likely."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy.stats import chisquare

from embogen.survival.deal import Deal, deal_of
from embogen.survival.drawn_sets import Stretch, drawn_rows, drawn_sums, sums_of_fours
from embogen.survival.pcg64 import advance, fill, state_of
from oracles.textbook_sets import sets_of

POOLS = [
    ([1], [0]),
    ([1], [1]),
    ([5], [5]),
    ([35], [9]),
    ([64], [30]),
    ([65], [64]),
    ([0, 128, 3, 0, 200], [0, 50, 2, 0, 3]),
    ([300, 130], [77, 129]),
    ([1000], [250]),
    ([2000, 20], [700, 10]),
]


def laid_out(sizes: list[int], carriers: list[int]) -> Deal:
    return deal_of(np.concatenate([[0], np.cumsum(sizes)]), np.array(carriers))


def rows_of(deal: Deal, seed: int, count: int, number: int = 0) -> np.ndarray:
    state = state_of(np.random.default_rng(seed))
    out = np.empty((count, deal.carriers.sum()), dtype=np.int64)
    drawn_rows(deal, np.arange(deal.start[-1]), Stretch(state, number), out)
    return out


def sums_of(deal: Deal, values: np.ndarray, seed: int, count: int, number: int = 0) -> np.ndarray:
    state = state_of(np.random.default_rng(seed))
    out = np.empty(count)
    drawn_sums(deal, sums_of_fours(deal, values), values, Stretch(state, number), out)
    return out


def first_chance(deal: Deal, bits: int, share: int) -> Deal:
    """Take rows at another first chance than the cheapest one."""
    s = len(deal.carriers)
    return deal._replace(bits=np.full(s, bits), share=np.full(s, share))


@pytest.mark.parametrize(("sizes", "carriers"), POOLS)
def test_sets_are_what_the_textbook_draws(sizes: list[int], carriers: list[int]) -> None:
    deal = laid_out(sizes, carriers)
    rows = rows_of(deal, 1, 150, 3)
    expected = list(sets_of(deal, np.random.PCG64(1), 3, 150))
    assert [set(item) for item in rows.tolist()] == expected
    assert all(len(item) == sum(carriers) for item in expected)
    values = np.random.default_rng(2).normal(size=sum(sizes))
    sums = sums_of(deal, values, 1, 150, 3)
    np.testing.assert_allclose(sums, values[rows].sum(axis=1), rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("bits", "share"), [(0, 0), (0, 1), (1, 1), (2, 1), (2, 3), (3, 5), (7, 1), (7, 93)]
)
def test_any_first_chance_gives_what_the_textbook_draws(bits: int, share: int) -> None:
    deal = first_chance(laid_out([70, 129, 2], [20, 64, 1]), bits, share)
    rows = rows_of(deal, 5, 130)
    assert [set(item) for item in rows.tolist()] == list(sets_of(deal, np.random.PCG64(5), 0, 130))


@pytest.mark.parametrize("width", [1, 4])
def test_where_words_do_not_suffice_there_are_further_ones(width: int) -> None:
    deal = laid_out([300, 40], [77, 4])._replace(width=width)
    rows = rows_of(deal, 8, 200, 2)
    assert [set(item) for item in rows.tolist()] == list(sets_of(deal, np.random.PCG64(8), 2, 200))
    values = np.arange(340.0)
    np.testing.assert_array_equal(sums_of(deal, values, 8, 200, 2), rows.sum(axis=1))


@pytest.mark.parametrize(
    ("bits", "share"), [(0, 0), (0, 1), (1, 1), (2, 1), (2, 3), (3, 1), (5, 19)]
)
def test_every_set_is_equally_likely(bits: int, share: int) -> None:
    """Also where rows are first taken far too seldom or too often."""
    deal = first_chance(laid_out([7, 5], [3, 2]), bits, share)
    n = comb(7, 3) * comb(5, 2)
    rows = np.sort(rows_of(deal, 11 + bits, 100 * n), axis=1)
    seen, counts = np.unique(rows, axis=0, return_counts=True)
    expected = [(*a, *b) for a in combinations(range(7), 3) for b in combinations(range(7, 12), 2)]
    assert [tuple(item) for item in seen.tolist()] == sorted(expected)
    assert chisquare(counts).pvalue > 1e-4


def test_pairs_of_rows_of_a_large_pool_are_equally_often_together() -> None:
    """Marks of neighbours in a word, and in two words, are independent but for their number."""
    deal = laid_out([130], [33])
    assert deal.bits.tolist() == [2]
    count = 40_000
    drawn = np.zeros((count, 130))
    np.put_along_axis(drawn, rows_of(deal, 4, count), 1.0, axis=1)
    together = (drawn.T @ drawn)[np.triu_indices(130, 1)]
    chance = 33 * 32 / (130 * 129)
    z = (together - count * chance) / np.sqrt(count * chance * (1 - chance))
    assert np.abs(z).max() < 5.0  # of 8,385
    assert 0.9 < z.var() < 1.1


@pytest.mark.parametrize("m", [64, 100, 1000, 30_000])
@pytest.mark.parametrize("part", [0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 0.97])
def test_words_laid_out_suffice(m: int, part: float) -> None:
    """Almost always: it costs time where they do not."""
    deal = laid_out([m], [max(1, int(part * m))])
    enough = deal._replace(width=4 * deal.width)
    count = 1280 if m < 30_000 else 256
    for begin in range(0, count, 128):
        seed = 1000 + begin
        same = rows_of(deal, seed, 128) == rows_of(enough, seed, 128)
        # the same words in the same order unless further ones were needed
        assert same.all()


def test_the_first_chance_is_near_the_share_wanted_and_none_where_few_are() -> None:
    deal = laid_out([1000] * 6, [3, 250, 500, 750, 1000, 0])
    chosen = list(zip(deal.bits.tolist(), deal.share.tolist(), strict=True))
    assert chosen == [(0, 0), (2, 1), (1, 1), (2, 3), (0, 1), (0, 0)]


def test_states_and_words_are_numpys() -> None:
    numbers = np.random.default_rng(9)
    state = state_of(numbers)
    for count in (0, 1, 2, 3, 4, 5, 8, 1001):
        words = np.empty(count, dtype=np.uint64)
        fill(state, words)
        np.testing.assert_array_equal(words, numbers.bit_generator.random_raw(count))
        for steps in (0, 1, 12_345, 1 << 40):
            advance(state, np.uint64(steps))
            numbers.bit_generator.advance(steps)
        np.testing.assert_array_equal(state, state_of(numbers))


def test_another_generator_is_refused() -> None:
    with pytest.raises(TypeError, match="Philox is not PCG64"):
        state_of(np.random.Generator(np.random.Philox(1)))
