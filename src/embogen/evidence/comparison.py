"""Printed figures beside recomputed ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.evidence.figures import ROLES, Place, PrintedFigure, printed_figures
from embogen.evidence.printed import agrees, round_as_printed

if TYPE_CHECKING:
    from embogen.evidence.targets import Targets
    from embogen.inference.result_row import ResultRow


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


def compare(
    targets: Targets, rows: Sequence[ResultRow], *, analyses: Mapping[str, str | None]
) -> Comparison:
    """Set every printed figure beside the value of a study's long result table.

    Parameters
    ----------
    targets
        The printed figures.
    rows
        The long result table.
    analyses
        Part (`embogen.evidence.figures.ROLES`) to the id of the analysis that plays it; a part
        that is None or not named leaves its figures without a recomputed value.

    Returns
    -------
    Comparison
        One figure per printed figure, those without a recomputed value included.

    Raises
    ------
    ValueError
        When `analyses` names a part that does not exist.

    Examples
    --------
    >>> from embogen.evidence.targets import PrintedCohort, Targets
    >>> from embogen.inference.result_row import ResultRow
    >>> targets = Targets("", PrintedCohort("35", altered={"DAXX": "9"}), ())
    >>> row = ResultRow("genes", "", "DAXX", "", "n_altered", 9.0, "", "")
    >>> [(f.figure, f.rounded, f.agrees) for f in compare(
    ...     targets, [row], analyses={"genes": "genes"}).figures]
    [('patients', '', False), ('DAXX altered', '9', True)]
    """
    unknown = sorted(set(analyses) - set(ROLES))
    if unknown:
        msg = f"{', '.join(unknown)}: no such part of a comparison; {', '.join(ROLES)} exist"
        raise ValueError(msg)
    table: dict[str, list[ResultRow]] = {}
    for row in rows:
        table.setdefault(row.analysis, []).append(row)
    figures = tuple(
        _compared(
            figure, _value(figure.place, table.get(analyses.get(figure.place.role) or "", []))
        )
        for figure in printed_figures(targets)
    )
    return Comparison(targets.source, figures)


def _value(place: Place, rows: Sequence[ResultRow]) -> float | None:
    """Find the value at a place; of several (groups of a table) the first is for all patients."""
    terms = {term.lower() for term in place.terms}
    levels = {level.lower() for level in place.levels}
    for statistic in place.statistics:
        for row in rows:
            if (
                row.statistic == statistic
                and row.term.lower() in terms
                and (not levels or row.level.lower() in levels)
                and (place.method is None or row.method in {place.method, ""})
            ):
                return 100 * row.value if statistic == "fraction" else row.value
    return None


def _compared(figure: PrintedFigure, value: float | None) -> ComparedFigure:
    if value is None or math.isnan(value):
        return ComparedFigure(figure.group, figure.figure, figure.printed, None, "", agrees=False)
    return ComparedFigure(
        figure.group,
        figure.figure,
        figure.printed,
        value,
        round_as_printed(value, figure.printed),
        agrees(value, figure.printed),
    )
