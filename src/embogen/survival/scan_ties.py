"""What the deaths of a tile do to eight likelihoods at a time.

One death to a tie group is the common case and has its own, shorter way; with ties each group goes
through its d denominators. Of a group three sums of weights are needed beside ``A0 = sum 1 / s_l``
and ``A1 = sum f_l / s_l``: those of 1, f_l and f_l^2 over ``s_l^2``, a0, a1 and a2. Its sum of
squared means is ``a0 (S - a1/a0 D)^2 + (a2 - a1^2/a0) D^2``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.vectors import (
    exponent,
    fused,
    fused_from,
    greater,
    item,
    lesser,
    load,
    mantissa,
    minus,
    over,
    plus,
    put,
    root,
    same,
    store,
    times,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.scan_room import Room

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

VECTORS: Final = 5
"""What is kept of a tie group."""
ROUNDING: Final = 1e-5
"""A denominator below this part of the largest since sums began is too near rounding."""


@njit(cache=True, nogil=True, forceinline=True)
def look_at_deaths(last: Ints, groups: tuple[int, int], room: Room) -> None:
    """Go through the denominators of groups with one death each.

    Parameters
    ----------
    last
        (g,) row of each group's death.
    groups
        First group, and that after the last.
    room
        Its `running` holds S_0; `weight`, nothing so far, is filled with 1 / S_0 at the deaths.
    """
    held, running, weight = room.held, room.running, room.weight
    product, power = load(held, 0), load(held, 1)
    margin, peak = load(held, 2), load(held, 3)
    one, part = same(1.0), same(ROUNDING)
    for g in range(groups[0], groups[1]):
        s = load(running, last[g])
        product = times(product, mantissa(s))
        power = plus(power, exponent(s))
        peak = greater(peak, s)
        margin = lesser(margin, fused_from(part, peak, s))
        store(weight, last[g], over(one, s))
    store(held, 0, product)
    store(held, 1, power)
    store(held, 2, margin)
    store(held, 3, peak)


@njit(cache=True, nogil=True, forceinline=True)
def look_at_ties(
    last: Ints, deaths: Ints, groups: tuple[int, int], fraction: float, room: Room
) -> None:
    """Go through the denominators of groups of any number of deaths.

    Parameters
    ----------
    last, deaths
        (g,) last row and number of deaths of each group.
    groups
        First group, and that after the last.
    fraction
        1.0 Efron, 0.0 Breslow.
    room
        Its `running` holds S_0; `weight` and `taken`, nothing so far, are filled with A0 at each
        group's last row, and with A1 times risk at its deaths; `group` with five vectors for each:
        A0, A1, the roots of a0 and of what is left of a2, and a1 / a0.
    """
    one, part, nothing = same(1.0), same(ROUNDING), same(0.0)
    held, risk, group = room.held, room.risk, room.group
    product, power = load(held, 0), load(held, 1)
    margin, peak = load(held, 2), load(held, 3)
    for g in range(groups[0], groups[1]):
        end, d = last[g], deaths[g]
        total, dying = load(room.running, end), nothing
        for i in range(end - d + 1, end + 1):
            dying = plus(dying, load(risk, i))
        peak = greater(peak, total)
        A0 = A1 = a0 = a1 = a2 = nothing
        for k in range(d):
            f = same(fraction * k / d)
            s = fused_from(f, dying, total)
            product = times(product, mantissa(s))
            power = plus(plus(power, exponent(s)), exponent(product))
            product = mantissa(product)
            margin = lesser(margin, fused_from(part, peak, s))
            inverse = over(one, s)
            both = times(f, inverse)
            A0, A1 = plus(A0, inverse), plus(A1, both)
            a0 = fused(inverse, inverse, a0)
            a1 = fused(both, inverse, a1)
            a2 = fused(both, both, a2)
        share = over(a1, a0)
        at = VECTORS * (g - groups[0])
        store(group, at, A0)
        store(group, at + 1, A1)
        store(group, at + 2, root(a0))
        store(group, at + 3, root(greater(fused_from(share, a1, a2), nothing)))
        store(group, at + 4, share)
        store(room.weight, end, A0)
        for i in range(end - d + 1, end + 1):
            store(room.taken, i, times(A1, load(risk, i)))
    store(held, 0, product)
    store(held, 1, power)
    store(held, 2, margin)
    store(held, 3, peak)


@njit(cache=True, nogil=True, forceinline=True)
def means(last: Ints, groups: tuple[int, int], room: Room, column: int) -> int:
    """Write a column's means at single deaths; take them off the score; give their number."""
    running, weight, mean = room.running, room.weight, room.mean
    expected = load(room.score, column)
    for g in range(groups[0], groups[1]):
        value = times(load(running, last[g]), load(weight, last[g]))
        expected = minus(expected, value)
        put(mean, column, g - groups[0], value)
    store(room.score, column, expected)
    return groups[1] - groups[0]


@njit(cache=True, nogil=True, forceinline=True)
def means_of_ties(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    X: Floats,
    at: tuple[int, int, int],
    last: Ints,
    deaths: Ints,
    groups: tuple[int, int],
    room: Room,
) -> int:
    """Write the vectors whose squares are those of all denominators; give their number.

    The column is number ``at[0]`` of the model, row ``at[1]`` of X from item ``at[2]``.
    """
    column, j, offset = at
    running, risk, group, mean = room.running, room.risk, room.group, room.mean
    expected, used = load(room.score, column), 0
    for g in range(groups[0], groups[1]):
        end, d, own = last[g], deaths[g], VECTORS * (g - groups[0])
        total = load(running, end)
        expected = fused_from(load(group, own), total, expected)
        if d == 1:
            put(mean, column, used, times(load(group, own + 2), total))
            used += 1
            continue
        dying = same(0.0)
        for i in range(end - d + 1, end + 1):
            dying = fused(load(risk, i), item(X, j, offset + i), dying)
        expected = fused(load(group, own + 1), dying, expected)
        rest = fused_from(load(group, own + 4), dying, total)
        put(mean, column, used, times(load(group, own + 2), rest))
        put(mean, column, used + 1, times(load(group, own + 3), dying))
        used += 2
    store(room.score, column, expected)
    return used
