"""Restricted mean survival time: the area under a step curve, and its variance.

With S the Kaplan-Meier curve and A(t) its area from t to tau (Andersen, Hansen & Keiding, Scand J
Stat 1991;18:149; Klein & Moeschberger, Survival Analysis, 2003, eq. 4.5.3)::

    RMST(tau) = A(0),    Var = sum over event times t <= tau of A(t)^2 d / (Y (Y - d))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    Floats = NDArray[np.float64]


def restricted_mean(
    time: Floats, n_risk: Floats, n_event: Floats, tau: float
) -> tuple[float, float]:
    """Give the restricted mean survival time up to `tau` and its variance.

    Parameters
    ----------
    time
        (m,) distinct times, ascending.
    n_risk, n_event
        (m,) at risk just before, and events at, each time.
    tau
        Horizon, above 0; where it lies beyond the last time the curve is taken as flat.

    Returns
    -------
    mean, variance
        In the unit of `time`, and its square.

    Examples
    --------
    Events at 1 and 3 of two patients: S is 1, 1/2, 0, so the area to 4 is 1 + 2 / 2 = 2, and the
    variance (2 / 2)^2 / (2 * 1) = 1/2.

    >>> restricted_mean(np.array([1.0, 3.0]), np.array([2.0, 1.0]), np.array([1.0, 1.0]), 4.0)
    (2.0, 0.5)
    """
    inside = time <= tau
    t, Y, d = time[inside], n_risk[inside], n_event[inside]
    factor = np.divide(Y - d, Y, out=np.ones(len(t)), where=d > 0)
    S = np.cumprod(np.maximum(factor, 0.0))
    areas = S * np.diff(np.append(t, tau))
    ahead = np.cumsum(areas[::-1])[::-1]
    first = t[0] if len(t) else tau
    # where Y = d the curve is 0 from there on, and so is the area ahead: the term is 0
    hazard = np.divide(d, Y * (Y - d), out=np.zeros(len(t)), where=(d > 0) & (d < Y))
    mean = first + (ahead[0] if len(t) else 0.0)
    return float(mean), float(np.sum(ahead**2 * hazard))
