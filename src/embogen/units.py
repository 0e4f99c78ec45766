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

UMOL_L_PER_MG_DL_BILIRUBIN: Final = 17.104
"""Micromoles per litre in one milligram per decilitre of bilirubin, of 584.66 g/mol."""


def bilirubin_umol_l(mg_dl: float) -> float:
    """Convert bilirubin from mg/dL to umol/L.

    Examples
    --------
    >>> bilirubin_umol_l(1)
    17.104
    """
    return mg_dl * UMOL_L_PER_MG_DL_BILIRUBIN


def albumin_g_l(g_dl: float) -> float:
    """Convert albumin from g/dL to g/L.

    Examples
    --------
    >>> albumin_g_l(3.5)
    35.0
    """
    return g_dl * 10


def cubic_mm_to_ml(cubic_mm: float) -> float:
    """Convert cubic millimetres to millilitres.

    Examples
    --------
    >>> cubic_mm_to_ml(1500)
    1.5
    """
    return cubic_mm / 1000
