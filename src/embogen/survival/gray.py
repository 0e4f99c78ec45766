"""Gray's test of equal cumulative incidence in k groups.

Notation at a time: Y_r at risk in group r; S_r(t-) its event-free probability, F_r its cumulative
incidence; h_r = Y_r / S_r(t-), H = sum h_r; F the incidence of all groups under equality, with
increments dF = d / H for d events of the cause. The score for group r adds, weighted by
(1 - F(t-))^rho,

    d_r - d R_r / R,    R_r = Y_r (1 - F_r(t-)) / S_r(t-),    R = sum R_r,

and its variance follows from writing the score as an integral over each group's own counting
processes. Source: Gray, Ann Stat 1988;16:1141, section 3; tied events shrink a variance by
1 - (d - 1) / (Y - 1), as ``cmprsk::cuminc`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.survival.event_counts import EventCounts

    Floats = NDArray[np.float64]

NOTHING_LEFT: Final = 1e-12


def on_common_times(
    counts: Sequence[EventCounts], cause: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Lay the groups' counts on their common event times.

    Parameters
    ----------
    counts
        One for each of k groups.
    cause
        Code (1 .. K) of the cause of interest.

    Returns
    -------
    time, n_risk, n_own, n_other
        (m,) times with an event of any cause in any group; (m, k) at risk, events of the cause,
        events of the other causes.
    """
    time = np.unique(np.concatenate([c.time[c.n_event.sum(axis=1) > 0] for c in counts]))
    shape = (len(time), len(counts))
    n_risk, n_own, n_other = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for r, group in enumerate(counts):
        later = np.searchsorted(group.time, time)
        inside = later < len(group.time)
        # nobody enters or leaves a group between two of its own times when all enter at the origin
        n_risk[inside, r] = group.n_risk[later[inside]]
        own_times = group.n_event.sum(axis=1) > 0
        at = np.searchsorted(time, group.time[own_times])
        n_own[at, r] = group.n_event[own_times, cause - 1]
        n_other[at, r] = group.n_event[own_times].sum(axis=1) - n_own[at, r]
    return time, n_risk, n_own, n_other


@njit(cache=True)
def gray_score(
    n_risk: Floats, n_own: Floats, n_other: Floats, rho: float = 0.0
) -> tuple[Floats, Floats]:
    """Give the score of each group and its covariance, for one stratum.

    Parameters
    ----------
    n_risk, n_own, n_other
        (m, k) at risk, events of the cause of interest and of other causes at each event time.
    rho
        Weight (1 - F(t-))^rho.

    Returns
    -------
    score, covariance
        (k,) and (k, k); the scores sum to 0. Add them over strata; the statistic is the
        quadratic form in any k - 1 of the groups. NaN covariance where the common incidence
        reaches 1 with events still to come (possible when one group is followed only early,
        another only late).
    """
    m, k = n_risk.shape
    S, F, pooled = np.ones(k), np.zeros(k), 0.0
    score, variance = np.zeros(k), np.zeros((k, k))
    C, A = np.zeros((k, k)), np.zeros((k, k))
    own_sum, cross = np.zeros(k), np.zeros((k, k))
    S_after, h = np.zeros(k), np.zeros(k)
    for t in range(m):
        H, R, d, after = 0.0, 0.0, 0.0, pooled
        for r in range(k):
            h[r] = n_risk[t, r] / S[r] if n_risk[t, r] > 0 and S[r] > 0 else 0.0
            gone = n_own[t, r] + n_other[t, r]
            S_after[r] = S[r] * (1.0 - gone / n_risk[t, r]) if gone > 0 else S[r]
            H += h[r]
            R += h[r] * (1.0 - F[r])
            d += n_own[t, r]
        rest = 1.0 - pooled
        weight = max(rest, 0.0) ** rho
        if d > 0:
            if abs(rest) < NOTHING_LEFT:
                return score, np.full((k, k), np.nan)
            after = pooled + d / H
            for r in range(k):
                score[r] += weight * (n_own[t, r] - d * h[r] * (1.0 - F[r]) / R)
                for q in range(k):
                    A[r, q] = weight * h[r] * ((1.0 if r == q else 0.0) - h[q] / H)
                    C[r, q] += A[r, q] * d / (H * rest)
        for g in range(k):
            Y = n_risk[t, g]
            if not Y > 0 or not S[g] > 0:
                continue
            kept = (1.0 - after) / S_after[g] if S_after[g] > 0 else 0.0
            if d > 0:
                v = S[g] * d / (H * Y) * _tie_factor(d, H * S[g])
                _accumulate(A[:, g] - (1.0 - kept) * C[:, g], g, 1.0 - kept, v, (variance, cross))
                own_sum[g] += (1.0 - kept) ** 2 * v
            e = n_other[t, g]
            if e > 0 and S_after[g] > 0:
                v = S[g] ** 2 * e / Y**2 * _tie_factor(e, Y)
                _accumulate(kept * C[:, g], g, -kept, v, (variance, cross))
                own_sum[g] += kept**2 * v
            F[g] += S[g] * n_own[t, g] / Y
            S[g] = S_after[g]
        pooled = after
    for r in range(k):
        for q in range(k):
            for g in range(k):
                variance[r, q] += C[r, g] * C[q, g] * own_sum[g]
                variance[r, q] += C[r, g] * cross[q, g] + C[q, g] * cross[r, g]
    return score, variance


@njit(cache=True)
def _accumulate(
    part: Floats, group: int, factor: float, v: float, sums: tuple[Floats, Floats]
) -> None:
    """Add a group's events: part part' v to the variance, part factor v to the cross terms."""
    variance, cross = sums
    for r in range(len(part)):
        cross[r, group] += part[r] * factor * v
        for q in range(len(part)):
            variance[r, q] += part[r] * part[q] * v


@njit(cache=True)
def _tie_factor(events: float, at_risk: float) -> float:
    """Give the variance of several tied events as a part of that of separate ones."""
    return 1.0 - (events - 1.0) / (at_risk - 1.0) if events > 1 and at_risk > 1 else 1.0
