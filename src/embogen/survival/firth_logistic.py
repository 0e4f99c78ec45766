"""Logistic regression with Firth's penalty: finite estimates whatever the table looks like.

Maximised is l(beta) + log|X'WX| / 2, W = mu (1 - mu): Jeffreys' prior. With h the diagonal of the
hat matrix the score is X'(y - mu + h (1/2 - mu)). Profiles hold one coefficient fixed and keep the
whole information matrix in the penalty. Sources: Firth, Biometrika 1993;80:27; Heinze & Schemper,
Stat Med 2002;21:2409.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

MAX_ITERATIONS: Final = 200
HALVINGS: Final = 40
STEP_TOLERANCE: Final = 1e-7
"""A Newton step so small leaves an error of its square."""
LARGEST_STEP: Final = 5.0


class PenalisedMaximum(NamedTuple):
    """Where the iteration ended.

    Attributes
    ----------
    beta
        (p,) coefficients.
    covariance
        (p, p) inverse of X'WX there.
    loglik
        Penalised log likelihood.
    iterations, converged
        Steps taken, and whether the score vanished. From a start where the information vanishes
        `loglik` is -inf and `covariance` NaN.
    """

    beta: Floats
    covariance: Floats
    loglik: float
    iterations: int
    converged: bool


def independent_columns(X: Floats) -> Bools:
    """Tell which columns are not combinations of columns before them.

    Examples
    --------
    >>> independent_columns(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0]])).tolist()
    [True, False, True]
    """
    kept = np.zeros(X.shape[1], dtype=np.bool_)
    basis = np.empty((len(X), 0))
    for j in range(X.shape[1]):
        column = X[:, j]
        length = float(np.linalg.norm(column))
        if length == 0.0:
            continue
        rest = column / length
        for _ in range(2):  # twice: once leaves rounding along the basis
            rest = rest - basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > 1e-8:  # noqa: PLR2004 - what rounding may leave of a combination
            kept[j] = True
            basis = np.column_stack([basis, rest / size])
    return kept


def penalised_loglik(X: Floats, y: Floats, beta: Floats) -> float:
    """Give l(beta) + log|X'WX| / 2; -inf where the information vanishes."""
    eta = X @ beta
    value = float(y @ eta - np.logaddexp(0.0, eta).sum())
    W = _weights(eta)
    sign, log_determinant = np.linalg.slogdet((X.T * W) @ X)
    return value + 0.5 * float(log_determinant) if sign > 0 else -np.inf


def _weights(eta: Floats) -> Floats:
    small = np.exp(-np.abs(eta))
    result: Floats = small / (1.0 + small) ** 2
    return result


def maximise(X: Floats, y: Floats, start: Floats, free: Bools) -> PenalisedMaximum:
    """Maximise the penalised likelihood over the free coefficients.

    Parameters
    ----------
    X
        (n, p) of full rank, columns of order 1, the constant among them.
    y
        (n,) 0 or 1.
    start
        (p,) starting values; those not free stay.
    free
        (p,) coefficients to move.

    Returns
    -------
    PenalisedMaximum

    Examples
    --------
    A two-by-two table is fitted by adding 1/2 to each cell: 2 of 3 against 0 of 2 give
    log(2.5 * 2.5 / (1.5 * .5)).

    >>> X = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    >>> y = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    >>> fit = maximise(X, y, np.zeros(2), np.ones(2, dtype=bool))
    >>> round(float(np.exp(fit.beta[1])), 6)
    8.333333
    """
    beta = start.copy()
    loglik = penalised_loglik(X, y, beta)
    if not np.isfinite(loglik):  # no information at the start: nothing can be solved there
        return PenalisedMaximum(beta, np.full((len(beta), len(beta)), np.nan), loglik, 0, False)
    converged, iterations = False, 0
    for iterations in range(MAX_ITERATIONS):  # noqa: B007 - reported
        step, size = _step(X, y, beta, free)
        if size < STEP_TOLERANCE:
            beta = beta + step
            converged = True
            break
        better = False
        for _ in range(HALVINGS):
            trial = beta + step
            value = penalised_loglik(X, y, trial)
            if value >= loglik - 1e-14 * abs(loglik):
                better = True
                break
            step = step / 2
        if not better:
            break
        beta, loglik = trial, value
    covariance: Floats = np.linalg.inv((X.T * _weights(X @ beta)) @ X).astype(np.float64)
    return PenalisedMaximum(beta, covariance, loglik, iterations, converged)


def _step(X: Floats, y: Floats, beta: Floats, free: Bools) -> tuple[Floats, float]:
    """Give the Newton step, and the largest change of a linear predictor it makes."""
    step = np.zeros_like(beta)
    if not free.any():
        return step, 0.0
    eta = X @ beta
    W = _weights(eta)
    mu = 1.0 / (1.0 + np.exp(-np.clip(eta, -700.0, 700.0)))
    information = (X.T * W) @ X
    A: Floats = np.linalg.solve(information, X.T).T.astype(np.float64)
    hat = W * np.einsum("ij,ij->i", A, X)
    score = (X.T @ (y - mu + hat * (0.5 - mu)))[free]
    square = np.ix_(free, free)
    curvature = (X.T * (W * (1.0 + hat))) @ X - X.T @ (
        (0.5 - mu)[:, None] * _hat_slopes(X, A, mu, W, hat)
    )
    curvature = ((curvature + curvature.T) / 2)[square]
    try:
        np.linalg.cholesky(curvature)
    except np.linalg.LinAlgError:  # far from the maximum: the scoring step always climbs
        curvature = information[square]
    step[free] = np.linalg.solve(curvature, score)
    size = float(np.abs(X @ step).max(initial=0.0))
    if size > LARGEST_STEP:
        step *= LARGEST_STEP / size
    return step, size


def _hat_slopes(X: Floats, A: Floats, mu: Floats, W: Floats, hat: Floats) -> Floats:
    """Give the derivatives (n, p) of the hat diagonal by each coefficient.

    With A = X I^-1 and T_k = sum_m w_m (1 - 2 mu_m) x_mk x_m x_m', the derivative of h_i is
    h_i (1 - 2 mu_i) x_ik - w_i a_i' T_k a_i.
    """
    tilt = 1.0 - 2.0 * mu
    slopes = (hat * tilt)[:, None] * X
    for k in range(X.shape[1]):
        T = (X.T * (W * tilt * X[:, k])) @ X
        slopes[:, k] -= W * np.einsum("ij,ij->i", A @ T, A)
    return slopes
