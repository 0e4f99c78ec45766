"""Max-T over a whole panel, a million relabellings at a time: Westfall and Young, linear scores.

`embogen.inference.max_t` walks the risk sets anew for each relabelling, to studentise. Here the
statistic is a sum of fixed scores over carriers, whose variance over all relabellings is known in
closed form (`embogen.survival.max_t_linear`): a relabelling costs an addition per carrier. The
scores may be those of any null model: strata, delayed entry, ties and covariates are in them.

The hypothesis is that genotype, with who was tested for what, is independent of the scores within
pools. Scores of different strata differ in scale, so strata belong among the pools; where an assay
was used in other years or for other patients, so does the assay.

The work is in chunks of relabellings. A chunk gives whole numbers, from a generator of its own, and
whole numbers add up to the same in any order, so one worker or forty give the same p-values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.estimates import Interval
from embogen.inference.max_t_panel_problem import (
    MaxTProblem,
    PanelGenotypes,
    prepare_panel,
)
from embogen.inference.monte_carlo import block_generator, new_seed, p_interval, words_of
from embogen.survival.max_t_linear import LANES, count_exceedances
from embogen.survival.threads import spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from embogen.inference.permutation_result import Seed

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CHUNK: Final = 1024
"""Relabellings per generator. Fixed: another number would be another sequence of draws."""
FIRST_ROUND: Final = 8
"""Chunks after which it is first asked whether to stop; then after twice as many, and so on."""
WORDS_AT_ONCE: Final = 1 << 16
"""Random words made at once."""
RISK: Final = 0.001
"""Chance that a gene's p-value, had all relabellings been drawn, lies on the other side."""


@dataclass(frozen=True, slots=True)
class PanelMaxTGene:
    """One gene of a panel tested by max-T.

    Parameters
    ----------
    name
        The gene.
    n_carriers, n_tested
        Patients that carry it, and that were tested.
    statistic
        Score over its standard deviation over all relabellings; NaN where it has none.
    p_value
        Its own permutation p-value; this and what follows is None where it could not be tested.
    p_single_step, p_step_down
        Adjusted for the family.
    p_interval, single_step_interval, step_down_interval
        Where each would lie after all relabellings there are (Clopper-Pearson).
    """

    name: str
    n_carriers: int
    n_tested: int
    statistic: float
    p_value: float | None = None
    p_single_step: float | None = None
    p_step_down: float | None = None
    p_interval: Interval | None = None
    single_step_interval: Interval | None = None
    step_down_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class PanelMaxT:
    """A panel tested as one family.

    Parameters
    ----------
    genes
        In the order given.
    family_size
        Genes that could be tested.
    n
        Patients.
    n_permutations, seed
        Relabellings counted, and from what they were drawn.
    n_asked
        Relabellings asked for; more than `n_permutations` where drawing stopped early.
    caveats
        Everything that must be read with the numbers.
    """

    genes: tuple[PanelMaxTGene, ...]
    family_size: int
    n: int
    n_permutations: int
    n_asked: int
    seed: Seed
    caveats: tuple[Caveat, ...]


def max_t_panel(
    scores: ArrayLike,
    genotypes: PanelGenotypes,
    *,
    rng: np.random.Generator,
    pools: ArrayLike | None = None,
    n_permutations: int = 1_000_000,
    stop_at: float | None = None,
    level: float = 0.95,
) -> PanelMaxT:
    """Test all genes of a panel, keeping the family-wise error.

    Parameters
    ----------
    scores
        (n,) score of each patient as a carrier, at the null: martingale residuals, or
        ``ScoreForm.linear`` of `embogen.survival.score_form`. Rows of scores, genotypes and pools
        are in one order; the walking order will do.
    genotypes
        Carriers, and who was not tested.
    rng
        Where random numbers come from.
    pools
        (n,) labels; relabelling within them. Strata belong here, and whatever scores depend on.
    n_permutations
        Relabellings drawn. The smallest possible p-value is one over this plus one.
    stop_at
        Level of the test. Drawing then ends after a round (8,192 relabellings, or 2, 4, 8, ...
        times as many) at which every adjusted p-value is on one side of it, at a risk of
        `RISK` for each gene that it would have ended on the other. None draws all.
    level
        Level of the Monte Carlo intervals.

    Returns
    -------
    PanelMaxT

    Raises
    ------
    DataError
        Naming every row and gene that cannot be used.

    Examples
    --------
    Of six patients the two with the largest scores carry both genes: of 15 pairs this one and its
    mirror image are as extreme, 2/15. Two genes always altered together are one test.

    >>> scores = [2.5, 1.5, 0.5, -0.5, -1.5, -2.5]
    >>> both = [[1, 1], [1, 1], [0, 0], [0, 0], [0, 0], [0, 0]]
    >>> genes = PanelGenotypes.from_matrix(both, ["DAXX", "MEN1"])
    >>> rng = np.random.default_rng(1)
    >>> found = max_t_panel(scores, genes, rng=rng, n_permutations=20_000)
    >>> round(found.genes[0].statistic, 3), round(found.genes[0].p_value, 2), round(2 / 15, 2)
    (1.852, 0.13, 0.13)
    >>> found.genes[0].p_value == found.genes[1].p_step_down
    True
    """
    problem = prepare_panel(scores, genotypes, pools=pools, n_permutations=n_permutations)
    seed = new_seed(rng)

    def count(chunks: range) -> Ints:
        return counts_of(problem, seed, chunks)

    return relabelled(problem, seed, count, stop_at=stop_at, level=level)


def relabelled(
    problem: MaxTProblem,
    seed: Seed,
    count: Callable[[range], Ints],
    *,
    stop_at: float | None = None,
    level: float = 0.95,
) -> PanelMaxT:
    """Count relabellings round after round, until all are drawn or enough is known.

    Parameters
    ----------
    problem
        The panel, laid out.
    seed
        What the chunks' generators are made from.
    count
        Adds up `chunk_counts` over the chunks of a round: `counts_of`, or whoever else counts
        them.
    stop_at, level
        As in `max_t_panel`.
    """
    counts = np.zeros((3, len(problem.limits)), dtype=np.int64)
    done = 0
    for look, end in enumerate(rounds(problem), start=1):
        counts += count(range(done, end))
        done = end
        if stop_at is not None and settled(problem, counts, done, look, stop_at):
            break
    return combine(problem, seed, counts, done, level=level)


def n_chunks(problem: MaxTProblem) -> int:
    """Give the number of chunks of all relabellings asked for."""
    return -(-problem.n_permutations // CHUNK)


def rounds(problem: MaxTProblem) -> tuple[int, ...]:
    """Give the numbers of chunks after which it may be asked whether to stop, all chunks last.

    Examples
    --------
    >>> genes = PanelGenotypes.from_matrix([[1], [0]], ["DAXX"])
    >>> rounds(prepare_panel([1.0, -1.0], genes, n_permutations=40_000))
    (8, 16, 32, 40)
    """
    ends, last = [FIRST_ROUND], n_chunks(problem)
    while ends[-1] < last:
        ends.append(2 * ends[-1])
    return (*ends[:-1], last)


def chunk_counts(problem: MaxTProblem, seed: Seed, chunk: int) -> Ints:
    """Draw one chunk of relabellings and count those at least as extreme.

    A pure function of its arguments, all of which can be pickled.

    Parameters
    ----------
    chunk
        0 to ``n_chunks(problem) - 1``.

    Returns
    -------
    counts
        (3, family): by the largest statistic of all genes, by that of each gene and those with a
        smaller one observed, and by each gene's own; genes in the order of the problem.
    """
    panel = problem.panel
    wanted = min(CHUNK, problem.n_permutations - chunk * CHUNK)
    counts = np.zeros((3, len(problem.limits)), dtype=np.int64)
    numbers = block_generator(seed, chunk)
    arranged = np.repeat(panel.score[None, :], LANES, axis=0)
    at_once = max(1, WORDS_AT_ONCE // (LANES * max(1, len(panel.what.limit)))) * LANES
    for first in range(0, wanted, at_once):
        count = min(at_once, wanted - first)
        words = words_of(numbers, (seed, chunk, first), panel.what, count)
        count_exceedances(panel, problem.limits, words, arranged, counts)
    return counts


def counts_of(problem: MaxTProblem, seed: Seed, chunks: range) -> Ints:
    """Add up the counts of some chunks, on all cores: (3, family)."""

    def some(begin: int, end: int) -> Ints:
        total = np.zeros((3, len(problem.limits)), dtype=np.int64)
        for chunk in chunks[begin:end]:
            total += chunk_counts(problem, seed, chunk)
        return total

    counts: Ints = np.sum(spread(some, len(chunks), 1), axis=0)
    return counts


def n_counted(problem: MaxTProblem, chunks: int) -> int:
    """Give the number of relabellings in the first chunks."""
    return min(chunks * CHUNK, problem.n_permutations)


def settled(problem: MaxTProblem, counts: Ints, chunks: int, look: int, stop_at: float) -> bool:
    """Tell whether every adjusted p-value is known to lie on one side of a level.

    Parameters
    ----------
    counts
        Sum over the first `chunks` chunks.
    look
        1 for the first round, 2 for the second. Look j may err with chance `RISK` / (j (j + 1)),
        which over all looks is `RISK`.
    stop_at
        The level.
    """
    level = 1.0 - RISK / (look * (look + 1))
    draws = n_counted(problem, chunks)
    for limits in (_limits(counts[0], draws, level), _step_down(counts[1], draws, level)):
        low, high = limits
        if not np.all((high < stop_at) | (low > stop_at)):
            return False
    return True


def combine(
    problem: MaxTProblem, seed: Seed, counts: Ints, chunks: int, *, level: float = 0.95
) -> PanelMaxT:
    """Turn counts into p-values.

    Parameters
    ----------
    counts
        Sum of `chunk_counts` over the first `chunks` chunks.
    level
        Level of the Monte Carlo intervals.
    """
    if not 0.0 < level < 1.0:
        message = f"level={level!r} is not between 0 and 1"
        raise DataError([DataProblem("max-T", message, "Write 0.95 for 95%.")])
    draws = n_counted(problem, chunks)
    p = (counts + 1) / (draws + 1)
    # by step-down no gene may have a smaller p-value than one with a larger statistic
    p[1] = np.maximum.accumulate(p[1][::-1])[::-1]
    limits = [_limits(row, draws, level) for row in counts]
    limits[1] = _step_down(counts[1], draws, level)
    place = {int(gene): k for k, gene in enumerate(problem.tested_genes)}

    def row(g: int, name: str) -> PanelMaxTGene:
        k = place.get(g)
        known = (name, int(problem.n_carriers[g]), int(problem.n_tested[g]))
        if k is None:
            return PanelMaxTGene(*known, float("nan"))
        single, down, own = (
            Interval(float(low[k]), float(high[k]), level, "clopper_pearson")
            for low, high in limits
        )
        return PanelMaxTGene(
            *known,
            statistic=float(problem.statistic[g]),
            p_value=float(p[2, k]),
            p_single_step=float(p[0, k]),
            p_step_down=float(p[1, k]),
            p_interval=own,
            single_step_interval=single,
            step_down_interval=down,
        )

    caveats = []
    if problem.names and not place:
        caveats.append(Caveat("nothing_testable", "No gene has both carriers and others."))
    return PanelMaxT(
        genes=tuple(row(g, name) for g, name in enumerate(problem.names)),
        family_size=len(place),
        n=len(problem.panel.score),
        n_permutations=draws,
        n_asked=problem.n_permutations,
        seed=seed,
        caveats=tuple(caveats),
    )


def _limits(counts: Ints, draws: int, level: float) -> tuple[Floats, Floats]:
    """Give the Clopper-Pearson limits of each count's share."""
    distinct, which = np.unique(counts, return_inverse=True)
    found = [p_interval(int(count), draws, False, level) for count in distinct]
    both = np.array([(item.low, item.high) for item in found]).reshape(-1, 2)[which]
    return both[:, 0], both[:, 1]


def _step_down(counts: Ints, draws: int, level: float) -> tuple[Floats, Floats]:
    """Give limits made monotone, as the p-values are: smallest statistics first."""
    low, high = _limits(counts, draws, level)
    return np.maximum.accumulate(low[::-1])[::-1], np.maximum.accumulate(high[::-1])[::-1]
