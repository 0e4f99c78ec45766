"""Axes: from data to points, linear or logarithmic, with round tick marks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear or logarithmic map from data to points.

    Examples
    --------
    >>> Scale(0, 10, 100, 200)(5), Scale(1, 16, 0, 4, log=True)(4)
    (150.0, 2.0)
    """

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the position of a value."""
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        share = (value - low) / (high - low)
        return self.start + share * (self.stop - self.start)


_STEPS: Final = {
    "days": (7, 14, 30, 60, 90, 180, 365, 730, 1460),
    "months": (1, 2, 3, 6, 12, 24, 36, 60, 120),
    "years": (0.25, 0.5, 1, 2, 5, 10, 20),
}
_MOST_TICKS: Final = 8
_MOST_LEVELS: Final = 6


def time_ticks(longest: float, unit: str) -> tuple[float, ...]:
    """Round time marks from 0 to at least the longest time, at most nine of them.

    Examples
    --------
    >>> time_ticks(23, "months")
    (0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0)
    >>> time_ticks(0, "months")
    (0.0, 1.0)
    """
    steps = _STEPS.get(unit, _STEPS["months"])
    step = float(next((s for s in steps if longest / s <= _MOST_TICKS), steps[-1]))
    while longest / step > _MOST_TICKS:
        step *= 2
    count = max(math.ceil(longest / step - 1e-9), 1)
    return tuple(step * k for k in range(count + 1))


def ratio_ticks(low: float, high: float) -> tuple[float, ...]:
    """Round ratio marks within an interval, always with 1, about nine at most.

    Examples
    --------
    >>> ratio_ticks(0.4, 22)
    (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1, 3), (1,)):
        marks = [d * 10.0**power for power in range(first, last + 1) for d in digits]
        inside = [mark for mark in marks if low * 0.999 <= mark <= high * 1.001]
        if len(inside) <= _MOST_TICKS:
            break
    return tuple(sorted({*inside, 1.0}))


def level_ticks(highest: float) -> tuple[float, ...]:
    """Round marks from 0 to at least the highest value, at most seven of them.

    Examples
    --------
    >>> level_ticks(2.3), level_ticks(0.0)
    ((0.0, 0.5, 1.0, 1.5, 2.0, 2.5), (0.0, 1.0))
    """
    if highest <= 0:
        return (0.0, 1.0)
    power = math.floor(math.log10(highest)) - 1
    steps = [digit * 10.0 ** (power + more) for more in (0, 1, 2) for digit in (1, 2, 5)]
    step = next(s for s in steps if highest / s <= _MOST_LEVELS)
    count = math.ceil(highest / step - 1e-9)
    return tuple(round(step * k, max(1 - power, 0)) for k in range(count + 1))


def tick_text(value: float) -> str:
    """Print a tick mark as short as it can be.

    Examples
    --------
    >>> tick_text(12.0), tick_text(0.25), tick_text(1000.0)
    ('12', '0.25', '1,000')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"
