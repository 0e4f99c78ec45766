"""The maximum of the log partial likelihood, or its supremum where no maximum exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.exact_ties import EXACT, maximise_exact
from embogen.survival.newton import CONVERGED, SUSPECT, Maximum, maximise
from embogen.survival.risk_sets import RiskSets, refine

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]


class Supremum(NamedTuple):
    """The best the likelihood can do.

    Attributes
    ----------
    beta
        (p,) coefficients; +-inf where they grow for ever, NaN where aliased or where either
        infinity serves equally.
    covariance
        (p, p) inverse information of the finite coefficients; NaN elsewhere.
    loglik, loglik_null
        Supremum, and the value at zero.
    score_null, information_null
        (p,), (p, p) at zero, of the columns as given.
    aliased
        (p,) columns determined by those before them (or constant wherever it matters).
    growth
        (p,) int8: 1 to +infinity, -1 to -infinity, 2 either, 0 finite.
    iterations, decrement
        Newton steps, squared length of the last in standard errors.
    converged
        False when neither a maximum nor a supremum was reached and verified.
    """

    beta: Floats
    covariance: Floats
    loglik: float
    loglik_null: float
    score_null: Floats
    information_null: Floats
    aliased: Bools
    growth: NDArray[np.int8]
    iterations: int
    decrement: float
    converged: bool


CONSTANT: Final = 8 * float(np.finfo(np.float64).eps)
"""A column that varies by less of its size has one value, up to rounding."""
LEAST_SPREAD: Final = 1e-100
"""Squares of smaller differences cannot be computed with: they count as none."""


def standardise(X: Floats) -> tuple[Floats, Floats]:
    """Centre and scale columns, so that units and origins do not touch the arithmetic.

    Parameters
    ----------
    X
        (n, p) finite.

    Returns
    -------
    Z
        (n, p) columns of mean 0 and standard deviation 1; 0 where a column is constant up to
        rounding, or varies by less than `LEAST_SPREAD`.
    scale
        (p,) what one unit of Z is in X; 1 for constant columns.

    Examples
    --------
    >>> Z, scale = standardise(np.array([[1e9], [1e9 + 2.0]]))
    >>> Z[:, 0].tolist(), scale.tolist()
    ([-1.0, 1.0], [1.0])
    """
    return laid_out(X, np.arange(len(X)))


def laid_out(X: Floats, order: Ints) -> tuple[Floats, Floats]:
    """Standardise columns and put the rows in an order, in one go.

    Parameters
    ----------
    X
        (n, p) finite.
    order
        (n,) row of X at each position.

    Returns
    -------
    Z, scale
        As `standardise`, the rows in the order given.
    """
    Z = np.empty(X.shape)
    scale = np.ones(X.shape[1])
    if X.size:
        _lay_out(np.ascontiguousarray(X, dtype=np.float64), order, Z, scale)
    return Z, scale


@njit(cache=True, nogil=True)
def _lay_out(X: Floats, order: Ints, Z: Floats, scale: Floats) -> None:
    """Centre about the first row, which is exact for near values, then about the mean.

    X is read twice in its own order and once in the order wanted, and Z written once.
    """
    n, p = X.shape
    first = X[0].copy()
    low, high, total = np.zeros(p), np.zeros(p), np.zeros(p)
    for i in range(n):
        for j in range(p):
            away = X[i, j] - first[j]
            total[j] += away
            low[j] = min(low[j], away)
            high[j] = max(high[j], away)
    per_unit, centre, square = np.ones(p), np.zeros(p), np.zeros(p)
    varies = np.zeros(p, dtype=np.bool_)
    for j in range(p):
        largest = max(abs(first[j] + high[j]), abs(first[j] + low[j]))
        if largest == 0.0:
            continue
        power = np.exp2(np.floor(np.log2(largest)) + 1.0)  # a power of two: division is exact
        spread = (high[j] - low[j]) / power
        varies[j] = spread > CONSTANT and spread * power >= LEAST_SPREAD
        per_unit[j], centre[j] = 1.0 / power, total[j] / power / n
    for i in range(n):
        for j in range(p):
            away = (X[i, j] - first[j]) * per_unit[j] - centre[j]
            square[j] += away * away
    factor = np.zeros(p)
    for j in range(p):
        if varies[j]:
            deviation = np.sqrt(square[j] / n)
            scale[j], factor[j] = deviation / per_unit[j], 1.0 / deviation
    for i in range(n):
        row = order[i]
        for j in range(p):
            Z[i, j] = ((X[row, j] - first[j]) * per_unit[j] - centre[j]) * factor[j]


def find_supremum(sets: RiskSets, X: Floats, offset: Floats, tie_fraction: float) -> Supremum:
    """Maximise the log partial likelihood over the coefficients of X.

    Parameters
    ----------
    sets
        The outcome.
    X
        (n, p) covariates in the original row order and their own units.
    offset
        (n,) in the original row order, or length 0.
    tie_fraction
        1.0 for Efron's approximation, 0.0 for Breslow's, `EXACT` for discrete time.

    Returns
    -------
    Supremum
        On the scale of X.
    """
    walked, scale = laid_out(X, sets.order)
    shift = offset[sets.order] if offset.size else offset
    p = X.shape[1]
    first = _climb(sets, walked, shift, tie_fraction, watch=True)
    growth = np.zeros(p, dtype=np.int8)
    last = first
    if first.flag != CONVERGED:
        last, growth = _beyond(sets, walked, shift, tie_fraction, first)
    beta = last.beta / scale
    covariance = last.covariance / np.outer(scale, scale)
    beta[first.aliased | (growth == 2)] = np.nan  # noqa: PLR2004 - code documented in Supremum
    beta[growth == 1] = np.inf
    beta[growth == -1] = -np.inf
    lost = first.aliased | (growth != 0)
    covariance[lost, :] = np.nan
    covariance[:, lost] = np.nan
    return Supremum(
        beta,
        covariance,
        last.loglik,
        first.loglik_start,
        first.score_start * scale,
        first.information_start * np.outer(scale, scale),
        first.aliased,
        growth,
        first.iterations,
        last.decrement,
        last.flag == CONVERGED,
    )


def _climb(
    sets: RiskSets, X: Floats, offset: Floats, tie_fraction: float, *, watch: bool
) -> Maximum:
    """Maximise from zero, by the way of dealing with ties."""
    if tie_fraction == EXACT:
        return maximise_exact(sets, X, offset, watch=watch)
    best: Maximum = maximise(sets, X, np.zeros(X.shape[1]), offset, tie_fraction, watch)
    return best


def _beyond(
    sets: RiskSets, X: Floats, offset: Floats, tie_fraction: float, first: Maximum
) -> tuple[Maximum, NDArray[np.int8]]:
    """Take up where Newton stopped: a likelihood without a maximum, or a hard one."""
    from embogen.survival.monotone import Cone, levels_along  # noqa: PLC0415 - scipy.optimize is slow to load and rarely needed

    p = X.shape[1]
    none = np.zeros(p, dtype=np.int8)
    kept = np.flatnonzero(~first.aliased)
    discrete = tie_fraction == EXACT
    partial = Cone(sets, np.ascontiguousarray(X[:, kept]), discrete).growth()
    reduced, rows = sets, np.arange(len(X))
    # Directions of ever higher likelihood leave the finite coefficients alone.
    growing = kept[partial != 0] if partial is not None else kept[:0]
    for _ in range(len(growing)):
        level = levels_along(reduced, np.ascontiguousarray(X[rows][:, growing]), discrete)
        if level is None:
            break
        finer = refine(reduced, level)
        rows = rows[finer.order]
        reduced = finer
    if partial is None or reduced is sets:
        if first.flag == SUSPECT:
            return _climb(sets, X, offset, tie_fraction, watch=False), none
        return first, none
    growth = none.copy()
    growth[kept] = partial
    # Finite coefficients first: what the reduced likelihood leaves open then falls on the others.
    columns = np.concatenate([kept[partial == 0], kept[partial != 0]])
    limit = _climb(
        reduced,
        np.ascontiguousarray(X[rows][:, columns]),
        offset[rows] if offset.size else offset,
        tie_fraction,
        watch=False,
    )
    beta = np.zeros(p)
    covariance = np.zeros((p, p))
    beta[columns] = limit.beta
    covariance[np.ix_(columns, columns)] = limit.covariance
    # Flat in the limit, yet not growing by itself: it can go along with those that grow.
    growth[columns[limit.aliased & (growth[columns] == 0)]] = 2
    return limit._replace(beta=beta, covariance=covariance), growth
