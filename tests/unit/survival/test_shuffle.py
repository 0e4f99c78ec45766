"""Shuffles from random words: as long division has them, every outcome equally likely, exactly."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chisquare

from embogen.inference.monte_carlo import block_generator, new_seed, words_of
from embogen.survival.shuffle import refused, shuffle, shuffle_of
from oracles.textbook_shuffle import WHOLE, long_division


@pytest.mark.parametrize(
    ("start", "drawn"),
    [([0, 1], [1]), ([0, 9], [9]), ([0, 7, 7, 12], [3, 0, 5]), ([0, 2048, 4100], [6, 2051])],
)
def test_a_shuffle_is_what_long_division_gives(start: list[int], drawn: list[int]) -> None:
    what = shuffle_of(np.array(start), np.array(drawn))
    rng = np.random.default_rng(1)
    for _ in range(5):
        words = rng.integers(0, WHOLE - 1, len(what.limit), dtype=np.uint64, endpoint=True)
        values = np.arange(start[-1], dtype=np.int32)
        total = shuffle(values, what, words)
        assert values.tolist() == long_division(what, words.tolist())
        dealt = [values[b : b + k].sum() for b, k in zip(start[:-1], drawn, strict=True)]
        assert total == sum(dealt)


def test_every_outcome_has_the_same_number_of_words_to_the_last_one() -> None:
    # 3 of 5: 60 outcomes. Outcome c has the words from (c 2^64 + 2^64 mod 60) / 60 on.
    what = shuffle_of(np.array([0, 5]), np.array([3]))
    limit = WHOLE % 60
    assert (what.product.tolist(), what.limit.tolist()) == ([60], [limit])
    found, n_refused = set(), 0
    for c in range(60):
        begin = -(-(c * WHOLE) // 60)
        first = -(-(c * WHOLE + limit) // 60)
        after = -(-((c + 1) * WHOLE) // 60)
        assert after - first == WHOLE // 60
        between = np.arange(begin, first, dtype=np.uint64)[:, None]
        assert len(refused(what, between)) == len(between)
        n_refused += len(between)
        words = np.array([[first], [after - 1]], dtype=np.uint64)
        assert len(refused(what, words)) == 0
        dealt = [tuple(long_division(what, [int(word)])[:3]) for word in words[:, 0]]
        for word, rows in zip(words[:, 0], dealt, strict=True):
            values = np.arange(5)
            shuffle(values, what, np.array([word]))
            assert tuple(values[:3]) == rows
        found.add(dealt[0])
        assert dealt[0] == dealt[1]
    assert n_refused == limit
    assert found == set(permutations(range(5), 3))


def test_all_relabellings_of_four_come_equally_often() -> None:
    seed = new_seed(np.random.default_rng(3))
    what = shuffle_of(np.array([0, 4]), np.array([4]))
    words = words_of(block_generator(seed, 0), (seed, 0, 0), what, 24_000)
    arranged = np.tile(np.arange(4), (len(words), 1))
    for row, word in zip(arranged, words, strict=True):
        shuffle(row, what, word)
    counts = np.unique(arranged, axis=0, return_counts=True)[1]
    assert len(counts) == 24
    assert chisquare(counts).pvalue > 1e-4


def test_refused_words_are_replaced_by_words_of_their_own() -> None:
    # two numbers below three thousand million to a word: a quarter or so of all words are refused
    what = shuffle_of(np.array([0, 3_000_000_000]), np.array([4]))
    seed = new_seed(np.random.default_rng(4))
    raw = block_generator(seed, 7).bit_generator.random_raw(400).reshape(200, 2)
    bad = refused(what, raw)
    assert len(bad) > 5
    words = words_of(block_generator(seed, 7), (seed, 7, 0), what, 200)
    assert len(refused(what, words)) == 0
    changed = np.argwhere(words != raw)
    assert changed.tolist() == bad.tolist()
    numbers = block_generator(seed, 7)
    parts = [words_of(numbers, (seed, 7, at), what, 50) for at in range(0, 200, 50)]
    np.testing.assert_array_equal(np.concatenate(parts), words)
    assert len(np.unique(words)) == words.size
