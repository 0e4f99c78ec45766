"""Search for a cohort whose Cox rows round to the printed ones.

Only the order of times and which of them are events enter a Cox model, so the unknowns are a
pattern of events over the ranks and an arrangement of every covariate over the same ranks. The
first covariate is placed together with the pattern; for a given pattern the others are placed one
after the other, the last of the multivariable model meeting its own row and the model's together.
A pattern that admits no arrangement of one covariate is dropped and another drawn. The cohort found
is one of very many: it says nothing about the patients behind the publication beyond what was
printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from embogen.errors import PlanError, PlanProblem
from embogen.evidence.comparison import Comparison
from embogen.evidence.constraints import Covariate, fewest_events
from embogen.evidence.recompute import recompute
from embogen.evidence.tasks import Problem, task_for
from embogen.evidence.walk import walk

if TYPE_CHECKING:
    from embogen.evidence.targets import Targets

_STEPS: Final = 1_000_000
_PIECES_ALONE: Final = 4
_PIECES_JOINT: Final = 40
_WANTED: Final = 8
_UNMET: Final = 1e300


@dataclass(frozen=True, slots=True, eq=False)
class CompactCohort:
    """A cohort reduced to what Cox models see; patients stand in order of time, without ties.

    Parameters
    ----------
    event
        (n,) whether the time is an event.
    covariates
        Name to (n,) values: 0 and 1 for a gene, the level for a scale.
    """

    event: NDArray[np.bool_]
    covariates: Mapping[str, NDArray[np.float64]]

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.event)

    @property
    def n_events(self) -> int:
        """Number of events."""
        return int(self.event.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruction:
    """What a search found.

    Parameters
    ----------
    cohort
        The cohort; the nearest one where none fits.
    comparison
        Every printed figure of the models beside the one `fit_cox` gives for the cohort.
    fits
        Whether all of them round to the printed digits.
    n_cohorts
        Distinct cohorts that fit and differ in covariates only; a lower bound of how many there
        are. 0 when none was found.
    n_starts
        Patterns of events tried.
    seconds
        Time taken.
    """

    cohort: CompactCohort
    comparison: Comparison
    fits: bool
    n_cohorts: int
    n_starts: int
    seconds: float


@dataclass(slots=True)
class _State:
    """One pattern of events and what was found for it so far.

    `met` counts the covariates placed as printed; `distance` is that of the first that was not.
    """

    event: NDArray[np.bool_]
    columns: dict[str, NDArray[np.int64]]
    n_cohorts: int = 1
    met: int = 0
    distance: float = 0.0


@dataclass(frozen=True, slots=True)
class _Clock:
    """When to stop."""

    began: float
    seconds: float | None

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    @property
    def is_over(self) -> bool:
        return self.seconds is not None and self.elapsed >= self.seconds


def reconstruct(
    targets: Targets,
    *,
    rng: np.random.Generator,
    starts: int | None = None,
    event_counts: Sequence[int] | None = None,
    max_seconds: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> Reconstruction:
    """Search for a cohort that fits the printed Cox rows.

    Parameters
    ----------
    targets
        The printed figures. The counts of the cohort are met exactly.
    rng
        Random numbers; the same generator state and no time limit give the same cohort.
    starts
        Patterns of events to try at most; None for no limit.
    event_counts
        Numbers of events to draw from; by default from the fewest that the printed intervals
        allow to all patients but one.
    max_seconds
        Stop after about this long; None for no limit.
    progress
        Called with a line of text now and then.

    Returns
    -------
    Reconstruction
        With the nearest cohort, and `fits` False, where the limits came first.

    Raises
    ------
    PlanError
        When the number of events asked for cannot be, or no limit and no hope is given.
    DataError
        When a covariate's counts do not add up to the cohort.
    """
    problem = Problem.of(targets)
    counts = _event_counts(targets, problem.covariates, event_counts)
    clock = _Clock(time.monotonic(), max_seconds)
    best: _State | None = None
    tried = 0
    while (starts is None or tried < starts) and (best is None or not clock.is_over):
        tried += 1
        if progress is not None:
            progress(_stage(problem, best, tried, clock))
        state = _search(problem, _draw_events(problem.n, counts, rng), rng, clock)
        if best is None or (-state.met, state.distance) < (-best.met, best.distance):
            best = state
        if best.met == len(problem.order):
            break
    if best is None:
        raise PlanError([PlanProblem("starts", "is 0", "Allow at least one pattern of events.")])
    for name in problem.order:
        if name not in best.columns:  # so that the nearest cohort is a whole one
            _place(problem, best, name, rng, lambda _piece: True)
    return _result(targets, problem, best, tried, clock.elapsed)


def _stage(problem: Problem, best: _State | None, tried: int, clock: _Clock) -> str:
    if best is None:
        return "preparing the search"
    placed = f"{best.met} of {len(problem.order)} covariates placed"
    return f"pattern {tried} of events, {clock.elapsed:.0f} s; at best {placed}"


def _result(
    targets: Targets, problem: Problem, best: _State, tried: int, seconds: float
) -> Reconstruction:
    values = {name: problem.covariates[name].values[best.columns[name]] for name in problem.order}
    cohort = CompactCohort(best.event, values)
    comparison = recompute(targets, best.event, values)
    fits = comparison.n_agreeing == len(comparison.figures)
    return Reconstruction(cohort, comparison, fits, best.n_cohorts if fits else 0, tried, seconds)


def _event_counts(
    targets: Targets, covariates: Mapping[str, Covariate], asked: Sequence[int] | None
) -> list[int]:
    n = int(targets.cohort.n)
    fewest = fewest_events(targets, covariates)
    if asked is None:
        return list(range(min(fewest, n), max(n, fewest + 1)))[: max(n - fewest, 1)]
    possible = [count for count in asked if fewest <= count <= n]
    if not possible:
        message = f"none of {sorted(asked)} events can give the printed intervals"
        remedy = f"They need at least {fewest} events among {n} patients."
        raise PlanError([PlanProblem("event_counts", message, remedy)])
    return possible


def _draw_events(n: int, counts: Sequence[int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw which ranks are events; censoring is as likely late as anywhere, or likelier."""
    n_events = int(rng.choice(counts))
    lateness = np.arange(1.0, n + 1) ** rng.uniform(0.0, 1.0)
    event = np.ones(n, dtype=np.bool_)
    event[rng.choice(n, n - n_events, replace=False, p=lateness / lateness.sum())] = False
    return event


def _search(
    problem: Problem, event: NDArray[np.bool_], rng: np.random.Generator, clock: _Clock
) -> _State:
    """Place one covariate after the other on a pattern of events; stop at the first that fails."""
    state = _State(event, {})
    for name in problem.order:
        closes = name == problem.order[-1] and bool(problem.joint)
        pieces = _PIECES_JOINT if closes else _PIECES_ALONE
        n_found, distance = _place(problem, state, name, rng, partial(_enough, clock, pieces))
        if not n_found:
            state.distance = distance
            break
        state.met += 1
        if closes or name not in problem.model:
            state.n_cohorts *= n_found
    return state


def _enough(clock: _Clock, limit: int, piece: int) -> bool:
    return piece >= limit or clock.is_over


def _place(
    problem: Problem,
    state: _State,
    name: str,
    rng: np.random.Generator,
    enough: Callable[[int], bool],
) -> tuple[int, float]:
    """Walk one covariate until it fits or `enough` pieces were walked; keep the nearest.

    Returns
    -------
    n_found, distance
        Distinct arrangements that fit, and the smallest squared distance.
    """
    column = rng.permutation(problem.covariates[name].levels())
    state.columns[name] = column.copy()
    if name in problem.unprinted:
        return 1, 0.0
    task = task_for(problem, state.event, state.columns, name)
    frees = problem.frees_events(name)
    found = np.zeros((1 if frees else _WANTED, problem.n), dtype=np.int64)
    distance = _UNMET
    for piece in count(1):
        nearest = column.copy()
        n_found, smallest = walk(task, column, _STEPS, rng, found, nearest)
        if smallest < distance or frees:  # the events of a free walk are those it ended with
            distance = float(smallest)
            state.columns[name] = column.copy() if frees else nearest
        if n_found:
            return len(np.unique(found[:n_found], axis=0)), 0.0
        if enough(piece):
            break
    return 0, distance
