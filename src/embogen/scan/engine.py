"""Run a scan: blocks of features through all endpoints, by some backend, kept as they come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embogen.errors import DataError, DataProblem, EstimationError
from embogen.scan.blocks import block_edges, ranges
from embogen.scan.columns import BlockRunner
from embogen.scan.family import family_test
from embogen.scan.null import Outcome
from embogen.scan.result import ScanResult, endpoint_scan
from embogen.scan.store import KeptBlocks, MemoryBlocks
from embogen.scan.work import Threads
from embogen.survival.kernel_cache import state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embogen.scan.blocks import Source
    from embogen.scan.problem import ScanProblem
    from embogen.scan.rows import BlockResult
    from embogen.scan.work import Backend


@dataclass(frozen=True, slots=True, eq=False)
class ScanTask:
    """What is to be done, whole: endpoints and features.

    Parameters
    ----------
    problems
        One or more endpoints.
    source
        The features.
    """

    problems: tuple[ScanProblem, ...]
    source: Source

    def fingerprint(self) -> str:
        """Hash what the rows depend on: data, choices, and the code that makes them."""
        code = state_of(Path(__file__).resolve().parent)
        total = hashlib.sha256(f"{code}\x00{self.source.fingerprint}".encode())
        for problem in self.problems:
            total.update(problem.digest().encode())
        return total.hexdigest()

    def runner(self) -> Callable[[int, int], list[BlockResult]]:
        """Make ready to run blocks; what is made ready serves all of them."""
        patterns, n = self.source.patterns, len(self.source.patients)
        runners = [BlockRunner(Outcome(problem, n), patterns) for problem in self.problems]

        def run(begin: int, end: int) -> list[BlockResult]:
            block = self.source.block(begin, end)
            return [one.run(block) for one in runners]

        return run


def scan(
    problems: Sequence[ScanProblem],
    source: Source,
    *,
    backend: Backend | None = None,
    checkpoint: Path | None = None,
    memory_mb: float = 500.0,
    permutations: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> ScanResult:
    """Test every feature of a source against one or more endpoints.

    Parameters
    ----------
    problems
        The endpoints, of different names.
    source
        The features; read block by block.
    backend
        Who does the work; all cores of this machine when not given. The rows do not depend on it.
    checkpoint
        Folder in which finished blocks and counted relabellings are kept. A scan that was killed
        goes on where it was when it is started again with the same folder.
    memory_mb
        Memory that one block of features may take, in megabytes.
    permutations
        Relabellings for p-values adjusted by max-T; 0 for none.
    progress
        Called with features done and features in all.

    Returns
    -------
    ScanResult

    Raises
    ------
    DataError
        When there is nothing to scan, the checkpoint is of another scan, or cannot be written.
    EstimationError
        When an endpoint has no event among the patients of the source.

    Examples
    --------
    Two features of six patients who die one after another; the first two to die carry DAXX. No
    other of the 15 pairs is as extreme: 1 / 15.

    >>> import numpy as np
    >>> from embogen.genomics.feature_blocks import BlockSource, FeatureBlock
    >>> from embogen.scan.problem import ScanOptions, ScanProblem
    >>> from embogen.surv import Surv
    >>> carriers = np.array([0, 1, 2, 5], dtype=np.int32)
    >>> block = FeatureBlock.of_carriers(["DAXX", "MEN1"], [2, 2], carriers)
    >>> source = BlockSource(tuple("abcdef"), block)
    >>> options = ScanOptions(min_carriers=2)
    >>> problem = ScanProblem("os", Surv(np.arange(1, 7), np.ones(6)), np.arange(6),
    ...                       options=options)
    >>> table = scan([problem], source).endpoints[0].table
    >>> table["feature"].to_list(), round(table["p_value"][0], 4), table["p_method"][0]
    (['DAXX', 'MEN1'], 0.0667, 'enumerated')
    """
    task = ScanTask(tuple(problems), source)
    _check(task)
    workers = backend or Threads()
    edges = block_edges(source.sizes(), memory_mb, workers.parts)
    kept: KeptBlocks | MemoryBlocks = MemoryBlocks(edges)
    if checkpoint is not None:
        kept = KeptBlocks.open(checkpoint, task.fingerprint(), edges)
    blocks = ranges(kept.edges)
    done = kept.done()
    count = sum(blocks[number][1] - blocks[number][0] for number in done)
    say = progress or (lambda _done, _all: None)
    say(count, len(source.names))
    waiting = [(number, block) for number, block in enumerate(blocks) if number not in done]
    if waiting:
        for number, results in workers.run(task, waiting):
            kept.save(number, results)
            count += blocks[number][1] - blocks[number][0]
            say(count, len(source.names))
    families = [
        family_test(problem, source, permutations, backend=workers, kept=kept)
        if permutations
        else None
        for problem in task.problems
    ]
    return ScanResult(
        tuple(
            endpoint_scan(problem, tuple(source.names), kept.rows(at), families[at])
            for at, problem in enumerate(task.problems)
        )
    )


def _check(task: ScanTask) -> None:
    names = [problem.name for problem in task.problems]
    problems = []
    if not names:
        problems.append(DataProblem("scan", "no endpoint was given", "Name one."))
    if len(set(names)) < len(names):
        problems.append(DataProblem("scan", "two endpoints have one name", "Rename one."))
    if not len(task.source.names):
        problems.append(DataProblem("scan", "the source has no feature"))
    if problems:
        raise DataError(problems)
    for problem in task.problems:
        if not (problem.surv.event == 1).any():
            raise EstimationError(
                f"{problem.name}: none of {problem.surv.n} patients had the event, so no feature "
                "can be tested. Check the event column, or follow longer."
            )
