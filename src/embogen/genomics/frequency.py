"""How often each gene is altered, among the patients tested for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embogen.caveats import Caveat
from embogen.genomics.alterations import AlterationMatrix, GeneState


@dataclass(frozen=True, slots=True)
class GeneCount:
    """Patients by state of one gene (tested = altered + wild type)."""

    gene: str
    altered: int
    tested: int
    not_tested: int
    failed: int

    @property
    def fraction(self) -> float:
        """Altered among tested; NaN if none was tested."""
        return self.altered / self.tested if self.tested else float("nan")


def rank_genes(matrix: AlterationMatrix) -> tuple[GeneCount, ...]:
    """Rank the genes of a matrix by altered fraction among tested patients.

    Equal fractions are ordered by patients altered, then by name; genes nobody was tested for
    come last.

    Examples
    --------
    TP53 in 1 of 2 tested, MEN1 in 1 of 1 tested:

    >>> import numpy as np
    >>> from embogen.genomics.classes import AlterationClasses
    >>> states = np.array([[1, 1], [0, 2]], np.int8)
    >>> classes = AlterationClasses.of_text(np.array([["loss", "loss"], ["", ""]]))
    >>> ranked = rank_genes(AlterationMatrix(("a", "b"), ("TP53", "MEN1"), states, classes))
    >>> [(row.gene, row.altered, row.tested) for row in ranked]
    [('MEN1', 1, 1), ('TP53', 1, 2)]
    """
    by_state = {state: (matrix.states == state).sum(axis=0).tolist() for state in GeneState}
    tallies = [
        GeneCount(
            gene=gene,
            altered=by_state[GeneState.ALTERED][j],
            tested=by_state[GeneState.ALTERED][j] + by_state[GeneState.WILD_TYPE][j],
            not_tested=by_state[GeneState.NOT_TESTED][j],
            failed=by_state[GeneState.FAILED][j],
        )
        for j, gene in enumerate(matrix.genes)
    ]
    return tuple(sorted(tallies, key=_order))


def _order(row: GeneCount) -> tuple[bool, float, int, str]:
    return (row.tested == 0, -row.fraction if row.tested else 0.0, -row.altered, row.gene)


def most_frequent(matrix: AlterationMatrix, k: int) -> tuple[tuple[str, ...], tuple[Caveat, ...]]:
    """Choose the k genes altered in the largest fraction of tested patients, blind to outcome.

    Parameters
    ----------
    matrix
        Genotypes.
    k
        How many; genes tied with the last one in fraction and in patients altered are all kept.
        Genes altered in nobody and groups of genes are never chosen.

    Returns
    -------
    genes
        In order of rank.
    caveats
        ``genes_tied_at_cut`` when more than k are returned.
    """
    genes = (row for row in rank_genes(matrix) if row.gene not in matrix.groups)
    ranked = [row for row in genes if row.altered > 0]
    chosen = ranked[:k]
    if chosen:
        last = (chosen[-1].fraction, chosen[-1].altered)
        chosen += [row for row in ranked[k:] if (row.fraction, row.altered) == last]
    names = tuple(row.gene for row in chosen)
    if len(names) <= k:
        return names, ()
    return names, (_tied(chosen, k),)


def _tied(chosen: Sequence[GeneCount], k: int) -> Caveat:
    last = chosen[-1]
    tied = [row.gene for row in chosen if row.fraction == last.fraction]
    message = (
        f"{', '.join(tied)} are each altered in {last.altered} of {last.tested} patients "
        f"tested, so {len(chosen)} genes are kept where {k} were asked for."
    )
    return Caveat("genes_tied_at_cut", message, {"asked": k, "kept": len(chosen)})
