"""Firth's penalised fits of many sparse columns beside the same covariates.

For the columns whose ordinary estimate is infinite or rests on very few events. Each is the last
of a Cox model whose penalty holds the whole information matrix; the likelihood ratio compares it
with the column held at 0 under the same penalty, as `embogen.inference.firth` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from embogen.survival.firth import inverse_of_free, maximise_penalised
from embogen.survival.newton import CONVERGED, STOPPED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def scan_firth(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    sets: RiskSets,
    covariates: Floats,
    coef: Floats,
    start: Ints,
    carriers: Ints,
    tie_fraction: float,
) -> Floats:
    """Fit one penalised Cox model per 0/1 column.

    Parameters
    ----------
    sets
        The outcome.
    covariates
        (n, q) in walking order, centred with columns of order 1, none aliased; q may be 0.
    coef
        (q,) where the search starts.
    start
        (G + 1,) where each column's carriers begin.
    carriers
        (start[-1],) positions of carriers.
    tie_fraction
        1.0 Efron, 0.0 Breslow.

    Returns
    -------
    (G, 4)
        Coefficient, its standard error, penalised likelihood ratio, and ``CONVERGED`` or
        ``STOPPED`` of `embogen.survival.newton`. O(G steps n q^3).
    """
    n, q = covariates.shape
    out = np.full((start.size - 1, 4), np.nan)
    X = np.empty((n, q + 1))
    X[:, :q] = covariates
    begin = np.zeros(q + 1)
    begin[:q] = coef
    held = np.zeros(q + 1, dtype=np.bool_)
    empty = np.empty(0)
    for column in range(start.size - 1):
        rows = carriers[start[column] : start[column + 1]]
        share = rows.size / n
        spread = np.sqrt(share * (1.0 - share))
        out[column, 3] = STOPPED
        if not spread > 0.0:
            continue
        X[:, q] = -share / spread
        for i in rows:
            X[i, q] = (1.0 - share) / spread
        held[q] = False
        best = maximise_penalised(sets, X, begin, held, empty, tie_fraction)
        covariance = inverse_of_free(best.information, held)
        held[q] = True
        null = maximise_penalised(sets, X, begin, held, empty, tie_fraction)
        if best.flag != CONVERGED or null.flag != CONVERGED:
            continue
        out[column, 0] = best.beta[q] / spread
        out[column, 1] = np.sqrt(covariance[q, q]) / spread
        out[column, 2] = 2.0 * (best.loglik - null.loglik)
        out[column, 3] = CONVERGED
    return out
