"""Figures of a scan: where points stand, that none of note is lost, that text is harmless."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from lxml import etree
from scipy.stats import beta, binom

import example_scan as ex
from embogen.figures.calibration import (
    calibration_drawing,
    calibration_numbers,
    calibration_series,
)
from embogen.figures.name_labels import Named, name_labels
from embogen.figures.of_scan import scan_figures
from embogen.figures.p_axis import (
    CELL,
    NEVER_THINNED,
    minus_log10,
    p_ticks,
    thinned,
    thresholds_of,
)
from embogen.figures.panel_plot import order_ticks, panel_drawing, panel_numbers
from embogen.figures.qq import all_series, qq_drawing, qq_numbers, qq_series
from embogen.figures.shapes import Box, Dots, Drawing, Label, Line, Polygon
from embogen.figures.style import text_width
from embogen.figures.svg import svg_of
from embogen.figures.volcano import volcano_drawing, volcano_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

DRAWINGS: tuple[Callable[..., Drawing], ...] = (qq_drawing, volcano_drawing, panel_drawing)


def places(drawing: Drawing, role: str = "feature") -> list[tuple[float, float]]:
    return [point for one in drawing.of_role(role) if isinstance(one, Dots) for point in one.points]


def words(drawing: Drawing, role: str) -> list[str]:
    return [one.text for one in drawing.of_role(role) if isinstance(one, Label)]


def axis_of(drawing: Drawing) -> tuple[tuple[float, float], ...]:
    """Give the ends of the first pair of axes: top left, bottom left, bottom right."""
    return next(one.points for one in drawing.of_role("axis") if isinstance(one, Line))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def many(size: int):
    """Give scattered p-values, some very small, as a scan of many features has them."""
    rng = np.random.default_rng(11)
    p = rng.uniform(size=size)
    p[:60] = 10.0 ** -rng.uniform(3, 12, 60)
    coef = rng.normal(0, 0.5, size)
    return tuple(
        (f"G{i}", 30, 10, float(p[i]), "linear_saddlepoint", "ok", float(coef[i]), 0.3, None)
        for i in range(size)
    )


def test_a_dot_is_a_round_line_of_next_to_no_length():
    dot = Dots("feature", ((1.0, 2.0), (3.25, 4.0)), "#000000", 2.0)
    (path,) = etree.fromstring(svg_of(Drawing("d", 9, 9, (dot,), "t", "d")).encode())[2:]
    assert path.get("d") == "M1 2h.01M3.25 4h.01"
    assert path.get("stroke-linecap") == "round"
    assert path.get("stroke-width") == "2"


# QQ plot


def test_the_band_is_that_of_even_order_statistics():
    series = qq_series("all", np.array([0.9, 0.2, 0.5]))
    assert series.p.tolist() == [0.2, 0.5, 0.9]
    assert series.expected.tolist() == [0.25, 0.5, 0.75]
    for rank in (1, 2, 3):
        low, high = beta.ppf([0.025, 0.975], rank, 4 - rank)
        assert series.low[rank - 1] == pytest.approx(low)
        assert series.high[rank - 1] == pytest.approx(high)


def test_points_stand_at_minus_log10_of_expected_and_observed():
    # 9 p-values: expected 1/10 to 9/10; the axis is at least 2 long, with 6% above
    p = [10.0**-2, *np.linspace(0.2, 0.9, 8)]
    rows = [(f"G{i}", 30, 9, v, "score", "ok", 0.1, 0.2, None) for i, v in enumerate(p)]
    drawing = qq_drawing(ex.endpoint(rows), name="qq", title="t")
    (left, top), (_, base), (right, _) = axis_of(drawing)
    # the band of the first of nine order statistics is the highest thing on the y axis
    high = -math.log10(beta.ppf(0.025, 1, 9)) * 1.06
    main = [point for point in places(drawing) if point[0] <= right]
    extreme = min(main, key=lambda point: point[1])
    assert extreme[0] == pytest.approx(left + 1.0 / (2.0 * 1.06) * (right - left))
    assert extreme[1] == pytest.approx(base - 2.0 / high * (base - top))


def test_groups_are_those_of_the_smaller_side_and_carry_their_lambda():
    scan = ex.endpoint((*ex.even(200), ("MANY", 97, 60, 0.5, "drawn", "ok", 0.1, 0.2, None)))
    found = {one.label: one for one in all_series(scan)}
    assert set(found) == {"all", "3 to 19", "20 to 99"}
    assert len(found["all"].p) == 201
    # 97 carriers of 100 are 3 others
    assert found["3 to 19"].p.tolist() == [0.5]
    told = {one.label: one for one in scan.inflation}
    assert all(one.inflation is told[label] for label, one in found.items())
    drawing = qq_drawing(scan, name="qq", title="t")
    assert words(drawing, "group")[:2] == ["3 to 19 carriers", "too few for λ"]
    assert words(drawing, "lambda")[0].startswith("n 201, λ 1.0")


def test_a_p_value_of_zero_is_an_arrow_not_a_gap():
    rows = [("ZERO", 30, 10, 0.0, "score", "ok", 1.0, 0.1, None), *ex.even(5)]
    scan = ex.endpoint(rows)
    for draw in DRAWINGS:
        drawing = draw(scan, name="d", title="t")
        arrows = [one for one in drawing.of_role("beyond") if isinstance(one, Polygon)]
        assert arrows
        # the tip is the middle corner, above the others
        assert all(one.points[1][1] < one.points[0][1] for one in arrows)
        etree.fromstring(svg_of(drawing).encode())


# thinning


def test_no_small_p_value_is_dropped_and_no_dot_stands_alone_unseen():
    scan = ex.endpoint(many(20_000))
    p = scan.table["p_value"].to_numpy()
    small = int((p <= NEVER_THINNED).sum())
    for draw in (qq_drawing, panel_drawing):
        drawing = draw(scan, name="d", title="t")
        assert len(svg_of(drawing)) < 150_000
        (_, top), (_, base), (right, _) = axis_of(drawing)
        line = base - 3.0 / (max(minus_log10(p)) * 1.06) * (base - top)
        drawn = [point for point in places(drawing) if point[0] <= right]
        marks = len(drawing.of_role("significant"))
        assert sum(y <= line + 1e-9 for _, y in drawn) + marks == small
    for numbers in (panel_numbers(scan), volcano_numbers(scan)):
        assert sorted(float(row["p_value"]) for row in rows_of(numbers)) == sorted(p.tolist())


def test_a_thinned_dot_lies_on_one_that_is_drawn():
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 60, (5_000, 2))
    kept = thinned(points, np.zeros(5_000, bool))
    assert len(kept) <= math.ceil(60 / CELL) ** 2
    drawn = points[kept]
    for point in points[::50]:
        gap = np.abs(drawn - point).max(axis=1).min()
        assert gap <= CELL
    assert thinned(points, np.ones(5_000, bool)).tolist() == list(range(5_000))


# volcano plot


def test_ratios_stand_on_a_log_axis_symmetric_about_1():
    drawing = volcano_drawing(ex.endpoint(), name="v", title="t")
    # the farthest finite ratio is DAXX's, exp(1.2): the axis ends there
    (none,) = (one for one in drawing.of_role("none") if isinstance(one, Line))
    middle = none.points[0][0]
    (mark,) = (
        one
        for one in drawing.of_role("significant")
        if isinstance(one, Polygon) and len(one.points) == 3 and one.points[2][0] > middle + 200
    )
    (left, top), (_, base), (right, _) = axis_of(drawing)
    assert middle == pytest.approx((left + right) / 2)
    assert mark.points[2][0] == pytest.approx(right - 9)
    # MEN1, exp(.7), p = .004
    high = 8 * 1.06
    men1 = [
        point
        for one in drawing.of_role("significant")
        if isinstance(one, Polygon)
        for point in [(one.points[2][0], (one.points[0][1] + one.points[2][1]) / 2)]
        if point[0] == pytest.approx(middle + 0.7 / 1.2 * (right - 9 - middle))
    ]
    assert len(men1) == 1
    assert men1[0][1] == pytest.approx(base + math.log10(0.004) / high * (base - top), abs=0.5)


def test_ratios_of_zero_and_infinity_are_arrows_at_the_edges():
    drawing = volcano_drawing(ex.endpoint(), name="v", title="t")
    (left, _), _, (right, _) = axis_of(drawing)
    tips = sorted(one.points[1] for one in drawing.of_role("beyond") if isinstance(one, Polygon))
    backs = sorted(one.points[0] for one in drawing.of_role("beyond") if isinstance(one, Polygon))
    assert left < tips[0][0] < backs[0][0] < left + 9
    assert right - 9 < backs[1][0] < tips[1][0] < right
    numbers = {row["feature"]: row["hr"] for row in rows_of(volcano_numbers(ex.endpoint()))}
    assert numbers["ATRX"] == "0"
    assert "Inf" in numbers.values()
    assert "group" not in numbers  # no hazard ratio, so no place on the axis


def test_thresholds_are_those_of_the_family():
    found = thresholds_of(ex.endpoint().table)
    assert found.family_size == 8
    assert found.bonferroni == pytest.approx(0.05 / 8)
    # 8 p-values: 1e-8, .004, .02, .03 ...: BH rejects k where p(k) <= .05 k / 8, so 2
    assert found.n_significant == 2
    assert found.discovery == pytest.approx(0.05 * 2 / 8)
    shown = words(panel_drawing(ex.endpoint(), name="p", title="t"), "threshold")
    assert shown == ["Holm/Bonferroni 0.05: p = 0.0063", "false discovery rate 0.05: p = 0.013"]
    none = words(panel_drawing(ex.endpoint(ex.even(30)), name="p", title="t"), "threshold")
    assert none[1] == "no feature at a false discovery rate of 0.05"


def test_names_do_not_overlap_and_stay_inside():
    rng = np.random.default_rng(5)
    dots = [
        Named((float(x), float(y)), "X" * int(k))
        for x, y, k in zip(*rng.uniform(0, 120, (2, 40)), rng.integers(1, 30, 40), strict=True)
    ]
    inside = Box(0, 0, 120, 120)
    found = [one for one in name_labels(dots, inside) if isinstance(one, Label)]
    assert 3 < len(found) < 40
    boxes = []
    for one in found:
        width = text_width(one.text, one.size)
        left = {"start": one.x, "middle": one.x - width / 2, "end": one.x - width}[one.anchor]
        boxes.append((left, one.y - 6.4, left + width, one.y + 1.6))
    for index, (a, b, c, d) in enumerate(boxes):
        assert a >= 0
        assert c <= 120
        for e, f, g, h in boxes[index + 1 :]:
            assert not (a < g and e < c and b < h and f < d)


# panel plot


def test_features_stand_in_the_order_of_their_source():
    scan = ex.endpoint(ex.even(101))
    drawing = panel_drawing(scan, name="p", title="t", named=0)
    drawn = sorted(places(drawing))
    assert drawn[0][1] < drawn[-1][1]  # the first p-value is the smallest
    xs = [x for x, _ in drawn]
    first, last = xs[0], xs[-1]
    assert xs == pytest.approx(np.linspace(first, last, 101))
    rows = rows_of(panel_numbers(scan))
    assert [row["position"] for row in rows] == [str(i) for i in range(1, 102)]


@pytest.mark.parametrize("count", [1, 2, 3, 9, 10, 11, 99, 300, 20_000, 1_000_000])
def test_ticks_are_round_and_few(count: int):
    ticks = order_ticks(count)
    assert ticks[0] == 1
    assert len(ticks) <= 10
    assert ticks[-1] <= count


@pytest.mark.parametrize("top", [1.0, 2.1, 7.9, 8.5, 30.0, 320.0, 5_000.0])
def test_marks_of_p_values_are_few_and_on_the_axis(top: float):
    ticks = p_ticks(top)
    assert 2 <= len(ticks) <= 9
    assert ticks[-1] <= top


# calibration


def calibration_table() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "carriers_group": ["3 to 19", "3 to 19", "20 to 99"],
            "level": [0.01, 0.001, 0.05],
            "expected": [0.009, 0.0008, 0.05],
            "observed": [0.012, 0.0, 0.051],
            "n": [10_000, 10_000, 400],
        }
    )


def test_calibration_has_a_binomial_band_about_what_is_expected():
    few, many_carriers = calibration_series(calibration_table())
    assert few.level.tolist() == [0.001, 0.01]
    assert few.low.tolist() == [binom.ppf(0.025, 10_000, e) / 10_000 for e in (0.0008, 0.009)]
    assert many_carriers.high.tolist() == [binom.ppf(0.975, 400, 0.05) / 400]


def test_calibration_stands_on_log_axes_and_no_rejection_is_an_arrow_down():
    drawing = calibration_drawing(calibration_table(), name="c", title="t")
    (left, top), (_, base), (right, _) = axis_of(drawing)
    (dot, *_) = places(drawing, "observed")
    # from .7 x .001 to 1 across, from .0001 to 1 upwards
    across = (math.log(0.01) - math.log(0.0007)) / -math.log(0.0007)
    assert dot[0] == pytest.approx(left + across * (right - left))
    up = (math.log10(0.012) + 4) / 4
    assert dot[1] == pytest.approx(base - up * (base - top))
    (arrow,) = (one for one in drawing.of_role("beyond") if isinstance(one, Polygon))
    assert arrow.points[1][1] > arrow.points[0][1]
    assert len(rows_of(calibration_numbers(calibration_table()))) == 3


def test_calibration_refuses_counts_for_shares():
    table = calibration_table().with_columns(observed=pl.lit(12.0))
    with pytest.raises(ValueError, match="shares must be 0 to 1"):
        calibration_series(table)


def test_an_empty_calibration_says_so():
    drawing = calibration_drawing(calibration_table().head(0), name="c", title="t")
    assert words(drawing, "empty") == ["No p-value was drawn."]


# all of them


@pytest.mark.parametrize("rows", [(), ex.ROWS[7:8]])
def test_a_scan_without_p_values_says_so_in_every_figure(rows: tuple[tuple[object, ...], ...]):
    scan = ex.endpoint(rows)
    for draw in DRAWINGS:
        drawing = draw(scan, name="d", title="t")
        assert words(drawing, "empty") == ["No feature was tested."]
        etree.fromstring(svg_of(drawing).encode())
    for numbers in (qq_numbers(scan), volcano_numbers(scan), panel_numbers(scan)):
        assert len(numbers.splitlines()) == 1


@pytest.mark.parametrize("rows", [ex.ROWS[:1], ex.ROWS[:2], ex.ROWS])
def test_every_shape_lies_on_the_sheet(rows: tuple[tuple[object, ...], ...]):
    scan = ex.endpoint(rows)
    for draw in DRAWINGS:
        drawing = draw(scan, name="d", title=ex.LONG)
        for shape in drawing.shapes:
            points = [(shape.x, shape.y)] if isinstance(shape, Label) else shape.points
            for x, y in points:
                assert 0 <= x <= drawing.width, shape
                assert 0 <= y <= drawing.height, shape


def test_hostile_names_are_text_in_figures_and_no_formula_in_their_numbers():
    scan = ex.endpoint()
    figures = scan_figures(
        scan,
        title=ex.HOSTILE,
        labels={"group": "Chromatin <genes>"},
        notice=ex.SYNTHETIC,
        calibration=calibration_table(),
    )
    assert list(figures) == ["qq", "volcano", "panel", "calibration"]
    for figure in figures.values():
        root = etree.fromstring(figure.svg.encode())
        tags = {etree.QName(one).localname for one in root.iter()}
        assert tags <= {"svg", "title", "desc", "path", "text"}
        texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
        assert "SYNTHETIC cohort of a test." in texts
        assert all(len(text) < 130 for text in texts)
        cells = [cell for row in csv.reader(io.StringIO(figure.csv)) for cell in row]
        assert not any(cell.startswith(("=", "@", "+")) for cell in cells)
    assert "'=1+2" in figures["panel"].csv
    assert "L" * 200 in figures["panel"].csv
