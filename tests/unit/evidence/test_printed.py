from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embogen.evidence.printed import (
    agrees,
    is_printed_number,
    printed_window,
    round_as_printed,
)


@pytest.mark.parametrize(
    ("value", "printed", "rounded"),
    [
        (1.985, "1.99", "1.99"),  # a tie of the shortest decimal goes up
        (2.5, "2", "3"),  # not to even
        (-2.5, "2", "-3"),
        (0.085, "0.09", "0.09"),
        (31.428571, "31", "31"),
        (11.403, "11.40", "11.40"),
        (1234.4, "1,234", "1234"),
        (0.913, "0\u00b791", "0\u00b791"),
        (0.00038, "3.8E-4", "3.8E-4"),
        (25.71, "26%", "26%"),
        (0.0241, ".024", ".024"),
        (0.0009, "<.001", "<.001"),
        (0.0012, "<.001", ".001"),
        (0.995, ">0.99", ">0.99"),
        (math.inf, "3.2", "inf"),
        (math.nan, "3.2", "nan"),
    ],
)
def test_values_round_in_the_style_printed(value, printed, rounded):
    assert round_as_printed(value, printed) == rounded


@pytest.mark.parametrize(
    ("value", "printed", "agree"),
    [
        (1.98499, "1.99", False),
        (1.985, "1.99", True),
        (1.99499, "1.99", True),
        (1.995, "1.99", False),
        (1234.4, "1,234", True),
        (0.0012, "<.001", False),
        (0.001, "<.001", False),
        (math.inf, "3.2", False),
        (math.nan, "3.2", False),
        (3.5, "3.50", True),
        (0.38, ".38", True),
    ],
)
def test_agreement(value, printed, agree):
    assert agrees(value, printed) is agree


@given(
    st.integers(0, 6),
    st.decimals(min_value=0, max_value=1000, allow_nan=False, allow_infinity=False),
    st.floats(-0.999, 0.999),
)
def test_what_lies_in_the_window_agrees(decimals, number, position):
    printed = f"{number:.{decimals}f}"
    low, high = printed_window(printed)
    value = (low + high) / 2 + position * (high - low) / 2
    assert agrees(value, printed)
    assert not agrees(value + (high - low) * 1.001, printed)


@pytest.mark.parametrize("text", ["", "NR", "1.2.3", "<", "1e", "--1", "0x1", "=1+1", "\u0661"])
def test_what_is_no_printed_number_is_refused(text):
    assert not is_printed_number(text)
    with pytest.raises(ValueError, match="is not a printed number"):
        printed_window(text)
