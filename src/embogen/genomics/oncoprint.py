"""OncoPrint: genes x patients in memo-sort order, with clinical tracks. Holds no patient id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from embogen.genomics.alterations import AlterationMatrix, GeneState
from embogen.genomics.frequency import rank_genes


@dataclass(frozen=True, slots=True)
class Track:
    """A clinical variable drawn above the genes, in column order.

    `values` are floats or None for a ``number``, text or None for a ``category``.
    """

    name: str
    label: str
    kind: Literal["number", "category"]
    values: tuple[float | str | None, ...]
    levels: tuple[str, ...] = ()
    unit: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OncoPrint:
    """What an OncoPrint draws, columns already in order.

    Parameters
    ----------
    genes
        (g,) row order, most frequently altered first; a group of genes by its label.
    states
        (g, n) int8 `GeneState`.
    classes
        (g, n) alteration class, "" where not altered.
    fractions
        (g,) altered / tested; NaN if none was tested.
    n_tested
        (g,) patients tested.
    tracks
        Clinical tracks.
    """

    genes: tuple[str, ...]
    states: NDArray[np.int8]
    classes: NDArray[np.str_]
    fractions: tuple[float, ...]
    n_tested: tuple[int, ...]
    tracks: tuple[Track, ...]


def build_oncoprint(
    matrix: AlterationMatrix, genes: Sequence[str], tracks: Sequence[Track]
) -> OncoPrint:
    """Order patients and genes for an OncoPrint.

    Genes stand by altered fraction among tested; patients in memo-sort order: altered in the
    first gene, then in the second, and so on, so that the alterations step down like a stair.
    Among patients altered in the same genes those tested for more genes come first, and patients
    tested for none come last.

    Parameters
    ----------
    matrix
        Genotypes.
    genes
        Which to draw.
    tracks
        Clinical variables, values in the order of the patients of `matrix`.

    Returns
    -------
    OncoPrint
        Columns in order, without patient ids.

    Raises
    ------
    ValueError
        When a gene is not in the matrix or a track has another length.
    """
    missing = [gene for gene in genes if gene not in matrix.genes]
    if missing:
        raise ValueError(f"genes not in the matrix: {', '.join(missing)}")
    for track in tracks:
        if len(track.values) != len(matrix.patients):
            n = len(matrix.patients)
            raise ValueError(f"track {track.name}: {len(track.values)} values for {n} patients")
    wanted = set(genes)
    rows = [row for row in rank_genes(matrix) if row.gene in wanted]
    at = [matrix.genes.index(row.gene) for row in rows]
    states, classes = matrix.states[:, at], matrix.classes.text(at)
    order = sorted(
        range(len(matrix.patients)),
        key=lambda i: _memo_key(states[i], classes[i], matrix.patients[i]),
    )
    return OncoPrint(
        genes=tuple(matrix.label(row.gene) for row in rows),
        states=np.ascontiguousarray(states[order].T),
        classes=np.ascontiguousarray(classes[order].T),
        fractions=tuple(row.fraction for row in rows),
        n_tested=tuple(row.tested for row in rows),
        tracks=tuple(
            replace(track, values=tuple(track.values[i] for i in order)) for track in tracks
        ),
    )


def _memo_key(
    states: NDArray[np.int8], classes: NDArray[np.str_], patient: str
) -> tuple[bool, list[bool], int, list[int], list[str], str]:
    """Sort key of a patient; the id breaks ties, so that row order never matters."""
    tested = states <= GeneState.ALTERED
    altered = states == GeneState.ALTERED
    return (
        not tested.any(),
        (~altered).tolist(),
        int((~tested).sum()),
        states.tolist(),
        classes.tolist(),
        patient,
    )
