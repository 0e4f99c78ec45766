"""What the keys of a dated endpoint must agree on with each other, and with the data named."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from embogen.errors import PlanProblem

_DEFAULT_EVENTS: Final = ("hepatic_progression", "death")
_MEASURED: Final = ("response_percent", "progression_percent", "reference", "baseline_window_days")
_LESIONS: Final = ("progression_mm", "max_targets", "min_target_mm")
_TAKES: Final[dict[str, frozenset[str]]] = {
    "investigator": frozenset(),
    "recist_1_1": frozenset({*_MEASURED, *_LESIONS}),
    "mrecist": frozenset({*_MEASURED, *_LESIONS}),
    "liver_volume": frozenset({*_MEASURED, "progression_ml"}),
}
"""Keys each criterion takes."""
_PROGRESSION: Final = ("event_date", "missed_scans", "schedule_days", "confirmation_days")
"""Keys that are about scans."""
_COURSE: Final = ("course", "course_days")


def events_of(spec: dict[str, Any]) -> tuple[str, ...]:
    """Return the events of a raw endpoint, by default HPFS's."""
    events = spec.get("events", _DEFAULT_EVENTS)
    return tuple(events) if isinstance(events, list | tuple) else _DEFAULT_EVENTS


def competing_of(spec: dict[str, Any]) -> list[str]:
    """Name what competes with the event of a raw endpoint, in words."""
    found = ["death"] if spec.get("death") == "competing" else []
    if spec.get("extrahepatic") == "compete":
        found.append("extrahepatic progression")
    return found


def dated_problems(path: str, spec: dict[str, Any], data: Collection[str]) -> list[PlanProblem]:
    """Find every contradiction in a dated endpoint, and the tables it needs and does not have."""
    return [
        *_table_problems(path, spec, data),
        *_event_problems(path, spec),
        *_criterion_problems(path, spec, data),
        *_missed_problems(path, spec),
        *_course_problems(path, spec),
    ]


def _needs_scans(spec: dict[str, Any]) -> bool:
    """Tell whether an endpoint rests on the assessments; overall survival does not."""
    only_death = events_of(spec) == ("death",)
    outside = spec.get("extrahepatic") in {"compete", "censor"}
    return not only_death or outside or spec.get("censor") != "last_contact"


def _table_problems(
    path: str, spec: dict[str, Any], data: Collection[str]
) -> Iterator[PlanProblem]:
    tables = ("procedures", "assessments") if _needs_scans(spec) else ("procedures",)
    for table in tables:
        if table not in data:
            message = f"is derived from dated {table}, and data.{table} is not given"
            remedy = "Name the file, or give the endpoint as columns (time, event)."
            yield PlanProblem(path, message, remedy)
    for key, word in (("entry", "specimen_date"), ("origin", "biopsy")):
        if spec.get(key) == word and "specimens" not in data:
            what = "enters patients" if key == "entry" else "times patients from"
            at = "at their specimen" if key == "entry" else "their specimen"
            message = f"{what} {at}, and data.specimens is not given"
            yield PlanProblem(f"{path}.{key}", message, "Name the file.")
    if spec.get("entry") == "specimen_date" and spec.get("origin") == "biopsy":
        message = "enters patients at their specimen, and time begins there already"
        yield PlanProblem(f"{path}.entry", message, "Remove it.")


def _event_problems(path: str, spec: dict[str, Any]) -> Iterator[PlanProblem]:
    """Find what `death`, `extrahepatic` and `events` say against each other."""
    events = events_of(spec)
    held = "events (hepatic_progression and death unless given) holds it"
    sayings = (
        ("death", "death", {"competing": "compete", "censor": "be censored"}, "competing"),
        (
            "extrahepatic",
            "extrahepatic_progression",
            {"compete": "compete", "censor": "be censored", "ignore": "be ignored"},
            "compete",
        ),
    )
    for key, event, others, instead in sayings:
        value = spec.get(key)
        if value == "event" and event not in events:
            remedy = f'Add "{event}" to events, or write {key} = "{instead}".'
            message = "is an event, and events does not hold it"
            yield PlanProblem(f"{path}.{key}", message, remedy)
        elif value in others and event in events:
            rest = [f'"{item}"' for item in events if item != event] or ['"hepatic_progression"']
            remedy = f"Write events = [{', '.join(rest)}]."
            yield PlanProblem(f"{path}.{key}", f"is to {others[value]}, and {held}", remedy)


def _criterion_problems(
    path: str, spec: dict[str, Any], data: Collection[str]
) -> Iterator[PlanProblem]:
    criterion = spec.get("criterion", "investigator")
    if criterion not in _TAKES:
        return  # the model reports it
    every = frozenset().union(*_TAKES.values())
    for key in sorted((spec.keys() & every) - _TAKES[criterion]):
        takes = ", ".join(name for name, keys in _TAKES.items() if key in keys)
        message = f"has no meaning for the criterion {criterion}"
        yield PlanProblem(f"{path}.{key}", message, f"Remove it; it is for {takes}.")
    if criterion in {"recist_1_1", "mrecist"} and "lesions" not in data:
        message = f"{criterion} is told from lesions, and data.lesions is not given"
        yield PlanProblem(f"{path}.criterion", message, "Name the file.")


def _missed_problems(path: str, spec: dict[str, Any]) -> Iterator[PlanProblem]:
    if events_of(spec) == ("death",) and spec.get("extrahepatic") not in {"compete", "censor"}:
        for key in _PROGRESSION:
            if key in spec:
                message = "has no meaning where death is the only event"
                yield PlanProblem(f"{path}.{key}", message, "Remove it.")
    if spec.get("missed_scans") != "censor":
        if "missed_scans_after" in spec:
            remedy = 'Write missed_scans = "censor", or remove it.'
            message = "has no meaning while missed scans are carried"
            yield PlanProblem(f"{path}.missed_scans_after", message, remedy)
        return
    if "schedule_days" not in spec:
        message = "needs schedule_days, to tell how many scans were missed"
        remedy = "Give the days between planned scans: schedule_days = 91."
        yield PlanProblem(f"{path}.missed_scans", message, remedy)


def _course_problems(path: str, spec: dict[str, Any]) -> Iterator[PlanProblem]:
    used = spec.get("origin") == "end_of_first_course"
    used = used or spec.get("subsequent_therapy", "ignore") != "ignore"
    for key in _COURSE:
        if key in spec and not used:
            message = "has no meaning while no other key asks for the first course"
            remedy = 'It is for origin = "end_of_first_course" and for subsequent_therapy.'
            yield PlanProblem(f"{path}.{key}", message, remedy)
    if "course_days" in spec and spec.get("course", "within_days") != "within_days":
        message = "has no meaning for this definition of a course"
        remedy = 'Remove it, or write course = "within_days".'
        yield PlanProblem(f"{path}.course_days", message, remedy)


def audit_problems(path: str, name: str, endpoints: dict[str, Any]) -> Iterator[PlanProblem]:
    """Find an audit of entry that could not see whom delayed entry leaves out.

    Patients biopsied at or after the event are never at risk where entry is delayed; they leave
    the endpoint, and where it is the first one the whole study.
    """
    for place, endpoint in enumerate(endpoints.items()):
        other, spec = endpoint
        delayed = isinstance(spec, dict) and (
            spec.get("entry") == "specimen_date" or ("time" in spec and "entry" in spec)
        )
        if delayed and (other == name or place == 0):
            what = "it" if other == name else f"{other}, the first endpoint,"
            message = f"{what} has a delayed entry, which leaves out patients the audit is about"
            remedy = "Give an endpoint without entry, and put one without entry first."
            yield PlanProblem(path, message, remedy)
    spec = endpoints.get(name)
    if isinstance(spec, dict) and spec.get("origin") == "biopsy":
        message = "time begins at the biopsy, so that nobody enters late"
        yield PlanProblem(path, message, "Give an endpoint with the origin of the treatment.")
