"""The exact partial likelihood of discrete time: tied events drawn together from the risk set.

When time is truly discrete (quarters, visits) d tied events among m at risk have the conditional
probability prod_events r / e_d(r), e_d the sum over all sets of d at risk of the product of their
relative risks (Cox, JRSS B 1972;34:187). e_d follows from adding one patient at a time::

    e_k <- e_k + r e_(k-1)

and so do its derivatives (Gail, Lubin & Rubinstein, Biometrika 1981;68:703). The cost is rows at
risk x tied events x p^2 for each tie; ties of few events share the sums that grow down the walk.
"""

from __future__ import annotations

from math import lgamma
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.newton import (
    CONVERGED,
    DECREMENT_TOLERANCE,
    HALVINGS,
    MAX_ITERATIONS,
    ROUNDING_DECREMENT,
    STOPPED,
    SUSPECT,
    SUSPECT_DECREMENT,
    SUSPECT_STEP,
    Maximum,
    factor,
    largest_change,
    rounding_floor,
    solve,
)
from embogen.survival.partial_likelihood import relative_risk, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]

EXACT: Final = 2.0
"""In the place of a tie fraction: the exact likelihood of discrete time."""
SHARED_SIZE: Final = 8
"""Ties of up to so many events use sums that grow: their powers stay in the range of floats."""


@njit(cache=True)
def discrete_walk(sets: RiskSets, X: Floats, predictor: Floats) -> tuple[float, Floats, Floats]:
    """Give the exact log partial likelihood, score and information.

    Parameters
    ----------
    sets
        The outcome; case weights are not used.
    X
        (n, p) C-contiguous covariates, rows in walking order.
    predictor
        (2, n) linear predictor (at most 0 in each stratum) and its exponential.

    Returns
    -------
    loglik, score, information
        Number, (p,), (p, p). loglik is -inf (and the rest zero) where a sum leaves the
        range of floats.
    """
    p = X.shape[1]
    delayed = sets.leaves_end.size > 0
    loglik = 0.0
    score, information = np.zeros(p), np.zeros((p, p))
    shared, largest = 0, 0
    for d in sets.group_deaths:
        largest = max(largest, d)
        if d <= SHARED_SIZE and not delayed:
            shared = max(shared, d)
    # for sets of k at risk, the sum of prod r, of it times the sum s of the set's covariates, and
    # of it times s s' (lower triangle); first the sums that grow, then those of one tie
    moments = np.zeros((2, largest + 1, 1 + p + p * p))
    row, group = 0, 0
    for last in sets.stratum_end:
        first = row
        moments[0] = 0.0
        moments[0, 0, 0] = 1.0
        while group < last:
            end, d = sets.group_end[group], sets.group_deaths[group]
            for i in range(row, end):
                join(moments, (0, shared), X, i, predictor[1, i])
            own, scale = 0, 1.0
            if d > shared or (delayed and d > 0):
                own = 1
                scale = typical_risk(sets, predictor, (first, end), group)
                moments[1] = 0.0
                moments[1, 0, 0] = 1.0
                for i in range(first, end):
                    if not delayed or sets.entry[i] < sets.group_time[group]:
                        join(moments, (1, d), X, i, predictor[1, i] / scale)
            if d > 0:
                total = moments[own, d, 0]
                if not (total > 0.0 and np.isfinite(total)):
                    return -np.inf, np.zeros(p), np.zeros((p, p))
                loglik -= np.log(total) + d * np.log(scale)
                for i in range(row, row + d):
                    loglik += predictor[0, i]
                for j in range(p):
                    mean = moments[own, d, 1 + j] / total
                    score[j] -= mean
                    for i in range(row, row + d):
                        score[j] += X[i, j]
                    for k in range(j + 1):
                        second = moments[own, d, 1 + p + j * p + k] / total
                        information[j, k] += second - mean * moments[own, d, 1 + k] / total
            row = end
            group += 1
    for j in range(p):
        for k in range(j):
            information[k, j] = information[j, k]
    return loglik, score, information


@njit(cache=True)
def typical_risk(sets: RiskSets, predictor: Floats, rows: tuple[int, int], group: int) -> float:
    """Give the divisor of relative risks that keeps e_d near 1 at a group's time.

    With m at risk of equal risk r it is r C(m, d)^(1 / d). The sums on the way to e_d then stay
    below exp(0.4 d), so that ties of up to some 1,800 events can be counted.
    """
    total, m = 0.0, 0
    for i in range(rows[0], rows[1]):
        if sets.leaves_end.size == 0 or sets.entry[i] < sets.group_time[group]:
            total += predictor[1, i]
            m += 1
    d = sets.group_deaths[group]
    choices = lgamma(m + 1.0) - lgamma(d + 1.0) - lgamma(m - d + 1.0)
    return float(total / m * np.exp(choices / d))


@njit(cache=True)
def join(moments: Floats, use: tuple[int, int], X: Floats, i: int, r: float) -> None:
    """Add row i with relative risk r to the sums over sets of up to ``use[1]``."""
    p = X.shape[1]
    own = use[0]
    for k in range(use[1], 0, -1):
        less = moments[own, k - 1, 0]
        if less == 0.0:
            continue
        for j in range(p):
            for m in range(j + 1):
                at = 1 + p + j * p + m
                grown = moments[own, k - 1, at] + X[i, j] * X[i, m] * less
                grown += X[i, j] * moments[own, k - 1, 1 + m]
                grown += X[i, m] * moments[own, k - 1, 1 + j]
                moments[own, k, at] += r * grown
        for j in range(p):
            moments[own, k, 1 + j] += r * (moments[own, k - 1, 1 + j] + X[i, j] * less)
        moments[own, k, 0] += r * less


def likelihood(
    sets: RiskSets, X: Floats, beta: Floats, offset: Floats, tie_fraction: float
) -> tuple[float, Floats, Floats]:
    """Give log partial likelihood, score and information for any way of dealing with ties.

    Parameters
    ----------
    sets, X, beta, offset
        As in `partial_likelihood.walk`.
    tie_fraction
        1.0 Efron, 0.0 Breslow, `EXACT` for discrete time.

    Examples
    --------
    Two of three have the event together: 3 pairs, each as likely as the other at beta = 0.

    >>> from embogen.survival.risk_sets import build
    >>> sets = build([1.0, 1.0, 2.0], [True, True, False])
    >>> X = np.array([[0.0], [1.0], [1.0]])[sets.order]
    >>> loglik, score, information = likelihood(sets, X, np.zeros(1), np.empty(0), EXACT)
    >>> round(float(np.exp(-loglik)), 9), score.round(4).tolist(), information.round(4).tolist()
    (3.0, [-0.3333], [[0.2222]])
    """
    if tie_fraction != EXACT:
        value: tuple[float, Floats, Floats] = walk(sets, X, beta, offset, tie_fraction)
        return value
    exact: tuple[float, Floats, Floats] = discrete_walk(
        sets, X, relative_risk(sets, X, beta, offset)
    )
    return exact


def maximise_exact(sets: RiskSets, X: Floats, offset: Floats, *, watch: bool) -> Maximum:
    """Maximise the exact likelihood, by the steps and tolerances of `newton.maximise`.

    The loop is not compiled: each of its few steps costs far more than the interpreter adds, and
    whoever has no discrete times need not wait for its compilation.

    Parameters
    ----------
    sets, X, offset, watch
        As in `newton.maximise`.

    Returns
    -------
    Maximum
    """

    def at(beta: Floats) -> tuple[float, Floats, Floats]:
        return likelihood(sets, X, beta, offset, EXACT)

    p = X.shape[1]
    beta = np.zeros(p)
    start = at(beta)
    loglik, score, information = start
    aliased = np.zeros(p, dtype=np.bool_)
    floor = rounding_floor(sets, X)
    L = factor(information, floor, aliased, True)
    flag, iterations, decrement = STOPPED, 0, 0.0
    while np.isfinite(loglik):
        step = solve(L, aliased, score)
        decrement = float(step @ score)
        if decrement < DECREMENT_TOLERANCE:
            flag = CONVERGED
            beta = beta + step
            break
        if watch and decrement < SUSPECT_DECREMENT and largest_change(X, step) > SUSPECT_STEP:
            flag = SUSPECT
            break
        if iterations >= MAX_ITERATIONS:
            break
        trials = (beta + step / 2**halving for halving in range(HALVINGS))
        better = next(
            ((b, new) for b in trials if (new := at(b))[0] >= loglik - 1e-13 * abs(loglik)), None
        )
        if better is None:
            if decrement < ROUNDING_DECREMENT:
                flag = CONVERGED
            break
        beta, (loglik, score, information) = better
        iterations += 1
        L = factor(information, floor, aliased, False)
    covariance = np.zeros((p, p))
    for j in np.flatnonzero(~aliased):
        covariance[:, j] = solve(L, aliased, np.eye(p)[j])
    return Maximum(
        beta,
        score,
        information,
        covariance,
        loglik,
        start[0],
        start[1],
        start[2],
        aliased,
        iterations,
        flag,
        decrement,
    )
