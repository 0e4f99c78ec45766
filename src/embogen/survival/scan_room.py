"""Room in which eight likelihoods of a scan are evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.vectors import LANES

if TYPE_CHECKING:
    from embogen.survival.scan_stream import Stream

    Floats = NDArray[np.float64]

SLOTS: Final = 2
"""Squares that the deaths of a tie group can need."""


class Room(NamedTuple):
    """What eight evaluations leave, and room for them; q covariates, tiles of up to L rows.

    Attributes
    ----------
    beta
        (q + 1, `LANES`) coefficients, the further column last; set by the caller.
    loglik
        (`LANES`,) log partial likelihood but for what the events add (``sum beta x``): minus the
        logarithms of the denominators. NaN where a denominator is rounding.
    score
        (q + 1, `LANES`) minus the expected columns.
    information
        ((q + 1)(q + 2) / 2, `LANES`) lower triangle, row after row.
    total, square
        (q + 2, `LANES`) running S_0 and S_1, and S_2 as `information`.
    held
        (4, `LANES`) product of mantissas, sum of exponents, smallest difference of a denominator
        from what is rounding, and largest denominator since sums began.
    extra
        (1, L, `LANES`) the further column in a tile; nothing between tiles.
    risk, running, weight, taken
        (L, `LANES`) by row of a tile: signed risk, a running sum, the sum of 1 / s_l of the group
        that ends there, and a death's risk times the sum of f_l / s_l.
    group
        (5, groups, `LANES`) of each tie group of a tile, see `embogen.survival.scan_ties`.
    mean
        (q + 1, slots, `LANES`) the vectors whose squares are taken off.
    """

    beta: Floats
    loglik: Floats
    score: Floats
    information: Floats
    total: Floats
    square: Floats
    held: Floats
    extra: Floats
    risk: Floats
    running: Floats
    weight: Floats
    taken: Floats
    group: Floats
    mean: Floats


@njit(cache=True, nogil=True)
def room_for(stream: Stream) -> Room:
    """Allocate what `evaluate` needs."""
    q, L = stream.columns.shape[0], stream.longest
    pairs = (q + 1) * (q + 2) // 2
    return Room(
        np.zeros((q + 1, LANES)),
        np.zeros(LANES),
        np.zeros((q + 1, LANES)),
        np.zeros((pairs, LANES)),
        np.zeros((q + 2, LANES)),
        np.zeros((pairs, LANES)),
        np.zeros((4, LANES)),
        np.zeros((1, L, LANES)),
        np.zeros((L, LANES)),
        np.zeros((L, LANES)),
        np.zeros((L, LANES)),
        np.zeros((L, LANES)),
        np.zeros((5 * L, LANES)),
        np.zeros((q + 1, SLOTS * L, LANES)),
    )
