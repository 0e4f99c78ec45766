"""Ranges of a loop done side by side: compiled kernels release the interpreter's lock.

Plain threads rather than numba's parallel loops: those take several times as long to compile, warn
where semaphores cannot be made (a read-only ``/dev/shm``, as in many containers), and may not be
entered from two threads at once. What a range gives must not depend on where it begins.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

from numba import config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
RANGES: Final = 4
"""Ranges for each core: one that is held up by other programs leaves the rest to the others."""
_inside = threading.local()


def spread(work: Callable[[int, int], T], size: int, least: int) -> list[T]:
    """Do ``work(begin, end)`` over ranges that together are 0 .. size, on all cores.

    Parameters
    ----------
    work
        Runs compiled code that releases the lock, and touches nothing another range writes.
    size
        Length of the loop.
    least
        Shortest range worth handing to another thread.

    Returns
    -------
    list
        What the ranges gave, in order. One range only, done here, where there is one core, little
        work, or this is itself a range of a larger loop; ranges for which no thread can be started
        are done here, too. The number of cores is numba's: those this process may use, or
        ``NUMBA_NUM_THREADS``.

    Examples
    --------
    >>> spread(lambda begin, end: end - begin, 5, 100)
    [5]
    >>> sum(spread(lambda begin, end: end - begin, 1000, 1))
    1000
    """
    cores = getattr(_inside, "cores", None)
    if cores is None:
        cores = int(config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined] # numba sets it on import
    parts = min(RANGES * cores, size // max(least, 1))
    if cores == 1 or parts <= 1 or getattr(_inside, "range", False):
        return [work(0, size)]

    edges = [size * part // parts for part in range(parts + 1)]
    todo = deque(enumerate(pairwise(edges)))
    done: dict[int, T] = {}
    failed: dict[int, Exception] = {}

    def some() -> None:
        _inside.range = True
        try:
            while todo:
                try:
                    part, (begin, end) = todo.popleft()
                except IndexError:  # another thread took the last one meanwhile
                    return
                try:
                    done[part] = work(begin, end)
                except Exception as error:  # noqa: BLE001 - raised below, the first one's
                    failed[part] = error
        finally:
            _inside.range = False

    with ThreadPoolExecutor(cores - 1) as pool:
        for _ in range(min(cores, parts) - 1):
            try:
                pool.submit(some)
            except RuntimeError:  # the system gives no more threads
                break
        try:
            some()  # this thread does its part: starting another takes as long as a short range
        except BaseException:  # interrupted: the others need not go on
            todo.clear()
            raise
    if failed:
        raise failed[min(failed)]
    return [done[part] for part in range(parts)]


@contextmanager
def on_cores(cores: int | None) -> Iterator[None]:
    """Let loops begun in this thread use so many cores; None for as many as there are.

    Examples
    --------
    >>> with on_cores(1):
    ...     spread(lambda begin, end: end - begin, 1000, 1)
    [1000]
    """
    before = getattr(_inside, "cores", None)
    _inside.cores = cores
    try:
        yield
    finally:
        _inside.cores = before
