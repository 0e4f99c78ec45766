"""How numbers are printed: the one place where anything is rounded for a reader.

Results are held at full precision; tables and figures call these functions at the last moment.
"""

from __future__ import annotations

import math
from typing import Final

NOT_REACHED: Final = "NR"
NOT_ESTIMABLE: Final = "not estimable"
NOTHING: Final = "\u2013"
"""Printed where a cell has no content by nature (no test was made, nobody was observed)."""

_SMALLEST_P: Final = 1e-5
_LEAST_TOLD: Final = 1e-300
_SUPERSCRIPTS: Final = str.maketrans(
    "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)
_CONVENTIONAL_P: Final = 0.05
_LARGEST_P: Final = 0.995
_SMALLEST_RATIO: Final = 0.005
_WIDE_RATIO: Final = 100
_HUGE_RATIO: Final = 1e6
_FEW: Final = 200
_MAX_DECIMALS: Final = 4


def format_p(p_value: float | None) -> str:
    """Print a p-value with two significant digits.

    A p-value below 0.05 is never printed as ``0.050``: digits are added until the printed number
    stands on its own side of 0.05.

    Examples
    --------
    >>> [format_p(p) for p in (0.00038, 0.0853, 0.04996, 0.213, 0.9991, 3e-9, None)]
    ['0.00038', '0.085', '0.04996', '0.21', '>0.99', '<0.00001', '\u2013']
    """
    if p_value is None or math.isnan(p_value):
        return NOTHING
    if p_value < _SMALLEST_P:
        return "<0.00001"
    if p_value >= _LARGEST_P:
        return ">0.99"
    for digits in range(2, 8):
        text = _significant(p_value, digits)
        if (float(text) < _CONVENTIONAL_P) == (p_value < _CONVENTIONAL_P):
            break
    return text


def format_small_p(p_value: float | None) -> str:
    """Print a p-value as `format_p` does, but as a power of ten where that says only ``<``.

    Scans of thousands of features judge p-values by thresholds far below 0.00001.

    Examples
    --------
    >>> format_small_p(0.0853), format_small_p(3.21e-12), format_small_p(0.0)
    ('0.085', '3.2\u00d710\u207b\u00b9\u00b2', '<10\u207b\u00b3\u2070\u2070')
    """
    if p_value is None or not p_value < _SMALLEST_P:
        return format_p(p_value)
    if p_value < _LEAST_TOLD:
        return f"<{power_of_ten(-300)}"
    digits, power = f"{p_value:.1e}".split("e")
    return f"{digits}\u00d7{power_of_ten(int(power))}"


def power_of_ten(power: int) -> str:
    """Print a power of ten.

    Examples
    --------
    >>> power_of_ten(-5)
    '10\u207b\u2075'
    """
    return f"10{str(power).translate(_SUPERSCRIPTS)}"


def format_ratio(ratio: float) -> str:
    """Print a hazard ratio with two decimals, fewer from 100 up, more below 0.005.

    Examples
    --------
    >>> [format_ratio(r) for r in (7.194, 11.4, 132.7, 0.0012, 0.3, 2e7)]
    ['7.19', '11.40', '133', '0.0012', '0.30', '>1,000,000']
    >>> format_ratio(float("inf"))
    'not estimable'
    """
    if not math.isfinite(ratio):
        return NOT_ESTIMABLE
    if ratio >= _HUGE_RATIO:
        return ">1,000,000"
    if ratio >= _WIDE_RATIO:
        return f"{ratio:,.0f}"
    if 0 < ratio < _SMALLEST_RATIO:
        return "<0.00001" if ratio < _SMALLEST_P else _significant(ratio, 2)
    return f"{ratio:.2f}"


def format_ratio_interval(low: float, high: float) -> str:
    """Print a ratio's interval; an end that the data do not bound leaves a one-sided statement.

    Examples
    --------
    >>> format_ratio_interval(2.421, 21.33)
    '2.42\u201321.33'
    >>> format_ratio_interval(3.2, float("inf")), format_ratio_interval(0.0, 0.31)
    ('>3.20', '<0.31')
    """
    if math.isnan(low) or math.isnan(high):
        return NOTHING
    bounded_below, bounded_above = low > 0, math.isfinite(high)
    if bounded_below and bounded_above:
        return f"{format_ratio(low)}\u2013{format_ratio(high)}"
    if bounded_below:
        return f">{format_ratio(low)}"
    return f"<{format_ratio(high)}" if bounded_above else "unbounded"


def format_percent(count: float, total: float) -> str:
    """Print a share in percent: no decimals under 200 patients, one from there on.

    Examples
    --------
    >>> format_percent(9, 35), format_percent(9, 3500), format_percent(1, 9000)
    ('26%', '0.3%', '<0.1%')
    >>> format_percent(0, 0)
    '\u2013'
    """
    if total <= 0:
        return NOTHING
    return format_fraction(count / total, total)


def format_fraction(fraction: float, total: float) -> str:
    """Print a fraction in percent, as `format_percent` does.

    Examples
    --------
    >>> format_fraction(0.2571, 35)
    '26%'
    """
    if math.isnan(fraction):
        return NOTHING
    percent = 100 * fraction
    decimals = 0 if total < _FEW else 1
    text = f"{percent:.{decimals}f}"
    if percent > 0 and float(text) == 0:
        return f"<{10.0**-decimals:g}%"
    if fraction < 1 and float(text) == 100:  # noqa: PLR2004 - one hundred percent
        return f">{100 - 10.0**-decimals:g}%"
    return f"{text}%"


def format_count(count: float) -> str:
    """Print a count with thousands separated; weighted counts keep one decimal.

    Examples
    --------
    >>> format_count(1234), format_count(12.5)
    ('1,234', '12.5')
    """
    if math.isnan(count):
        return NOTHING
    return f"{count:,.0f}" if float(count).is_integer() else f"{count:,.1f}"


def decimals_for(values: tuple[float, ...]) -> int:
    """Decimals that show a set of like quantities with about three significant digits.

    Whole numbers stay whole.

    Examples
    --------
    >>> decimals_for((57.0, 30.0, 75.0)), decimals_for((1.25, 3.5)), decimals_for((210.4, 33.8))
    (0, 2, 0)
    """
    finite = [abs(value) for value in values if math.isfinite(value)]
    if all(value.is_integer() for value in map(float, finite)):
        return 0
    middle = sorted(finite)[len(finite) // 2]
    if middle == 0:
        return 2
    return min(max(2 - math.floor(math.log10(middle)), 0), _MAX_DECIMALS)


def format_number(value: float, decimals: int) -> str:
    """Print a number with fixed decimals and a true minus sign.

    Examples
    --------
    >>> format_number(-1.257, 1), format_number(12345.6, 0)
    ('\u22121.3', '12,346')
    """
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "\u2212∞"
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in "123456789" for digit in text)
    return f"\u2212{text}" if negative else text


def format_time(value: float) -> str:
    """Print a survival time with one decimal; NaN or infinity is ``NR``, not reached.

    Examples
    --------
    >>> format_time(8.94), format_time(float("nan"))
    ('8.9', 'NR')
    """
    return f"{value:,.1f}" if math.isfinite(value) else NOT_REACHED


def format_time_interval(low: float, high: float) -> str:
    """Print the interval of a survival time; a dash when the data bound neither end.

    Examples
    --------
    >>> format_time_interval(6.61, float("inf")), format_time_interval(float("nan"), float("nan"))
    ('6.6\u2013NR', '\u2013')
    """
    if not (math.isfinite(low) or math.isfinite(high)):
        return NOTHING
    return f"{format_time(low)}\u2013{format_time(high)}"


def format_level(level: float) -> str:
    """Print a confidence level.

    Examples
    --------
    >>> format_level(0.95), format_level(0.975)
    ('95%', '97.5%')
    """
    return f"{100 * level:.4g}%"


def _significant(value: float, digits: int) -> str:
    """Print with a number of significant digits, never in exponent form."""
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(digits - 1 - math.floor(math.log10(abs(rounded))), 0)
    return f"{rounded:.{decimals}f}"
