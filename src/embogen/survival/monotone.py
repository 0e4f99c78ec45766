"""Monotone likelihood: along which directions the partial likelihood rises for ever.

A direction v never lowers the likelihood exactly when at every event time each event has the
largest v'x of its risk set (in discrete time: of those at risk who do not have the event then).
Such directions form a cone, found by linear programming over the pairs (event, row at risk), of
which only those a trial direction violates are written down.
Along a direction inside the cone the likelihood tends to that of the same data stratified by v'x,
because rows with a smaller v'x drop out of the denominators. Sources: Albert & Anderson,
Biometrika 1984;71:1; Heinze & Schemper, Biometrics 2001;57:114.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit
from scipy.optimize import linprog

from embogen.survival.exact_ties import EXACT, likelihood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

PAIR_TOLERANCE: Final = 1e-9
"""Of the longest row: above what the linear programme's own accuracy (1e-10) leaves, and far below
what one unusual row among ordinary ones can hide (columns of 1 beside one value of 333,333)."""
LEVEL_TOLERANCE: Final = 1e-8
DIRECTION_TOLERANCE: Final = 1e-6
MAX_ROUNDS: Final = 200


@njit(cache=True)
def dominated_events(sets: RiskSets, value: Floats, tolerance: float, discrete: bool) -> Ints:
    """Find events whose value is below that of a row at risk with them.

    Parameters
    ----------
    sets
        The outcome.
    value
        (n,) in walking order.
    tolerance
        A difference up to this is none.
    discrete
        Whether tied events are compared with others only, not with each other.

    Returns
    -------
    (m, 2) int64
        Positions of an event and of the row with the largest value at risk, at most one pair
        for each tie group.
    """
    pairs = np.empty((sets.group_end.size, 2), dtype=np.int64)
    found = 0
    first, begin, group = 0, 0, 0
    delayed = sets.leaves_end.size > 0
    for last in sets.stratum_end:
        best = -1
        while group < last:
            end, d = sets.group_end[group], sets.group_deaths[group]
            if delayed and d > 0:
                best = -1
                for i in range(first, end):
                    present = sets.entry[i] < sets.group_time[group]
                    present = present and not (discrete and begin <= i < begin + d)
                    if present and (best < 0 or value[i] > value[best]):
                        best = i
            elif not delayed:
                for i in range(begin + d if discrete else begin, end):
                    if best < 0 or value[i] > value[best]:
                        best = i
            if d > 0 and best >= 0:
                worst = begin
                for i in range(begin, begin + d):
                    if value[i] < value[worst]:
                        worst = i
                if value[worst] < value[best] - tolerance:
                    pairs[found, 0], pairs[found, 1] = worst, best
                    found += 1
            if discrete and not delayed:
                for i in range(begin, begin + d):
                    if best < 0 or value[i] > value[best]:
                        best = i
            begin = end
            group += 1
        first = begin
    return pairs[:found]


class Cone:
    """Directions along which the likelihood never falls, known through the pairs met so far.

    Parameters
    ----------
    sets
        The outcome.
    X
        (n, p) in walking order, columns of order 1.
    discrete
        Whether ties are those of discrete time.
    """

    def __init__(self, sets: RiskSets, X: Floats, discrete: bool) -> None:
        self._sets = sets
        self._discrete = discrete
        self._X = X
        self._rows = np.empty((0, X.shape[1]))
        self._tolerance = PAIR_TOLERANCE * float(np.linalg.norm(X, axis=1).max(initial=0.0))

    def extreme(self, objective: Floats) -> Floats | None:
        """Maximise a linear function of v over the cone within the box -1 <= v <= 1.

        Returns
        -------
        (p,) or None
            None when the pairs to be written down were too many to finish.
        """
        for _ in range(MAX_ROUNDS):
            v = self._trial(objective)
            if v is None:
                return None
            value = self._X @ v
            spread = float(np.ptp(value)) if len(value) else 0.0
            if spread <= DIRECTION_TOLERANCE:
                return np.zeros_like(v)
            pairs = dominated_events(self._sets, value, self._tolerance, self._discrete)
            if not len(pairs):
                return v
            self._rows = np.vstack([self._rows, self._X[pairs[:, 0]] - self._X[pairs[:, 1]]])
        return None

    def _trial(self, objective: Floats) -> Floats | None:
        # Near-feasible vertices would be cut off only by ever smaller margins: scale each pair
        # to length 1 and ask the solver for more than its default accuracy.
        lengths = np.linalg.norm(self._rows, axis=1, keepdims=True)
        rows = self._rows / np.where(lengths > 0, lengths, 1.0)
        answer = linprog(
            -objective,
            A_ub=-rows if len(rows) else None,
            b_ub=np.zeros(len(rows)) if len(rows) else None,
            bounds=(-1.0, 1.0),
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        return np.asarray(answer.x, dtype=np.float64) if answer.status == 0 else None

    def growth(self) -> NDArray[np.int8] | None:
        """Say for each coefficient where the likelihood's supremum lies.

        Returns
        -------
        (p,) int8 or None
            1: at +infinity, -1: at -infinity, 0: at a finite value, 2: at either infinity (the
            data do not say). None when a linear programme was not finished.
        """
        p = self._X.shape[1]
        out = np.zeros(p, dtype=np.int8)
        for k in range(p):
            reached = []
            for sign in (1.0, -1.0):
                objective = np.zeros(p)
                objective[k] = sign
                v = self.extreme(objective)
                if v is None:
                    return None
                reached.append(sign * v[k] > DIRECTION_TOLERANCE)
            up, down = reached
            out[k] = 2 if up and down else int(up) - int(down)
        return out


def levels_along(sets: RiskSets, X: Floats, discrete: bool) -> Ints | None:
    """Divide the rows by their value along a direction in which the likelihood rises for ever.

    Parameters
    ----------
    sets, X
        The outcome and (n, p) covariates in walking order, columns of order 1.
    discrete
        Whether ties are those of discrete time.

    Returns
    -------
    (n,) int64 or None
        Level of each row, in walking order; None when there is no such direction (the likelihood
        has a maximum), or none was verified.
    """
    p = X.shape[1]
    if p == 0:
        return None
    # Along v every pair (event, at risk) adds something >= 0 to v'score at zero, so the score
    # is an objective that is positive exactly on the directions sought.
    _, score, _ = likelihood(sets, X, np.zeros(p), np.empty(0), EXACT if discrete else 0.0)
    size = float(np.abs(score).max())
    if not size > 0.0:
        return None
    v = Cone(sets, X, discrete).extreme(score / size)
    if v is None or not float(score @ v) / size > DIRECTION_TOLERANCE * DIRECTION_TOLERANCE:
        return None
    value = X @ v
    order = np.argsort(value, kind="stable")
    jumps = np.diff(value[order]) > LEVEL_TOLERANCE * np.ptp(value)
    level = np.empty(len(value), dtype=np.int64)
    level[order] = np.concatenate([[0], np.cumsum(jumps)])
    if len(dominated_events(sets, level.astype(np.float64), 0.0, discrete)):
        return None
    return level
