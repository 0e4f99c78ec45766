"""The words of numpy's `numpy.random.PCG64`, made where compiled code uses them.

Nothing is random here: a kernel is given the state of a generator, and goes on as that generator
would. Made one after the other a word waits for the one before; made four at a time, each from the
state four steps before, they take little more than half as long as numpy's, and no array of
millions need be laid out. Permuted congruential generator of 128 bits, output XSL-RR: O'Neill,
PCG: A family of simple fast space-efficient statistically good algorithms for random number
generation, 2014, HMC-CS-2014-0905; jumps ahead: Brown, Trans Am Nucl Soc 1994;71:202.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.word_bits import whole_product

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Two = tuple[np.uint64, np.uint64]

U: Final = np.uint64
LOW: Final = 2**64 - 1
MULTIPLIER: Final = 0x2360ED051FC65DA44385DF649FCCF645
STEP: Final = (U(MULTIPLIER >> 64), U(MULTIPLIER & LOW))
"""A state is the one before times this, plus the generator's own increment, mod 2^128."""
_four = pow(MULTIPLIER, 4, 2**128)
_of_increment = sum(pow(MULTIPLIER, k, 2**128) for k in range(4)) % 2**128
FOUR_STEPS: Final = (U(_four >> 64), U(_four & LOW))
FOUR_INCREMENTS: Final = (U(_of_increment >> 64), U(_of_increment & LOW))
ZERO: Final = (U(0), U(0))


def state_of(generator: np.random.Generator) -> Words:
    """Give a generator's state as compiled code takes it.

    Parameters
    ----------
    generator
        Of `numpy.random.PCG64`; it is not changed, and goes on by itself.

    Returns
    -------
    state
        (4,) upper and lower half of the state, then of the increment.

    Raises
    ------
    TypeError
        For another generator.

    Examples
    --------
    >>> numbers = np.random.default_rng(1)
    >>> words = np.empty(2, dtype=np.uint64)
    >>> fill(state_of(numbers), words)
    >>> words.tolist() == numbers.bit_generator.random_raw(2).tolist()
    True
    """
    held = generator.bit_generator.state
    if held["bit_generator"] != "PCG64":
        msg = f"{held['bit_generator']} is not PCG64, numpy.random.default_rng's generator."
        raise TypeError(msg)
    halves = [
        half for n in (held["state"]["state"], held["state"]["inc"]) for half in (n >> 64, n & LOW)
    ]
    return np.array(halves, dtype=np.uint64)


@njit(inline="always")
def _multiply_add(x: Two, a: Two, c: Two) -> Two:
    """Give x a + c mod 2^128."""
    upper, lower = whole_product(x[1], a[1])
    total = lower + c[1]
    return upper + x[0] * a[1] + x[1] * a[0] + c[0] + U(total < lower), total


@njit(inline="always")
def _word(state: Two) -> np.uint64:
    """Fold the halves and turn them by the upper six bits."""
    folded, turn = state[0] ^ state[1], state[0] >> U(58)
    return (folded >> turn) | (folded << ((U(64) - turn) & U(63)))


@njit(cache=True, nogil=True, forceinline=True)
def next_word(state: Words) -> np.uint64:
    """Give the next word of a generator, and change its state."""
    new = _multiply_add((state[0], state[1]), STEP, (state[2], state[3]))
    state[0], state[1] = new
    return _word(new)


@njit(cache=True, nogil=True)
def fill(state: Words, out: Words) -> None:
    """Write the next words of a generator.

    Parameters
    ----------
    state
        (4,) from `state_of`; afterwards that after the last word.
    out
        (t,) filled; O(t).

    Examples
    --------
    >>> numbers = np.random.default_rng(1)
    >>> words = np.empty(3, dtype=np.uint64)
    >>> fill(state_of(numbers), words)
    >>> np.array_equal(words, numbers.bit_generator.random_raw(3))
    True
    """
    increment = (state[2], state[3])
    last = (state[0], state[1])
    n = U(out.size)
    i = U(0)
    if n >= U(4):
        ahead = _multiply_add(increment, FOUR_INCREMENTS, ZERO)
        a = _multiply_add(last, STEP, increment)
        b = _multiply_add(a, STEP, increment)
        c = _multiply_add(b, STEP, increment)
        d = _multiply_add(c, STEP, increment)
        while i + U(4) <= n:
            out[i], out[i + U(1)] = _word(a), _word(b)
            out[i + U(2)], out[i + U(3)] = _word(c), _word(d)
            last = d
            a = _multiply_add(a, FOUR_STEPS, ahead)
            b = _multiply_add(b, FOUR_STEPS, ahead)
            c = _multiply_add(c, FOUR_STEPS, ahead)
            d = _multiply_add(d, FOUR_STEPS, ahead)
            i += U(4)
    state[0], state[1] = last
    while i < n:
        out[i] = next_word(state)
        i += U(1)


@njit(cache=True, nogil=True)
def advance(state: Words, steps: np.uint64) -> None:
    """Pass over words, as the bit generator's ``advance`` does.

    Parameters
    ----------
    state
        (4,) changed in place.
    steps
        Number of words; O(log steps).

    Examples
    --------
    >>> numbers = np.random.default_rng(1)
    >>> state = state_of(numbers)
    >>> advance(state, np.uint64(2))
    >>> bool(next_word(state) == numbers.bit_generator.random_raw(3)[2])
    True
    """
    a, c = STEP, (state[2], state[3])
    here = (state[0], state[1])
    while steps > U(0):
        if steps & U(1):
            here = _multiply_add(here, a, c)
        c = _multiply_add(c, a, c)
        a = _multiply_add(a, a, ZERO)
        steps >>= U(1)
    state[0], state[1] = here
