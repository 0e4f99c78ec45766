"""`AlterationMatrix`: patients x genes in four states."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class GeneState(IntEnum):
    """What is known of a gene in a patient. NOT_TESTED and FAILED are never wild type."""

    WILD_TYPE = 0
    ALTERED = 1
    NOT_TESTED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True, eq=False)
class AlterationMatrix:
    """Genotypes of patients.

    Parameters
    ----------
    patients
        (n,) patient ids: the rows.
    genes
        (g,) gene symbols: the columns.
    states
        (n, g) int8 `GeneState`, read-only.
    classes
        (n, g) alteration class as it counts (``missense``, ``truncating``, ...; several joined
        by ``+``, alphabetical), "" where not altered.
    """

    patients: tuple[str, ...]
    genes: tuple[str, ...]
    states: NDArray[np.int8]
    classes: NDArray[np.str_]

    def state(self, gene: str) -> NDArray[np.int8]:
        """(n,) states of one gene."""
        column: NDArray[np.int8] = self.states[:, self.genes.index(gene)]
        return column
