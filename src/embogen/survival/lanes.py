"""Long sums in lanes: fast, and the same to the last bit in every process.

A sum in order is slow, one addition waiting for the other. Left to the compiler to reorder, it
depends on how a copy of the code was compiled, and several copies may be in one process. Here
item i is added to lane i modulo `LANES`, and the lanes are added up at the end: a fixed order, that
vector instructions can follow without being allowed to change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LANES: Final = 64


@njit(cache=True, nogil=True)
def total_of(lanes: Floats) -> float:
    """Add up lanes, eight sums side by side."""
    a = b = c = d = e = f = g = h = 0.0
    for k in range(0, LANES, 8):
        a += lanes[k]
        b += lanes[k + 1]
        c += lanes[k + 2]
        d += lanes[k + 3]
        e += lanes[k + 4]
        f += lanes[k + 5]
        g += lanes[k + 6]
        h += lanes[k + 7]
    return ((a + e) + (c + g)) + ((b + f) + (d + h))


@njit(cache=True, nogil=True)
def dot_in_lanes(a: Floats, b: Floats, lanes: Floats) -> float:
    """Sum the products of two arrays.

    Parameters
    ----------
    a, b
        (n,).
    lanes
        (`LANES`,) room, overwritten.

    Examples
    --------
    >>> dot_in_lanes(np.arange(100.0), np.ones(100), np.empty(LANES))
    4950.0
    """
    lanes[:] = 0.0
    whole = a.size // LANES
    for part in range(whole):
        begin = part * LANES
        for k in range(LANES):
            lanes[k] += a[begin + k] * b[begin + k]
    rest = 0.0
    for i in range(whole * LANES, a.size):
        rest += a[i] * b[i]
    return rest + float(total_of(lanes))


@njit(cache=True, nogil=True)
def add_products(block: Floats, used: int, lanes: Floats) -> int:
    """Add the products of a block's rows, pair by pair, to lanes of their own.

    Parameters
    ----------
    block
        (p, `LANES`) of which the first `used` columns count; the others are cleared.
    lanes
        (p, p, `LANES`) lower triangle, added to.

    Returns
    -------
    int
        0: columns used from here on.
    """
    p = block.shape[0]
    for j in range(p):
        for i in range(used, LANES):
            block[j, i] = 0.0
    for j in range(p):
        one = block[j]
        for k in range(j + 1):
            other, sums = block[k], lanes[j, k]
            for i in range(LANES):
                sums[i] += one[i] * other[i]
    return 0


@njit(cache=True, nogil=True)
def collect(lanes: Floats, sign: float, total: Floats) -> None:
    """Add up the lanes of each pair of the lower triangle, with a sign, onto a matrix."""
    for j in range(lanes.shape[0]):
        for k in range(j + 1):
            total[j, k] += sign * total_of(lanes[j, k])
