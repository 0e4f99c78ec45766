"""`Ratio`: a ratio that is not one of hazards, with its interval and p-value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from embogen.inference.estimates import Interval


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with its interval and p-value (against a ratio of 1).

    Parameters
    ----------
    value
        The ratio; 0 or infinite where the data say so, NaN where it does not exist.
    interval
        Its confidence interval, or None.
    p_value, p_method
        Two-sided p-value and the test behind it, or None.
    of
        What is divided: ``restricted_mean`` or ``odds``.
    """

    value: float
    interval: Interval | None
    p_value: float | None
    p_method: str | None
    of: Literal["restricted_mean", "odds"]
