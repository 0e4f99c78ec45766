"""Limits of the profile-likelihood interval of one coefficient, as hazard ratios."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import chdtri

if TYPE_CHECKING:
    from embogen.inference.cox_problem import Problem
    from embogen.survival.supremum import Supremum

_MOST_DOUBLINGS: Final = 60


def exponential(value: float) -> float:
    """Exponentiate; infinite where the number is too large to write."""
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def profile_limits(
    problem: Problem, best: Supremum, column: int, level: float
) -> tuple[float, float]:
    """Find where the likelihood has fallen by half the chi-square quantile, on either side.

    Parameters
    ----------
    problem, best
        The regression, and its maximum or supremum.
    column
        A column that is not aliased and whose growth has one direction, if any.
    level
        Confidence level.

    Returns
    -------
    low, high
        Hazard ratios; 0 or infinite on a side where the likelihood does not fall so far, NaN
        where its maximum on the way was not found.
    """
    from embogen.survival.profile import profile_limit  # noqa: PLC0415 - scipy.optimize is slow to load
    from embogen.survival.supremum import standardise  # noqa: PLC0415 - same

    kept = np.flatnonzero(~best.aliased)  # a column left out must not come in for one held fixed
    position = int(np.flatnonzero(kept == column)[0])
    reduced = problem.with_columns(problem.X[:, kept])
    target = best.loglik - float(chdtri(1, 1.0 - level)) / 2.0

    def profile(value: float) -> float:
        found = reduced.fixed(position, value).supremum()
        return found.loglik if found.converged or not math.isfinite(found.loglik) else math.nan

    growth = int(best.growth[column])
    if not growth:
        centre = float(best.beta[column])
        unit = math.sqrt(float(best.covariance[column, column]))
        low, high = (profile_limit(profile, centre, side * unit, target) for side in (-1.0, 1.0))
        return exponential(low), exponential(high)
    unit = growth / float(standardise(problem.X[:, [column]])[1][0])
    start, step = 0.0, unit
    for _ in range(_MOST_DOUBLINGS):
        if not profile(start) < target:
            break
        start, step = start + step, 2.0 * step
    limit = exponential(profile_limit(profile, start, -unit, target))
    return (limit, math.inf) if growth > 0 else (0.0, limit)
