"""Profile-likelihood interval whose critical value comes from permutation, not from chi-square.

The interval holds every hazard ratio whose likelihood ratio stays below a critical value. With
few carriers the likelihood ratio is wider spread than chi-square with one degree of freedom, so
3.84 makes the interval too short; its 95% quantile over all carrier sets is taken instead. The
interval then leaves out 1 exactly when the permutation likelihood-ratio test rejects, and away
from 1 it is nearer its level than the usual one (measured in benchmarks/interval_coverage.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import chdtri

from embogen.errors import DataError, DataProblem
from embogen.inference.estimates import Estimate, Interval
from embogen.inference.monte_carlo import BLOCK, block_generator, new_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from embogen.inference.permutation_problem import PermutationProblem
    from embogen.inference.permutation_result import Seed
    from embogen.surv import Surv

    Floats = NDArray[np.float64]

ROUNDING = 1e-9
_WIDEST = 60.0  # on the log scale; the likelihood of a finite estimate has fallen long before
_HALVINGS = 200


@dataclass(frozen=True, slots=True)
class CalibratedInterval:
    """A hazard ratio with a permutation-calibrated profile-likelihood interval.

    Parameters
    ----------
    hazard_ratio
        Estimate, interval, and the p-value of the permuted likelihood ratio. 0 or infinite where
        the likelihood has no maximum, the interval then being one-sided; NaN where nothing can
        be compared.
    likelihood_interval
        The usual profile-likelihood interval, to stand beside it.
    critical_value, chi_square
        Likelihood ratio at the limits of either.
    method
        ``enumerated`` or ``monte_carlo``.
    n_permutations, seed
        Carrier sets counted or drawn, and from what (None when all were counted).
    """

    hazard_ratio: Estimate
    likelihood_interval: Interval
    critical_value: float
    chi_square: float
    method: Literal["enumerated", "monte_carlo"]
    n_permutations: int
    seed: Seed | None


def permutation_calibrated_interval(
    surv: Surv,
    carriers: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    ties: Literal["efron", "breslow"] = "efron",
    level: float = 0.95,
    rng: np.random.Generator | None = None,
    n_draws: int = 20_000,
    max_enumerated: int = 100_000,
) -> CalibratedInterval:
    """Estimate a gene's hazard ratio, with limits from the permuted likelihood ratio.

    Parameters
    ----------
    surv, carriers, strata
        As in `embogen.inference.permutation.permutation_test`.
    ties
        Tie rule of the likelihood.
    level
        Confidence level.
    rng
        Where random numbers come from; needed with more than `max_enumerated` carrier sets.
    n_draws
        Carrier sets drawn when they are too many to count.
    max_enumerated
        Most carrier sets to count.

    Returns
    -------
    CalibratedInterval

    Raises
    ------
    DataError
        When data or options cannot be used; every problem is named.

    Examples
    --------
    With 3 carrier sets no hazard ratio can be left out at 95%.

    >>> from embogen.surv import Surv
    >>> found = permutation_calibrated_interval(Surv([1, 2, 3], [1, 1, 1]), [0, 1, 0])
    >>> found.n_permutations, found.hazard_ratio.p_value
    (3, 1.0)
    """
    problems = []
    if ties not in {"efron", "breslow"}:
        message = f"ties={ties!r} is not one of efron, breslow"
        problems.append(DataProblem("calibrated interval", message))
    if not 0.0 < level < 1.0:
        message = f"level={level!r} is not between 0 and 1"
        problems.append(DataProblem("calibrated interval", message, "Write 0.95 for 95%."))
    if n_draws < 1:
        message = f"n_draws={n_draws!r} is not positive"
        problems.append(DataProblem("calibrated interval", message))
    if problems:
        raise DataError(problems)
    from embogen.inference.permutation_problem import prepare  # noqa: PLC0415 - loads numba

    problem = prepare(surv, carriers, strata=strata, ties=ties)
    seed = None
    if problem.n_sets > max_enumerated:
        if rng is None:
            message = (
                f"{problem.n_sets:.3g} carrier sets must be drawn from, and no source of random "
                "numbers was given"
            )
            remedy = "Give rng=numpy.random.default_rng(seed), the seed being part of the plan."
            raise DataError([DataProblem("calibrated interval", message, remedy)])
        seed = new_seed(rng)
    permuted = _permuted(problem, seed, n_draws)
    return _interval(problem, permuted, seed, level)


def _permuted(problem: PermutationProblem, seed: Seed | None, n_draws: int) -> Floats:
    """Give the likelihood ratios of all carrier sets, or of drawn ones, ascending."""
    from embogen.survival.permutation import draw_sets  # noqa: PLC0415 - loads numba
    from embogen.survival.subsets import members_of_sets, sequence  # noqa: PLC0415 - same
    from embogen.survival.two_group import likelihood_ratios, totals  # noqa: PLC0415 - same

    terms = totals(problem.sets, problem.tie_fraction)
    if seed is None:
        chosen = members_of_sets(sequence(problem.pools)).astype(np.int64)
        return np.sort(likelihood_ratios(problem.sets, terms, chosen))
    pools = problem.laid_pools
    k = int(pools.carriers.sum())
    found = []
    for block in range(-(-n_draws // BLOCK)):
        uniforms = block_generator(seed, block).random((BLOCK, k))
        chosen = draw_sets(pools, uniforms[: n_draws - block * BLOCK])
        found.append(likelihood_ratios(problem.sets, terms, chosen))
    return np.sort(np.concatenate(found))


def critical_value(permuted: Floats, level: float, *, drawn: bool) -> float:
    """Give the largest likelihood ratio that a permutation test at 1 - level does not reject.

    Parameters
    ----------
    permuted
        Likelihood ratios, ascending.
    level
        Confidence level.
    drawn
        Whether they were drawn; the observed set then counts as one more.

    Examples
    --------
    Of 20 counted sets, one may be beyond at 5%: the second largest is not rejected.

    >>> critical_value(np.arange(1.0, 21.0), 0.95, drawn=False)
    19.0
    """
    share = 1.0 - level
    if drawn:
        beyond = floor(share * (len(permuted) + 1) + ROUNDING)
    else:
        beyond = floor(share * len(permuted) + ROUNDING) + 1
    return float(permuted[-beyond]) if beyond else float("inf")


def _interval(
    problem: PermutationProblem, permuted: Floats, seed: Seed | None, level: float
) -> CalibratedInterval:
    from embogen.survival.two_group import (  # noqa: PLC0415 - loads numba
        carriers_at_risk,
        log_ratio,
        maximum,
        totals,
    )

    terms = totals(problem.sets, problem.tie_fraction)
    column = problem.carried * problem.sets.weight
    carrying, events = carriers_at_risk(problem.sets, terms, column)
    best = float(maximum(terms, carrying, events))
    top = float(log_ratio(terms, carrying, events, best))
    limit = critical_value(permuted, level, drawn=seed is not None)

    chi_square = float(chdtri(1, 1.0 - level))
    comparable = bool(np.any((carrying > 0) & (carrying < terms[2])))

    def cut(at: float, name: str) -> Interval:
        def excess(log_hazard_ratio: float) -> float:
            fallen = top - float(log_ratio(terms, carrying, events, log_hazard_ratio))
            return 2.0 * fallen - at

        if not comparable or not np.isfinite(at):
            return Interval(0.0, float("inf"), level, name)
        middle = float(np.clip(best, -_WIDEST / 2, _WIDEST / 2))
        low, high = _root(excess, middle, -1.0), _root(excess, middle, 1.0)
        return Interval(float(np.exp(low)), float(np.exp(high)), level, name)

    ratio = 2.0 * top
    added = int(seed is not None)
    reached = int(np.sum(permuted >= ratio - ROUNDING * (1.0 + ratio)))
    method: Literal["enumerated", "monte_carlo"] = "enumerated" if seed is None else "monte_carlo"
    return CalibratedInterval(
        hazard_ratio=Estimate(
            value=float(np.exp(best)) if comparable else float("nan"),
            interval=cut(limit, "permutation_calibrated_profile"),
            p_value=(reached + added) / (len(permuted) + added),
            scale="hazard_ratio",
            p_method="permutation_likelihood_ratio",
        ),
        likelihood_interval=cut(chi_square, "profile_likelihood"),
        critical_value=limit,
        chi_square=chi_square,
        method=method,
        n_permutations=len(permuted),
        seed=seed,
    )


def _root(excess: Callable[[float], float], start: float, direction: float) -> float:
    """Find where a likelihood ratio that rises away from `start` reaches its limit."""
    inside, step = start, 0.25
    while excess(inside + direction * step) <= 0.0:
        inside += direction * step
        step *= 2.0
        if abs(inside - start) > _WIDEST:
            return direction * float("inf")
    outside = inside + direction * step
    for _ in range(_HALVINGS):
        middle = 0.5 * (inside + outside)
        if middle in {inside, outside}:
            break
        if excess(middle) <= 0.0:
            inside = middle
        else:
            outside = middle
    return inside
