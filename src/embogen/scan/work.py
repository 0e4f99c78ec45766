"""Who does the work of a scan, and what work is: a job that can be done piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from numba import config

from embogen.survival.threads import on_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

R = TypeVar("R")
Given_co = TypeVar("Given_co", covariant=True)


class Job(Protocol[Given_co]):
    """Work over 0 .. size in pieces, none of which depends on another or on who does it."""

    def fingerprint(self) -> str:
        """Hash what the pieces depend on; workers know a job by it."""
        ...

    def runner(self) -> Callable[[int, int], Given_co]:
        """Make ready to do pieces begin .. end; what is made ready serves all of them."""
        ...


class Backend(Protocol):
    """Who does the pieces."""

    @property
    def sharing(self) -> int:
        """Threads that share one piece; a piece should hold some work for each."""
        ...

    @property
    def parts(self) -> int:
        """Parts that features should be divided into, so that all who work end together."""
        ...

    def run(
        self, job: Job[R], pieces: Sequence[tuple[int, tuple[int, int]]]
    ) -> Iterator[tuple[int, R]]:
        """Do (number, range) pieces, giving what each gave with its number, in any order."""
        ...


@dataclass(frozen=True, slots=True)
class Threads:
    """Work in this process: piece after piece, each on all threads.

    Parameters
    ----------
    cores
        Threads to use; None for all this process may use, 1 for none beside this one.
    """

    cores: int | None = None

    @property
    def sharing(self) -> int:
        """Threads that share one piece."""
        # numba sets the number on import; its stubs do not know
        return self.cores or int(config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]

    @property
    def parts(self) -> int:
        """One: threads share each piece, and end it together."""
        return 1

    def run(
        self, job: Job[R], pieces: Sequence[tuple[int, tuple[int, int]]]
    ) -> Iterator[tuple[int, R]]:
        """Do pieces in order."""
        do = job.runner()
        for number, (begin, end) in pieces:
            with on_cores(self.cores):
                done = do(begin, end)
            yield number, done
