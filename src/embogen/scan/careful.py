"""The careful fit of one feature: for what the fast fits do not end in a clear maximum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embogen.scan.rows import ALIASED, INFINITE, NOT_CONVERGED, OK
from embogen.survival.supremum import find_supremum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.scan.null import Null

    Floats = NDArray[np.float64]


def careful_fit(
    null: Null, column: tuple[NDArray[np.int64], Floats]
) -> tuple[float, float, float, int]:
    """Fit one model alone.

    Parameters
    ----------
    null
        The patients.
    column
        Positions and values of the feature's carriers.

    Returns
    -------
    coef, se, likelihood_ratio, status
        As `embogen.inference.cox.fit_cox` finds them: the coefficient may be infinite, its
        likelihood ratio then is that of the supremum. `status` is a place in
        `embogen.scan.rows.STATUS`.
    """
    rows, values = column
    x = np.zeros(null.n)
    x[rows] = values
    whole = np.column_stack([null.covariates, x])
    unsorted = null.sets._replace(order=np.arange(null.n))  # rows are in walking order already
    best = find_supremum(unsorted, whole, np.empty(0), null.tie_fraction)
    last = whole.shape[1] - 1
    base = null.fits.loglik
    if best.aliased[last]:
        return np.nan, np.nan, np.nan, ALIASED
    if not best.converged:
        return np.nan, np.nan, np.nan, NOT_CONVERGED
    ratio = 2.0 * (best.loglik - base)
    if best.growth[last]:
        return float(best.beta[last]), np.nan, ratio, INFINITE
    return float(best.beta[last]), float(np.sqrt(best.covariance[last, last])), ratio, OK
