"""The rules of a dated endpoint in words, as the report prints them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from embogen.endpoint.model import RuleCard
from embogen.endpoint.origin import ORIGIN_WORDS
from embogen.units import days_to_months

if TYPE_CHECKING:
    from embogen.endpoint.hpfs_rules import CourseRules, HpfsRules

_EVENT_WORDS = {
    "hepatic_progression": "progression in the liver",
    "extrahepatic_progression": "progression outside the liver",
    "death": "death from any cause",
}
_THERAPY = "liver-directed treatment after the first course"
_CRITERIA = {
    "investigator": "status recorded in the assessments table",
    "recist_1_1": "RECIST 1.1 of the liver, from the diameters in the lesions table",
    "mrecist": "mRECIST of the liver, from the arterial-enhancing diameters in the lesions table",
    "liver_volume": "volume of all liver metastases, from the assessments table",
}
_EVENT_DATES = {
    "scan": "date of the scan that showed progression, or of death",
    "midpoint": "midway between the scan that showed progression and the last one without it "
    "(the origin where there is none); of death, its date",
    "interval": "date of the scan that showed progression, or of death; progression lies between "
    "that scan and the last one without it, and the bounds are kept",
}


def rule_card(rules: HpfsRules) -> RuleCard:
    """Write every choice of a dated endpoint as (choice, value).

    Examples
    --------
    >>> from embogen.endpoint.hpfs_rules import HpfsRules
    >>> dict(rule_card(HpfsRules()).rows)["Event"]
    'progression in the liver or death from any cause, whichever comes first'
    """
    return RuleCard(
        (
            ("Time origin", ORIGIN_WORDS[rules.origin]),
            *_events(rules),
            *_criterion(rules),
            *_deaths(rules),
            *_censoring(rules),
            *_entry(rules),
            ("Unit", "days; a month is 30.4375 days"),
        )
    )


def _events(rules: HpfsRules) -> Iterator[tuple[str, str]]:
    counted = [words for event, words in _EVENT_WORDS.items() if event in rules.events]
    if rules.subsequent_therapy == "event":
        counted.append(_THERAPY)
    yield "Event", " or ".join(counted) + (", whichever comes first" if len(counted) > 1 else "")
    competing = []
    if rules.extrahepatic == "compete":
        competing.append(_EVENT_WORDS["extrahepatic_progression"])
    if rules.death == "competing":
        competing.append(_EVENT_WORDS["death"])
    if competing:
        yield "Competing event", " or ".join(competing)
    ignored = [
        words
        for event, words in _EVENT_WORDS.items()
        if event not in rules.events
        and words not in competing
        and not (event == "extrahepatic_progression" and rules.extrahepatic == "censor")
    ]
    yield "Not an event", " and ".join(ignored) or "nothing"
    yield "Event date", _EVENT_DATES[rules.event_date] if rules.of_progression else "date of death"


def _criterion(rules: HpfsRules) -> Iterator[tuple[str, str]]:
    if not rules.of_progression:
        return
    yield "Criterion", _CRITERIA[rules.criterion]
    if rules.criterion == "investigator":
        return
    limits = rules.measured.thresholds
    unit, what = ("mL", "volume") if rules.criterion == "liver_volume" else ("mm", "sum")
    reference = "smallest so far, baseline included" if limits.reference == "nadir" else "baseline"
    yield "Partial response", f"{what} at least {limits.response_percent:g}% below the baseline"
    absolute = limits.progression_absolute
    least = f" and {absolute:g} {unit}" if absolute else ""
    text = f"{what} at least {limits.progression_percent:g}%{least} over the reference"
    if rules.criterion != "liver_volume":
        text += "; or a new lesion, or unequivocal progression of a non-target"
    yield "Progression", text
    yield "Reference of progression", reference
    days = rules.measured.baseline_window_days
    within = "" if days is None else f" and within {days:g} days of it"
    yield "Baseline", f"last measured scan at or before the start of treatment{within}"
    if rules.criterion != "liver_volume":
        n = rules.measured.max_targets
        least_mm = rules.measured.min_target_mm
        text = f"at most {n}, the largest at baseline, of {least_mm:g} mm or more"
        yield "Target lesions of the liver", text


def _deaths(rules: HpfsRules) -> Iterator[tuple[str, str]]:
    if "death" in rules.events:
        yield "Death long after the last scan", "an event at the date of death"
    elif rules.death == "competing":
        text = "ends the risk of the event at its date; it is neither the event nor a censoring"
        yield "Death before the event", text
    elif rules.censor == "last_liver_assessment":
        yield "Death", "no event; censored at the last liver assessment before it"
    else:
        yield "Death", "no event; censored at death"


def _cut(rules: HpfsRules) -> str:
    if rules.censor == "last_contact":
        return "censored at its date"
    return "censored at the last liver assessment up to its date"


def _censoring(rules: HpfsRules) -> Iterator[tuple[str, str]]:
    if rules.censor == "last_liver_assessment":
        yield "Censoring", "last assessment in which the liver was evaluable"
    else:
        yield "Censoring", "last contact, or last liver assessment where that is later"
    if "extrahepatic_progression" not in rules.events:
        words = {"censor": _cut(rules), "compete": "ends the risk of the event at its date"}
        yield "Progression outside the liver", words.get(rules.extrahepatic or "", "ignored")
    therapy = {"ignore": "ignored", "censor": _cut(rules), "event": "an event at its date"}
    yield "Subsequent liver-directed therapy", therapy[rules.subsequent_therapy]
    if rules.subsequent_therapy != "ignore" or rules.origin == "end_of_first_course":
        yield "First course of treatment", _course(rules.course)
    if rules.of_progression:
        yield "Scans that cannot be evaluated", "passed over"
        yield "Scans on or before the day of the origin", "not looked at"
        yield "Missed scans", _missed(rules)
        days = rules.confirmation_days
        text = "not asked for" if days is None else f"by a scan at least {days:g} days later"
        yield "Confirmation of a response", text


def _course(course: CourseRules) -> str:
    if course.by == "within_days":
        return f"embolizations within {course.days:g} days of the session before"
    if course.by == "course":
        return "sessions with the course of the first embolization in the procedures table"
    return "sessions marked planned_staged in the procedures table, after the first embolization"


def _missed(rules: HpfsRules) -> str:
    if rules.missed_scans == "carry":
        return "an event counts however many scans were missed before it"
    days, k = rules.schedule_days or 0, rules.missed_scans_after
    return (
        f"after {k} or more of the scans planned every {days:g} days were missed, an event does "
        "not count: censored at the last liver assessment before the gap"
    )


def _entry(rules: HpfsRules) -> Iterator[tuple[str, str]]:
    if rules.entry == "specimen_date":
        text = "delayed: at the earliest qualifying specimen where that is after the origin"
        yield "Entry", text
    else:
        yield "Entry", "at the origin (no delayed entry)"
    window = rules.specimen_window_days
    if window is not None and (rules.entry == "specimen_date" or rules.origin == "biopsy"):
        months = f"{round(days_to_months(window), 6):g}"
        yield "Qualifying specimen", f"within {months} months of the origin, either side"
