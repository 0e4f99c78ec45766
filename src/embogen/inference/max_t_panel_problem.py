"""A panel of genes laid out for max-T with a linear statistic: checked once, never changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem
from embogen.inference.row_data import float_rows, label_codes, label_rows
from embogen.survival.max_t_linear import (
    LinearPanel,
    PoolCounts,
    lay_out,
    linear_variances,
    observed_statistics,
    pooled_squares,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Int32s = NDArray[np.int32]

SLACK: Final = 1e-9
"""Two statistics nearer than this are equal."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelGenotypes:
    """Who carries each gene, and who was not tested for it.

    Parameters
    ----------
    names
        (G,) gene names.
    start, carriers
        (G + 1,) int64 where each gene's carriers begin, and their rows, ascending in a gene.
    patterns
        (P, n) who was tested by each assay.
    pattern
        (G,) row of `patterns` of each gene.
    untested_start, untested
        As `start` and `carriers`: patients without a result for a gene that their assay has.

    Examples
    --------
    >>> genes = PanelGenotypes.from_matrix([[1, 0], [0, np.nan], [1, 1]], ["DAXX", "MEN1"])
    >>> genes.carriers.tolist(), genes.untested_start.tolist(), genes.untested.tolist()
    ([0, 2, 2], [0, 0, 1], [1])
    """

    names: tuple[str, ...]
    start: Ints
    carriers: Int32s
    patterns: NDArray[np.bool_]
    pattern: Int32s
    untested_start: Ints
    untested: Int32s

    @classmethod
    def from_matrix(cls, genotypes: ArrayLike, names: Sequence[str]) -> PanelGenotypes:
        """Take (n, G) numbers: 1 carrier, 0 not, NaN not tested."""
        matrix = np.asarray(genotypes, dtype=np.float64)
        start, carriers = _columns(matrix == 1.0)
        untested_start, untested = _columns(np.isnan(matrix))
        patterns = np.ones((1, len(matrix)), dtype=np.bool_)
        pattern = np.zeros(matrix.shape[1], dtype=np.int32)
        return cls(tuple(names), start, carriers, patterns, pattern, untested_start, untested)


@dataclass(frozen=True, slots=True, eq=False)
class MaxTProblem:
    """What every chunk of relabellings needs: arrays and names, so that it can be sent away.

    Parameters
    ----------
    panel
        Genes that can be tested, from the smallest |z| to the largest.
    limits
        (family,) |z| that a relabelling must reach, ascending.
    tested_genes
        (family,) place in `names` of each gene of the panel.
    names
        (G,) all genes, in the order given.
    statistic
        (G,) z; NaN where a gene cannot be tested.
    n_carriers, n_tested
        (G,) patients.
    n_permutations
        Relabellings to be drawn at most.
    """

    panel: LinearPanel
    limits: Floats
    tested_genes: Ints
    names: tuple[str, ...]
    statistic: Floats
    n_carriers: Ints
    n_tested: Ints
    n_permutations: int

    def digest(self) -> str:
        """Give a fingerprint of everything the counts depend on, for checkpoints."""
        total = hashlib.sha256()
        arrays: tuple[Any, ...] = (*self.panel.what, *self.panel[1:], self.limits)
        for item in arrays:
            total.update(np.ascontiguousarray(item).tobytes())
            total.update(b"|")
        total.update(f"{self.n_permutations}|{self.names!r}".encode())
        return total.hexdigest()


def prepare_panel(
    scores: ArrayLike,
    genotypes: PanelGenotypes,
    *,
    pools: ArrayLike | None = None,
    n_permutations: int = 1_000_000,
) -> MaxTProblem:
    """Check a panel and lay it out.

    Parameters
    ----------
    scores, genotypes, pools, n_permutations
        As in `embogen.inference.max_t_panel.max_t_panel`.

    Raises
    ------
    DataError
        Naming every row and gene that cannot be used.
    """
    problems: list[DataProblem] = []
    n = genotypes.patterns.shape[1]
    values = float_rows(scores, "scores", n, problems)
    labels = label_rows(pools, "pools", n, problems)
    if n_permutations < 1:
        problems.append(DataProblem("max-T", f"n_permutations={n_permutations} is not positive"))
    problems.extend(_misfits(genotypes, n))
    if problems or values is None:
        raise DataError(problems)
    codes = np.zeros(n, np.int64) if labels is None else label_codes(labels)[0]
    centred, spread = pooled_squares(values, codes, int(codes.max(initial=0)) + 1)
    counts = _counts(genotypes, codes, len(spread))
    variance = linear_variances(counts, spread)
    testable = np.flatnonzero(variance > 0.0)
    panel = _panel(genotypes, codes, centred, (counts, testable))
    panel = panel._replace(scale=1.0 / np.sqrt(variance[testable]))
    observed = observed_statistics(panel)
    order = np.argsort(np.abs(observed), kind="stable")
    statistic = np.full(len(genotypes.names), np.nan)
    statistic[testable] = observed
    return MaxTProblem(
        panel=_reordered(panel, order),
        limits=np.abs(observed[order]) - SLACK,
        tested_genes=testable[order],
        names=tuple(genotypes.names),
        statistic=statistic,
        n_carriers=counts.carriers.sum(axis=1),
        n_tested=counts.tested.sum(axis=1),
        n_permutations=n_permutations,
    )


def _columns(marked: NDArray[np.bool_]) -> tuple[Ints, Int32s]:
    gene, row = np.nonzero(marked.T)
    return _ends(np.bincount(gene, minlength=marked.shape[1])), row.astype(np.int32)


def _ends(counts: Ints) -> Ints:
    """Give where lists of these lengths begin, laid end to end, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _gene_of(start: Ints) -> Ints:
    return np.repeat(np.arange(len(start) - 1), np.diff(start))


def _misfits(genotypes: PanelGenotypes, n: int) -> Iterator[DataProblem]:
    """Name what does not fit, gene by gene; nothing further where the arrays have no shape."""
    n_genes = len(genotypes.names)
    lists = (
        ("carriers", genotypes.start, genotypes.carriers),
        ("patients not tested", genotypes.untested_start, genotypes.untested),
    )
    shapeless = len(genotypes.pattern) != n_genes
    for _, start, rows in lists:
        ends = len(start) == n_genes + 1 and start[0] == 0 and start[-1] == len(rows)
        shapeless |= not (ends and bool(np.all(np.diff(start) >= 0)))
    if shapeless:
        message = (
            f"the lists of carriers, of those not tested and of assays do not fit {n_genes} names"
        )
        yield DataProblem("genotypes", message, "Give one list, maybe empty, for each gene.")
        return
    if np.any((genotypes.pattern < 0) | (genotypes.pattern >= len(genotypes.patterns))):
        message = f"an assay is not one of 0 to {len(genotypes.patterns) - 1}"
        yield DataProblem("genotypes", message, "Number assays as the rows of `patterns`.")
        return
    for what, start, rows in lists:
        gene = _gene_of(start)
        wrong = (rows < 0) | (rows >= n)
        yield from _named(genotypes, gene[wrong], f"{what} include rows outside 0 to {n - 1}")
        again = np.flatnonzero((np.diff(rows) <= 0) & (np.diff(gene) == 0))
        yield from _named(genotypes, gene[again], f"{what} are not in ascending order, each once")
        if wrong.any() or len(again):
            return
    gene = _gene_of(genotypes.start)
    keys = gene * n + genotypes.carriers
    lacking = np.isin(keys, _gene_of(genotypes.untested_start) * n + genotypes.untested)
    lacking |= ~genotypes.patterns[genotypes.pattern[gene], genotypes.carriers]
    yield from _named(genotypes, gene[lacking], "carriers include patients not tested")
    single = _gene_of(genotypes.untested_start)
    twice = ~genotypes.patterns[genotypes.pattern[single], genotypes.untested]
    message = "patients not tested include some whom the gene's assay leaves out anyway"
    yield from _named(genotypes, single[twice], message)


def _named(genotypes: PanelGenotypes, genes: Ints, message: str) -> Iterator[DataProblem]:
    for g in np.unique(genes):
        yield DataProblem("genotypes", message, column=genotypes.names[g])


def _counts(genotypes: PanelGenotypes, pools: Ints, n_pools: int) -> PoolCounts:
    n_genes = len(genotypes.names)

    def by_pool(start: Ints, rows: Int32s) -> Ints:
        keys = _gene_of(start) * n_pools + pools[rows]
        return np.bincount(keys, minlength=n_genes * n_pools).reshape(n_genes, n_pools)

    assayed = [np.bincount(pools[row], minlength=n_pools) for row in genotypes.patterns]
    tested = np.array(assayed, dtype=np.int64).reshape(-1, n_pools)[genotypes.pattern]
    return PoolCounts(
        by_pool(genotypes.start, genotypes.carriers),
        tested - by_pool(genotypes.untested_start, genotypes.untested),
    )


class _Blocks(NamedTuple):
    """Patients not tested, summed together: rows of each block, and who adds which."""

    start: Ints
    rows: Ints
    gene: Ints
    block: Ints
    pool: Ints


def _blocks(genotypes: PanelGenotypes, pools: Ints, informative: NDArray[np.bool_]) -> _Blocks:
    """Gather those not tested by an assay, once for all its genes, and those of single genes.

    Parameters
    ----------
    informative
        (G, s) pools in which a gene has both carriers and others tested.
    """
    n_pools = informative.shape[1]
    gene, pool = np.nonzero(informative)
    pairs, which = np.unique(genotypes.pattern[gene] * n_pools + pool, return_inverse=True)
    rows = [
        np.flatnonzero(~genotypes.patterns[pair // n_pools] & (pools == pair % n_pools))
        for pair in pairs
    ]
    single = _gene_of(genotypes.untested_start)
    keys = single * n_pools + pools[genotypes.untested]
    wanted = informative.reshape(-1)[keys]
    order = np.argsort(keys[wanted], kind="stable")
    own, sizes = np.unique(keys[wanted], return_counts=True)
    gene = np.concatenate([gene, own // n_pools])
    pool = np.concatenate([pool, own % n_pools])
    block = np.concatenate([which.reshape(-1), len(pairs) + np.arange(len(own))])
    lengths = np.concatenate([np.array([len(item) for item in rows], dtype=np.int64), sizes])
    some = lengths[block] > 0
    return _Blocks(
        start=_ends(lengths),
        rows=np.concatenate([*rows, genotypes.untested[wanted][order]]).astype(np.int64),
        gene=gene[some],
        block=block[some].astype(np.int64),
        pool=pool[some],
    )


def _panel(
    genotypes: PanelGenotypes, pools: Ints, centred: Floats, genes: tuple[PoolCounts, Ints]
) -> LinearPanel:
    """Lay the testable genes out, without their scale."""
    counts, testable = genes
    n, n_pools = len(pools), counts.carriers.shape[1]
    informative = np.zeros(counts.carriers.shape, dtype=np.bool_)
    k, m = counts.carriers[testable], counts.tested[testable]
    informative[testable] = (k > 0) & (k < m)
    gene = _gene_of(genotypes.start)
    # in a pool where all tested carry, carriers and those not tested cancel
    kept = informative[gene, pools[genotypes.carriers]]
    gene, rows = gene[kept], genotypes.carriers[kept]
    blocks = _blocks(genotypes, pools, informative)
    active = np.zeros(n, dtype=np.bool_)
    active[rows] = True
    active[blocks.rows] = True
    by_place = np.lexsort((np.arange(n), ~active, pools))
    place = np.empty(n, dtype=np.int32)
    place[by_place] = np.arange(n)
    number = np.full(len(genotypes.names), -1, dtype=np.int64)
    number[testable] = np.arange(len(testable))
    sizes, drawn = (np.bincount(item, minlength=n_pools) for item in (pools, pools[active]))
    share = counts.carriers[blocks.gene, blocks.pool] / counts.tested[blocks.gene, blocks.pool]
    order = np.lexsort((blocks.block, number[blocks.gene]))
    return LinearPanel(
        what=lay_out(sizes, drawn),
        score=centred[by_place],
        block_start=blocks.start,
        block_place=place[blocks.rows],
        start=_ends(np.bincount(number[gene], minlength=len(testable))),
        carrier=place[rows],
        shift_start=_ends(np.bincount(number[blocks.gene], minlength=len(testable))),
        shift_block=blocks.block[order].astype(np.int32),
        shift_share=share[order].astype(np.float64),
        scale=np.ones(len(testable)),
    )


def _reordered(panel: LinearPanel, order: Ints) -> LinearPanel:
    """Take the genes in another order."""

    def listed(start: Ints) -> tuple[Ints, Ints]:
        counts = np.diff(start)[order]
        ends = _ends(counts)
        return ends, np.arange(ends[-1]) + np.repeat(start[:-1][order] - ends[:-1], counts)

    start, carrier = listed(panel.start)
    shift_start, shift = listed(panel.shift_start)
    return panel._replace(
        start=start,
        carrier=panel.carrier[carrier],
        shift_start=shift_start,
        shift_block=panel.shift_block[shift],
        shift_share=panel.shift_share[shift],
        scale=panel.scale[order],
    )
