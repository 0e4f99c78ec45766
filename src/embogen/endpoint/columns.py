"""An endpoint that stands ready in columns of the patients table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from embogen.cohort.flow import Exclusion, FlowStep
from embogen.cohort.model import SOURCE_ROW
from embogen.endpoint.model import DerivedEndpoint, EndpointTrace, HistoryRow, RuleCard
from embogen.errors import DataError, DataProblem
from embogen.units import DAYS_PER_UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.cohort.model import Cohort

TimeUnit = Literal["days", "weeks", "months", "years"]
EventMeaning = Literal["event", "censored"]

_PLAIN_CODES: Final[Mapping[str, int]] = {
    "0": 0,
    "1": 1,
    "false": 0,
    "true": 1,
    # words of cBioPortal's status columns, written without their prefix in older studies
    "living": 0,
    "deceased": 1,
    "diseasefree": 0,
    "recurred/progressed": 1,
}
_PREFIXED: Final = re.compile(r"^([01]):.")
"""A status as cBioPortal writes it: 1:DECEASED, 0:LIVING."""

_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class ColumnRules:
    """Where time and event stand, and what they mean.

    Parameters
    ----------
    time, event
        Columns of the patients table (embogen's name, or the header).
    time_unit
        Unit of the time column, and of the entry column.
    event_codes
        Value in the event column to ``event`` or ``censored``. Without it 0/1, false/true and
        cBioPortal's codes (1:DECEASED, 0:LIVING; bare DECEASED, LIVING, DiseaseFree,
        Recurred/Progressed) are taken; anything else is ambiguous and refused.
    entry
        Column with the time of entry (left truncation), or None.
    zero_time
        What becomes of a follow-up of zero: ``exclude`` (counted in the flow) or ``keep``.
    specimen
        Column with the time of the specimen, for an entry audit, or None; it excludes nobody.
    """

    time: str
    event: str
    time_unit: TimeUnit = "days"
    event_codes: Mapping[str, EventMeaning] = field(default_factory=dict)
    entry: str | None = None
    zero_time: Literal["exclude", "keep"] = "exclude"
    specimen: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """One patient's values, in the unit of the file."""

    patient_id: str
    row: int
    time: float | None
    event: str | None
    entry: float | None


def endpoint_from_columns(
    cohort: Cohort, rules: ColumnRules, *, name: str, label: str
) -> DerivedEndpoint:
    """Take an endpoint from columns of the patients table.

    Parameters
    ----------
    cohort
        Its patients table holds the columns.
    rules
        Which, and what they mean.
    name, label
        The endpoint's name in the plan and what a reader calls it.

    Returns
    -------
    DerivedEndpoint
        A trace for each patient with a time at risk; flow steps for missing values, a follow-up
        of zero days, and an entry that is not before the end. A negative entry (a specimen before
        the origin) is an entry at the origin.

    Raises
    ------
    DataError
        A column that is not there (with the closest that is), times that are no numbers or are
        negative, and event codes whose meaning is not declared.

    Examples
    --------
    >>> from embogen.cohort.model import Cohort
    >>> patients = pl.DataFrame({"patient_id": ["a", "b"], "t": ["2", "1"], "e": ["1", "0"]})
    >>> rules = ColumnRules("t", "e", time_unit="weeks")
    >>> os = endpoint_from_columns(Cohort(patients), rules, name="os", label="Overall survival")
    >>> [(trace.time, trace.event) for trace in os.traces]
    [(14.0, 1), (7.0, 0)]
    """
    problems: list[DataProblem] = []
    wanted = [rules.time, rules.event, *([rules.entry] if rules.entry is not None else [])]
    if rules.specimen is not None:
        wanted.append(rules.specimen)
    columns = [_find(cohort, column, problems) for column in wanted]
    if problems:
        raise DataError(problems)
    time = _numbers(cohort, columns[0], problems)
    _refuse_negative(cohort, columns[0], time, problems)
    events = _plain_text(cohort.patients[columns[1]])
    meaning = _meaning(cohort, columns[1], events, rules, problems)
    entry: Sequence[float | None] = [None] * len(time)
    if rules.entry is not None:
        entry = _numbers(cohort, columns[2], problems)
    specimen: Sequence[float | None] = []
    if rules.specimen is not None:
        specimen = _numbers(cohort, columns[-1], problems)
    if problems:
        raise DataError(sorted(problems, key=lambda item: item.row or 0))
    at = _rows_of(cohort)
    rows = [
        _Row(*values) for values in zip(cohort.patient_ids, at, time, events, entry, strict=True)
    ]
    traces, steps = _at_risk(rows, meaning, rules)
    return DerivedEndpoint(
        name=name,
        label=label,
        traces=traces,
        delayed_entry=rules.entry is not None,
        rules=_rule_card(rules, meaning),
        steps=steps,
        caveats=(),
        specimen_days={
            patient: value * DAYS_PER_UNIT[rules.time_unit]
            for patient, value in zip(cohort.patient_ids, specimen, strict=False)
            if value is not None
        },
        history=partial(_history, cohort, traces, steps),
    )


def _history(
    cohort: Cohort, traces: Sequence[EndpointTrace], steps: Sequence[FlowStep]
) -> tuple[HistoryRow, ...]:
    """Write for each patient the row the time was read from, or the reason to have none."""
    ends = {trace.patient_id: trace for trace in traces}
    excluded = {item.patient_id: item.reason for step in steps for item in step.excluded}
    rows = []
    for patient, at in zip(cohort.patient_ids, _rows_of(cohort), strict=True):
        trace = ends.get(patient)
        step = "end" if trace is not None else "excluded"
        status = "" if trace is None else ("event" if trace.event else "censored")
        note = excluded.get(patient, "") if trace is None else trace.reason
        rows.append(HistoryRow(patient, step, None, "patients", (at,), status, note))
    return tuple(rows)


def _find(cohort: Cohort, column: str, problems: list[DataProblem]) -> str:
    """Return the column of the patients table called so, by name or header."""
    if column in cohort.patients.columns:
        return column
    headers = {
        header: place.removeprefix("patients.")
        for place, header in cohort.headers.items()
        if place.startswith("patients.")
    }
    if column in headers:
        return headers[column]
    known = [name for name in cohort.patients.columns if name != SOURCE_ROW]
    close = difflib.get_close_matches(column, known, n=1, cutoff=0.6)
    remedy = f'Did you mean "{close[0]}"?' if close else f"It has: {', '.join(known[:20])}."
    message = "is no column of this file, and the endpoint needs it"
    problems.append(DataProblem(cohort.file("patients"), message, remedy, row=1, value=column))
    return column


def _rows_of(cohort: Cohort) -> list[int]:
    if SOURCE_ROW in cohort.patients.columns:
        return cohort.patients[SOURCE_ROW].to_list()
    return list(range(2, cohort.patients.height + 2))


def _numbers(cohort: Cohort, column: str, problems: list[DataProblem]) -> list[float | None]:
    """Read a column as finite numbers, null where empty."""
    cells = cohort.patients[column]
    values = cells.cast(pl.Float64, strict=False).to_list()
    bad = [
        i
        for i, (cell, value) in enumerate(zip(cells, values, strict=True))
        if cell is not None and (value is None or not abs(value) < float("inf"))
    ]
    _report(cohort, column, bad, "is not a number", problems)
    return [None if i in set(bad) else value for i, value in enumerate(values)]


def _refuse_negative(
    cohort: Cohort, column: str, time: Sequence[float | None], problems: list[DataProblem]
) -> None:
    bad = [i for i, value in enumerate(time) if value is not None and value < 0]
    _report(cohort, column, bad, "is negative, and a time from the origin was expected", problems)


def _report(
    cohort: Cohort, column: str, at: Sequence[int], message: str, problems: list[DataProblem]
) -> None:
    file = cohort.file("patients")
    header = cohort.headers.get(f"patients.{column}", column)
    rows, cells = _rows_of(cohort), cohort.patients[column]
    problems += [
        DataProblem(file, message, "Correct the cell.", rows[i], header, str(cells[i]))
        for i in at[:_LISTED]
    ]
    if len(at) > _LISTED:
        more = f"and {len(at) - _LISTED} more rows with this problem"
        problems.append(DataProblem(file, more, column=header))


def _plain_text(cells: pl.Series) -> list[str | None]:
    """Write codes as text, whole numbers without decimals, booleans as 1/0."""
    if cells.dtype == pl.Boolean:
        cells = cells.cast(pl.Int8)
    return [None if cell is None else _plain(str(cell)) for cell in cells]


def _plain(code: str) -> str:
    return re.sub(r"^([+-]?\d+)\.0*$", r"\1", code.strip())


def _meaning(
    cohort: Cohort,
    column: str,
    events: Sequence[str | None],
    rules: ColumnRules,
    problems: list[DataProblem],
) -> dict[str, int]:
    """Return code to 1 (event) or 0 (censored) for every code that occurs."""
    declared = {_plain(code): int(word == "event") for code, word in rules.event_codes.items()}
    rows = _rows_of(cohort)
    first: dict[str, int] = {}
    for code, row in zip(events, rows, strict=True):
        if code is not None:
            first.setdefault(code, row)
    known = {code: declared.get(code) if declared else _understood(code) for code in sorted(first)}
    unknown = {code: row for code, row in first.items() if known[code] is None}
    if not unknown:
        return {code: value for code, value in known.items() if value is not None}
    found = ", ".join(f'"{code}"' for code in sorted(first)[:8])
    example = ", ".join(f'"{code}" = "..."' for code in sorted(first)[:4])
    file = cohort.file("patients")
    header = cohort.headers.get(f"patients.{column}", column)
    if declared:
        message = f"is not among the event_codes {', '.join(declared)}"
        remedy = 'Add it to event_codes as "event" or "censored", or correct the cell.'
        problems += [
            DataProblem(file, message, remedy, row, header, code)
            for code, row in list(unknown.items())[:_LISTED]
        ]
    else:
        message = f"is ambiguous: the column holds {found}, and 0 censored, 1 event was expected"
        remedy = f'Say what each means: event_codes = {{ {example} }}, each "event" or "censored".'
        code, row = next(iter(unknown.items()))
        problems.append(DataProblem(file, message, remedy, row, header, code))
    return {}


def _understood(code: str) -> int | None:
    """Return what a code means that no plan needs to declare, or None.

    Examples
    --------
    >>> [_understood(code) for code in ("1", "0:LIVING", "DECEASED", "2")]
    [1, 0, 1, None]
    """
    prefixed = _PREFIXED.match(code)
    return int(prefixed[1]) if prefixed else _PLAIN_CODES.get(code.lower())


def _at_risk(
    rows: Sequence[_Row], meaning: Mapping[str, int], rules: ColumnRules
) -> tuple[tuple[EndpointTrace, ...], tuple[FlowStep, ...]]:
    """Part the patients with a time at risk from those without, step by step."""
    missing = {row.patient_id: reason for row in rows if (reason := _missing(row, rules))}
    steps = [_step("Had a follow-up time and status", len(rows), missing)]
    rows = [row for row in rows if row.patient_id not in missing]
    if rules.zero_time == "exclude":
        zero = {row.patient_id: f"follow-up of 0 {rules.time_unit}" for row in rows if not row.time}
        steps.append(_step("Had a follow-up above zero", len(rows), zero))
        rows = [row for row in rows if row.patient_id not in zero]
    if rules.entry is not None:
        never = {
            row.patient_id: f"never at risk: entry ({row.entry:g}) is not before the end "
            f"({row.time:g} {rules.time_unit})"
            for row in rows
            if max(row.entry or 0.0, 0.0) >= (row.time or 0.0)
        }
        steps.append(_step("Was at risk", len(rows), never))
        rows = [row for row in rows if row.patient_id not in never]
    scale = DAYS_PER_UNIT[rules.time_unit]
    traces = tuple(
        EndpointTrace(
            patient_id=row.patient_id,
            origin=None,
            entry=None,
            end=None,
            time=(row.time or 0.0) * scale,
            entry_time=max(row.entry or 0.0, 0.0) * scale,
            event=meaning[row.event or ""],
            reason=f"{'event' if meaning[row.event or ''] else 'censored'}: {rules.event} = "
            f"{row.event} (patients row {row.row})",
        )
        for row in rows
    )
    return traces, tuple(steps)


def _missing(row: _Row, rules: ColumnRules) -> str:
    """Name the first value a patient lacks, or nothing."""
    if row.time is None:
        return f"{rules.time} is missing"
    if row.event is None:
        return f"{rules.event} is missing"
    if rules.entry is not None and row.entry is None:
        return f"{rules.entry} is missing"
    return ""


def _step(label: str, n_before: int, gone: Mapping[str, str]) -> FlowStep:
    excluded = tuple(Exclusion(patient, reason) for patient, reason in gone.items())
    return FlowStep(label, n_before, n_before - len(excluded), excluded)


def _rule_card(rules: ColumnRules, meaning: Mapping[str, int]) -> RuleCard:
    codes = ", ".join(f"{code} {'event' if k else 'censored'}" for code, k in meaning.items())
    zero = "left out and counted" if rules.zero_time == "exclude" else "kept"
    entry = "at the origin (no delayed entry)"
    if rules.entry is not None:
        entry = f"delayed: column {rules.entry}; at the origin where that is negative"
    return RuleCard(
        (
            ("Time", f"column {rules.time}, in {rules.time_unit}"),
            ("Event", f"column {rules.event}: {codes}"),
            ("Entry", entry),
            ("Follow-up of zero", zero),
            ("Unit", "days; a month is 30.4375 days, a year 365.25"),
        )
    )
