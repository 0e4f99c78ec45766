"""Nelson-Aalen cumulative hazard, with the two usual treatments of ties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    Floats = NDArray[np.float64]


def nelson_aalen(n_risk: Floats, n_event: Floats, *, spread_ties: bool) -> tuple[Floats, Floats]:
    """Give the cumulative hazard and its variance just after each time.

    Parameters
    ----------
    n_risk, n_event
        (m,) at risk just before, and events at, ascending times.
    spread_ties
        False: tied events happen together, increment d / Y, variance d / Y^2 (Nelson, Aalen;
        Ann Stat 1978;6:701). True: one after another, increment sum over l < d of 1 / (Y - l)
        and its squares (Fleming & Harrington, 1984); needs whole numbers.

    Returns
    -------
    hazard, variance
        (m,) each.

    Examples
    --------
    >>> at_risk, events = np.array([4.0, 2.0]), np.array([1.0, 2.0])
    >>> hazard, variance = nelson_aalen(at_risk, events, spread_ties=True)
    >>> hazard.tolist(), variance.tolist()
    ([0.25, 1.75], [0.0625, 1.3125])
    """
    if spread_ties:
        steps, variances = np.zeros(len(n_risk)), np.zeros(len(n_risk))
        most = int(n_event.max()) if len(n_event) else 0
        for step in range(most):
            tied = n_event > step
            part = 1.0 / (n_risk[tied] - step)
            steps[tied] += part
            variances[tied] += part * part
    else:
        happened = n_event > 0
        steps = np.divide(n_event, n_risk, out=np.zeros(len(n_risk)), where=happened)
        variances = np.divide(steps, n_risk, out=np.zeros(len(n_risk)), where=happened)
    return np.cumsum(steps), np.cumsum(variances)
