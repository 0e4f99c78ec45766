"""Results of permutation tests: what was counted or drawn, and how sure the p-value is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from embogen.caveats import Caveat
from embogen.inference.estimates import Interval

PermutationStatistic = Literal[
    "studentised_score", "studentised_doubled_tail", "likelihood_ratio", "score", "doubled_tail"
]
PermutationMethod = Literal["enumerated", "monte_carlo", "saddlepoint"]


@dataclass(frozen=True, slots=True)
class Seed:
    """Where random numbers came from: numpy's ``SeedSequence(entropy, spawn_key=spawn_key)``."""

    entropy: tuple[int, ...]
    spawn_key: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MonteCarloState:
    """Draws so far; give it back to go on where they stopped.

    Parameters
    ----------
    seed
        Block b of the draws is made from ``spawn_key + (b,)``.
    problem
        Digest of the outcome, carriers, strata and statistic; a state is refused elsewhere.
    n_draws
        Carrier sets drawn and counted.
    at_least, beyond
        Those at least as extreme as, and more extreme than, the observed one: by absolute
        statistic, or on its side of zero for the doubled tail.
    upper_at_least, upper_beyond
        Those with a statistic at least, and above, the observed one.
    """

    seed: Seed
    problem: str
    n_draws: int
    at_least: int
    beyond: int
    upper_at_least: int
    upper_beyond: int


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """A test of a 0/1 column by permuting who carries it.

    Parameters
    ----------
    method
        ``enumerated``: all carrier sets were counted and the p-value is exact; ``monte_carlo``:
        some were drawn; ``saddlepoint``: approximated, with an error the caveats state.
    statistic, observed
        What was permuted, and its observed value.
    p_value
        Two-sided; mid-p where `mid_p` says so.
    p_lower, p_upper
        One-sided: fewer, and more, carriers' events than expected. None for the likelihood ratio.
    mid_p
        Whether carrier sets that tie with the observed one count half.
    score_variance
        Variance of the plain score over all carrier sets, whatever statistic was permuted: what
        its square is divided by in the permutation form of the log-rank test.
    n_sets
        Number of carrier sets that were possible.
    n_permutations
        Carrier sets counted or drawn; 0 for the saddlepoint approximation.
    p_interval
        Where the p-value of all carrier sets lies, for ``monte_carlo`` (Clopper-Pearson).
    draws
        The Monte Carlo state, which can be gone on with; None otherwise.
    n, n_events, n_carriers, n_carrier_events
        Patients at risk, events, and both among carriers.
    n_strata, n_informative
        Strata within which carriers were permuted, and patients in those that hold both carriers
        and non-carriers.
    caveats
        Everything that must be read with the numbers.
    """

    method: PermutationMethod
    statistic: PermutationStatistic
    observed: float
    p_value: float
    p_lower: float | None
    p_upper: float | None
    mid_p: bool
    score_variance: float
    n_sets: int
    n_permutations: int
    p_interval: Interval | None
    draws: MonteCarloState | None
    n: int
    n_events: int
    n_carriers: int
    n_carrier_events: int
    n_strata: int
    n_informative: int
    caveats: tuple[Caveat, ...]
