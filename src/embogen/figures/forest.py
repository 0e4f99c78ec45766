"""Forest plot of hazard ratios: log axis, clipped intervals with arrows, infinite ones honest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.scales import Scale, ratio_ticks, tick_text
from embogen.figures.shapes import Box, Drawing, Label, Line, Polygon, rect
from embogen.numerals import (
    NOT_ESTIMABLE,
    NOTHING,
    format_count,
    format_level,
    format_p,
    format_ratio,
    format_ratio_interval,
)
from embogen.wording import term_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.figures.shapes import Anchor, Shape
    from embogen.inference.cox_result import CoxFit, TermEstimate

_ROW: Final = 19.0
_HEAD: Final = 24.0
_AXIS: Final = 44.0
_LABEL_MOST: Final = 190.0
_PLOT: Final = 210.0
_WIDEST: Final = 50.0
"""The axis ends at this ratio, or its inverse, beyond which intervals are clipped."""
_SMALLEST_MARK, _USUAL_MARK, _LARGEST_MARK = 4.0, 6.5, 9.0


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns stand: right ends of text columns, ends of the plot, full width."""

    label: float
    counts: float
    plot_start: float
    plot_stop: float
    ratio: float
    p_value: float
    width: float


def forest_drawing(fits: Sequence[CoxFit], *, name: str, title: str) -> Drawing:
    """Lay out the terms of one or more Cox models, one row each.

    The area of a square follows the information behind it (1 / se^2), within bounds.
    An interval that leaves the axis ends in an arrow; an estimate that is infinite or zero is an
    arrow from its one-sided limit, and is called *not estimable*.
    """
    rows = [(fit, item) for fit in fits for item in fit.estimates]
    labels = [_label(item) for _, item in rows]
    columns = _columns(labels)
    low, high = _axis_range([item for _, item in rows])
    x = Scale(low, high, columns.plot_start, columns.plot_stop, log=True)
    bottom = _HEAD + max(len(rows), 1) * _ROW + 4
    shapes: list[Shape] = [*_header(columns, rows), *_stripes(len(rows), columns)]
    shapes += _axis(x, bottom)
    typical = _typical_information([item for _, item in rows])
    for index, (fit, item) in enumerate(rows):
        middle = _HEAD + index * _ROW + _ROW / 2
        shapes += _texts(fit, item, columns, middle + 3)
        shapes += _mark(item, x, middle, typical)
    return Drawing(
        name=name,
        width=columns.width,
        height=bottom + _AXIS,
        shapes=tuple(shapes),
        title=f"Forest plot: {title}",
        description=_description(rows),
    )


def forest_numbers(fits: Sequence[CoxFit]) -> str:
    """Return the numbers behind the figure as CSV, at full precision."""
    header = ["term", "level", "reference", "n", "n_events", "n_carriers", "status", "hr"]
    header += ["ci_low", "ci_high", "p_value", "p_method"]
    rows: list[list[str | float | None]] = []
    for fit in fits:
        for item in fit.estimates:
            interval = item.hr.interval
            rows.append(
                [
                    item.term.name,
                    item.term.level or "",
                    item.term.reference or "",
                    fit.n,
                    fit.n_events,
                    item.n_carriers,
                    item.status,
                    item.hr.value,
                    None if interval is None else interval.low,
                    None if interval is None else interval.high,
                    item.primary_p,
                    item.primary_method or "",
                ]
            )
    return csv_text(header, rows)


def _is_gene(item: TermEstimate) -> bool:
    return item.term.coding == "binary" and item.term.level == "altered"


def _label(item: TermEstimate) -> str:
    term = item.term
    if _is_gene(item):
        return term.title or term.name
    return term_words(
        term.title or term.name, term.level, term.reference, coding=term.coding, unit=term.unit
    )


def _columns(labels: Sequence[str]) -> _Columns:
    longest = max((style.text_width(text, style.TEXT) for text in labels), default=40.0)
    label = 6 + min(max(longest, 60.0), _LABEL_MOST)
    counts = label + 56
    start = counts + 18
    stop = start + _PLOT
    ratio = stop + 128
    p_value = ratio + 58
    return _Columns(label, counts, start, stop, ratio, p_value, p_value + 8)


def _axis_range(items: Sequence[TermEstimate]) -> tuple[float, float]:
    """Cover all finite limits, never less than 1/2 to 2, never more than 1/50 to 50."""
    ends: list[float] = []
    for item in items:
        interval = item.hr.interval
        values = (
            [item.hr.value] if interval is None else [interval.low, item.hr.value, interval.high]
        )
        ends += [value for value in values if math.isfinite(value) and value > 0]
    low = max(min([0.5, *ends]) / 1.15, 1 / _WIDEST)
    high = min(max([2.0, *ends]) * 1.15, _WIDEST)
    return low, high


def _header(columns: _Columns, rows: Sequence[tuple[CoxFit, TermEstimate]]) -> list[Shape]:
    levels = {item.hr.interval.level for _, item in rows if item.hr.interval is not None}
    level = format_level(levels.pop()) if len(levels) == 1 else "95%"
    base = _HEAD - 9

    def head(text: str, x: float, anchor: Anchor) -> Label:
        return Label("head", x, base, text, size=style.SMALL, bold=True, anchor=anchor)

    line = ((0.0, _HEAD - 3), (columns.width, _HEAD - 3))
    return [
        head("Variable", 6, "start"),
        head("n / N", columns.counts, "end"),
        head(f"Hazard ratio ({level} CI)", columns.ratio, "end"),
        head("p", columns.p_value, "end"),
        Line("rule", line, style.INK, 0.9),
    ]


def _stripes(count: int, columns: _Columns) -> list[Shape]:
    return [
        rect("stripe", Box(0, _HEAD + index * _ROW, columns.width, _ROW), style.STRIPE)
        for index in range(0, count, 2)
    ]


def _axis(x: Scale, bottom: float) -> list[Shape]:
    shapes: list[Shape] = [
        Line("axis", ((x.start, bottom), (x.stop, bottom)), style.INK, 0.9),
        Line("unity", ((x(1), _HEAD - 1), (x(1), bottom)), style.QUIET_INK, 0.8),
    ]
    used = -math.inf
    for tick in ratio_ticks(x.low, x.high):
        place, text = x(tick), tick_text(tick)
        shapes.append(Line("tick", ((place, bottom), (place, bottom + 3.5)), style.INK, 0.6))
        half = style.text_width(text, style.SMALL) / 2
        if place - half > used + 3 or tick == 1:
            shapes.append(
                Label("x_tick", place, bottom + 13, text, size=style.SMALL, anchor="middle")
            )
            used = place + half
    shapes.append(
        Label(
            "x_title",
            (x.start + x.stop) / 2,
            bottom + 26,
            "Hazard ratio (log scale)",
            size=style.SMALL,
            anchor="middle",
        )
    )
    below, above = "\u2190 lower hazard", "higher hazard \u2192"
    quiet = style.QUIET_INK
    shapes += [
        Label("side", x.start, bottom + 38, below, size=style.TINY, colour=quiet),
        Label("side", x.stop, bottom + 38, above, size=style.TINY, colour=quiet, anchor="end"),
    ]
    return shapes


def _texts(fit: CoxFit, item: TermEstimate, columns: _Columns, base: float) -> list[Shape]:
    label = style.fit_text(_label(item), style.TEXT, columns.label - 6)
    counts = format_count(fit.n)
    if item.n_carriers is not None:
        counts = f"{format_count(item.n_carriers)} / {counts}"
    interval = item.hr.interval
    if item.status == "ok":
        limits = "" if interval is None else format_ratio_interval(interval.low, interval.high)
        ratio = (
            f"{format_ratio(item.hr.value)} ({limits})" if limits else format_ratio(item.hr.value)
        )
    else:
        limits = "" if interval is None else format_ratio_interval(interval.low, interval.high)
        known = limits not in {"", NOTHING} and item.status != "not_estimable"
        ratio = f"{NOT_ESTIMABLE} ({limits})" if known else NOT_ESTIMABLE
    return [
        Label("term", 6, base, label, italic=_is_gene(item) and item.term.title is None),
        Label("counts", columns.counts, base, counts, anchor="end"),
        Label("ratio", columns.ratio, base, ratio, anchor="end"),
        Label("p_value", columns.p_value, base, format_p(item.primary_p), anchor="end"),
    ]


def _information(item: TermEstimate) -> float:
    finite = item.status == "ok" and math.isfinite(item.se) and item.se > 0
    return 1 / item.se**2 if finite else 0.0


def _typical_information(items: Sequence[TermEstimate]) -> float:
    """Return the median, by which squares are scaled: one very precise term dwarfs no others."""
    known = sorted(value for value in map(_information, items) if value > 0)
    return known[len(known) // 2] if known else 0.0


def _mark(item: TermEstimate, x: Scale, middle: float, typical: float) -> list[Shape]:
    """Draw one row's interval and square, or the arrow of an estimate without a finite value."""
    if item.status == "not_estimable":
        return []
    interval = item.hr.interval
    low = item.hr.value if interval is None else interval.low
    high = item.hr.value if interval is None else interval.high
    if math.isnan(low) or math.isnan(high):
        low = high = item.hr.value
    left, left_cut = _within(low, x)
    right, right_cut = _within(high, x)
    colour = style.BLUE if item.status == "ok" else style.VERMILION
    shapes: list[Shape] = [Line("ci", ((left, middle), (right, middle)), colour, 1.3)]
    if left_cut:
        shapes.append(_arrow(left, middle, -1, colour))
    else:
        shapes.append(Line("ci_end", ((left, middle - 2.5), (left, middle + 2.5)), colour, 1.3))
    if right_cut:
        shapes.append(_arrow(right, middle, 1, colour))
    else:
        shapes.append(Line("ci_end", ((right, middle - 2.5), (right, middle + 2.5)), colour, 1.3))
    if item.status == "ok" and x.low <= item.hr.value <= x.high:
        share = _information(item) / typical if typical > 0 else 0.0
        side = min(max(_USUAL_MARK * math.sqrt(share), _SMALLEST_MARK), _LARGEST_MARK)
        place = x(item.hr.value)
        box = Box(place - side / 2, middle - side / 2, side, side)
        shapes.append(rect("estimate", box, colour))
    return shapes


def _within(value: float, x: Scale) -> tuple[float, bool]:
    """Return the position of a limit and whether the axis had to clip it."""
    if value <= 0 or value < x.low:
        return x.start + 4, True
    if not math.isfinite(value) or value > x.high:
        return x.stop - 4, True
    return x(value), False


def _arrow(tip: float, middle: float, direction: int, colour: str) -> Polygon:
    end = tip + 4 * direction
    back = tip - 2 * direction
    points = ((end, middle), (back, middle - 3.4), (back, middle + 3.4))
    return Polygon("arrow", points, colour)


def _description(rows: Sequence[tuple[CoxFit, TermEstimate]]) -> str:
    parts = []
    for _, item in rows:
        interval = item.hr.interval
        limits = "" if interval is None else format_ratio_interval(interval.low, interval.high)
        value = format_ratio(item.hr.value) if item.status == "ok" else NOT_ESTIMABLE
        parts.append(f"{_label(item)}: {value} {limits}, p {format_p(item.primary_p)}.")
    return "Hazard ratios. " + " ".join(parts)
