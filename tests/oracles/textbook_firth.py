"""Slow textbook code: Firth's penalised partial likelihood from the definition, by plain loops."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq, minimize

from oracles.textbook_partial_likelihood import partial_loglik


def information(
    time, event, columns, beta, *, entry=None, strata=None, weights=None, offset=None, efron=True
):
    """Sum the covariance matrix of the covariates at each event, tied events one by one."""
    x = np.asarray(columns, dtype=float)
    n, p = x.shape
    entry = [-math.inf] * n if entry is None else entry
    strata = [0] * n if strata is None else strata
    w = np.ones(n) if weights is None else np.asarray(weights)
    risk = w * np.exp(x @ np.asarray(beta) + (0.0 if offset is None else np.asarray(offset)))
    total = np.zeros((p, p))
    for s in sorted(set(strata)):
        for t in sorted({time[i] for i in range(n) if event[i] and strata[i] == s}):
            at_risk = [i for i in range(n) if strata[i] == s and entry[i] < t <= time[i]]
            dying = [i for i in at_risk if time[i] == t and event[i]]
            for k in range(len(dying)):
                gone = k / len(dying) if efron else 0.0
                share = np.array([risk[i] * (1.0 - gone * (i in dying)) for i in at_risk])
                rows = x[at_risk]
                mean = share @ rows / share.sum()
                spread = (rows - mean).T * share @ (rows - mean) / share.sum()
                total += np.mean(w[dying]) * spread
    return total


def penalised_loglik(time, event, columns, beta, **options: object):
    """Give l(beta) + log|I(beta)| / 2."""
    sign, log_determinant = np.linalg.slogdet(information(time, event, columns, beta, **options))
    value = partial_loglik(time, event, columns, beta, **options)
    return value + 0.5 * log_determinant if sign > 0 else -math.inf


def maximise(time, event, columns, *, held=None, **options: object):
    """Maximise with a general optimiser; `held` maps a column to the value it is kept at."""
    p = np.shape(columns)[1]
    held = held or {}
    free = [j for j in range(p) if j not in held]

    def full(part):
        beta = np.zeros(p)
        beta[free] = part
        for j, value in held.items():
            beta[j] = value
        return beta

    if not free:
        return full([]), penalised_loglik(time, event, columns, full([]), **options)
    best = None
    for start in (np.zeros(len(free)), np.full(len(free), 0.5)):
        answer = minimize(
            lambda part: -penalised_loglik(time, event, columns, full(part), **options),
            start,
            method="Nelder-Mead",
            options={"xatol": 1e-11, "fatol": 1e-14, "maxiter": 4000, "maxfev": 8000},
        )
        best = answer if best is None or answer.fun < best.fun else best
    return full(best.x), -float(best.fun)


def limit(time, event, columns, *, column, sign, drop, **options: object):
    """Where the profile has fallen by `drop` on one side of the maximum."""
    beta, top = maximise(time, event, columns, **options)

    def excess(value):
        held = {column: value}
        return top - drop - maximise(time, event, columns, held=held, **options)[1]

    reach = 1.0
    while excess(beta[column] + sign * reach) < 0:
        reach *= 2
    return brentq(excess, beta[column], beta[column] + sign * reach, xtol=1e-9)
