"""Full fits of many 0/1 columns without covariates: one dimension, one division per event.

With two groups each denominator of the likelihood is ``A + r B``. The sums over events are plain
loops over arrays in lanes, which the compiler turns into vector instructions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.lanes import LANES, total_of
from embogen.survival.newton import CONVERGED, STOPPED, SUSPECT
from embogen.survival.scan_fit import ALIASED

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MAX_STEPS: Final = 50
TOLERANCE: Final = 1e-18
"""Squared length of the last step in standard errors."""
TINY: Final = 1e-12
LARGEST_PRODUCT: Final = 600.0
"""Logarithm of the largest product of factors of which one logarithm is taken."""


class Places(NamedTuple):
    """Where rows come into the denominators, for outcomes from which nobody leaves early.

    Attributes
    ----------
    first
        (n,) first denominator that a row is in.
    row_end, end
        (s,) after the last row, and the last denominator, of each stratum.
    event
        (n,) rows that end in the event.
    """

    first: Ints
    row_end: Ints
    end: Ints
    event: NDArray[np.bool_]


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
        O(G steps m), and n more for each column where rows enter late or tied deaths share.
    """
    out = np.full((start.size - 1, 4), np.nan)
    x = np.zeros(sets.order.size)
    carrying, share = np.empty(terms.shape[1]), np.empty(terms.shape[1])
    plain = sets.leaves_end.size == 0 and not terms[1].any()
    places = _places(sets, terms.shape[1])
    inverse = 1.0 / terms[2]
    for column in range(start.size - 1):
        rows = carriers[start[column] : start[column + 1]]
        if plain:
            events = _fill(sets, places, rows, carrying)
        else:
            for i in rows:
                x[i] = sets.weight[i]
            events = _carrying(sets, terms[1], x, carrying)
            for i in rows:
                x[i] = 0.0
        for m in range(share.size):
            share[m] = carrying[m] * inverse[m]
        _fit(terms[3], share, events, out[column])
    return out


@njit(cache=True, nogil=True)
def _places(sets: RiskSets, size: int) -> Places:
    strata = sets.stratum_end.size
    first = np.empty(sets.order.size, dtype=np.int64)
    event = np.zeros(sets.order.size, dtype=np.bool_)
    row_end, end = np.empty(strata, dtype=np.int64), np.empty(strata, dtype=np.int64)
    row, group, at = 0, 0, 0
    for s in range(strata):
        while group < sets.stratum_end[s]:
            middle = row + sets.group_deaths[group]
            for i in range(row, sets.group_end[group]):
                first[i] = at
                event[i] = i < middle
            row = sets.group_end[group]
            at += sets.group_deaths[group]
            group += 1
        row_end[s], end[s] = row, min(at, size)
    return Places(first, row_end, end, event)


@njit(cache=True, nogil=True)
def _fill(sets: RiskSets, places: Places, rows: Ints, carrying: Floats) -> float:
    """Fill the carriers' weight in each denominator, step by step; give that of their events."""
    for k in range(1, rows.size):
        if rows[k] < rows[k - 1]:
            rows = np.sort(rows)
            break
    events, total, at, s = 0.0, 0.0, 0, 0
    for i in rows:
        while i >= places.row_end[s]:
            while at < places.end[s]:
                carrying[at] = total
                at += 1
            total = 0.0
            s += 1
        while at < places.first[i]:
            carrying[at] = total
            at += 1
        total += sets.weight[i]
        if places.event[i]:
            events += sets.weight[i]
    while s < places.end.size:
        while at < places.end[s]:
            carrying[at] = total
            at += 1
        total = 0.0
        s += 1
    return events


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
def _exists(jump: Floats, share: Floats, events: float, lanes: Floats) -> int:
    """Say whether a maximum exists: carriers and others must each fail while both are at risk."""
    lanes[:] = 0.0
    first, second = lanes[0], lanes[1]
    whole = share.size // LANES
    for part in range(whole):
        begin = part * LANES
        for k in range(LANES):
            m = begin + k
            here = jump[m] if share[m] > TINY else 0.0
            first[k] += here
            second[k] += here if 1.0 - share[m] <= TINY else 0.0
    ever, alone = total_of(first), total_of(second)  # any carrier at risk; carriers only
    for m in range(whole * LANES, share.size):
        if share[m] > TINY:
            ever += jump[m]
            if 1.0 - share[m] <= TINY:
                alone += jump[m]
    if ever - alone <= TINY * (1.0 + ever):
        return ALIASED
    if events >= ever - TINY * ever or events <= alone + TINY * ever:
        return SUSPECT
    return CONVERGED


@njit(cache=True, nogil=True)
def _derivatives(jump: Floats, share: Floats, ratio: float, lanes: Floats) -> tuple[float, float]:
    """Give the expected events of carriers and the information at a hazard ratio."""
    first, second = lanes[0], lanes[1]
    lanes[:] = 0.0
    whole = share.size // LANES
    for part in range(whole if ratio == 1.0 else 0):  # the first step of all needs no division
        begin = part * LANES
        for k in range(LANES):
            events = jump[begin + k] * share[begin + k]
            first[k] += events
            second[k] += events - events * share[begin + k]
    for part in range(whole if ratio != 1.0 else 0):
        begin = part * LANES
        for k in range(LANES):
            m = begin + k
            chance = ratio * share[m] / (1.0 + (ratio - 1.0) * share[m])
            events = jump[m] * chance
            first[k] += events
            second[k] += events - events * chance
    expected, information = total_of(first), total_of(second)
    for m in range(whole * LANES, share.size):
        chance = ratio * share[m] / (1.0 + (ratio - 1.0) * share[m])
        events = jump[m] * chance
        expected += events
        information += events - events * chance
    return expected, information


@njit(cache=True, nogil=True)
def _log_ratio(jump: Floats, share: Floats, beta: float) -> float:
    """Give the log of the product of denominators at a hazard ratio over those at 1."""
    lost, weight = 0.0, jump[0]
    change = np.exp(beta) - 1.0
    most = min(max(int(LARGEST_PRODUCT / (4.0 * max(abs(beta), 1e-3))), 1), 64)
    m = 0
    while m < share.size:
        a = b = c = d = 1.0
        left = most
        while (
            left > 0
            and m + 4 <= share.size
            and (jump[m] == jump[m + 1] == jump[m + 2] == jump[m + 3] == weight)
        ):
            a *= 1.0 + change * share[m]
            b *= 1.0 + change * share[m + 1]
            c *= 1.0 + change * share[m + 2]
            d *= 1.0 + change * share[m + 3]
            m += 4
            left -= 1
        if left == most:  # the end, or another weight: one by one
            weight = jump[m]
            lost += weight * np.log(1.0 + change * share[m])
            m += 1
        else:
            lost += weight * np.log((a * b) * (c * d))
    return float(lost)


@njit(cache=True, nogil=True)
def _fit(jump: Floats, share: Floats, events: float, out: Floats) -> None:
    """Climb by Newton within the bracket the slopes give; write the row of one column."""
    lanes = np.empty((2, LANES))
    out[3] = _exists(jump, share, events, lanes)
    if out[3] != CONVERGED:
        return
    out[3] = STOPPED
    low, high, beta = -np.inf, np.inf, 0.0
    information = 0.0
    for _ in range(MAX_STEPS):
        expected, information = _derivatives(jump, share, np.exp(beta), lanes)
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
    out[2] = beta * events - _log_ratio(jump, share, beta)
