"""The log partial likelihood of eight models at a time, each with one more, sparse column.

The formulas are those of `embogen.survival.partial_likelihood`. Eight models share the outcome and
the covariates (`embogen.survival.scan_stream`) and differ in their last column and coefficients:
each has a lane of `embogen.survival.vectors`. The stream is read once, tile by tile; what is made
of a tile stays in the nearest cache and is forgotten with it, so the cost of a model grows with
the rows of the stream and nothing else.

With S_0, S_1, S_2 the running sums of r, r x, r x x', tie group g with d deaths (sums D_0, D_1,
D_2) and f_l = l / d for Efron, 0 for Breslow, each of the d denominators
``s_l = S_0 - f_l D_0`` gives::

    loglik      -= log s_l
    score       -= (S_1 - f_l D_1) / s_l
    information += (S_2 - f_l D_2) / s_l - (S_1 - f_l D_1)(S_1 - f_l D_1)' / s_l^2

The first part of the information is summed over rows while S_2 grows; of D_2 each death takes its
own part. The second is one square for a group with one death, two for any more (see `lay_in` of
that module).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.exponential import exponential
from embogen.survival.scan_ties import look_at_deaths, look_at_ties, means, means_of_ties
from embogen.survival.vectors import (
    LANES,
    fused,
    fused_from,
    item,
    load,
    plus,
    same,
    store,
    times,
)

if TYPE_CHECKING:
    from embogen.survival.scan_carriers import Carriers
    from embogen.survival.scan_room import Room
    from embogen.survival.scan_stream import Stream

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LOG2: Final = 0.6931471805599453
HELD: Final = 400
"""Mantissas below 2 multiplied before a logarithm is taken."""


@njit(cache=True, nogil=True)
def evaluate(stream: Stream, carriers: Carriers, room: Room) -> None:
    """Fill log likelihood, score and information of eight models at their coefficients.

    Parameters
    ----------
    stream
        Outcome and covariates.
    carriers
        The last columns.
    room
        `room_for`, its `beta` set: no linear predictor may exceed `LARGEST` of
        `embogen.survival.exponential` in size, which is not
        checked. O(N q^2).
    """
    room.score[:] = 0.0
    room.information[:] = 0.0
    room.loglik[:] = 0.0
    room.held[0] = 1.0
    room.held[1] = 0.0
    room.held[2] = np.inf
    at, held = np.zeros(LANES, np.int64), 0
    for tile in range(stream.fresh.size):
        begin, end = stream.begin[tile], stream.begin[tile + 1]
        if stream.fresh[tile]:
            room.total[:] = 0.0
            room.square[:] = 0.0
            room.held[3] = 0.0
        _scatter(carriers, begin, end, at, room.extra)
        if stream.tied[tile]:
            _add_tile(stream, tile, stream.fraction, room)
        else:
            _add_tile(stream, tile, None, room)
        _clear(carriers, begin, at, room.extra)
        held += stream.group[tile + 1] - stream.group[tile]
        if held > HELD:
            _take_logarithms(room)
            held = 0
    _take_logarithms(room)
    for lane in range(LANES):
        if not room.held[2, lane] > 0.0:
            room.loglik[lane] = np.nan


@njit(cache=True, nogil=True, forceinline=True)
def _scatter(carriers: Carriers, begin: int, end: int, at: Ints, extra: Floats) -> None:
    for lane in range(LANES):
        k = at[lane]
        while k < carriers.size[lane] and carriers.rows[lane, k] < end:
            extra[0, carriers.rows[lane, k] - begin, lane] = carriers.values[lane, k]
            k += 1
        at[lane] = k


@njit(cache=True, nogil=True, forceinline=True)
def _clear(carriers: Carriers, begin: int, at: Ints, extra: Floats) -> None:
    for lane in range(LANES):
        k = at[lane] - 1
        while k >= 0 and carriers.rows[lane, k] >= begin:
            extra[0, carriers.rows[lane, k] - begin, lane] = 0.0
            k -= 1


@njit(cache=True, nogil=True, forceinline=True)
def _take_logarithms(room: Room) -> None:
    for lane in range(LANES):
        room.loglik[lane] -= np.log(room.held[0, lane]) + room.held[1, lane] * LOG2
        room.held[0, lane] = 1.0
        room.held[1, lane] = 0.0


@njit(cache=True, nogil=True, forceinline=True)
def _add_tile(stream: Stream, tile: int, fraction: float | None, room: Room) -> None:
    """Add what the rows of a tile give; no fraction where no two die together."""
    begin, q = stream.begin[tile], stream.columns.shape[0]
    size = stream.begin[tile + 1] - begin
    groups = (stream.group[tile], stream.group[tile + 1])
    rows = (begin, size, groups[0], groups[1])
    _risks(stream.columns, (begin, size), stream.sign, room)
    _look(stream, groups, size, fraction, room)
    for j in range(q):
        _add_column(stream.columns, (j, j, begin), stream, rows, fraction, room)
    _add_column(room.extra, (q, 0, 0), stream, rows, fraction, room)


@njit(cache=True, nogil=True, forceinline=True)
def _risks(columns: Floats, rows: tuple[int, int], sign: Floats, room: Room) -> None:
    """Fill each row's signed risk and the running S_0."""
    beta, risk, running, extra = room.beta, room.risk, room.running, room.extra
    begin, size = rows
    total, further = load(room.total, 0), load(beta, columns.shape[0])
    for i in range(size):
        eta = times(further, item(extra, 0, i))
        for j in range(columns.shape[0]):
            eta = fused(load(beta, j), item(columns, j, begin + i), eta)
        r = times(exponential(eta), load(sign, begin + i))
        total = plus(total, r)
        store(risk, i, r)
        store(running, i, total)
    store(room.total, 0, total)


@njit(cache=True, nogil=True, forceinline=True)
def _look(
    stream: Stream, groups: tuple[int, int], size: int, fraction: float | None, room: Room
) -> None:
    """Go through the denominators of a tile."""
    nothing = same(0.0)
    for i in range(size):
        store(room.weight, i, nothing)
    if fraction is None:
        look_at_deaths(stream.last, groups, room)
    else:
        for i in range(size):
            store(room.taken, i, nothing)
        look_at_ties(stream.last, stream.deaths, groups, fraction, room)


@njit(cache=True, nogil=True, forceinline=True)
def _means(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    X: Floats,
    at: tuple[int, int, int],
    stream: Stream,
    groups: tuple[int, int],
    fraction: float | None,
    room: Room,
) -> int:
    """Write a column's means at the deaths of a tile; give their number."""
    if fraction is None:
        return means(stream.last, groups, room, at[0])
    return means_of_ties(X, at, stream.last, stream.deaths, groups, room)


@njit(cache=True, nogil=True, forceinline=True)
def _add_column(  # noqa: PLR0917 - same
    X: Floats,
    at: tuple[int, int, int],
    stream: Stream,
    rows: tuple[int, int, int, int],
    fraction: float | None,
    room: Room,
) -> None:
    """Add a column's part of the score, and its row of the information.

    The column is number ``at[0]`` of the model, row ``at[1]`` of X from item ``at[2]``.
    """
    columns, groups = stream.columns, (rows[2], rows[3])
    _sum_column(X, at, rows[1], fraction, room)
    used = _means(X, at, stream, groups, fraction, room)
    for k in range(0, at[0] - 1, 2):
        _sum_two(X, at, columns, (k, rows[0], rows[1]), fraction, room)
    if at[0] % 2:
        _sum_one(X, at, columns, (at[0] - 1, rows[0], rows[1]), fraction, room)
    for k in range(0, at[0] + 1, 2):
        _take_products(room, used, at[0], k)


@njit(cache=True, nogil=True, forceinline=True)
def _sum_column(
    X: Floats, at: tuple[int, int, int], size: int, fraction: float | None, room: Room
) -> None:
    """Fill the running sums of a column, and add its own square to the information."""
    risk, weight, taken, running = room.risk, room.weight, room.taken, room.running
    column, j, offset = at
    pair = column * (column + 3) // 2
    total, square = load(room.total, column + 1), load(room.square, pair)
    information = load(room.information, pair)
    for i in range(size):
        x = item(X, j, offset + i)
        part = times(load(risk, i), x)
        total = plus(total, part)
        store(running, i, total)
        square = fused(part, x, square)
        information = fused(load(weight, i), square, information)
        if fraction is not None:
            information = fused_from(times(load(taken, i), x), x, information)
    store(room.total, column + 1, total)
    store(room.square, pair, square)
    store(room.information, pair, information)


@njit(cache=True, nogil=True, forceinline=True)
def _sum_one(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    X: Floats,
    at: tuple[int, int, int],
    columns: Floats,
    other: tuple[int, int, int],
    fraction: float | None,
    room: Room,
) -> None:
    """Add a column's products with covariate k to the information."""
    risk, weight, taken = room.risk, room.weight, room.taken
    column, j, offset = at
    k, begin, size = other
    pair = column * (column + 1) // 2 + k
    square, information = load(room.square, pair), load(room.information, pair)
    for i in range(size):
        x, y = item(X, j, offset + i), item(columns, k, begin + i)
        square = fused(times(load(risk, i), x), y, square)
        information = fused(load(weight, i), square, information)
        if fraction is not None:
            information = fused_from(times(load(taken, i), x), y, information)
    store(room.square, pair, square)
    store(room.information, pair, information)


@njit(cache=True, nogil=True, forceinline=True)
def _sum_two(  # noqa: PLR0917 - same
    X: Floats,
    at: tuple[int, int, int],
    columns: Floats,
    other: tuple[int, int, int],
    fraction: float | None,
    room: Room,
) -> None:
    """Add a column's products with covariates k and k + 1, which keep the machine busier."""
    risk, weight, taken = room.risk, room.weight, room.taken
    column, j, offset = at
    k, begin, size = other
    pair = column * (column + 1) // 2 + k
    square, information = load(room.square, pair), load(room.information, pair)
    square_z, information_z = load(room.square, pair + 1), load(room.information, pair + 1)
    for i in range(size):
        x, w = item(X, j, offset + i), load(weight, i)
        y, z = item(columns, k, begin + i), item(columns, k + 1, begin + i)
        part = times(load(risk, i), x)
        square = fused(part, y, square)
        square_z = fused(part, z, square_z)
        information = fused(w, square, information)
        information_z = fused(w, square_z, information_z)
        if fraction is not None:
            part = times(load(taken, i), x)
            information = fused_from(part, y, information)
            information_z = fused_from(part, z, information_z)
    store(room.square, pair, square)
    store(room.information, pair, information)
    store(room.square, pair + 1, square_z)
    store(room.information, pair + 1, information_z)


@njit(cache=True, nogil=True, forceinline=True)
def _take_products(room: Room, used: int, column: int, k: int) -> None:
    """Take products of a column's means with those of columns k and k + 1 off the information."""
    mean, second = room.mean, min(k + 1, column)
    pair = column * (column + 1) // 2
    first_sum, second_sum = load(room.information, pair + k), load(room.information, pair + second)
    for s in range(used):
        value = item(mean, column, s)
        first_sum = fused_from(value, item(mean, k, s), first_sum)
        second_sum = fused_from(value, item(mean, second, s), second_sum)
    store(room.information, pair + k, first_sum)
    store(room.information, pair + second, second_sum)
