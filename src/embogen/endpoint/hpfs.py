"""Endpoints from dated assessments: hepatic and other progression, and survival."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.cohort.flow import Exclusion, FlowStep
from embogen.endpoint.best_response import best_response
from embogen.endpoint.findings import endpoint_findings
from embogen.endpoint.follow_up import End, Facts, find_end
from embogen.endpoint.history import Derivation, history_rows
from embogen.endpoint.hpfs_caveats import endpoint_caveats
from embogen.endpoint.hpfs_rules import HpfsRules
from embogen.endpoint.model import DerivedEndpoint, EndpointTrace
from embogen.endpoint.origin import Origins, find_origins
from embogen.endpoint.rule_card import rule_card
from embogen.endpoint.scans import Imaging, imaging_of
from embogen.endpoint.specimen_window import check_specimen_window
from embogen.errors import DataError, DataProblem

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort

_CRITERION_COLUMNS: Final = {
    "investigator": ("assessments", "hepatic_status"),
    "recist_1_1": ("lesions", "diameter_mm"),
    "mrecist": ("lesions", "enhancing_mm"),
    "liver_volume": ("assessments", "hepatic_tumor_volume_ml"),
}


def derive_hpfs(cohort: Cohort, rules: HpfsRules, *, name: str, label: str) -> DerivedEndpoint:
    """Derive a time to progression or death of each patient; by default HPFS.

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

    With ``event_date="interval"`` the time is that of the scan, as analyses of right-censored data
    take it; the day of the last scan without progression stands beside it in the trace.
    """
    _require_columns(cohort, rules, name)
    origins = find_origins(cohort, rules)
    patients = list(cohort.patient_ids)
    steps = [_had_origin(patients, origins)]
    patients = [patient for patient in patients if patient in origins.dates]
    imaging = imaging_of(cohort, rules, {**origins.dates, **origins.starts})
    facts = _facts(cohort, patients, origins, imaging)
    ends: dict[str, End] = {}
    unseen: list[Exclusion] = []
    for patient in patients:
        end = find_end(rules, facts[patient])
        if isinstance(end, End):
            ends[patient] = end
        else:
            unseen.append(Exclusion(patient, end))
    steps.append(FlowStep("Was followed up", len(patients), len(ends), tuple(unseen)))
    entries, entry_step = _entries(cohort, rules, origins, list(ends))
    steps += entry_step
    traces, never = _traces(origins.dates, entries, ends)
    steps.append(FlowStep("Was at risk", len(entries), len(traces), tuple(never)))
    best = _best_responses(rules, facts)
    derivation = Derivation(
        rules,
        origins,
        imaging,
        facts,
        {trace.patient_id: trace for trace in traces},
        best,
        {item.patient_id: item.reason for step in steps for item in step.excluded},
        rules.causes,
    )
    return DerivedEndpoint(
        name=name,
        label=label,
        traces=traces,
        delayed_entry=rules.entry == "specimen_date",
        rules=rule_card(rules),
        steps=tuple(steps),
        caveats=endpoint_caveats(cohort, rules, derivation, name),
        causes=rules.causes,
        history=partial(history_rows, cohort, derivation),
        best_responses=best,
        specimen_days=_specimen_days(cohort, rules, origins),
        findings=partial(endpoint_findings, cohort, derivation),
    )


def _require_columns(cohort: Cohort, rules: HpfsRules, name: str) -> None:
    """Raise where a rule rests on a column the data do not have."""
    needs = [_CRITERION_COLUMNS[rules.criterion]] if rules.needs_scans else []
    counted = "extrahepatic_progression" in rules.events
    if counted or rules.extrahepatic in {"compete", "censor"}:
        needs.append(("assessments", "extrahepatic_status"))
    if "death" in rules.events or rules.death == "competing":
        needs.append(("patients", "death_date"))
    if rules.censor == "last_contact":
        needs.append(("patients", "last_contact_date"))
    if rules.course.by != "within_days":
        needs.append(("procedures", rules.course.by))
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


def _had_origin(patients: Sequence[str], origins: Origins) -> FlowStep:
    gone = tuple(
        Exclusion(patient, origins.missing) for patient in patients if patient not in origins.dates
    )
    return FlowStep(origins.label, len(patients), len(patients) - len(gone), gone)


def _facts(
    cohort: Cohort, patients: Sequence[str], origins: Origins, imaging: Imaging
) -> dict[str, Facts]:
    """Gather what is known of each patient after the origin."""
    deaths = _patient_dates(cohort, "death_date")
    contacts = _patient_dates(cohort, "last_contact_date")
    found = {}
    for patient in patients:
        origin, course = origins.dates[patient], origins.courses.get(patient)
        found[patient] = Facts(
            origin,
            tuple(scan for scan in imaging.scans.get(patient, ()) if scan.date > origin),
            deaths.get(patient),
            contacts.get(patient),
            None if course is None else course.subsequent(origin),
        )
    return found


def _best_responses(rules: HpfsRules, facts: Mapping[str, Facts]) -> dict[str, str]:
    """Tell each patient's best response; what follows subsequent treatment is not the first's."""
    found = {}
    for patient, known in facts.items():
        until = None
        if rules.subsequent_therapy != "ignore" and known.therapy is not None:
            until = known.therapy.date + dt.timedelta(days=1)
        found[patient] = best_response(
            known.scans, until=until, confirmation_days=rules.confirmation_days
        )
    return found


def _specimen_days(cohort: Cohort, rules: HpfsRules, origins: Origins) -> dict[str, float]:
    """Count the days from the origin to the specimen that decides the genotype."""
    if cohort.specimens is None:
        return {}
    check = check_specimen_window(cohort, origins.starts, rules.specimen_window_days)
    return {
        patient: float((date - origins.dates[patient]).days)
        for patient, date in check.first.items()
        if patient in origins.dates
    }


def _patient_dates(cohort: Cohort, column: str) -> dict[str, dt.date]:
    if column not in cohort.patients.columns:
        return {}
    known = cohort.patients.filter(pl.col(column).is_not_null())
    return dict(known.select("patient_id", column).iter_rows())


def _entries(
    cohort: Cohort, rules: HpfsRules, found: Origins, patients: Sequence[str]
) -> tuple[dict[str, dt.date], list[FlowStep]]:
    """Return the date each patient came under observation."""
    origins = found.dates
    if rules.entry == "origin":
        return {patient: origins[patient] for patient in patients}, []
    check = check_specimen_window(cohort, found.starts, rules.specimen_window_days)
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
    origins: Mapping[str, dt.date], entries: Mapping[str, dt.date], ends: Mapping[str, End]
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
                after_time=None if end.after is None else float((end.after - origin).days),
            )
        )
    return tuple(traces), never
