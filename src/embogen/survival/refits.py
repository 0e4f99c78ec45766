"""The same model on many resamples of its rows: nothing is sorted or set up again.

A resample of rows takes each with a multiplicity. In walking order that only repeats rows, so
risk sets follow from those of the data by a pass, and Newton starts at the data's own estimate.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.newton import maximise
from embogen.survival.risk_sets import RiskSets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WORTH_THREADS: Final = 200
"""Resamples from which on threads are started."""


def refits(
    sets: RiskSets, X: Floats, start: Floats, draws: Ints, tie_fraction: float
) -> tuple[Floats, Ints]:
    """Fit a Cox model to each resample of the rows.

    Parameters
    ----------
    sets
        The outcome, without delayed entry.
    X
        (n, p) C-contiguous covariates of order 1, rows in walking order.
    start
        (p,) starting values: the coefficients of the data themselves.
    draws
        (B, m) positions (in walking order) of the rows of each resample, repeats allowed.
    tie_fraction
        1.0 Efron, 0.0 Breslow.

    Returns
    -------
    coef
        (B, p); NaN for a column without variation in that resample.
    flag
        (B,) how each fit ended (`embogen.survival.newton`); only `CONVERGED` rows are estimates.
        O(B m p^2), shared among the machine's cores; what a resample gives does not depend on
        how many there are.

    Examples
    --------
    The rows themselves, once more, give their own estimate: HR 1 / sqrt(2) of events at 1, 2, 3
    with x = 1, 0, 1.

    >>> from embogen.survival.risk_sets import build
    >>> sets = build(np.array([1.0, 2.0, 3.0]), np.ones(3, bool))
    >>> X = np.array([[1.0], [0.0], [1.0]])[sets.order]
    >>> coef, flag = refits(sets, X, np.zeros(1), np.arange(3)[None, :], 1.0)
    >>> round(float(np.exp(coef[0, 0])), 4), int(flag[0])
    (0.7071, 0)
    """
    cores = os.cpu_count() or 1
    if len(draws) < WORTH_THREADS or cores == 1:
        return _refits(sets, X, start, draws, tie_fraction)
    parts = np.array_split(draws, cores)
    with ThreadPoolExecutor(cores) as pool:
        done = list(pool.map(lambda part: _refits(sets, X, start, part, tie_fraction), parts))
    return np.concatenate([coef for coef, _ in done]), np.concatenate([flag for _, flag in done])


@njit(cache=True, nogil=True)
def _refits(
    sets: RiskSets, X: Floats, start: Floats, draws: Ints, tie_fraction: float
) -> tuple[Floats, Ints]:
    """Fit the resamples one after the other."""
    p, B = X.shape[1], len(draws)
    coef = np.empty((B, p))
    flag = np.empty(B, dtype=np.int64)
    empty = np.empty(0)
    for b in range(B):
        again, Z = resampled(sets, X, draws[b])
        best = maximise(again, Z, start, empty, tie_fraction, True)
        flag[b] = best.flag
        for j in range(p):
            coef[b, j] = np.nan if best.aliased[j] else best.beta[j]
    return coef, flag


@njit(cache=True, nogil=True)
def resampled(sets: RiskSets, X: Floats, draw: Ints) -> tuple[RiskSets, Floats]:
    """Give the risk sets of a resample and its covariates in their walking order.

    Parameters
    ----------
    sets
        The outcome, without delayed entry.
    X
        (n, p) C-contiguous covariates, rows in walking order.
    draw
        (m,) positions of the rows of the resample, repeats allowed.
    """
    times = np.zeros(X.shape[0], dtype=np.int64)
    for i in draw:
        times[i] += 1
    Z, weight = np.empty((draw.size, X.shape[1])), np.empty(draw.size)
    ends, deaths, strata, groups = _repeat(sets, X, times, Z, weight)
    empty, none = np.empty(0), np.empty(0, dtype=np.int64)
    order = np.arange(draw.size)
    again = RiskSets(
        order, weight, ends[:groups], deaths[:groups], strata, empty, empty, none, none
    )
    return again, Z


@njit(cache=True, nogil=True)
def _repeat(
    sets: RiskSets, X: Floats, times: Ints, Z: Floats, weight: Floats
) -> tuple[Ints, Ints, Ints, int]:
    """Write each row so many times; give ends, deaths and strata of the tie groups left."""
    p = X.shape[1]
    ends = np.empty(sets.group_end.size, dtype=np.int64)
    deaths = np.empty(sets.group_end.size, dtype=np.int64)
    strata = np.empty(sets.stratum_end.size, dtype=np.int64)
    row, begin, groups, group, kept = 0, 0, 0, 0, 0
    for last in sets.stratum_end:
        before = groups
        while group < last:
            died = 0
            for i in range(begin, sets.group_end[group]):
                if i < begin + sets.group_deaths[group]:
                    died += times[i]
                for _ in range(times[i]):
                    weight[row] = sets.weight[i]
                    for j in range(p):
                        Z[row, j] = X[i, j]
                    row += 1
            begin = sets.group_end[group]
            if row > (ends[groups - 1] if groups else 0):
                ends[groups], deaths[groups] = row, died
                groups += 1
            group += 1
        if groups > before:
            strata[kept] = groups
            kept += 1
    return ends, deaths, strata[:kept], groups
