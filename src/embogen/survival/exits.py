"""Carrier sets under a hazard ratio other than 1: who leaves, along the order of exits.

Under Cox's model, and if the pattern of events and censorings is taken as given, whoever has the
event is a carrier with chance ``r K / (r K + M)``, r being the hazard ratio, K carriers and M
others still at risk; whoever is censored with chance ``K / (K + M)``. At r = 1 every carrier set
is as likely as any other: the permutation distribution. Elsewhere a set's chance over that of a
permutation is ``prod r^x (K + M) / (r K + M)`` over the events, its partial likelihood ratio where
no times are tied. Tied events leave one after another, as do those of one day in continuous time.

The kernels create no random numbers. Nobody may enter late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

from embogen.survival.two_group import carriers_at_risk, log_ratio, maximum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@njit(cache=True)
def draw_exits(sets: RiskSets, carriers: Ints, ratio: float, uniform: Floats, x: Floats) -> None:
    """Draw one carrier set under a hazard ratio.

    Parameters
    ----------
    carriers
        (s,) number of carriers of each stratum.
    ratio
        Hazard ratio, finite and above 0.
    uniform
        (n,) numbers in [0, 1), by position.
    x
        (n,) filled: 1 for a carrier, 0 for others, in walking order.

    Examples
    --------
    Of three deaths the first (position 2) is the one carrier's with chance 3 / 5 at ratio 3.

    >>> from embogen.survival.risk_sets import build
    >>> sets = build(np.array([1.0, 2.0, 3.0]), np.ones(3, dtype=bool))
    >>> x = np.zeros(3)
    >>> draw_exits(sets, np.array([1]), 3.0, np.array([0.0, 0.0, 0.59]), x)
    >>> x.tolist()
    [0.0, 0.0, 1.0]
    """
    first = 0
    for s in range(sets.stratum_end.size):
        last = sets.stratum_end[s]
        begin = sets.group_end[first - 1] if first > 0 else 0
        K = carriers[s]
        M = sets.group_end[last - 1] - begin - K if last > first else 0
        for group in range(last - 1, first - 1, -1):
            begin = sets.group_end[group - 1] if group > 0 else 0
            middle = begin + sets.group_deaths[group]
            for i in range(begin, sets.group_end[group]):
                odds = K * ratio if i < middle else float(K)
                if uniform[i] * (odds + M) < odds:
                    x[i] = 1.0
                    K -= 1
                else:
                    x[i] = 0.0
                    M -= 1
        first = last


@njit(parallel=True, cache=True)
def ratios_under(
    sets: RiskSets, terms: Floats, carriers: Ints, beta: float, uniforms: Floats
) -> Floats:
    """Give the likelihood ratio at `beta` of carrier sets drawn under it.

    Parameters
    ----------
    terms
        `embogen.survival.two_group.totals`.
    carriers
        (s,) number of carriers of each stratum.
    beta
        Log hazard ratio.
    uniforms
        (B, n) numbers in [0, 1).

    Returns
    -------
    (B,)
        Twice the log likelihood at its maximum less that at `beta`. O(B (n + steps m)).
    """
    out = np.empty(len(uniforms))
    for b in prange(out.size):
        x = np.empty(sets.order.size)
        draw_exits(sets, carriers, np.exp(beta), uniforms[b], x)
        out[b] = _ratio_at(sets, terms, x, beta)
    return out


@njit(parallel=True, cache=True)
def ratios_at(sets: RiskSets, terms: Floats, chosen: Ints, beta: float) -> tuple[Floats, Floats]:
    """Give the likelihood ratio at `beta` of given carrier sets, and their chances under it.

    Parameters
    ----------
    chosen
        (B, k) rows of the carriers.

    Returns
    -------
    ratios
        (B,) as of `ratios_under`.
    chances
        (B,) log of each set's chance over that of a permutation.

    Examples
    --------
    Three deaths, one carrier, ratio 3: chances 3/5, (2/5)(3/4) and (2/5)(1/4), each over 1/3.

    >>> from embogen.survival.risk_sets import build
    >>> from embogen.survival.two_group import totals
    >>> sets = build(np.array([1.0, 2.0, 3.0]), np.ones(3, dtype=bool))
    >>> chosen = np.array([[2], [1], [0]])
    >>> (np.exp(ratios_at(sets, totals(sets, 1.0), chosen, np.log(3.0))[1]) / 3).round(3).tolist()
    [0.6, 0.3, 0.1]
    """
    ratios, chances = np.empty(len(chosen)), np.empty(len(chosen))
    for b in prange(len(chosen)):
        x = np.zeros(sets.order.size)
        for row in chosen[b]:
            x[row] = 1.0
        ratios[b] = _ratio_at(sets, terms, x, beta)
        chances[b] = _chance(sets, x, beta)
    return ratios, chances


@njit(cache=True)
def _ratio_at(sets: RiskSets, terms: Floats, x: Floats, beta: float) -> float:
    carrying, events = carriers_at_risk(sets, terms, x)
    best = log_ratio(terms, carrying, events, maximum(terms, carrying, events))
    return 2.0 * (best - log_ratio(terms, carrying, events, beta))


@njit(cache=True)
def _chance(sets: RiskSets, x: Floats, beta: float) -> float:
    ratio, total = np.exp(beta), 0.0
    group = 0
    begin = 0
    for last in sets.stratum_end:
        K, M = 0.0, 0.0  # at risk at a row's exit: it and all rows before it but tied deaths
        while group < last:
            end, middle = sets.group_end[group], begin + sets.group_deaths[group]
            for i in range(end - 1, begin - 1, -1):  # backwards in time: censored rows first
                K += x[i]
                M += 1.0 - x[i]
                if i < middle:
                    total += beta * x[i] + np.log((K + M) / (ratio * K + M))
            begin = end
            group += 1
    return total
