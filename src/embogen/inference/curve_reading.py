"""Reading a step curve at a time, and choosing the months at which tables read curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.inference.estimates import Estimate, Interval
from embogen.units import months_to_days

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embogen.inference.estimates import Scale

REPORTED_MONTHS: Final = (6.0, 12.0, 24.0)
"""When curves are read for tables and the long table."""


class Steps(NamedTuple):
    """A curve that changes at ascending times, with its limits.

    Attributes
    ----------
    time, value, low, high
        (m,) days, and the curve and its limits just after each.
    start
        Its value before the first time.
    """

    time: NDArray[np.float64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    start: float


def read_at(steps: Steps, days: float, *, method: str, level: float, scale: Scale) -> Estimate:
    """Give a curve just after a day, with its interval.

    Returns
    -------
    Estimate
        NaN beyond the last time observed: nothing is known there. Without interval before the
        first.

    Examples
    --------
    >>> days = np.array([10.0, 20.0])
    >>> steps = Steps(days, np.array([0.8, 0.5]), np.zeros(2), np.ones(2), 1.0)
    >>> found = [read_at(steps, t, method="log", level=0.95, scale="days") for t in (5, 12, 21)]
    >>> [item.value for item in found]
    [1.0, 0.8, nan]
    """
    position = int(np.searchsorted(steps.time, days, side="right")) - 1
    if not len(steps.time) or days > steps.time[-1]:
        return Estimate(math.nan, None, None, scale)
    if position < 0:
        return Estimate(steps.start, None, None, scale)
    low, high = float(steps.low[position]), float(steps.high[position])
    return Estimate(float(steps.value[position]), Interval(low, high, level, method), None, scale)


def months_followed(times: Iterable[NDArray[np.float64]]) -> tuple[float, ...]:
    """Choose the months at which to read curves: of 6, 12 and 24 those some group was followed to.

    Parameters
    ----------
    times
        For each curve its (m,) ascending times in days.

    Examples
    --------
    >>> months_followed([np.array([100.0, 200.0]), np.array([400.0])])
    (6.0, 12.0)
    """
    longest = max((float(time[-1]) for time in times if time.size), default=0.0)
    return tuple(month for month in REPORTED_MONTHS if months_to_days(month) <= longest)
