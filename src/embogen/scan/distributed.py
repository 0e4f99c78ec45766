"""Blocks as tasks of dask.distributed, on this machine or a cluster.

The outcome (and a source held in memory) is sent to each worker once; a source that reads files is
sent as paths, and each worker reads its own blocks. A worker makes its nulls ready with its first
block and keeps them. When a worker is lost, its blocks are done again elsewhere; rows do not depend
on who did them.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from embogen.errors import EstimationError, PlanError, PlanProblem
from embogen.survival.threads import on_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from embogen.scan.engine import ScanTask
    from embogen.scan.rows import BlockResult

AHEAD: Final = 4
"""Blocks waiting at each worker: enough that none is idle, few in memory."""
PATIENCE: Final = "30s"
"""How long a scheduler may take to answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Shipped:
    """A scan as a worker gets it, known by its fingerprint.

    Attributes
    ----------
    fingerprint
        Of the scan: a worker that has made it ready does so once.
    task
        What is to be done.
    """

    fingerprint: str
    task: ScanTask

    def __hash__(self) -> int:
        """Hash the fingerprint."""
        return hash(self.fingerprint)

    def __eq__(self, other: object) -> bool:
        """Compare fingerprints."""
        return isinstance(other, Shipped) and other.fingerprint == self.fingerprint


@lru_cache(maxsize=1)
def _ready(shipped: Shipped) -> Callable[[int, int], list[BlockResult]]:
    """Make a scan ready in a worker; kept there for the blocks that follow."""
    return shipped.task.runner()


_one_at_a_time = Lock()
"""A worker's threads share its nulls: one block at a time, its columns on all of them."""


def run_block(shipped: Shipped, begin: int, end: int) -> list[BlockResult]:
    """Do one block in a worker, on as many cores as the worker has threads."""
    from distributed import get_worker  # noqa: PLC0415 - an extra

    with _one_at_a_time, on_cores(get_worker().state.nthreads):
        return _ready(shipped)(begin, end)


@dataclass(frozen=True, slots=True)
class Dask:
    """The workers of a dask client.

    Parameters
    ----------
    client
        A `distributed.Client`.
    """

    client: Any

    def run(
        self, task: ScanTask, blocks: Sequence[tuple[int, tuple[int, int]]]
    ) -> Iterator[tuple[int, list[BlockResult]]]:
        """Do blocks on whatever workers there are, giving each as it is finished.

        Raises
        ------
        EstimationError
            When a block was lost more often than dask tries again.
        """
        from distributed import as_completed  # noqa: PLC0415 - an extra

        shipped = self.client.scatter(Shipped(task.fingerprint(), task), broadcast=True)
        waiting = iter(blocks)
        number: dict[str, int] = {}

        def submit(block: tuple[int, tuple[int, int]]) -> Any:  # noqa: ANN401 - a Future of dask
            at, (begin, end) = block
            future = self.client.submit(run_block, shipped, begin, end, pure=False, retries=3)
            number[future.key] = at
            return future

        ahead = AHEAD * max(len(self.client.nthreads()), 1)
        first = [submit(block) for _, block in zip(range(ahead), waiting, strict=False)]
        done = as_completed(first)
        for future in done:
            if future.status != "finished":
                raise EstimationError(
                    f"block {number[future.key]} of the scan could not be done by the workers: "
                    f"{future.exception()}. Look at the workers' logs (memory?), and run again: "
                    "finished blocks are kept."
                )
            yield number.pop(future.key), future.result()
            future.release()
            for block in waiting:
                done.add(submit(block))
                break


@contextmanager
def connected(*, workers: int | None, address: str | None) -> Iterator[Dask]:
    """Start workers on this machine, or join a scheduler; leave it as it was found.

    Parameters
    ----------
    workers
        Processes to start, each with one thread; they listen on 127.0.0.1 only.
    address
        Of a scheduler that is running.

    Raises
    ------
    PlanError
        When dask.distributed is not installed, or nothing answers at the address.
    """
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ImportError:
        message = "dask.distributed is not installed"
        remedy = 'Install it with: pip install "embogen[cluster]"'
        raise PlanError([PlanProblem("command", message, remedy)]) from None
    if address is not None:
        try:
            client = distributed.Client(address, timeout=PATIENCE)
        except (OSError, ValueError, TimeoutError) as error:
            remedy = "Start a scheduler (dask scheduler), or correct the address."
            message = f"no dask scheduler answers at {address}: {error}"
            raise PlanError([PlanProblem("--cluster", message, remedy)]) from None
        with client:
            yield Dask(client)
        return
    with (
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield Dask(client)
