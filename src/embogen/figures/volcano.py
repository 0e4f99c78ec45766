"""Volcano plot of a scan: hazard ratio against p-value, the most significant features named."""

from __future__ import annotations

from dataclasses import dataclass
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
from embogen.figures.scales import Scale, ratio_ticks, tick_text
from embogen.figures.shapes import Box, Drawing, Label, Line
from embogen.numerals import format_count, format_ratio, format_small_p

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl
    from numpy.typing import NDArray

    from embogen.figures.shapes import Point, Shape
    from embogen.scan.result import EndpointScan

    Floats = NDArray[np.float64]

NAMED: Final = 10
"""Features that are named, as far as there is room."""
WIDEST: Final = 50.0
"""Hazard ratios beyond 1/50 and 50 are drawn at the edge, as those without a finite estimate."""
_LEAST: Final = 2.0
_WIDTH: Final = 500.0
_LEFT: Final = 46.0
_RIGHT: Final = 14.0
_TOP: Final = 46.0
_PLOT: Final = 260.0
_EDGE: Final = 9.0
"""Room at both ends of the axis for arrows."""


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """Features with a hazard ratio and a p-value, most significant first.

    Parameters
    ----------
    names
        What a reader calls them.
    ratio
        (m,) hazard ratios, 0 and infinity among them.
    p
        (m,) p-values.
    significant
        (m,) whether the false discovery rate is at most 5%.
    """

    names: tuple[str, ...]
    ratio: Floats
    p: Floats
    significant: NDArray[np.bool_]


def cloud_of(table: pl.DataFrame, labels: Mapping[str, str]) -> Cloud:
    """Take the features that have both numbers."""
    both = table["hr"].is_not_null() & table["p_value"].is_not_null()
    rows = table.filter(both).sort("p_value", "feature")
    return Cloud(
        tuple(labels.get(name, name) for name in rows["feature"].to_list()),
        rows["hr"].to_numpy().astype(np.float64),
        rows["p_value"].to_numpy().astype(np.float64),
        (rows["q_value"].to_numpy() <= LEVEL).astype(np.bool_),
    )


def ratio_range(ratio: Floats) -> tuple[float, float]:
    """Give the ends of the axis: as far from 1 to both sides as the farthest ratio, at most 50.

    Examples
    --------
    >>> ratio_range(np.array([0.2, 3.0, np.inf]))
    (0.2, 5.0)
    """
    real = ratio[(ratio > 0) & np.isfinite(ratio)]
    far = max(float(real.max(initial=_LEAST)), 1.0 / float(real.min(initial=1.0 / _LEAST)))
    far = min(far, WIDEST)
    return 1.0 / far, far


def volcano_drawing(
    scan: EndpointScan,
    *,
    name: str,
    title: str,
    labels: Mapping[str, str] | None = None,
    named: int = NAMED,
) -> Drawing:
    """Lay out the volcano plot of a scan.

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
    cloud = cloud_of(scan.table, labels or {})
    left, right, base = _LEFT, _WIDTH - _RIGHT, _TOP + _PLOT
    x = Scale(*ratio_range(cloud.ratio), left + _EDGE, right - _EDGE, log=True)
    found = thresholds_of(scan.table)
    y = p_scale(minus_log10(cloud.p), base, _TOP, least=top_of(found))
    heading = style.fit_text(title, style.TEXT, right - left)
    shapes: list[Shape] = [Label("title", left, 12, heading, bold=True)]
    lower, higher = "\u2190 carriers do better", "carriers do worse \u2192"
    shapes += [
        Label("side", x(1) - 8, _TOP - 6, lower, style.SMALL, "end", style.QUIET_INK),
        Label("side", x(1) + 8, _TOP - 6, higher, style.SMALL, "start", style.QUIET_INK),
    ]
    shapes += [*p_axis(y, left, right), *_ratio_axis(x, base), *_titles(left, right, base)]
    shapes += threshold_lines(found, y, left, right, _TOP - 20)
    if len(cloud.names):
        shapes.append(Line("none", ((x(1), _TOP), (x(1), base)), style.RULE, style.HAIR))
        places = _places(cloud, x, y)
        shapes += _marks(cloud, places, x)
        dotted = [Named(at, text) for at, text in zip(places, cloud.names, strict=True)]
        room = Box(left + 2, _TOP, right - left - 4, _PLOT - 2)
        shapes += name_labels(dotted[:named], room)
    else:
        shapes.append(empty_note(left, right, _TOP + _PLOT / 2))
    shapes.append(frame(left, right, _TOP, base))
    return Drawing(
        name=name,
        width=_WIDTH,
        height=base + 36,
        shapes=tuple(shapes),
        title=f"{title}: volcano plot",
        description=_description(cloud),
    )


def volcano_numbers(scan: EndpointScan, labels: Mapping[str, str] | None = None) -> str:
    """Return the numbers behind the figure as CSV, most significant feature first."""
    cloud = cloud_of(scan.table, labels or {})
    header = ["feature", "hr", "p_value", "significant"]
    columns = (cloud.names, cloud.ratio.tolist(), cloud.p.tolist(), cloud.significant.tolist())
    return csv_text(header, ([*row[:3], int(row[3])] for row in zip(*columns, strict=True)))


def _places(cloud: Cloud, x: Scale, y: Scale) -> list[Point]:
    """Give each feature its place; what lies beyond the axes stands at their ends."""
    up = np.minimum(minus_log10(cloud.p), y.high)
    across = np.clip(cloud.ratio, x.low, x.high)
    return [(x(r), y(v)) for r, v in zip(across.tolist(), up.tolist(), strict=True)]


def _marks(cloud: Cloud, places: list[Point], x: Scale) -> list[Shape]:
    low, high = cloud.ratio < x.low * (1 - 1e-9), cloud.ratio > x.high * (1 + 1e-9)
    over = ~np.isfinite(minus_log10(cloud.p))
    outside = low | high | over
    points = np.array(places)
    plain = ~(outside | cloud.significant)
    shapes = dots("feature", points[plain], cloud.p[plain])
    for index in np.flatnonzero(outside):
        across, up = places[index]
        side = float(high[index]) - float(low[index])
        colour = style.BLUE if cloud.ratio[index] < 1 else style.VERMILION
        colour = colour if cloud.significant[index] else style.INK
        if side:
            shapes.append(beyond("beyond", (across + side * 2, up), (side, 0.0), colour))
        else:
            shapes.append(beyond("beyond", (across, up + 6), (0.0, -1.0), colour))
    shapes += [
        significant_mark(places[index], float(cloud.ratio[index]))
        for index in np.flatnonzero(cloud.significant & ~outside)
    ]
    return shapes


def _ratio_axis(x: Scale, base: float) -> list[Shape]:
    shapes: list[Shape] = []
    for tick in ratio_ticks(x.low, x.high):
        place = x(tick)
        shapes.append(Line("tick", ((place, base), (place, base + 3.5)), style.INK, style.HAIR))
        shapes.append(Label("x_tick", place, base + 13, tick_text(tick), style.SMALL, "middle"))
    return shapes


def _titles(left: float, right: float, base: float) -> list[Shape]:
    middle = (left + right) / 2
    text = "Hazard ratio of carriers (log scale)"
    return [
        Label("x_title", middle, base + 27, text, style.SMALL, "middle"),
        Label(
            "y_title", left - 30, base - _PLOT / 2, Y_TITLE, style.SMALL, "middle", upright=False
        ),
    ]


def _description(cloud: Cloud) -> str:
    parts = [f"{format_count(len(cloud.names))} features with a hazard ratio."]
    for name, ratio, p in list(zip(cloud.names, cloud.ratio, cloud.p, strict=True))[:NAMED]:
        value = "infinite" if np.isinf(ratio) else "0" if ratio == 0 else format_ratio(float(ratio))
        shown = style.fit_text(name, style.TEXT, 160)
        parts.append(f"{shown}: hazard ratio {value}, p {format_small_p(float(p))}.")
    return " ".join(parts)
