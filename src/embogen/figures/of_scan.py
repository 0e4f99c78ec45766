"""The figures of a scan: QQ plot, volcano plot, panel plot, and calibration where it was run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.figures.calibration import calibration_drawing, calibration_numbers
from embogen.figures.of_analysis import FinishedFigure
from embogen.figures.panel_plot import panel_drawing, panel_numbers
from embogen.figures.qq import qq_drawing, qq_numbers
from embogen.figures.shapes import with_notice
from embogen.figures.svg import svg_of
from embogen.figures.volcano import volcano_drawing, volcano_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from embogen.figures.shapes import Drawing
    from embogen.scan.result import EndpointScan


def scan_figures(
    scan: EndpointScan,
    *,
    title: str,
    labels: Mapping[str, str],
    notice: str | None,
    calibration: pl.DataFrame | None = None,
) -> dict[str, FinishedFigure]:
    """Draw the figures of one endpoint.

    Parameters
    ----------
    scan
        The endpoint.
    title
        Of every figure.
    labels
        Feature to what a reader calls it, where that is not its name.
    notice
        The notice of a synthetic cohort.
    calibration
        As `embogen.figures.calibration.calibration_series` takes it.

    Returns
    -------
    dict
        Kind (``qq``, ``volcano``, ``panel``, ``calibration``) to figure, in order.
    """
    name = scan.name
    made: dict[str, tuple[Drawing, str]] = {
        "qq": (qq_drawing(scan, name=f"qq-{name}", title=title), qq_numbers(scan)),
        "volcano": (
            volcano_drawing(scan, name=f"volcano-{name}", title=title, labels=labels),
            volcano_numbers(scan, labels),
        ),
        "panel": (
            panel_drawing(scan, name=f"panel-{name}", title=title, labels=labels),
            panel_numbers(scan),
        ),
    }
    if calibration is not None:
        drawn = calibration_drawing(calibration, name=f"calibration-{name}", title=title)
        made["calibration"] = (drawn, calibration_numbers(calibration))
    return {
        kind: FinishedFigure(f"{kind}-{name}", svg_of(with_notice(drawing, notice)), numbers)
        for kind, (drawing, numbers) in made.items()
    }
