"""Firth's penalty on the log partial likelihood: any ties, strata, weights and delayed entry.

Maximised is l*(b) = l(b) + log|I(b)| / 2, Jeffreys' prior. Its score adds to that of l half the
trace of I^-1 dI/db. dI/db is the sum of third central moments of the covariates over the same
(tie group, Efron fraction) pairs of which I is the sum of second ones, so with whitened covariates
c = L^-1 x (I = L L'), weights v and means E of a pair, and q_i = |c_i - E|^2::

    correction = L / 2  sum_pairs (W / d) sum_i (v_i / V) q_i (c_i - E)          V = sum_i v_i

The risk-set sums of (c, |c|^2) come from `descend`, the walk that serves the likelihood itself;
multiplied out over rows, each term is a row's covariates times what it was exposed to, so `expose`
does the rest. Sources: Firth, Biometrika 1993;80:27; Heinze & Schemper, Biometrics 2001;57:114,
who give Breslow's ties. With a coefficient held fixed the whole information matrix stays in the
penalty, as in R's coxphf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.newton import (
    CONVERGED,
    HALVINGS,
    STOPPED,
    dot,
    factor,
    largest_change,
    rounding_floor,
    solve,
    times,
)
from embogen.survival.partial_likelihood import descend, expose, relative_risk, walk
from embogen.survival.risk_sets import RiskSets

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

MAX_ITERATIONS: Final = 120
DECREMENT_TOLERANCE: Final = 1e-18
ROUNDING_DECREMENT: Final = 1e-10
LONG: Final = 40
"""After so many steps what is left to gain is taken to be rounding, if it is so small."""
VANISHED: Final = 1e-140
"""`factor` puts 1e-300, of which this is far above the root, in the place of a vanished pivot."""
LARGEST_STEP: Final = 5.0
"""Largest change of a log relative hazard in one step."""


class PenalisedMaximum(NamedTuple):
    """Where the iteration ended.

    Attributes
    ----------
    beta, score, information
        (p,), (p,), (p, p) at the end: coefficients, penalised score, unpenalised information.
    loglik
        Penalised log partial likelihood; -inf where the information vanishes.
    iterations, flag
        Steps taken; `CONVERGED` or `STOPPED`.
    decrement
        Squared length of the last step in units of standard errors.
    """

    beta: Floats
    score: Floats
    information: Floats
    loglik: float
    iterations: int
    flag: int
    decrement: float


@njit(cache=True)
def penalised_walk(
    sets: RiskSets, X: Floats, beta: Floats, offset: Floats, tie_fraction: float
) -> tuple[float, Floats, Floats]:
    """Give the penalised log partial likelihood, its score, and the information.

    Parameters
    ----------
    sets
        The outcome.
    X
        (n, p) C-contiguous covariates of order 1, rows in walking order, of full rank within the
        risk sets.
    beta
        (p,) coefficients.
    offset
        (n,) added to the linear predictor, in walking order; length 0 for none.
    tie_fraction
        1.0 for Efron's approximation, 0.0 for Breslow's.

    Returns
    -------
    loglik, score, information
        Number, (p,), (p, p). loglik is -inf where the information is not positive.

    Examples
    --------
    Two patients, x = 1 fails first: l = log(r / (1 + r)), I = r / (1 + r)^2, so at r = 1
    l* = -log 2 - log 4 / 2 and the score is 1/2 + 0 (I is symmetric about r = 1).

    >>> from embogen.survival.risk_sets import build
    >>> sets = build([1.0, 2.0], [True, False])
    >>> X = np.array([[1.0], [0.0]])[sets.order]
    >>> loglik, score, _ = penalised_walk(sets, X, np.zeros(1), np.empty(0), 1.0)
    >>> bool(np.isclose(loglik, -2 * np.log(2))), bool(np.isclose(score[0], 0.5))
    (True, True)
    """
    n, p = X.shape
    loglik, score, information = walk(sets, X, beta, offset, tie_fraction)
    if not np.isfinite(loglik):
        return -np.inf, score, information
    nothing_aliased = np.zeros(p, dtype=np.bool_)
    L = factor(information, np.zeros(p), nothing_aliased, False)
    for j in range(p):
        if not L[j, j] > VANISHED:
            return -np.inf, score, information
        loglik += np.log(L[j, j])
    whitened = np.empty((n, p + 1))
    for i in range(n):
        whitened[i, p] = 0.0
        for j in range(p):
            total = X[i, j]
            for k in range(j):
                total -= L[j, k] * whitened[i, k]
            whitened[i, j] = total / L[j, j]
            whitened[i, p] += whitened[i, j] ** 2
    inner = third_moments(sets, whitened, relative_risk(sets, X, beta, offset), tie_fraction)
    for j in range(p):
        for k in range(j + 1):
            score[j] += 0.5 * L[j, k] * inner[k]
    return loglik, score, information


@njit(cache=True)
def third_moments(
    sets: RiskSets, whitened: Floats, predictor: Floats, tie_fraction: float
) -> Floats:
    """Sum the third central moments whose first two indices are contracted.

    Parameters
    ----------
    whitened
        (n, p + 1) covariates whose information is the identity, and their squared length.
    predictor
        (2, n) linear predictor and its exponential, in walking order.

    Returns
    -------
    (p,)
        ``sum_pairs (W / d) sum_i (v_i / V) |c_i - E|^2 (c_i - E)``.
    """
    n, p, g = whitened.shape[0], whitened.shape[1] - 1, sets.group_end.size
    sums = np.zeros((2, g, p + 2))
    descend(sets, whitened, predictor, np.zeros((2, g)), tie_fraction, sums)
    steps = np.zeros((p + 2, 2, g))  # of the hazard times E, then 1, then |E|^2
    out, mean = np.zeros(p), np.empty(p)
    begin = 0
    for group in range(g):
        d, W = sets.group_deaths[group], 0.0
        for i in range(begin, begin + d):
            W += sets.weight[i]
        begin = sets.group_end[group]
        for k in range(d):
            f = tie_fraction * k / d
            total = sums[0, group, 0] - f * sums[1, group, 0]
            length = 0.0
            for j in range(p):
                mean[j] = (sums[0, group, j + 1] - f * sums[1, group, j + 1]) / total
                length += mean[j] ** 2
            squares = (sums[0, group, p + 1] - f * sums[1, group, p + 1]) / total
            hazard = W / d / total
            for j in range(p):
                out[j] -= W / d * mean[j] * (squares - length)
            for j in range(p + 2):
                by = mean[j] if j < p else (1.0 if j == p else length)
                steps[j, 0, group] += hazard * by
                steps[j, 1, group] += (1.0 - f) * hazard * by
    exposure = np.empty((p + 2, n))
    for j in range(p + 2):
        exposure[j] = expose(sets, steps[j])
    for i in range(n):
        q = whitened[i, p] * exposure[p, i] + exposure[p + 1, i]
        for j in range(p):
            q -= 2.0 * whitened[i, j] * exposure[j, i]
        for j in range(p):
            out[j] += sets.weight[i] * predictor[1, i] * q * whitened[i, j]
    return out


@njit(cache=True)
def maximise_penalised(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    sets: RiskSets, X: Floats, start: Floats, held: Bools, offset: Floats, tie_fraction: float
) -> PenalisedMaximum:
    """Maximise the penalised likelihood over the coefficients not held.

    Ascent by the BFGS update: it starts as scoring with the inverse information and learns from
    successive scores what the penalty adds to the curvature.

    Parameters
    ----------
    sets, X, offset, tie_fraction
        As in `penalised_walk`.
    start
        (p,) starting values; those held stay.
    held
        (p,) coefficients not to move; the penalty keeps the whole information matrix.
    """
    beta = start.copy()
    loglik, score, information = penalised_walk(sets, X, beta, offset, tie_fraction)
    inverse = inverse_of_free(information, held)
    scoring = True
    flag, iterations, decrement = STOPPED, 0, np.inf
    while np.isfinite(loglik):
        step = times(inverse, score)
        decrement = float(dot(step, score))
        settled = iterations >= LONG and decrement < ROUNDING_DECREMENT
        if settled or decrement < DECREMENT_TOLERANCE:
            flag = CONVERGED
            beta += step
            break
        if iterations >= MAX_ITERATIONS:
            break
        size = largest_change(X, step)
        if size > LARGEST_STEP:
            step *= LARGEST_STEP / size
        better = False
        for _ in range(HALVINGS):
            trial = beta + step
            value, new_score, new_information = penalised_walk(sets, X, trial, offset, tie_fraction)
            if value >= loglik - 1e-13 * abs(loglik):
                better = True
                break
            step *= 0.5
        if not better:
            if decrement < ROUNDING_DECREMENT:  # only rounding is left to gain
                flag = CONVERGED
                break
            if scoring:
                break
            inverse, scoring = inverse_of_free(information, held), True
            continue
        scoring = not learn(inverse, step, score - new_score, held)
        beta, loglik, score, information = trial, value, new_score, new_information
        if scoring:
            inverse = inverse_of_free(information, held)
        iterations += 1
    return PenalisedMaximum(beta, score, information, loglik, iterations, flag, decrement)


@njit(cache=True)
def inverse_of_free(information: Floats, held: Bools) -> Floats:
    """Invert the rows and columns not held; zero elsewhere."""
    p = information.shape[0]
    L = factor(information, np.zeros(p), held, False)
    inverse, unit = np.zeros((p, p)), np.zeros(p)
    for j in range(p):
        if not held[j]:
            unit[:] = 0.0
            unit[j] = 1.0
            inverse[:, j] = solve(L, held, unit)
    return inverse


@njit(cache=True)
def learn(inverse: Floats, step: Floats, fallen: Floats, held: Bools) -> bool:
    """Update the inverse curvature by a step and how far the score fell along it (BFGS).

    Returns False, changing nothing, where the likelihood is not concave along the step.
    """
    p = step.size
    change = np.where(held, 0.0, fallen)
    through = dot(step, change)
    if not through > 1e-14 * np.sqrt(dot(step, step) * dot(change, change)):
        return False
    Hy = times(inverse, change)
    scale = (1.0 + dot(change, Hy) / through) / through
    for j in range(p):
        for k in range(p):
            inverse[j, k] += scale * step[j] * step[k]
            inverse[j, k] -= (Hy[j] * step[k] + step[j] * Hy[k]) / through
    return True


def estimable(sets: RiskSets, X: Floats, offset: Floats, tie_fraction: float) -> Bools:
    """Tell which columns vary within risk sets and are no combinations of columns before them.

    Parameters
    ----------
    sets, X, offset, tie_fraction
        As in `penalised_walk`, X of any rank.

    Returns
    -------
    (p,) bool
    """
    p = X.shape[1]
    _, _, information = walk(sets, X, np.zeros(p), offset, tie_fraction)
    aliased = np.zeros(p, dtype=np.bool_)
    factor(information, rounding_floor(sets, X), aliased, True)
    return ~aliased
