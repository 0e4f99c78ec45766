"""Columns become covariates by the plan's coding; what does not fit is refused, not bent."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.cohort.schema import Variable
from embogen.study.covariates import CovariateProblems, build_covariate
from embogen.study.plan import CovariateSection
from embogen.study.terms import covariate_block

PATIENTS = ("a", "b", "c", "d")


@pytest.fixture
def cohort() -> Cohort:
    patients = pl.DataFrame(
        {
            "patient_id": list(PATIENTS),
            "age_years": [50.0, None, 61.0, 70.0],
            "who_grade": ["1", "3", None, "3"],
            "extrahepatic_disease": [True, False, None, True],
            "site": ["pancreas", "lung", "pancreas", "rectum"],
            "sessions": [1, 2, 4, None],
            SOURCE_ROW: [2, 3, 4, 5],
        }
    )
    procedures = pl.DataFrame(
        {
            "patient_id": ["b", "a", "a"],
            "date": pl.Series(["2020-02-01", "2020-05-01", "2020-01-01"]).str.to_date(),
            "embolic": ["spheres", "lipiodol", "particles"],
            SOURCE_ROW: [2, 3, 4],
        }
    )
    registry = {
        "patients.age_years": Variable("age_years", "number", "Age.", unit="years"),
        "patients.who_grade": Variable("who_grade", "category", "G.", allowed=("1", "2", "3")),
        "patients.extrahepatic_disease": Variable("extrahepatic_disease", "flag", "E."),
        "patients.sessions": Variable("sessions", "integer", "S."),
    }
    files = {"patients": "p.csv", "procedures": "q.csv"}
    return Cohort(patients, procedures, registry=registry, files=files)


def build(cohort: Cohort, **spec: object):
    return build_covariate("x", CovariateSection.model_validate(spec), cohort, PATIENTS)


def test_a_number_keeps_its_missing_values_and_unit(cohort):
    covariate = build(cohort, column="age_years", per=10.0)
    assert covariate.coding == "number"
    assert np.isnan(covariate.values[1])
    block = covariate_block(covariate)
    assert block.terms[0].unit == "10 years"
    assert block.columns[0, 0] == 5.0
    assert block.known.tolist() == [True, False, True, True]


def test_a_trend_counts_steps_over_a_grade_nobody_has(cohort):
    covariate = build(cohort, column="who_grade", coding="trend")
    assert covariate.levels == ("1", "2", "3")
    assert covariate.values[[0, 1, 3]].tolist() == [0.0, 2.0, 2.0]


def test_levels_make_a_column_each_but_the_reference(cohort):
    covariate = build(cohort, column="site", reference="lung")
    block = covariate_block(covariate)
    assert [term.level for term in block.terms] == ["pancreas", "rectum"]
    assert block.columns.tolist() == [[1, 0], [0, 0], [1, 0], [0, 1]]


def test_groups_join_levels(cohort):
    group = {"pancreas": "pancreatic", "lung": "other", "rectum": "other"}
    covariate = build(cohort, column="site", group=group)
    assert covariate.texts() == ("pancreatic", "other", "pancreatic", "other")


def test_a_flag_is_yes_against_no(cohort):
    covariate = build(cohort, column="extrahepatic_disease")
    assert covariate.texts() == ("yes", "no", None, "yes")


def test_the_first_procedure_decides_and_a_patient_without_one_is_missing(cohort):
    covariate = build(cohort, table="procedures", column="embolic")
    assert covariate.texts() == ("particles", "spheres", None, None)


def test_an_integer_trend_spans_its_range(cohort):
    covariate = build(cohort, column="sessions", coding="trend")
    assert covariate.levels == ("1", "2", "3", "4")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"column": "who_grad"}, 'Did you mean "who_grade"?'),
        ({"column": "site", "coding": "number"}, "no numbers"),
        ({"column": "site", "coding": "flag"}, "not yes and no"),
        ({"column": "site", "reference": "liver"}, "not one of"),
        ({"column": "x", "table": "procedures"}, "no column"),
    ],
)
def test_what_the_plan_cannot_mean_is_a_plan_problem(cohort, spec, words):
    with pytest.raises(CovariateProblems) as caught:
        build(cohort, **spec)
    assert words in " ".join(map(str, caught.value.plan))


def test_a_value_outside_the_levels_names_its_row(cohort):
    with pytest.raises(CovariateProblems) as caught:
        build(cohort, column="who_grade", levels=["1", "2"])
    problems = [str(item) for item in caught.value.data]
    assert [item.row for item in caught.value.data] == [3, 5]
    assert 'p.csv row 3, who_grade: "3" is not one of 1, 2.' in problems[0]
    assert "covariate.x.levels" in problems[0]
