"""Tumour burden and its classes, ALBI, and the first course of embolization, by hand."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest

from embogen.cohort.liver import albi_grade, albi_score, class_names, class_of, tumor_burden_percent
from embogen.cohort.sessions import first_courses


@pytest.mark.parametrize(("tumor", "liver"), [(1500.1, 1500), (0, 0), (-1, 100)])
def test_a_tumour_larger_than_its_liver_is_refused(tumor, liver):
    with pytest.raises(ValueError, match="does not fit"):
        tumor_burden_percent(tumor, liver)


def test_every_value_is_in_one_class_and_classes_rise():
    for cuts in ([50], [25, 50], [10, 25, 50, 75]):
        names = class_names(cuts)
        places = [names.index(class_of(value / 10, cuts)) for value in range(1001)]
        assert places == sorted(places)
        assert set(places) == set(range(len(names)))


def test_cutpoints_belong_where_the_names_say():
    assert [class_of(v, [10, 25, 50]) for v in (9.9, 10, 25, 50, 50.1)] == [
        "<10%",
        "10 to <25%",
        "25 to 50%",
        "25 to 50%",
        ">50%",
    ]


def test_albi_by_hand():
    # bilirubin of 1 umol/L has log 0: the score is the albumin term alone
    assert albi_score(1, 30) == pytest.approx(-2.55, abs=1e-12)
    assert albi_score(100, 40) == pytest.approx(1.32 - 3.4, abs=1e-12)
    assert albi_grade(albi_score(100, 40)) == 2
    assert albi_grade(math.nextafter(-2.60, 0)) == 2


def rows(*sessions: tuple[str, str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "patient_id": ["a"] * len(sessions),
            "date": [dt.date.fromisoformat(date) for date, _, _ in sessions],
            "modality": [modality for _, modality, _ in sessions],
            "embolic": [embolic for _, _, embolic in sessions],
            "ctcae_grade": list(range(len(sessions))),
            "source_row": list(range(2, len(sessions) + 2)),
        }
    )


def test_an_ablation_before_is_no_session_and_does_not_start_the_course():
    table = rows(
        ("2019-01-01", "ablation", None),
        ("2020-01-01", "bland embolization", "spheres"),
        ("2020-02-01", "TACE", "lipiodol"),
    )
    course = first_courses(table, 60)["a"]
    assert (course.sessions, course.days, course.worst_ctcae) == (2, 31, 2)
    assert course.first["embolic"] == "spheres"


@pytest.mark.parametrize(("gap", "sessions", "days"), [(31, 2, 31), (30, 1, 0)])
def test_a_pause_longer_than_the_gap_ends_the_course(gap, sessions, days):
    table = rows(("2020-01-01", "TACE", None), ("2020-02-01", "TACE", None))
    course = first_courses(table, gap)["a"]
    assert (course.sessions, course.days) == (sessions, days)


def test_another_treatment_ends_the_course_and_two_rows_of_a_day_are_one_session():
    table = rows(
        ("2020-01-01", "TARE", "right"),
        ("2020-01-01", "TARE", "left"),
        ("2020-01-20", "resection", None),
        ("2020-02-01", "TARE", None),
    )
    course = first_courses(table, 60)["a"]
    assert (course.sessions, course.days, course.first["embolic"]) == (1, 0, "right")


def test_the_order_of_rows_does_not_matter():
    table = rows(("2020-02-01", "TACE", "b"), ("2020-01-01", "TACE", "a"))
    assert first_courses(table, 60)["a"].first["embolic"] == "a"


def test_no_embolization_no_course():
    assert first_courses(rows(("2020-01-01", "ablation", None)), 60) == {}
