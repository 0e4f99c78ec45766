"""The embolization sessions of a patient, and what they amount to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from embogen.cohort.model import SOURCE_ROW
from embogen.cohort.schema import EMBOLIZATIONS

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, slots=True)
class FirstCourse:
    """The first course of embolization of one patient.

    Parameters
    ----------
    sessions
        Number of its sessions; two rows of one day are one session.
    days
        From its first session to its last; 0 for a single session.
    worst_ctcae
        Highest CTCAE grade of its sessions, or None where none is recorded.
    first
        The first row of its first session, by column.
    """

    sessions: int
    days: int
    worst_ctcae: int | None
    first: dict[str, Any]


def first_courses(procedures: pl.DataFrame, gap_days: float) -> dict[str, FirstCourse]:
    """Find each patient's first course of embolization.

    The course begins with the first embolization; the next session belongs to it when it is an
    embolization not more than `gap_days` after the one before. Anything else ends it. Without a
    `modality` every session is an embolization; sessions before the first one do not count.

    Parameters
    ----------
    procedures
        Rows with `patient_id`, `date`, and the file's row.
    gap_days
        Longest pause between two sessions of one course.

    Returns
    -------
    dict
        By patient id; patients without a dated embolization are not in it.

    Examples
    --------
    Right lobe, left lobe four weeks later, and again after a year:

    >>> import datetime as dt
    >>> dates = [dt.date(2020, 1, 1), dt.date(2020, 1, 29), dt.date(2021, 1, 1)]
    >>> rows = pl.DataFrame({"patient_id": ["a"] * 3, "date": dates, "source_row": [2, 3, 4]})
    >>> course = first_courses(rows, 60)["a"]
    >>> course.sessions, course.days
    (2, 28)
    """
    rows = procedures.filter(pl.col("date").is_not_null() & pl.col("patient_id").is_not_null())
    by_patient: dict[str, list[dict[str, Any]]] = {}
    for row in rows.sort("date", SOURCE_ROW).iter_rows(named=True):
        by_patient.setdefault(row["patient_id"], []).append(row)
    found = {patient: _course(items, gap_days) for patient, items in by_patient.items()}
    return {patient: course for patient, course in found.items() if course is not None}


def _course(rows: Sequence[dict[str, Any]], gap_days: float) -> FirstCourse | None:
    start = next((i for i, row in enumerate(rows) if _embolizes(row)), None)
    if start is None:
        return None
    course = [rows[start]]
    for row in rows[start + 1 :]:
        pause = (row["date"] - course[-1]["date"]).days
        if pause > 0 and not (_embolizes(row) and pause <= gap_days):
            break
        course.append(row)
    course = [row for row in course if _embolizes(row)]
    days: list[dt.date] = [row["date"] for row in course]
    grades = [row["ctcae_grade"] for row in course if row.get("ctcae_grade") is not None]
    worst = max(grades, default=None)
    return FirstCourse(len(set(days)), (days[-1] - days[0]).days, worst, course[0])


def _embolizes(row: dict[str, Any]) -> bool:
    return "modality" not in row or row["modality"] in EMBOLIZATIONS
