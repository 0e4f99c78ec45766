"""Geometry of figures: shapes stand where the numbers say."""

import math
from itertools import pairwise

import numpy as np
import pytest

import example_results as ex
from embogen.figures import style
from embogen.figures.forest import forest_drawing, forest_numbers
from embogen.figures.kaplan_meier import km_drawing, km_numbers
from embogen.figures.oncoprint import oncoprint_drawing, oncoprint_numbers
from embogen.figures.scales import Scale, ratio_ticks, time_ticks
from embogen.figures.shapes import Drawing, Label, Line, Polygon, with_notice
from embogen.figures.step_curves import at_risk
from embogen.inference.cox_result import TermEstimate
from embogen.inference.curves import KaplanMeier
from embogen.inference.design import Term


def km(result: KaplanMeier | None = None, unit: str = "months") -> Drawing:
    return km_drawing(result or ex.kaplan_meier(), name="km", outcome="HPFS", unit=unit)


def forest(*estimates: TermEstimate) -> Drawing:
    return forest_drawing((ex.cox_fit(*estimates),), name="f", title="T")


def inside(drawing: Drawing) -> bool:
    """Whether every point of every shape lies on the canvas."""
    for shape in drawing.shapes:
        points = [(shape.x, shape.y)] if isinstance(shape, Label) else shape.points
        for x, y in points:
            assert -0.01 <= x <= drawing.width + 0.01, shape
            assert -0.01 <= y <= drawing.height + 0.01, shape
    return True


def test_a_step_curve_falls_only_and_ends_at_the_last_time():
    result = ex.kaplan_meier()
    drawing = km(result, unit="days")
    lines = drawing.of_role("curve")
    assert len(lines) == 2
    for line, curve in zip(lines, result.curves, strict=True):
        xs, ys = zip(*line.points, strict=True)
        assert list(xs) == sorted(xs)
        assert list(ys) == sorted(ys)
        for (x0, y0), (x1, y1) in pairwise(line.points):
            assert x0 == x1 or y0 == y1  # steps: never a slope
        assert len(set(ys)) == len(set(curve.survival.tolist()) | {1.0})


def test_every_censored_time_has_a_tick_on_its_curve():
    result = ex.kaplan_meier()
    ticks = km(result).of_role("censored")
    assert len(ticks) == sum(int((curve.n_censor > 0).sum()) for curve in result.curves)


def test_numbers_at_risk_by_hand():
    curve = ex.curve("a", 6, seed=5, median_days=200)
    for t in [0.0, *curve.time.tolist(), float(curve.time[-1]) + 1]:
        expected = sum(
            int(e + c)
            for time, e, c in zip(curve.time, curve.n_event, curve.n_censor, strict=True)
            if time >= t
        )
        assert at_risk(curve, t) == expected


def test_numbers_at_risk_stand_under_their_tick():
    drawing = km()
    ticks = [shape.x for shape in drawing.of_role("x_tick")]
    places = [shape.x for shape in drawing.of_role("at_risk")]
    assert places == ticks * 2
    assert drawing.of_role("at_risk")[0].text == "26"


def test_the_band_stops_where_the_interval_does_not_exist():
    result = ex.kaplan_meier()
    curve = result.curves[0]
    assert math.isnan(curve.ci_low[-1])
    bands = km(result, unit="days").of_role("band")
    assert all(math.isfinite(x) and math.isfinite(y) for b in bands for x, y in b.points)


def test_no_median_line_without_a_median():
    never = KaplanMeier((ex.curve("all", 9, seed=2, median_days=90, never=True),), None, ())
    drawing = km(never)
    assert drawing.of_role("median") == ()
    assert drawing.of_role("p_value") == ()
    assert any("All patients" in shape.text for shape in drawing.of_role("risk_group"))


@pytest.mark.parametrize("n", [1, 2, 200])
def test_curves_of_any_size_stay_on_the_canvas(n: int):
    result = KaplanMeier((ex.curve("all", n, seed=n, median_days=400),), None, ())
    for unit in ("days", "months", "years"):
        assert inside(km(result, unit=unit))


def test_an_empty_group_draws_no_curve():
    empty = np.array([])
    one = ex.curve("a", 3, seed=1, median_days=10)
    none = type(one)(
        "none", *(empty,) * 8, interval="log", level=0.95, n=0, n_events=0, median=one.median
    )
    drawing = km(KaplanMeier((one, none), None, ()))
    assert len(drawing.of_role("curve")) == 1
    assert inside(drawing)


def test_nine_groups_are_told_apart_and_fit():
    curves = tuple(ex.curve(f"group {k}", 8, seed=k, median_days=90 + k) for k in range(9))
    drawing = km(KaplanMeier(curves, None, ()))
    assert inside(drawing)
    looks = {(line.stroke, line.dash) for line in drawing.of_role("curve")}
    assert len(looks) >= 7


def test_squares_and_limits_stand_on_the_log_axis():
    drawing = forest(ex.term_estimate(ex.gene_term("A"), 2.0, 1.0, 4.0, 0.05, carriers=(9, 9)))
    (square,) = drawing.of_role("estimate")
    (line,) = drawing.of_role("ci")
    (unity,) = drawing.of_role("unity")
    centre = sum(x for x, _ in square.points) / 4
    left, right = line.points[0][0], line.points[1][0]
    assert left == pytest.approx(unity.points[0][0])
    assert centre == pytest.approx((left + right) / 2)


def test_an_interval_beyond_the_axis_ends_in_an_arrow():
    drawing = forest(ex.term_estimate(ex.gene_term("A"), 1.4, 0.2, 900.0, 0.7, carriers=(1, 1)))
    assert len(drawing.of_role("arrow")) == 1
    assert len(drawing.of_role("ci_end")) == 1
    assert inside(drawing)


def test_an_infinite_estimate_has_an_arrow_and_no_square():
    item = ex.term_estimate(
        ex.gene_term("VHL"), math.inf, 3.2, math.inf, 0.002, status="infinite", carriers=(2, 2)
    )
    drawing = forest(item)
    assert drawing.of_role("estimate") == ()
    (arrow,) = drawing.of_role("arrow")
    (line,) = drawing.of_role("ci")
    assert max(x for x, _ in arrow.points) > line.points[1][0] > line.points[0][0]
    assert drawing.of_role("ratio")[0].text == "not estimable (>3.20)"


def test_a_zero_estimate_points_to_the_left():
    item = ex.term_estimate(ex.gene_term("X"), 0.0, 0.0, 0.4, 0.01, status="zero", carriers=(4, 0))
    drawing = forest(item)
    (arrow,) = drawing.of_role("arrow")
    assert min(x for x, _ in arrow.points) < drawing.of_role("ci")[0].points[0][0]


def test_an_aliased_term_has_text_only():
    item = ex.term_estimate(Term("Sex"), math.nan, math.nan, math.nan, None, status="not_estimable")
    drawing = forest(item)
    assert drawing.of_role("ci") == ()
    assert drawing.of_role("ratio")[0].text == "not estimable"
    assert inside(drawing)


def test_forty_terms_and_long_labels_fit():
    items = [
        ex.term_estimate(ex.gene_term(f"GENE{k}" * 12), 1.0 + k / 10, 0.5, 9.0, 0.2)
        for k in range(40)
    ]
    drawing = forest(*items)
    assert inside(drawing)
    assert all(style.text_width(label.text, label.size) < 200 for label in drawing.of_role("term"))


def test_more_information_makes_a_larger_square():
    drawing = forest(
        ex.term_estimate(ex.gene_term("A"), 2.0, 0.5, 8.0, 0.3),
        ex.term_estimate(ex.gene_term("B"), 2.0, 1.0, 4.0, 0.05),
        ex.term_estimate(ex.gene_term("C"), 2.0, 1.5, 2.7, 0.001),
    )
    sides = [s.points[1][0] - s.points[0][0] for s in drawing.of_role("estimate")]
    assert sides[0] < sides[1] <= sides[2]


def test_each_cell_of_an_oncoprint_is_drawn_once():
    result = ex.oncoprint(35, 5)
    drawing = oncoprint_drawing(result, name="o", title="T")
    key = 1  # one further box of each state stands in the legend
    states = result.states
    assert len(drawing.of_role("wild type")) == (states == 0).sum() + key
    tracks_missing = sum(value is None for track in result.tracks for value in track.values)
    assert len(drawing.of_role("not tested mark")) == (states == 2).sum() + tracks_missing + 2 * key
    assert len(drawing.of_role("failed mark")) == 2 * ((states == 3).sum() + key)
    assert inside(drawing)


def test_not_tested_looks_like_nothing_else():
    drawing = oncoprint_drawing(ex.oncoprint(), name="o", title="T")
    tested = {shape.fill for shape in drawing.of_role("wild type")}
    untested = {s.fill for s in drawing.of_role("not tested") if isinstance(s, Polygon)}
    assert tested.isdisjoint(untested)
    assert all(isinstance(shape, Line) for shape in drawing.of_role("not tested mark"))


@pytest.mark.parametrize(("n", "genes"), [(1, 1), (1, 40), (200, 40), (1000, 3)])
def test_oncoprints_of_any_size_fit(n: int, genes: int):
    drawing = oncoprint_drawing(ex.oncoprint(n, genes), name="o", title="T")
    assert inside(drawing)
    assert drawing.width < 900


def test_columns_too_narrow_to_see_are_drawn_together():
    result = ex.oncoprint(2000, 3)
    drawing = oncoprint_drawing(result, name="o", title="T")
    padded = np.pad(result.states == 0, ((0, 0), (1, 0)))
    runs = int((padded[:, 1:] & ~padded[:, :-1]).sum())
    boxes = drawing.of_role("wild type")
    assert len(boxes) == runs + 1  # and one in the legend
    widths = sum(box.points[1][0] - box.points[0][0] for box in boxes[:-1])
    share = (result.states == 0).sum() / 2000
    assert widths == pytest.approx(560 * share, rel=0.1)
    for label in drawing.of_role("count"):
        assert label.text.split("/")[1] in {f"{n:,}" for n in result.n_tested}


def test_the_legend_keeps_clear_of_curves():
    high = KaplanMeier(
        tuple(ex.curve(g, 40, seed=2, median_days=90, never=g == "B") for g in "AB"), None, ()
    )
    drawing = km(high)
    (paper,) = (shape for shape in drawing.of_role("legend") if isinstance(shape, Polygon))
    (x0, y0), (x1, _), (_, y1), _ = paper.points
    for line in drawing.of_role("curve"):
        for (ax, ay), (bx, by) in pairwise(line.points):
            apart = max(ax, bx) < x0 or min(ax, bx) > x1 or max(ay, by) < y0 or min(ay, by) > y1
            assert apart


def test_percent_and_bar_follow_the_tested():
    result = ex.oncoprint()
    drawing = oncoprint_drawing(result, name="o", title="T")
    counts = [shape.text for shape in drawing.of_role("count")]
    altered = (result.states == 1).sum(axis=1)
    assert counts == [f"{a}/{t}" for a, t in zip(altered, result.n_tested, strict=True)]


def test_the_notice_pushes_the_figure_down():
    drawing = km()
    noticed = with_notice(drawing, "made up")
    assert noticed.height > drawing.height
    assert noticed.of_role("notice")[1].text == "SYNTHETIC: made up"
    assert noticed.of_role("axis")[0].points[0][1] > drawing.of_role("axis")[0].points[0][1]
    assert with_notice(drawing, None) is drawing
    said = "SYNTHETIC cohort: " + "no conclusion about patients may be drawn " * 6
    lines = [shape.text for shape in with_notice(drawing, said).of_role("notice")[1:]]
    assert len(lines) > 1
    assert " ".join(lines).split() == said.split()  # whole, however long
    assert inside(with_notice(drawing, said))


def test_scales_and_ticks():
    assert Scale(0, 10, 0, 100)(2.5) == 25
    assert time_ticks(1e6, "months")[-1] >= 1e6
    assert len(time_ticks(1e6, "months")) <= 10
    assert ratio_ticks(0.02, 50)[0] < 1 < ratio_ticks(0.02, 50)[-1]
    assert 1.0 in ratio_ticks(2.0, 3.0)


def test_numbers_behind_figures_are_exact_and_hold_no_patient():
    result = ex.kaplan_meier()
    lines = km_numbers(result).splitlines()
    assert len(lines) == 1 + sum(curve.time.size for curve in result.curves)
    assert repr(float(result.curves[0].survival[0])) in lines[1]
    table = forest_numbers(ex.univariable().fits)
    assert "VHL,altered,wild type,35,30,2,infinite,Inf,3.2,Inf,0.0021,likelihood_ratio" in table
    assert "P-0" not in oncoprint_numbers(ex.oncoprint())
