"""QQ plot of a scan: p-values against the even spread of no effect, whole and by carriers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import betaincinv

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.p_axis import (
    Y_TITLE,
    dots,
    empty_note,
    frame,
    minus_log10,
    p_axis,
    p_scale,
    p_ticks,
)
from embogen.figures.p_axis import beyond as arrow
from embogen.figures.scales import Scale, tick_text
from embogen.figures.shapes import Box, Drawing, Label, Line, Polygon
from embogen.numerals import format_count
from embogen.scan.result import CARRIERS

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from embogen.figures.shapes import Shape
    from embogen.scan.result import EndpointScan, Inflation

    Floats = NDArray[np.float64]

BAND: Final = 0.95
"""Coverage of the band, rank by rank."""
_Z: Final = 1.959964
_WIDTH: Final = 500.0
_LEFT: Final = 46.0
_TOP: Final = 30.0
_SIDE: Final = 216.0
_SMALL_LEFT: Final = 318.0
_SMALL_SIDE: Final = 72.0
_SMALL_STEP: Final = 104.0
_BAND_POINTS: Final = 120
_X_TITLE: Final = f"Expected {Y_TITLE}"


@dataclass(frozen=True, slots=True, eq=False)
class QQSeries:
    """Sorted p-values of some features with what is expected of them without effects.

    Parameters
    ----------
    label
        Which features.
    p
        (m,) p-values, ascending.
    expected
        (m,) rank / (m + 1), the mean of each order statistic of m even ones.
    low, high
        (m,) 95% band of each order statistic, which is Beta(rank, m + 1 - rank).
    inflation
        Their lambda, if they have one.
    """

    label: str
    p: Floats
    expected: Floats
    low: Floats
    high: Floats
    inflation: Inflation | None


def qq_series(label: str, p: Floats, inflation: Inflation | None = None) -> QQSeries:
    """Sort p-values and set beside them what order statistics say.

    Examples
    --------
    Of one p-value the mean is 1/2, the band 2.5% to 97.5%.

    >>> one = qq_series("all", np.array([0.3]))
    >>> one.expected.tolist(), one.low.round(3).tolist(), one.high.round(3).tolist()
    ([0.5], [0.025], [0.975])
    """
    ordered = np.sort(p)
    m = len(ordered)
    rank = np.arange(1.0, m + 1.0)
    tail = (1.0 - BAND) / 2.0
    low, high = (
        np.asarray(betaincinv(rank, m + 1.0 - rank, q), dtype=np.float64)
        for q in (tail, 1.0 - tail)
    )
    return QQSeries(label, ordered, rank / (m + 1.0), low, high, inflation)


def all_series(scan: EndpointScan) -> tuple[QQSeries, ...]:
    """Give the p-values of all features, then those of each group of carriers that has any.

    A group is that of the smaller side, carriers or others, as `EndpointScan.inflation` has it.
    """
    told = {one.label: one for one in scan.inflation}
    tested = scan.table.filter(scan.table["p_value"].is_not_null())
    p, smaller = _values(tested)
    series = [qq_series("all", p, told.get("all"))]
    for low, label in zip(CARRIERS, [one.label for one in scan.inflation[1:]], strict=False):
        above = [bound for bound in CARRIERS if bound > low]
        inside = (smaller >= low) & (smaller < min(above, default=np.inf))
        if inside.any():
            series.append(qq_series(label, p[inside], told[label]))
    return tuple(series)


def _values(tested: pl.DataFrame) -> tuple[Floats, Floats]:
    carriers = tested["n_carriers"].to_numpy().astype(np.float64)
    others = tested["n_tested"].to_numpy().astype(np.float64) - carriers
    return tested["p_value"].to_numpy().astype(np.float64), np.minimum(carriers, others)


def qq_drawing(scan: EndpointScan, *, name: str, title: str) -> Drawing:
    """Lay out the QQ plot of a scan: all features, and beside it a small one for each group.

    Parameters
    ----------
    scan
        One endpoint.
    name, title
        Short name of the figure, and its title.
    """
    whole, *groups = all_series(scan)
    heading = style.fit_text(title, style.TEXT, _WIDTH - _LEFT - 10)
    shapes: list[Shape] = [Label("title", _LEFT, 12, heading, bold=True)]
    shapes.append(Label("lambda", _LEFT, _TOP - 6, _told(whole), style.SMALL))
    shapes += _plot(whole, Box(_LEFT, _TOP, _SIDE, _SIDE))
    base, middle = _TOP + _SIDE, _LEFT + _SIDE / 2
    shapes.append(Label("x_title", middle, base + 27, _X_TITLE, style.SMALL, "middle"))
    text = f"Observed {Y_TITLE}"
    level = _TOP + _SIDE / 2
    shapes.append(Label("y_title", _LEFT - 30, level, text, style.SMALL, "middle", upright=False))
    for index, series in enumerate(groups):
        row, column = divmod(index, 2)
        left = _SMALL_LEFT + column * _SMALL_STEP
        top = _TOP + 16 + row * (_SIDE - _SMALL_SIDE - 16)
        shapes.append(_small(left, top - 15, f"{series.label} carriers", bold=True))
        shapes.append(_small(left, top - 6, lambda_text(series.inflation)))
        shapes += _plot(series, Box(left, top, _SMALL_SIDE, _SMALL_SIDE), small=True)
        size = f"n {format_count(len(series.p))}"
        shapes.append(Label("size", left + 4, top + 8, size, style.TINY, colour=style.QUIET_INK))
    return Drawing(
        name=name,
        width=_WIDTH,
        height=base + 34,
        shapes=tuple(shapes),
        title=f"{title}: QQ plot",
        description=" ".join(
            f"{'All features' if one.label == 'all' else f'{one.label} carriers'}: {_told(one)}."
            for one in (whole, *groups)
        ),
    )


def qq_numbers(scan: EndpointScan) -> str:
    """Return the numbers behind the figure as CSV: a row for each p-value of each group."""
    header = ["carriers", "rank", "p_value", "expected", "band_low", "band_high"]
    rows: list[list[str | float | None]] = []
    for one in all_series(scan):
        columns = zip(*(a.tolist() for a in (one.p, one.expected, one.low, one.high)), strict=True)
        rows += [[one.label, rank, *values] for rank, values in enumerate(columns, 1)]
    return csv_text(header, rows)


def lambda_text(inflation: Inflation | None) -> str:
    """Print lambda with its interval; say why where there is none.

    Examples
    --------
    >>> from embogen.scan.result import Inflation
    >>> lambda_text(Inflation("all", 300, 1.0, 0.1)), lambda_text(Inflation("all", 3, None, None))
    ('λ 1.00 (0.80\u20131.20)', 'too few for λ')
    """
    if inflation is None or inflation.value is None or inflation.se is None:
        return "too few for λ"
    half = _Z * inflation.se
    low, high = max(inflation.value - half, 0.0), inflation.value + half
    return f"λ {inflation.value:.2f} ({low:.2f}\u2013{high:.2f})"


def _told(series: QQSeries) -> str:
    return f"n {format_count(len(series.p))}, {lambda_text(series.inflation)}"


def _small(x: float, y: float, text: str, *, bold: bool = False) -> Label:
    return Label("group", x - 14, y, text, style.TINY, bold=bold)


def _plot(series: QQSeries, box: Box, *, small: bool = False) -> list[Shape]:
    left, right, top, base = box.x, box.x + box.width, box.y, box.y + box.height
    observed, expected = minus_log10(series.p), minus_log10(series.expected)
    upper, lower = minus_log10(series.low), minus_log10(series.high)
    least = 1.0 if small else 2.0
    x = p_scale(expected, left, right, least=least)
    y = p_scale(np.concatenate([observed, upper]), base, top, least=least)
    most = 4 if small else 8
    shapes = p_axis(y, left, right, most=most)
    shapes += _x_ticks(x, base, most)
    if len(series.p):
        shapes += [_band(expected, upper, lower, x, y), _diagonal(x, y)]
        shapes += _points(series.p, expected, observed, x, y)
    else:
        shapes.append(empty_note(left, right, (top + base) / 2))
    return [*shapes, frame(left, right, top, base)]


def _x_ticks(x: Scale, base: float, most: int) -> list[Shape]:
    shapes: list[Shape] = []
    for tick in p_ticks(x.high, most):
        place = x(tick)
        shapes.append(Line("tick", ((place, base), (place, base + 3)), style.INK, style.HAIR))
        text = tick_text(tick)
        shapes.append(Label("x_tick", place, base + 12, text, style.SMALL, "middle"))
    return shapes


def _band(expected: Floats, upper: Floats, lower: Floats, x: Scale, y: Scale) -> Polygon:
    """Shade the band through some ranks, evenly spread along the axis."""
    m = len(expected)
    ranks = np.unique(np.geomspace(1, m, _BAND_POINTS).astype(np.int64)) - 1
    above = [(x(float(expected[i])), y(float(upper[i]))) for i in ranks]
    below = [(x(float(expected[i])), y(float(lower[i]))) for i in ranks]
    return Polygon("band", (*above, *reversed(below)), style.BLUE, opacity=0.16)


def _diagonal(x: Scale, y: Scale) -> Line:
    end = min(x.high, y.high)
    return Line("even", ((x(0.0), y(0.0)), (x(end), y(end))), style.QUIET_INK, 0.8, (4.0, 2.0))


def _points(p: Floats, expected: Floats, observed: Floats, x: Scale, y: Scale) -> list[Shape]:
    finite = np.isfinite(observed)
    across = x.start + expected / x.high * (x.stop - x.start)
    up = y.start + observed[finite] / y.high * (y.stop - y.start)
    shapes = dots("feature", np.column_stack([across[finite], up]), p[finite], colour=style.INK)
    shapes += [
        arrow("beyond", (float(place), y.stop + 6), (0.0, -1.0), style.INK)
        for place in across[~finite]
    ]
    return shapes
