"""How a Cox model fitted to resamples does there, and on the data they were drawn from.

For each resample the model is fitted, its linear predictor is compared with the outcome of the
resample and of the data (concordance), and it is the one covariate of a model of the data, whose
coefficient is the calibration slope: below 1 where predictions are too extreme. (Harrell, Lee &
Mark, Statistics in Medicine 1996;15:361.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.concordance import concordance_value
from embogen.survival.firth import maximise_penalised
from embogen.survival.newton import CONVERGED, factor, maximise, rounding_floor
from embogen.survival.partial_likelihood import walk
from embogen.survival.refits import resampled
from embogen.survival.risk_sets import build

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

COLUMNS: Final = 3
"""Concordance in the resample, concordance in the data, calibration slope in the data."""


def resample_performance(
    sets: RiskSets,
    X: Floats,
    start: Floats,
    draws: Ints,
    tie_fraction: float,
    *,
    penalised: bool,
) -> Floats:
    """Fit a Cox model to each resample and judge it there and on the data.

    Parameters
    ----------
    sets
        The outcome, case weights all 1.
    X
        (n, p) C-contiguous covariates, centred and of order 1, rows in walking order.
    start
        (p,) starting values: the coefficients of the data themselves.
    draws
        (B, m) positions (in walking order) of the rows of each resample, repeats allowed.
    tie_fraction
        1.0 Efron, 0.0 Breslow.
    penalised
        Fit with Firth's penalty. The calibration slope is that of an unpenalised model.

    Returns
    -------
    (B, 3)
        Concordance in the resample and in the data, calibration slope in the data; a row of NaN
        where the resample has no finite estimates, or its predictor none in the data. Without
        delayed entry nothing is sorted: O(B m (p^2 + log m)).

    Examples
    --------
    The rows themselves as a resample: both concordances are one, and the slope is 1.

    >>> sets = build(np.array([1.0, 2.0, 3.0]), np.ones(3, bool))
    >>> X = np.array([[1.0], [0.0], [1.0]])[sets.order]
    >>> found = resample_performance(
    ...     sets, X, np.zeros(1), np.arange(3)[None, :], 1.0, penalised=False
    ... )
    >>> found.round(4).tolist()
    [[0.5, 0.5, 1.0]]
    """
    if not sets.leaves_end.size:
        return np.asarray(_performance(sets, X, start, draws, tie_fraction, penalised))
    out = np.empty((len(draws), COLUMNS))
    rows = _rows_of(sets)
    for b, draw in enumerate(draws):
        again = build(
            rows[0][draw], rows[1][draw] > 0, entry=rows[2][draw], strata=rows[3][draw].astype(int)
        )
        Z = np.ascontiguousarray(X[draw][again.order])
        out[b] = _judge(sets, X, (again, Z), start, tie_fraction, penalised)
    return out


def _rows_of(sets: RiskSets) -> Floats:
    """Give time, event, entry and stratum of each row, in walking order."""
    sizes = np.diff(sets.group_end, prepend=0)
    group = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(group)) - (sets.group_end - sizes)[group]
    stratum = np.searchsorted(sets.stratum_end, group, side="right")
    event = within < sets.group_deaths[group]
    return np.array([sets.group_time[group], event, sets.entry, stratum], dtype=np.float64)


@njit(cache=True, nogil=True)
def _performance(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    sets: RiskSets, X: Floats, start: Floats, draws: Ints, tie_fraction: float, penalised: bool
) -> Floats:
    """Judge the resamples one after the other."""
    out = np.empty((len(draws), COLUMNS))
    for b in range(len(draws)):
        again = resampled(sets, X, draws[b])
        out[b] = _judge(sets, X, again, start, tie_fraction, penalised)
    return out


@njit(cache=True, nogil=True)
def _judge(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    sets: RiskSets,
    X: Floats,
    again: tuple[RiskSets, Floats],
    start: Floats,
    tie_fraction: float,
    penalised: bool,
) -> Floats:
    """Fit one resample; judge it there and on the data."""
    out = np.full(COLUMNS, np.nan)
    if penalised:
        coef, fitted = _penalised_fit(again[0], again[1], tie_fraction)
    else:
        best = maximise(again[0], again[1], start, np.empty(0), tie_fraction, True)
        coef, fitted = np.where(best.aliased, 0.0, best.beta), best.flag == CONVERGED
    if not fitted:
        return out
    here = _predictor(X, coef)
    spread = np.sqrt(np.mean((here - here.mean()) ** 2))
    if not spread > 0.0:
        return out
    column = ((here - here.mean()) / spread).reshape(-1, 1)
    slope = maximise(sets, column, np.zeros(1), np.empty(0), tie_fraction, True)
    if slope.flag != CONVERGED or slope.aliased[0]:
        return out
    out[0] = concordance_value(again[0], _predictor(again[1], coef))
    out[1] = concordance_value(sets, here)
    out[2] = slope.beta[0] / spread
    return out


@njit(cache=True, nogil=True)
def _predictor(X: Floats, coef: Floats) -> Floats:
    """Add up columns one by one, so that equal rows have equal values."""
    total = np.zeros(X.shape[0])
    for j in range(coef.size):
        for i in range(X.shape[0]):
            total[i] += coef[j] * X[i, j]
    return total


@njit(cache=True, nogil=True)
def _penalised_fit(sets: RiskSets, X: Floats, tie_fraction: float) -> tuple[Floats, bool]:
    """Fit with Firth's penalty the columns that can be estimated; the others get 0."""
    p = X.shape[1]
    empty = np.empty(0)
    _, _, information = walk(sets, X, np.zeros(p), empty, tie_fraction)
    aliased = np.zeros(p, dtype=np.bool_)
    factor(information, rounding_floor(sets, X), aliased, True)
    kept = np.flatnonzero(~aliased)
    coef = np.zeros(p)
    if not kept.size:
        return coef, False
    Z = np.empty((X.shape[0], kept.size))
    for j in range(kept.size):
        Z[:, j] = X[:, kept[j]]
    held = np.zeros(kept.size, dtype=np.bool_)
    best = maximise_penalised(sets, Z, np.zeros(kept.size), held, empty, tie_fraction)
    for j in range(kept.size):
        coef[kept[j]] = best.beta[j]
    return coef, best.flag == CONVERGED
