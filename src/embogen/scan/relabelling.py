"""The relabellings of a family as work for a backend: chunks, counted by whoever has time.

A chunk is drawn by a generator of its own and gives whole numbers, so the sums, and with them the
p-values, are the same whoever drew which chunk and however often the work was interrupted.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.inference import max_t_panel
from embogen.inference.max_t_panel import counts_of
from embogen.survival.kernel_cache import state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embogen.inference.max_t_panel_problem import MaxTProblem
    from embogen.inference.permutation_result import Seed
    from embogen.scan.store import KeptBlocks, MemoryBlocks
    from embogen.scan.work import Backend

    Ints = NDArray[np.int64]

PER_THREAD: Final = 4
"""Chunks of a piece for each thread that shares it: one that is held up leaves them to others."""
EVERY: Final = 10.0
"""Seconds of counting that a kill may cost, beside the pieces under way."""


@dataclass(frozen=True, slots=True, eq=False)
class Relabelling:
    """The relabellings of one endpoint's family.

    Parameters
    ----------
    problem
        The family, laid out.
    seed
        What the chunks' generators are made from.
    digest
        Of both, and of the code that counts; see `of`.
    """

    problem: MaxTProblem
    seed: Seed
    digest: str

    @classmethod
    def of(cls, problem: MaxTProblem, seed: Seed) -> Relabelling:
        """Take the digest once: the carriers of a family may be hundreds of megabytes."""
        code = state_of(Path(max_t_panel.__file__).resolve().parent)
        whole = f"{code}|{problem.digest()}|{seed!r}".encode()
        return cls(problem, seed, hashlib.sha256(whole).hexdigest())

    def fingerprint(self) -> str:
        """Give the digest."""
        return self.digest

    def runner(self) -> Callable[[int, int], Ints]:
        """Count chunks begin .. end, side by side on the threads there are."""

        def run(begin: int, end: int) -> Ints:
            return counts_of(self.problem, self.seed, range(begin, end))

        return run


@dataclass(frozen=True, slots=True, eq=False)
class RoundCounter:
    """Counts the chunks of a round on a backend, and keeps what is counted.

    Parameters
    ----------
    job
        The relabellings.
    backend
        Who counts.
    kept
        Where counts are kept. Those of another family, seed or code have another name there.
    """

    job: Relabelling
    backend: Backend
    kept: KeptBlocks | MemoryBlocks

    def __call__(self, chunks: range) -> Ints:
        """Add up the counts of a round: (3, family)."""
        name = f"max-t-{self.job.digest[:16]}-{chunks.start:07d}"
        held = self.kept.part(name) or {
            "counts": np.zeros((3, len(self.job.problem.limits)), dtype=np.int64),
            "done": np.zeros(len(chunks), dtype=np.bool_),
        }
        counts, done = held["counts"], held["done"]
        sharing = self.backend.sharing
        pieces = pieces_left(done, PER_THREAD * sharing if sharing > 1 else 1)
        if not pieces:
            return np.asarray(counts, dtype=np.int64)
        shifted = [
            (number, (chunks.start + begin, chunks.start + end))
            for number, (begin, end) in enumerate(pieces)
        ]
        written = time.monotonic()
        for number, found in self.backend.run(self.job, shifted):
            counts += found
            done[slice(*pieces[number])] = True
            if time.monotonic() - written > EVERY:
                self.kept.save_part(name, held)
                written = time.monotonic()
        self.kept.save_part(name, held)
        return np.asarray(counts, dtype=np.int64)


def pieces_left(done: NDArray[np.bool_], most: int) -> list[tuple[int, int]]:
    """Divide what is not done into ranges of at most so many.

    Examples
    --------
    >>> pieces_left(np.array([False, False, False, True, False]), 2)
    [(0, 2), (2, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[True], done, [True]]).astype(np.int8)))
    return [
        (first, min(first + most, int(end)))
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
        for first in range(int(begin), int(end), most)
    ]
