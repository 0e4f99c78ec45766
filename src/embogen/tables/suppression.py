"""Small counts hidden, with as many others as it takes that nobody can compute them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.optimize import linprog

Key = Hashable
_SLACK: Final = 1e-6


@dataclass(slots=True)
class CountSystem:
    """Counts that add up to each other, and which of them are to be printed.

    Parameters
    ----------
    counts
        Every count by key, those that are not printed too.
    printed
        Keys that some table prints.
    sums
        (total, parts): the total is the sum of its parts, as every reader knows.
    """

    counts: dict[Key, int] = field(default_factory=dict)
    printed: set[Key] = field(default_factory=set)
    sums: list[tuple[Key, tuple[Key, ...]]] = field(default_factory=list)

    def add(self, key: Key, count: int, *, printed: bool) -> None:
        """Add a count; the same key twice is the same count.

        Raises
        ------
        ValueError
            When a key comes again with another count.
        """
        if self.counts.setdefault(key, count) != count:
            msg = f"{key!r} is {self.counts[key]} and {count}"
            raise ValueError(msg)
        if printed:
            self.printed.add(key)


def hidden_counts(system: CountSystem, below: int, *, shown: frozenset[Key]) -> frozenset[Key]:
    """Choose the counts not to print.

    A count from 1 to `below` - 1 is hidden, and with it the smallest others that leave at least
    two values possible for every such count, whoever adds and subtracts all that is printed. What
    is possible is found by linear programming over the sums (the tables of a baseline table are
    such that its bounds are whole numbers). Zeros are printed unless hiding them is needed.

    Parameters
    ----------
    system
        All counts of all tables that leave together.
    below
        Counts from this one on are no secret.
    shown
        Keys that are printed in any case, such as the number of patients.

    Returns
    -------
    frozenset
        Keys to hide, all marked alike, so that the small ones are not told from their cover.

    Notes
    -----
    Complexity: two linear programs per small count and round, of as many variables as counts.

    Examples
    --------
    A total of 12 in three levels: with the 2 alone hidden, 12 - 7 - 3 gives it away.

    >>> system = CountSystem()
    >>> for key, count in (("n", 20), ("a", 2), ("b", 7), ("c", 11)):
    ...     system.add(key, count, printed=True)
    >>> system.sums.append(("n", ("a", "b", "c")))
    >>> sorted(hidden_counts(system, 5, shown=frozenset({"n"})))
    ['a', 'b']
    """
    small = [key for key, count in system.counts.items() if 0 < count < below and key not in shown]
    hidden = {key for key in small if key in system.printed}
    exposed = [key for key in small if _known(system, hidden, key)]
    while exposed:
        cover = _cover(system, hidden, exposed[0], shown)
        if cover is None:
            return frozenset(system.printed - shown)
        hidden.add(cover)
        # hiding more never exposes what was covered
        exposed = [key for key in exposed if _known(system, hidden, key)]
    for key in [key for key in system.counts if key in hidden and key not in set(small)]:
        # a cover that follows from what is printed covers nothing: printing it tells nothing new
        if _known(system, hidden, key):
            hidden.discard(key)
    return frozenset(hidden)


def _known(system: CountSystem, hidden: set[Key], key: Key) -> bool:
    low, high = possible_range(system, hidden, key)
    return high - low < 1 - _SLACK


def possible_range(
    system: CountSystem, hidden: set[Key] | frozenset[Key], key: Key
) -> tuple[float, float]:
    """Return the least and the greatest value a count may have, given all that is printed."""
    keys = list(system.counts)
    place = {item: i for i, item in enumerate(keys)}
    rows = np.zeros((len(system.sums), len(keys)))
    for row, (total, parts) in zip(rows, system.sums, strict=True):
        row[place[total]] -= 1
        for part in parts:
            row[place[part]] += 1
    bounds = [
        (system.counts[item], system.counts[item])
        if item in system.printed and item not in hidden
        else (0, None)
        for item in keys
    ]
    aim = np.zeros(len(keys))
    aim[place[key]] = 1
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(
            sign * aim,
            A_eq=rows if len(rows) else None,
            b_eq=np.zeros(len(rows)) if len(rows) else None,
            bounds=bounds,
            method="highs",
        )
        # without a bound there is no optimum, and the count may be as large as it likes
        ends.append(sign * float(found.fun or 0) if found.status == 0 else -sign * np.inf)
    return ends[0], ends[1]


def _cover(
    system: CountSystem, hidden: set[Key], exposed: Key, shown: frozenset[Key]
) -> Key | None:
    """Choose the next count to hide: the smallest in a sum with the exposed one, else anywhere."""
    beside: set[Key] = set()
    for total, parts in system.sums:
        if exposed == total or exposed in parts:
            beside |= {total, *parts}
    free = [key for key in system.counts if key in system.printed - hidden - shown]
    near = [key for key in free if key in beside] or free
    totals = {total for total, _ in system.sums}
    counts = system.counts
    # a part before a total, which tells more; a count before a zero; then the smallest
    return min(near, key=lambda key: (counts[key] == 0, key in totals, counts[key]), default=None)
