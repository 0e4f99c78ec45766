"""The smallest results: an interval, an estimate, a test. Full precision, no display strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

MEDIAN: Final = 0.5

Scale = Literal[
    "hazard_ratio", "log_hazard_ratio", "probability", "days", "months", "kappa", "hazard"
]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; an end may be infinite (one-sided) and is then printed so.

    Parameters
    ----------
    low, high
        Limits on the scale of the estimate; ``-inf``/``inf`` (or 0/inf for a ratio) where the
        data bound only one side; NaN where a limit does not exist.
    level
        Confidence level, 0.95 for 95%.
    method
        How it was made: ``wald``, ``profile_likelihood``, ``clopper_pearson``, ``log-log``.
    """

    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval and p-value.

    Parameters
    ----------
    value
        The estimate; NaN where it does not exist (a median not reached).
    interval
        Its confidence interval, or None.
    p_value
        Two-sided p-value, or None.
    scale
        What is estimated.
    p_method
        Test behind `p_value`: ``wald``, ``likelihood_ratio``, ``score``.
    """

    value: float
    interval: Interval | None
    p_value: float | None
    scale: Scale
    p_method: str | None = None


@dataclass(frozen=True, slots=True)
class TimeQuantile:
    """The time by which a fraction of the patients has had the event: 0.5 for the median."""

    fraction: float
    time: Estimate


@dataclass(frozen=True, slots=True)
class SignificanceTest:
    """A test statistic with its reference distribution's degrees of freedom and its p-value."""

    method: str
    statistic: float
    df: float | None
    p_value: float
