"""Slow textbook code: partial likelihood by plain loops over the definition, and separation."""

from __future__ import annotations

import itertools
import math

import numpy as np


def partial_loglik(
    time, event, columns, beta, *, entry=None, strata=None, weights=None, offset=None, efron=True
):
    """Sum over death times the log of each tied event's share, straight from the definition."""
    n = len(time)
    entry = [-math.inf] * n if entry is None else entry
    strata = [0] * n if strata is None else strata
    w = [1.0] * n if weights is None else weights
    eta = np.asarray(columns) @ np.asarray(beta) + (0.0 if offset is None else np.asarray(offset))
    total = 0.0
    for s in sorted(set(strata)):
        for t in sorted({time[i] for i in range(n) if event[i] and strata[i] == s}):
            at_risk = [i for i in range(n) if strata[i] == s and entry[i] < t <= time[i]]
            dying = [i for i in at_risk if time[i] == t and event[i]]
            everyone = sum(w[i] * math.exp(eta[i]) for i in at_risk)
            dead = sum(w[i] * math.exp(eta[i]) for i in dying)
            mean_weight = sum(w[i] for i in dying) / len(dying)
            total += sum(w[i] * eta[i] for i in dying)
            for k in range(len(dying)):
                part = k / len(dying) if efron else 0.0
                total -= mean_weight * math.log(everyone - part * dead)
    return total


def pairs(time, event, entry=None):
    """All (event, row at risk with it)."""
    n = len(time)
    entry = [-math.inf] * n if entry is None else entry
    return [(i, j) for i in range(n) if event[i] for j in range(n) if entry[j] < time[i] <= time[j]]


def recession_signs(time, event, columns, entry=None):
    """Signs the directions of recession take, for two integer covariates, by trying directions.

    A cone in the plane cut out by integer normals is spanned by vectors at right angles to them;
    these and the sums of any two of them meet every face of it.
    """
    columns = np.asarray(columns, dtype=int)
    normals = {tuple(columns[i] - columns[j]) for i, j in pairs(time, event, entry)} - {(0, 0)}
    edges = [v for a, b in normals for v in ((-b, a), (b, -a))]
    axes = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    reduced = [tuple(np.array(v) // max(1, math.gcd(*v))) for v in edges + axes]
    tried = {*reduced, *((a + c, b + d) for (a, b), (c, d) in itertools.combinations(reduced, 2))}
    inside = [
        v
        for v in tried
        if v != (0, 0)
        and all(v[0] * a + v[1] * b >= 0 for a, b in normals)
        and any(v[0] * a + v[1] * b > 0 for a, b in normals)
    ]
    return [{int(np.sign(v[k])) for v in inside} - {0} for k in range(2)]
