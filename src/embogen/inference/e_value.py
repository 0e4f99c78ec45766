"""E-values: how strong an unmeasured confounder would have to be to explain a hazard ratio.

Source: VanderWeele & Ding, Annals of Internal Medicine 2017;167:268 (doi 10.7326/M16-2607).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.errors import DataError, DataProblem

if TYPE_CHECKING:
    from embogen.inference.estimates import Estimate

_PLACE = "E-value"


@dataclass(frozen=True, slots=True)
class EValue:
    """E-values of a hazard ratio.

    Parameters
    ----------
    estimate
        Least risk ratio by which a confounder must be related both to the term and to the outcome,
        given all that is adjusted for, to move the estimate to 1.
    limit
        The same for the limit of the interval nearest 1; 1 where the interval holds 1, None
        without an interval.
    """

    estimate: float
    limit: float | None


def e_value(risk_ratio: float) -> float:
    """Give the E-value of a risk ratio.

    Parameters
    ----------
    risk_ratio
        Positive; below 1 its inverse is taken. May be infinite or 0: the E-value is infinite.

    Returns
    -------
    float
        RR + sqrt(RR (RR - 1)), at least 1.

    Raises
    ------
    DataError
        When the ratio is negative or not a number.

    Examples
    --------
    The example of the article, a risk ratio of 3.9 with a lower limit of 1.8.

    >>> round(e_value(3.9), 2), round(e_value(1.8), 1), e_value(1.0)
    (7.26, 3.0, 1.0)
    """
    if math.isnan(risk_ratio) or risk_ratio < 0.0:
        message = f"{risk_ratio!r} is not a ratio"
        raise DataError([DataProblem(_PLACE, message, "Give a positive number.")])
    if risk_ratio < 1.0:
        risk_ratio = 1.0 / risk_ratio if risk_ratio > 0.0 else math.inf
    return risk_ratio * (1.0 + math.sqrt(1.0 - 1.0 / risk_ratio))


def risk_ratio_of(hazard_ratio: float) -> float:
    """Give about the risk ratio a hazard ratio stands for where most patients have the event.

    Parameters
    ----------
    hazard_ratio
        Positive; 0 and infinity are allowed.

    Returns
    -------
    float
        (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR)); for an event had by more than 15% of patients.

    Examples
    --------
    A hazard ratio of 4 is (1 - 1/4) / (1 - 2^-1/2).

    >>> round(risk_ratio_of(4.0), 4), round(0.75 / (1 - 0.5**0.5), 4), risk_ratio_of(1.0)
    (2.5607, 2.5607, 1.0)
    """
    if hazard_ratio == 0.0 or math.isinf(hazard_ratio):
        return hazard_ratio
    if math.isnan(hazard_ratio) or hazard_ratio < 0.0:
        message = f"{hazard_ratio!r} is not a hazard ratio"
        raise DataError([DataProblem(_PLACE, message, "Give a positive number.")])
    half = -math.log(2.0)
    root = math.sqrt(hazard_ratio)
    return math.expm1(half * root) / math.expm1(half / root)


def e_value_of_hr(estimate: Estimate) -> EValue | None:
    """Give the E-values of a hazard ratio and of its limit nearest 1.

    Parameters
    ----------
    estimate
        A hazard ratio, of an event that is common.

    Returns
    -------
    EValue or None
        None where there is no estimate. An estimate of 0 or infinity has an infinite E-value;
        that of its limit is finite.

    Examples
    --------
    >>> from embogen.inference.estimates import Estimate, Interval
    >>> interval = Interval(0.46, 0.69, 0.95, "wald")
    >>> found = e_value_of_hr(Estimate(0.56, interval, None, "hazard_ratio"))
    >>> round(found.estimate, 2), round(found.limit, 2)
    (2.35, 1.91)
    """
    if math.isnan(estimate.value):
        return None
    interval = estimate.interval
    limit: float | None = None
    if interval is not None and not (math.isnan(interval.low) or math.isnan(interval.high)):
        nearest = 1.0
        if interval.low > 1.0 or interval.high < 1.0:
            nearest = interval.low if interval.low > 1.0 else interval.high
        limit = e_value(risk_ratio_of(nearest))
    return EValue(e_value(risk_ratio_of(estimate.value)), limit)
