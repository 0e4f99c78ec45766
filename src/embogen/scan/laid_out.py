"""Columns of a block in the walking order of one null."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.survival.scan_positions import count_placed, place_columns
from embogen.survival.threads import spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from embogen.scan.blocks import Block
    from embogen.scan.null import Null

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FEW: Final = 16
"""Columns from which on another thread is started."""


def groups_of(block: Block) -> Iterator[tuple[Ints, int, NDArray[np.int32] | None]]:
    """Give the features of a block by who was tested: their places, pattern, and who was not.

    Yields
    ------
    at, pattern, untested
        Features tested in the same patients. `untested` are source rows that lack a result for
        one feature although its pattern has it; such features come alone, unless they share it.
    """
    missing = np.diff(block.untested_start)
    whole = missing == 0
    for pattern in np.unique(block.pattern[whole]):
        yield np.flatnonzero(whole & (block.pattern == pattern)), int(pattern), None
    alike: dict[tuple[int, bytes], list[int]] = {}
    for j in np.flatnonzero(~whole):
        rows = block.untested[block.untested_start[j] : block.untested_start[j + 1]]
        alike.setdefault((int(block.pattern[j]), rows.tobytes()), []).append(int(j))
    for (pattern, rows_as_bytes), places in alike.items():
        yield np.array(places), pattern, np.frombuffer(rows_as_bytes, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Sparse columns by position.

    Parameters
    ----------
    start
        (G + 1,) where each column's carriers begin.
    rows
        (start[-1],) int64 positions of carriers, ascending within a column.
    values
        (start[-1],) their values; length 0 where all are 1.
    """

    start: Ints
    rows: Ints
    values: Floats

    @classmethod
    def of(cls, block: Block, at: Ints, null: Null) -> Columns:
        """Take some features of a block; patients who are not in the null are left out.

        Raises
        ------
        ValueError
            When a feature lists a patient twice.
        """
        own = (block.start, block.carriers)
        no_values = np.empty(0)
        values = no_values if block.values is None else block.values
        counts = np.concatenate(
            spread(lambda i, k: count_placed(*own, at[i:k], null.position), len(at), FEW)
        )
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        flat = np.empty(start[-1], np.int64)
        held = np.empty(start[-1] if len(values) else 0)

        def some(i: int, k: int) -> bool:
            begin = start[i : k + 1]
            return bool(place_columns((*own, values), at[i:k], null.position, begin, flat, held))

        if not all(spread(some, len(at), FEW)):
            raise ValueError("a feature of the block lists a patient twice")
        if held.size and bool(np.all(held == 1.0)):
            held = np.empty(0)
        return cls(start, flat, held)

    @property
    def size(self) -> int:
        """Number of columns."""
        return len(self.start) - 1

    @property
    def binary(self) -> bool:
        """Whether all values are 0 or 1."""
        return not self.values.size

    @property
    def counts(self) -> Ints:
        """(G,) carriers of each column."""
        return np.diff(self.start)

    def sum_over(self, flags: NDArray[np.bool_]) -> Ints:
        """(G,) carriers of each column whose flag is set."""
        running = np.concatenate([[0], np.cumsum(flags[self.rows], dtype=np.int64)])
        return np.asarray(np.diff(running[self.start]), dtype=np.int64)

    def per_pool(self, null: Null, *, weighed: bool = False) -> Floats:
        """(G, s) carriers of each column, or the sum of their values, in each stratum."""
        strata = len(null.sets.stratum_end)
        column = np.repeat(np.arange(self.size), self.counts)
        weights = self.values if weighed and self.values.size else None
        cell = column * strata + null.pool[self.rows]
        flat = np.bincount(cell, weights, minlength=self.size * strata)
        return flat.reshape(self.size, strata).astype(np.float64)

    def column(self, j: int) -> tuple[Ints, Floats]:
        """Positions and values of the carriers of a column."""
        own = slice(self.start[j], self.start[j + 1])
        return self.rows[own], self.values[own] if self.values.size else np.ones(self.counts[j])

    def part(self, begin: int, end: int) -> tuple[Ints, Ints, Floats]:
        """Give columns begin .. end as the kernels take them: start, carriers, values."""
        return self.start[begin : end + 1], self.rows, self.values

    def take(self, columns: Ints) -> Columns:
        """Keep some columns, in the order given."""
        if len(columns) == self.size and bool(np.all(columns == np.arange(self.size))):
            return self
        counts = self.counts[columns]
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        at = np.repeat(self.start[columns] - start[:-1], counts) + np.arange(int(start[-1]))
        return Columns(start, self.rows[at], self.values[at] if self.values.size else self.values)
