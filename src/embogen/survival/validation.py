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
from embogen.survival.firth import estimable, maximise_penalised
from embogen.survival.newton import CONVERGED, maximise
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
    out = np.empty((len(draws), COLUMNS))
    rows = _rows_of(sets) if sets.leaves_end.size else None
    for b, draw in enumerate(draws):
        again, Z = resampled(sets, X, draw) if rows is None else _built(rows, X, draw)
        out[b] = _judge(sets, X, (again, Z), start, tie_fraction, penalised=penalised)
    return out


def _built(rows: Floats, X: Floats, draw: Ints) -> tuple[RiskSets, Floats]:
    """Build the risk sets of a resample anew, which delayed entry asks for."""
    time, event, entry, stratum = rows[:, draw]
    again = build(time, event > 0, entry=entry, strata=stratum.astype(np.int64))
    return again, np.ascontiguousarray(X[draw][again.order])


def _rows_of(sets: RiskSets) -> Floats:
    """Give time, event, entry and stratum of each row, in walking order."""
    sizes = np.diff(sets.group_end, prepend=0)
    group = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(group)) - (sets.group_end - sizes)[group]
    stratum = np.searchsorted(sets.stratum_end, group, side="right")
    event = within < sets.group_deaths[group]
    return np.array([sets.group_time[group], event, sets.entry, stratum], dtype=np.float64)


def _judge(
    sets: RiskSets,
    X: Floats,
    again: tuple[RiskSets, Floats],
    start: Floats,
    tie_fraction: float,
    *,
    penalised: bool,
) -> Floats:
    """Fit one resample; judge it there and on the data.

    The steps are compiled, their order is not: one function of all of them would take a minute to
    compile, to save .1 ms a resample.
    """
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


def _penalised_fit(sets: RiskSets, X: Floats, tie_fraction: float) -> tuple[Floats, bool]:
    """Fit with Firth's penalty the columns that can be estimated; the others get 0."""
    empty, coef = np.empty(0), np.zeros(X.shape[1])
    kept = np.flatnonzero(estimable(sets, X, empty, tie_fraction))
    if not kept.size:
        return coef, False
    held = np.zeros(kept.size, dtype=np.bool_)
    columns = np.ascontiguousarray(X[:, kept])
    best = maximise_penalised(sets, columns, np.zeros(kept.size), held, empty, tie_fraction)
    coef[kept] = best.beta
    return coef, bool(best.flag == CONVERGED)
