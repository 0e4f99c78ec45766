"""Likelihood ratio of a 0/1 column, for many columns on one outcome.

With two groups every risk-set sum is ``A + r B``, r being the hazard ratio and A, B the weights
of non-carriers and carriers at risk (Efron's terms less their share of the tied deaths). The log
partial likelihood is one-dimensional and concave in log r; where it rises for ever its supremum
is written down instead of approached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.score_form import denominators
from embogen.survival.threads import spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MAX_STEPS: Final = 100
WORTH_A_THREAD: Final = 64
"""Carrier sets from which on another thread is started."""


def totals(sets: RiskSets, tie_fraction: float) -> Floats:
    """Give each denominator of the likelihood: one per event.

    Returns
    -------
    terms
        (4, m) for each of the m events: its tie group, the part f of its tied deaths already
        taken out, the total weight left at risk, and the mean weight of the tied deaths.
    """
    found = denominators(sets, sets.weight, tie_fraction)
    return np.ascontiguousarray(np.array([found.group, found.taken, found.total, found.jump]))


def likelihood_ratios(sets: RiskSets, terms: Floats, chosen: Ints) -> Floats:
    """Give twice the log likelihood ratio of each carrier set against no effect.

    Parameters
    ----------
    terms
        `totals`.
    chosen
        (B, k) rows of the carriers.

    Returns
    -------
    ratios
        (B,) at the maximum, or at the supremum where the hazard ratio is 0 or infinite.
    """
    out = np.empty(len(chosen))

    def some(begin: int, end: int) -> None:
        _likelihood_ratios(sets, terms, chosen[begin:end], out[begin:end])

    spread(some, len(chosen), WORTH_A_THREAD)
    return out


@njit(cache=True, nogil=True)
def _likelihood_ratios(sets: RiskSets, terms: Floats, chosen: Ints, out: Floats) -> None:
    for r in range(out.size):
        out[r] = _likelihood_ratio(sets, terms, chosen[r])


@njit(cache=True)
def _likelihood_ratio(sets: RiskSets, terms: Floats, rows: Ints) -> float:
    x = np.zeros(sets.order.size)
    for row in rows:
        x[row] = sets.weight[row]
    carrying, events = carriers_at_risk(sets, terms, x)
    beta = maximum(terms, carrying, events)
    return 2.0 * log_ratio(terms, carrying, events, beta)


@njit(cache=True)
def carriers_at_risk(sets: RiskSets, terms: Floats, x: Floats) -> tuple[Floats, float]:
    """Sum carriers' weights over each denominator, and over all events.

    Parameters
    ----------
    x
        (n,) weight of each carrier, 0 of others, in walking order.

    Returns
    -------
    carrying
        (m,) B of each denominator.
    events
        Weight of carriers' events.
    """
    carrying = np.zeros(terms.shape[1])
    events = 0.0
    delayed = sets.leaves_end.size > 0
    row, group, at = 0, 0, 0
    for last in sets.stratum_end:
        at_risk = 0.0
        gone = row
        while group < last:
            end, middle = sets.group_end[group], row + sets.group_deaths[group]
            dying = 0.0
            for i in range(row, end):
                at_risk += x[i]
                if i < middle:
                    dying += x[i]
            row = end
            if delayed:
                for leaving in range(gone, sets.leaves_end[group]):
                    at_risk -= x[sets.leaves_row[leaving]]
                gone = max(gone, sets.leaves_end[group])
            for _ in range(sets.group_deaths[group]):
                carrying[at] = at_risk - terms[1, at] * dying
                at += 1
            events += dying
            group += 1
    return carrying, events


@njit(cache=True)
def maximum(terms: Floats, carrying: Floats, events: float) -> float:
    """Give the log hazard ratio that maximises the likelihood; infinite where it rises for ever.

    A likelihood that does not depend on it (nobody to compare) gives 0.
    """
    tiny = 1e-12
    alone, ever = 0.0, 0.0  # events whose risk set holds only carriers, or any carrier
    for m in range(carrying.size):
        total = terms[2, m]
        if carrying[m] > tiny * total:
            ever += terms[3, m]
            if total - carrying[m] <= tiny * total:
                alone += terms[3, m]
    if ever - alone <= tiny * (1.0 + ever):
        return 0.0
    if events >= ever - tiny * ever:
        return np.inf
    if events <= alone + tiny * ever:
        return -np.inf
    low, high, beta = -np.inf, np.inf, 0.0
    for _ in range(MAX_STEPS):
        ratio = np.exp(beta)
        slope, curvature = events, 0.0
        for m in range(carrying.size):
            part = ratio * carrying[m]
            share = part / (terms[2, m] - carrying[m] + part)
            slope -= terms[3, m] * share
            curvature += terms[3, m] * share * (1.0 - share)
        if slope > 0.0:
            low = beta
        else:
            high = beta
        step = slope / curvature if curvature > 0.0 else np.sign(slope)
        step = min(max(step, -2.0), 2.0)
        trial = beta + step
        if not low <= trial <= high:
            trial = 0.5 * (low + high)
        if abs(trial - beta) < 1e-10 * (1.0 + abs(beta)):
            return trial
        beta = trial
    return beta


@njit(cache=True)
def log_ratio(terms: Floats, carrying: Floats, events: float, beta: float) -> float:
    """Give the log likelihood at `beta` (which may be infinite) less that at 0."""
    total = 0.0 if np.isinf(beta) else beta * events
    ratio = np.exp(beta) if not np.isinf(beta) else 1.0
    for m in range(carrying.size):
        B = carrying[m]
        A = terms[2, m] - B
        if beta == np.inf:
            left = B if 1e-12 * terms[2, m] < B else A
        elif beta == -np.inf:
            left = A if 1e-12 * terms[2, m] < A else B
        else:
            left = A + ratio * B
        total -= terms[3, m] * np.log(left / terms[2, m])
    return total
