"""Covariates derived from other columns: values, declarations, warnings, refusals."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.cohort.schema import Variable
from embogen.errors import DataError, PlanError
from embogen.study.covariates import build_covariate
from embogen.study.derivation_checks import derivation_problems
from embogen.study.derivations import derive_columns
from embogen.study.plan import StudyPlan

PATIENTS = pl.DataFrame(
    {
        "patient_id": ["a", "b", "c", "d", "e"],
        "who_grade": ["1", "2", "3", None, "2"],
        "ki67_percent": [2.5, 2.5, 40.0, 30.0, None],
        "mitoses_per_2mm2": [1.0, None, 3.0, None, None],
        "differentiation": ["well", None, "unknown", "poorly", None],
        "tumor_volume_ml": [300.0, 750.0, 1200.0, None, 100.0],
        "liver_volume_ml": [1500.0, 1500.0, 2000.0, 1500.0, 1600.0],
        "hepatic_tumor_burden_percent": [20.4, 40.0, None, None, None],
        "bilirubin_umol_l": [10.0, None, 17.0, None, 5.0],
        "bilirubin_mg_dl": [None, 1.0, 1.0, None, None],
        "albumin_g_dl": [4.0, 3.5, 2.0, 4.0, None],
        SOURCE_ROW: [2, 3, 4, 5, 6],
    }
)
PROCEDURES = pl.DataFrame(
    {
        "patient_id": ["a", "a", "b", "b"],
        "date": [
            dt.date(2020, 1, 1),
            dt.date(2020, 2, 1),
            dt.date(2019, 1, 1),
            dt.date(2020, 1, 1),
        ],
        "modality": ["TACE", "TACE", "ablation", "TARE"],
        "embolic": ["spheres", "lipiodol", None, "glass"],
        "ctcae_grade": [1, 3, None, 2],
        SOURCE_ROW: [2, 3, 4, 5],
    }
)


def plan_of(**covariates: dict[str, object]) -> StudyPlan:
    return StudyPlan.model_validate(
        {
            "schema": 1,
            "study": {"id": "s", "title": "t"},
            "data": {"patients": {"file": "p.csv"}},
            "covariate": covariates,
        }
    )


def derived(patients: pl.DataFrame = PATIENTS, **spec: object):
    cohort = Cohort(
        patients,
        procedures=PROCEDURES,
        registry={"procedures.embolic": Variable("embolic", "text", "Embolic material.")},
        files={"patients": "p.csv", "procedures": "q.csv"},
    )
    plan, cohort, caveats = derive_columns(plan_of(x=spec), cohort)
    values = cohort.patients["x (derived)"].to_list()
    built = build_covariate("x", plan.covariate["x"], cohort, cohort.patient_ids)
    return values, built, {item.code: item for item in caveats}


def test_grade_by_edition_counts_disagreement_and_what_is_uncertain():
    values, built, caveats = derived(derive="who_grade", edition="2019", coding="trend")
    assert values == ["1", "1", "3", "3", None]
    assert built.levels == ("1", "2", "3")
    assert caveats["grade_disagrees"].evidence == {"differ": 1, "compared": 3}
    assert "recorded 2, derived 1: 1" in caveats["grade_disagrees"].message
    assert caveats["grade_uncertain"].evidence == {
        "contradict": 0,
        "unknown_differentiation": 1,
        "one_index": 2,
        "underived": 1,
    }
    values, _, caveats = derived(derive="who_grade", edition="2010")
    assert values == ["2", "2", "3", "3", None]
    assert "recorded 1, derived 2: 1" in caveats["grade_disagrees"].message


def test_class_keeps_net_and_carcinoma_apart():
    values, built, _ = derived(derive="who_class")
    assert values == ["NET G1", "NET G1", "G3, differentiation unknown", "NEC", None]
    assert built.coding == "levels"
    assert built.levels == ("NET G1", "NEC", "G3, differentiation unknown")


def test_burden_in_percent_and_in_classes():
    values, built, caveats = derived(derive="tumor_burden")
    assert values == [20.0, 50.0, 60.0, None, 6.25]
    assert (built.coding, built.unit) == ("number", "%")
    assert caveats["burden_disagrees"].evidence["differ"] == 1  # 40 recorded, 50 derived
    values, built, _ = derived(derive="tumor_burden", cutpoints=[25.0, 50.0])
    assert values == ["<25%", "25 to 50%", ">50%", None, "<25%"]
    assert built.levels == ("<25%", "25 to 50%", ">50%")


def test_a_tumour_larger_than_its_liver_names_its_row():
    larger = PATIENTS.with_columns(liver_volume_ml=pl.lit(700.0))
    with pytest.raises(DataError) as caught:
        derived(larger, derive="tumor_burden")
    assert [problem.row for problem in caught.value.problems] == [3, 4]


def test_albi_joins_units_that_agree():
    values, _, _ = derived(derive="albi_score")
    assert values[0] == pytest.approx(0.66 - 3.4)
    assert values[1] == pytest.approx(0.66 * 1.23309758 - 2.975, abs=1e-7)  # log10 of 17.104
    assert values[3:] == [None, None]
    values, _, _ = derived(derive="albi_grade")
    assert values == ["1", "2", "3", None, None]


def test_one_quantity_in_two_units_must_agree():
    wrong = PATIENTS.with_columns(bilirubin_mg_dl=pl.Series([None, 1.0, 10.0, None, None]))
    with pytest.raises(DataError, match=r"p\.csv row 4, bilirubin_umol_l: .*171"):
        derived(wrong, derive="albi_grade")


def test_the_first_course_and_its_first_session():
    values, _, caveats = derived(derive="sessions")
    assert values == [2, 1, None, None, None]
    assert caveats["known_after_origin"].evidence == {"patients": 1, "longest_days": 31}
    assert derived(derive="course_days")[0][:2] == [31, 0]
    assert derived(derive="course_days", course_gap_days=30.0)[0][:2] == [0, 0]
    assert derived(derive="course_days", course_gap_days=30.0)[2] == {}
    assert derived(derive="worst_ctcae")[0][:2] == [3, 2]
    values, built, caveats = derived(derive="first_session", column="embolic")
    assert values == ["spheres", "glass", None, None, None]  # no ablation among them
    assert built.levels == ("glass", "spheres")
    assert caveats == {}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"derive": "who_grade"}, "no column ki67_percent or mitoses_per_2mm2"),
        ({"derive": "tumor_burden"}, "no column tumor_volume_ml"),
        ({"derive": "albi_grade"}, "no column bilirubin_umol_l or bilirubin_mg_dl"),
        ({"derive": "first_session", "column": "embolik"}, 'Did you mean "embolic"'),
    ],
)
def test_what_a_derivation_needs_and_does_not_find_is_named(spec, words):
    with pytest.raises(PlanError, match=words):
        derived(PATIENTS.select("patient_id", SOURCE_ROW), **spec)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, "says neither column nor derive"),
        ({"derive": "first_session"}, "column does not say which"),
        ({"derive": "who_grade", "column": "who_grade"}, "both is a column"),
        ({"column": "sex", "edition": "2019"}, "edition: belongs to"),
        ({"derive": "who_grade", "cutpoints": [25]}, "cutpoints: belongs to"),
        ({"derive": "tumor_burden", "cutpoints": [50, 25]}, "must rise"),
        ({"derive": "tumor_burden", "cutpoints": [50, 120]}, "between 0 and 100"),
        ({"derive": "tumor_burden", "course_gap_days": 3}, "course_gap_days: belongs to"),
    ],
)
def test_a_covariate_says_one_thing(spec, words):
    assert any(words in str(problem) for problem in derivation_problems({"x": spec}))


def test_right_covariates_pass():
    fine = {"a": {"column": "sex"}, "b": {"derive": "tumor_burden", "cutpoints": [25, 50]}}
    assert derivation_problems(fine) == []


def course(*sessions: tuple[str, str, str | None], gap: float = 60.0) -> list[object]:
    """Derive sessions, days, worst CTCAE and first embolic of one patient's procedures."""
    procedures = pl.DataFrame(
        {
            "patient_id": ["a"] * len(sessions),
            "date": [dt.date.fromisoformat(date) for date, _, _ in sessions],
            "modality": [modality for _, modality, _ in sessions],
            "embolic": [embolic for _, _, embolic in sessions],
            "ctcae_grade": list(range(len(sessions))),
            SOURCE_ROW: list(range(2, len(sessions) + 2)),
        },
        schema_overrides={"embolic": pl.String},
    )
    cohort = Cohort(PATIENTS.head(1), procedures=procedures)
    wanted = {name: {"derive": name} for name in ("sessions", "course_days", "worst_ctcae")}
    wanted["first"] = {"derive": "first_session", "column": "embolic"}
    for spec in wanted.values():
        spec["course_gap_days"] = gap
    _, cohort, _ = derive_columns(plan_of(**wanted), cohort)
    return [cohort.patients[f"{name} (derived)"][0] for name in wanted]


def test_an_ablation_before_is_no_session_and_does_not_start_the_course():
    found = course(
        ("2019-01-01", "ablation", None),
        ("2020-01-01", "bland embolization", "spheres"),
        ("2020-02-01", "TACE", "lipiodol"),
    )
    assert found == [2, 31, 2, "spheres"]


@pytest.mark.parametrize(("gap", "sessions", "days"), [(31.0, 2, 31), (30.0, 1, 0)])
def test_a_pause_longer_than_the_gap_ends_the_course(gap, sessions, days):
    found = course(("2020-01-01", "TACE", "a"), ("2020-02-01", "TACE", "b"), gap=gap)
    assert found[:2] == [sessions, days]


def test_another_treatment_ends_the_course_and_two_rows_of_a_day_are_one_session():
    found = course(
        ("2020-01-01", "TARE", "right"),
        ("2020-01-01", "TARE", "left"),
        ("2020-01-20", "resection", None),
        ("2020-02-01", "TARE", None),
    )
    assert found == [1, 0, 1, "right"]


def test_the_order_of_rows_does_not_matter_and_no_embolization_is_no_course():
    assert course(("2020-02-01", "TACE", "b"), ("2020-01-01", "TACE", "a"))[3] == "a"
    assert course(("2020-01-01", "ablation", "x")) == [None] * 4
