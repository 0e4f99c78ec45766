"""What a person should look at: each sort found by hand, and nothing found where nothing is odd."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest
from one_patient_clinic import NE, PD, PR, SD, clinic, day, derive

from embogen.cohort.model import Cohort
from embogen.endpoint.findings import cohort_findings


def orders(cohort: Cohort) -> list[str]:
    return [f"{item.code}: {item}" for item in cohort_findings(cohort)]


def gaps(cohort: Cohort, **choices: object) -> list[tuple[str, int]]:
    found = derive(cohort, **choices).findings()
    return [(item.message.partition(",")[0], item.row) for item in found if item.code == "long_gap"]


def test_an_ordinary_course_has_nothing_odd():
    cohort = clinic([(-10, PD, None), (90, SD, None), (180, PD, None)], contact=200)
    assert cohort_findings(cohort) == ()
    assert derive(cohort).findings() == ()


@pytest.mark.parametrize(
    ("cohort", "words"),
    [
        (
            clinic([(-10, PR, None), (90, SD, None)]),
            "assessments row 2: partial response on 2019-12-22 is before the first procedure",
        ),
        (
            clinic([(-10, PD, None)]),
            "assessments row 2: the last scan, on 2019-12-22, is before the first procedure",
        ),
        (
            clinic([(90, SD, None)], lesions=[(0, "x", "new", 12.0)]),
            "lesions row 2: a new lesion on 2020-01-01 is not after the first procedure",
        ),
        (
            clinic([(90, SD, None)], contact=60),
            "patients row 2: the last contact on 2020-03-01 is before a scan on 2020-03-31",
        ),
    ],
)
def test_impossible_orders_are_named_with_their_row(cohort: Cohort, words: str):
    (found,) = orders(cohort)
    assert found.startswith(f"impossible_order: {words}")


def test_a_diagnosis_after_treatment_is_named():
    cohort = clinic([(90, SD, None)])
    late = cohort.patients.with_columns(pl.Series("diagnosis_date", [day(5)]))
    (found,) = orders(dataclasses.replace(cohort, patients=late))
    assert "the diagnosis on 2020-01-06 is after the first procedure on 2020-01-01" in found


def test_sessions_numbered_against_their_dates_are_named_but_not_a_new_course():
    cohort = clinic([(400, SD, None)], sessions=[(0, "TACE"), (30, "TACE"), (300, "TACE")])
    assert cohort.procedures is not None

    def numbered(*numbers: int) -> Cohort:
        table = cohort.procedures.drop("course").with_columns(pl.Series("session", numbers))
        return dataclasses.replace(cohort, procedures=table)

    assert orders(numbered(1, 2, 1)) == []
    (found,) = orders(numbered(1, 3, 2))
    assert "procedures row 4: session 2 on 2020-10-27 is after session 3 on 2020-01-31" in found


def test_gaps_over_twice_the_schedule_are_named():
    cohort = clinic([(90, SD, None), (270, SD, None), (451, SD, None), (500, PD, None)])
    # 181 days are over twice 90, 180 are not
    assert gaps(cohort, schedule_days=90) == [
        ("181 days since the liver assessment on 2020-09-27", 4)
    ]
    assert gaps(cohort, schedule_days=100) == []
    # without a schedule twice the median of 90, 180, 181 and 49
    assert gaps(cohort) == []


def test_gaps_count_evaluable_scans_and_run_from_the_origin_and_until_death():
    cohort = clinic([(100, NE, None), (200, SD, None)], death=401)
    assert gaps(cohort, schedule_days=90) == [
        ("200 days since the origin on 2020-01-01", 3),
        ("201 days since the liver assessment on 2020-07-19 until death", 2),
    ]


def test_gaps_after_the_event_are_of_no_concern():
    assert gaps(clinic([(90, PD, None), (900, SD, None)]), schedule_days=90) == []


def test_readers_who_disagree_are_named():
    cohort = clinic([(90, SD, None), (90, PD, None), (180, PD, None), (180, NE, None)])
    (found,) = orders(cohort)
    assert found == (
        "readers_disagree: assessments row 3: progression on 2020-03-31, which row 2 calls "
        "stable disease"
    )


MEASURED = [(-5, "a", "target", 40.0), (90, "a", "target", 44.0)]


def test_progression_called_against_the_diameters_is_named():
    cohort = clinic([(90, PD, None)], lesions=MEASURED)
    (found,) = derive(cohort).findings()
    assert found.code == "call_against_diameters"
    assert found.row == 2
    assert "by the diameters (lesions rows 3) it is stable disease: sum 44" in found.message


@pytest.mark.parametrize(
    "lesions",
    [
        [(-5, "a", "target", 40.0), (90, "a", "target", 50.0)],
        [*MEASURED, (90, "x", "new", 9.0)],
        [(-5, "a", "target", 40.0), (90, "a", "target", None)],
        [(90, "a", "target", 44.0)],
        [(-5, "a", "target", 40.0), (95, "a", "target", 44.0)],
    ],
    ids=["grown", "new lesion", "not measured", "no baseline", "another day"],
)
def test_a_call_the_diameters_do_not_speak_against_is_not_named(lesions):
    cohort = clinic([(90, PD, None)], lesions=lesions)
    assert derive(cohort).findings() == ()


def test_with_a_measured_criterion_no_call_decides():
    cohort = clinic([(90, PD, None)], lesions=MEASURED)
    assert derive(cohort, criterion="recist_1_1").findings() == ()
