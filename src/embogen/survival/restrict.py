"""Risk sets of some of the rows, without sorting again.

A gene is analysed on the patients tested for it. Their risk sets follow from everybody's by
leaving rows out: the order of time stays, so a panel of genes costs a pass, not a sort.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embogen.survival.score_form import group_start, group_stratum, is_event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets


def restrict(sets: RiskSets, kept: NDArray[np.bool_]) -> RiskSets:
    """Leave rows out of an outcome.

    Parameters
    ----------
    sets
        The outcome.
    kept
        (n,) by position: the rows that stay.

    Returns
    -------
    RiskSets
        What `risk_sets.build` gives for those rows; `order` still counts the original rows.
        O(n + g).

    Examples
    --------
    Of times 5, 3, 2 the middle one goes.

    >>> from embogen.survival.risk_sets import build
    >>> sets = build([5.0, 3.0, 2.0], [True, False, True])
    >>> fewer = restrict(sets, np.array([True, False, True]))
    >>> fewer.order.tolist(), fewer.group_time.tolist(), fewer.group_deaths.tolist()
    ([0, 2], [5.0, 2.0], [1, 1])
    """
    start = group_start(sets)
    if not kept.any():
        empty, none = np.empty(0), np.empty(0, dtype=np.int64)
        return sets._replace(
            order=none,
            weight=empty,
            group_end=none,
            group_deaths=none,
            stratum_end=none,
            group_time=empty,
            entry=empty,
            leaves_row=none,
            leaves_end=none,
        )
    counts = np.add.reduceat(kept, start, dtype=np.int64)
    deaths = np.add.reduceat(kept & is_event(sets), start, dtype=np.int64)
    stay = counts > 0
    stratum = group_stratum(sets)[stay]
    last = np.flatnonzero(np.diff(stratum, append=-1))
    fewer = sets._replace(
        order=sets.order[kept],
        weight=sets.weight[kept],
        group_end=np.cumsum(counts[stay]),
        group_deaths=deaths[stay],
        stratum_end=(last + 1).astype(np.int64),
        group_time=sets.group_time[stay],
    )
    if not sets.leaves_end.size:
        return fewer
    renumbered = np.cumsum(kept) - 1
    staying = kept[sets.leaves_row]
    gone = np.concatenate([[0], np.cumsum(staying)])
    return fewer._replace(
        entry=sets.entry[kept],
        leaves_row=renumbered[sets.leaves_row[staying]].astype(np.int64),
        leaves_end=gone[sets.leaves_end[stay]].astype(np.int64),
    )
