"""Full fits of many 0/1 columns without covariates: one dimension, one division per event.

With two groups each denominator of the likelihood is ``A + r B``. Sums over events take eight of
them at a time (`embogen.survival.vectors`); events are filled up to a multiple of eight with ones
that weigh nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.newton import CONVERGED, STOPPED, SUSPECT
from embogen.survival.scan_fit import ALIASED
from embogen.survival.vectors import (
    LANES,
    exponent,
    fused,
    fused_from,
    load,
    mantissa,
    minus,
    over,
    plus,
    same,
    store,
    times,
    where_above,
)

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MAX_STEPS: Final = 50
TOLERANCE: Final = 1e-18
"""Squared length of the last step in standard errors."""
TINY: Final = 1e-12
HALF: Final = 0.5
"""Halley's step is taken while it is at most twice Newton's."""
HELD: Final = 1000
"""Mantissas below 2 multiplied before a logarithm is taken."""
LOG2: Final = 0.6931471805599453


class Places(NamedTuple):
    """Where rows come into the denominators, for outcomes from which nobody leaves early.

    Attributes
    ----------
    first
        (n,) first denominator that a row is in; m where there is none after it in its stratum.
    end
        (s,) after the last denominator of each stratum.
    event
        (n,) rows that end in the event.
    shared
        Denominators out of which a part of their tied deaths is taken.
    start
        (m,) first denominator of each one's tie group.
    """

    first: Ints
    end: Ints
    event: NDArray[np.bool_]
    shared: Ints
    start: Ints


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
        O(G steps m), and n more for each column where rows enter late.
    """
    out = np.full((start.size - 1, 4), np.nan)
    x, m = np.zeros(sets.order.size), terms.shape[1]
    carrying, share = np.empty(m + 1), np.zeros((-(-m // LANES), LANES))
    jump = np.zeros(share.shape)
    jump.reshape(-1)[:m] = terms[3]
    flat = share.reshape(-1)[:m]
    plain = sets.leaves_end.size == 0
    places, inverse = _places(sets, terms[1]), 1.0 / terms[2]
    dying = np.zeros(m + 1)
    even = bool(np.all(terms[3] == 1.0))
    for column in range(start.size - 1):
        rows = carriers[start[column] : start[column + 1]]
        if plain:
            events = _share(sets, places, rows, inverse, carrying, flat)
            if places.shared.size:
                _take_deaths(sets, places, rows, (terms[1], inverse), dying, flat)
        else:
            for i in rows:
                x[i] = sets.weight[i]
            events = _carrying(sets, terms[1], x, carrying)
            for i in rows:
                x[i] = 0.0
            for k in range(m):
                flat[k] = carrying[k] * inverse[k]
        _fit(jump, share, events, even, out[column])
    return out


@njit(cache=True, nogil=True)
def _places(sets: RiskSets, taken: Floats) -> Places:
    size = taken.size
    start = np.empty(size, dtype=np.int64)
    first = np.empty(sets.order.size, dtype=np.int64)
    event = np.zeros(sets.order.size, dtype=np.bool_)
    end = np.empty(sets.stratum_end.size, dtype=np.int64)
    row, group, at = 0, 0, 0
    for s in range(end.size):
        begin = row
        while group < sets.stratum_end[s]:
            middle = row + sets.group_deaths[group]
            for i in range(row, sets.group_end[group]):
                first[i] = at
                event[i] = i < middle
            start[at : at + sets.group_deaths[group]] = at
            row = sets.group_end[group]
            at += sets.group_deaths[group]
            group += 1
        end[s] = at
        for i in range(begin, row):
            if first[i] == at:
                first[i] = size
    return Places(first, end, event, np.flatnonzero(taken), start)


@njit(cache=True, nogil=True)
def _take_deaths(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    sets: RiskSets,
    places: Places,
    rows: Ints,
    terms: tuple[Floats, Floats],
    dying: Floats,
    share: Floats,
) -> None:
    """Take the carriers' part of tied deaths out of the shares; `dying` is nothing again after."""
    taken, inverse = terms
    for i in rows:
        if places.event[i]:
            dying[places.first[i]] += sets.weight[i]
    for k in places.shared:
        share[k] -= taken[k] * dying[places.start[k]] * inverse[k]
    for i in rows:
        dying[places.first[i]] = 0.0


@njit(cache=True, nogil=True)
def _share(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    sets: RiskSets, places: Places, rows: Ints, inverse: Floats, joining: Floats, share: Floats
) -> float:
    """Fill the carriers' share of each denominator; give the weight of their events."""
    joining[:] = 0.0
    events = 0.0
    for i in rows:
        joining[places.first[i]] += sets.weight[i]
        events += sets.weight[i] * places.event[i]
    at = 0
    for end in places.end:
        total = 0.0
        for m in range(at, end):
            total += joining[m]
            share[m] = total * inverse[m]
        at = end
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
    any_carrier = only_carriers = same(0.0)
    least, most = same(TINY), same(1.0 - TINY)
    for part in range(jump.shape[0]):
        own, weight = load(share, part), load(jump, part)
        any_carrier = plus(any_carrier, where_above(own, least, weight))
        only_carriers = plus(only_carriers, where_above(own, most, weight))
    store(lanes, 0, any_carrier)
    store(lanes, 1, only_carriers)
    ever, alone = _total(lanes, 0), _total(lanes, 1)
    if ever - alone <= TINY * (1.0 + ever):
        return ALIASED
    if events >= ever - TINY * ever or events <= alone + TINY * ever:
        return SUSPECT
    return CONVERGED


@njit(cache=True, nogil=True)
def _total(lanes: Floats, row: int) -> float:
    a = lanes[row]
    return float(((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7])))


@njit(cache=True, nogil=True)
def _derivatives(
    jump: Floats, share: Floats, ratio: float, lanes: Floats
) -> tuple[float, float, float]:
    """Give the expected events of carriers, the information and its slope at a hazard ratio."""
    expected = information = slope = same(0.0)
    one, r, less = same(1.0), same(ratio), same(ratio - 1.0)
    for part in range(jump.shape[0]):
        chance = load(share, part)
        if ratio != 1.0:  # the first step of all needs no division
            chance = over(times(r, chance), fused(less, chance, one))
        events = times(load(jump, part), chance)
        variance = fused_from(events, chance, events)
        expected, information = plus(expected, events), plus(information, variance)
        slope = fused(variance, minus(one, plus(chance, chance)), slope)
    store(lanes, 0, expected)
    store(lanes, 1, information)
    store(lanes, 2, slope)
    return _total(lanes, 0), _total(lanes, 1), _total(lanes, 2)


@njit(cache=True, nogil=True)
def _log_ratio(jump: Floats, share: Floats, beta: float, even: bool, lanes: Floats) -> float:
    """Give the log of the product of denominators at a hazard ratio over those at 1."""
    lost, rise = 0.0, np.exp(beta) - 1.0
    if not even:
        for part in range(jump.shape[0]):
            for k in range(LANES):
                lost += jump[part, k] * np.log(1.0 + rise * share[part, k])
        return float(lost)
    one, change, power = same(1.0), same(rise), same(0.0)
    begin = 0
    while begin < jump.shape[0]:
        product, end = one, min(begin + HELD, jump.shape[0])
        for part in range(begin, end):
            value = fused(change, load(share, part), one)
            product = times(product, mantissa(value))
            power = plus(power, exponent(value))
        store(lanes, 0, product)
        for k in range(LANES):
            lost += np.log(lanes[0, k])
        begin = end
    store(lanes, 0, power)
    return float(lost + LOG2 * _total(lanes, 0))


@njit(cache=True, nogil=True)
def _fit(jump: Floats, share: Floats, events: float, even: bool, out: Floats) -> None:
    """Climb by Halley within the bracket the slopes give; write the row of one column."""
    lanes = np.empty((3, LANES))
    out[3] = _exists(jump, share, events, lanes)
    if out[3] != CONVERGED:
        return
    out[3] = STOPPED
    low, high, beta = -np.inf, np.inf, 0.0
    information = 0.0
    for _ in range(MAX_STEPS):
        expected, information, bend = _derivatives(jump, share, np.exp(beta), lanes)
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
        cut = min(max(step, -2.0), 2.0)
        curved = 1.0 + 0.5 * cut * bend / information
        trial = beta + (cut / curved if curved > HALF else cut)
        if not low < trial < high:
            trial = 0.5 * (low + high)
        if trial == beta:  # nothing left but rounding
            out[3] = CONVERGED
            break
        beta = trial
    out[0] = beta
    out[1] = 1.0 / np.sqrt(information)
    out[2] = beta * events - _log_ratio(jump, share, beta, even, lanes)
