"""The part of a survival figure that shows cumulative hazards."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from embogen.figures import style
from embogen.figures.scales import Scale, level_ticks, tick_text
from embogen.figures.shapes import Line
from embogen.figures.step_curves import (
    FEW_GROUPS,
    axes_with,
    band,
    group_colour,
    group_dash,
    vertices,
)
from embogen.units import DAYS_PER_UNIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embogen.figures.shapes import Shape
    from embogen.inference.cumulative_hazard import HazardCurve, NelsonAalen

HAZARD_GAP: Final = 24.0
"""Between the numbers at risk and the plot of cumulative hazards."""
HAZARD_COLUMNS: Final = ["hazard", "hazard_std_error", "hazard_ci_low", "hazard_ci_high"]
_PLOT: Final = 150.0
_BELOW: Final = 40.0


def hazard_plot(
    result: NelsonAalen, x: Scale, ticks: tuple[float, ...], unit: str, top: float
) -> tuple[list[Shape], float]:
    """Draw cumulative hazards under survival curves, in their colours and on their time axis.

    Bands are cut off at the top, which is the mark above the highest curve: the limits of a last
    event say little and would press the curves flat.

    Returns
    -------
    The shapes and the height they end at.
    """
    days = DAYS_PER_UNIT[unit]
    ends = [float(curve.hazard[-1]) for curve in result.curves if curve.time.size]
    highest = max(ends, default=0.0)
    marks = [(level, tick_text(level)) for level in level_ticks(highest)]
    y = Scale(0, marks[-1][0], top + _PLOT, top)
    shapes = axes_with(x, y, ticks, "Cumulative hazard", unit, marks=marks)
    for index, curve in enumerate(result.curves):
        shown = _within(curve, marks[-1][0])
        faint = len(result.curves) > FEW_GROUPS
        shapes += band(shown, index, x, y, days, faint=faint, start=0.0)
    for index, curve in enumerate(result.curves):
        steps = vertices(curve.time / days, curve.hazard, 0.0)
        points = tuple((x(time), y(level)) for time, level in steps)
        if len(points) > 1:
            shapes.append(
                Line("hazard", points, group_colour(index), style.LINE, group_dash(index))
            )
    return shapes, top + _PLOT + _BELOW


def _within(curve: HazardCurve, most: float) -> HazardCurve:
    """Cut the limits at the top of the plot; before the first event they are 0 like the curve."""
    low, high = (np.where(curve.hazard > 0, limit, 0.0) for limit in (curve.ci_low, curve.ci_high))
    return replace(curve, ci_low=np.minimum(low, most), ci_high=np.minimum(high, most))


def hazard_columns(
    result: NelsonAalen, times: Mapping[str, NDArray[np.float64]]
) -> list[list[float]]:
    """Give hazard, its standard error and its limits just after given times of each group.

    Parameters
    ----------
    result
        The hazards.
    times
        Group = (m,) days.

    Returns
    -------
    One row per time, group by group; limits are NaN before the first event.
    """
    curves = {curve.group: curve for curve in result.curves}
    rows: list[list[float]] = []
    for group, wanted in times.items():
        curve = curves.get(group)
        for day in wanted.tolist():
            nothing = [0.0, 0.0, math.nan, math.nan]
            if curve is None:  # everybody of the group entered at the exit
                rows.append(nothing)
                continue
            k = int(np.searchsorted(curve.time, day, side="right")) - 1
            columns = (curve.hazard, curve.std_error, curve.ci_low, curve.ci_high)
            rows.append(nothing if k < 0 else [float(column[k]) for column in columns])
    return rows
