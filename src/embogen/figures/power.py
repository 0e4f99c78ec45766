"""Power curve: simulated with its Monte Carlo band, Schoenfeld's formula, both sides of 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.scales import Scale, ratio_ticks, tick_text
from embogen.figures.shapes import Box, Drawing, Label, Line, Polygon, rect
from embogen.figures.step_curves import LEGEND_ROW, PLOT, RIGHT, TOP, WIDTH
from embogen.numerals import format_count, format_ratio

if TYPE_CHECKING:
    from embogen.figures.shapes import Shape
    from embogen.inference.power_result import PowerCurve

_LEFT: Final = 70.0
_Z: Final = 1.96
_DASH: Final = (5.0, 2.5)


def power_drawing(curve: PowerCurve, *, name: str = "power", subject: str = "") -> Drawing:
    """Lay out a power curve.

    Parameters
    ----------
    curve
        At least two points; they are drawn in order of their hazard ratio.
    name
        Short name of the figure.
    subject
        What the title says beside the design, such as a gene.
    """
    points = sorted(curve.points, key=lambda item: item.hazard_ratio)
    ratios = [item.hazard_ratio for item in points]
    top = TOP + 26
    x = Scale(ratios[0], ratios[-1], _LEFT, WIDTH - RIGHT, log=True)
    y = Scale(0, 1, top + PLOT, top)
    shapes: list[Shape] = [*_axes(x, y)]
    upper = [(x(p.hazard_ratio), y(min(p.power + _Z * p.standard_error, 1.0))) for p in points]
    lower = [(x(p.hazard_ratio), y(max(p.power - _Z * p.standard_error, 0.0))) for p in points]
    shapes.append(Polygon("band", (*upper, *reversed(lower)), style.BLUE, opacity=0.18))
    formula = tuple((x(p.hazard_ratio), y(p.formula)) for p in points)
    simulated = tuple((x(p.hazard_ratio), y(p.power)) for p in points)
    shapes.append(Line("formula", formula, style.VERMILION, style.LINE, _DASH))
    shapes.append(Line("curve", simulated, style.BLUE, style.LINE))
    shapes += _detectable(curve, x, y)
    shapes += _legend(curve, top)
    design = (
        f"{format_count(curve.n_patients)} patients, {format_count(curve.n_carriers)} carriers, "
        f"{format_count(curve.n_events)} events"
    )
    title = f"{subject}: {design}" if subject else design
    heading = style.fit_text(title, style.TEXT, WIDTH - _LEFT - RIGHT)
    shapes.append(Label("title", _LEFT, TOP + 2, heading, bold=True))
    return Drawing(
        name=name,
        width=WIDTH,
        height=y(0) + 40,
        shapes=tuple(shapes),
        title=f"Power by true hazard ratio: {title}",
        description=_description(curve),
    )


def power_numbers(curve: PowerCurve) -> str:
    """Return the numbers behind the figure as CSV."""
    header = ["hazard_ratio", "power_formula", "power_simulated", "standard_error"]
    header += ["median_significant_hr", "wrong_direction", "n_replicates"]
    rows: list[list[float | None]] = [
        [
            item.hazard_ratio,
            item.formula,
            item.power,
            item.standard_error,
            item.published_hr,
            item.wrong_direction,
            item.n_replicates,
        ]
        for item in curve.points
    ]
    return csv_text(header, rows)


def _axes(x: Scale, y: Scale) -> list[Shape]:
    base, left = y(0), x.start
    shapes: list[Shape] = []
    for percent in (0, 20, 40, 60, 80, 100):
        level = y(percent / 100)
        if percent:
            shapes.append(Line("grid", ((left, level), (x.stop, level)), style.FAINT, style.HAIR))
        shapes.append(Line("tick", ((left - 3.5, level), (left, level)), style.INK, style.HAIR))
        shapes.append(Label("y_tick", left - 6, level + 3, f"{percent}", anchor="end"))
    for tick in ratio_ticks(x.low, x.high):
        place = x(tick)
        shapes.append(Line("tick", ((place, base), (place, base + 3.5)), style.INK, style.HAIR))
        shapes.append(Label("x_tick", place, base + 14, tick_text(tick), anchor="middle"))
    one = x(1.0)
    middle = (left + x.stop) / 2
    shapes += [
        Line("none", ((one, y(1)), (one, base)), style.RULE, style.HAIR),
        Line("axis", ((left, y(1)), (left, base), (x.stop, base)), style.INK, 0.9),
        Label("x_title", middle, base + 28, "True hazard ratio (log scale)", anchor="middle"),
        Label("y_title", left - 34, (base + y(1)) / 2, "Power, %", anchor="middle", upright=False),
    ]
    return shapes


def _detectable(curve: PowerCurve, x: Scale, y: Scale) -> list[Shape]:
    """Mark the minimal detectable hazard ratios on the simulated curve."""
    shapes: list[Shape] = []
    for item in curve.detectable:
        if not x.low <= item.simulated <= x.high:
            continue
        place, level = x(item.simulated), y(item.power)
        shapes.append(rect("detectable", Box(place - 2.2, level - 2.2, 4.4, 4.4), style.BLUE))
        away = 6.0 if item.harmful else -6.0
        shapes.append(
            Label(
                "detectable",
                place + away,
                level + 9,
                format_ratio(item.simulated),
                size=style.SMALL,
                anchor="start" if item.harmful else "end",
                colour=style.QUIET_INK,
            )
        )
    return shapes


def _legend(curve: PowerCurve, top: float) -> list[Shape]:
    left = _LEFT + 130.0
    test = {
        "permutation": "permutation test",
        "wald": "Wald test",
        "likelihood_ratio": "likelihood-ratio test",
        "score": "score test",
    }[curve.test]
    texts = (
        (f"simulated, {test} at {100 * curve.level:.3g}%", style.BLUE, ()),
        ("Schoenfeld's formula", style.VERMILION, _DASH),
    )
    shapes: list[Shape] = []
    for index, (text, colour, dash) in enumerate(texts):
        level = top + 20 + index * LEGEND_ROW
        line = ((left, level - 3), (left + 20, level - 3))
        shapes.append(Line("legend", line, colour, style.LINE, dash))
        shapes.append(Label("legend", left + 24, level, text, size=style.SMALL))
    return shapes


def _description(curve: PowerCurve) -> str:
    parts = [
        f"True hazard ratio {format_ratio(item.hazard_ratio)}: power {100 * item.power:.0f}%, "
        f"by formula {100 * item.formula:.0f}%."
        for item in curve.points[:: max(len(curve.points) // 8, 1)]
    ]
    return " ".join(parts)
