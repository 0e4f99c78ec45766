"""Full fits of many sparse 0/1 columns beside the same covariates, from the covariates' own fit.

Each column is the last of a Cox model; Newton starts where the model without it ended, two or
three steps from the end. The walk is the one of every other fit, so estimates are those of a
model fitted alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.newton import maximise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ALIASED: Final = 3
"""Beside the flags of `embogen.survival.newton`: the column cannot be told from the covariates."""


@njit(cache=True, nogil=True)
def scan_fits(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    sets: RiskSets,
    covariates: Floats,
    coef: Floats,
    start: Ints,
    carriers: Ints,
    tie_fraction: float,
) -> Floats:
    """Fit one Cox model per column.

    Parameters
    ----------
    sets
        The outcome.
    covariates
        (n, q) in walking order, best centred with columns of order 1; q may be 0.
    coef
        (q,) their coefficients in the model without a column.
    start
        (G + 1,) where each column's carriers begin.
    carriers
        (start[-1],) positions of carriers.
    tie_fraction
        1.0 Efron, 0.0 Breslow.

    Returns
    -------
    (G, 4)
        Coefficient, its standard error, log likelihood, and how the fit ended: ``CONVERGED``,
        ``SUSPECT``, ``STOPPED`` of `embogen.survival.newton`, or `ALIASED`. Only a converged row
        is an estimate. O(G steps n q^2).
    """
    n, q = covariates.shape
    out = np.full((start.size - 1, 4), np.nan)
    X = np.empty((n, q + 1))
    X[:, :q] = covariates
    begin = np.zeros(q + 1)
    begin[:q] = coef
    empty = np.empty(0)
    for column in range(start.size - 1):
        rows = carriers[start[column] : start[column + 1]]
        share = rows.size / n
        spread = np.sqrt(share * (1.0 - share))
        if not spread > 0.0:
            out[column, 3] = ALIASED
            continue
        X[:, q] = -share / spread
        for i in rows:
            X[i, q] = (1.0 - share) / spread
        best = maximise(sets, X, begin, empty, tie_fraction, True)
        out[column, 2] = best.loglik
        out[column, 3] = ALIASED if best.aliased[q] else best.flag
        out[column, 0] = best.beta[q] / spread
        out[column, 1] = np.sqrt(best.covariance[q, q]) / spread
    return out
