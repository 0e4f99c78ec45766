"""Small counts hidden, with as many others as it takes that nobody can compute them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Key = Hashable
_SLACK: Final = 1e-6
_UNBOUNDED: Final = 3
HIDDEN: Final = "*"
"""What stands in place of a hidden count."""


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
    is possible is found by linear programming over the sums, in whole numbers. Zeros are printed
    unless hiding them is needed.

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
    fixed = np.array([item in system.printed and item not in hidden for item in keys])
    counts = np.array([system.counts[item] for item in keys], dtype=np.float64)
    bounds = Bounds(np.where(fixed, counts, 0.0), np.where(fixed, counts, np.inf))
    aim = np.zeros(len(keys))
    aim[place[key]] = 1
    sums = LinearConstraint(_sums(system, place), 0, 0) if system.sums else ()
    low, high = (_end(sign * aim, sums, bounds) for sign in (1.0, -1.0))
    return low, -high


def _sums(system: CountSystem, place: Mapping[Key, int]) -> csr_array:
    """Write the sums as rows of a matrix: parts minus total."""
    values, at, columns = [], [], []
    for row, (total, parts) in enumerate(system.sums):
        values += [-1.0, *[1.0] * len(parts)]
        at += [row] * (1 + len(parts))
        columns += [place[total], *(place[part] for part in parts)]
    return csr_array((values, (at, columns)), shape=(len(system.sums), len(place)))


def _end(
    aim: NDArray[np.float64],
    sums: LinearConstraint | tuple[()],
    bounds: Bounds,
) -> float:
    """Return the least value of a count, in whole numbers where fractions would reach further."""
    found = milp(aim, constraints=sums, bounds=bounds)
    if found.status == _UNBOUNDED or found.x is None:
        return -np.inf  # without a bound the count may be as large as it likes
    if np.abs(found.x - np.round(found.x)).max() > _SLACK:
        found = milp(aim, constraints=sums, bounds=bounds, integrality=np.ones(len(aim), np.int64))
    return -np.inf if found.x is None else float(np.dot(aim, found.x))


def _cover(
    system: CountSystem, hidden: set[Key], exposed: Key, shown: frozenset[Key]
) -> Key | None:
    """Choose the next count to hide: the smallest in a sum with the exposed one, or with those.

    Counts that no chain of sums connects with it could not cover it.
    """
    free = [key for key in system.counts if key in system.printed - hidden - shown]
    beside: set[Key] = {exposed}
    near: list[Key] = []
    while not near:
        sums = (({total, *parts}) for total, parts in system.sums)
        wider = beside.union(*(keys for keys in sums if keys & beside))
        if wider == beside:
            return None
        beside = wider
        near = [key for key in free if key in beside]
    totals = {total for total, _ in system.sums}
    counts = system.counts
    # a part before a total, which tells more; a count before a zero; then the smallest
    return min(near, key=lambda key: (counts[key] == 0, key in totals, counts[key]), default=None)
