"""The rules of a dated endpoint in the words of the report."""

from __future__ import annotations

from collections.abc import Sequence

from embogen.endpoint.model import RuleCard
from embogen.units import days_to_months

_EVENT_WORDS = {
    "hepatic_progression": "progression in the liver",
    "extrahepatic_progression": "progression outside the liver",
    "death": "death from any cause",
}


def rule_card(
    events: Sequence[str], censor: str, entry: str, window_days: float | None
) -> RuleCard:
    """Write every choice of a dated endpoint as (choice, value).

    Examples
    --------
    >>> card = rule_card(("hepatic_progression", "death"), "last_liver_assessment", "origin", None)
    >>> dict(card.rows)["Event"]
    'progression in the liver or death from any cause, whichever comes first'
    """
    counted = [words for event, words in _EVENT_WORDS.items() if event in events]
    ignored = [words for event, words in _EVENT_WORDS.items() if event not in events]
    event = " or ".join(counted) + (", whichever comes first" if len(counted) > 1 else "")
    rows = [
        ("Time origin", "date of the first embolization"),
        ("Event", event),
        ("Not an event", " and ".join(ignored) or "nothing"),
        ("Event date", "date of the scan that showed progression, or of death"),
        ("Criterion", "status recorded in the assessments table"),
    ]
    if "death" in events:
        rows.append(("Death long after the last scan", "an event at the date of death"))
    elif censor == "last_liver_assessment":
        rows.append(("Death", "no event; censored at the last liver assessment before it"))
    else:
        rows.append(("Death", "no event; censored at death"))
    if censor == "last_liver_assessment":
        rows.append(("Censoring", "last assessment in which the liver was evaluable"))
    else:
        rows.append(("Censoring", "last contact, or last liver assessment where that is later"))
    rows.append(("Scans that cannot be evaluated", "passed over"))
    rows.append(("Scans on or before the day of the origin", "not looked at"))
    if entry == "specimen_date":
        text = "delayed: at the earliest qualifying specimen where that is after the origin"
        rows.append(("Entry", text))
        if window_days is not None:
            months = f"{round(days_to_months(window_days), 6):g}"
            rows.append(
                ("Qualifying specimen", f"within {months} months of the origin, either side")
            )
    else:
        rows.append(("Entry", "at the origin (no delayed entry)"))
    rows.append(("Unit", "days; a month is 30.4375 days"))
    return RuleCard(tuple(rows))
