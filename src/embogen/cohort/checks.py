"""Checks across tables: ids that lead nowhere, and dates in an impossible order."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.cohort.schema import EMBOLIZATIONS, SCHEMAS
from embogen.errors import DataProblem

if TYPE_CHECKING:
    import datetime as dt

_CHILDREN: Final = ("procedures", "assessments", "specimens", "lesions")
_AFTER_DEATH: Final = {
    "procedures": "a procedure",
    "assessments": "an assessment",
    "specimens": "a specimen",
    "lesions": "a scan",
}


def cohort_problems(cohort: Cohort) -> list[DataProblem]:
    """Find every contradiction between the tables of a cohort.

    Returns
    -------
    list of DataProblem
        Empty keys aside (typing finds those): duplicate keys; rows of patients that are not in
        the patients table; procedures, assessments and specimens after death; a death before the
        first embolization; a last contact after death.
    """
    problems: list[DataProblem] = []
    for table in SCHEMAS:
        problems += _duplicates(cohort, table)
    for table in _CHILDREN:
        problems += _unknown_patients(cohort, table)
    problems += _repeated_lesions(cohort)
    problems += _deaths(cohort)
    return problems


def _header(cohort: Cohort, table: str, column: str) -> str:
    return cohort.headers.get(f"{table}.{column}", column)


def _duplicates(cohort: Cohort, table: str) -> list[DataProblem]:
    frame = cohort.table(table)
    key = SCHEMAS[table].key
    if frame is None or key is None or key not in frame.columns:
        return []
    first = pl.col(SOURCE_ROW).first().over(key)
    repeated = frame.filter(pl.col(key).is_not_null()).with_columns(first.alias("first_row"))
    repeated = repeated.filter(pl.col(SOURCE_ROW) != pl.col("first_row"))
    what = key.removesuffix("_id")
    return [
        DataProblem(
            cohort.file(table),
            f"is the {what} of row {first_row} already, and a {what} has one row",
            "Remove or merge the repeated row, or correct the id.",
            row=row,
            column=_header(cohort, table, key),
            value=value,
        )
        for value, row, first_row in repeated.select(key, SOURCE_ROW, "first_row").iter_rows()
    ]


def _repeated_lesions(cohort: Cohort) -> list[DataProblem]:
    """Find a lesion measured twice on one date: which diameter holds cannot be told."""
    if cohort.lesions is None:
        return []
    place = ["patient_id", "date", "lesion"]
    first = pl.col(SOURCE_ROW).first().over(place)
    rows = cohort.lesions.filter(pl.all_horizontal(pl.col(place).is_not_null()))
    rows = rows.with_columns(first.alias("first_row"))
    rows = rows.filter(pl.col(SOURCE_ROW) != pl.col("first_row"))
    return [
        DataProblem(
            cohort.file("lesions"),
            f"is measured on {date} in row {first_row} already, and a scan has one row per lesion",
            "Remove or merge the repeated row, or correct the lesion or the date.",
            row=row,
            column=_header(cohort, "lesions", "lesion"),
            value=lesion,
        )
        for lesion, date, row, first_row in rows.select(
            "lesion", "date", SOURCE_ROW, "first_row"
        ).iter_rows()
    ]


def _unknown_patients(cohort: Cohort, table: str) -> list[DataProblem]:
    frame = cohort.table(table)
    if frame is None or "patient_id" not in frame.columns:
        return []
    known = cohort.patients["patient_id"].drop_nulls().to_list()
    allowed = {*known, *cohort.set_aside.get("patients", ())}
    strangers = frame.filter(
        pl.col("patient_id").is_not_null() & ~pl.col("patient_id").is_in(list(allowed))
    )
    return [
        DataProblem(
            cohort.file(table),
            f"is no patient of {cohort.file('patients')}",
            _closest(patient, known),
            row=row,
            column=_header(cohort, table, "patient_id"),
            value=patient,
        )
        for patient, row in strangers.select("patient_id", SOURCE_ROW).iter_rows()
    ]


def _closest(patient: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(patient, known, n=1, cutoff=0.8)
    if close:
        return f'Did you mean "{close[0]}"? Correct the id, or add the patient.'
    return "Correct the id, or add the patient."


def _deaths(cohort: Cohort) -> list[DataProblem]:
    """Find what happens to a patient after death, and deaths before the first embolization."""
    if "death_date" not in cohort.patients.columns:
        return []
    deaths = cohort.patients.filter(pl.col("death_date").is_not_null())
    problems: list[DataProblem] = []
    if "last_contact_date" in deaths.columns:
        late = deaths.filter(pl.col("last_contact_date") > pl.col("death_date"))
        problems += [
            DataProblem(
                cohort.file("patients"),
                f"is after the death on {death}",
                "Correct one of the two dates.",
                row=row,
                column=_header(cohort, "patients", "last_contact_date"),
                value=str(contact),
            )
            for row, contact, death in late.select(
                SOURCE_ROW, "last_contact_date", "death_date"
            ).iter_rows()
        ]
    first = {} if cohort.procedures is None else _first_sessions(cohort.procedures)
    too_early = set()
    for patient, row, death in deaths.select("patient_id", SOURCE_ROW, "death_date").iter_rows():
        session = first.get(patient)
        if session is not None and death < session[0]:
            too_early.add(patient)
            problems.append(_early_death(cohort, row, death, session))
    for table in _CHILDREN:
        problems += _after_death(cohort, table, deaths, too_early)
    return problems


def _early_death(
    cohort: Cohort, row: int, death: dt.date, session: tuple[dt.date, int]
) -> DataProblem:
    where = f"{cohort.file('procedures')} row {session[1]}"
    return DataProblem(
        cohort.file("patients"),
        f"is before the first embolization on {session[0]} ({where})",
        "Correct one of the two dates.",
        row=row,
        column=_header(cohort, "patients", "death_date"),
        value=str(death),
    )


def _first_sessions(procedures: pl.DataFrame) -> dict[str, tuple[dt.date, int]]:
    """Return each patient's first embolization and its row."""
    rows = procedures.filter(pl.col("date").is_not_null() & pl.col("patient_id").is_not_null())
    if "modality" in rows.columns:
        rows = rows.filter(pl.col("modality").is_in(EMBOLIZATIONS))
    first = rows.sort("date", SOURCE_ROW).unique("patient_id", keep="first", maintain_order=True)
    return {
        patient: (date, row)
        for patient, date, row in first.select("patient_id", "date", SOURCE_ROW).iter_rows()
    }


def _after_death(
    cohort: Cohort, table: str, deaths: pl.DataFrame, reported: set[str]
) -> list[DataProblem]:
    frame = cohort.table(table)
    if frame is None or "date" not in frame.columns:
        return []
    rows = frame.join(deaths.select("patient_id", "death_date"), on="patient_id", how="inner")
    rows = rows.filter(pl.col("date") > pl.col("death_date"))
    # a death before the first embolization is reported as such, once
    rows = rows.filter(~pl.col("patient_id").is_in(list(reported)))
    return [
        DataProblem(
            cohort.file(table),
            f"puts {_AFTER_DEATH[table]} after the death of {patient} on {death}",
            f"Correct this date, or the death_date in {cohort.file('patients')}.",
            row=row,
            column=_header(cohort, table, "date"),
            value=str(date),
        )
        for patient, row, date, death in rows.select(
            "patient_id", SOURCE_ROW, "date", "death_date"
        ).iter_rows()
    ]
