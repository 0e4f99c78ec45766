"""Make ready who does the work: this process, or the workers of a cluster."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from embogen.errors import PlanError, PlanProblem
from embogen.scan.work import Threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embogen.scan.work import Backend


@contextmanager
def backend_of(
    *, threads: int | None = None, local_cluster: int | None = None, cluster: str | None = None
) -> Iterator[Backend]:
    """Make a backend ready, and end what was started for it.

    Parameters
    ----------
    threads
        Threads of this process.
    local_cluster
        Number of worker processes to start on this machine.
    cluster
        Address of a dask scheduler that is running.

    Raises
    ------
    PlanError
        When more than one is asked for, a number is not positive, dask.distributed is not
        installed, or nothing answers at the address.

    Examples
    --------
    >>> with backend_of(threads=1) as backend:
    ...     backend
    Threads(cores=1)
    """
    asked = {"--threads": threads, "--local-cluster": local_cluster, "--cluster": cluster}
    given = [name for name, value in asked.items() if value is not None]
    if len(given) > 1:
        message = f"{' and '.join(given)} are ways to do one thing"
        raise PlanError([PlanProblem("command", message, "Give one of them.")])
    for name, value in asked.items():
        if isinstance(value, int) and value < 1:
            raise PlanError([PlanProblem("command", f"{name} {value} is no number of them")])
    if local_cluster is None and cluster is None:
        yield Threads(threads)
        return
    from embogen.scan.distributed import connected  # noqa: PLC0415 - dask is an extra, and slow to load

    with connected(workers=local_cluster, address=cluster) as backend:
        yield backend
