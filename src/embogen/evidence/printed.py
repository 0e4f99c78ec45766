"""Printed numbers: strings as a publication shows them, and rounding a value the same way."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_NUMBER: Final = re.compile(r"[<>]?-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?", re.ASCII)
_SIGNS: Final = str.maketrans({"\u00b7": ".", "\u2212": "-", ",": None, "\u2264": "<", " ": None})


def is_printed_number(printed: str) -> bool:
    """Whether a string is a number as publications print them.

    Examples
    --------
    >>> [is_printed_number(text) for text in ("21.33", "<.001", "26%", "1,234", "0\u00b791", "NR")]
    [True, True, True, True, True, False]
    """
    return _NUMBER.fullmatch(printed.translate(_SIGNS)) is not None


def printed_window(printed: str) -> tuple[float, float]:
    """Return the lowest and the highest value that rounds to a printed number.

    Raises
    ------
    ValueError
        When the string is no printed number.

    Examples
    --------
    >>> printed_window("3.50"), printed_window("<.001"), printed_window("26%")
    ((3.495, 3.505), (-inf, 0.001), (25.5, 26.5))
    """
    bound, number = _parts(printed)
    if bound == "<":
        return -math.inf, float(number)
    if bound == ">":
        return float(number), math.inf
    half = Decimal(5).scaleb(_exponent(number) - 1)
    return float(number - half), float(number + half)


def round_as_printed(value: float, printed: str) -> str:
    """Round a value to the digits of a printed string, in that string's style.

    A tie rounds away from zero, as journals and SAS do; the shortest decimal that stands for the
    value decides what a tie is. A printed bound (``<.001``) is given back where the value keeps it.

    Parameters
    ----------
    value
        Full precision; infinite and NaN give ``inf`` and ``nan``.
    printed
        The figure it will stand beside.

    Raises
    ------
    ValueError
        When `printed` is no printed number.

    Examples
    --------
    >>> round_as_printed(7.1949, "7.19"), round_as_printed(0.000384, "0.00038")
    ('7.19', '0.00038')
    >>> round_as_printed(0.0242, ".024"), round_as_printed(25.71, "26%")
    ('.024', '26%')
    >>> round_as_printed(0.0002, "<.001"), round_as_printed(0.02, "<.001")
    ('<.001', '.020')
    """
    bound, number = _parts(printed)
    if not math.isfinite(value):
        return str(value)
    keeps = {"<": value < float(number), ">": value > float(number)}
    if bound and keeps[bound]:
        return printed
    rounded = Decimal(repr(float(value))).quantize(
        Decimal(1).scaleb(_exponent(number)), rounding=ROUND_HALF_UP
    )
    text = f"{rounded:E}" if "e" in printed.lower() else f"{rounded:f}"
    if printed.lstrip("<>").startswith((".", "\u00b7")):
        text = text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    if "\u00b7" in printed:
        text = text.replace(".", "\u00b7")
    return f"{text}%" if printed.endswith("%") else text


def agrees(value: float, printed: str) -> bool:
    """Whether a value rounds to the digits printed.

    Examples
    --------
    >>> agrees(3.5049, "3.50"), agrees(3.5051, "3.50"), agrees(1234.2, "1,234")
    (True, False, True)
    """
    if not math.isfinite(value):
        return False
    rounded = round_as_printed(value, printed)
    return rounded == printed or _parts(rounded) == _parts(printed)


def _parts(printed: str) -> tuple[str, Decimal]:
    """Split a printed number into its bound sign (or "") and its value with all its digits."""
    text = printed.translate(_SIGNS)
    if _NUMBER.fullmatch(text) is None:
        msg = f"{printed!r} is not a printed number"
        raise ValueError(msg)
    bound = text[0] if text[0] in "<>" else ""
    return bound, Decimal(text.lstrip("<>").rstrip("%"))


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
