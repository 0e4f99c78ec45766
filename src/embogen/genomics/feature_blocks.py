"""Features of a cohort in blocks of columns: only who carries, and who was not tested.

A scan asks thousands of features of the same patients. Most patients carry none of them, so a
block holds the carriers of each column and says by panel who was tested; memory grows with the
carriers, never with patients times features.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, eq=False)
class FeatureBlock:
    """Some features, columns side by side.

    Parameters
    ----------
    names
        (g,) what each feature is called.
    start
        (g + 1,) int64, where the carriers of each feature begin.
    carriers
        (start[-1],) int32 rows of the patients whose value is not 0, ascending within a feature.
    values
        (start[-1],) float64 their values (copies of an allele, a dosage); None where all are 1.
    pattern
        (g,) int32 row of the source's `patterns`: who was tested.
    untested_start
        (g + 1,) int64, where the patients begin who lack a result for this feature although
        their pattern has it (a genotype that could not be called).
    untested
        (untested_start[-1],) int32 rows of these patients, ascending within a feature.

    Raises
    ------
    ValueError
        When the arrays do not fit each other.

    Examples
    --------
    Patients 0 and 3 carry DAXX, nobody MEN1.

    >>> carriers = np.array([0, 3], dtype=np.int32)
    >>> block = FeatureBlock.of_carriers(["DAXX", "MEN1"], [2, 0], carriers)
    >>> block.start.tolist(), block.column(0).tolist(), block.column(1).tolist()
    ([0, 2, 2], [0, 3], [])
    """

    names: tuple[str, ...]
    start: NDArray[np.int64]
    carriers: NDArray[np.int32]
    values: NDArray[np.float64] | None
    pattern: NDArray[np.int32]
    untested_start: NDArray[np.int64]
    untested: NDArray[np.int32]

    def __post_init__(self) -> None:
        g = len(self.names)
        fit = (
            len(self.start) == len(self.untested_start) == g + 1
            and len(self.pattern) == g
            and self.start[-1] == len(self.carriers)
            and self.untested_start[-1] == len(self.untested)
            and (self.values is None or len(self.values) == len(self.carriers))
        )
        if not fit:
            raise ValueError(f"the arrays of a block of {g} features do not fit each other")

    @classmethod
    def of_carriers(
        cls,
        names: Sequence[str],
        counts: Sequence[int] | NDArray[np.int64],
        carriers: NDArray[np.int32],
        pattern: NDArray[np.int32] | None = None,
    ) -> FeatureBlock:
        """Make a block of 0/1 features from the number of carriers of each and their rows."""
        g = len(names)
        return cls(
            names=tuple(names),
            start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            carriers=carriers,
            values=None,
            pattern=np.zeros(g, np.int32) if pattern is None else pattern,
            untested_start=np.zeros(g + 1, np.int64),
            untested=np.empty(0, np.int32),
        )

    def column(self, j: int) -> NDArray[np.int32]:
        """Rows of the carriers of feature j."""
        return self.carriers[self.start[j] : self.start[j + 1]]


class FeatureSource(Protocol):
    """Where blocks come from: a table in memory, or files read piece by piece.

    The same range gives the same block however often and in whichever process it is asked for. A
    source that reads files holds paths, not open files, so that it can be sent to a worker.
    """

    @property
    def patients(self) -> Sequence[str]:
        """(n,) patient ids: what rows count."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """(G,) every feature, in order."""
        ...

    @property
    def patterns(self) -> NDArray[np.bool_]:
        """(k, n) who was tested, for each set of patients that some feature was tested in."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of what the blocks are made of (file contents, choices): equal only if they are."""
        ...

    def sizes(self) -> NDArray[np.int64]:
        """(G,) about how many entries each feature has: what a block costs in memory."""
        ...

    def block(self, begin: int, end: int) -> FeatureBlock:
        """Give features begin .. end (exclusive)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BlockSource:
    """A source in memory: one block that holds every feature.

    Parameters
    ----------
    patients
        (n,) patient ids.
    whole
        All features.
    patterns
        (k, n) who was tested; everybody for everything when left out.

    Examples
    --------
    >>> whole = FeatureBlock.of_carriers(["DAXX", "MEN1"], [1, 1], np.array([0, 2], np.int32))
    >>> source = BlockSource(("a", "b", "c"), whole)
    >>> source.block(1, 2).names, source.block(1, 2).carriers.tolist()
    (('MEN1',), [2])
    """

    patients: tuple[str, ...]
    whole: FeatureBlock
    patterns: NDArray[np.bool_] = field(default_factory=lambda: np.empty((0, 0), np.bool_))

    def __post_init__(self) -> None:
        if not self.patterns.size:
            everybody = np.ones((1, len(self.patients)), dtype=np.bool_)
            object.__setattr__(self, "patterns", everybody)

    @property
    def names(self) -> tuple[str, ...]:
        """(G,) every feature, in order."""
        return self.whole.names

    @property
    def fingerprint(self) -> str:
        """Hash of patients and features."""
        total = hashlib.sha256("\x00".join((*self.patients, "", *self.names)).encode())
        whole = self.whole
        arrays = (whole.start, whole.carriers, whole.pattern, whole.untested_start, whole.untested)
        for array in (*arrays, self.patterns, *([] if whole.values is None else [whole.values])):
            total.update(np.ascontiguousarray(array).tobytes())
        return total.hexdigest()

    def sizes(self) -> NDArray[np.int64]:
        """(G,) entries of each feature."""
        return np.diff(self.whole.start) + np.diff(self.whole.untested_start)

    def block(self, begin: int, end: int) -> FeatureBlock:
        """Give features begin .. end (exclusive)."""
        whole = self.whole
        own = slice(int(whole.start[begin]), int(whole.start[end]))
        lacking = slice(int(whole.untested_start[begin]), int(whole.untested_start[end]))
        return FeatureBlock(
            names=whole.names[begin:end],
            start=whole.start[begin : end + 1] - whole.start[begin],
            carriers=whole.carriers[own],
            values=None if whole.values is None else whole.values[own],
            pattern=whole.pattern[begin:end],
            untested_start=whole.untested_start[begin : end + 1] - whole.untested_start[begin],
            untested=whole.untested[lacking],
        )
