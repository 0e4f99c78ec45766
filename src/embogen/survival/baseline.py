"""Baseline cumulative hazard of a Cox model, and the hazard of a profile with its variance.

With H_0 the baseline of a stratum, A(t) the integral of the risk-set mean xbar dH_0, and V the
covariance of the coefficients, the hazard of a profile x with relative risk r is H_0 r and::

    Var = r^2 [ sum of (W / d) / denominator^2  +  (x H_0 - A)' V (x H_0 - A) ]

(Tsiatis, Ann Stat 1981;9:93; Link, Biometrics 1984;40:601), each sum over the steps through the
tied events as in the partial likelihood (Efron's or Breslow's), hence the same estimator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.survival.partial_likelihood import relative_risk
from embogen.survival.tie_steps import tie_steps

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]


class Baseline(NamedTuple):
    """The hazard of one stratum, for a linear predictor of `shift`.

    Attributes
    ----------
    time
        (m,) distinct times of the stratum, ascending; censoring times too.
    hazard, variance
        (m,) cumulative hazard and the part of its variance that is not the coefficients'.
    mean
        (m, p) integral of the risk-set mean over the hazard.
    shift
        Linear predictor (offset included) the three belong to: near the data, so that nothing
        overflows.
    """

    time: Floats
    hazard: Floats
    variance: Floats
    mean: Floats
    shift: float


def baselines(
    sets: RiskSets, X: Floats, beta: Floats, offset: Floats, tie_fraction: float
) -> list[Baseline]:
    """Give the cumulative hazard of each stratum.

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
    list of Baseline
        One for each stratum, in their order.

    Examples
    --------
    Events at 1 and 2, no covariate: the Nelson-Aalen steps 1/2 and 1.

    >>> from embogen.survival.risk_sets import build
    >>> sets = build([1.0, 2.0], [True, True])
    >>> baselines(sets, np.empty((2, 0)), np.empty(0), np.empty(0), 1.0)[0].hazard.tolist()
    [0.5, 1.5]
    """
    predictor = relative_risk(sets, X, beta, offset)
    n_groups = len(sets.group_end)
    steps = np.zeros((n_groups, 2 + X.shape[1]))
    for step in tie_steps(sets, X, predictor, tie_fraction):
        steps[step.group, 0] += step.hazard
        steps[step.group, 1] += step.hazard / step.denominator
        steps[step.group, 2:] += step.mean * step.hazard[:, None]
    curves = []
    first = 0
    for last in sets.stratum_end:
        row = sets.group_end[last - 1] - 1
        total = float(X[row] @ beta) + (float(offset[row]) if offset.size else 0.0)
        climb = np.cumsum(steps[first:last][::-1], axis=0)
        curves.append(
            Baseline(
                sets.group_time[first:last][::-1],
                climb[:, 0],
                climb[:, 1],
                climb[:, 2:],
                total - float(predictor[0, row]),
            )
        )
        first = int(last)
    return curves


def hazard_of(
    curve: Baseline, x: Floats, beta: Floats, covariance: Floats, offset: float
) -> tuple[Floats, Floats]:
    """Give the cumulative hazard of a profile and its variance.

    Parameters
    ----------
    curve
        The stratum.
    x
        (p,) covariates, on the scale of X.
    beta, covariance
        (p,) and (p, p), on the same scale.
    offset
        Added to the linear predictor.

    Returns
    -------
    hazard, variance
        (m,) at ``curve.time``.
    """
    risk = np.exp(float(x @ beta) + offset - curve.shift)
    away = curve.hazard[:, None] * x - curve.mean
    variance = curve.variance + np.einsum("mi,ij,mj->m", away, covariance, away)
    return curve.hazard * risk, variance * risk**2
