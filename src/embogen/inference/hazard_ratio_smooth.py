"""How a log hazard ratio runs through time: a spline through scaled Schoenfeld residuals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    Floats = NDArray[np.float64]

DEGREES: Final = 4
"""Degrees of freedom of the spline, as R's plot of cox.zph."""
POINTS: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class HazardRatioCurve:
    """The log hazard ratio of one term over time.

    Parameters
    ----------
    label
        Label of the term.
    time
        (m,) days, ascending, from the first event to the last.
    coef, ci_low, ci_high
        (m,) log hazard ratio and its pointwise limits.
    constant
        The log hazard ratio of the model, which takes it as constant.
    level
        Confidence level of the limits.
    """

    label: str
    time: NDArray[np.float64]
    coef: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    constant: float
    level: float


def natural_spline(x: Floats, knots: Floats) -> Floats:
    """Give a basis of natural cubic splines: cubic between knots, linear beyond the outer ones.

    Parameters
    ----------
    x
        (n,) values.
    knots
        (k,) ascending, the outer ones included.

    Returns
    -------
    (n, k)
        1, x, and k - 2 differences of truncated cubics (Hastie, Tibshirani & Friedman, The Elements
        of Statistical Learning, 2009, equation 5.4).

    Examples
    --------
    >>> natural_spline(np.array([0.0, 2.0]), np.array([0.0, 1.0, 2.0])).tolist()
    [[1.0, 0.0, 0.0], [1.0, 2.0, 3.0]]
    """
    last = knots[-1]

    def truncated(knot: float) -> Floats:
        cubes = np.maximum(x - knot, 0.0) ** 3 - np.maximum(x - last, 0.0) ** 3
        result: Floats = cubes / (last - knot)
        return result

    base = truncated(float(knots[-2]))
    return np.column_stack(
        [np.ones_like(x), x, *(truncated(float(knot)) - base for knot in knots[:-2])]
    )


def smooth(
    label: str,
    events: tuple[Floats, Floats, Floats],
    constant: float,
    variance: float,
    level: float,
) -> HazardRatioCurve | None:
    """Fit a natural spline of four degrees of freedom through scaled Schoenfeld residuals.

    Parameters
    ----------
    label
        Label of the term.
    events
        (d,) times, transformed times, scaled residuals.
    constant, variance
        Coefficient of the term, and its variance.
    level
        Confidence level.

    Returns
    -------
    HazardRatioCurve or None
        None where fewer than eight events, or five different times, would carry the spline.

    Notes
    -----
    As R's ``plot(cox.zph(fit))``, with knots at the ends and thirds of the events' transformed
    times: least squares, standard error from the variance d var(coef) of a residual.
    """
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    time, g, residual = events
    if len(time) < 2 * DEGREES or len(np.unique(g)) <= DEGREES:
        return None
    low, high = float(g.min()), float(g.max())
    x = (g - low) / (high - low)
    knots = np.quantile(x, np.linspace(0.0, 1.0, DEGREES))
    if len(np.unique(knots)) < DEGREES:
        return None
    at = np.linspace(float(time.min()), float(time.max()), POINTS)
    order = np.argsort(time, kind="stable")
    where = np.interp(at, time[order], x[order])
    basis, wanted = natural_spline(x, knots), natural_spline(where, knots)
    if np.linalg.matrix_rank(basis) < DEGREES:
        return None
    solved = np.linalg.pinv(basis)
    fitted = wanted @ (solved @ residual)
    leverage = ((wanted @ (solved @ solved.T)) * wanted).sum(axis=1)
    half = float(ndtri(0.5 + level / 2)) * np.sqrt(len(time) * variance * leverage)
    if not math.isfinite(float(half.sum())):
        return None
    return HazardRatioCurve(label, at, fitted, fitted - half, fitted + half, constant, level)
