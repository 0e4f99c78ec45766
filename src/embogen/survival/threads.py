"""Ranges of a loop done side by side: compiled kernels release the interpreter's lock.

Plain threads rather than numba's parallel loops: those take several times as long to compile, warn
where semaphores cannot be made (a read-only ``/dev/shm``, as in many containers), and may not be
entered from two threads at once. What a range gives must not depend on where it begins.

The threads are kept: starting one takes longer than many a loop.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import contextmanager
from itertools import pairwise
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, TypeVar

from numba import config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
RANGES: Final = 4
"""Ranges for each core: one that is held up by other programs leaves the rest to the others."""
_inside = threading.local()


class Helpers:
    """Threads that wait to take part in loops, started when they are first asked for."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._started = 0
        self._starting = threading.Lock()

    def ask(self, take_part: Callable[[], None], count: int) -> None:
        """Have at most so many threads call what takes part; it must not raise.

        Where they are busy with other loops they come later, when little or nothing may be left.
        """
        with self._starting:
            while self._started < count:
                try:
                    threading.Thread(target=self._serve, daemon=True).start()
                except RuntimeError:  # the system gives no more threads
                    break
                self._started += 1
        for _ in range(min(count, self._started)):
            self._asked.put(take_part)

    def _serve(self) -> None:
        while True:
            self._asked.get()()


_helpers = Helpers()


def _begin_anew() -> None:
    """Forget the threads of a process that was copied: they were not."""
    global _helpers  # noqa: PLW0603 - one set of threads to a process
    _helpers = Helpers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


class _Loop:
    """Who takes part in a loop."""

    def __init__(self, some: Callable[[], None]) -> None:
        self._some = some
        self._inside = 0
        self._over = False
        self._changed = threading.Condition()

    def take_part(self) -> None:
        with self._changed:
            if self._over:  # this thread comes too late
                return
            self._inside += 1
        try:
            self._some()
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def end(self) -> None:
        """Let nobody else in, and wait for those who are."""
        with self._changed:
            self._over = True
            self._changed.wait_for(lambda: self._inside == 0)


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
    failed: dict[int, BaseException] = {}

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
                except BaseException as error:  # noqa: BLE001 - raised below
                    failed[part] = error
                    if not isinstance(error, Exception):  # interrupted: nobody need go on
                        todo.clear()
        finally:
            _inside.range = False

    loop = _Loop(some)
    _helpers.ask(loop.take_part, min(cores, parts) - 1)
    try:
        some()  # this thread does its part: the others may come late
    finally:
        todo.clear()  # empty already, unless this thread was interrupted: then nobody need go on
        loop.end()
    if failed:
        first = failed[min(failed)]
        raise next((error for error in failed.values() if not isinstance(error, Exception)), first)
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
