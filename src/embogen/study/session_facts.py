"""Derived from the procedures table: the first course of embolization, and its first session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.caveats import Caveat
from embogen.cohort.schema import Variable
from embogen.cohort.sessions import first_courses
from embogen.study.patient_facts import Derived

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort

_MEANINGS: Final = {
    "sessions": ("Sessions of the first course of embolization.", None),
    "course_days": ("Length of the first course of embolization.", "days"),
    "worst_ctcae": ("Worst CTCAE grade after a session of the first course.", None),
}


def course_numbers(what: str, gap_days: float, cohort: Cohort) -> Derived:
    """Derive a number of the first course: ``sessions``, ``course_days`` or ``worst_ctcae``.

    What happens in a course is known at its end, so a course longer than a day brings a caveat;
    an adverse event always does.
    """
    courses = {} if cohort.procedures is None else first_courses(cohort.procedures, gap_days)
    found = [courses.get(patient) for patient in cohort.patient_ids]
    numbers = {
        "sessions": [None if item is None else item.sessions for item in found],
        "course_days": [None if item is None else item.days for item in found],
        "worst_ctcae": [None if item is None else item.worst_ctcae for item in found],
    }
    meaning, unit = _MEANINGS[what]
    variable = Variable("", "integer", meaning, unit=unit, minimum=0)
    later = sum(item is not None and (item.days > 0 or what == "worst_ctcae") for item in found)
    longest = max((item.days for item in found if item is not None), default=0)
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
    courses = {} if cohort.procedures is None else first_courses(cohort.procedures, gap_days)
    found = [courses.get(patient) for patient in cohort.patient_ids]
    declared = cohort.registry.get(f"procedures.{column}")
    variable = declared or Variable(column, "text", f"{column} of the procedures.")
    return Derived(variable, [None if item is None else item.first[column] for item in found])
