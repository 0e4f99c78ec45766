"""Derived from the procedures table: the first course of embolization, and its first session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from embogen.caveats import Caveat
from embogen.cohort.model import SOURCE_ROW
from embogen.cohort.schema import Variable
from embogen.endpoint.course import first_course, sessions_of
from embogen.endpoint.hpfs_rules import CourseRules
from embogen.study.patient_facts import Derived

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.cohort.model import Cohort
    from embogen.endpoint.course import Session

_MEANINGS: Final = {
    "sessions": ("Sessions of the first course of embolization.", None),
    "course_days": ("Length of the first course of embolization.", "days"),
    "worst_ctcae": ("Worst CTCAE grade after a session of the first course.", None),
}


def _courses(cohort: Cohort, gap_days: float) -> list[tuple[Session, ...]]:
    """Return the embolizations of each patient's first course, in the order of the patients."""
    sessions = sessions_of(cohort)
    found = []
    for patient in cohort.patient_ids:
        course = first_course(sessions.get(patient, ()), CourseRules(days=gap_days))
        members = () if course is None else course.sessions
        found.append(tuple(item for item in members if item.embolization))
    return found


def _cells(cohort: Cohort, column: str) -> dict[int, Any]:
    """Return a column of the procedures by row of the file."""
    table = cohort.procedures
    if table is None or column not in table.columns:
        return {}
    return dict(table.select(SOURCE_ROW, column).iter_rows())


def _worst(course: Sequence[Session], grades: dict[int, Any]) -> int | None:
    known = [grades[item.row] for item in course if grades.get(item.row) is not None]
    return max(known, default=None)


def _days(course: Sequence[Session]) -> int | None:
    return (course[-1].date - course[0].date).days if course else None


def course_numbers(what: str, gap_days: float, cohort: Cohort) -> Derived:
    """Derive a number of the first course: ``sessions``, ``course_days`` or ``worst_ctcae``.

    What happens in a course is known at its end, so a course longer than a day brings a caveat;
    an adverse event always does.
    """
    found = _courses(cohort, gap_days)
    grades = _cells(cohort, "ctcae_grade")
    lengths = [_days(course) for course in found]
    numbers = {
        # two rows of one day are one session
        "sessions": [len({item.date for item in course}) or None for course in found],
        "course_days": lengths,
        "worst_ctcae": [_worst(course, grades) for course in found],
    }
    meaning, unit = _MEANINGS[what]
    variable = Variable("", "integer", meaning, unit=unit, minimum=0)
    always = what == "worst_ctcae"
    later = sum(days is not None and (days > 0 or always) for days in lengths)
    longest = max((days for days in lengths if days is not None), default=0)
    if not later:
        return Derived(variable, numbers[what])
    message = (
        f"{meaning[:-1]}: known only after the first embolization in {later} of {len(found)} "
        f"patients (up to {longest} days). As a covariate from that origin it looks into the "
        "future: patients had to live, and not progress, to have further sessions."
    )
    evidence = {"patients": later, "longest_days": longest}
    return Derived(
        variable, numbers[what], (Caveat("known_after_origin", message, evidence, what),)
    )


def first_session_column(column: str, gap_days: float, cohort: Cohort) -> Derived:
    """Take a column of each patient's first embolization session.

    Unlike the first row of the procedures table, an ablation or a resection before it is passed
    over.
    """
    cells = _cells(cohort, column)
    declared = cohort.registry.get(f"procedures.{column}")
    variable = declared or Variable(column, "text", f"{column} of the procedures.")
    courses = _courses(cohort, gap_days)
    return Derived(variable, [cells.get(course[0].row) if course else None for course in courses])
