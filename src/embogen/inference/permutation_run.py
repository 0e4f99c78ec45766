"""Run a permutation test: count all carrier sets, draw some, or approximate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference import monte_carlo
from embogen.inference.estimates import Interval
from embogen.inference.permutation_result import (
    MonteCarloState,
    PermutationMethod,
    PermutationStatistic,
    PermutationTest,
)
from embogen.survival.deal import TOGETHER, deal_of
from embogen.survival.drawn_sets import Stretch, drawn_rows, drawn_sums, sums_of_fours
from embogen.survival.exact import (
    TOLERANCE,
    TailCounts,
    count_linear,
    count_studentised,
    longest_list,
    tail_counts,
)
from embogen.survival.permutation import (
    linear_variance,
    scores_of_sets,
    studentised_of_sets,
)
from embogen.survival.saddlepoint import strata_of, studentised_tail, tail
from embogen.survival.score_form import dense
from embogen.survival.subsets import members_of_sets, sequence
from embogen.survival.two_group import likelihood_ratios, totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.inference.permutation_problem import PermutationProblem

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LONGEST_LIST: Final = 5_000_000
MOST_ROWS: Final = 5_000
"""Limits of an enumeration's memory: half sets listed, rows of a square matrix."""
STUDENTISED: Final = frozenset({"studentised_score", "studentised_doubled_tail"})
LINEAR: Final = frozenset({"score", "doubled_tail"})
DOUBLED: Final = frozenset({"studentised_doubled_tail", "doubled_tail"})
WORTH_A_THREAD: Final = 25_000
"""Random words from which on another thread is started."""
AT_ONCE: Final = 1 << 16
"""Carrier sets whose rows are widened at a time."""
ROWS_AT_ONCE: Final = 1 << 16
"""Carriers drawn before they are scored, so that their rows stay in the nearest cache."""
LIKELIHOOD_COST: Final = 500
"""How many scores a likelihood ratio costs."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to test; see `embogen.inference.permutation.permutation_test`."""

    statistic: PermutationStatistic
    mid_p: bool
    method: PermutationMethod | None
    rng: np.random.Generator | None
    resume: MonteCarloState | None
    max_enumerated: int
    max_draws: int
    exceedances: int
    level: float
    exact: bool


class _Found(NamedTuple):
    """P-values in the orientation of the class that is drawn."""

    method: PermutationMethod
    two_sided: float
    lower: float
    upper: float
    n_permutations: int
    interval: Interval | None
    state: MonteCarloState | None


def statistics_of_sets(
    problem: PermutationProblem, statistic: PermutationStatistic, chosen: Ints
) -> Floats:
    """Give the statistic of each carrier set.

    Parameters
    ----------
    chosen
        (B, k) rows of the class that is drawn, in walking order.

    Returns
    -------
    statistics
        (B,); the sign is that of the drawn class.
    """
    if statistic in STUDENTISED:
        return np.asarray(studentised_of_sets(problem.sets, problem.form, chosen))
    if statistic == "likelihood_ratio":
        terms = totals(problem.sets, problem.tie_fraction)
        return np.asarray(likelihood_ratios(problem.sets, terms, chosen))
    return np.asarray(scores_of_sets(problem.form, chosen))


def run(problem: PermutationProblem, options: Options) -> PermutationTest:
    """Choose the method and test."""
    rows = np.flatnonzero(problem.drawn).astype(np.int64)
    observed = float(statistics_of_sets(problem, options.statistic, rows[None, :])[0])
    method = options.method or ("enumerated" if _can_enumerate(problem, options) else "monte_carlo")
    if method == "enumerated":
        _check_enumerable(problem, options)
        counts = _enumerate(problem, options.statistic, observed)
        shares = _shares(counts, options.mid_p, 0)
        found = _Found(method, *shares, counts.total, None, None)
    elif method == "monte_carlo":
        found = _drawn(problem, options, observed)
    else:
        found = _approximated(problem, options, observed)
    return _result(problem, options, observed, found)


def _limit(options: Options) -> int:
    cost = LIKELIHOOD_COST if options.statistic == "likelihood_ratio" else 1
    return options.max_enumerated // cost


def _can_enumerate(problem: PermutationProblem, options: Options) -> bool:
    if problem.n_sets > _limit(options):
        return False
    if options.statistic == "likelihood_ratio":
        return True
    pools = [(len(rows), k) for rows, k in problem.pools]
    return longest_list(pools) <= LONGEST_LIST and len(problem.carried) <= MOST_ROWS


def _check_enumerable(problem: PermutationProblem, options: Options) -> None:
    if not _can_enumerate(problem, options):
        message = f"{problem.n_sets:.3g} carrier sets are too many to enumerate"
        remedy = 'Use method="monte_carlo" with a generator, or raise max_enumerated.'
        raise DataError([DataProblem("permutation test", message, remedy)])


def _enumerate(
    problem: PermutationProblem, statistic: PermutationStatistic, observed: float
) -> TailCounts:
    if statistic in STUDENTISED:
        matrix = dense(problem.sets, problem.form)
        return count_studentised(problem.form.linear, matrix, problem.pools, observed)
    if statistic != "likelihood_ratio":
        return count_linear(problem.form.linear, problem.pools, observed)
    members = members_of_sets(sequence(problem.pools))
    found = np.concatenate(
        [
            statistics_of_sets(problem, statistic, members[i : i + AT_ONCE].astype(np.int64))
            for i in range(0, len(members), AT_ONCE)
        ]
    )
    slack = TOLERANCE * (1.0 + observed)
    counts = [(found >= observed - slack).sum(), 0, (found > observed + slack).sum(), 0]
    return tail_counts(len(found), observed, 1.0, np.array(counts))


def _draw(problem: PermutationProblem, options: Options, observed: float) -> MonteCarloState:
    digest = problem.digest(options.statistic, linear=options.statistic in LINEAR)
    if options.resume is not None:
        monte_carlo.check_state(options.resume, digest)
        state = options.resume
    elif options.rng is not None:
        state = monte_carlo.start(options.rng, digest)
    else:
        message = (
            f"{problem.n_sets:.3g} carrier sets must be drawn from, and no source of random "
            "numbers was given"
        )
        remedy = "Give rng=numpy.random.default_rng(seed), the seed being part of the plan."
        raise DataError([DataProblem("permutation test", message, remedy)])
    scale, draws = _draws(problem, options.statistic)
    return monte_carlo.go_on(
        state,
        draws,
        (observed, TOLERANCE * max(scale, 1.0 + abs(observed))),
        one_sided=options.statistic in DOUBLED,
        max_draws=options.max_draws,
        exceedances=options.exceedances,
    )


def _draws(
    problem: PermutationProblem, statistic: PermutationStatistic
) -> tuple[float, monte_carlo.Draws]:
    """Give the statistic's unit, and what draws carrier sets and makes statistics of them."""
    pools = problem.laid_pools
    deal = deal_of(pools.start, pools.carriers)
    if statistic not in LINEAR:
        k = int(pools.carriers.sum())
        together = TOGETHER * max(1, ROWS_AT_ONCE // max(k, 1) // TOGETHER)

        def sample(stretch: Stretch, count: int) -> Floats:
            found = np.empty(count)
            for at in range(0, count, together):
                chosen = np.empty((min(together, count - at), k), dtype=np.int64)
                where = Stretch(stretch.state, stretch.number + at // TOGETHER)
                drawn_rows(deal, pools.rows, where, chosen)
                found[at : at + len(chosen)] = statistics_of_sets(problem, statistic, chosen)
            return found

        return 1.0, monte_carlo.from_sets(sample, deal.width, 1)
    linear = problem.form.linear
    scores = linear[pools.rows]
    table = sums_of_fours(deal, scores)

    def summed(stretch: Stretch, count: int) -> Floats:
        out = np.empty(count)
        drawn_sums(deal, table, scores, stretch, out)
        return out

    least = 1 + WORTH_A_THREAD // (TOGETHER * deal.width)
    return float(np.sqrt(linear @ linear)), monte_carlo.from_sets(summed, deal.width, least)


def _drawn(problem: PermutationProblem, options: Options, observed: float) -> _Found:
    state = _draw(problem, options, observed)
    stopped = state.at_least >= options.exceedances
    counts = TailCounts(
        state.n_draws, state.at_least, state.beyond, state.upper_at_least, state.upper_beyond
    )
    two_sided, lower, upper = _shares(counts, options.mid_p, int(not stopped))
    interval = monte_carlo.p_interval(counts.at_least, counts.total, stopped, options.level)
    if options.statistic in DOUBLED:
        two_sided = min(1.0, 2.0 * two_sided)
        interval = replace(interval, low=2 * interval.low, high=min(1.0, 2 * interval.high))
    return _Found("monte_carlo", two_sided, lower, upper, counts.total, interval, state)


def _approximated(problem: PermutationProblem, options: Options, observed: float) -> _Found:
    if options.statistic == "likelihood_ratio" or options.mid_p:
        what = "mid_p=True" if options.mid_p else 'statistic="likelihood_ratio"'
        message = f'method="saddlepoint" does not go with {what}'
        raise DataError([DataProblem("permutation test", message, 'Use method="monte_carlo".')])
    strata = strata_of(problem.pools)
    if not len(strata.rows) or not problem.event.any():
        return _Found("saddlepoint", 1.0, 1.0, 1.0, 0, None, None)
    fixed = problem.drawn.copy()
    fixed[strata.rows] = 0.0
    form = problem.form
    least = 1.0 / problem.n_sets

    def at_or_above(limit: float, sign: float, least: float) -> float:
        """Give P(sign * statistic >= limit), which is no less than `least`."""
        turned = form._replace(linear=sign * form.linear)
        if options.statistic in STUDENTISED:
            p = studentised_tail(problem.sets, turned, strata, fixed, limit)
        else:
            rest = limit - float(turned.linear @ fixed)
            p = tail(turned.linear[strata.rows], strata, rest)[0]
        return min(1.0, max(least, p))

    # the observed set is in both; in the tail opposite to it there may be none
    upper, lower = at_or_above(observed, 1.0, least), at_or_above(-observed, -1.0, least)
    if options.statistic in DOUBLED:
        two_sided = 2.0 * min(lower, upper)
    elif observed > 0:
        two_sided = upper + at_or_above(observed, -1.0, 0.0)
    else:
        two_sided = lower + at_or_above(-observed, 1.0, 0.0)
    return _Found("saddlepoint", min(1.0, two_sided), lower, upper, 0, None, None)


def _shares(counts: TailCounts, mid_p: bool, added: int) -> tuple[float, float, float]:
    """Give the two-sided, lower and upper share; `added` counts the observed set as a draw."""
    half = 0.5 if mid_p else 0.0
    total = counts.total + added
    two = counts.at_least + added - half * (counts.at_least - counts.beyond + added)
    ties = counts.upper_at_least - counts.upper_beyond + added
    upper = counts.upper_at_least + added - half * ties
    lower = counts.total - counts.upper_beyond + added - half * ties
    return two / total, lower / total, upper / total


def _result(
    problem: PermutationProblem, options: Options, observed: float, found: _Found
) -> PermutationTest:
    two_sided, lower, upper = found.two_sided, found.lower, found.upper
    if options.statistic in DOUBLED and found.method == "enumerated":
        two_sided = min(1.0, 2.0 * min(lower, upper))
    signed = options.statistic != "likelihood_ratio"
    if problem.flipped and signed:
        observed, lower, upper = -observed, upper, lower
    event = problem.event
    carried = problem.carried == 1.0
    informative = sum(len(rows) for rows, k in problem.pools if 0 < k < len(rows))
    return PermutationTest(
        method=found.method,
        statistic=options.statistic,
        observed=observed,
        p_value=two_sided,
        p_lower=lower if signed else None,
        p_upper=upper if signed else None,
        mid_p=options.mid_p,
        score_variance=linear_variance(problem.form.linear, problem.pools),
        n_sets=problem.n_sets,
        n_permutations=found.n_permutations,
        p_interval=found.interval,
        draws=found.state,
        n=len(event),
        n_events=int(event.sum()),
        n_carriers=int(carried.sum()),
        n_carrier_events=int((carried & event).sum()),
        n_strata=len(problem.pools),
        n_informative=informative,
        caveats=_caveats(problem, options, found.method),
    )


def _caveats(
    problem: PermutationProblem, options: Options, method: PermutationMethod
) -> tuple[Caveat, ...]:
    found = []
    if method == "saddlepoint":
        message = (
            "The p-value is a double-saddlepoint approximation: within an eighth of the exact one "
            "at 35 patients where that is above .001, and nearer with more carriers and patients."
        )
        found.append(Caveat("saddlepoint", message, {"patients": len(problem.carried)}))
    if problem.n_excluded:
        message = f"{problem.n_excluded} rows whose entry is not before their exit were left out."
        found.append(Caveat("never_at_risk", message, {"rows": problem.n_excluded}))
    if not problem.event.any():
        found.append(Caveat("no_events", "No event was observed: every p-value is 1."))
    smallest = 1.0 / problem.n_sets
    if smallest > 0.05:  # noqa: PLR2004 - the usual level
        message = (
            f"Only {problem.n_sets} carrier sets are possible: no p-value below "
            f"{smallest:.2g} can occur."
        )
        found.append(Caveat("coarse_permutation", message, {"sets": problem.n_sets}))
    if not options.exact:
        message = (
            "Carriers were permuted over all patients while the score was adjusted for "
            "covariates: exact only if the gene is independent of them."
        )
        found.append(Caveat("approximate_permutation", message))
    return tuple(found)
