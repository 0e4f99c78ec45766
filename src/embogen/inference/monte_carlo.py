"""Adaptive Monte Carlo: draw until the p-value is known well enough, and say how well.

Drawing stops at the h-th carrier set at least as extreme as the observed one (Besag and Clifford,
Biometrika 1991;78:301): the p-value is then h / B, with a relative standard error of about
``h ** -0.5`` whatever its size. If the limit of draws comes first it is (c + 1) / (B + 1). Both
hold their level exactly. Block b of the draws comes from a generator of its own, draw r of it from
that generator's words r w to r w + w - 1 (carrier sets: a few together from a stretch of them), so
an answer does not depend on threads, and draws can be gone on with where they stopped.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import betaincinv

from embogen.errors import DataError, DataProblem
from embogen.inference.estimates import Interval
from embogen.inference.permutation_result import MonteCarloState, Seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embogen.survival.drawn_sets import Stretch
    from embogen.survival.shuffle import Shuffle

    Floats = NDArray[np.float64]
    Words = NDArray[np.uint64]
    Draws = Callable[[Seed, int, int], Floats]
    """Statistics of draws begin .. end - 1 of a seed."""
    Piece = Callable[[int, int, int], Floats]
    """Statistics of draws: their block, the number of the first in it, how many."""

BLOCK: Final = 4096
"""Draws per generator. Fixed: another number would be another sequence of draws."""
ALL_BITS: Final = 2**64 - 1
NEAR: Final = 1 << 16
"""Words made at once: what is made of them then stays in the nearest cache."""
FEWEST_AT_ONCE: Final = 128
"""Draws made at once even where each takes many words. Divides `BLOCK`."""
MOST_AHEAD: Final = 64 * BLOCK
"""Draws made before they are counted, where so many are certainly needed."""


def new_seed(rng: np.random.Generator) -> Seed:
    """Take a seed of its own from a generator.

    Examples
    --------
    >>> new_seed(np.random.default_rng(7))
    Seed(entropy=(7,), spawn_key=(0,))
    """
    child = rng.bit_generator.seed_seq.spawn(1)[0]  # type: ignore[attr-defined] # numpy's stubs know ISeedSequence only
    entropy = np.atleast_1d(np.asarray(child.entropy, dtype=object))
    return Seed(tuple(int(item) for item in entropy), tuple(int(i) for i in child.spawn_key))


def start(rng: np.random.Generator, problem: str) -> MonteCarloState:
    """Take a seed, and draw nothing yet."""
    return MonteCarloState(new_seed(rng), problem, 0, 0, 0, 0, 0)


def block_generator(seed: Seed, block: int) -> np.random.Generator:
    """Make the generator of one block of draws."""
    sequence = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, block))
    return np.random.default_rng(sequence)


def raw_words(numbers: np.random.Generator, count: int) -> Words:
    """Draw words, uniform on 0 .. 2^64 - 1, without keeping other threads waiting.

    The same words as those of the bit generator's ``random_raw``, which holds the interpreter's
    lock meanwhile.
    """
    return numbers.integers(0, ALL_BITS, count, dtype=np.uint64, endpoint=True)


def words_of(
    numbers: np.random.Generator, place: tuple[Seed, int, int], what: Shuffle, count: int
) -> Words:
    """Draw the words of some shuffles.

    Parameters
    ----------
    numbers
        The generator of the block, standing where the words of the first shuffle begin.
    place
        Seed, block, and number of the first shuffle in its block.
    what
        Says how many words a shuffle takes, and which are refused: another is then drawn, from
        a generator that belongs to this word of this shuffle alone.
    count
        Number of shuffles.

    Returns
    -------
    words
        (count, w).
    """
    from embogen.survival.shuffle import refused  # noqa: PLC0415 - loads numba

    seed, block, first = place
    width = len(what.limit)
    words: Words = raw_words(numbers, count * width).reshape(count, width)
    for row, column in refused(what, words):
        own = block_generator(
            Seed(seed.entropy, (*seed.spawn_key, block, first + int(row))), int(column)
        )
        product, limit = int(what.product[column]), int(what.limit[column])
        word = 0
        while word * product % 2**64 < limit:
            word = int(own.bit_generator.random_raw())
        words[row, column] = word
    return words


def from_uniforms(evaluate: Callable[[Floats], Floats], width: int) -> Draws:
    """Draw with uniform numbers.

    Parameters
    ----------
    evaluate
        (B, k) numbers in [0, 1) to the (B,) statistics of the draws made with them.
    width
        k, numbers per draw.
    """
    at_once = FEWEST_AT_ONCE
    while 2 * at_once * max(width, 1) <= NEAR and 2 * at_once <= BLOCK:
        at_once *= 2

    def some(seed: Seed, block: int, first: int, count: int) -> Floats:
        numbers = block_generator(seed, block)
        numbers.bit_generator.advance(first * width)  # type: ignore[attr-defined] # PCG64's
        parts = (min(at_once, count - at) for at in range(0, count, at_once))
        return np.concatenate([evaluate(numbers.random((part, width))) for part in parts])

    return lambda seed, begin, end: _in_pieces((begin, end), 1, partial(some, seed))


def from_sets(sample: Callable[[Stretch, int], Floats], width: int, least: int) -> Draws:
    """Draw carrier sets, `embogen.survival.deal.TOGETHER` of them from a stretch of words.

    Parameters
    ----------
    sample
        Where words begin, and a number B of sets, to the (B,) statistics of the sets drawn.
    width
        Words laid out for a set.
    least
        Stretches worth another thread.
    """
    from embogen.survival.deal import TOGETHER  # noqa: PLC0415 - loads numba
    from embogen.survival.drawn_sets import Stretch  # noqa: PLC0415 - loads numba
    from embogen.survival.pcg64 import advance, state_of  # noqa: PLC0415 - loads numba

    begun: dict[tuple[Seed, int], Words] = {}  # made once: a generator takes as long as 70 draws

    def some(seed: Seed, block: int, first: int, count: int) -> Floats:
        start = begun.get((seed, block))
        if start is None:
            start = begun[seed, block] = state_of(block_generator(seed, block))
        state = start.copy()
        advance(state, np.uint64(first * width))
        return sample(Stretch(state, first // TOGETHER), count)

    return lambda seed, begin, end: _in_pieces((begin, end), least, partial(some, seed))


def _in_pieces(draws: tuple[int, int], least: int, piece: Piece) -> Floats:
    """Make some draws, on all cores, a piece of a block at a time.

    Pieces begin at multiples of `FEWEST_AT_ONCE` in their block, wherever the draws asked for
    begin: so may whatever begins anew now and then. `least` says how many times so many draws are
    worth another thread.
    """
    from embogen.survival.threads import spread  # noqa: PLC0415 - loads numba

    first, last = draws[0] // FEWEST_AT_ONCE * FEWEST_AT_ONCE, draws[1]

    def some(begin: int, end: int) -> Floats:
        found = []
        at, stop = first + begin * FEWEST_AT_ONCE, min(first + end * FEWEST_AT_ONCE, last)
        while at < stop:
            block, offset = divmod(at, BLOCK)
            count = min(stop - at, BLOCK - offset)
            found.append(piece(block, offset, count))
            at += count
        return np.concatenate(found)

    made = np.concatenate(spread(some, -(-(last - first) // FEWEST_AT_ONCE), least))
    return made[draws[0] - first :]


def go_on(
    state: MonteCarloState,
    draws: Draws,
    limits: tuple[float, float],
    *,
    one_sided: bool,
    max_draws: int,
    exceedances: int,
) -> MonteCarloState:
    """Draw until enough exceedances or draws.

    Parameters
    ----------
    state
        Where to go on.
    draws
        Makes draws; see `from_uniforms` and `from_sets`.
    limits
        Observed statistic, and the difference below which two statistics are equal.
    one_sided
        Count as extreme only what lies on the side of zero of the observed one.
    max_draws, exceedances
        Stop at so many draws in all, or so many at least as extreme as the observed one.

    Returns
    -------
    MonteCarloState
    """
    while state.n_draws < max_draws and state.at_least < exceedances:
        # to the end of the block, or further where drawing cannot stop before
        certain = min(exceedances - state.at_least, MOST_AHEAD)
        count = max(BLOCK - state.n_draws % BLOCK, certain)
        end = min(state.n_draws + count, max_draws)
        statistics = draws(state.seed, state.n_draws, end)
        if one_sided and limits[0] < 0:
            size = -statistics
        else:
            size = statistics if one_sided else np.abs(statistics)
        state = _counted(state, statistics, size, limits, exceedances - state.at_least)
    return state


def _counted(
    state: MonteCarloState,
    statistics: Floats,
    size: Floats,
    limits: tuple[float, float],
    wanted: int,
) -> MonteCarloState:
    """Count the draws up to the exceedance at which drawing stops."""
    observed, slack = limits
    extreme = size >= abs(observed) - slack
    if np.count_nonzero(extreme) >= wanted:
        counted = 1 + int(np.searchsorted(np.cumsum(extreme), wanted))
        extreme, statistics, size = extreme[:counted], statistics[:counted], size[:counted]
    return replace(
        state,
        n_draws=state.n_draws + len(statistics),
        at_least=state.at_least + int(np.count_nonzero(extreme)),
        beyond=state.beyond + int(np.count_nonzero(size > abs(observed) + slack)),
        upper_at_least=state.upper_at_least + int(np.count_nonzero(statistics >= observed - slack)),
        upper_beyond=state.upper_beyond + int(np.count_nonzero(statistics > observed + slack)),
    )


def check_state(state: MonteCarloState, problem: str) -> None:
    """Refuse draws made for other data or another statistic."""
    if state.problem != problem:
        message = "the draws to go on with were made for other data, strata or statistic"
        raise DataError([DataProblem("permutation test", message, "Start anew, without them.")])


def p_interval(count: int, draws: int, stopped: bool, level: float) -> Interval:
    """Give exact limits of a proportion from a fixed number of draws, or of exceedances.

    Parameters
    ----------
    count, draws
        c of B.
    stopped
        Whether drawing stopped at the c-th exceedance (then B is the random number).
    level
        Confidence level.

    Examples
    --------
    No exceedance among 3 draws: p is below 1 - .025^(1/3).

    >>> interval = p_interval(0, 3, False, 0.95)
    >>> interval.low, round(interval.high, 4), round(1 - 0.025 ** (1 / 3), 4)
    (0.0, 0.7076, 0.7076)
    """
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(count, draws - count + 1, tail)) if count else 0.0
    more = count if stopped else count + 1
    high = float(betaincinv(more, draws - count, 1.0 - tail)) if draws > count else 1.0
    return Interval(low, high, level, "clopper_pearson")
