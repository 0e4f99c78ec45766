"""Full fits of many 0/1 columns without covariates: one dimension, one division per event.

With two groups each denominator of the likelihood is ``A + r B``. The sums over events are plain
loops over arrays in lanes, which the compiler turns into vector instructions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.lanes import LANES, total_of
from embogen.survival.newton import CONVERGED, STOPPED, SUSPECT
from embogen.survival.scan_fit import ALIASED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MAX_STEPS: Final = 50
TOLERANCE: Final = 1e-18
"""Squared length of the last step in standard errors."""
TINY: Final = 1e-12
CHUNK: Final = 8
"""Factors multiplied before one logarithm is taken; each lies between min(1, r) and max(1, r)."""


@njit(cache=True, nogil=True)
def two_group_fits(sets: RiskSets, terms: Floats, start: Ints, carriers: Ints) -> Floats:
    """Fit one Cox model per column, the column alone.

    Parameters
    ----------
    sets
        The outcome.
    terms
        (4, m) from `embogen.survival.two_group.totals`, which also says how ties are treated.
    start
        (G + 1,) where each column's carriers begin.
    carriers
        (start[-1],) positions of carriers.

    Returns
    -------
    (G, 4)
        As `embogen.survival.scan_fit.scan_fits`, the log likelihood being that above the null.
        O(G (n + steps m)).
    """
    out = np.full((start.size - 1, 4), np.nan)
    x = np.zeros(sets.order.size)
    carrying = np.empty(terms.shape[1])
    for column in range(start.size - 1):
        rows = carriers[start[column] : start[column + 1]]
        for i in rows:
            x[i] = sets.weight[i]
        events = _carrying(sets, terms[1], x, carrying)
        for i in rows:
            x[i] = 0.0
        _fit(terms, carrying, events, out[column])
    return out


@njit(cache=True, nogil=True)
def _carrying(sets: RiskSets, taken: Floats, x: Floats, carrying: Floats) -> float:
    """Fill the carriers' weight in each denominator; give that of their events."""
    events = 0.0
    delayed = sets.leaves_end.size > 0
    row, group, at = 0, 0, 0
    for last in sets.stratum_end:
        at_risk = 0.0
        gone = row
        while group < last:
            middle = row + sets.group_deaths[group]
            dying = 0.0
            for i in range(row, middle):
                dying += x[i]
            at_risk += dying
            for i in range(middle, sets.group_end[group]):
                at_risk += x[i]
            row = sets.group_end[group]
            if delayed:
                for leaving in range(gone, sets.leaves_end[group]):
                    at_risk -= x[sets.leaves_row[leaving]]
                gone = max(gone, sets.leaves_end[group])
            for _ in range(sets.group_deaths[group]):
                carrying[at] = at_risk - taken[at] * dying
                at += 1
            events += dying
            group += 1
    return events


@njit(cache=True, nogil=True)
def _exists(terms: Floats, carrying: Floats, events: float) -> int:
    """Say whether a maximum exists: carriers and others must each fail while both are at risk."""
    alone, ever = 0.0, 0.0
    for m in range(carrying.size):
        total = terms[2, m]
        if carrying[m] > TINY * total:
            ever += terms[3, m]
            if total - carrying[m] <= TINY * total:
                alone += terms[3, m]
    if ever - alone <= TINY * (1.0 + ever):
        return ALIASED
    if events >= ever - TINY * ever or events <= alone + TINY * ever:
        return SUSPECT
    return CONVERGED


@njit(cache=True, nogil=True)
def _derivatives(
    terms: Floats, carrying: Floats, ratio: float, lanes: Floats
) -> tuple[float, float]:
    """Give the expected events of carriers and the information at a hazard ratio."""
    total, jump = terms[2], terms[3]
    first, second = lanes[0], lanes[1]
    lanes[:] = 0.0
    whole = carrying.size // LANES
    for part in range(whole):
        begin = part * LANES
        for k in range(LANES):
            m = begin + k
            share = ratio * carrying[m] / (total[m] + (ratio - 1.0) * carrying[m])
            events = jump[m] * share
            first[k] += events
            second[k] += events - events * share
    expected, information = total_of(first), total_of(second)
    for m in range(whole * LANES, carrying.size):
        share = ratio * carrying[m] / (total[m] + (ratio - 1.0) * carrying[m])
        events = jump[m] * share
        expected += events
        information += events - events * share
    return expected, information


@njit(cache=True, nogil=True)
def _log_ratio(terms: Floats, carrying: Floats, ratio: float) -> float:
    """Give the log of the product of denominators at a hazard ratio over those at 1."""
    lost, product, held = 0.0, 1.0, 0
    weight = terms[3, 0]
    for m in range(carrying.size):
        if held == CHUNK or terms[3, m] != weight:
            lost += weight * np.log(product)
            product, held, weight = 1.0, 0, terms[3, m]
        product *= 1.0 + (ratio - 1.0) * (carrying[m] / terms[2, m])
        held += 1
    return float(lost + weight * np.log(product))


@njit(cache=True, nogil=True)
def _fit(terms: Floats, carrying: Floats, events: float, out: Floats) -> None:
    """Climb by Newton within the bracket the slopes give; write the row of one column."""
    out[3] = _exists(terms, carrying, events)
    if out[3] != CONVERGED:
        return
    out[3] = STOPPED
    low, high, beta = -np.inf, np.inf, 0.0
    lanes = np.empty((2, LANES))
    for _ in range(MAX_STEPS):
        expected, information = _derivatives(terms, carrying, np.exp(beta), lanes)
        slope = events - expected
        if not information > 0.0:
            break
        step = slope / information
        if slope * step < TOLERANCE:
            beta += step
            out[3] = CONVERGED
            break
        if slope > 0.0:
            low = beta
        else:
            high = beta
        trial = beta + min(max(step, -2.0), 2.0)
        if not low < trial < high:
            trial = 0.5 * (low + high)
        if trial == beta:  # nothing left but rounding
            out[3] = CONVERGED
            break
        beta = trial
    out[0] = beta
    out[1] = 1.0 / np.sqrt(information)
    out[2] = beta * events - _log_ratio(terms, carrying, np.exp(beta))
