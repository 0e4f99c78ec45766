"""Calibration of a scan: how often p-values on permuted outcomes fall below a level."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import binom

from embogen.delimited import csv_text
from embogen.figures import style
from embogen.figures.p_axis import beyond, empty_note, frame
from embogen.figures.scales import Scale
from embogen.figures.shapes import Dots, Drawing, Label, Line, Polygon
from embogen.numerals import format_count, power_of_ten

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from embogen.figures.shapes import Shape

    Floats = NDArray[np.float64]

BAND: Final = 0.95
"""Coverage of the Monte Carlo band, level by level."""
_WIDTH: Final = 500.0
_LEFT: Final = 52.0
_GAP: Final = 66.0
_HEAD: Final = 34.0
_PLOT: Final = 150.0
_FOOT: Final = 46.0
_TITLE: Final = 18.0
_ACROSS: Final = 2
_MOST_TICKS: Final = 6
_INSET: Final = 0.7
"""The axis begins at this times the decade of the lowest level."""
_NO_ROWS: Final = "No p-value was drawn."


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationSeries:
    """Rejections of one group of carriers.

    Parameters
    ----------
    group
        Numbers of carriers, as the table names them.
    level, expected, observed
        (k,) nominal levels, ascending; shares of p-values at or below each, as they should be
        and as they were.
    n
        (k,) p-values.
    low, high
        (k,) 95% band of the observed share if p-values are as expected: binomial quantiles.
    """

    group: str
    level: Floats
    expected: Floats
    observed: Floats
    n: NDArray[np.int64]
    low: Floats
    high: Floats


def calibration_series(table: pl.DataFrame) -> tuple[CalibrationSeries, ...]:
    """Split a table into its groups, in order, and add the Monte Carlo band.

    Parameters
    ----------
    table
        Columns ``carriers_group`` (text), ``level``, ``expected``, ``observed`` (shares from 0 to
        1) and ``n`` (p-values).

    Raises
    ------
    ValueError
        When shares are not between 0 and 1, or levels are not above 0.

    Examples
    --------
    Of 100 p-values 5 should be at most .05; the band is 1 to 10 of them.

    >>> import polars as pl
    >>> row = {"carriers_group": ["3 to 19"], "level": [0.05], "expected": [0.05]}
    >>> (one,) = calibration_series(pl.DataFrame(row | {"observed": [0.04], "n": [100]}))
    >>> one.low.tolist(), one.high.tolist()
    ([0.01], [0.1])
    """
    found = []
    for group in table["carriers_group"].unique(maintain_order=True).to_list():
        rows = table.filter(table["carriers_group"] == group).sort("level")
        level, expected, observed = (
            rows[name].to_numpy().astype(np.float64) for name in ("level", "expected", "observed")
        )
        n = rows["n"].to_numpy().astype(np.int64)
        shares = np.concatenate([expected, observed])
        if ((shares < 0) | (shares > 1)).any() or (level <= 0).any():
            raise ValueError(f"calibration of {group}: shares must be 0 to 1, levels above 0")
        tail = (1.0 - BAND) / 2.0
        least = np.maximum(n, 1)
        low, high = (binom.ppf(q, least, expected) / least for q in (tail, 1.0 - tail))
        found.append(CalibrationSeries(str(group), level, expected, observed, n, low, high))
    return tuple(found)


def calibration_drawing(table: pl.DataFrame, *, name: str, title: str) -> Drawing:
    """Lay out the observed over the nominal level, a panel for each group of carriers.

    Parameters
    ----------
    table
        As `calibration_series` takes it.
    name, title
        Short name of the figure, and its title.
    """
    series = calibration_series(table)
    heading = style.fit_text(title, style.TEXT, _WIDTH - _LEFT - 12)
    shapes: list[Shape] = [Label("title", _LEFT, 12, heading, bold=True)]
    width = (_WIDTH - _LEFT - 12 - _GAP) / _ACROSS
    for index, one in enumerate(series):
        row, column = divmod(index, _ACROSS)
        left = _LEFT + column * (width + _GAP)
        top = _TITLE + _HEAD + row * (_HEAD + _PLOT + _FOOT)
        shapes += _panel(one, left, left + width, top)
    if not series:
        middle = _TITLE + _HEAD + _PLOT / 2
        shapes.append(empty_note(_LEFT, _WIDTH - 12, middle, _NO_ROWS))
    rows = max(math.ceil(len(series) / _ACROSS), 1)
    return Drawing(
        name=name,
        width=_WIDTH,
        height=_TITLE + rows * (_HEAD + _PLOT + _FOOT),
        shapes=tuple(shapes),
        title=f"{title}: calibration",
        description=" ".join(_told(one) for one in series) or _NO_ROWS,
    )


def calibration_numbers(table: pl.DataFrame) -> str:
    """Return the numbers behind the figure as CSV."""
    header = ["carriers", "level", "expected", "observed", "n", "band_low", "band_high"]
    rows: list[list[str | float | None]] = []
    for one in calibration_series(table):
        arrays = (one.level, one.expected, one.observed, one.n, one.low, one.high)
        rows += [[one.group, *line] for line in zip(*(a.tolist() for a in arrays), strict=True)]
    return csv_text(header, rows)


def _panel(one: CalibrationSeries, left: float, right: float, top: float) -> list[Shape]:
    base = top + _PLOT
    low = 10.0 ** math.floor(math.log10(float(one.level[0])))
    x = Scale(low * _INSET, 1.0, left, right, log=True)
    y = Scale(low / 10.0, 1.0, base, top, log=True)
    shapes: list[Shape] = [
        Label("group", left, top - 16, f"{one.group} carriers", bold=True),
        Label("size", left, top - 6, _size(one), style.SMALL, colour=style.QUIET_INK),
    ]
    shapes += _decades(x, y, low)
    shapes.append(_band(one, x, y))
    diagonal = ((x(x.low), y(x.low)), (x(1.0), y(1.0)))
    shapes.append(Line("even", diagonal, style.QUIET_INK, 0.8, (4.0, 2.0)))
    shapes += _observed(one, x, y)
    middle = top + _PLOT / 2
    across = (left + right) / 2
    shapes += [
        frame(left, right, top, base),
        Label("x_title", across, base + 27, "Nominal level", style.SMALL, "middle"),
        Label("y_title", left - 36, middle, "Observed share", style.SMALL, "middle", upright=False),
    ]
    return shapes


def _size(one: CalibrationSeries) -> str:
    counts = sorted({int(count) for count in one.n})
    text = format_count(counts[0])
    if len(counts) > 1:
        text += f" to {format_count(counts[-1])}"
    return f"{text} p-values"


def _decades(x: Scale, y: Scale, low: float) -> list[Shape]:
    first = round(math.log10(low))
    step = max(math.ceil(-first / _MOST_TICKS), 1)
    shapes: list[Shape] = []
    for power in range(0, first - 2, -step):
        value = 10.0**power
        text = "1" if power == 0 else power_of_ten(power)
        level = y(value)
        grid = ((x.start, level), (x.stop, level))
        shapes.append(Line("grid", grid, style.FAINT, style.HAIR))
        shapes.append(Label("y_tick", x.start - 5, level + 3, text, style.SMALL, "end"))
        if power >= first:
            place, base = x(value), y.start
            shapes.append(Line("tick", ((place, base), (place, base + 3)), style.INK, style.HAIR))
            shapes.append(Label("x_tick", place, base + 13, text, style.SMALL, "middle"))
    return shapes


def _band(one: CalibrationSeries, x: Scale, y: Scale) -> Polygon:
    above = [(x(a), y(max(b, y.low))) for a, b in zip(one.level, one.high, strict=True)]
    below = [(x(a), y(max(b, y.low))) for a, b in zip(one.level, one.low, strict=True)]
    outline = tuple((float(a), float(b)) for a, b in (*above, *reversed(below)))
    return Polygon("band", outline, style.BLUE, opacity=0.16)


def _observed(one: CalibrationSeries, x: Scale, y: Scale) -> list[Shape]:
    """Draw the shares; none at all, or less than the axis shows, is an arrow down."""
    shown = one.observed >= y.low
    places = [
        (float(x(a)), float(y(b)))
        for a, b in zip(one.level[shown], one.observed[shown], strict=True)
    ]
    shapes: list[Shape] = []
    if places:
        shapes.append(Line("curve", tuple(places), style.INK, 0.9))
        shapes.append(Dots("observed", tuple(places), style.INK, 4.0))
    shapes += [
        beyond("beyond", (float(x(a)), y.start - 7), (0.0, 1.0), style.INK)
        for a in one.level[~shown]
    ]
    return shapes


def _told(one: CalibrationSeries) -> str:
    columns = (one.level, one.observed, one.expected, one.low, one.high)
    parts = [
        f"at {level:g} observed {observed:.3g}, expected {expected:.3g} "
        f"(band {low:.3g} to {high:.3g})"
        for level, observed, expected, low, high in zip(*columns, strict=True)
    ]
    return f"{one.group} carriers: {'; '.join(parts)}."
