"""What leaves and what stays: ids, dates, ages, columns."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from embogen.cohort.deidentified import deidentify_cohort
from embogen.cohort.model import Cohort
from embogen.cohort.schema import SCHEMAS, Variable

IDS = [f"MRN-{i:03}" for i in range(12)]


def day(number: int) -> dt.date:
    return dt.date(2018, 1, 1) + dt.timedelta(days=number)


@pytest.fixture
def cohort() -> Cohort:
    n = len(IDS)
    patients = pl.DataFrame(
        {
            "patient_id": IDS,
            "age_years": [93.0, 89.0, 90.0, None, *[60.0] * 8],
            "primary_site": ["pancreas", "seen by dr@clinic.org", "x" * 61, None, *["lung"] * 8],
            "who_grade": ["1"] * n,
            "note": ["told her daughter"] * n,
            "comment": ["free"] * n,
            "mrn_number": [1.0] * n,
            "death_date": [day(400), None, *[None] * 10],
            "source_row": list(range(2, n + 2)),
        }
    )
    procedures = pl.DataFrame(
        {
            "procedure_id": ["a", "b", "c"],
            "patient_id": [IDS[0], IDS[0], IDS[1]],
            "date": [day(30), day(0), day(50)],
            "source_row": [2, 3, 4],
        }
    )
    specimens = pl.DataFrame(
        {
            "specimen_id": ["s1", "s2"],
            "patient_id": [IDS[1], IDS[0]],
            "date": [day(40), day(-10)],
            "source_row": [2, 3],
        }
    )
    registry = {
        f"{schema.name}.{item.name}": item
        for schema in SCHEMAS.values()
        for item in schema.variables
    }
    registry["patients.comment"] = Variable("comment", "text", "C.")
    registry["patients.mrn_number"] = Variable("mrn_number", "number", "M.")
    return Cohort(patients, procedures, specimens=specimens, registry=registry)


def made(cohort: Cohort, seed: int = 1, **options: object):
    return deidentify_cohort(cohort, np.random.default_rng(seed), **options)


def test_nothing_of_the_old_ids_is_left_and_rows_follow_the_new_order(cohort):
    found = made(cohort)
    for table in ("patients", "procedures", "specimens"):
        text = found.cohort.table(table).write_csv()
        assert not any(old in text for old in (*IDS, "s1", "s2"))
    new = found.cohort.patients["patient_id"].to_list()
    assert new == sorted(new) == [f"P{i:02}" for i in range(1, 13)]
    assert [found.patients[old] for old in IDS] != new  # drawn, not in the order of the file
    assert len({made(cohort, seed).patients[IDS[0]] for seed in range(30)}) > 6
    first = found.patients[IDS[0]]
    procedures = found.cohort.procedures.filter(pl.col("patient_id") == first)
    assert procedures["procedure_id"].to_list() == [f"{first}-R1", f"{first}-R2"]
    assert found.specimens == {"s1": f"{found.patients[IDS[1]]}-S1", "s2": f"{first}-S1"}


def test_all_dates_of_a_patient_move_together_and_every_interval_stays(cohort):
    found = made(cohort)
    days = found.shift_days[IDS[0]]
    assert 1 <= abs(days) <= 365
    assert found.shift_days[IDS[2]] is None  # without a date
    first = found.patients[IDS[0]]

    def of(table: str, column: str) -> list[dt.date]:
        frame = found.cohort.table(table).filter(pl.col("patient_id") == first)
        return frame[column].to_list()

    moved = dt.timedelta(days=days)
    assert of("procedures", "date") == [day(0) + moved, day(30) + moved]
    assert of("specimens", "date") == [day(-10) + moved]
    assert of("patients", "death_date") == [day(400) + moved]


def test_shifts_differ_between_patients_and_between_runs(cohort):
    shifts = {made(cohort, seed).shift_days[IDS[0]] for seed in range(40)}
    assert len(shifts) > 20
    assert min(shifts) < 0 < max(shifts)
    found = made(cohort).shift_days
    assert found[IDS[0]] != found[IDS[1]]


def test_origin_puts_every_first_embolization_on_one_day(cohort):
    origins = {IDS[0]: day(0), IDS[1]: day(50)}
    found = made(cohort, dates="origin", origins=origins)
    dates = found.cohort.procedures.group_by("patient_id").agg(pl.col("date").min())
    assert set(dates["date"]) == {dt.date(2000, 1, 1)}
    specimens = found.cohort.specimens["date"].to_list()
    assert set(specimens) == {dt.date(1999, 12, 22)}  # both ten days before


def test_ages_over_89_are_pooled(cohort):
    found = made(cohort)
    ages = dict(found.cohort.patients.select("patient_id", "age_years").iter_rows())
    assert [ages[found.patients[old]] for old in IDS[:4]] == [90.0, 89.0, 90.0, None]
    assert found.n_pooled == 2


def test_only_listed_columns_stay_and_odd_words_are_emptied(cohort):
    found = made(cohort)
    assert set(found.dropped) == {"patients.note", "patients.comment", "patients.mrn_number"}
    assert set(found.cohort.patients.columns) == {
        "patient_id", "age_years", "primary_site", "who_grade", "death_date", "source_row",
    }  # fmt: skip
    assert found.n_emptied == 2
    assert set(found.cohort.patients["primary_site"]) == {"pancreas", "lung", None}
    assert "patients.note" not in made(cohort, needed={"patients.note"}).dropped


def test_rows_of_the_file_do_not_leave_in_their_order(cohort):
    backwards = Cohort(
        cohort.patients.reverse(),
        cohort.procedures,
        specimens=cohort.specimens,
        registry=cohort.registry,
    )
    assert sorted(made(backwards).cohort.patients["age_years"].to_list(), key=str) == sorted(
        made(cohort).cohort.patients["age_years"].to_list(), key=str
    )
