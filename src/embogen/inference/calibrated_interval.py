"""Profile-likelihood interval whose critical values come from permutation, not from chi-square.

The interval holds every hazard ratio whose likelihood ratio stays below a critical value. With
few carriers the likelihood ratio is wider spread than chi-square with one degree of freedom, so
3.84 makes the interval too short. At hazard ratio 1 the critical value is the 95% quantile over
all carrier sets: the interval leaves out 1 exactly when the permutation likelihood-ratio test
rejects. At another hazard ratio carrier sets are not equally likely, and with few carriers the
quantile of permutations is wrong there; it is taken over sets with their chances under that
hazard ratio instead (`embogen.survival.exits`). Where the hazard ratios not left out have gaps
between them, the limits are the outermost. With delayed entry those chances are not known,
and the value at 1 serves throughout. Coverage is measured in benchmarks/calibration.py.
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
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    from embogen.inference.permutation_problem import PermutationProblem
    from embogen.inference.permutation_result import Seed
    from embogen.surv import Surv

    Floats = NDArray[np.float64]
    Ends = tuple[float, float]

ROUNDING = 1e-9
PRECISION = 1e-6
"""Of a calibrated limit, on the log scale: far below what drawing leaves open."""
_WIDEST = 60.0  # on the log scale; the likelihood of a finite estimate has fallen long before
_HALVINGS = 200
_FURTHER = 0.05 * np.arange(1, 11)


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
        Largest likelihood ratio not left out: at hazard ratio 1, and of the usual interval.
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
    mid_p: bool = True,
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
    mid_p
        Count carrier sets that tie with the observed one half, in the limits and in the p-value:
        coverage is then near the level. Without it is at least the level, and with three carriers
        or many tied times clearly above.

    Returns
    -------
    CalibratedInterval

    Raises
    ------
    DataError
        When data or options cannot be used; every problem is named.

    Notes
    -----
    At each hazard ratio tried every carrier set counted or drawn is fitted anew: about 40 times
    per limit, O(sets (n + steps m)) each with m events; a second or so for 20,000 draws at 35
    patients. Chances of carrier sets take the pattern of events and censorings as given, and that
    censoring does not depend on the gene.

    Examples
    --------
    With 3 carrier sets no hazard ratio can be left out at 95%. The other two sets are further from
    a hazard ratio of 1; the observed one itself counts half.

    >>> from embogen.surv import Surv
    >>> found = permutation_calibrated_interval(Surv([1, 2, 3], [1, 1, 1]), [0, 1, 0])
    >>> found.n_permutations, round(found.hazard_ratio.p_value * 3, 4)
    (3, 2.5)
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
    seed: Seed | None = None
    if problem.n_sets > max_enumerated:
        if rng is None:
            message = (
                f"{problem.n_sets:.3g} carrier sets must be drawn from, and no source of random "
                "numbers was given"
            )
            remedy = "Give rng=numpy.random.default_rng(seed), the seed being part of the plan."
            raise DataError([DataProblem("calibrated interval", message, remedy)])
        seed = new_seed(rng)
    return _interval(problem, _Reference(problem, seed, n_draws, mid_p=mid_p), level)


class _Reference:
    """Carrier sets the observed one is compared with: all, or drawn anew at each hazard ratio.

    The draws at all hazard ratios share their uniform numbers, so that the share at least as
    extreme changes little from one to the next.
    """

    def __init__(
        self, problem: PermutationProblem, seed: Seed | None, n_draws: int, *, mid_p: bool
    ) -> None:
        from embogen.survival.subsets import members_of_sets, sequence  # noqa: PLC0415 - loads numba
        from embogen.survival.two_group import totals  # noqa: PLC0415 - same

        self.problem, self.seed, self.n_draws = problem, seed, n_draws
        self.half = 0.5 if mid_p else 0.0
        self.terms = totals(problem.sets, problem.tie_fraction)
        self.listed: NDArray[np.int64] | None = None
        if seed is None:
            self.listed = members_of_sets(sequence(problem.pools)).astype(np.int64)

    def permuted(self) -> Floats:
        """Give the likelihood ratios at hazard ratio 1 of all sets, or of drawn ones, ascending."""
        from embogen.survival.permutation import draw_sets  # noqa: PLC0415 - loads numba
        from embogen.survival.two_group import likelihood_ratios  # noqa: PLC0415 - same

        sets = self.problem.sets
        if self.listed is not None:
            return np.sort(likelihood_ratios(sets, self.terms, self.listed))
        pools = self.problem.laid_pools
        found = [
            likelihood_ratios(sets, self.terms, draw_sets(pools, uniforms))
            for uniforms in self._uniforms(int(pools.carriers.sum()))
        ]
        return np.sort(np.concatenate(found))

    def p_value(self, observed: float, log_hazard_ratio: float) -> float:
        """Give the chance, under a hazard ratio, of a likelihood ratio at it at least as large."""
        from embogen.survival.exits import ratios_at, ratios_under  # noqa: PLC0415 - loads numba

        sets = self.problem.sets
        if self.listed is not None:
            beta = -log_hazard_ratio if self.problem.flipped else log_hazard_ratio
            ratios, chances = ratios_at(sets, self.terms, self.listed, beta)
            return self.share(ratios, observed, np.exp(chances - chances.max()))
        starts = np.concatenate([[0], sets.group_end[sets.stratum_end[:-1] - 1]])
        carriers = np.add.reduceat(self.problem.carried, starts).astype(np.int64)
        drawn = [
            ratios_under(sets, self.terms, carriers, log_hazard_ratio, uniforms)
            for uniforms in self._uniforms(len(sets.order))
        ]
        return self.share(np.concatenate(drawn), observed)

    def share(self, ratios: Floats, observed: float, weight: Floats | None = None) -> float:
        """Give the share at least as large; drawn sets are joined by the observed one."""
        weight = np.ones(len(ratios)) if weight is None else weight
        slack, added = ROUNDING * (1.0 + observed), float(self.listed is None)
        reached = float(weight[ratios >= observed - slack].sum()) + added
        beyond = float(weight[ratios > observed + slack].sum())
        return (reached - self.half * (reached - beyond)) / (float(weight.sum()) + added)

    def critical_value(self, permuted: Floats, level: float) -> float:
        """Give the largest likelihood ratio at 1 that is not left out, of those permuted."""
        limit = critical_value(permuted, level, drawn=self.listed is None)
        if not self.half or not np.isfinite(limit):
            return limit
        for value in np.unique(permuted[permuted <= limit])[::-1]:
            if self.share(permuted, float(value)) > 1.0 - level + ROUNDING:
                return float(value)
        return 0.0

    def _uniforms(self, width: int) -> Iterator[Floats]:
        if self.seed is None:
            return
        for block in range(-(-self.n_draws // BLOCK)):
            left = min(BLOCK, self.n_draws - block * BLOCK)
            yield block_generator(self.seed, block).random((BLOCK, width))[:left]


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
    problem: PermutationProblem, reference: _Reference, level: float
) -> CalibratedInterval:
    from embogen.survival.two_group import (  # noqa: PLC0415 - loads numba
        carriers_at_risk,
        log_ratio,
        maximum,
    )

    terms, seed, permuted = reference.terms, reference.seed, reference.permuted()
    column = problem.carried * problem.sets.weight
    carrying, events = carriers_at_risk(problem.sets, terms, column)
    best = float(maximum(terms, carrying, events))
    top = float(log_ratio(terms, carrying, events, best))
    limit = reference.critical_value(permuted, level)
    chi_square = float(chdtri(1, 1.0 - level))
    comparable = bool(np.any((carrying > 0) & (carrying < terms[2])))
    middle = float(np.clip(best, -_WIDEST / 2, _WIDEST / 2))

    def ratio_at(log_hazard_ratio: float) -> float:
        return 2.0 * (top - float(log_ratio(terms, carrying, events, log_hazard_ratio)))

    def ends(holds: Callable[[float], bool], start: Ends, precision: float) -> Ends:
        if not comparable:
            return -float("inf"), float("inf")
        low, high = (_end(holds, middle, at, precision) for at in zip(start, (-1, 1), strict=True))
        return low, high

    usual = ends(lambda at: ratio_at(at) <= chi_square, (middle, middle), 0.0)
    calibrated = ends(lambda at: ratio_at(at) <= limit, usual, 0.0)
    if not len(problem.sets.leaves_end):
        share = 1.0 - level + ROUNDING

        def holds(at: float) -> bool:
            return reference.p_value(ratio_at(at), at) > share

        low, high = ends(holds, calibrated, PRECISION)
        calibrated = _past_gaps(holds, low, -1), _past_gaps(holds, high, 1)
    method: Literal["enumerated", "monte_carlo"] = "enumerated" if seed is None else "monte_carlo"
    return CalibratedInterval(
        hazard_ratio=Estimate(
            value=float(np.exp(best)) if comparable else float("nan"),
            interval=_between(calibrated, level, "permutation_calibrated_profile"),
            p_value=reference.share(permuted, 2.0 * top),
            scale="hazard_ratio",
            p_method="permutation_likelihood_ratio",
        ),
        likelihood_interval=_between(usual, level, "profile_likelihood"),
        critical_value=limit,
        chi_square=chi_square,
        method=method,
        n_permutations=len(permuted),
        seed=seed,
    )


def _between(ends: Ends, level: float, name: str) -> Interval:
    return Interval(float(np.exp(ends[0])), float(np.exp(ends[1])), level, name)


def _end(
    holds: Callable[[float], bool], middle: float, start: tuple[float, int], precision: float
) -> float:
    """Find the last point that holds from `middle` in a direction, beginning near a guess."""
    guess, direction = start
    known = bool(np.isfinite(guess)) and guess != middle
    if known and not holds(guess):
        inside, outside = _inwards(holds, guess, middle, direction), guess
    else:
        inside = guess if known else middle
        outside = _outwards(holds, inside, 0.05 if known else 0.25, direction)
        if np.isinf(outside):
            return outside
    return _halved(holds, inside, outside, precision)


def _past_gaps(holds: Callable[[float], bool], end: float, direction: int) -> float:
    """Go on where hazard ratios a little further out hold again: sets are few, p-values jump."""
    while np.isfinite(end):
        further = [at for at in end + direction * _FURTHER if holds(at)]
        if not further:
            break
        outside = _outwards(holds, further[-1], 0.05, direction)
        end = outside
        if np.isfinite(outside):
            end = _halved(holds, further[-1], outside, PRECISION)
    return end


def _halved(
    holds: Callable[[float], bool], inside: float, outside: float, precision: float
) -> float:
    for _ in range(_HALVINGS):
        between = 0.5 * (inside + outside)
        if between in {inside, outside} or abs(outside - inside) < precision:
            break
        if holds(between):
            inside = between
        else:
            outside = between
    return inside


def _outwards(holds: Callable[[float], bool], start: float, step: float, direction: int) -> float:
    """Step away from a point that holds until one does not; infinite where all hold."""
    at = start + direction * step
    while holds(at):
        if abs(at) > _WIDEST:
            return direction * float("inf")
        step *= 2.0
        at += direction * step
    return at


def _inwards(holds: Callable[[float], bool], start: float, middle: float, direction: int) -> float:
    """Step back from a point that does not hold until one does; `middle` always does."""
    step = 0.05
    at = start - direction * step
    while (at - middle) * direction > 0.0:
        if holds(at):
            return at
        step *= 2.0
        at -= direction * step
    return middle
