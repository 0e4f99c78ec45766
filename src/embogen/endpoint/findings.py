"""What a person should look at before an endpoint is trusted: orders, gaps, doubtful calls.

None of it is an error: the analysis can run. Dates after death, and a death before treatment, are
errors and are found when the tables are read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from embogen.cohort.model import SOURCE_ROW
from embogen.endpoint.model import Finding
from embogen.endpoint.origin import treatment_starts
from embogen.endpoint.recist import NOT_EVALUABLE, PROGRESSION
from embogen.endpoint.scans import judged_lesions

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort
    from embogen.endpoint.follow_up import Facts
    from embogen.endpoint.history import Derivation
    from embogen.endpoint.scans import Scan

_RESPONSES: Final = ("complete response", "partial response")
_TWICE: Final = 2.0


def cohort_findings(cohort: Cohort) -> tuple[Finding, ...]:
    """Find dates in an order that cannot be, whatever the endpoint, and readers who disagree."""
    starts = treatment_starts(cohort, "first_procedure")
    return (
        *_responses_before_treatment(cohort, starts),
        *_new_lesions_before_treatment(cohort, starts),
        *_no_scan_after_treatment(cohort, starts),
        *_sessions_out_of_order(cohort),
        *_patient_dates(cohort, starts),
        *_readers(cohort),
    )


def _rows(frame: pl.DataFrame | None, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Go through rows that hold all columns; none where a column or the table is not there."""
    if frame is None or any(name not in frame.columns for name in columns):
        return
    row = pl.col(SOURCE_ROW) if SOURCE_ROW in frame.columns else pl.row_index(SOURCE_ROW)
    yield from frame.select(row, "patient_id", *columns).drop_nulls().iter_rows()


def _responses_before_treatment(cohort: Cohort, starts: dict[str, dt.date]) -> Iterator[Finding]:
    file = cohort.file("assessments")
    for row, patient, date, status in _rows(cohort.assessments, "date", "hepatic_status"):
        start = starts.get(patient)
        if start is not None and date < start and status in _RESPONSES:
            message = f"{status} on {date} is before the first procedure on {start}"
            yield Finding("impossible_order", file, row, message)


def _new_lesions_before_treatment(cohort: Cohort, starts: dict[str, dt.date]) -> Iterator[Finding]:
    file = cohort.file("lesions")
    for row, patient, date, kind in _rows(cohort.lesions, "date", "kind"):
        start = starts.get(patient)
        if start is not None and date <= start and kind == "new":
            message = f"a new lesion on {date} is not after the first procedure on {start}"
            yield Finding("impossible_order", file, row, message)


def _no_scan_after_treatment(cohort: Cohort, starts: dict[str, dt.date]) -> Iterator[Finding]:
    """Find patients all of whose scans precede treatment: two dates may be interchanged."""
    last: dict[str, tuple[dt.date, int]] = {}
    for row, patient, date in _rows(cohort.assessments, "date"):
        last[patient] = max(last.get(patient, (date, row)), (date, row))
    for patient, (date, row) in last.items():
        start = starts.get(patient)
        if start is not None and date < start:
            message = f"the last scan, on {date}, is before the first procedure on {start}"
            yield Finding("impossible_order", cohort.file("assessments"), row, message)


def _sessions_out_of_order(cohort: Cohort) -> Iterator[Finding]:
    """Find a session whose number is lower than that of an earlier one of the same course."""
    columns = ["date", "session"]
    with_course = cohort.procedures is not None and "course" in cohort.procedures.columns
    found = list(_rows(cohort.procedures, *columns, *(["course"] if with_course else [])))
    before: dict[tuple[Any, ...], tuple[dt.date, int]] = {}
    for row, patient, date, session, *course in sorted(found, key=lambda item: (item[2], item[0])):
        key = (patient, *course)
        earlier = before.get(key)
        if earlier is not None and 1 < session < earlier[1]:  # a number of 1 opens a new course
            message = f"session {session} on {date} is after session {earlier[1]} on {earlier[0]}"
            yield Finding("impossible_order", cohort.file("procedures"), row, message)
        before[key] = (date, session)


def _patient_dates(cohort: Cohort, starts: dict[str, dt.date]) -> Iterator[Finding]:
    file = cohort.file("patients")
    for row, patient, date in _rows(cohort.patients, "diagnosis_date"):
        start = starts.get(patient)
        if start is not None and date > start:
            message = f"the diagnosis on {date} is after the first procedure on {start}"
            yield Finding("impossible_order", file, row, message)
    seen: dict[str, tuple[dt.date, str]] = {}
    for table, words in (("assessments", "scan"), ("procedures", "procedure")):
        for _, patient, date in _rows(cohort.table(table), "date"):
            seen[patient] = max(seen.get(patient, (date, words)), (date, words))
    for row, patient, date in _rows(cohort.patients, "last_contact_date"):
        later = seen.get(patient)
        if later is not None and date < later[0]:
            message = f"the last contact on {date} is before a {later[1]} on {later[0]}"
            yield Finding("impossible_order", file, row, message)


def _readers(cohort: Cohort) -> Iterator[Finding]:
    """Find scans that one row calls progression and another does not."""
    table = cohort.assessments
    place = ["patient_id", "date"]
    if table is None or "hepatic_status" not in table.columns:
        return
    read = table.filter(pl.col("hepatic_status").is_not_null() & pl.struct(place).is_duplicated())
    calls: dict[tuple[str, dt.date], list[tuple[int, str]]] = {}
    for row, patient, date, status in _rows(read, "date", "hepatic_status"):
        if status != NOT_EVALUABLE:
            calls.setdefault((patient, date), []).append((row, status))
    for (_, date), items in calls.items():
        called = [row for row, status in items if status == PROGRESSION]
        others = [(row, status) for row, status in items if status != PROGRESSION]
        if called and others:
            other, status = others[0]
            message = f"progression on {date}, which row {other} calls {status}"
            file = cohort.file("assessments")
            yield Finding("readers_disagree", file, called[0], message)


def endpoint_findings(cohort: Cohort, found: Derivation) -> tuple[Finding, ...]:
    """Find gaps over twice the schedule, and progression called against the diameters."""
    if not found.rules.of_progression:
        return ()
    return (*_gaps(cohort, found), *_against_diameters(cohort, found))


def _evaluable(facts: Facts, end: dt.date | None) -> list[Scan]:
    return [s for s in facts.scans if s.liver_evaluable and (end is None or s.date <= end)]


def _gaps(cohort: Cohort, found: Derivation) -> Iterator[Finding]:
    """Find gaps up to the end of follow-up; without a schedule the usual gap stands for it."""
    steps: list[tuple[int, str, str, int]] = []
    for patient, trace in found.traces.items():
        facts = found.facts[patient]
        before, since = facts.origin, "the origin"
        for scan in _evaluable(facts, trace.end):
            place = (cohort.file(scan.table), scan.rows[0])
            steps.append(((scan.date - before).days, f"{since} on {before}", *place))
            before, since = scan.date, "the liver assessment"
    usual = found.rules.schedule_days or median([days for days, *_ in steps] or [0])
    of = "the schedule of" if found.rules.schedule_days else "the usual"
    for days, since, file, row in [*steps, *_before_death(cohort, found)]:
        if days > _TWICE * usual:
            message = (
                f"{days} days since {since}, over twice {of} {usual:g}: progression may have come "
                "long before it was seen"
            )
            yield Finding("long_gap", file, row, message)


def _before_death(cohort: Cohort, found: Derivation) -> Iterator[tuple[int, str, str, int]]:
    """Measure the gap between the last scan and a death that ends follow-up."""
    rows = {patient: row for row, patient, _ in _rows(cohort.patients, "death_date")}
    for patient, trace in found.traces.items():
        facts = found.facts[patient]
        if trace.event and trace.end is not None and trace.end == facts.death:
            seen = facts.last_seen(trace.end)
            before = facts.origin if seen is None else seen.date
            since = "the origin" if seen is None else "the liver assessment"
            days = (trace.end - before).days
            yield days, f"{since} on {before} until death", cohort.file("patients"), rows[patient]


def _against_diameters(cohort: Cohort, found: Derivation) -> Iterator[Finding]:
    """Find progressions that one call decided while the lesions measured that day did not grow."""
    if found.rules.criterion != "investigator" or cohort.lesions is None:
        return
    anchors = {**found.origins.dates, **found.origins.starts}
    judged = judged_lesions(cohort, found.rules.measured, anchors, column="diameter_mm")
    for patient, trace in found.traces.items():
        scans: Sequence[Scan] = found.facts[patient].scans
        called = next((s for s in scans if s.liver == PROGRESSION), None)
        if called is None or not trace.reason.startswith("hepatic progression"):
            continue
        of_day = next((j for j in judged.get(patient, ()) if j.date == called.date), None)
        if of_day is None or of_day.status in {None, PROGRESSION, NOT_EVALUABLE}:
            continue
        rows = ", ".join(str(row) for row in of_day.rows)
        message = (
            f"progression on {called.date} is one reader's call; by the diameters "
            f"({cohort.file('lesions')} rows {rows}) it is {of_day.status}: {of_day.reason}"
        )
        yield Finding("call_against_diameters", cohort.file(called.table), called.rows[0], message)
