"""Score residuals of a weighted Cox model, read off the one walk over the risk sets.

Each row's residual (Therneau & Grambsch, Modeling Survival Data, 2000, section 4.6)::

    U_i = event_i (x_i - xbar_i)  -  r_i [ x_i H_i - (integral of xbar dH over row i's exposure) ]

needs, besides what `descend` gives, the risk-set means S_1 / S_0. These come from `descend` too:
with case weights w_i z_i instead of w_i and Breslow's ties the hazard step of a group is
(sum over events of w z) / (sum at risk of w z r), so z = 1 gives S_0 and z = x gives S_1. No second
loop over risk sets is written, and strata, delayed entry and weights mean what they mean there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.survival.partial_likelihood import descend, expose, relative_risk

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
    group = np.repeat(np.arange(sets.group_end.size), np.diff(sets.group_end, prepend=0))
    start = sets.group_end - np.diff(sets.group_end, prepend=0)
    dead = np.arange(n) - start[group] < sets.group_deaths[group]
    deaths = sets.group_deaths
    own_weight = np.where(dead, sets.weight, 0.0)
    W = np.add.reduceat(own_weight, start)
    S0, S1 = _risk_set_sums(sets, X, predictor, own_weight)
    D0 = np.add.reduceat(own_weight * risk, start)
    D1 = np.add.reduceat((own_weight * risk)[:, None] * X, start, axis=0)
    steps = np.zeros((p + 1, 2, len(W)))  # of the hazard, then of each mean times the hazard
    mean = np.zeros((len(W), p))
    for step in range(int(deaths.max(initial=0))):
        tied = np.flatnonzero(deaths > step)
        f = tie_fraction * step / deaths[tied]
        denominator = S0[tied] - f * D0[tied]
        expected = (S1[tied] - f[:, None] * D1[tied]) / denominator[:, None]
        hazard = W[tied] / deaths[tied] / denominator
        mean[tied] += expected / deaths[tied][:, None]
        increments = np.concatenate([hazard[None, :], (expected * hazard[:, None]).T])
        steps[:, 0, tied] += increments
        steps[:, 1, tied] += (1.0 - f) * increments
    exposure = expose(sets, np.ascontiguousarray(steps[0]))
    residuals = np.empty((n, p))
    for j in range(p):
        x = X[:, j]
        through = x * exposure - expose(sets, np.ascontiguousarray(steps[j + 1]))
        residuals[:, j] = np.where(dead, x - mean[group, j], 0.0) - risk * through
    return residuals


def _risk_set_sums(
    sets: RiskSets, X: Floats, predictor: Floats, own_weight: Floats
) -> tuple[Floats, Floats]:
    """Give S_0 (g,) and S_1 (g, p) at the groups with events; 1 and 0 at the others."""
    n, p = X.shape
    start = sets.group_end - np.diff(sets.group_end, prepend=0)
    dying = sets.group_deaths > 0
    none = np.empty((n, 0))
    sums = np.ones((p + 1, len(start)))
    for j in range(p + 1):
        # a positive stand-in for the covariate, of order 1, so that no sum cancels
        lift = 0.0 if j == 0 else 1.0 - X[:, j - 1].min(initial=0.0)
        z = np.ones(n) if j == 0 else X[:, j - 1] + lift
        steps = np.zeros((2, len(start)))
        descend(sets._replace(weight=sets.weight * z), none, predictor, steps, 0.0)
        events = np.add.reduceat(own_weight * z, start)
        sums[j, dying] = events[dying] / steps[0, dying]
        if j > 0:
            sums[j] -= lift * sums[0]
    return sums[0], np.where(dying[:, None], sums[1:].T, 0.0)
