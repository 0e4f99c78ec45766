"""Times in whole days, put in order by counting: no sort, one pass to count and one to place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ROOM: Final = 4
"""Counting pays while there are at most so many days for each row."""
FEWEST: Final = 2_000
"""With fewer rows a sort is as fast."""


@njit(cache=True)
def last_day(time: Floats) -> int:
    """Give the last day if all times are whole days worth counting, else -1.

    Examples
    --------
    >>> last_day(np.array([3.0, 0.0, 2.0])), last_day(np.array([0.5, 2.0]))
    (3, -1)
    """
    most = 0.0
    limit = ROOM * time.size
    for t in time:
        if not 0.0 <= t <= limit or t != np.floor(t):
            return -1
        most = max(most, t)
    return int(most)


@njit(cache=True)
def order_by_day(time: Floats, event: NDArray[np.bool_], last: int) -> Ints:
    """Order rows by day descending, events first within a day, rows as given within both.

    Parameters
    ----------
    time, event
        (n,) whole days up to `last`, and whether each ends in the event.
    last
        From `last_day`.

    Returns
    -------
    (n,) int64
        Row at each position; O(n + last).

    Examples
    --------
    >>> order_by_day(np.array([3.0, 5.0, 3.0]), np.array([False, True, True]), 5).tolist()
    [1, 2, 0]
    """
    place = np.zeros(2 * last + 3, dtype=np.int64)
    for i in range(time.size):
        place[2 * (last - int(time[i])) + (1 if event[i] else 2)] += 1
    for k in range(1, place.size):
        place[k] += place[k - 1]
    order = np.empty(time.size, dtype=np.int64)
    for i in range(time.size):
        key = 2 * (last - int(time[i])) + (0 if event[i] else 1)
        order[place[key]] = i
        place[key] += 1
    return order


@njit(cache=True)
def count_by_day(
    time: Floats, event: NDArray[np.bool_], weight: Floats, last: int
) -> tuple[Floats, Floats, Ints]:
    """Sum the weights of events and of censored rows, and count rows, on each day.

    Parameters
    ----------
    time, event, last
        As in `order_by_day`.
    weight
        (n,) case weights, or length 0 for 1.

    Returns
    -------
    n_event, n_censor, rows
        (last + 1,) each.
    """
    events, censored = np.zeros(last + 1), np.zeros(last + 1)
    rows = np.zeros(last + 1, dtype=np.int64)
    for i in range(time.size):
        day = int(time[i])
        rows[day] += 1
        w = weight[i] if weight.size else 1.0
        if event[i]:
            events[day] += w
        else:
            censored[day] += w
    return events, censored, rows
