"""Panel plot of a scan: every feature in its order against its p-value, as a Manhattan plot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.name_labels import Named, name_labels
from embogen.figures.p_axis import (
    LEVEL,
    Y_TITLE,
    beyond,
    dots,
    empty_note,
    frame,
    minus_log10,
    p_axis,
    p_scale,
    significant_mark,
    threshold_lines,
    thresholds_of,
    top_of,
)
from embogen.figures.scales import Scale, tick_text
from embogen.figures.shapes import Box, Drawing, Label, Line
from embogen.numerals import format_count, format_small_p

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from embogen.figures.shapes import Point, Shape
    from embogen.scan.result import EndpointScan

NAMED: Final = 10
_WIDTH: Final = 500.0
_LEFT: Final = 46.0
_RIGHT: Final = 14.0
_TOP: Final = 46.0
_PLOT: Final = 190.0
_MARGIN: Final = 6.0
_MOST_TICKS: Final = 9


def panel_drawing(
    scan: EndpointScan,
    *,
    name: str,
    title: str,
    labels: Mapping[str, str] | None = None,
    named: int = NAMED,
) -> Drawing:
    """Lay out the p-values of all features in the order of their source.

    Parameters
    ----------
    scan
        One endpoint.
    name, title
        Short name of the figure, and its title.
    labels
        Feature to what a reader calls it, where that is not its name.
    named
        How many of the smallest p-values are named.
    """
    tested = _tested(scan.table)
    found = thresholds_of(scan.table)
    left, right, base = _LEFT, _WIDTH - _RIGHT, _TOP + _PLOT
    p = tested["p_value"].to_numpy().astype(np.float64)
    x = Scale(1.0, max(scan.table.height, 2), left + _MARGIN, right - _MARGIN)
    y = p_scale(minus_log10(p), base, _TOP, least=top_of(found))
    heading = style.fit_text(title, style.TEXT, right - left)
    shapes: list[Shape] = [Label("title", left, 12, heading, bold=True)]
    shapes += [*_key(tested, left), *p_axis(y, left, right), *_order_axis(x, base)]
    shapes += threshold_lines(found, y, left, right, _TOP - 22)
    if len(p):
        order = tested["position"].to_numpy().astype(np.float64)
        across = x.start + (order - x.low) / (x.high - x.low) * (x.stop - x.start)
        up = np.minimum(minus_log10(p), y.high) / y.high * (y.stop - y.start) + y.start
        places = [(float(a), float(b)) for a, b in zip(across, up, strict=True)]
        shapes += _marks(tested, places, y)
        names = [(labels or {}).get(one, one) for one in tested["feature"].to_list()]
        room = Box(left + 2, _TOP, right - left - 4, _PLOT - 2)
        first = [Named(at, text) for at, text in zip(places, names, strict=True)][:named]
        shapes += name_labels(first, room)
    else:
        shapes.append(empty_note(left, right, _TOP + _PLOT / 2))
    middle = _TOP + _PLOT / 2
    shapes += [
        Label("y_title", left - 30, middle, Y_TITLE, style.SMALL, "middle", upright=False),
        frame(left, right, _TOP, base),
    ]
    return Drawing(
        name=name,
        width=_WIDTH,
        height=base + 36,
        shapes=tuple(shapes),
        title=f"{title}: p-values of the panel",
        description=_description(tested, labels or {}),
    )


def panel_numbers(scan: EndpointScan) -> str:
    """Return the numbers behind the figure as CSV, most significant feature first."""
    columns = ["position", "feature", "p_value", "p_holm", "q_value", "hr"]
    return csv_text(columns, _tested(scan.table).select(columns).iter_rows())


def _tested(table: pl.DataFrame) -> pl.DataFrame:
    """Take the features with a p-value, smallest first, with their position from 1."""
    numbered = table.with_row_index("position", offset=1)
    return numbered.filter(numbered["p_value"].is_not_null()).sort("p_value", "feature")


def _marks(tested: pl.DataFrame, places: list[Point], y: Scale) -> list[Shape]:
    p = tested["p_value"].to_numpy().astype(np.float64)
    ratio = tested["hr"].fill_null(float("nan")).to_numpy()
    significant = tested["q_value"].to_numpy() <= LEVEL
    over = ~np.isfinite(minus_log10(p))
    points = np.array(places)
    plain = ~significant & ~over
    shapes = dots("feature", points[plain], p[plain])
    for index in np.flatnonzero(over):
        shapes.append(beyond("beyond", (places[index][0], y.stop + 6), (0.0, -1.0), style.INK))
    shapes += [
        significant_mark(places[index], float(ratio[index]))
        for index in np.flatnonzero(significant & ~over)
    ]
    return shapes


def _key(tested: pl.DataFrame, left: float) -> list[Shape]:
    """Say what the triangles mean, where there are any."""
    if not (tested["q_value"] <= LEVEL).any():
        return []
    level = _TOP - 9
    shapes: list[Shape] = []
    place = left
    for ratio, text in ((2.0, "carriers do worse"), (0.5, "carriers do better")):
        mark = significant_mark((place + 4, level - 2.5), ratio)
        shapes.append(replace(mark, role="key"))
        shapes.append(Label("key", place + 11, level, text, style.SMALL))
        place += style.text_width(text, style.SMALL) + 24
    text = f"(false discovery rate at most {LEVEL:g})"
    shapes.append(Label("key", place, level, text, style.SMALL, colour=style.QUIET_INK))
    return shapes


def order_ticks(count: int) -> tuple[int, ...]:
    """Round positions along the features, at most ten of them.

    Examples
    --------
    >>> order_ticks(300), order_ticks(4)
    ((1, 50, 100, 150, 200, 250, 300), (1, 2, 3, 4))
    """
    power = 1
    while True:
        for digit in (1, 2, 5):
            step = digit * power
            if count / step <= _MOST_TICKS:
                marks = range(step, count + 1, step)
                return tuple(sorted({1, *marks}))
        power *= 10


def _order_axis(x: Scale, base: float) -> list[Shape]:
    shapes: list[Shape] = []
    for tick in order_ticks(int(x.high)):
        place = x(tick)
        shapes.append(Line("tick", ((place, base), (place, base + 3.5)), style.INK, style.HAIR))
        shapes.append(Label("x_tick", place, base + 13, tick_text(tick), style.SMALL, "middle"))
    middle = (x.start + x.stop) / 2
    text = "Features, in the order of their source"
    shapes.append(Label("x_title", middle, base + 27, text, style.SMALL, "middle"))
    return shapes


def _description(tested: pl.DataFrame, labels: Mapping[str, str]) -> str:
    parts = [f"{format_count(tested.height)} features with a p-value."]
    for name, p in tested.select("feature", "p_value").head(NAMED).iter_rows():
        shown = style.fit_text(labels.get(name, name), style.TEXT, 160)
        parts.append(f"{shown}: p {format_small_p(p)}.")
    return " ".join(parts)
