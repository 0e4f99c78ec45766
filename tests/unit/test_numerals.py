"""Rounding for a reader: right on the side of 0.05, honest at the ends."""

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embogen.delimited import csv_text, neutral_cell
from embogen.numerals import (
    decimals_for,
    format_count,
    format_fraction,
    format_number,
    format_p,
    format_percent,
    format_ratio,
    format_ratio_interval,
    format_time,
    format_time_interval,
)
from embogen.wording import inline_name_of_test, listed, lower_first, term_words, visible


@pytest.mark.parametrize(
    ("p_value", "printed"),
    [
        (0.00038, "0.00038"),
        (0.000384, "0.00038"),
        (0.0853, "0.085"),
        (0.038, "0.038"),
        (0.0499999, "0.0499999"),
        (0.05, "0.050"),
        (0.0501, "0.050"),
        (0.0996, "0.10"),
        (0.5, "0.50"),
        (0.994, "0.99"),
        (0.996, ">0.99"),
        (1.0, ">0.99"),
        (0.0, "<0.00001"),
        (9.9e-6, "<0.00001"),
        (1e-5, "0.000010"),
        (None, "\u2013"),
        (math.nan, "\u2013"),
    ],
)
def test_p_values_print_as_journals_want(p_value: float | None, printed: str):
    assert format_p(p_value) == printed


@given(st.floats(min_value=1e-5, max_value=0.99))
def test_a_printed_p_is_close_and_on_its_own_side_of_five_percent(p_value: float):
    text = format_p(p_value)
    assert "e" not in text
    assert abs(float(text) - p_value) <= 0.0501 * p_value
    if abs(p_value - 0.05) > 1e-8:  # nearer than that no printed digit can tell
        assert (float(text) < 0.05) == (p_value < 0.05)


@pytest.mark.parametrize(
    ("low", "high", "printed"),
    [
        (2.42, 21.33, "2.42\u201321.33"),
        (3.2, math.inf, ">3.20"),
        (0.0, 0.31, "<0.31"),
        (0.0, math.inf, "unbounded"),
        (math.nan, 3.0, "\u2013"),
        (0.002, 450.4, "0.0020\u2013450"),
    ],
)
def test_ratio_intervals_say_what_is_not_bounded(low: float, high: float, printed: str):
    assert format_ratio_interval(low, high) == printed


def test_infinite_ratio_is_never_a_number():
    assert format_ratio(math.inf) == "not estimable"
    assert format_ratio(math.nan) == "not estimable"
    assert format_ratio(1e300) == ">1,000,000"


@pytest.mark.parametrize(
    ("count", "total", "printed"),
    [(9, 35, "26%"), (0, 35, "0%"), (35, 35, "100%"), (499, 500, "99.8%"), (9999, 10000, ">99.9%")],
)
def test_percentages(count: int, total: int, printed: str):
    assert format_percent(count, total) == printed


def test_times_not_reached_and_other_numbers():
    assert format_time(math.nan) == "NR"
    assert format_time_interval(3.61, math.inf) == "3.6\u2013NR"
    assert format_time_interval(math.nan, math.nan) == "\u2013"
    assert format_count(12345) == "12,345"
    assert format_number(-0.04, 1) == "0.0"
    assert format_number(-math.inf, 1) == "\u2212∞"
    assert format_fraction(math.nan, 0) == "\u2013"
    assert decimals_for(()) == 0


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "@SUM(A1)", "-2+3", "\t=1", " =1", "\ufeff=1"])
def test_formulas_are_disarmed(text: str):
    assert neutral_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-0.5", "+3", "TP53", "", "\u22121.3", "0.97\u20138.15"])
def test_numbers_and_plain_text_stay(text: str):
    assert neutral_cell(text) == text


@pytest.mark.parametrize("text", ["-1_0", "-inf", "+nan"])
def test_what_only_python_reads_as_a_number_is_disarmed(text: str):
    assert neutral_cell(text) == f"'{text}"


@given(st.text(min_size=1, max_size=30))
def test_no_csv_cell_begins_as_a_formula(text: str):
    ((cell,),) = csv.reader(io.StringIO(csv_text([text], []), newline=""), strict=True)
    bare = cell.lstrip(" \u00a0\ufeff")
    assert not bare.startswith(("=", "@"))


@pytest.mark.parametrize(
    "kept", ["\u00a0", "\u2007", "\u2008", "\n", "é", "漢", "שלום", "👩\u200d🔬"]
)
def test_spaces_and_letters_of_all_scripts_stay_visible(kept: str):
    assert visible(f"a{kept}b") == f"a{kept}b"


@pytest.mark.parametrize(
    "gone", ["\x00", "\x1b", "\r", "\x85", "\u202e", "\u2066", "\ud800", "\uffff"]
)
def test_what_hides_or_turns_text_goes(gone: str):
    assert visible(f"a{gone}b") == "ab"


def test_words():
    assert listed([]) == ""
    assert lower_first("DAXX") == "DAXX"
    assert lower_first("x") == "x"
    assert term_words("Age") == "Age"
    assert inline_name_of_test("fisher_exact") == "Fisher exact test"
