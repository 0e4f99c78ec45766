"""The only unit conversions in embogen: every module that changes a unit imports it from here.

Times are held in days everywhere; months appear only where a result is printed.
"""

from typing import Final

DAYS_PER_YEAR: Final = 365.25
DAYS_PER_MONTH: Final = 30.4375
"""A month is one twelfth of a Julian year, 365.25 / 12 days."""


def days_to_months(days: float) -> float:
    """Convert days to months of 30.4375 days.

    Examples
    --------
    >>> round(days_to_months(365.25), 10)
    12.0
    """
    return days / DAYS_PER_MONTH


def months_to_days(months: float) -> float:
    """Convert months of 30.4375 days to days.

    Examples
    --------
    >>> months_to_days(6)
    182.625
    """
    return months * DAYS_PER_MONTH


def years_to_days(years: float) -> float:
    """Convert Julian years to days.

    Examples
    --------
    >>> years_to_days(2)
    730.5
    """
    return years * DAYS_PER_YEAR


DAYS_PER_UNIT: Final = {
    "days": 1.0,
    "weeks": 7.0,
    "months": DAYS_PER_MONTH,
    "years": DAYS_PER_YEAR,
}
"""Days in one of each time unit a data file may use."""
