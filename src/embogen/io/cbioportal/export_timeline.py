"""Dated tables as cBioPortal timelines: days from each patient's day 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.cohort.timeline import COLUMNS, DAY, EVENT, PATIENT, STOP
from embogen.io.cbioportal.export_clinical import (
    RENAMED,
    cell_texts,
    day_texts,
    header_of,
    table_text,
)
from embogen.io.cbioportal.timeline import PATIENT_DATES

if TYPE_CHECKING:
    import datetime as dt

    from embogen.cohort.model import Cohort

_EVENTS: Final = {"procedures": "PROCEDURE", "assessments": "IMAGING", "specimens": "SPECIMEN"}
_COLUMNS: Final = ("PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE")


def timeline_text(cohort: Cohort, table: str, origins: Mapping[str, dt.date]) -> str | None:
    """Write a dated table as a timeline, or None where the study has none.

    Specimens are written with their sample id and site, procedures and assessments with every
    declared column; both have an id of their own, numbered where the study gives none.
    """
    frame = cohort.table(table)
    if frame is None or "date" not in frame.columns:
        return None
    days = day_texts(frame, "date", origins)
    more: dict[str, list[str | None]] = {}
    if table == "specimens":
        more["SAMPLE_ID"] = cell_texts(frame["specimen_id"])
        if "site" in frame.columns:
            more["SPECIMEN_SITE"] = cell_texts(frame["site"])
    else:
        key = f"{table.removesuffix('s')}_id"
        numbers: list[str | None] = [str(i) for i in range(1, frame.height + 1)]
        more[header_of(key)] = cell_texts(frame[key]) if key in frame.columns else numbers
        for name in frame.columns:
            variable = cohort.registry.get(f"{table}.{name}")
            if variable is None or name in {"patient_id", "date", key}:
                continue
            header = RENAMED.get(f"{table}.{name}", header_of(name))
            dated = variable.type == "date"
            more[header] = day_texts(frame, name, origins) if dated else cell_texts(frame[name])
    event = _EVENTS[table]
    rows = [
        (patient, day, None, event, *cells)
        for patient, day, *cells in zip(frame["patient_id"], days, *more.values(), strict=True)
        if day is not None
    ]
    return table_text((*_COLUMNS, *more), rows) if rows else None


def status_rows(cohort: Cohort, origins: Mapping[str, dt.date]) -> str | None:
    """Write deaths, last contacts and diagnoses as a timeline of STATUS events."""
    words = {column: word for word, column in PATIENT_DATES.items() if word != "DEATH"}
    rows = []
    for column, word in words.items():
        if column not in cohort.patients.columns:
            continue
        days = day_texts(cohort.patients, column, origins)
        rows += [
            (patient, day, None, "STATUS", word)
            for patient, day in zip(cohort.patient_ids, days, strict=True)
            if day is not None
        ]
    return table_text((*_COLUMNS, "STATUS"), sorted(rows)) if rows else None


def event_texts(cohort: Cohort) -> dict[str, str]:
    """Write the events of a cohort's own timeline, one file for each type of event.

    Returns
    -------
    dict
        Type of event, as it can stand in a file name, to the text of its file. Types that stand
        for a table of the cohort are written from the table and left out here.
    """
    timeline = cohort.timeline
    if timeline is None:
        return {}
    tables = {event for table, event in _EVENTS.items() if cohort.table(table) is not None}
    texts = {}
    kinds = timeline.with_columns(pl.col(EVENT).str.to_uppercase().alias("kind"))
    for kind in sorted(set(kinds["kind"]) - tables):
        rows = kinds.filter(pl.col("kind") == kind).drop("kind")
        other = [c for c in rows.columns if c not in COLUMNS and rows[c].null_count() < rows.height]
        cells = [cell_texts(rows[c]) for c in (PATIENT, DAY, STOP, EVENT, *other)]
        name = header_of(kind).lower() or "events"
        texts[name] = table_text((*_COLUMNS, *other), zip(*cells, strict=True))
    return texts
