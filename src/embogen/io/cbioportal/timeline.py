"""Timelines: dated events of patients in days, and the clinical tables they can stand for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from embogen.cohort.schema import SCHEMAS, Variable
from embogen.cohort.timeline import DAY, EVENT, FILE, PATIENT, ROW, STOP
from embogen.errors import DataError, DataProblem
from embogen.io.raw_table import RawTable, clipped
from embogen.io.tab_table import read_tab_table
from embogen.io.typed_columns import NULL_WORDS

DAY_ZERO: Final = dt.date(2000, 1, 1)
"""The date day 0 of a timeline is given. Only differences between dates mean anything."""

_LARGEST: Final = 36_000
"""Days from day 0 that still make a date; about 98 years."""

_TABLES: Final[Mapping[str, tuple[str, frozenset[str]]]] = MappingProxyType(
    {
        "procedures": ("PROCEDURE", frozenset({"modality", "procedure_id"})),
        "assessments": ("IMAGING", frozenset({"hepatic_status", "assessment_id"})),
    }
)
"""Clinical table to the EVENT_TYPE of its rows and columns of which they must have one."""

DIAGNOSTIC: Final = "diagnostic_type"
"""What the portal calls the modality of a scan."""

PATIENT_DATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "DECEASED": "death_date",
        "DEATH": "death_date",
        "LAST CONTACT": "last_contact_date",
        "DIAGNOSIS": "diagnosis_date",
    }
)
"""STATUS of a timeline row to the date of the patients table it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """One timeline file.

    Parameters
    ----------
    events
        `PATIENT`, `DAY`, `STOP`, `EVENT`, `FILE`, `ROW`, and the file's other columns as text
        under their headers, null where empty.
    raw
        The file as it stands.
    """

    events: pl.DataFrame
    raw: RawTable


def read_timeline(file: str, *, folder: Path) -> Timeline:
    """Read a timeline; STOP_DATE may be absent.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.

    Raises
    ------
    DataError
        Missing columns, days that are no whole numbers or out of range, a stop before its start,
        rows without a patient, day or event type.
    """
    raw = read_tab_table(file, folder=folder).raw
    folded = [header.upper() for header in raw.headers]
    problems = [
        DataProblem(file, f"there is no column {name}", "A timeline has it.", row=1)
        for name in ("PATIENT_ID", "START_DATE", "EVENT_TYPE")
        if name not in folded
    ]
    if problems:
        raise DataError(problems)
    text = raw.frame.select(pl.when(~pl.all().is_in(NULL_WORDS)).then(pl.all()))
    at = {name: f"c{i}" for i, name in enumerate(folded)}
    start = _days(text[at["START_DATE"]])
    stop = _days(text[at["STOP_DATE"]]) if "STOP_DATE" in at else start.clear(len(start))
    events = pl.DataFrame(
        [
            text[at["PATIENT_ID"]].alias(PATIENT),
            start.alias(DAY),
            stop.alias(STOP),
            text[at["EVENT_TYPE"]].alias(EVENT),
            pl.Series(FILE, [file] * len(start), dtype=pl.String),
            raw.rows.alias(ROW),
        ]
    )
    problems = _problems(raw, text, at, events)
    if problems:
        raise DataError(sorted(problems, key=lambda item: item.row or 0))
    own = {"PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE"}
    other = [
        text[f"c{i}"].alias(raw.headers[i]) for i, name in enumerate(folded) if name not in own
    ]
    taken = {PATIENT, DAY, STOP, EVENT, FILE, ROW}
    return Timeline(events.hstack([c for c in other if c.name not in taken]), raw)


def _days(cells: pl.Series) -> pl.Series:
    """Whole days, null where a cell is none."""
    days = cells.cast(pl.Float64, strict=False)
    fits = (days == days.floor()) & (days.abs() <= _LARGEST)
    return pl.select(pl.when(fits).then(days)).to_series().cast(pl.Int64)


def _problems(
    raw: RawTable, text: pl.DataFrame, at: Mapping[str, str], events: pl.DataFrame
) -> list[DataProblem]:
    def named(mask: pl.Series, column: str, message: str, remedy: str) -> list[DataProblem]:
        rows = mask.fill_null(value=False).arg_true()
        cells = text[at[column]]
        header = raw.headers[int(at[column][1:])]
        return clipped(
            [
                DataProblem(raw.file, message, remedy, row, header, cell)
                for row, cell in zip(raw.rows.gather(rows), cells.gather(rows), strict=True)
            ]
        )

    no_day = "is no whole number of days"
    remedy = f"Give days from a day 0 of the patient, at most {_LARGEST} before or after it."
    fill = "Fill the cell, or remove the row."
    problems = [
        *named(text[at["PATIENT_ID"]].is_null(), "PATIENT_ID", "is empty", fill),
        *named(text[at["EVENT_TYPE"]].is_null(), "EVENT_TYPE", "is empty", fill),
        *named(events[DAY].is_null(), "START_DATE", no_day, remedy),
    ]
    if "STOP_DATE" in at:
        stop = text[at["STOP_DATE"]]
        early = events[STOP] < events[DAY]
        problems += named(stop.is_not_null() & events[STOP].is_null(), "STOP_DATE", no_day, remedy)
        problems += named(early, "STOP_DATE", "is before the START_DATE", "Correct one of them.")
    return problems


def joined_events(timelines: Sequence[Timeline]) -> pl.DataFrame | None:
    """Join the events of all timelines, in an order that does not depend on that of the files."""
    if not timelines:
        return None
    events = pl.concat([item.events for item in timelines], how="diagonal")
    return events.sort(PATIENT, DAY, FILE, ROW)


def table_of_events(table: str, timelines: Sequence[Timeline]) -> RawTable | None:
    """Make a clinical table of the timeline rows that stand for it.

    Rows of EVENT_TYPE ``PROCEDURE`` are procedures where the file has a MODALITY (or the
    PROCEDURE_ID embogen writes), rows of ``IMAGING`` assessments where it has a HEPATIC_STATUS
    (or ASSESSMENT_ID): other timelines do not say what was
    treated or seen, and are kept as events only.

    Returns
    -------
    RawTable or None
        With the headers ``patient_id`` and ``date`` first; None where no file stands for it.
    """
    event, needed = _TABLES[table]
    for item in timelines:
        folded = [header.lower() for header in item.raw.headers]
        rows = item.events[EVENT].str.to_uppercase() == event
        if needed.isdisjoint(folded) or not rows.any():
            continue
        own = {"patient_id", "start_date", "stop_date", "event_type", "date"}
        kept = [i for i, name in enumerate(folded) if name not in own]
        dates = pl.Series([_date(day) for day in item.events[DAY]], dtype=pl.String)
        columns = [item.events[PATIENT], dates, *(item.raw.frame[f"c{i}"] for i in kept)]
        frame = pl.DataFrame([c.alias(f"c{i}") for i, c in enumerate(columns)]).filter(rows)
        headers = ["patient_id", "date"]
        headers += ["imaging" if folded[i] == DIAGNOSTIC else item.raw.headers[i] for i in kept]
        return RawTable(item.raw.file, tuple(headers), frame, item.raw.rows.filter(rows))
    return None


def event_variables(table: str, raw: RawTable) -> tuple[Variable, ...]:
    """Declare the columns of a table made of events that the registry does not know, as text."""
    known = {variable.name for variable in SCHEMAS[table].variables}
    return tuple(
        Variable(header, "text", f"{header} of the timeline {raw.file}.")
        for header in raw.headers
        if header.lower() not in known
    )


def patient_dates(timelines: Sequence[Timeline]) -> dict[str, dict[str, str]]:
    """Find the dates the patients table can take from STATUS events.

    Returns
    -------
    dict
        ``death_date``, ``last_contact_date``, ``diagnosis_date``, as far as there are any, to
        patient and ISO date: the first death or diagnosis, the last contact.
    """
    found: dict[str, dict[str, str]] = {}
    days: dict[tuple[str, str], int] = {}
    for item in timelines:
        folded = {name.upper(): name for name in item.events.columns}
        if "STATUS" not in folded:
            continue
        rows = item.events.filter(pl.col(EVENT).str.to_uppercase() == "STATUS")
        for patient, day, status in rows.select(PATIENT, DAY, folded["STATUS"]).iter_rows():
            column = PATIENT_DATES.get((status or "").upper())
            if column is None:
                continue
            choose = max if column == "last_contact_date" else min
            days[column, patient] = choose(days.get((column, patient), day), day)
    for (column, patient), day in sorted(days.items()):
        found.setdefault(column, {})[patient] = _date(day)
    return found


def specimen_dates(timelines: Sequence[Timeline]) -> tuple[dict[str, str], list[DataProblem]]:
    """Find the date of each sample named by a SPECIMEN (or sample acquisition) event.

    Returns
    -------
    dates
        Sample to ISO date.
    problems
        Samples that were taken twice, on different days.
    """
    days: dict[str, tuple[int, str, int]] = {}
    problems = []
    for item in timelines:
        folded = {name.upper(): name for name in item.events.columns}
        sample_id = folded.get("SAMPLE_ID", folded.get("SPECIMEN_REFERENCE_NUMBER"))
        if sample_id is None:
            continue
        kinds = pl.col(EVENT).str.to_uppercase().is_in(["SPECIMEN", "SAMPLE ACQUISITION"])
        rows = item.events.filter(kinds & pl.col(sample_id).is_not_null())
        for sample, day, file, row in rows.select(sample_id, DAY, FILE, ROW).iter_rows():
            before = days.setdefault(sample, (day, file, row))
            if before[0] != day:
                message = f"was taken on day {before[0]} in {before[1]} row {before[2]}"
                remedy = "A sample is taken once; correct one of the days."
                problems.append(DataProblem(file, message, remedy, row, sample_id, sample))
    return {sample: _date(day) for sample, (day, _, _) in days.items()}, problems


def _date(day: int) -> str:
    return (DAY_ZERO + dt.timedelta(days=day)).isoformat()
