"""Covariances of the subdistribution model, patients being the units.

`robust_covariance` takes the censoring weights as known (``coxph`` of ``finegray`` rows with
``cluster``). `crr_covariance` adds what their estimation contributes (Fine & Gray, JASA
1999;94:496, section 4), as ``cmprsk::crr`` does: to the weighted score residual of patient i comes

    psi_i = integral of q(u) / Y(u) dM_i^c(u),
    q(u)  = - sum over patients with a competing event before u of their score from u onwards,

M_i^c being the martingale of patient i's censoring and Y(u) the number under observation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.survival.score_residuals import score_residuals
from embogen.survival.supremum import standardise

if TYPE_CHECKING:
    from embogen.survival.fine_gray import WeightedRows
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def robust_covariance(
    sets: RiskSets, X: Floats, beta: Floats, covariance: Floats, *, tie_fraction: float, row: Ints
) -> Floats:
    """Give the sandwich covariance, rows of one patient taken together.

    Parameters
    ----------
    sets
        Risk sets of the m weighted rows.
    X
        (n, p) covariates of the n patients, in their own units.
    beta, covariance
        (p,) finite coefficients and the (p, p) inverse information.
    tie_fraction
        1.0 Efron, 0.0 Breslow.
    row
        (m,) patient each weighted row belongs to.

    Returns
    -------
    (p, p)
        V (sum over patients of u u') V with u a patient's weighted score residuals (Lin & Wei,
        JASA 1989;84:1074).
    """
    scores, scale = _row_scores(sets, X[row], beta, tie_fraction)
    return _sandwich(_by_patient(scores, row, len(X)), covariance, scale)


def crr_covariance(
    sets: RiskSets,
    X: Floats,
    beta: Floats,
    covariance: Floats,
    *,
    rows: WeightedRows,
    outcome: tuple[Floats, Ints],
) -> Floats:
    """Give the covariance that counts the estimation of the censoring distribution.

    Parameters
    ----------
    sets, X, beta, covariance
        As in `robust_covariance`; Breslow ties.
    rows
        The weighted rows, made ``as_crr``, the n patients' own rows first.
    outcome
        (n,) times and (n,) causes of the patients, none entering late.

    Returns
    -------
    (p, p)
    """
    scores, scale = _row_scores(sets, X[rows.row], beta, 0.0)
    total = _by_patient(scores, rows.row, len(X))
    total += _censoring_part(scores[len(X) :], rows, outcome)
    return _sandwich(total, covariance, scale)


def _row_scores(
    sets: RiskSets, X: Floats, beta: Floats, tie_fraction: float
) -> tuple[Floats, Floats]:
    """Weighted score residuals by row, in scaled columns, and the scale of each column."""
    Z, scale = standardise(X)
    walked = np.ascontiguousarray(Z[sets.order])
    residuals = score_residuals(sets, walked, beta * scale, np.empty(0), tie_fraction)
    scores = np.empty_like(residuals)
    scores[sets.order] = residuals * sets.weight[:, None]
    return scores, scale


def _by_patient(scores: Floats, row: Ints, n: int) -> Floats:
    columns = [np.bincount(row, scores[:, j], n) for j in range(scores.shape[1])]
    result: Floats = np.column_stack(columns).astype(np.float64)
    return result


def _sandwich(scores: Floats, covariance: Floats, scale: Floats) -> Floats:
    both = np.outer(scale, scale)
    change = scores @ (covariance * both)
    result: Floats = (change.T @ change) / both
    return result


def _censoring_part(scores: Floats, rows: WeightedRows, outcome: tuple[Floats, Ints]) -> Floats:
    """Give psi (n, p); `scores` are those of the rows after the competing events."""
    time, cause = outcome
    censored = cause == 0
    at, count = np.unique(time[censored], return_counts=True)
    n = len(time)
    Y = n - np.searchsorted(np.sort(time), at, side="left")
    later = rows.row[n:]
    # rows that end at u or later, less those whose competing event comes at u or later
    q = _tail(time[later], scores, at) - _tail(rows.stop[n:], scores, at)
    ratio = q / Y[:, None]
    drawn = np.vstack([np.zeros(scores.shape[1]), np.cumsum(ratio * (count / Y)[:, None], axis=0)])
    psi: Floats = -drawn[np.searchsorted(at, time, side="right")]
    psi[censored] += ratio[np.searchsorted(at, time[censored])]
    return psi


def _tail(when: Floats, values: Floats, at: Floats) -> Floats:
    """Sum the values of rows whose time is u or later, for each u."""
    order = np.argsort(when, kind="stable")
    total = np.cumsum(values[order][::-1], axis=0)[::-1]
    total = np.vstack([total, np.zeros(values.shape[1])])
    result: Floats = total[np.searchsorted(when[order], at, side="left")]
    return result
