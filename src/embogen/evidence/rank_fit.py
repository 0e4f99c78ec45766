"""The Cox fit of the search: no ties, no weights, few distinct covariate rows, very many fits.

The shared walk over risk sets (`embogen.survival`) takes any covariates, ties, entries, strata and
weights. The search of `embogen.evidence.reconstruct` refits tens of millions of models that have
none of these: times are ranks, and every patient has one of a handful of covariate rows (a gene
times a grade: six). Here a risk score is therefore an exponential per distinct row, not per
patient, and nothing is allocated. Measured on one core at n = 35: 1.2 us a fit of one covariate
and 3 us of two, against 20 and 36 us with `embogen.survival.newton.maximise`, which would turn a
search of two minutes into half an hour. Nothing found by it is reported: every cohort is fitted
again by `embogen.inference.cox.fit_cox`, and tests hold the two against each other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_STEPS: Final = 30
_LONGEST_STEP: Final = 1.0
_LARGEST_COEF: Final = 8.0
_STEP_TOLERANCE: Final = 1e-8
_SMALLEST_PIVOT: Final = 1e-7

Z_95: Final = 1.959963984540054
"""The 0.975 quantile of the normal distribution."""
N_FIGURES: Final = 4
"""Figures of a printed row: hazard ratio, both ends of its interval, p."""


class Fit(NamedTuple):
    """A fit of p columns over k distinct covariate rows, with the room it needs.

    Parameters
    ----------
    coef
        (p,) start of the iteration; at its end the log hazard ratios.
    covariance
        (p, p) inverse information at the maximum.
    weight
        (k,) exp(linear predictor) of each distinct row.
    sum1, score
        (p,) weighted covariate sum over the risk set; gradient.
    sum2, information
        (p, p) weighted cross products over the risk set; information.
    """

    coef: NDArray[np.float64]
    covariance: NDArray[np.float64]
    weight: NDArray[np.float64]
    sum1: NDArray[np.float64]
    score: NDArray[np.float64]
    sum2: NDArray[np.float64]
    information: NDArray[np.float64]


def _room_for(n_rows: int, n_columns: int) -> Fit:
    """Make room for fits of `n_columns` columns over `n_rows` distinct covariate rows."""
    return Fit(
        np.zeros(n_columns),
        np.zeros((n_columns, n_columns)),
        np.zeros(n_rows),
        np.zeros(n_columns),
        np.zeros(n_columns),
        np.zeros((n_columns, n_columns)),
        np.zeros((n_columns, n_columns)),
    )


def _walk_one(
    event: NDArray[np.bool_], code: NDArray[np.int64], rows: NDArray[np.float64], fit: Fit
) -> None:
    """Walk the risk sets of one covariate from the last patient to the first."""
    for k in range(rows.shape[0]):
        fit.weight[k] = math.exp(fit.coef[0] * rows[k, 0])
    sum0 = sum1 = sum2 = score = information = 0.0
    for i in range(code.size - 1, -1, -1):
        value, weight = rows[code[i], 0], fit.weight[code[i]]
        sum0 += weight
        sum1 += weight * value
        sum2 += weight * value * value
        if event[i]:
            mean = sum1 / sum0
            score += value - mean
            information += sum2 / sum0 - mean * mean
    fit.score[0] = score
    fit.information[0, 0] = information


def _walk_all(  # noqa: C901 - one fused loop, as kernels are
    event: NDArray[np.bool_], code: NDArray[np.int64], rows: NDArray[np.float64], fit: Fit
) -> None:
    """Walk the risk sets of any number of covariates; the same sums as `_walk_one`."""
    n_rows, p = rows.shape
    for k in range(n_rows):
        predictor = 0.0
        for j in range(p):
            predictor += fit.coef[j] * rows[k, j]
        fit.weight[k] = math.exp(predictor)
    sum0 = 0.0
    for j in range(p):
        fit.sum1[j] = fit.score[j] = 0.0
        for m in range(j + 1):
            fit.sum2[j, m] = fit.information[j, m] = 0.0
    for i in range(code.size - 1, -1, -1):
        k = code[i]
        sum0 += fit.weight[k]
        for j in range(p):
            product = fit.weight[k] * rows[k, j]
            fit.sum1[j] += product
            for m in range(j + 1):
                fit.sum2[j, m] += product * rows[k, m]
        if event[i]:
            inverse = 1.0 / sum0
            for j in range(p):
                mean = fit.sum1[j] * inverse
                fit.score[j] += rows[k, j] - mean
                for m in range(j + 1):
                    product = mean * fit.sum1[m]
                    fit.information[j, m] += (fit.sum2[j, m] - product) * inverse


def _invert(  # noqa: C901 - one elimination, compiled
    matrix: NDArray[np.float64], inverse: NDArray[np.float64]
) -> bool:
    """Invert a symmetric matrix given by its lower triangle, in place; False when singular."""
    p = matrix.shape[0]
    for j in range(p):
        for m in range(j):
            matrix[m, j] = matrix[j, m]
    for j in range(p):
        for m in range(p):
            inverse[j, m] = 1.0 if j == m else 0.0
    for j in range(p):
        pivot = matrix[j, j]
        if not pivot > _SMALLEST_PIVOT:
            return False
        for m in range(p):
            matrix[j, m] /= pivot
            inverse[j, m] /= pivot
        for other in range(p):
            if other != j:
                factor = matrix[other, j]
                for m in range(p):
                    matrix[other, m] -= factor * matrix[j, m]
                    inverse[other, m] -= factor * inverse[j, m]
    return True


def _fit_rows(
    event: NDArray[np.bool_],
    code: NDArray[np.int64],
    rows: NDArray[np.float64],
    fit: Fit,
) -> bool:
    """Fit a Cox model to patients in order of time, without ties.

    Parameters
    ----------
    event
        (n,) whether each patient's time is an event; patients stand in order of time.
    code
        (n,) which of `rows` each patient has.
    rows
        (k, p) distinct covariate rows.
    fit
        Start of the iteration, and its end.

    Returns
    -------
    converged
        False when the likelihood has no maximum within reach: nothing may be read then.
    """
    p = rows.shape[1]
    for _ in range(_MAX_STEPS):
        if p == 1:
            walk_one(event, code, rows, fit)
        else:
            walk_all(event, code, rows, fit)
        if not invert(fit.information, fit.covariance):
            return False
        longest = 0.0
        for j in range(p):
            step = 0.0
            for m in range(p):
                step += fit.covariance[j, m] * fit.score[m]
            fit.sum1[j] = step
            longest = max(longest, abs(step))
        if longest < _STEP_TOLERANCE:
            return True
        damping = _LONGEST_STEP / longest if longest > _LONGEST_STEP else 1.0
        for j in range(p):
            fit.coef[j] += damping * fit.sum1[j]
            if not abs(fit.coef[j]) < _LARGEST_COEF:
                return False
    return False


def _distance(coef: float, se: float, windows: NDArray[np.float64]) -> float:
    """Squared distance of a row from its printed figures, in units of their rounding.

    Parameters
    ----------
    coef, se
        Log hazard ratio and its standard error.
    windows
        (4, 3) for log HR, log ends of the 95% interval and log p: the lowest and highest value
        that rounds to the printed one, and half the width between.

    Returns
    -------
    distance
        0 when all four figures round to the printed ones.
    """
    total = 0.0
    for figure in range(N_FIGURES):
        if figure == 0:
            value = coef
        elif figure == 1:
            value = coef - Z_95 * se
        elif figure == 2:  # noqa: PLR2004 - position of the upper end
            value = coef + Z_95 * se
        else:
            value = math.log(max(math.erfc(abs(coef) / se / math.sqrt(2.0)), 1e-300))
        outside = max(windows[figure, 0] - value, value - windows[figure, 1], 0.0)
        total += (outside / windows[figure, 2]) ** 2
    return total


_compiled: Final = njit(cache=True, error_model="numpy")
room_for: Callable[..., Any] = _compiled(_room_for)
walk_one: Callable[..., Any] = _compiled(_walk_one)
walk_all: Callable[..., Any] = _compiled(_walk_all)
invert: Callable[..., Any] = _compiled(_invert)
fit_rows: Callable[..., Any] = _compiled(_fit_rows)
distance: Callable[..., Any] = _compiled(_distance)
