"""An `AlterationMatrix` as a source of features: a small study is scanned as a large one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from embogen.genomics.coverage import GeneState
from embogen.genomics.feature_blocks import FeatureBlock
from embogen.genomics.matrix import AlterationMatrix
from embogen.genomics.tested_patterns import TestedPatterns, patterns_of_columns


@dataclass(frozen=True, slots=True, eq=False)
class MatrixFeatures:
    """The columns of a matrix, genes and groups of genes, as features.

    A patient whose gene was not tested, or whose test failed, is in no pattern of that gene.

    Parameters
    ----------
    matrix
        The genotypes.

    Examples
    --------
    >>> states = np.array([[1, 2], [0, 1], [3, 0]], np.int8)
    >>> source = MatrixFeatures(AlterationMatrix(
    ...     ("a", "b", "c"), ("DAXX", "MEN1"), states, np.full((3, 2), "")))
    >>> block = source.block(0, 2)
    >>> block.column(0).tolist(), block.column(1).tolist()
    ([0], [1])
    >>> source.patterns[block.pattern].tolist()
    [[True, True, False], [False, True, True]]
    """

    matrix: AlterationMatrix
    _tested: TestedPatterns = field(init=False, repr=False)

    def __post_init__(self) -> None:
        states = self.matrix.states
        tested = (states == GeneState.ALTERED) | (states == GeneState.WILD_TYPE)
        object.__setattr__(self, "_tested", patterns_of_columns(tested))

    @property
    def patients(self) -> Sequence[str]:
        """(n,) patient ids."""
        return self.matrix.patients

    @property
    def names(self) -> Sequence[str]:
        """(G,) columns of the matrix."""
        return self.matrix.genes

    @property
    def patterns(self) -> NDArray[np.bool_]:
        """(k, n) the distinct sets of patients tested."""
        return self._tested.patterns

    @property
    def fingerprint(self) -> str:
        """Hash of patients, columns and states."""
        digest = hashlib.blake2b(digest_size=16)
        for part in (self.patients, self.names):
            digest.update(hashlib.blake2b("\0".join(part).encode()).digest())
        digest.update(np.ascontiguousarray(self.matrix.states).tobytes())
        return digest.hexdigest()

    def sizes(self) -> NDArray[np.int64]:
        """(G,) carriers of each column."""
        sizes: NDArray[np.int64] = (self.matrix.states == GeneState.ALTERED).sum(
            axis=0, dtype=np.int64
        )
        return sizes

    def block(self, begin: int, end: int) -> FeatureBlock:
        """Give columns begin .. end (exclusive)."""
        column, row = np.nonzero(self.matrix.states[:, begin:end].T == GeneState.ALTERED)
        counts = np.bincount(column, minlength=end - begin)
        return FeatureBlock.of_carriers(
            self.names[begin:end], counts, row.astype(np.int32), self._tested.of[begin:end]
        )
