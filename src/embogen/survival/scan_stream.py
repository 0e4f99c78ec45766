"""Outcome and covariates of a scan as one stream of rows, cut into tiles.

Risk sets grow and shrink row by row. The stream is that order written out: a patient joins as one
row, a late entrant leaves as another of negative sign, and where leaving has taken most of a risk
set away it is listed anew and sums begin at nothing, so that no small sum is what is left of large
ones. Whoever reads the stream keeps running sums and looks at them after the deaths of each tie
group, which stand last in it. What comes after the last death of a stratum is left out.

A tile is as many rows as keep what is made of them in the nearest cache. Deaths of one tie group
are never cut apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

TILE: Final = 96
"""Rows of a tile, but for tie groups with more deaths."""
SHRUNK: Final = 1.0 / 16.0
"""Part of the largest risk since sums began, below which they begin anew."""


class Stream(NamedTuple):
    """The stream: n patients, N rows, q covariates, t tiles, g tie groups with deaths.

    Attributes
    ----------
    columns
        (q, N) covariates, columns one after another.
    sign
        (N,) 1.0 for a patient who joins, -1.0 for one who leaves.
    begin
        (t + 1,) first row of each tile, and N.
    fresh
        (t,) whether sums begin at nothing with the tile.
    group
        (t + 1,) first tie group looked at in each tile, and g.
    last
        (g,) row, counted from its tile's first, after which all at risk have joined.
    deaths
        (g,) deaths of each group: the rows up to `last`.
    tied
        (t,) whether two die together in the tile.
    fraction
        Efron's 1.0 or Breslow's 0.0.
    place, place_start
        Rows of each patient, ascending, and (n + 1,) where each patient's begin. Patients are
        counted in walking order.
    longest
        Most rows of a tile.
    """

    columns: Floats
    sign: Floats
    begin: Ints
    fresh: NDArray[np.bool_]
    group: Ints
    last: Ints
    deaths: Ints
    tied: NDArray[np.bool_]
    fraction: float
    place: Ints
    place_start: Ints
    longest: int


def stream_of(sets: RiskSets, covariates: Floats, coef: Floats, tie_fraction: float) -> Stream:
    """Write an outcome and its covariates out as a stream.

    Parameters
    ----------
    sets
        The outcome, without case weights.
    covariates
        (n, q) in walking order.
    coef
        (q,) coefficients near those of the models to be fitted: they say where sums are to begin
        anew.
    tie_fraction
        1.0 Efron, 0.0 Breslow.

    Raises
    ------
    ValueError
        When there are case weights.

    Examples
    --------
    Three patients die one after another; the first of the walk is the last to die. The patient
    who enters at 2 is at risk at 4 only, and leaves the stream before the death at 1.

    >>> from embogen.survival.risk_sets import build
    >>> entry = np.array([0.0, 2.0, 0.0])
    >>> sets = build([5.0, 4.0, 1.0], [True] * 3, entry=entry)
    >>> stream = stream_of(sets, np.array([[10.0], [20.0], [30.0]]), np.zeros(1), 1.0)
    >>> stream.columns.tolist(), stream.sign.tolist()
    ([[10.0, 20.0, 20.0, 30.0]], [1.0, 1.0, -1.0, 1.0])
    >>> stream.last.tolist(), stream.place.tolist(), stream.place_start.tolist()
    ([0, 1, 3], [0, 1, 2, 3], [0, 1, 3, 4])
    """
    if np.any(sets.weight != 1.0):
        raise ValueError("a scan has no case weights: fit the columns one by one (fit_cox)")
    row, stop, fresh_at = _rows(sets, np.ascontiguousarray(covariates, np.float64), coef)
    deaths = sets.group_deaths[sets.group_deaths > 0].astype(np.int64)
    begin, fresh, group, last = _tiles(stop, deaths, fresh_at)
    joins = row >= 0
    patient = np.where(joins, row, ~row)
    order = np.argsort(patient, kind="stable")
    counts = np.bincount(patient, minlength=len(sets.order))
    return Stream(
        np.ascontiguousarray(covariates[patient].T, dtype=np.float64),
        np.where(joins, 1.0, -1.0),
        begin,
        fresh,
        group,
        last,
        deaths,
        np.diff(np.concatenate([[0], np.cumsum(deaths > 1)])[group]) > 0,
        tie_fraction,
        order.astype(np.int64),
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        int(np.diff(begin).max(initial=0)),
    )


@njit(cache=True)
def _rows(sets: RiskSets, covariates: Floats, coef: Floats) -> tuple[Ints, Ints, Ints]:
    """List who joins (position) and leaves (~position), where groups end and where sums begin."""
    risk, everybody = _relative_risks(covariates, coef), np.arange(sets.order.size)
    delayed, leaving = sets.leaves_end.size > 0, ~sets.leaves_row
    rows, stops, fresh = [0], [0], [0]  # a list needs something to know what it is of
    here, where = np.empty(risk.size, np.int64), np.full(risk.size, -1)
    first, group = 0, 0
    for last in sets.stratum_end:
        total, peak, count, begun = 0.0, 0.0, 0, False
        joined = gone = first
        while group < last:
            end, middle = sets.group_end[group], first + sets.group_deaths[group]
            if middle > first:
                left = max(gone, sets.leaves_end[group]) if delayed else gone
                for i in range(joined, end):
                    total += risk[i]
                    here[count], where[i] = i, count
                    count += 1
                peak = max(peak, total)
                for i in sets.leaves_row[gone:left]:
                    total -= risk[i]
                    count -= 1
                    here[where[i]] = here[count]
                    where[here[count]] = where[i]
                anew = begun and total < SHRUNK * peak
                if anew or not begun:
                    fresh.append(len(rows) - 1)
                if anew:
                    total = risk[here[:count]].sum()
                    peak = total
                    _append(rows, here[:count], first, middle)
                else:
                    _append(rows, everybody[joined:end], first, middle)
                    _append(rows, leaving[gone:left], first, middle)
                _append(rows, everybody[first:middle], 0, 0)
                stops.append(len(rows) - 1)
                joined, gone, begun = end, left, True
            first = end
            group += 1
    return np.array(rows)[1:], np.array(stops)[1:], np.array(fresh)[1:]


@njit(cache=True)
def _append(rows: list[int], these: Ints, first: int, middle: int) -> None:
    """Append rows but for those from `first` to `middle`, which come last in their group."""
    for i in these:
        if i < first or i >= middle:
            rows.append(i)  # noqa: PERF401 - compiled code: an append costs nothing


@njit(cache=True)
def _relative_risks(covariates: Floats, coef: Floats) -> Floats:
    risk = np.empty(covariates.shape[0])
    for i in range(risk.size):
        eta = 0.0
        for j in range(coef.size):
            eta += covariates[i, j] * coef[j]
        risk[i] = np.exp(eta)
    return risk


@njit(cache=True)
def _tiles(stop: Ints, deaths: Ints, fresh_at: Ints) -> tuple[Ints, NDArray[np.bool_], Ints, Ints]:
    """Cut the stream: rows where tiles begin, whether fresh, their first group; ends of groups."""
    begin, fresh, group = [0], [True], [0]
    last = np.empty(stop.size, np.int64)
    at = 1  # the first tile is fresh as it is
    for g in range(stop.size):
        run = stop[g] - deaths[g]
        while True:
            new = at < fresh_at.size and fresh_at[at] <= run
            limit = fresh_at[at] if new else run
            while limit - begin[-1] > TILE:
                begin.append(begin[-1] + TILE)
                fresh.append(False)
                group.append(g)
            if not new:
                break
            if limit > begin[-1]:
                begin.append(limit)
                fresh.append(True)
                group.append(g)
            fresh[-1] = True
            at += 1
        if stop[g] - begin[-1] > TILE and run > begin[-1]:
            begin.append(run)
            fresh.append(False)
            group.append(g)
        last[g] = stop[g] - 1 - begin[-1]
        if stop[g] - begin[-1] >= TILE and g + 1 < stop.size:
            begin.append(stop[g])
            fresh.append(False)
            group.append(g + 1)
    begin.append(stop[-1] if stop.size else 0)
    group.append(stop.size)
    return np.array(begin), np.array(fresh), np.array(group), last
