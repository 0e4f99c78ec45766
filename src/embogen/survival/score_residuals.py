"""Score residuals of a weighted Cox model, read off the one walk over the risk sets.

Each row's residual (Therneau & Grambsch, Modeling Survival Data, 2000, section 4.6)::

    U_i = event_i (x_i - xbar_i)  -  r_i [ x_i H_i - (integral of xbar dH over row i's exposure) ]

needs the hazard and the risk-set means of each step through the tied events (`tie_steps`), summed
over each row's exposure by `expose`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.survival.partial_likelihood import expose, relative_risk
from embogen.survival.tie_steps import group_of_rows, tie_steps

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]


def score_residuals(
    sets: RiskSets, X: Floats, beta: Floats, offset: Floats, tie_fraction: float
) -> Floats:
    """Give the score residual of each row, without its case weight.

    Parameters
    ----------
    sets
        The outcome.
    X
        (n, p) C-contiguous covariates of order 1, rows in walking order.
    beta
        (p,) coefficients.
    offset
        (n,) in walking order, or length 0.
    tie_fraction
        1.0 for Efron's approximation, 0.0 for Breslow's.

    Returns
    -------
    residuals
        (n, p), rows in walking order; multiplied by the case weights they sum to the score.
    """
    n, p = X.shape
    predictor = relative_risk(sets, X, beta, offset)
    risk = predictor[1]
    group, dead = group_of_rows(sets)
    n_groups = len(sets.group_end)
    steps = np.zeros((p + 1, 2, n_groups))  # of the hazard, then of each mean times the hazard
    mean = np.zeros((n_groups, p))
    for step in tie_steps(sets, X, predictor, tie_fraction):
        mean[step.group] += step.mean * step.share[:, None]
        increments = np.vstack([step.hazard, (step.mean * step.hazard[:, None]).T])
        steps[:, 0, step.group] += increments
        steps[:, 1, step.group] += step.staying * increments
    exposure = expose(sets, np.ascontiguousarray(steps[0]))
    residuals = np.empty((n, p))
    for j in range(p):
        x = X[:, j]
        through = x * exposure - expose(sets, np.ascontiguousarray(steps[j + 1]))
        residuals[:, j] = np.where(dead, x - mean[group, j], 0.0) - risk * through
    return residuals
