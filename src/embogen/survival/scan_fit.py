"""Full fits of many sparse columns beside the same covariates, from the covariates' own fit.

Each column is the last of a Cox model. The first Newton step is read off the score at the null,
which costs the carriers; the steps after it evaluate the likelihood over arrays laid out for
vector instructions (`scan_likelihood`). A column for which this does not end in a clear maximum
is flagged, for the careful fit of a model alone to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.newton import CONVERGED, STOPPED, SUSPECT, dot, factor, inverse, solve
from embogen.survival.scan_layout import Laid, Workspace, lay_out_columns, workspace
from embogen.survival.scan_likelihood import evaluate
from embogen.survival.scan_score import SparseForm

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
DOUBTFUL: Final = 1e-9
"""A variance below this part of what it was subtracted from is rounding, or nearly so."""


class ColumnNull(NamedTuple):
    """The model without a column, and what a column's first step takes from it.

    Attributes
    ----------
    laid
        Outcome and covariates, laid out.
    coef
        (q,) coefficients of the covariates alone.
    loglik
        Their log partial likelihood.
    form
        The score at the null with these covariates fitted.
    shift
        (q, q): the covariates' coefficients give way by ``shift @ projection`` per step.
    """

    laid: Laid
    coef: Floats
    loglik: float
    form: SparseForm
    shift: Floats


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
    laid = lay_out_columns(sets, covariates, tie_fraction)
    q = covariates.shape[1]
    work = workspace(laid)
    beta = np.concatenate([coef, [0.0]])
    loglik = float(evaluate(laid, beta, np.empty(0, np.int64), np.empty(0), work))
    none = np.zeros(q, dtype=np.bool_)
    held = factor(np.ascontiguousarray(work.information[:q, :q]), np.zeros(q), none, False)
    shift = np.zeros((q, q))
    for j in range(q - 1, -1, -1):  # the transposed inverse of the factor, row by row
        shift[j] = np.eye(q)[j]
        for k in range(j + 1, q):
            shift[j] -= held[k, j] * shift[k]
        shift[j] /= held[j, j]
    return ColumnNull(laid, np.ascontiguousarray(coef, dtype=np.float64), loglik, form, shift)


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
        `ALIASED` or `NO_EVENT`. Only a converged row is an estimate. O(G steps n q^2).
    """
    out = np.full((start.size - 1, 4), np.nan)
    work = workspace(null.laid)
    for column in range(start.size - 1):
        rows = carriers[start[column] : start[column + 1]]
        x = values[start[column] : start[column + 1]] if values.size else np.ones(rows.size)
        out[column, 3] = _first_look(null, scores[column], rows, x)
        if out[column, 3] == CONVERGED:
            _fit(null, scores[column], rows, x, work, out[column])
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
def _fit(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    null: ColumnNull, score: Floats, rows: Ints, x: Floats, work: Workspace, out: Floats
) -> None:
    """Climb from the first step; write the row of one column."""
    q = null.coef.size
    at = np.zeros(q + 1)
    at[:q] = null.coef
    beta = _first_step(null, score, rows, x)
    reached, aliased = null.loglik, np.zeros(q + 1, dtype=np.bool_)
    floor = np.zeros(q + 1)
    farthest = FARTHEST / np.max(np.abs(x))
    out[3] = STOPPED
    halved = 0
    for _ in range(MAX_STEPS + HALVINGS):
        loglik = evaluate(null.laid, beta, rows, x, work)
        if not loglik >= reached - 1e-12 * abs(reached):
            halved += 1
            if halved > HALVINGS:
                return
            beta = 0.5 * (beta + at)
            continue
        reached, at = loglik, beta
        L = factor(work.information, floor, aliased, True)
        if aliased.any() or abs(beta[q]) > farthest:
            out[3] = SUSPECT
            return
        step = solve(L, aliased, work.score)
        decrement = dot(step, work.score)
        longest = np.max(np.abs(step))
        if longest > LARGEST_STEP:
            step = step * (LARGEST_STEP / longest)
        beta = at + step
        if decrement < DECREMENT_TOLERANCE or (halved > 0 and decrement < ROUNDING_DECREMENT):
            out[0] = beta[q]
            out[1] = np.sqrt(inverse(L, aliased)[q, q])
            out[2] = 2.0 * (loglik - null.loglik)
            out[3] = CONVERGED
            return
