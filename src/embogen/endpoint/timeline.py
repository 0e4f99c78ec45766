"""An endpoint from a timeline of events in days: by rows that the plan describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.flow import Exclusion, FlowStep
from embogen.cohort.timeline import COLUMNS, DAY, EVENT, FILE, PATIENT, ROW, STOP
from embogen.endpoint.columns import ColumnRules, endpoint_from_columns
from embogen.endpoint.model import DerivedEndpoint, EndpointTrace, RuleCard
from embogen.errors import DataError, DataProblem
from embogen.units import months_to_days

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort

RowRule = Mapping[str, Sequence[str]]
"""Column of the timeline to the values of it that a row may hold; every column must agree."""

_MONTH: Final = 31
"""Days a timeline may go beyond a follow-up given in whole months."""


@dataclass(frozen=True, slots=True)
class TimelineRules:
    """Which rows make the endpoint.

    Parameters
    ----------
    events
        A row that one of these describes, after the origin, is the event.
    origin
        The first such row is the origin; None for day 0.
    entry
        The first such row is where a patient comes under observation; None for the origin.
    deaths
        A row that this describes is the death; None where the timeline has none.
    follow_up
        Name of a pair of columns ``NAME_STATUS``, ``NAME_MONTHS`` of the patients table, counted
        from day 0, that tells deaths and last contacts the timeline does not; or None.
    death
        Whether a death is the event, competes with it, or is a censoring.
    """

    events: tuple[RowRule, ...]
    origin: RowRule | None = None
    entry: RowRule | None = None
    deaths: RowRule | None = None
    follow_up: str | None = None
    death: Literal["event", "competing", "censor"] = "event"


@dataclass(frozen=True, slots=True)
class _Happening:
    """A day, and where it is written."""

    day: float
    said: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the timeline, and what the rules take it for."""

    day: int
    stop: int | None
    file: str
    row: int
    words: str
    event: bool
    origin: bool
    entry: bool
    death: bool

    @property
    def happening(self) -> _Happening:
        said = f"{self.words}, on day {self.day} ({self.file} row {self.row})"
        return _Happening(float(self.day), said)

    @property
    def last(self) -> _Happening:
        """The last day the row speaks of."""
        if self.stop is None:
            return self.happening
        said = f"{self.words}, until day {self.stop} ({self.file} row {self.row})"
        return _Happening(float(self.stop), said)


@dataclass(frozen=True, slots=True)
class _Course:
    """What the timeline tells of one patient."""

    origin: _Happening | None
    entry: _Happening | None
    event: _Happening | None
    death: _Happening | None
    last: _Happening | None


def derive_from_timeline(
    cohort: Cohort, rules: TimelineRules, *, name: str, label: str
) -> DerivedEndpoint:
    """Derive an endpoint from the timeline of a cohort.

    The event is the first row described by `rules.events` after the origin. Without one the
    patient is followed up to the death, or to the last day anything is known of: the last row of
    any kind, or the last contact of `rules.follow_up`, whichever is later.

    Parameters
    ----------
    cohort
        With a timeline.
    rules
        Which rows make the endpoint.
    name, label
        Its name in the plan and what a reader calls it.

    Returns
    -------
    DerivedEndpoint
        Traces name the file and row of each date; patients without an origin or entry, or
        without follow-up after it, are in the flow. The caveat ``timeline_beyond_follow_up``
        counts patients whose events are later than the follow-up says.

    Raises
    ------
    DataError
        The study has no timeline; a rule names a column that is not there, or describes no row.

    Examples
    --------
    >>> from embogen.cohort.model import Cohort
    >>> rows = pl.DataFrame({
    ...     PATIENT: ["a", "a"], DAY: [0, 90], STOP: [None, None], EVENT: ["Surgery", "Status"],
    ...     FILE: ["t.txt", "t.txt"], ROW: [2, 3], "STATUS": [None, "PD"],
    ... })
    >>> rules = TimelineRules(({"STATUS": ["PD"]},), origin={"EVENT_TYPE": ["Surgery"]})
    >>> cohort = Cohort(pl.DataFrame({"patient_id": ["a"]}), timeline=rows)
    >>> trace = derive_from_timeline(cohort, rules, name="pfs", label="PFS").traces[0]
    >>> trace.time, trace.event, trace.reason
    (90.0, 1, 'Status, PD, on day 90 (t.txt row 3)')
    """
    timeline = cohort.timeline
    if timeline is None:
        message = "has no timeline, and the endpoint is derived from one"
        raise DataError([DataProblem("study", message, "Name a folder with timelines.")])
    rows = _marked_rows(timeline, rules, name)
    known = _follow_up(cohort, rules)
    courses = {
        patient: _course(rows.get(patient, []), known.get(patient), rules)
        for patient in cohort.patient_ids
    }
    traces, steps = _traces(courses, rules)
    return DerivedEndpoint(
        name=name,
        label=label,
        traces=traces,
        delayed_entry=rules.entry is not None,
        rules=_rule_card(rules),
        steps=steps,
        caveats=_beyond_follow_up(cohort, rows, rules),
        causes=("event", "death") if rules.death == "competing" else ("event",),
    )


def _marked_rows(timeline: pl.DataFrame, rules: TimelineRules, name: str) -> dict[str, list[_Row]]:
    """Mark what each row of the timeline is, by patient and day."""
    problems: list[DataProblem] = []
    wanted = {
        "timeline": rules.events,
        "origin_row": [rules.origin] if rules.origin else [],
        "entry_row": [rules.entry] if rules.entry else [],
        "death_row": [rules.deaths] if rules.deaths else [],
    }
    nothing = pl.Series([False] * timeline.height, dtype=pl.Boolean)
    masks = {}
    for key, described in wanted.items():
        masks[key] = nothing
        for rule in described:
            masks[key] = masks[key] | _matching(timeline, rule, f"endpoint.{name}.{key}", problems)
    if problems:
        raise DataError(problems)
    other = [column for column in timeline.columns if column not in COLUMNS]
    words = timeline.select(pl.concat_list([EVENT, *other]).list.drop_nulls().list.join(", "))
    marked = timeline.select(PATIENT, DAY, STOP, FILE, ROW).hstack(
        [words.to_series().alias("words"), *(mask.alias(key) for key, mask in masks.items())]
    )
    rows: dict[str, list[_Row]] = {}
    for patient, *cells in marked.sort(PATIENT, DAY, FILE, ROW).iter_rows():
        rows.setdefault(patient, []).append(_Row(*cells))
    return rows


def _matching(
    timeline: pl.DataFrame, rule: RowRule, path: str, problems: list[DataProblem]
) -> pl.Series:
    """Tell which rows a rule describes."""
    mask = pl.Series([True] * timeline.height, dtype=pl.Boolean)
    headers = {name.upper(): name for name in timeline.columns if name not in COLUMNS}
    headers |= {"EVENT_TYPE": EVENT}
    for column, values in rule.items():
        header = headers.get(column.upper())
        if header is None:
            message = f'has no column "{column}", and {path} describes rows by it'
            remedy = f"It has: {', '.join(sorted(headers))}."
            problems.append(DataProblem("timeline", message, remedy))
            return mask & False
        found = timeline[header].is_in(list(values)).fill_null(value=False)
        if not found.any():
            present = timeline[header].drop_nulls().unique().sort().head(12).to_list()
            message = f"has no row with {' or '.join(values)}, which {path} describes"
            remedy = f"There are: {', '.join(present)}."
            problems.append(DataProblem("timeline", message, remedy, column=column))
        mask = mask & found
    return mask


def _follow_up(cohort: Cohort, rules: TimelineRules) -> dict[str, EndpointTrace]:
    """Return the follow-up of each patient for whom status and months are known."""
    if rules.follow_up is None:
        return {}
    pair = ColumnRules(
        time=f"{rules.follow_up}_MONTHS",
        event=f"{rules.follow_up}_STATUS",
        time_unit="months",
        zero_time="keep",
    )
    found = endpoint_from_columns(cohort, pair, name=rules.follow_up, label=rules.follow_up)
    return {trace.patient_id: trace for trace in found.traces}


def _course(rows: Sequence[_Row], known: EndpointTrace | None, rules: TimelineRules) -> _Course:
    """Pick out what one patient's rows tell."""
    origin = next((row.happening for row in rows if row.origin), None)
    if rules.origin is None:
        origin = _Happening(0.0, "day 0")
    entry = next((row.happening for row in rows if row.entry), None)
    after = origin.day if origin is not None else 0.0
    event = next((row.happening for row in rows if row.event and row.day > after), None)
    death = next((row.happening for row in rows if row.death), None)
    last = max((row.last for row in rows), key=lambda item: item.day, default=None)
    if known is not None:
        said = f"{rules.follow_up}_STATUS and {rules.follow_up}_MONTHS"
        day = max(known.time, last.day if last is not None else known.time)
        if known.event and death is None:
            death = _Happening(day, said)
        elif not known.event and (last is None or known.time > last.day):
            last = _Happening(known.time, said)
    return _Course(origin, entry, event, death, last)


def _end(course: _Course, rules: TimelineRules) -> tuple[_Happening | None, int, str]:
    """Tell when a patient's time ends, and with what."""
    if course.event is not None and not (
        course.death is not None and course.death.day < course.event.day
    ):
        return course.event, 1, course.event.said
    if course.death is not None:
        code = {"event": 1, "competing": 2, "censor": 0}[rules.death]
        return course.death, code, f"death: {course.death.said}"
    if course.last is None:
        return None, 0, ""
    return course.last, 0, f"censored: {course.last.said}"


def _traces(
    courses: Mapping[str, _Course], rules: TimelineRules
) -> tuple[tuple[EndpointTrace, ...], tuple[FlowStep, ...]]:
    """Part the patients with a time at risk from those without, step by step."""
    steps = []
    checks: list[tuple[str, Callable[[_Course, TimelineRules], str]]] = [
        ("Had the origin in the timeline", _without_origin)
    ]
    if rules.entry is not None:
        checks.append(("Had the entry in the timeline", _without_entry))
    checks += [("Had a follow-up after the origin", _without_follow_up)]
    checks += [("Was at risk", _never_at_risk)] if rules.entry is not None else []
    kept = dict(courses)
    for label, check in checks:
        gone = {patient: reason for patient, c in kept.items() if (reason := check(c, rules))}
        excluded = tuple(Exclusion(patient, reason) for patient, reason in gone.items())
        steps.append(FlowStep(label, len(kept), len(kept) - len(gone), excluded))
        kept = {patient: course for patient, course in kept.items() if patient not in gone}
    traces = []
    for patient, course in kept.items():
        end, code, reason = _end(course, rules)
        start = course.origin.day if course.origin else 0.0
        traces.append(
            EndpointTrace(
                patient_id=patient,
                origin=None,
                entry=None,
                end=None,
                time=(end.day if end else start) - start,
                entry_time=max(course.entry.day - start, 0.0) if course.entry else 0.0,
                event=code,
                reason=reason,
            )
        )
    return tuple(traces), tuple(steps)


def _without_origin(course: _Course, rules: TimelineRules) -> str:
    del rules
    return "" if course.origin is not None else "no row of the timeline is the origin"


def _without_entry(course: _Course, rules: TimelineRules) -> str:
    del rules
    return "" if course.entry is not None else "no row of the timeline is the entry"


def _without_follow_up(course: _Course, rules: TimelineRules) -> str:
    end = _end(course, rules)[0]
    start = course.origin.day if course.origin else 0.0
    if end is None:
        return "nothing is known after day 0"
    if end.day <= start:
        return f"the last thing known ({end.said}) is not after the origin (day {start:g})"
    return ""


def _never_at_risk(course: _Course, rules: TimelineRules) -> str:
    end = _end(course, rules)[0]
    if course.entry is None or end is None or course.entry.day < end.day:
        return ""
    return f"never at risk: entry ({course.entry.said}) is not before the end (day {end.day:g})"


def _beyond_follow_up(
    cohort: Cohort, rows: Mapping[str, Sequence[_Row]], rules: TimelineRules
) -> tuple[Caveat, ...]:
    """Count patients whose timeline goes on after the follow-up their columns give."""
    if rules.follow_up is None:
        return ()
    column = f"{rules.follow_up}_MONTHS"
    months = cohort.patients[column].cast(pl.Float64, strict=False)
    beyond = [
        patient
        for patient, value in zip(cohort.patient_ids, months, strict=True)
        if value is not None
        and any(row.last.day > months_to_days(value) + _MONTH for row in rows.get(patient, ()))
    ]
    if not beyond:
        return ()
    count = len(beyond)
    message = (
        f"The timeline of {count} patient{'' if count == 1 else 's'} goes on for over a month "
        f"after {column}; the later of the two was taken as the last day known."
    )
    return (Caveat("timeline_beyond_follow_up", message, {"patients": count}, rules.follow_up),)


def _rule_card(rules: TimelineRules) -> RuleCard:
    death = {
        "event": "an event",
        "competing": "ends the risk of the event; it is neither the event nor a censoring",
        "censor": "censored",
    }[rules.death]
    told = [_words(rules.deaths)] if rules.deaths else []
    told += [f"{rules.follow_up}_STATUS"] if rules.follow_up else []
    later = f", or {rules.follow_up}_MONTHS where that is later" if rules.follow_up else ""
    origin = f"first timeline row with {_words(rules.origin)}" if rules.origin else "day 0"
    entry = "at the origin (no delayed entry)"
    if rules.entry:
        entry = f"delayed: first timeline row with {_words(rules.entry)}"
    return RuleCard(
        (
            ("Time origin", origin),
            ("Event", "timeline row with " + ", or with ".join(_words(r) for r in rules.events)),
            ("Events on or before the day of the origin", "not looked at"),
            ("Death", death),
            ("Deaths are told by", " and ".join(told) or "nothing"),
            ("Censoring", f"last row of the timeline{later}"),
            ("Entry", entry),
            ("Unit", "days; a month is 30.4375 days"),
        )
    )


def _words(rule: RowRule) -> str:
    return " and ".join(f"{name} = {' or '.join(values)}" for name, values in rule.items())
