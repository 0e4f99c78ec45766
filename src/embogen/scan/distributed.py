"""Pieces of a scan's work as tasks of dask.distributed, on this machine or a cluster.

The outcome (and a source held in memory) is sent to each worker once; a source that reads files is
sent as paths, and each worker reads its own blocks. A worker makes its nulls ready with its first
block and keeps them. When a worker is lost, its blocks are done again elsewhere; rows do not depend
on who did them. The relabellings of a family go the same way.

The scheduler keeps what is sent, as a task of its own, rather than some worker: jobs of a cluster
may start long after the scan, and all of them may be lost at once, when their time is up.
"""

from __future__ import annotations

import ctypes
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from embogen.errors import EstimationError, PlanError, PlanProblem
from embogen.survival.threads import on_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from embogen.scan.work import Job, R

AHEAD: Final = 1000
"""Pieces handed to the scheduler at once: enough for all workers that may still come."""
PARTS: Final = 12
"""Blocks for each worker. More cost some milliseconds each, fewer leave workers idle at the end."""
TO_COME: Final = 40
"""Workers taken to be on their way where none has come."""
KEPT: Final = 1 << 25
"""Bytes that a worker holds for the arrays that follow; glibc takes no more for either limit."""
M_TRIM_THRESHOLD: Final = -1
"""Free bytes at the end of the heap above which glibc gives them back: see malloc.h."""
M_MMAP_THRESHOLD: Final = -3
"""Size above which it asks the system for each array, and gives each back when it is freed."""
PATIENCE: Final = "30s"
"""How long a scheduler may take to answer."""
RETRIES: Final = 3
"""Times a task that failed is tried again, on whatever worker is free."""


@dataclass(frozen=True, slots=True, eq=False)
class Shipped:
    """A job as a worker gets it, known by its fingerprint.

    Attributes
    ----------
    fingerprint
        Of the job: a worker that has made it ready does so once.
    job
        What is to be done.
    """

    fingerprint: str
    job: Job[Any]

    def __hash__(self) -> int:
        """Hash the fingerprint."""
        return hash(self.fingerprint)

    def __eq__(self, other: object) -> bool:
        """Compare fingerprints."""
        return isinstance(other, Shipped) and other.fingerprint == self.fingerprint


@lru_cache(maxsize=1)
def _ready(shipped: Shipped) -> Callable[[int, int], Any]:
    """Make a job ready in a worker; kept there for the pieces that follow."""
    _keep_freed_memory()
    return shipped.job.runner()


def _keep_freed_memory() -> None:
    """Let a worker use freed memory again, rather than give it back and ask for it anew.

    dask has its workers give back every 64 kB (``MALLOC_TRIM_THRESHOLD_``). Fits free and take some
    arrays of one number a patient for each feature: fetching those pages again took a tenth of the
    time. Other allocators than glibc's are left alone.
    """
    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_TRIM_THRESHOLD, KEPT)
        mallopt(M_MMAP_THRESHOLD, KEPT)


_one_at_a_time = Lock()
"""A worker's threads share what is ready: one piece at a time, on all of them."""


def run_piece(shipped: Shipped, begin: int, end: int) -> Any:  # noqa: ANN401 - what the job gives
    """Do one piece in a worker, on as many cores as the worker has threads."""
    from distributed import get_worker  # noqa: PLC0415 - an extra

    with _one_at_a_time, on_cores(get_worker().state.nthreads):
        return _ready(shipped)(begin, end)


@dataclass(slots=True)
class Dask:
    """The workers of a dask client.

    Parameters
    ----------
    client
        A `distributed.Client`.
    """

    client: Any
    _sent: tuple[str, Any] | None = None

    @property
    def sharing(self) -> int:
        """Threads of the largest worker there is; 1 while none has come."""
        return max(self.client.nthreads().values(), default=1)

    @property
    def parts(self) -> int:
        """Some for each worker: while the last is done, no worker is idle for long."""
        return PARTS * (len(self.client.nthreads()) or TO_COME)

    def _send(self, job: Job[Any]) -> Any:  # noqa: ANN401 - a Future of dask
        """Hand a job to the scheduler, unless it has it; the job before it is let go."""
        from dask.config import set as set_config  # noqa: PLC0415 - an extra

        fingerprint = job.fingerprint()
        if self._sent is None or self._sent[0] != fingerprint:
            with set_config({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
                sent = self.client.submit(Shipped, fingerprint, job, pure=False, retries=RETRIES)
            self._sent = (fingerprint, sent)
        return self._sent[1]

    def run(
        self, job: Job[R], pieces: Sequence[tuple[int, tuple[int, int]]]
    ) -> Iterator[tuple[int, R]]:
        """Do pieces on whatever workers there are or will be, giving each as it is finished.

        Raises
        ------
        EstimationError
            When a piece was lost more often than dask tries again.
        """
        from distributed import as_completed  # noqa: PLC0415 - an extra

        shipped = self._send(job)
        waiting = iter(pieces)
        number: dict[str, int] = {}

        def submit(piece: tuple[int, tuple[int, int]]) -> Any:  # noqa: ANN401 - a Future of dask
            at, (begin, end) = piece
            future = self.client.submit(run_piece, shipped, begin, end, pure=False, retries=RETRIES)
            number[future.key] = at
            return future

        first = [submit(piece) for piece in islice(waiting, AHEAD)]
        done = as_completed(first)
        for future in done:
            if future.status != "finished":
                raise EstimationError(
                    f"piece {number[future.key]} of the scan could not be done by the workers: "
                    f"{future.exception()}. Look at the workers' logs (memory?), and run again: "
                    "finished work is kept."
                )
            yield number.pop(future.key), future.result()
            future.release()
            for piece in islice(waiting, 1):
                done.add(submit(piece))


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
