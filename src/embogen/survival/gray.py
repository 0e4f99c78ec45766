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

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.survival.event_counts import EventCounts

    Floats = NDArray[np.float64]


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
        quadratic form in any k - 1 of the groups.
    """
    m, k = n_risk.shape
    S, F = np.ones(k), np.zeros(k)
    pooled = 0.0
    score, variance = np.zeros(k), np.zeros((k, k))
    C = np.zeros((k, k))
    own_sum, cross = np.zeros(k), np.zeros((k, k))
    for t in range(m):
        Y, own, other = n_risk[t], n_own[t], n_other[t]
        here = (Y > 0) & (S > 0)
        h = np.divide(Y, S, out=np.zeros(k), where=here)
        hazard = np.divide(own + other, Y, out=np.zeros(k), where=Y > 0)
        S_after = S * (1.0 - hazard)
        H, d = h.sum(), own.sum()
        weight = (1.0 - pooled) ** rho
        risk = h * (1.0 - F)
        if d > 0:
            A = weight * (np.diag(h) - np.outer(h, h) / H)
            C += A * d / (H * (1.0 - pooled))
            score += weight * (own - d * risk / risk.sum())
            after = pooled + d / H
            kept = np.divide(1.0 - after, S_after, out=np.zeros(k), where=S_after > 0)
            own_part = np.where(S_after > 0, 1.0 - kept, 1.0)
            v = np.where(here, _tie_factor(d, H * S) * _over(S * d, H * Y), 0.0)
            B = A - C * own_part
            variance += (B * v) @ B.T
            cross += B * (own_part * v)
            own_sum += own_part**2 * v
        else:
            after = pooled
            kept = np.divide(1.0 - after, S_after, out=np.zeros(k), where=S_after > 0)
        if other.any():
            v = np.where((other > 0) & (S_after > 0), _over(S * S * other, Y * Y), 0.0)
            v = v * _tie_factor(other, Y)
            B = C * kept
            variance += (B * v) @ B.T
            cross -= B * (kept * v)
            own_sum += kept**2 * v
        F = F + S * _over(own, Y)
        S, pooled = S_after, after
    mixed = C @ cross.T
    return score, variance + (C * own_sum) @ C.T + mixed + mixed.T


def _over(top: Floats, bottom: Floats) -> Floats:
    """Divide, 0 where the divisor is 0."""
    result: Floats = np.divide(top, bottom, out=np.zeros(np.shape(top)), where=bottom > 0)
    return result


def _tie_factor(events: Floats | float, at_risk: Floats) -> Floats:
    several = np.broadcast_to(np.asarray(events) > 1, np.shape(at_risk)) & (at_risk > 1)
    return np.where(
        several,
        1.0
        - _over(
            np.broadcast_to(np.asarray(events, np.float64) - 1.0, np.shape(at_risk)), at_risk - 1.0
        ),
        1.0,
    )
