"""Adaptive Monte Carlo: draw until the p-value is known well enough, and say how well.

Drawing stops at the h-th carrier set at least as extreme as the observed one (Besag and Clifford,
Biometrika 1991;78:301): the p-value is then h / B, with a relative standard error of about
``h ** -0.5`` whatever its size. If the limit of draws comes first it is (c + 1) / (B + 1). Both
hold their level exactly. Block b of the draws comes from a generator of its own, so an answer
does not depend on threads, and draws can be gone on with where they stopped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import betaincinv

from embogen.errors import DataError, DataProblem
from embogen.inference.estimates import Interval
from embogen.inference.permutation_result import MonteCarloState, Seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Evaluate = Callable[[Floats], Floats]

BLOCK: Final = 4096
"""Draws per generator. Fixed: another number would be another sequence of draws."""
NEAR: Final = 1 << 16
"""Uniform numbers made at once: what is made of them then stays in the nearest cache."""
FEWEST_AT_ONCE: Final = 128
"""Draws made at once even of many carriers."""


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


def go_on(
    state: MonteCarloState,
    evaluate: Evaluate,
    carriers: int,
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
    evaluate
        (B, k) uniform numbers to the (B,) statistics of the carrier sets drawn with them.
    carriers
        k, uniform numbers per draw.
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
        block, offset = divmod(state.n_draws, BLOCK)
        count = min(BLOCK - offset, max_draws - state.n_draws)
        statistics = _drawn((state.seed, block), evaluate, carriers, (offset, offset + count))
        if one_sided and limits[0] < 0:
            size = -statistics
        else:
            size = statistics if one_sided else np.abs(statistics)
        state = _counted(state, statistics, size, limits, exceedances - state.at_least)
    return state


def _drawn(
    source: tuple[Seed, int], evaluate: Evaluate, carriers: int, draws: tuple[int, int]
) -> Floats:
    """Evaluate some draws of a block, on all cores, a few at a time.

    Draw r is made of numbers r k to r k + k - 1 of the generator, wherever its range begins.
    """
    from embogen.survival.threads import spread  # noqa: PLC0415 - loads numba

    at_once = min(BLOCK, max(FEWEST_AT_ONCE, NEAR // max(carriers, 1)))

    def some(begin: int, end: int) -> Floats:
        numbers = block_generator(*source)
        numbers.bit_generator.advance((draws[0] + begin) * carriers)  # type: ignore[attr-defined] # PCG64's
        return np.concatenate(
            [
                evaluate(numbers.random((min(at_once, end - at), carriers)))
                for at in range(begin, end, at_once)
            ]
        )

    return np.concatenate(spread(some, draws[1] - draws[0], at_once))


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
    reached = np.flatnonzero(np.cumsum(extreme) >= wanted)
    counted = slice(0, reached[0] + 1 if len(reached) else len(statistics))
    statistics, size = statistics[counted], size[counted]
    return replace(
        state,
        n_draws=state.n_draws + len(statistics),
        at_least=state.at_least + int(np.sum(extreme[counted])),
        beyond=state.beyond + int(np.sum(size > abs(observed) + slack)),
        upper_at_least=state.upper_at_least + int(np.sum(statistics >= observed - slack)),
        upper_beyond=state.upper_beyond + int(np.sum(statistics > observed + slack)),
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
