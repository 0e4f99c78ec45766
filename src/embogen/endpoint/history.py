"""Every row that had a say in a patient's endpoint, in the order it was looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from embogen.cohort.model import SOURCE_ROW
from embogen.endpoint.model import HistoryRow

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort
    from embogen.endpoint.follow_up import Facts
    from embogen.endpoint.hpfs_rules import HpfsRules
    from embogen.endpoint.model import EndpointTrace
    from embogen.endpoint.origin import Origins
    from embogen.endpoint.scans import Imaging


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """What the history of an endpoint is written from; mappings are by patient id.

    `entries` are specimen dates where entry is delayed; `excluded` says why a patient has no
    endpoint.
    """

    rules: HpfsRules
    origins: Origins
    imaging: Imaging
    facts: Mapping[str, Facts]
    traces: Mapping[str, EndpointTrace]
    best_responses: Mapping[str, str]
    excluded: Mapping[str, str]
    causes: tuple[str, ...]


def history_rows(cohort: Cohort, found: Derivation) -> tuple[HistoryRow, ...]:
    """Write the history of every patient of the cohort, in the order of the patients table.

    Returns
    -------
    tuple of HistoryRow
        For each patient: the sessions of the course and the origin, the baseline, all scans,
        subsequent treatment, death and entry where they matter, best response, and the end or the
        reason to be left out.
    """
    rows, specimens = _patient_rows(cohort), _specimen_rows(cohort)
    return tuple(
        row
        for patient in cohort.patient_ids
        for row in _of_patient(patient, found, rows[patient], specimens)
    )


def _patient_rows(cohort: Cohort) -> dict[str, int]:
    table = cohort.patients
    at = pl.col(SOURCE_ROW) if SOURCE_ROW in table.columns else pl.row_index(SOURCE_ROW)
    return dict(table.select("patient_id", at).iter_rows())


def _specimen_rows(cohort: Cohort) -> dict[tuple[str, dt.date], tuple[int, ...]]:
    """Return the rows of each patient's specimens of a date."""
    table = cohort.specimens
    if table is None or "date" not in table.columns:
        return {}
    at = pl.col(SOURCE_ROW) if SOURCE_ROW in table.columns else pl.row_index(SOURCE_ROW)
    found: dict[tuple[str, dt.date], tuple[int, ...]] = {}
    for patient, date, row in table.select("patient_id", "date", at).iter_rows():
        if date is not None:
            found[patient, date] = (*found.get((patient, date), ()), row)
    return found


def _of_patient(
    patient: str,
    found: Derivation,
    row: int,
    specimens: Mapping[tuple[str, dt.date], tuple[int, ...]],
) -> Iterator[HistoryRow]:
    trace = found.traces.get(patient)
    yield from _treatment(patient, found, specimens)
    baseline = found.imaging.baselines.get(patient)
    if baseline is not None:
        yield HistoryRow(
            patient, "baseline", baseline.date, baseline.table, baseline.rows, "", baseline.note
        )
    yield from _scans(patient, found, trace)
    facts = found.facts.get(patient)
    if facts is not None and facts.therapy is not None:
        item = facts.therapy
        used = "" if found.rules.subsequent_therapy != "ignore" else "not looked at"
        note = "; ".join(filter(None, (item.modality, used)))
        yield HistoryRow(
            patient, "subsequent therapy", item.date, "procedures", (item.row,), "", note
        )
    if facts is not None and facts.death is not None:
        yield HistoryRow(patient, "death", facts.death, "patients", (row,))
    if facts is not None and facts.contact is not None and found.rules.censor == "last_contact":
        yield HistoryRow(patient, "last contact", facts.contact, "patients", (row,))
    if patient in found.best_responses and found.rules.of_progression:
        yield HistoryRow(patient, "best response", None, status=found.best_responses[patient])
    if trace is None:
        yield HistoryRow(patient, "excluded", None, note=found.excluded.get(patient, ""))
        return
    if trace.entry is not None and trace.entry_time > 0:
        at = specimens.get((patient, trace.entry), ())
        yield HistoryRow(patient, "entry", trace.entry, "specimens", at, "", "delayed entry")
    code = "censored" if trace.event == 0 else found.causes[trace.event - 1]
    bounds = ""
    if trace.after_time is not None:
        bounds = f"; event between day {trace.after_time:g} and the scan"
    note = f"day {trace.time:g}: {trace.reason}{bounds}"
    yield HistoryRow(patient, "end", trace.end, status=code, note=note)


def _treatment(
    patient: str,
    found: Derivation,
    specimens: Mapping[tuple[str, dt.date], tuple[int, ...]],
) -> Iterator[HistoryRow]:
    course = found.origins.courses.get(patient)
    origin = found.origins.dates.get(patient)
    if course is not None:
        for item in course.sessions:
            at_origin = item.date == origin and found.rules.origin != "biopsy"
            step = "origin" if at_origin else "treatment course"
            yield HistoryRow(
                patient, step, item.date, "procedures", (item.row,), "", item.modality or ""
            )
    if origin is not None and found.rules.origin == "biopsy":
        at = specimens.get((patient, origin), ())
        yield HistoryRow(patient, "origin", origin, "specimens", at, "", "biopsy")


def _scans(patient: str, found: Derivation, trace: EndpointTrace | None) -> Iterator[HistoryRow]:
    origin = found.origins.dates.get(patient)
    end: dt.date | None = None if trace is None else trace.end
    for scan in found.imaging.scans.get(patient, ()):
        if origin is None or scan.date <= origin:
            step = "before origin"
        elif end is not None and scan.date > end:
            step = "after the end"
        else:
            step = "follow-up"
        status = scan.liver or "not evaluable"
        outside = f"outside the liver: {scan.elsewhere}" if scan.elsewhere else ""
        note = "; ".join(filter(None, (scan.note, outside)))
        yield HistoryRow(patient, step, scan.date, scan.table, scan.rows, status, note)
