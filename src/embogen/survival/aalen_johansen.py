"""Cumulative incidence under competing risks with two variances, in one pass over the times.

The Aalen-Johansen estimator for an initial state and K absorbing causes (Aalen & Johansen, Scand
J Stat 1978;5:141) is F_k(t) = sum over s <= t of S(s-) d_k(s) / Y(s), S the event-free
probability.

Infinitesimal jackknife (what R's ``survfit`` prints). Let D_i be the derivative with respect to
the weight of patient i, c_k = D_i F_k and b = D_i S / S. Passing time s,
every patient      c_k += b dF_k
who is at risk     c_k -= dF_k / Y,   b += dL / (Y (1 - dL))     with dL = sum_k d_k / Y
with an event j    c_j += S(s-) / Y,  b -= 1 / (Y (1 - dL))
and Var F_k = sum_i w_i^2 c_k^2. Only sums of c, b, and of their products are carried, so a million
patients cost a million steps, and nothing large is subtracted from something large.

Aalen's variance (what ``cmprsk::cuminc`` prints; Aalen, Ann Stat 1978;6:534) has the same form: a
sum over event times of v (c + b (F(t) - F(s)))^2, with v = S(s-)^2 d / Y^2 and a tie factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from embogen.survival.event_counts import EventCounts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

EMPTIED: Final = 1e-12
"""A risk set that leaves by events altogether may keep this part of its weight by rounding."""


class Patients(NamedTuple):
    """Rows in the order of their exits, n of them.

    Attributes
    ----------
    cause
        (n,) 0 for censored.
    squared
        (n,) squared case weights.
    entry
        (n,) index of the first time at risk.
    exits
        (m,) position after the last row leaving at each time.
    entering
        (m + 1,) squared weight of those first at risk at each time.
    """

    cause: Ints
    squared: Floats
    entry: Ints
    exits: Ints
    entering: Floats


class Incidence(NamedTuple):
    """Curves at the m times of an `EventCounts`, K causes.

    Attributes
    ----------
    free
        (m,) probability of no event yet, just after each time.
    incidence
        (m, K) cumulative incidence of each cause.
    free_error
        (m,) infinitesimal-jackknife standard error of `free`.
    jackknife_error
        (m, K) infinitesimal-jackknife standard errors of `incidence`.
    aalen_error
        (m, K) standard errors from Aalen's variance; meant for unweighted data.
    """

    free: Floats
    incidence: Floats
    free_error: Floats
    jackknife_error: Floats
    aalen_error: Floats


def aalen_johansen(counts: EventCounts, cause: Ints, weight: Floats) -> Incidence:
    """Estimate the cumulative incidence of each cause.

    Parameters
    ----------
    counts
        Counts of one stratum.
    cause, weight
        (n,) cause (0 censored) and case weight of each row of the data, by original row.

    Returns
    -------
    Incidence

    Examples
    --------
    Four patients, causes 1, 2, 1 at times 1, 2, 3, one censored at 4: F_1 is 1/4, then 1/2.

    >>> from embogen.survival.event_counts import event_counts
    >>> from embogen.survival.risk_sets import build
    >>> time, cause = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 2, 1, 0])
    >>> (counts,) = event_counts(build(time, cause > 0), cause, 2)
    >>> aalen_johansen(counts, cause, np.ones(4)).incidence[:, 0].tolist()
    [0.25, 0.25, 0.5, 0.5]
    """
    free, incidence = _curves(counts.n_risk, counts.n_event)
    patients = _by_exit(counts, np.asarray(cause, dtype=np.int64), weight)
    variance, free_variance = _jackknife(counts.n_risk, counts.n_event, free, incidence, patients)
    aalen = _aalen(counts.n_risk, counts.n_event, free, incidence)
    return Incidence(
        free,
        incidence,
        np.sqrt(np.maximum(free_variance, 0.0)),
        np.sqrt(np.maximum(variance, 0.0)),
        np.sqrt(np.maximum(aalen, 0.0)),
    )


def _by_exit(counts: EventCounts, cause: Ints, weight: Floats) -> Patients:
    m = len(counts.time)
    order = np.argsort(counts.exit_index, kind="stable")
    rows, entry = counts.rows[order], counts.entry_index[order]
    squared = np.ascontiguousarray(weight[rows] ** 2)
    exits = np.searchsorted(counts.exit_index[order], np.arange(m), side="right").astype(np.int64)
    entering = np.bincount(entry, weights=squared, minlength=m + 1).astype(np.float64)
    return Patients(np.ascontiguousarray(cause[rows]), squared, entry, exits, entering)


@njit(cache=True)
def _curves(n_risk: Floats, n_event: Floats) -> tuple[Floats, Floats]:
    """Give the event-free probability (m,) and the cumulative incidences (m, K)."""
    m, K = n_event.shape
    free, incidence = np.empty(m), np.empty((m, K))
    S = 1.0
    F = np.zeros(K)
    for t in range(m):
        d = n_event[t].sum()
        if d > 0.0:
            for k in range(K):
                F[k] += S * n_event[t, k] / n_risk[t]
            left = n_risk[t] - d
            S *= left / n_risk[t] if left > EMPTIED * n_risk[t] else 0.0
        free[t] = S
        incidence[t] = F
    return free, incidence


@njit(cache=True)
def _jackknife(
    n_risk: Floats, n_event: Floats, free: Floats, incidence: Floats, patients: Patients
) -> tuple[Floats, Floats]:
    """Carry the sums of the module's header through time.

    Returns
    -------
    variance, free_variance
        (m, K) and (m,).
    """
    m, K = n_event.shape
    variance, free_variance = np.empty((m, K)), np.empty(m)
    # prefix sums, exclusive of their index: b and c of a patient follow from two of them
    G = np.zeros(m + 1)
    C, F = np.zeros((m + 1, K)), np.zeros((m + 1, K))
    risk0, risk_b, bb = 0.0, 0.0, 0.0
    risk_c, cb, cc = np.zeros(K), np.zeros(K), np.zeros(K)
    before, row = 1.0, 0
    for t in range(m):
        risk0 += patients.entering[t]
        d = n_event[t].sum()
        hazard = d / n_risk[t] if d > 0.0 else 0.0
        lasting = d > 0.0 and free[t] > 0.0
        for k in range(K):
            step = incidence[t, k] - F[t, k]
            drop = step / n_risk[t] if d > 0.0 else 0.0
            cc[k] += 2.0 * step * cb[k] + step * step * bb
            cb[k] += step * bb
            risk_c[k] += step * risk_b
            cc[k] += drop * (drop * risk0 - 2.0 * risk_c[k])
            cb[k] -= drop * risk_b
            risk_c[k] -= drop * risk0
            F[t + 1, k] = incidence[t, k]
            C[t + 1, k] = C[t, k] + G[t] * step - drop
        rise = hazard / (n_risk[t] * (1.0 - hazard)) if lasting else 0.0
        for k in range(K):
            cb[k] += rise * risk_c[k]
        bb += rise * (2.0 * risk_b + rise * risk0)
        risk_b += rise * risk0
        G[t + 1] = G[t] + rise
        while row < patients.exits[t]:
            e, w, j = patients.entry[row], patients.squared[row], patients.cause[row] - 1
            b = G[t + 1] - G[e]
            fall = 1.0 / (n_risk[t] * (1.0 - hazard)) if j >= 0 and lasting else 0.0
            jump = before / n_risk[t]
            for k in range(K):
                c = C[t + 1, k] - C[e, k] - G[e] * (F[t + 1, k] - F[e, k])
                risk_c[k] -= w * c
                gain = jump if k == j else 0.0
                cc[k] += w * gain * (2.0 * c + gain)
                cb[k] += w * (gain * (b - fall) - fall * c)
            bb += w * fall * (fall - 2.0 * b)
            risk_b -= w * b
            risk0 -= w
            row += 1
        if free[t] <= 0.0:  # nobody's weight can move the curves any more
            bb, risk_b = 0.0, 0.0
            cb[:] = 0.0
        before = free[t]
        variance[t] = cc
        free_variance[t] = free[t] * free[t] * bb
    return variance, free_variance


@njit(cache=True)
def _aalen(n_risk: Floats, n_event: Floats, free: Floats, incidence: Floats) -> Floats:
    """Give Aalen's variance (m, K) of the cumulative incidences."""
    m, K = n_event.shape
    variance = np.zeros((m, K))
    for k in range(K):
        cc, cb, bb = 0.0, 0.0, 0.0
        before, F = 1.0, 0.0
        for t in range(m):
            step = incidence[t, k] - F
            cc += 2.0 * step * cb + step * step * bb
            cb += step * bb
            F = incidence[t, k]
            own = n_event[t, k]
            other = n_event[t].sum() - own
            Y = n_risk[t]
            if other > 0.0 and free[t] > 0.0:
                tie = 1.0 - (other - 1.0) / (Y - 1.0) if other > 1.0 else 1.0
                bb += before * before * tie * other / (Y * Y * free[t] * free[t])
            if own > 0.0:
                tie = 1.0 - (own - 1.0) / (Y - 1.0) if own > 1.0 else 1.0
                v = before * before * tie * own / (Y * Y)
                b = -1.0 / free[t] if free[t] > 0.0 else 0.0
                cc += v
                cb += v * b
                bb += v * b * b
            before = free[t]
            variance[t, k] = cc
    return variance
