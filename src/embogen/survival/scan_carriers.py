"""Sparse columns in the order of a scan's stream, one to a lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.vectors import LANES

if TYPE_CHECKING:
    from embogen.survival.scan_stream import Stream

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class Carriers(NamedTuple):
    """The last columns of eight models.

    Attributes
    ----------
    rows, values
        (`LANES`, c) stream rows of each lane's carriers, ascending, and the column's value there.
    size
        (`LANES`,) how many of them count.
    """

    rows: Ints
    values: Floats
    size: Ints


@njit(cache=True, nogil=True)
def room_for_carriers(stream: Stream, start: Ints, carriers: Ints) -> Carriers:
    """Allocate for whichever column has most rows in the stream."""
    most = 0
    for column in range(start.size - 1):
        held = 0
        for i in carriers[start[column] : start[column + 1]]:
            held += stream.place_start[i + 1] - stream.place_start[i]
        most = max(most, held)
    return Carriers(
        np.zeros((LANES, most), np.int64), np.zeros((LANES, most)), np.zeros(LANES, np.int64)
    )


@njit(cache=True, nogil=True)
def lay(stream: Stream, rows: Ints, x: Floats, carried: Carriers, lane: int) -> None:
    """Write a column in the order of the stream."""
    size, ordered = 0, True
    where, held = carried.rows[lane], carried.values[lane]
    for i in range(rows.size):
        for k in range(stream.place_start[rows[i]], stream.place_start[rows[i] + 1]):
            where[size], held[size] = stream.place[k], x[i]
            ordered = ordered and (size == 0 or where[size] > where[size - 1])
            size += 1
    if not ordered:
        _sort(where, held, size)
    carried.size[lane] = size


@njit(cache=True, nogil=True)
def _sort(keys: Ints, values: Floats, size: int) -> None:
    """Sort keys that are nearly in order, and what goes with them: Shell's way, gap by gap."""
    gap = 1
    while gap < size // 9:
        gap = 3 * gap + 1
    while gap:
        for i in range(gap, size):
            key, value, k = keys[i], values[i], i
            while k >= gap and keys[k - gap] > key:
                keys[k], values[k] = keys[k - gap], values[k - gap]
                k -= gap
            keys[k], values[k] = key, value
        gap //= 3
