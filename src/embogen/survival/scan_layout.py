"""Outcome and covariates of a scan laid out by column, and room to evaluate a likelihood in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.risk_sets import RiskSets
from embogen.survival.score_form import denominators, is_event

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class Laid(NamedTuple):
    """Outcome and covariates of a scan.

    Attributes
    ----------
    sets
        The outcome; g tie groups, m events.
    columns
        (q, n) covariates in walking order, columns one after another.
    taken, jump
        (m,) of each denominator: part of the tied deaths taken out, mean weight of the deaths.
    event
        (n,) rows that end in the event.
    stop
        (m,) row after the last one at risk (but for those who have left) at each denominator.
    event_sum, largest
        (q,) weighted sum of the covariates over events, and their largest sizes.
    weighted, shared
        Whether case weights differ from 1, and whether tied deaths are taken out in parts.
    """

    sets: RiskSets
    columns: Floats
    taken: Floats
    jump: Floats
    event: NDArray[np.bool_]
    stop: Ints
    event_sum: Floats
    largest: Floats
    weighted: bool
    shared: bool


class Workspace(NamedTuple):
    """Room for one evaluation; what it leaves is read in `score` and `information`.

    Attributes
    ----------
    score, information
        (q + 1,) and (q + 1, q + 1), the further column last; both triangles filled.
    extra
        (n,) the further column, zero between evaluations.
    """

    score: Floats
    information: Floats
    extra: Floats
    eta: Floats
    risk: Floats
    scratch: Floats
    sums: Floats
    total: Floats
    steps: Floats


def lay_out_columns(sets: RiskSets, covariates: Floats, tie_fraction: float) -> Laid:
    """Lay an outcome and its (n, q) covariates in walking order out by column; O(n q)."""
    found = denominators(sets, sets.weight, tie_fraction)
    event = is_event(sets)
    return Laid(
        sets,
        np.ascontiguousarray(covariates.T, dtype=np.float64),
        np.ascontiguousarray(found.taken, dtype=np.float64),
        np.ascontiguousarray(found.jump),
        event,
        sets.group_end[found.group].astype(np.int64),
        np.sum((sets.weight * event)[:, None] * covariates, axis=0),
        np.abs(covariates).max(axis=0, initial=0.0),
        bool(np.any(sets.weight != 1.0)),
        bool(np.any(found.taken != 0.0)),
    )


@njit(cache=True, nogil=True)
def workspace(laid: Laid) -> Workspace:
    """Allocate what `evaluate` needs."""
    q, n = laid.columns.shape
    m = laid.jump.size
    return Workspace(
        np.zeros(q + 1),
        np.zeros((q + 1, q + 1)),
        np.zeros(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty((q + 1, m)),
        np.empty(m),
        np.empty((2, laid.sets.group_end.size)),
    )
