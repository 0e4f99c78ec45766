"""Printed figures beside recomputed ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One printed figure and what the pipeline recomputed.

    Parameters
    ----------
    group
        Block of the publication: ``cohort``, ``univariable``, ``multivariable``.
    figure
        What it is: ``DAXX, hazard ratio``.
    printed
        The string as printed.
    recomputed
        The full-precision value, or None when no analysis of the study yields it.
    rounded
        `recomputed` rounded as the printed string is; "" when there is none.
    agrees
        Whether `rounded` equals `printed`.
    """

    group: str
    figure: str
    printed: str
    recomputed: float | None
    rounded: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """All printed figures of a publication beside the recomputed ones."""

    source: str
    figures: tuple[ComparedFigure, ...]

    @property
    def n_agreeing(self) -> int:
        """How many agree."""
        return sum(figure.agrees for figure in self.figures)
