"""Hepatic progression-free survival from dated assessments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.flow import Exclusion, FlowStep
from embogen.cohort.model import SOURCE_ROW
from embogen.endpoint.hpfs_rules import EVENTS, HpfsRules, rule_card
from embogen.endpoint.model import DerivedEndpoint, EndpointTrace
from embogen.endpoint.origin import first_embolizations
from embogen.endpoint.specimen_window import check_specimen_window
from embogen.errors import DataError, DataProblem
from embogen.units import days_to_months

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort

LONG_GAP_DAYS: Final = 182.625
"""A liver not assessed for longer than this before the end is drawn attention to."""


@dataclass(frozen=True, slots=True)
class _Scan:
    """One assessment after the origin."""

    date: dt.date
    row: int
    liver: str | None
    elsewhere: str | None

    @property
    def liver_evaluable(self) -> bool:
        """Whether the liver could be judged."""
        return self.liver is not None and self.liver != "not evaluable"


@dataclass(frozen=True, slots=True)
class _End:
    """Where follow-up of a patient ends."""

    date: dt.date
    event: int
    reason: str


def derive_hpfs(cohort: Cohort, rules: HpfsRules, *, name: str, label: str) -> DerivedEndpoint:
    """Derive hepatic progression-free survival of each patient.

    Time runs from the first embolization to the earliest event: hepatic progression or death from
    any cause, whichever comes first. Extrahepatic progression is no event unless `rules.events`
    has it. With ``death="competing"`` a death before any event gets code 2: the endpoint is then
    a time to progression with a competing risk. Without an event the patient is censored at the
    last assessment in which the liver was evaluable. Death counts however long after the last
    assessment; where that gap exceeds six months a caveat says so, for progression may have gone
    unseen.

    Only assessments after the day of the origin are follow-up: a scan on the day itself or before
    shows the disease that was treated, so that progression in it is no event.

    Parameters
    ----------
    cohort
        With procedures and assessments; with specimens for ``entry="specimen_date"``.
    rules
        The choices.
    name, label
        The endpoint's name in the plan and what a reader calls it.

    Returns
    -------
    DerivedEndpoint
        A trace for each patient who has the endpoint, and a flow step for each reason to have
        none: no embolization; neither a follow-up assessment nor death; never at risk (the
        event, censoring or specimen leaves no time at risk).

    Raises
    ------
    DataError
        When a column that a rule rests on is not there: without `death_date` nobody would seem to
        have died, without `hepatic_status` nobody to have progressed.

    Notes
    -----
    Delayed entry is at the qualifying specimen when that is after the origin, at the origin
    otherwise: entry = max(0, specimen - origin) in days.
    """
    _require_columns(cohort, rules, name)
    origins = first_embolizations(cohort)
    patients = list(cohort.patient_ids)
    steps = [_had_embolization(patients, origins)]
    patients = [patient for patient in patients if patient in origins]
    scans = _scans(cohort, origins)
    deaths = _patient_dates(cohort, "death_date")
    contacts = _patient_dates(cohort, "last_contact_date")
    ends: dict[str, _End] = {}
    unseen: list[Exclusion] = []
    for patient in patients:
        end = _end(rules, scans.get(patient, ()), deaths.get(patient), contacts.get(patient))
        if isinstance(end, _End):
            ends[patient] = end
        else:
            unseen.append(Exclusion(patient, end))
    steps.append(FlowStep("Was followed up", len(patients), len(ends), tuple(unseen)))
    entries, entry_step = _entries(cohort, rules, origins, list(ends))
    steps += entry_step
    traces, never = _traces(origins, entries, ends)
    steps.append(FlowStep("Was at risk", len(entries), len(traces), tuple(never)))
    caveats = (
        *_gap_caveat(scans, traces, name),
        *_status_caveat(cohort, scans, name),
        *_immortal_time(cohort, rules, origins),
    )
    return DerivedEndpoint(
        name=name,
        label=label,
        traces=traces,
        delayed_entry=rules.entry == "specimen_date",
        rules=rule_card(
            rules.events,
            rules.censor,
            rules.entry,
            rules.specimen_window_days,
            death_competes=rules.death == "competing",
        ),
        steps=tuple(steps),
        caveats=caveats,
        causes=rules.causes,
    )


def _require_columns(cohort: Cohort, rules: HpfsRules, name: str) -> None:
    """Raise where a rule rests on a column the data do not have."""
    needs = [("assessments", "hepatic_status")]
    if "extrahepatic_progression" in rules.events:
        needs.append(("assessments", "extrahepatic_status"))
    if "death" in rules.events or rules.death == "competing":
        needs.append(("patients", "death_date"))
    if rules.censor == "last_contact":
        needs.append(("patients", "last_contact_date"))
    problems = [
        DataProblem(
            cohort.file(table),
            f"there is no column {column}, and endpoint {name} rests on it",
            "Add the column (its cells may be empty), map it under `columns`, or change the rule.",
            row=1,
        )
        for table, column in needs
        if (frame := cohort.table(table)) is not None and column not in frame.columns
    ]
    if problems:
        raise DataError(problems)


def _had_embolization(patients: Sequence[str], origins: Mapping[str, dt.date]) -> FlowStep:
    gone = tuple(
        Exclusion(patient, "no embolization in the procedures table")
        for patient in patients
        if patient not in origins
    )
    return FlowStep("Had an embolization", len(patients), len(patients) - len(gone), gone)


def _scans(cohort: Cohort, origins: Mapping[str, dt.date]) -> dict[str, tuple[_Scan, ...]]:
    """Return each patient's assessments after the day of the origin, in order."""
    table = cohort.assessments
    if table is None:
        return {}
    columns = [
        pl.col(name) if name in table.columns else pl.lit(None, pl.String).alias(name)
        for name in ("hepatic_status", "extrahepatic_status")
    ]
    row = pl.col(SOURCE_ROW) if SOURCE_ROW in table.columns else pl.row_index(SOURCE_ROW)
    found: dict[str, list[_Scan]] = {}
    rows = table.select("patient_id", "date", row, *columns).sort("date", SOURCE_ROW)
    for patient, date, at, liver, elsewhere in rows.iter_rows():
        if date is not None and patient in origins and date > origins[patient]:
            found.setdefault(patient, []).append(_Scan(date, at, liver, elsewhere))
    return {patient: tuple(items) for patient, items in found.items()}


def _patient_dates(cohort: Cohort, column: str) -> dict[str, dt.date]:
    if column not in cohort.patients.columns:
        return {}
    known = cohort.patients.filter(pl.col(column).is_not_null())
    return dict(known.select("patient_id", column).iter_rows())


def _end(
    rules: HpfsRules,
    scans: Sequence[_Scan],
    death: dt.date | None,
    contact: dt.date | None,
) -> _End | str:
    """Find where follow-up ends, or say why there is none."""
    events: list[tuple[dt.date, int, str]] = []
    for order, kind in enumerate(EVENTS):
        competes = kind == "death" and rules.death == "competing"
        if kind not in rules.events and not competes:
            continue
        if kind == "death":
            if death is not None:
                events.append((death, order, f"death on {death}"))
            continue
        words = kind.replace("_", " ")
        for scan in scans:
            status = scan.liver if kind == "hepatic_progression" else scan.elsewhere
            if status == "progression":
                reason = f"{words} on {scan.date} (assessments row {scan.row})"
                events.append((scan.date, order, reason))
                break
    if events:
        # on one day progression goes before death: it was seen, so it had come first
        date, order, reason = min(events)
        competing = EVENTS[order] == "death" and rules.death == "competing"
        return _End(date, 2 if competing else 1, reason)
    return _censoring(rules, scans, death, contact)


def _censoring(
    rules: HpfsRules,
    scans: Sequence[_Scan],
    death: dt.date | None,
    contact: dt.date | None,
) -> _End | str:
    evaluable = [scan for scan in scans if scan.liver_evaluable]
    seen = evaluable[-1] if evaluable else None
    if rules.censor == "last_contact":
        last = max(filter(None, (death, contact)), default=None)
        if last is not None and (seen is None or last >= seen.date):
            return _End(last, 0, f"no event until the last contact on {last}")
    if seen is not None:
        reason = f"no event until the last liver assessment on {seen.date}"
        return _End(seen.date, 0, f"{reason} (assessments row {seen.row})")
    if scans:
        return "no assessment after the embolization in which the liver was evaluable, and no event"
    return "no assessment after the embolization, and no event"


def _entries(
    cohort: Cohort, rules: HpfsRules, origins: Mapping[str, dt.date], patients: Sequence[str]
) -> tuple[dict[str, dt.date], list[FlowStep]]:
    """Return the date each patient came under observation."""
    if rules.entry == "origin":
        return {patient: origins[patient] for patient in patients}, []
    check = check_specimen_window(cohort, origins, rules.specimen_window_days)
    reasons = {item.patient_id: item.reason for item in check.step.excluded}
    gone = tuple(
        Exclusion(patient, f"entry is not known: {reasons[patient]}")
        for patient in patients
        if patient not in check.first
    )
    entries = {
        patient: max(origins[patient], check.first[patient])
        for patient in patients
        if patient in check.first
    }
    step = FlowStep(f"{check.step.label}, so entry is known", len(patients), len(entries), gone)
    return entries, [step]


def _traces(
    origins: Mapping[str, dt.date], entries: Mapping[str, dt.date], ends: Mapping[str, _End]
) -> tuple[tuple[EndpointTrace, ...], list[Exclusion]]:
    """Put the dates together; a patient whose entry is not before the end was never at risk."""
    traces = []
    never = []
    for patient, entry in entries.items():
        end, origin = ends[patient], origins[patient]
        if entry >= end.date:
            what = "origin" if entry == origin else "specimen"
            reason = f"never at risk: {what} on {entry} is not before the end of follow-up"
            never.append(Exclusion(patient, f"{reason} ({end.reason})"))
            continue
        traces.append(
            EndpointTrace(
                patient_id=patient,
                origin=origin,
                entry=entry,
                end=end.date,
                time=float((end.date - origin).days),
                entry_time=float((entry - origin).days),
                event=end.event,
                reason=end.reason,
            )
        )
    return tuple(traces), never


def _gap_caveat(
    scans: Mapping[str, Sequence[_Scan]],
    traces: Sequence[EndpointTrace],
    name: str,
) -> tuple[Caveat, ...]:
    """Draw attention to ends that come long after the liver was last seen."""
    gaps = []
    for trace in traces:
        if trace.end is None or trace.origin is None:
            continue
        before = [
            scan.date
            for scan in scans.get(trace.patient_id, ())
            if scan.liver_evaluable and scan.date <= trace.end
        ]
        seen = [date for date in before if date < trace.end or trace.event == 0]
        gap = (trace.end - max(seen, default=trace.origin)).days
        if gap > LONG_GAP_DAYS:
            gaps.append(gap)
    if not gaps:
        return ()
    months = days_to_months(max(gaps))
    message = (
        f"In {len(gaps)} of {len(traces)} patients the liver was last assessed more than "
        f"{days_to_months(LONG_GAP_DAYS):g} months before the end of follow-up (at most "
        f"{months:.1f} months): progression may have come earlier than recorded, or unseen."
    )
    evidence = {"patients": len(gaps), "longest_gap_days": max(gaps)}
    return (Caveat("long_assessment_gap", message, evidence, name),)


def _status_caveat(
    cohort: Cohort, scans: Mapping[str, Sequence[_Scan]], name: str
) -> tuple[Caveat, ...]:
    blind = sum(not scan.liver_evaluable for items in scans.values() for scan in items)
    total = sum(len(items) for items in scans.values())
    if not blind or cohort.assessments is None:
        return ()
    message = (
        f"The liver could not be evaluated in {blind} of {total} assessments after the origin; "
        "they neither show progression nor prolong follow-up."
    )
    return (Caveat("status_unknown", message, {"assessments": blind, "of": total}, name),)


def _immortal_time(
    cohort: Cohort, rules: HpfsRules, origins: Mapping[str, dt.date]
) -> tuple[Caveat, ...]:
    """Warn of late specimens where neither delayed entry nor a window has them looked at."""
    if rules.entry != "origin" or rules.specimen_window_days is not None:
        return ()
    if cohort.specimens is None:
        return ()
    check = check_specimen_window(cohort, origins, None)
    return tuple(item for item in check.caveats if item.code == "specimen_after_origin")
