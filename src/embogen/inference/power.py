"""Schoenfeld's formula: power, required events and minimal detectable hazard ratio of a 0/1 gene.

With d events in all and a part p of the patients carrying, the log hazard ratio has about the
variance ``1 / (d p (1 - p))``. With ``s = sqrt(d p (1 - p)) |log r|`` and ``z = z(1 - a/2)`` a
two-sided test at level a is significant for the hazard ratio r with probability ``Phi(s - z) +
Phi(-s - z)``; the second term, of the wrong direction, is often left out, but makes the power at a
hazard ratio of 1 the level, as it is. The formula is one of large samples: with few carriers set
the simulation of `embogen.inference.power_simulation` beside it.

Source: Schoenfeld, Biometrics 1983;39:499 (doi 10.2307/2531021).
"""

from __future__ import annotations

import math
from typing import Final

from embogen.errors import DataError, DataProblem
from embogen.inference.bisection import root_of_rising

PLACE: Final = "power"
_INSTANT: Final = 1e-12


def schoenfeld_power(
    hazard_ratio: float, *, events: float, carrier_fraction: float, level: float = 0.05
) -> float:
    """Give the power of a two-sided test.

    Parameters
    ----------
    hazard_ratio
        Of carriers against others; 3 and 1/3 have the same power here.
    events
        Events in all, those of carriers and of others.
    carrier_fraction
        Part of the patients who carry, between 0 and 1.
    level
        Two-sided level of the test.

    Returns
    -------
    float
        Of either direction: the level at a hazard ratio of 1.

    Raises
    ------
    DataError
        Naming every number that cannot be.

    Examples
    --------
    64 events, half of the patients carrying: sqrt(64 / 4) log 2 - 1.96 = .813, Phi of it .792; at
    a hazard ratio of 1 both tails of 2.5%.

    >>> round(schoenfeld_power(2.0, events=64, carrier_fraction=0.5), 3)
    0.792
    >>> round(schoenfeld_power(1.0, events=64, carrier_fraction=0.5), 3)
    0.05
    """
    check_design(
        hazard_ratio=hazard_ratio, events=events, carrier_fraction=carrier_fraction, level=level
    )
    information = events * carrier_fraction * (1.0 - carrier_fraction)
    return _both_tails(math.sqrt(information) * abs(math.log(hazard_ratio)), _quantile(level))


def required_events(
    hazard_ratio: float, *, carrier_fraction: float, power: float = 0.8, level: float = 0.05
) -> float:
    """Give the number of events at which a hazard ratio is found with a given power.

    Parameters
    ----------
    hazard_ratio, carrier_fraction, level
        As in `schoenfeld_power`.
    power
        Wanted probability of significance.

    Returns
    -------
    float
        Not rounded; infinite at a hazard ratio of 1.

    Examples
    --------
    (1.960 + .842)^2 / (.25 log(2)^2) = 7.849 / .1201.

    >>> round(required_events(2.0, carrier_fraction=0.5), 1)
    65.3
    """
    check_design(
        hazard_ratio=hazard_ratio, carrier_fraction=carrier_fraction, power=power, level=level
    )
    effect = math.log(hazard_ratio) ** 2 * carrier_fraction * (1.0 - carrier_fraction)
    return _needed(power, level) ** 2 / effect if effect > 0.0 else math.inf


def required_patients(
    hazard_ratio: float,
    *,
    carrier_fraction: float,
    event_fraction: float,
    power: float = 0.8,
    level: float = 0.05,
) -> float:
    """Give the number of patients at which the required events are expected.

    Parameters
    ----------
    hazard_ratio, carrier_fraction, power, level
        As in `required_events`.
    event_fraction
        Part of the patients expected to have the event by the end of follow-up.

    Returns
    -------
    float
        A whole number, rounded up; infinite at a hazard ratio of 1.

    Examples
    --------
    65.3 events at 80% of patients with an event are 81.7 patients.

    >>> required_patients(2.0, carrier_fraction=0.5, event_fraction=0.8)
    82.0
    """
    check_design(event_fraction=event_fraction)
    events = required_events(
        hazard_ratio, carrier_fraction=carrier_fraction, power=power, level=level
    )
    patients = events / event_fraction
    return float(math.ceil(patients - 1e-9)) if math.isfinite(patients) else patients


def minimal_detectable_hr(
    *, events: float, carrier_fraction: float, power: float = 0.8, level: float = 0.05
) -> float:
    """Give the smallest hazard ratio above 1 that is found with a given power.

    Parameters
    ----------
    events, carrier_fraction, level
        As in `schoenfeld_power`.
    power
        Wanted probability of significance.

    Returns
    -------
    float
        Its inverse is the largest below 1.

    Examples
    --------
    31 events, 6 carriers of 35: exp(2.802 / sqrt(31 (6/35) (29/35))).

    >>> round(minimal_detectable_hr(events=31, carrier_fraction=6 / 35), 2)
    3.8
    """
    check_design(events=events, carrier_fraction=carrier_fraction, power=power, level=level)
    information = events * carrier_fraction * (1.0 - carrier_fraction)
    exponent = _needed(power, level) / math.sqrt(information)
    return math.exp(exponent) if exponent < math.log(1e300) else math.inf


def event_fraction(median: float, accrual: float, follow_up: float) -> float:
    """Give the part of the patients expected to have the event by the end of a study.

    Parameters
    ----------
    median
        Median time to the event of all patients, exponential.
    accrual
        How long patients are taken in, evenly; 0 for all at once.
    follow_up
        How long the last one is followed. All in one unit of time.

    Returns
    -------
    float
        1 - (exp(-h F) - exp(-h (F + A))) / (h A), h being log 2 over the median.

    Raises
    ------
    DataError
        Naming every number that cannot be.

    Examples
    --------
    All patients at once, followed for one median, then for two.

    >>> round(event_fraction(8.0, 0.0, 8.0), 6), round(event_fraction(8.0, 0.0, 16.0), 6)
    (0.5, 0.75)
    """
    problems = []
    for name, value, least in (
        ("median", median, False),
        ("accrual", accrual, True),
        ("follow_up", follow_up, True),
    ):
        if not (math.isfinite(value) and (value > 0.0 or (least and value == 0.0))):
            what = "a positive number" if not least else "a number from 0 up"
            problems.append(DataProblem(PLACE, f"{name}={value!r} is not {what}"))
    if not problems and accrual + follow_up == 0.0:
        problems.append(DataProblem(PLACE, "accrual and follow_up are both 0: nobody is followed"))
    if problems:
        raise DataError(problems)
    hazard = math.log(2.0) / median
    end = math.exp(-hazard * follow_up)
    if hazard * accrual < _INSTANT:
        return 1.0 - end
    return 1.0 + end * math.expm1(-hazard * accrual) / (hazard * accrual)


def check_design(**numbers: float) -> None:
    """Refuse numbers of a design that cannot be, all at once.

    Raises
    ------
    DataError
        Naming each of them.
    """
    parts = {"carrier_fraction", "event_fraction", "power", "level"}
    problems = []
    for name, value in numbers.items():
        if name == "event_fraction" and value == 1.0:
            continue
        if name in parts and not 0.0 < value < 1.0:
            message, remedy = f"{name}={value!r} is not between 0 and 1", "Write 0.05 for 5%."
        elif not (math.isfinite(value) and value > 0.0):
            message, remedy = f"{name}={value!r} is not a positive number", ""
        else:
            continue
        problems.append(DataProblem(PLACE, message, remedy))
    if problems:
        raise DataError(problems)


def _quantile(level: float) -> float:
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    return float(ndtri(1.0 - level / 2.0))


def _both_tails(shift: float, cut: float) -> float:
    """Give the probability that a normal statistic about `shift` lies beyond +-cut."""
    from scipy.special import ndtr  # noqa: PLC0415 - results load without scipy

    return float(ndtr(shift - cut) + ndtr(-shift - cut))


def _needed(power: float, level: float) -> float:
    """Give how many standard errors the effect must be away from none; 0 up to the level."""
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    if power <= level:
        return 0.0
    cut = _quantile(level)
    one_tail = float(ndtri(power)) + cut  # with the other tail it is a little too much
    return root_of_rising(lambda shift: _both_tails(shift, cut) - power, 0.0, one_tail)
