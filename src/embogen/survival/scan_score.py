"""Scores of many sparse columns at one null: each costs its carriers, not the cohort.

`score_form` makes the score of a 0/1 column a sum of fixed numbers over its carriers, and its
variance such a sum less a quadratic part. That part changes only where a carrier joins or leaves
the risk set, so between two carriers it is a square times a difference of running sums. A column
of other values (copies of an allele) weighs each number by its value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.score_form import group_stratum, is_event

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets
    from embogen.survival.score_form import ScoreForm

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class SparseForm(NamedTuple):
    """A `ScoreForm` laid out by carrier.

    Attributes
    ----------
    row
        (n, 3) score u, linear variance b and mass m of each row, side by side in memory.
    at
        (n, 2) int64: the tie group at which a row joins the walk, and the group before which it
        has left (the end of its stratum when nobody enters late).
    event
        (n,) rows that end in the event.
    running
        (g + 1,) running sum of a0 over the tie groups.
    tie
        (g, 2) a1 and a2 of each group.
    projection
        (n, q) what fitted covariates take off the variance, by row.
    delayed
        Whether rows leave before the end of their stratum.
    """

    row: Floats
    at: Ints
    event: NDArray[np.bool_]
    running: Floats
    tie: Floats
    projection: Floats
    delayed: bool


def sparse_form(sets: RiskSets, form: ScoreForm) -> SparseForm:
    """Lay a score's coefficients out by row; O(n + g)."""
    sizes = np.diff(np.concatenate([[0], sets.group_end]))
    first = np.repeat(np.arange(len(sizes)), sizes)
    last = np.repeat(sets.stratum_end[group_stratum(sets)], sizes)
    delayed = bool(sets.leaves_end.size)
    if delayed:
        _leaving(sets, last)
    return SparseForm(
        np.ascontiguousarray(np.column_stack([form.linear, form.exposure, form.mass])),
        np.ascontiguousarray(np.column_stack([first, last]).astype(np.int64)),
        is_event(sets),
        np.concatenate([[0.0], np.cumsum(form.square[0])]),
        np.ascontiguousarray(form.square[1:].T),
        np.ascontiguousarray(form.projection.T),
        delayed,
    )


@njit(cache=True, nogil=True)
def _leaving(sets: RiskSets, last: Ints) -> None:
    """Note the first group at which each late entrant, seen backwards in time, is gone."""
    begin, row = 0, 0
    for end in sets.stratum_end:
        gone = row
        for group in range(begin, end):
            while gone < sets.leaves_end[group]:
                last[sets.leaves_row[gone]] = group
                gone += 1
        begin, row = end, sets.group_end[end - 1]


@njit(cache=True, nogil=True)
def scan_scores(form: SparseForm, start: Ints, carriers: Ints, values: Floats) -> Floats:
    """Score columns at the null.

    Parameters
    ----------
    form
        The null.
    start
        (G + 1,) where each column's carriers begin.
    carriers
        (start[-1],) positions of carriers, ascending within a column.
    values
        (start[-1],) their values, or length 0 where all are 1.

    Returns
    -------
    (G, 3)
        Score, variance, and the variance before fitted covariates take their part off it.
        O(carriers), times their logarithm with delayed entry.
    """
    out = np.empty((start.size - 1, 3))
    q = form.projection.shape[1]
    along = np.empty(q)
    for column in range(start.size - 1):
        rows = carriers[start[column] : start[column + 1]]
        x = values[start[column] : start[column + 1]] if values.size else values
        score, variance = 0.0, 0.0
        along[:] = 0.0
        for k in range(rows.size):
            i, v = rows[k], x[k] if x.size else 1.0
            score += form.row[i, 0] * v
            variance += form.row[i, 1] * v * v
            for j in range(q):
                along[j] += form.projection[i, j] * v
        variance -= _squares_with_entry(form, rows, x) if form.delayed else _squares(form, rows, x)
        out[column, 0], out[column, 2] = score, variance
        for j in range(q):
            variance -= along[j] * along[j]
        out[column, 1] = variance
    return out


@njit(cache=True, nogil=True)
def _mass(form: SparseForm, rows: Ints, x: Floats, k: int) -> float:
    return float(form.row[rows[k], 2] * (x[k] if x.size else 1.0))


@njit(cache=True, nogil=True)
def _tie(form: SparseForm, rows: Ints, x: Floats, begin: int) -> tuple[int, float, float]:
    """Gather the carriers of one tie group: where they end, their mass, that of their events."""
    group = form.at[rows[begin], 0]
    mass, dying = 0.0, 0.0
    k = begin
    while k < rows.size and form.at[rows[k], 0] == group:
        own = _mass(form, rows, x, k)
        mass += own
        if form.event[rows[k]]:
            dying += own
        k += 1
    return k, mass, dying


@njit(cache=True, nogil=True)
def _squares(form: SparseForm, rows: Ints, x: Floats) -> float:
    """Give the quadratic part when all stay at risk to the end of the walk."""
    total, S = 0.0, 0.0
    since, until = 0, -1
    k = 0
    while k < rows.size:
        group = form.at[rows[k], 0]
        if form.at[rows[k], 1] != until:  # another stratum
            if until >= 0:
                total += S * S * (form.running[until] - form.running[since])
            S, since, until = 0.0, group, form.at[rows[k], 1]
        total += S * S * (form.running[group] - form.running[since])
        k, mass, dying = _tie(form, rows, x, k)
        S += mass
        total += dying * (form.tie[group, 1] * dying - 2.0 * form.tie[group, 0] * S)
        since = group
    if until >= 0:
        total += S * S * (form.running[until] - form.running[since])
    return total


@njit(cache=True, nogil=True)
def _squares_with_entry(form: SparseForm, rows: Ints, x: Floats) -> float:
    """Give the quadratic part when rows leave the walk at their entry."""
    leaving = np.argsort(form.at[rows, 1], kind="mergesort")
    total, S = 0.0, 0.0
    since, gone, k = 0, 0, 0
    while gone < rows.size:
        exit_group = form.at[rows[leaving[gone]], 1]
        joining = k < rows.size and form.at[rows[k], 0] < exit_group
        group = form.at[rows[k], 0] if joining else exit_group
        total += S * S * (form.running[group] - form.running[since])
        since = group
        if joining:
            k, mass, dying = _tie(form, rows, x, k)
            S += mass
            # whoever leaves at this very group has been taken out before: exits come first below
            total += dying * (form.tie[group, 1] * dying - 2.0 * form.tie[group, 0] * S)
        else:
            S -= _mass(form, rows, x, leaving[gone])
            gone += 1
            if gone == k:
                S = 0.0  # nobody left: no rounding is carried on
    return total
