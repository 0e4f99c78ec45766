"""`ScanAccount`: what a scan's outputs tell beside its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from embogen.study.parse import Study
    from embogen.study.provenance import Provenance


@dataclass(frozen=True, slots=True, eq=False)
class ScanAccount:
    """Where a scan came from, and what was computed for a few of its features only.

    Parameters
    ----------
    study
        The study whose plan holds the scan.
    provenance
        Hashes, versions, seed, timings.
    firth
        Endpoint to profile intervals of Firth's hazard ratio: feature to low and high. They are
        shown for the top features of few carriers or events.
    calibration
        Endpoint to the table of rejections on permuted outcomes, as
        `embogen.figures.calibration.calibration_series` takes it.
    """

    study: Study
    provenance: Provenance
    firth: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    calibration: Mapping[str, pl.DataFrame] = field(default_factory=dict)
