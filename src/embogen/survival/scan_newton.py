"""Newton steps of eight models at a time, from their scores and informations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from embogen.survival.newton import ALIAS_TOLERANCE
from embogen.survival.vectors import (
    fused,
    fused_from,
    lesser,
    load,
    minus,
    over,
    same,
    store,
    times,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def newton_steps(information: Floats, score: Floats, step: Floats, ends: Floats) -> None:
    """Solve ``information step = score`` in every lane.

    By the factors L D L' of the information, whose last pivot is what the other columns leave of
    the last one's information: the inverse of that coefficient's variance.

    Parameters
    ----------
    information
        (p (p + 1) / 2, `LANES`) lower triangles row after row; overwritten with L and D.
    score, step
        (p, `LANES`); `step` is filled.
    ends
        (3, `LANES`) filled with the last pivot; the least by which a pivot exceeds what would make
        its column aliased; and ``step' score``, the squared length of the step in standard errors.

    Examples
    --------
    The rows (4, 2) and (2, 5) of an information, and a score of 2 and 9: half a unit less for the
    first, two for the second. The first leaves 5 - 2 * 2 / 4 = 4 of the second's information.

    >>> rows = [np.full(8, value) for value in (4.0, 2.0, 5.0)]
    >>> step, ends = np.empty((2, 8)), np.empty((3, 8))
    >>> newton_steps(np.array(rows), np.array([np.full(8, 2.0), np.full(8, 9.0)]), step, ends)
    >>> step[:, 0].tolist(), ends[[0, 2], 0].tolist()
    ([-0.5, 2.0], [4.0, 17.0])
    """
    p = score.shape[0]
    margin, pivot = same(np.inf), same(0.0)
    for j in range(p):
        row = j * (j + 1) // 2
        for k in range(j):
            other = k * (k + 1) // 2
            value = load(information, row + k)
            for m in range(k):  # row j still holds L D here
                value = fused_from(load(information, row + m), load(information, other + m), value)
            store(information, row + k, value)
        own = load(information, row + j)
        pivot = own
        for k in range(j):
            scaled = load(information, row + k)
            value = over(scaled, load(information, k * (k + 3) // 2))
            pivot = fused_from(scaled, value, pivot)
            store(information, row + k, value)
        margin = lesser(margin, minus(pivot, times(same(ALIAS_TOLERANCE), own)))
        store(information, row + j, pivot)
        forward = load(score, j)
        for k in range(j):
            forward = fused_from(load(information, row + k), load(step, k), forward)
        store(step, j, forward)
    decrement = same(0.0)
    for j in range(p - 1, -1, -1):
        value = over(load(step, j), load(information, j * (j + 3) // 2))
        for k in range(j + 1, p):
            value = fused_from(load(information, k * (k + 1) // 2 + j), load(step, k), value)
        store(step, j, value)
    for j in range(p):
        decrement = fused(load(step, j), load(score, j), decrement)
    store(ends, 0, pivot)
    store(ends, 1, margin)
    store(ends, 2, decrement)
