"""Walk over the arrangements of one covariate until its printed rows are met.

A walk swaps the values of two patients and accepts by the distance r between the recomputed
and the printed rows, in units of rounding. A printed row fixes two numbers (the log hazard ratio
and its standard error), so the arrangements within r of q rows grow like r to the power 2q.
Accepting with weight (s + r^2)^-q makes every order of magnitude of r equally likely: the walk
neither loses itself among bad arrangements nor freezes at a near miss, and there is no temperature
to tune. s only keeps the weight finite at r = 0; it is small because the values that round to all
four printed figures may fill a small corner of each figure's own rounding interval.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.evidence.rank_fit import Fit, distance, fit_rows, room_for

if TYPE_CHECKING:
    from collections.abc import Callable

_NEAR: Final = 2
_SHUFFLING_SWAPS: Final = 12
_NOWHERE: Final = 1e300
_SOFTENING: Final = 0.01
_EVENT_MOVES: Final = 0.25


class Task(NamedTuple):
    """What one covariate must meet.

    Parameters
    ----------
    event
        (n,) events, patients in order of time.
    free_events
        Whether the walk may exchange events and censorings as well, in `event` itself.
    values
        (l, 1) value of each level of the covariate.
    own_windows
        (0 or 1, 4, 3) windows of its univariable row; see `rank_fit.distance`.
    others
        (n,) index of each patient's combination of the model's other covariates.
    model_rows
        (c * l, p) covariate row of combination o and level v at ``o * l + v``; p = 0: no model.
    printed, windows
        (m,) columns of the model with a printed row, and (m, 4, 3) their windows.
    """

    event: NDArray[np.bool_]
    free_events: bool
    values: NDArray[np.float64]
    own_windows: NDArray[np.float64]
    others: NDArray[np.int64]
    model_rows: NDArray[np.float64]
    printed: NDArray[np.int64]
    windows: NDArray[np.float64]


def _model_distance(  # noqa: PLR0917 - a compiled loop takes its arrays one by one
    event: NDArray[np.bool_],
    code: NDArray[np.int64],
    rows: NDArray[np.float64],
    printed: NDArray[np.int64],
    windows: NDArray[np.float64],
    fit: Fit,
) -> float:
    """Squared distance of a model's printed rows; the fit starts where the last one ended."""
    if not fit_rows(event, code, rows, fit):
        fit.coef[:] = 0.0
        return _NOWHERE
    total = 0.0
    for k in range(printed.size):
        j = printed[k]
        total += distance(fit.coef[j], math.sqrt(fit.covariance[j, j]), windows[k])
    return total


def _move(  # noqa: PLR0917 - a compiled loop takes its arrays one by one
    event: NDArray[np.bool_],
    column: NDArray[np.int64],
    code: NDArray[np.int64],
    turn: bool,
    i: int,
    j: int,
) -> bool:
    """Exchange the events (`turn`) or the levels of two patients; False where they are equal."""
    if turn:
        if event[i] == event[j]:
            return False
        event[i], event[j] = event[j], event[i]
        return True
    if column[i] == column[j]:
        return False
    code[i] += column[j] - column[i]
    code[j] += column[i] - column[j]
    column[i], column[j] = column[j], column[i]
    return True


def _walk(  # noqa: PLR0917 - one compiled loop, arrays one by one
    task: Task,
    column: NDArray[np.int64],
    n_steps: int,
    generator: np.random.Generator,
    found: NDArray[np.int64],
    nearest: NDArray[np.int64],
) -> tuple[int, float]:
    """Look for arrangements of a column that meet its own printed row and those of a model.

    Parameters
    ----------
    task
        What must be met.
    column
        (n,) level index of each patient; the walk moves these and leaves them where it ends.
    n_steps
        Swaps to try.
    generator
        Random numbers.
    found
        (h, n) receives the arrangements found; the walk ends when it is full.
    nearest
        (n,) receives the arrangement that came nearest.

    Returns
    -------
    n_found
        Arrangements found; one may be found more than once.
    smallest
        Smallest squared distance met.
    """
    n, n_levels = column.size, task.values.shape[0]
    n_own, has_model = task.own_windows.shape[0], task.model_rows.shape[1] > 0
    exponent = float(n_own + task.printed.size)
    code = task.others * n_levels + column
    only = np.zeros(1, np.int64)
    own = room_for(n_levels, 1)
    model = room_for(task.model_rows.shape[0], max(task.model_rows.shape[1], 1))
    current, smallest, n_found = _NOWHERE, _NOWHERE, 0
    for _ in range(n_steps):
        i, j = pair(n, generator)
        turn = task.free_events and generator.random() < _EVENT_MOVES
        if not move(task.event, column, code, turn, i, j):
            continue
        lift = (1.0 - generator.random()) ** (-1.0 / exponent)
        bound = (_SOFTENING + current) * lift - _SOFTENING
        proposed = 0.0
        if n_own > 0:
            proposed = model_distance(task.event, column, task.values, only, task.own_windows, own)
        if has_model and proposed <= bound:
            proposed += model_distance(
                task.event, code, task.model_rows, task.printed, task.windows, model
            )
        if proposed > bound:
            move(task.event, column, code, turn, i, j)
            continue
        current = proposed
        if current < smallest:
            smallest = current
            nearest[:] = column
        if current == 0.0:
            found[n_found] = column
            n_found += 1
            if n_found == found.shape[0]:
                break
            for _ in range(_SHUFFLING_SWAPS):
                i, j = pair(n, generator)
                move(task.event, column, code, False, i, j)
            current = _NOWHERE
    return n_found, smallest


def _pair(n: int, generator: np.random.Generator) -> tuple[int, int]:
    """Draw two patients: as often neighbours in time as any two."""
    i = int(generator.random() * n)
    if generator.random() < 0.5:  # noqa: PLR2004 - near and far swaps alike
        return i, min(max(i - _NEAR + int(generator.random() * (2 * _NEAR + 1)), 0), n - 1)
    return i, int(generator.random() * n)


_compiled: Final = njit(cache=True, error_model="numpy")
model_distance: Callable[..., Any] = _compiled(_model_distance)
move: Callable[..., Any] = _compiled(_move)
pair: Callable[..., Any] = _compiled(_pair)
walk: Callable[..., Any] = _compiled(_walk)
