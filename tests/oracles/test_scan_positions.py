"""Positions read off bits are those that sorting gives."""

from __future__ import annotations

import numpy as np
import pytest

from embogen.survival.scan_positions import count_placed, place_columns


@pytest.mark.parametrize("valued", [False, True])
def test_positions_are_those_sorting_gives(valued) -> None:
    rng = np.random.default_rng(7)
    n = 1000
    position = np.full(n, -1, dtype=np.int32)
    inside = rng.permutation(n)[:700]
    position[inside] = rng.permutation(700)
    columns = [np.sort(rng.permutation(n)[:k]).astype(np.int32) for k in (0, 1, 64, 500, n)]
    start = np.concatenate([[0], np.cumsum([c.size for c in columns])]).astype(np.int64)
    carriers = np.concatenate(columns)
    values = rng.normal(size=carriers.size) if valued else np.empty(0)
    at = np.array([4, 0, 2, 3, 1])
    counts = count_placed(start, carriers, at, position)
    begin = np.concatenate([[0], np.cumsum(counts)])
    rows, out = np.empty(begin[-1], np.int64), np.empty(begin[-1] if valued else 0)
    assert place_columns((start, carriers, values), at, position, begin, rows, out)
    for k, j in enumerate(at):
        place = position[columns[j]]
        order = np.argsort(place)
        order = order[place[order] >= 0]
        np.testing.assert_array_equal(rows[begin[k] : begin[k + 1]], place[order])
        if valued:
            own = values[start[j] : start[j + 1]]
            np.testing.assert_array_equal(out[begin[k] : begin[k + 1]], own[order])
    twice = np.array([3, 3], dtype=np.int32)
    position[3] = 3
    room = np.empty(2, np.int64)
    whole = (np.array([0, 2]), twice, np.empty(0))
    where = (np.array([0]), position, np.array([0, 2]))
    assert not place_columns(whole, *where, room, np.empty(0))
