"""Full fits of many sparse columns beside the same covariates, from the covariates' own fit.

Each column is the last of a Cox model. The first Newton step is read off the score at the null,
which costs the carriers; the steps after it evaluate the likelihoods of eight models at a time
(`scan_likelihood`). A model that has converged gives its place to the next, so that no place is
idle before the end. A column for which this does not end in a clear maximum is flagged, for the
careful fit of a model alone to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.exponential import LARGEST
from embogen.survival.newton import CONVERGED, STOPPED, SUSPECT, factor
from embogen.survival.partial_likelihood import walk
from embogen.survival.scan_carriers import Carriers, lay, room_for_carriers
from embogen.survival.scan_likelihood import evaluate
from embogen.survival.scan_newton import newton_steps
from embogen.survival.scan_room import Room, room_for
from embogen.survival.scan_score import SparseForm
from embogen.survival.scan_stream import Stream, stream_of
from embogen.survival.vectors import LANES

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ALIASED: Final = 3
"""Beside the flags of `embogen.survival.newton`: the column cannot be told from the covariates."""
NO_EVENT: Final = 4
"""No carrier has the event: the likelihood rises for ever as the hazard ratio falls to 0."""

MAX_STEPS: Final = 30
HALVINGS: Final = 20
DECREMENT_TOLERANCE: Final = 1e-18
ROUNDING_DECREMENT: Final = 1e-11
LARGEST_STEP: Final = 2.0
FARTHEST: Final = 15.0
"""A log hazard ratio of this size, times the largest value, is on its way to infinity."""
ROUNDING: Final = 1e-12
"""Part of the log likelihood that a step may lose to rounding."""
DOUBTFUL: Final = 1e-9
"""A variance below this part of what it was subtracted from is rounding, or nearly so."""


class ColumnNull(NamedTuple):
    """The model without a column, and what a column's first step takes from it.

    Attributes
    ----------
    stream
        Outcome and covariates.
    coef
        (q,) coefficients of the covariates alone.
    event_sum, largest
        (q,) sum of the covariates over events, and their largest sizes.
    loglik
        The log partial likelihood of the covariates alone.
    lost
        It less ``sum coef event_sum``: minus the logarithms of the denominators.
    form
        The score at the null with these covariates fitted.
    shift
        (q, q): the covariates' coefficients give way by ``shift @ projection`` per step.
    """

    stream: Stream
    coef: Floats
    event_sum: Floats
    largest: Floats
    loglik: float
    lost: float
    form: SparseForm
    shift: Floats


class Climb(NamedTuple):
    """Where the searches of eight models are.

    Attributes
    ----------
    column
        (`LANES`,) column of each, -1 where there is none.
    at, step
        (q + 1, `LANES`) the best coefficients so far, and the step from those evaluated last.
    reached, events, bound
        (`LANES`,) log likelihood there, from that of the null; sum of the column over events; and
        its largest size.
    steps, halved
        (`LANES`,) evaluations, and how many of them led down.
    ends
        (3, `LANES`) see `newton_steps`.
    """

    column: Ints
    at: Floats
    step: Floats
    reached: Floats
    events: Floats
    bound: Floats
    steps: Ints
    halved: Ints
    ends: Floats


def column_null(
    sets: RiskSets, covariates: Floats, coef: Floats, form: SparseForm, tie_fraction: float
) -> ColumnNull:
    """Make the null of a scan ready.

    Parameters
    ----------
    sets
        The outcome.
    covariates
        (n, q) in walking order, best centred with columns of order 1; q may be 0.
    coef
        (q,) their maximum likelihood coefficients without a further column.
    form
        `embogen.survival.scan_score.sparse_form` at that maximum, with ties treated alike.
    tie_fraction
        1.0 Efron, 0.0 Breslow.
    """
    q = covariates.shape[1]
    coef = np.ascontiguousarray(coef, dtype=np.float64)
    rows = np.ascontiguousarray(covariates, dtype=np.float64)
    event_sum = np.sum(covariates[form.event], axis=0)
    loglik, _, information = walk(sets, rows, coef, np.empty(0), tie_fraction)
    stream = stream_of(sets, rows, coef, tie_fraction)
    none = np.zeros(q, dtype=np.bool_)
    held = factor(information, np.zeros(q), none, False)
    shift = np.zeros((q, q))
    for j in range(q - 1, -1, -1):  # the transposed inverse of the factor, row by row
        shift[j] = np.eye(q)[j]
        for k in range(j + 1, q):
            shift[j] -= held[k, j] * shift[k]
        shift[j] /= held[j, j]
    return ColumnNull(
        stream,
        coef,
        event_sum,
        np.abs(covariates).max(axis=0, initial=0.0),
        loglik,
        loglik - float(np.sum(coef * event_sum)),
        form,
        shift,
    )


@njit(cache=True, nogil=True)
def scan_fits(
    null: ColumnNull, scores: Floats, start: Ints, carriers: Ints, values: Floats
) -> Floats:
    """Fit one Cox model per column.

    Parameters
    ----------
    null
        `column_null`.
    scores
        (G, 3) `embogen.survival.scan_score.scan_scores` of the columns.
    start
        (G + 1,) where each column's carriers begin.
    carriers
        (start[-1],) positions of carriers, in walking order.
    values
        (start[-1],) their values, or length 0 where all are 1.

    Returns
    -------
    (G, 4)
        Coefficient, its standard error, twice the log likelihood ratio against the null, and how
        the fit ended: ``CONVERGED``, ``SUSPECT``, ``STOPPED`` of `embogen.survival.newton`,
        `ALIASED` or `NO_EVENT`. Only a converged row is an estimate. O(G steps N q^2), N the
        rows of the stream.
    """
    out = np.full((start.size - 1, 4), np.nan)
    q, room, column = null.coef.size, room_for(null.stream), 0
    carried = room_for_carriers(null.stream, start, carriers)
    climb = Climb(
        np.full(LANES, -1),
        np.zeros((q + 1, LANES)),
        np.zeros((q + 1, LANES)),
        np.zeros(LANES),
        np.zeros(LANES),
        np.ones(LANES),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros((3, LANES)),
    )
    busy = LANES
    while busy:
        busy = 0
        for lane in range(LANES):
            while climb.column[lane] < 0 and column < start.size - 1:
                rows = carriers[start[column] : start[column + 1]]
                x = values[start[column] : start[column + 1]] if values.size else np.ones(rows.size)
                out[column, 3] = _first_look(null, scores[column], rows, x)
                if out[column, 3] == CONVERGED:
                    climb.column[lane] = column
                    _begin(null, scores[column], (rows, x), climb, room, lane)
                    lay(null.stream, rows, x, carried, lane)
                column += 1
            busy += climb.column[lane] >= 0
        if busy:
            _cut(null, climb, room)
            evaluate(null.stream, carried, room)
            _add_events(null, climb, room)
            newton_steps(room.information, room.score, climb.step, climb.ends)
            for lane in range(LANES):
                if climb.column[lane] >= 0 and _advance(
                    null, climb, room, lane, out[climb.column[lane]]
                ):
                    _leave(climb, carried, room, lane)
    return out


@njit(cache=True, nogil=True)
def _first_look(null: ColumnNull, score: Floats, rows: Ints, x: Floats) -> int:
    """Tell columns that have no estimate before any work."""
    linear, with_event = 0.0, False
    for i in range(rows.size):
        linear += null.form.row[rows[i], 1] * x[i] * x[i]
        with_event = with_event or null.form.event[rows[i]]
    if not score[1] > DOUBTFUL * linear:
        return ALIASED
    return CONVERGED if with_event else NO_EVENT


@njit(cache=True, nogil=True)
def _first_step(null: ColumnNull, score: Floats, rows: Ints, x: Floats) -> Floats:
    """Give where one Newton step from the null leads, cut to a length that can be trusted."""
    q = null.coef.size
    beta = np.zeros(q + 1)
    longest = LARGEST_STEP / np.max(np.abs(x))
    step = min(max(score[0] / score[1], -longest), longest)
    along = np.zeros(q)
    for i in range(rows.size):
        for j in range(q):
            along[j] += null.form.projection[rows[i], j] * x[i]
    for j in range(q):
        beta[j] = null.coef[j]
        for k in range(q):
            beta[j] -= step * null.shift[j, k] * along[k]
    beta[q] = step
    return beta


@njit(cache=True, nogil=True)
def _begin(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    null: ColumnNull,
    score: Floats,
    carried: tuple[Ints, Floats],
    climb: Climb,
    room: Room,
    lane: int,
) -> None:
    """Go from the null where one Newton step leads, cut to a length that can be trusted."""
    q, (rows, x) = null.coef.size, carried
    largest, events, along = 0.0, 0.0, np.zeros(q)
    for i in range(rows.size):
        largest = max(largest, abs(x[i]))
        events += x[i] * null.form.event[rows[i]]
        for j in range(q):
            along[j] += null.form.projection[rows[i], j] * x[i]
    longest = LARGEST_STEP / largest
    step = min(max(score[0] / score[1], -longest), longest)
    for j in range(q):
        climb.at[j, lane] = null.coef[j]
        room.beta[j, lane] = null.coef[j]
        for k in range(q):
            room.beta[j, lane] -= step * null.shift[j, k] * along[k]
    climb.at[q, lane] = 0.0
    room.beta[q, lane] = step
    climb.events[lane], climb.bound[lane] = events, largest
    climb.reached[lane] = 0.0
    climb.steps[lane] = climb.halved[lane] = 0


@njit(cache=True, nogil=True)
def _cut(null: ColumnNull, climb: Climb, room: Room) -> None:
    """Halve steps that lead where exp() could overflow."""
    q = null.coef.size
    for lane in range(LANES):
        while True:
            bound = abs(room.beta[q, lane]) * climb.bound[lane]
            for j in range(q):
                bound += abs(room.beta[j, lane]) * null.largest[j]
            if bound < LARGEST / 2 or climb.halved[lane] > HALVINGS:
                break
            climb.halved[lane] += 1
            for j in range(q + 1):
                room.beta[j, lane] = 0.5 * (room.beta[j, lane] + climb.at[j, lane])
        if not bound < LARGEST / 2:  # given up below, whatever comes of it
            room.beta[:, lane] = 0.0


@njit(cache=True, nogil=True)
def _add_events(null: ColumnNull, climb: Climb, room: Room) -> None:
    """Add the events' part to the scores."""
    q = null.coef.size
    for lane in range(LANES):
        for j in range(q):
            room.score[j, lane] += null.event_sum[j]
        room.score[q, lane] += climb.events[lane]


@njit(cache=True, nogil=True)
def _advance(null: ColumnNull, climb: Climb, room: Room, lane: int, out: Floats) -> bool:
    """Take a model's next step; say whether it is at its end, its row written."""
    q = null.coef.size
    loglik = room.loglik[lane] - null.lost + room.beta[q, lane] * climb.events[lane]
    for j in range(q):
        loglik += (room.beta[j, lane] - null.coef[j]) * null.event_sum[j]
    climb.steps[lane] += 1
    out[3] = STOPPED
    if climb.steps[lane] > MAX_STEPS + HALVINGS or climb.halved[lane] > HALVINGS:
        return True
    if not loglik >= climb.reached[lane] - ROUNDING * abs(null.loglik):
        climb.halved[lane] += 1
        for j in range(q + 1):
            room.beta[j, lane] = 0.5 * (room.beta[j, lane] + climb.at[j, lane])
        return False
    decrement = climb.ends[2, lane]
    farthest = FARTHEST / climb.bound[lane]
    if not climb.ends[1, lane] > 0.0 or abs(room.beta[q, lane]) > farthest:
        out[3] = SUSPECT
        return True
    if decrement < DECREMENT_TOLERANCE or (
        climb.halved[lane] > 0 and decrement < ROUNDING_DECREMENT
    ):
        out[0] = room.beta[q, lane] + climb.step[q, lane]
        out[1] = 1.0 / np.sqrt(climb.ends[0, lane])
        out[2] = 2.0 * loglik
        out[3] = CONVERGED
        return True
    longest = 0.0
    for j in range(q + 1):
        longest = max(longest, abs(climb.step[j, lane]))
    part = min(1.0, LARGEST_STEP / longest)
    climb.reached[lane] = loglik
    for j in range(q + 1):
        climb.at[j, lane] = room.beta[j, lane]
        room.beta[j, lane] += part * climb.step[j, lane]
    return False


@njit(cache=True, nogil=True)
def _leave(climb: Climb, carried: Carriers, room: Room, lane: int) -> None:
    """Empty a place; what is still computed there is of nobody, and finite."""
    climb.column[lane] = -1
    climb.bound[lane] = 1.0
    climb.halved[lane] = 0
    carried.size[lane] = 0
    room.beta[:, lane] = 0.0
