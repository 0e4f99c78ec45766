"""OncoPrint: genes x patients in memo-sort order, with clinical tracks. Holds no patient id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from embogen.genomics.alterations import AlterationMatrix


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
        (g,) row order, most frequently altered first.
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
    raise NotImplementedError
