"""What a scan reads, named without the clinic: any table of sparse columns will do.

`embogen.genomics.feature_blocks` has the types that readers make; they fit these protocols.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BYTES_PER_ENTRY: Final = 40
"""Memory one carrier of a block takes while it is read, put in order and counted."""
MOST_COLUMNS: Final = 1024
"""Features of a block: enough for threads to share, few enough to lose little at a kill."""


class Block(Protocol):
    """Some features side by side; see `embogen.genomics.feature_blocks.FeatureBlock`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names, in order."""
        ...

    @property
    def start(self) -> NDArray[np.int64]:
        """Where the carriers of each feature begin."""
        ...

    @property
    def carriers(self) -> NDArray[np.int32]:
        """Rows of the carriers."""
        ...

    @property
    def values(self) -> NDArray[np.float64] | None:
        """Their values; None where all are 1."""
        ...

    @property
    def pattern(self) -> NDArray[np.int32]:
        """Who was tested for each feature."""
        ...

    @property
    def untested_start(self) -> NDArray[np.int64]:
        """Where those who lack a result begin."""
        ...

    @property
    def untested(self) -> NDArray[np.int32]:
        """Rows of those who lack a result."""
        ...


class Source(Protocol):
    """Where blocks come from; see `embogen.genomics.feature_blocks.FeatureSource`."""

    @property
    def patients(self) -> Sequence[str]:
        """Patient ids: what rows count."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """Feature names, in order."""
        ...

    @property
    def patterns(self) -> NDArray[np.bool_]:
        """Who was tested, set by set."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of what blocks are made of."""
        ...

    def sizes(self) -> NDArray[np.int64]:
        """About how many entries each feature has."""
        ...

    def block(self, begin: int, end: int) -> Block:
        """Give features begin .. end."""
        ...


def block_edges(sizes: NDArray[np.int64], memory_mb: float, parts: int = 1) -> tuple[int, ...]:
    """Divide features into blocks that fit a part of memory, and of which there are enough.

    Parameters
    ----------
    sizes
        (G,) entries of each feature.
    memory_mb
        Memory a block may take, in megabytes; one feature is taken whatever its size.
    parts
        No block has much more than one of so many parts of the features, or of their entries.

    Returns
    -------
    edges
        From 0 to G.

    Examples
    --------
    Room for 25,000 entries: two features of 10,000 fit, a third does not.

    >>> block_edges(np.array([10_000, 10_000, 10_000, 5]), 1.0)
    (0, 2, 4)

    Of two parts, one has the large feature.

    >>> block_edges(np.array([10_000, 10, 10, 10]), 1.0, 2)
    (0, 1, 3, 4)
    """
    most = min(int(memory_mb * 1e6 / BYTES_PER_ENTRY), -(-int(sizes.sum()) // parts))
    columns = min(MOST_COLUMNS, -(-len(sizes) // parts))
    edges, held = [0], 0
    for feature, size in enumerate(sizes.tolist()):
        full = feature > edges[-1] and (held + size > most or feature - edges[-1] == columns)
        if full:
            edges.append(feature)
            held = 0
        held += size
    if len(sizes):
        edges.append(len(sizes))
    return tuple(edges)


def ranges(edges: Sequence[int]) -> list[tuple[int, int]]:
    """Pair the edges."""
    return list(pairwise(edges))
