"""Westfall and Young's max-T: family-wise error that knows which genes occur together.

Patients are relabelled, all genes of a patient moving together, and the largest statistic of the
family is kept. Genes that are altered in the same patients thus count as nearly one test, which
Bonferroni and Holm cannot know. Step-down: Westfall & Young, Resampling-Based Multiple Testing,
1993, algorithm 4.1. The statistic is the studentised log-rank score, on one scale for all genes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.estimates import Interval
from embogen.inference.monte_carlo import block_generator, new_seed, p_interval
from embogen.inference.permutation_result import Seed
from embogen.inference.row_data import label_codes, label_rows, one_cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from embogen.surv import Surv
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BLOCK: Final = 512
"""Relabellings per generator. Fixed: another number would be another sequence of draws."""
_SLACK: Final = 1e-9


@dataclass(frozen=True, slots=True)
class MaxTGene:
    """One gene of a family tested by max-T.

    Parameters
    ----------
    name
        The gene.
    n_carriers, n_tested, n_carrier_events
        Patients at risk that carry, that were tested, and carriers with an event.
    statistic
        Studentised log-rank score; NaN when carriers, or others, are missing.
    p_single_step, p_step_down
        Family-wise adjusted p-values; None when the gene could not be tested.
    p_interval
        Where `p_step_down` would lie after all relabellings (before it is made monotone).
    """

    name: str
    n_carriers: int
    n_tested: int
    n_carrier_events: int
    statistic: float
    p_single_step: float | None
    p_step_down: float | None
    p_interval: Interval | None


@dataclass(frozen=True, slots=True)
class MaxTTest:
    """A family of genes tested together.

    Parameters
    ----------
    genes
        In the order given.
    family_size
        Genes that could be tested.
    n, n_events
        Patients at risk, and events.
    n_permutations, seed
        Relabellings drawn, and from what.
    caveats
        Everything that must be read with the numbers.
    """

    genes: tuple[MaxTGene, ...]
    family_size: int
    n: int
    n_events: int
    n_permutations: int
    seed: Seed
    caveats: tuple[Caveat, ...]


def max_t_test(
    surv: Surv,
    genotypes: ArrayLike,
    names: Sequence[str],
    *,
    rng: np.random.Generator,
    strata: ArrayLike | None = None,
    n_permutations: int = 10_000,
    level: float = 0.95,
) -> MaxTTest:
    """Test a family of genes, keeping the family-wise error.

    Parameters
    ----------
    surv
        n outcomes of one cause; delayed entry is honoured.
    genotypes
        (n, G) 1 carrier, 0 not, NaN not tested. Patients not tested for a gene are left out of
        that gene's risk sets; with whom they share a genotype row they move.
    names
        G gene names.
    rng
        Where random numbers come from.
    strata
        (n,) labels: risk sets and relabelling within strata.
    n_permutations
        Relabellings drawn. The smallest possible p-value is one over this plus one.
    level
        Level of the Monte Carlo intervals.

    Returns
    -------
    MaxTTest

    Raises
    ------
    DataError
        Naming every gene and row that cannot be used.

    Examples
    --------
    Two genes always altered together are one test: adjusting costs nothing.

    >>> from embogen.surv import Surv
    >>> surv = Surv([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1])
    >>> both = [[1, 1], [1, 1], [0, 0], [0, 0], [0, 0], [0, 0]]
    >>> found = max_t_test(surv, both, ["DAXX", "MEN1"], rng=np.random.default_rng(1))
    >>> found.genes[0].p_single_step == found.genes[1].p_step_down
    True
    """
    problems: list[DataProblem] = []
    one_cause(surv, problems)
    matrix = _genotypes(genotypes, surv.n, tuple(names), problems)
    labels = label_rows(strata, "strata", surv.n, problems)
    if n_permutations < 1:
        problems.append(DataProblem("max-T", f"n_permutations={n_permutations} is not positive"))
    if problems:
        raise DataError(problems)
    from embogen.survival.max_t import relabelled_ratios  # noqa: PLC0415 - loads numba
    from embogen.survival.risk_sets import build, merge_near_times  # noqa: PLC0415 - same
    from embogen.survival.score_form import is_event  # noqa: PLC0415 - same

    time, entry = merge_near_times(surv.time, surv.entry)
    kept = np.ones(surv.n, dtype=np.bool_) if entry is None else entry < time
    codes = np.zeros(surv.n, np.int64) if labels is None else label_codes(labels)[0]
    sets = build(
        time[kept],
        np.asarray(surv.event == 1, dtype=np.bool_)[kept],
        entry=None if entry is None else entry[kept],
        strata=codes[kept],
    )
    walked = matrix[kept][sets.order]
    tested = np.ascontiguousarray(~np.isnan(walked), dtype=np.float64)
    carried = np.ascontiguousarray(np.nan_to_num(walked))
    itself = np.arange(len(walked), dtype=np.int64)[None, :]
    observed = relabelled_ratios(sets, carried, tested, itself)[0]
    counts = carried.sum(axis=0), tested.sum(axis=0), carried[is_event(sets)].sum(axis=0)
    testable = np.flatnonzero((counts[0] > 0) & (counts[0] < counts[1]))
    seed = new_seed(rng)
    order = testable[np.argsort(-np.abs(observed[testable]), kind="stable")]
    columns = np.ascontiguousarray(carried[:, order]), np.ascontiguousarray(tested[:, order])
    exceeded = np.zeros((2, len(order)), dtype=np.int64)
    limits = np.abs(observed[order]) - _SLACK
    for sources in _relabellings(sets, codes[kept][sets.order], seed, n_permutations):
        found = np.abs(relabelled_ratios(sets, *columns, sources))
        exceeded += _exceedances(found, limits)
    genes = _rows(tuple(names), counts, observed, order, (exceeded, n_permutations, level))
    return MaxTTest(
        genes=genes,
        family_size=len(order),
        n=len(walked),
        n_events=int(is_event(sets).sum()),
        n_permutations=n_permutations,
        seed=seed,
        caveats=_caveats(int((~kept).sum()), len(names), len(order)),
    )


def _genotypes(
    values: ArrayLike, n: int, names: tuple[str, ...], problems: list[DataProblem]
) -> Floats:
    try:
        matrix = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        message = "hold text; 1 (carrier), 0 (not) or NaN (not tested) were expected"
        problems.append(DataProblem("genotypes", message, "Recode them."))
        return np.zeros((n, len(names)))
    if matrix.shape != (n, len(names)):
        message = f"have shape {matrix.shape}; {n} patients by {len(names)} genes were expected"
        problems.append(DataProblem("genotypes", message))
        return np.zeros((n, len(names)))
    problems.extend(
        DataProblem(
            "genotypes",
            "is neither 0 nor 1 nor missing",
            row=int(row) + 1,
            column=names[column],
            value=f"{matrix[row, column]:g}",
        )
        for row, column in np.argwhere((matrix != 0.0) & (matrix != 1.0) & ~np.isnan(matrix))
    )
    return matrix


def _relabellings(sets: RiskSets, groups: Ints, seed: Seed, wanted: int) -> Iterator[Ints]:
    """Draw whom each row gets its genotype from, block by block."""
    from embogen.survival.permutation import draw_sets, pools_of  # noqa: PLC0415 - loads numba

    rows = [np.flatnonzero(groups == code).astype(np.int64) for code in np.unique(groups)]
    pools = pools_of([(item, len(item)) for item in rows])
    for block in range(-(-wanted // BLOCK)):
        uniforms = block_generator(seed, block).random((BLOCK, len(sets.order)))
        drawn = draw_sets(pools, uniforms[: wanted - block * BLOCK])
        sources = np.empty_like(drawn)
        sources[:, pools.rows] = drawn
        yield sources


def _exceedances(found: Floats, limits: Floats) -> Ints:
    """Count relabellings whose largest statistic reaches each gene's: of all, of those below it.

    Columns and limits run from the largest observed statistic to the smallest.
    """
    if not found.shape[1]:
        return np.zeros((2, 0), dtype=np.int64)
    down = np.maximum.accumulate(found[:, ::-1], axis=1)[:, ::-1]
    largest = down[:, :1]
    return np.array([(largest >= limits).sum(axis=0), (down >= limits).sum(axis=0)])


def _rows(
    names: tuple[str, ...],
    counts: tuple[Floats, Floats, Floats],
    observed: Floats,
    order: Ints,
    draws: tuple[Ints, int, float],
) -> tuple[MaxTGene, ...]:
    exceeded, total, level = draws
    single = (exceeded[0] + 1) / (total + 1)
    down = np.maximum.accumulate((exceeded[1] + 1) / (total + 1))
    place = {int(gene): k for k, gene in enumerate(order)}
    rows = []
    for g, name in enumerate(names):
        k = place.get(g)
        interval = None if k is None else p_interval(int(exceeded[1, k]), total, False, level)
        rows.append(
            MaxTGene(
                name=name,
                n_carriers=int(counts[0][g]),
                n_tested=int(counts[1][g]),
                n_carrier_events=int(counts[2][g]),
                statistic=float("nan") if k is None else float(observed[g]),
                p_single_step=None if k is None else float(single[k]),
                p_step_down=None if k is None else float(down[k]),
                p_interval=interval,
            )
        )
    return tuple(rows)


def _caveats(n_excluded: int, n_genes: int, family_size: int) -> tuple[Caveat, ...]:
    found = []
    if n_excluded:
        message = f"{n_excluded} rows whose entry is not before their exit were left out."
        found.append(Caveat("never_at_risk", message, {"rows": n_excluded}))
    if n_genes and not family_size:
        found.append(Caveat("nothing_testable", "No gene has both carriers and others."))
    return tuple(found)
