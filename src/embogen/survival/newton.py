"""Damped Newton-Raphson on the log partial likelihood, compiled.

`maximise` is the lean entry point: prepared arrays in, arrays and flags out, callable from other
compiled code. For covariates in their own units, with a verdict on whether a maximum exists, see
`embogen.survival.supremum`.

A search that fits many small data sets (a million fits of 35 rows) keeps one `RiskSets` of
``risk_sets.build`` and one X in walking order, changes them in place (exchange rows of X; with
distinct times ``group_deaths`` holds the event flags) and calls `maximise` from its own ``@njit``
loop: ``maximise(sets, X, np.zeros(p), np.empty(0), 1.0, False)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.partial_likelihood import walk

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

CONVERGED: Final = 0
SUSPECT: Final = 1
"""Information vanishes along the step while the step does not: perhaps no maximum exists."""
STOPPED: Final = 2
"""The iteration limit was reached, or no step raised the likelihood."""

ALIAS_TOLERANCE: Final = 1e-11
ROUNDING_INFORMATION: Final = 1e-12
DECREMENT_TOLERANCE: Final = 1e-18
SUSPECT_DECREMENT: Final = 1e-4
SUSPECT_STEP: Final = 0.5
ROUNDING_DECREMENT: Final = 1e-9
UNSEEN: Final = 1e-10
"""A step that gains less than this part of the log likelihood may be lost in its rounding, which
with half a million patients who come and go is 1e-12 of it: then the score alone is followed."""
MAX_ITERATIONS: Final = 100
HALVINGS: Final = 40


class Maximum(NamedTuple):
    """Where the iteration ended.

    Attributes
    ----------
    beta, score, information
        (p,), (p,), (p, p) at the end; aliased columns keep beta 0.
    covariance
        (p, p) inverse information, rows of aliased columns 0.
    loglik, loglik_start
        Log partial likelihood at the end and at the starting values.
    score_start, information_start
        (p,), (p, p) at the starting values.
    aliased
        (p,) columns that are constant in every risk set or combinations of columns before them.
    iterations, flag
        Newton steps taken; `CONVERGED`, `SUSPECT` or `STOPPED`.
    decrement
        Squared length of the last Newton step in units of standard errors.
    """

    beta: Floats
    score: Floats
    information: Floats
    covariance: Floats
    loglik: float
    loglik_start: float
    score_start: Floats
    information_start: Floats
    aliased: Bools
    iterations: int
    flag: int
    decrement: float


@njit(cache=True)
def factor(information: Floats, floor: Floats, aliased: Bools, find: bool) -> Floats:
    """Factor a non-negative matrix as L L', column by column.

    Parameters
    ----------
    information
        (p, p) symmetric.
    floor
        (p,) diagonal that rounding alone could leave.
    aliased
        (p,) columns to pass over; with `find`, filled with those whose pivot vanishes relative to
        their own diagonal, or whose diagonal is below `floor`.

    Returns
    -------
    L
        (p, p) lower triangle; aliased rows and columns are zero.
    """
    p = information.shape[0]
    L = np.zeros((p, p))
    for j in range(p):
        if aliased[j] and not find:
            continue
        pivot = information[j, j]
        for k in range(j):
            pivot -= L[j, k] * L[j, k]
        if find:
            aliased[j] = not pivot > max(ALIAS_TOLERANCE * information[j, j], floor[j])
            if aliased[j]:
                L[j, :] = 0.0
                continue
        if not pivot > 0.0:
            pivot = 1e-300  # a vanished pivot makes a huge step, which the caller halves
        root = np.sqrt(pivot)
        L[j, j] = root
        for i in range(j + 1, p):
            total = information[i, j]
            for k in range(j):
                total -= L[i, k] * L[j, k]
            L[i, j] = total / root
    return L


@njit(cache=True)
def rounding_floor(sets: RiskSets, X: Floats) -> Floats:
    """Give the information per column below which a column does not vary within risk sets."""
    n, p = X.shape
    events = 0.0
    begin = 0
    for g in range(sets.group_end.size):
        for i in range(begin, begin + sets.group_deaths[g]):
            events += sets.weight[i]
        begin = sets.group_end[g]
    floor = np.zeros(p)
    for i in range(n):
        for j in range(p):
            floor[j] += X[i, j] * X[i, j]
    for j in range(p):
        floor[j] *= ROUNDING_INFORMATION * events / max(n, 1)
    return floor


@njit(cache=True)
def solve(L: Floats, aliased: Bools, right: Floats) -> Floats:
    """Solve L L' x = right; aliased entries of x are 0."""
    p = L.shape[0]
    x = np.zeros(p)
    for i in range(p):
        if aliased[i]:
            continue
        total = right[i]
        for k in range(i):
            total -= L[i, k] * x[k]
        x[i] = total / L[i, i]
    for i in range(p - 1, -1, -1):
        if aliased[i]:
            x[i] = 0.0
            continue
        total = x[i]
        for k in range(i + 1, p):
            if not aliased[k]:
                total -= L[k, i] * x[k]
        x[i] = total / L[i, i]
    return x


@njit(cache=True)
def dot(a: Floats, b: Floats) -> float:
    """Multiply two short vectors.

    As a loop: the library's product depends on where in memory they lie, in the last digit, and
    results must not depend on the process they were made in.
    """
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@njit(cache=True)
def times(matrix: Floats, vector: Floats) -> Floats:
    """Multiply a small matrix and a vector, as `dot`."""
    out = np.empty(matrix.shape[0])
    for j in range(matrix.shape[0]):
        out[j] = dot(matrix[j], vector)
    return out


@njit(cache=True)
def largest_change(X: Floats, step: Floats) -> float:
    """Give the range of X @ step: how much a step changes relative risks, on the log scale."""
    low, high = np.inf, -np.inf
    for i in range(X.shape[0]):
        total = 0.0
        for j in range(X.shape[1]):
            total += X[i, j] * step[j]
        low = min(low, total)
        high = max(high, total)
    return high - low


@njit(cache=True)
def inverse(L: Floats, aliased: NDArray[np.bool_]) -> Floats:
    """Invert a factored information; rows and columns of aliased terms are zero."""
    p = aliased.size
    covariance = np.zeros((p, p))
    unit = np.zeros(p)
    for j in range(p):
        if not aliased[j]:
            unit[:] = 0.0
            unit[j] = 1.0
            covariance[:, j] = solve(L, aliased, unit)
    return covariance


@njit(cache=True)
def _slack(loglik: float, decrement: float, falling: bool) -> float:
    """Give what a step may lose: its rounding, or more where that hides what it gains."""
    unseen = falling and decrement < UNSEEN * abs(loglik)
    return float((100.0 * UNSEEN if unseen else 1e-13) * abs(loglik))


@njit(cache=True, nogil=True)
def maximise(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    sets: RiskSets,
    X: Floats,
    start: Floats,
    offset: Floats,
    tie_fraction: float,
    watch: bool,
) -> Maximum:
    """Maximise the log partial likelihood.

    Parameters
    ----------
    sets
        The outcome (`risk_sets.build`).
    X
        (n, p) C-contiguous, rows in walking order, best centred with columns of order 1.
    start
        (p,) starting values; 0 for aliased columns.
    offset
        (n,) in walking order, or length 0.
    tie_fraction
        1.0 Efron, 0.0 Breslow.
    watch
        Stop with `SUSPECT` as soon as a monotone likelihood is likely.

    Returns
    -------
    Maximum
    """
    beta = start.copy()
    loglik, score, information = walk(sets, X, beta, offset, tie_fraction)
    loglik_start, score_start, information_start = loglik, score, information
    aliased = np.zeros(X.shape[1], dtype=np.bool_)
    floor = rounding_floor(sets, X)
    L = factor(information, floor, aliased, True)
    flag, iterations, decrement, before = STOPPED, 0, 0.0, np.inf
    while np.isfinite(loglik):
        step = solve(L, aliased, score)
        decrement = dot(step, score)
        if decrement < DECREMENT_TOLERANCE:
            flag = CONVERGED
            beta += step
            break
        if watch and decrement < SUSPECT_DECREMENT and largest_change(X, step) > SUSPECT_STEP:
            flag = SUSPECT
            break
        if iterations >= MAX_ITERATIONS:
            break
        falling = decrement < 0.5 * before
        if not falling and decrement < ROUNDING_DECREMENT:  # only rounding is left to gain
            flag = CONVERGED
            break
        lowest, better = loglik - _slack(loglik, decrement, falling), False
        for _ in range(HALVINGS):
            trial = beta + step
            new_loglik, new_score, new_information = walk(sets, X, trial, offset, tie_fraction)
            if new_loglik >= lowest:
                better = True
                break
            step *= 0.5
        if not better:
            if decrement < ROUNDING_DECREMENT:  # only rounding is left to gain
                flag = CONVERGED
            break
        beta, loglik, score, information = trial, new_loglik, new_score, new_information
        iterations, before = iterations + 1, decrement
        L = factor(information, floor, aliased, False)
    return Maximum(
        beta,
        score,
        information,
        inverse(L, aliased),
        loglik,
        loglik_start,
        score_start,
        information_start,
        aliased,
        iterations,
        flag,
        decrement,
    )
