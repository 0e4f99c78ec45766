"""Who was tested for each of many features, kept once for every set of patients there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embogen.genomics.panels import GenePanel


@dataclass(frozen=True, slots=True, eq=False)
class TestedPatterns:
    """The distinct sets of patients tested.

    Parameters
    ----------
    patterns
        (k, n) bool, read-only: who was tested, one row for each set.
    of
        (G,) int32 which row holds for each feature.
    """

    __test__ = False  # no class of tests, whatever its name begins with

    patterns: NDArray[np.bool_]
    of: NDArray[np.int32]

    def __post_init__(self) -> None:
        self.patterns.setflags(write=False)
        self.of.setflags(write=False)


def patterns_of_columns(tested: NDArray[np.bool_]) -> TestedPatterns:
    """Tell the distinct columns of a table of who was tested.

    Parameters
    ----------
    tested
        (n, G).

    Examples
    --------
    >>> found = patterns_of_columns(np.array([[True, False, True], [True, True, True]]))
    >>> found.patterns.tolist(), found.of.tolist()
    ([[True, True], [False, True]], [0, 1, 0])
    """
    place: dict[bytes, int] = {}
    first: list[int] = []
    of = np.empty(tested.shape[1], np.int32)
    for j in range(tested.shape[1]):
        key = np.packbits(tested[:, j]).tobytes()
        if key not in place:
            place[key] = len(first)
            first.append(j)
        of[j] = place[key]
    return TestedPatterns(np.ascontiguousarray(tested[:, first].T), of)


def patterns_of_panels(
    panel_of: Sequence[str | None],
    panels: Mapping[str, GenePanel],
    genes: Sequence[str],
    *,
    whole_genome: bool = False,
) -> TestedPatterns:
    """Tell who was tested for each gene, from the panel of each patient.

    Parameters
    ----------
    panel_of
        (n,) panel of each patient; None, or one that `panels` lacks, is not known.
    panels
        Panel id to panel.
    genes
        (G,) gene symbols.
    whole_genome
        Whether a patient without a known panel was tested for every gene; otherwise for none.

    Examples
    --------
    >>> panels = {"P": GenePanel("P", "", frozenset({"DAXX"}))}
    >>> found = patterns_of_panels(["P", None], panels, ["DAXX", "MEN1"])
    >>> found.patterns.tolist(), found.of.tolist()
    ([[True, False], [False, False]], [0, 1])
    """
    known = sorted({name for name in panel_of if name is not None} & set(panels))
    code = {name: i for i, name in enumerate(known)}
    at = np.array([-1 if name is None else code.get(name, -1) for name in panel_of], np.intp)
    covers = np.zeros((len(known) + 1, len(genes)), bool)  # the last row: no known panel
    covers[-1] = whole_genome
    for name, i in code.items():
        panel = panels[name]
        covers[i] = panel.every_gene or [gene in panel.genes for gene in genes]
    if not (at < 0).any():
        covers = covers[:-1]
    distinct = patterns_of_columns(covers)
    return TestedPatterns(np.ascontiguousarray(distinct.patterns[:, at]), distinct.of)
