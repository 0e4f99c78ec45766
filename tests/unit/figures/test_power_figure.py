"""The power curve's geometry and the tables beside it."""

from __future__ import annotations

import math

import pytest

from embogen.figures.power import power_drawing, power_numbers
from embogen.inference.power_result import Detectable, PowerCurve, PowerPoint
from embogen.tables.power import detectable_rows, power_rows, required_rows
from embogen.tables.render_text import plain_lines


def curve() -> PowerCurve:
    points = tuple(
        PowerPoint(ratio, 0.5, power, 0.01, math.inf if ratio > 5 else 2.0, 0.0, 100)
        for ratio, power in ((10.0, 0.99), (0.1, 0.9), (1.0, 0.05), (3.0, 0.6))
    )
    found = (
        Detectable(0.8, True, 3.8, 4.0, 3.9, 4.1),
        Detectable(0.8, False, 0.26, 0.0, math.nan, math.nan),
    )
    return PowerCurve(35, 6, 31, 0.05, "permutation", False, 1, points, found)


def test_points_are_drawn_in_order_and_inside_their_band():
    drawing = power_drawing(curve(), subject="DAXX <b>")
    (line,) = drawing.of_role("curve")
    xs, ys = zip(*line.points, strict=True)
    assert list(xs) == sorted(xs)
    # 1 is in the middle of 1/10 to 10 on the log scale; more power is higher
    assert xs[1] == pytest.approx((xs[0] + xs[-1]) / 2)
    assert ys[1] > ys[2] > ys[0] > ys[3]
    (band,) = drawing.of_role("band")
    upper, lower = band.points[:4], band.points[:3:-1]
    for (x, y), top, bottom in zip(line.points, upper, lower, strict=True):
        assert top[0] == bottom[0] == x
        assert top[1] <= y <= bottom[1]


def test_only_what_can_be_detected_is_marked():
    marks = power_drawing(curve()).of_role("detectable")
    assert [mark.text for mark in marks if hasattr(mark, "text")] == ["4.00"]


def test_the_numbers_are_written_at_full_precision():
    lines = power_numbers(curve()).splitlines()
    assert lines[0].startswith("hazard_ratio,power_formula,power_simulated,standard_error")
    assert len(lines) == 5


def test_tables_say_what_is_infinite_or_missing():
    first = plain_lines(power_rows(curve()))
    assert "infinite" in first[1]
    assert "none" in " ".join(plain_lines(detectable_rows(curve())))


def test_a_ratio_and_its_inverse_need_the_same_and_stand_once():
    rows = required_rows(curve()).rows
    assert [row.cells[0].text for row in rows] == ["0.10", "3.00"]
    assert [cell.text for cell in rows[1].cells[1:3]] == ["46", "52"]
