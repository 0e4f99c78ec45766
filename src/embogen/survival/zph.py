"""Score test for a coefficient that changes with time: the test of proportional hazards.

To each covariate x_j is joined x_j g(t), g a function of time centred at the events, with
coefficient theta. At theta = 0 and the fitted beta, with E_l and W / d as in the partial
likelihood, V the weighted covariance in a risk set and sums over the steps through tied events::

    U     = sum_events w g x  -  sum_g (W / d) g sum_l E_l
    I_m   = sum g^m V  =  sum_i w_i r_i H^(m)_i x_i x_i'  -  sum_g (W / d) g^m sum_l E_l E_l'

H^(m) being the hazard whose increments are multiplied by g^m. I_0 is the information of beta, I_1
that between beta and theta, I_2 that of theta (Grambsch & Therneau, Biometrika 1994;81:515, without
their approximation that V is the same at all times).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.survival.partial_likelihood import expose, relative_risk
from embogen.survival.tie_steps import group_of_rows, tie_steps

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]


class TimeVarying(NamedTuple):
    """Score and information of coefficients that change with time.

    Attributes
    ----------
    score
        (p,) U.
    constant, cross, changing
        (p, p) each: I_0, I_1, I_2.
    """

    score: Floats
    constant: Floats
    cross: Floats
    changing: Floats

    def statistic(self, columns: Ints) -> float:
        """Give the score statistic of the theta of some columns; NaN where singular."""
        solved = np.linalg.solve(self.constant, self.cross[:, columns])
        block = self.changing[np.ix_(columns, columns)] - self.cross[columns, :] @ solved
        U = self.score[columns]
        size = np.sqrt(np.maximum(np.diag(block), 0.0))
        floor = 1e-9 * np.sqrt(np.diag(self.changing)[columns])
        if not (size > floor).all():
            return float("nan")
        correlation = block / np.outer(size, size)
        if np.linalg.matrix_rank(correlation, tol=1e-9) < len(columns):
            return float("nan")
        return float((U / size) @ np.linalg.solve(correlation, U / size))


def time_varying(
    sets: RiskSets,
    X: Floats,
    beta: Floats,
    offset: Floats,
    *,
    tie_fraction: float,
    g: Floats,
) -> TimeVarying:
    """Give score and information at the fitted coefficients.

    Parameters
    ----------
    sets
        The outcome.
    X
        (n, p) C-contiguous covariates of order 1, rows in walking order.
    beta
        (p,) coefficients at the maximum.
    offset
        (n,) in walking order, or length 0.
    tie_fraction
        1.0 for Efron's approximation, 0.0 for Breslow's.
    g
        (k,) transformed time of each tie group; used where there are events. A linear change of
        it does not change the statistics.

    Returns
    -------
    TimeVarying
    """
    p = X.shape[1]
    predictor = relative_risk(sets, X, beta, offset)
    group, dead = group_of_rows(sets)
    dying = sets.group_deaths > 0
    # increments must not be negative for `expose` to keep their digits: 0 to 1, centred below
    low, high = g[dying].min(), g[dying].max()
    q = np.where(dying, (g - low) / (high - low if high > low else 1.0), 0.0)
    steps = np.zeros((3, 2, len(q)))
    powers = np.vstack([np.ones_like(q), q, q * q])
    information = np.zeros((3, p, p))
    score = np.zeros((2, p))
    weighted = np.where(dead, sets.weight, 0.0)[:, None] * X
    for m in range(2):
        score[m] = powers[m, group] @ weighted
    for step in tie_steps(sets, X, predictor, tie_fraction):
        events = step.hazard * step.denominator  # weight of the events this step stands for
        for m in range(3):
            power = powers[m, step.group]
            steps[m, 0, step.group] += power * step.hazard
            steps[m, 1, step.group] += power * step.staying * step.hazard
            information[m] -= (step.mean * (power * events)[:, None]).T @ step.mean
        for m in range(2):
            score[m] -= (powers[m, step.group] * events) @ step.mean
    for m in range(3):
        exposure = expose(sets, np.ascontiguousarray(steps[m]))
        share = sets.weight * predictor[1] * exposure
        information[m] += (X * share[:, None]).T @ X
    centre = float(q[group[dead]].mean())
    zeroth, first, second = information
    return TimeVarying(
        score[1] - centre * score[0],
        zeroth,
        first - centre * zeroth,
        second - 2 * centre * first + centre**2 * zeroth,
    )


def risk_set_spread(
    sets: RiskSets, X: Floats, beta: Floats, offset: Floats, tie_fraction: float
) -> Floats:
    """Give the variance of each covariate over those at risk, weighted by their risk.

    Parameters
    ----------
    sets, X, beta, offset, tie_fraction
        As in `time_varying`.

    Returns
    -------
    spread
        (k, p) for each tie group, the mean over the steps through its tied events; 0 where there
        are no events.
    """
    p = X.shape[1]
    predictor = relative_risk(sets, X, beta, offset)
    squares = np.ascontiguousarray(np.hstack([X, X * X]))
    spread = np.zeros((len(sets.group_end), p))
    for step in tie_steps(sets, squares, predictor, tie_fraction):
        variance = np.maximum(step.mean[:, p:] - step.mean[:, :p] ** 2, 0.0)
        spread[step.group] += variance * step.share[:, None]
    return spread
