from __future__ import annotations

import math

import pytest

from embogen.evidence.comparison import compare
from embogen.evidence.figures import printed_figures
from embogen.evidence.targets import PrintedCohort, PrintedRow, Targets
from embogen.inference.result_row import ResultRow

ANALYSES = {"baseline": "patients", "genes": "genes", "univariable": "t1", "multivariable": "t1a"}
TARGETS = Targets(
    "an abstract",
    PrintedCohort(
        "35",
        sex={"men": "19", "women": "16"},
        age_years={"median": "57", "min": "30", "max": "75"},
        origin={"pancreatic": "16", "other": "19"},
        grade={"1": "11"},
        altered={"DAXX": "9"},
        printed_percent={"DAXX": "26", "grade_1": "31"},
    ),
    (PrintedRow("DAXX", "7.19", "2.42", "21.33", "0.00038"),),
    ("DAXX", "grade"),
    (PrintedRow("DAXX", "3.50", "1.07", "11.40", "0.038"),),
)


def row(*place_and_value: str | float, method=""):
    analysis, term, level, statistic, value = place_and_value
    return ResultRow(analysis, "hpfs", term, level, statistic, value, "", method)


ROWS = [
    row("patients", "sex", "male", "count", 7.0, method="DAXX=altered"),
    row("patients", "", "", "n", 9.0, method="DAXX=altered"),
    row("patients", "", "", "n", 35.0),
    row("patients", "sex", "male", "count", 19.0),
    row("patients", "sex", "female", "count", 16.0),
    row("patients", "age", "", "median", 57.0),
    row("patients", "age", "", "minimum", 30.0),
    row("patients", "age", "", "maximum", 75.2),
    row("patients", "primary_site", "Pancreas", "count", 16.0),
    row("patients", "grade", "1", "count", 11.0),
    row("patients", "grade", "1", "percent", 100 * 11 / 35),
    row("genes", "DAXX", "", "n_altered", 9.0),
    row("genes", "DAXX", "", "fraction", 9 / 35),
    row("elsewhere", "DAXX", "altered", "hr", 1.0, method="efron"),
    row("t1", "DAXX", "altered", "hr", 7.1855, method="efron"),
    row("t1", "DAXX", "altered", "ci_low", 2.4207, method="wald"),
    row("t1", "DAXX", "altered", "ci_high", 21.3294, method="wald"),
    row("t1", "DAXX", "altered", "p_value", 0.002, method="likelihood_ratio"),
    row("t1", "DAXX", "altered", "p_value", 0.000382, method="wald"),
    row("t1a", "DAXX", "altered", "hr", 3.506, method="efron"),
    row("t1a", "DAXX", "altered", "ci_high", math.inf, method="wald"),
    row("t1a", "DAXX", "altered", "p_value", math.nan, method="wald"),
]


def compared():
    return {figure.figure: figure for figure in compare(TARGETS, ROWS, analyses=ANALYSES).figures}


def test_every_printed_figure_is_listed():
    figures = compare(TARGETS, [], analyses={}).figures
    assert len(figures) == 1 + 2 + 3 + 2 + 1 + 1 + 2 + 4 + 4
    assert all(figure.recomputed is None and not figure.agrees for figure in figures)
    assert len({figure.figure for figure in figures}) == len(figures)


def test_values_come_from_the_declared_place():
    found = compared()
    assert found["patients"].recomputed == 35
    assert found["men"].recomputed == 19  # not the 7 of a group
    assert found["origin pancreatic"].agrees
    assert found["DAXX altered, percent"].rounded == "26"
    assert found["grade 1, percent"].rounded == "31"
    assert found["DAXX, hazard ratio"].recomputed == 7.1855
    assert found["DAXX, p"].recomputed == 0.000382  # Wald, as printed, not the likelihood ratio
    assert found["DAXX, p"].agrees


def test_what_differs_or_is_not_there_is_said():
    found = compared()
    assert found["age, oldest"].rounded == "75"
    assert found["age, oldest"].agrees
    adjusted = found["DAXX adjusted for grade, hazard ratio"]
    assert (adjusted.rounded, adjusted.agrees) == ("3.51", False)
    assert found["DAXX adjusted for grade, lower 95% limit"].recomputed is None
    infinite = found["DAXX adjusted for grade, upper 95% limit"]
    assert (infinite.rounded, infinite.agrees) == ("inf", False)
    assert found["DAXX adjusted for grade, p"].recomputed is None
    assert found["origin other"].recomputed is None


def test_a_part_without_an_analysis():
    figures = compare(TARGETS, ROWS, analyses={**ANALYSES, "genes": None}).figures
    assert next(item for item in figures if item.figure == "DAXX altered").recomputed is None


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="bseline: no such part"):
        compare(TARGETS, ROWS, analyses={"bseline": "patients"})


def test_places_are_declared_for_all_figures_of_the_model_study():
    assert {item.place.role for item in printed_figures(TARGETS)} == set(ANALYSES)
