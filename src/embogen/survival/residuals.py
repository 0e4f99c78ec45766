"""Residuals of a Cox model that are not score residuals: martingale, deviance, Schoenfeld.

With H_i the cumulative hazard row i was exposed to and r_i its relative risk, e_i = r_i H_i is the
number of events expected of it, and event_i - e_i its martingale residual (Barlow & Prentice,
Biometrika 1988;75:65; Therneau, Grambsch & Fleming, Biometrika 1990;77:147). Schoenfeld's residual
of an event is its covariates less their mean over the risk set, for tied events the mean over
Efron's steps (Schoenfeld, Biometrika 1982;69:239).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.survival.partial_likelihood import descend, expose, relative_risk
from embogen.survival.tie_steps import group_of_rows, tie_steps

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class Schoenfeld(NamedTuple):
    """Residuals of the events.

    Attributes
    ----------
    position
        (d,) positions of the events, by stratum and time ascending, original order within a tie.
    residuals
        (d, p) covariates less their mean over the risk set.
    """

    position: Ints
    residuals: Floats


def expected_events(
    sets: RiskSets, X: Floats, beta: Floats, offset: Floats, tie_fraction: float
) -> Floats:
    """Give the number of events expected of each row under the model.

    Parameters
    ----------
    sets
        The outcome.
    X
        (n, p) C-contiguous covariates, rows in walking order.
    beta
        (p,) coefficients.
    offset
        (n,) in walking order, or length 0.
    tie_fraction
        1.0 for Efron's approximation, 0.0 for Breslow's.

    Returns
    -------
    expected
        (n,) in walking order.

    Examples
    --------
    Times 1 and 2, both events, no covariate: the hazard steps are 1/2 and 1.

    >>> from embogen.survival.risk_sets import build
    >>> sets = build([1.0, 2.0], [True, True])
    >>> expected_events(sets, np.empty((2, 0)), np.empty(0), np.empty(0), 1.0).tolist()
    [1.5, 0.5]
    """
    predictor = relative_risk(sets, X, beta, offset)
    steps = np.zeros((2, sets.group_end.size))
    descend(sets, np.empty((len(X), 0)), predictor, steps, tie_fraction)
    expected: Floats = predictor[1] * expose(sets, steps)
    return expected


def deviance(martingale: Floats, expected: Floats) -> Floats:
    """Make martingale residuals nearly symmetric.

    Parameters
    ----------
    martingale, expected
        (n,) residuals and expected events; their sum is 1 for an event, 0 otherwise.

    Returns
    -------
    (n,)
        sign(M) sqrt(-2 (M + event log e)).

    Examples
    --------
    >>> deviance(np.array([0.5, -2.0]), np.array([0.5, 2.0])).round(4).tolist()
    [0.6215, -2.0]
    """
    event = np.round(martingale + expected)
    logs = np.zeros(len(expected))
    np.log(expected, out=logs, where=event > 0)
    # an event expected to occur once has residual 0; rounding must not take its root
    inside = np.maximum(-2.0 * (martingale + event * logs), 0.0)
    result: Floats = np.sign(martingale) * np.sqrt(inside)
    return result


def schoenfeld(
    sets: RiskSets, X: Floats, beta: Floats, offset: Floats, tie_fraction: float
) -> Schoenfeld:
    """Give the Schoenfeld residual of each event, without its case weight.

    Parameters
    ----------
    sets, X, beta, offset, tie_fraction
        As in `expected_events`; columns of X of order 1.

    Returns
    -------
    Schoenfeld
        Multiplied by the case weights the residuals sum to the score, unless weights differ
        within a tie.
    """
    predictor = relative_risk(sets, X, beta, offset)
    mean = np.zeros((len(sets.group_end), X.shape[1]))
    for step in tie_steps(sets, X, predictor, tie_fraction):
        mean[step.group] += step.mean * step.share[:, None]
    group, dead = group_of_rows(sets)
    stratum = np.searchsorted(sets.stratum_end, group, side="right")
    position = np.flatnonzero(dead)
    order = np.lexsort((sets.order[position], -group[position], stratum[position]))
    position = position[order]
    return Schoenfeld(position, X[position] - mean[group[position]])
