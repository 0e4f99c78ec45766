"""The time origin of each patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.cohort.schema import EMBOLIZATIONS
from embogen.endpoint.course import TreatmentCourse, first_course, sessions_of
from embogen.endpoint.specimen_window import check_specimen_window

if TYPE_CHECKING:
    import datetime as dt

    from embogen.cohort.model import Cohort
    from embogen.endpoint.hpfs_rules import HpfsRules

ORIGIN_WORDS: Final[Mapping[str, str]] = {
    "first_embolization": "date of the first embolization",
    "first_procedure": "date of the first procedure, of any modality",
    "end_of_first_course": "date of the last session of the first course of embolization",
    "biopsy": "date of the specimen: the earliest sequenced one that qualifies",
}
"""Each origin in words."""


@dataclass(frozen=True, slots=True, eq=False)
class Origins:
    """Where time begins, for the patients who have it.

    Parameters
    ----------
    dates
        Patient id to the origin.
    starts
        Patient id to the start of treatment: specimens and baseline scans are related to it.
    courses
        Patient id to the first course of treatment.
    label, missing
        Flow step of those who have an origin, and the reason of those who have none.
    """

    dates: Mapping[str, dt.date]
    starts: Mapping[str, dt.date]
    courses: Mapping[str, TreatmentCourse]
    label: str
    missing: str


def first_embolizations(cohort: Cohort) -> dict[str, dt.date]:
    """Return the date of each patient's first embolization.

    Where the procedures table has a `modality`, only embolizations count; without it every
    procedure does. Patients without one are not in the result.

    Examples
    --------
    >>> import datetime as dt
    >>> from embogen.cohort.model import Cohort
    >>> patients = pl.DataFrame({"patient_id": ["a", "b"]})
    >>> dates = [dt.date(2020, 3, 1), dt.date(2020, 1, 5)]
    >>> procedures = pl.DataFrame({"patient_id": ["a", "a"], "date": dates})
    >>> first_embolizations(Cohort(patients, procedures=procedures))
    {'a': datetime.date(2020, 1, 5)}
    """
    return treatment_starts(cohort, "first_embolization")


def treatment_starts(cohort: Cohort, origin: str) -> dict[str, dt.date]:
    """Return when treatment began, to which specimens are related.

    The first procedure where `origin` is that, the first embolization otherwise.
    """
    table = cohort.procedures
    if table is None:
        return {}
    rows = table.filter(pl.col("date").is_not_null())
    if "modality" in rows.columns and origin != "first_procedure":
        rows = rows.filter(pl.col("modality").is_in(EMBOLIZATIONS))
    first = rows.group_by("patient_id").agg(pl.col("date").min()).sort("patient_id")
    return dict(first.iter_rows())


def find_origins(cohort: Cohort, rules: HpfsRules) -> Origins:
    """Find each patient's origin by the rules of an endpoint."""
    any_modality = rules.origin == "first_procedure"
    starts = treatment_starts(cohort, rules.origin)
    courses = {}
    for patient, sessions in sessions_of(cohort).items():
        course = first_course(sessions, rules.course, any_modality=any_modality)
        if course is not None:
            courses[patient] = course
    if rules.origin == "biopsy":
        check = check_specimen_window(cohort, starts, rules.specimen_window_days)
        return Origins(dict(check.first), starts, courses, check.step.label, "no such specimen")
    what = "procedure" if any_modality else "embolization"
    label = f"Had {'a' if any_modality else 'an'} {what}"
    dates = starts
    if rules.origin == "end_of_first_course":
        dates = {patient: course.end.date for patient, course in courses.items()}
    return Origins(dates, starts, courses, label, f"no {what} in the procedures table")
