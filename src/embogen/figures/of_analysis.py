"""Which figure an analysis is shown in: one line per kind of result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.figures.forest import forest_drawing, forest_numbers
from embogen.figures.gene_pairs import pairs_drawing, pairs_numbers
from embogen.figures.hazard_ratio import hazard_ratio_drawing, hazard_ratio_numbers
from embogen.figures.incidence import incidence_drawing, incidence_numbers
from embogen.figures.kaplan_meier import km_drawing, km_numbers
from embogen.figures.oncoprint import oncoprint_drawing, oncoprint_numbers
from embogen.figures.predicted import predicted_drawing, predicted_numbers
from embogen.figures.shapes import with_notice
from embogen.figures.svg import svg_of
from embogen.genomics.oncoprint import OncoPrint
from embogen.inference.competing import CumulativeIncidence
from embogen.inference.cox_result import CoxFit, UnivariableCox
from embogen.inference.curves import KaplanMeier
from embogen.inference.gene_pairs import CoMutation
from embogen.inference.ph_test import ProportionalHazardsTest
from embogen.inference.predicted_survival import PredictedSurvival
from embogen.wording import grouping

if TYPE_CHECKING:
    from embogen.figures.shapes import Drawing
    from embogen.study.results import Analysis, StudyResults


@dataclass(frozen=True, slots=True)
class FinishedFigure:
    """A figure as it is written: the SVG document and the numbers behind it as CSV."""

    name: str
    svg: str
    csv: str


def drawing_of(analysis: Analysis, results: StudyResults) -> tuple[Drawing, str] | None:
    """Lay out the figure of one analysis, with its numbers as CSV; None when it has none.

    When the cohort is synthetic the notice stands in the drawing itself.
    """
    name, title = analysis.id, analysis.title
    endpoint = next((e for e in results.endpoints if e.name == analysis.endpoint), None)
    outcome = "Survival" if endpoint is None else endpoint.label
    unit = "months" if endpoint is None else endpoint.time_unit
    match analysis.result:
        case KaplanMeier() as result:
            drawing, numbers = (
                km_drawing(
                    result, name=name, outcome=outcome, unit=unit, by=grouping(results.plan, name)
                ),
                km_numbers(result),
            )
        case CumulativeIncidence() as result:
            drawing = incidence_drawing(
                result,
                name=name,
                outcome="Cumulative incidence",
                unit=unit,
                by=grouping(results.plan, name),
            )
            numbers = incidence_numbers(result)
        case UnivariableCox() as result:
            drawing = forest_drawing(result.fits, name=name, title=title)
            numbers = forest_numbers(result.fits)
        case CoxFit() as result:
            drawing = forest_drawing((result,), name=name, title=title)
            numbers = forest_numbers((result,))
        case ProportionalHazardsTest(curves=[_, *_]) as result:
            drawing = hazard_ratio_drawing(result, name=name, title=title, unit=unit)
            numbers = hazard_ratio_numbers(result)
        case PredictedSurvival(curves=[_, *_]) as result:
            drawing = predicted_drawing(result, name=name, outcome=outcome, unit=unit)
            numbers = predicted_numbers(result)
        case OncoPrint() as result:
            drawing = oncoprint_drawing(result, name=name, title=title)
            numbers = oncoprint_numbers(result)
        case CoMutation() as result:
            drawing = pairs_drawing(result, name=name, title=title)
            numbers = pairs_numbers(result)
        case _:
            return None
    return with_notice(drawing, results.synthetic), numbers


def figure_of(analysis: Analysis, results: StudyResults) -> FinishedFigure | None:
    """Draw the figure of one analysis; None when it has none."""
    laid_out = drawing_of(analysis, results)
    if laid_out is None:
        return None
    drawing, numbers = laid_out
    return FinishedFigure(analysis.id, svg_of(drawing), numbers)
