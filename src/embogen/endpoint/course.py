"""The first course of treatment: planned sessions together, and what comes after it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from embogen.cohort.model import SOURCE_ROW
from embogen.cohort.schema import EMBOLIZATIONS
from embogen.endpoint.hpfs_rules import CourseRules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.cohort.model import Cohort


@dataclass(frozen=True, slots=True)
class Session:
    """One procedure: when, what, and its row of the procedures table."""

    date: dt.date
    row: int
    modality: str | None = None
    planned_staged: bool = False
    course: str | None = None

    @property
    def embolization(self) -> bool:
        """Whether it is one; without a modality every session is."""
        return self.modality is None or self.modality in EMBOLIZATIONS


@dataclass(frozen=True, slots=True)
class TreatmentCourse:
    """A patient's first course, and the liver-directed sessions after it, in order."""

    sessions: tuple[Session, ...]
    later: tuple[Session, ...] = ()

    def subsequent(self, after: dt.date) -> Session | None:
        """Return the first session that is after the course and after a date."""
        return next((item for item in self.later if item.date > after), None)

    @property
    def end(self) -> Session:
        """The last session of the course."""
        return self.sessions[-1]


def sessions_of(cohort: Cohort) -> dict[str, tuple[Session, ...]]:
    """Return each patient's dated procedures in order."""
    table = cohort.procedures
    if table is None:
        return {}
    names: dict[str, Any] = {
        "modality": pl.String,
        "planned_staged": pl.Boolean,
        "course": pl.String,
    }
    columns = [
        pl.col(name) if name in table.columns else pl.lit(None, kind).alias(name)
        for name, kind in names.items()
    ]
    row = pl.col(SOURCE_ROW) if SOURCE_ROW in table.columns else pl.row_index(SOURCE_ROW)
    rows = table.select("patient_id", "date", row, *columns).filter(pl.col("date").is_not_null())
    found: dict[str, list[Session]] = {}
    for patient, date, at, modality, staged, course in rows.sort("date", SOURCE_ROW).iter_rows():
        found.setdefault(patient, []).append(Session(date, at, modality, bool(staged), course))
    return {patient: tuple(items) for patient, items in found.items()}


def first_course(
    sessions: Sequence[Session], rules: CourseRules, *, any_modality: bool = False
) -> TreatmentCourse | None:
    """Part the first course from what came after it.

    Parameters
    ----------
    sessions
        A patient's procedures in order of their dates.
    rules
        What makes sessions one course.
    any_modality
        The course begins with the first procedure of any modality, not the first embolization.

    Returns
    -------
    TreatmentCourse or None
        None for a patient without such a procedure. Procedures before the course are no part of
        either; sessions on the day of another belong to its course.

    Examples
    --------
    Right lobe, left lobe four weeks later, and an embolization a year later:

    >>> days = [dt.date(2020, 1, 1), dt.date(2020, 1, 29), dt.date(2021, 1, 1)]
    >>> sessions = [Session(day, row) for row, day in enumerate(days, 2)]
    >>> found = first_course(sessions, CourseRules(days=60))
    >>> found.end.row, found.subsequent(days[0]).row
    (3, 4)
    """
    start = next((i for i, item in enumerate(sessions) if any_modality or item.embolization), None)
    if start is None:
        return None
    first = sessions[start]
    course = [first]
    for place, item in enumerate(sessions[start + 1 :], start + 1):
        if not (item.date == course[-1].date or _belongs(item, course, rules)):
            return TreatmentCourse(tuple(course), tuple(sessions[place:]))
        course.append(item)
    return TreatmentCourse(tuple(course))


def _belongs(item: Session, course: Sequence[Session], rules: CourseRules) -> bool:
    if rules.by == "planned_staged":
        return item.planned_staged
    if rules.by == "course":
        return item.course is not None and item.course == course[0].course
    return item.embolization and (item.date - course[-1].date).days <= rules.days
