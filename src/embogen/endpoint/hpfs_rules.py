"""The rules of a dated endpoint: the choices, and their words in the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from embogen.endpoint.model import RuleCard
from embogen.units import days_to_months

EVENTS: Final = ("hepatic_progression", "extrahepatic_progression", "death")
_PROGRESSIONS: Final[dict[tuple[str, ...], str]] = {
    ("hepatic_progression",): "hepatic progression",
    ("extrahepatic_progression",): "extrahepatic progression",
}
_EVENT_WORDS = {
    "hepatic_progression": "progression in the liver",
    "extrahepatic_progression": "progression outside the liver",
    "death": "death from any cause",
}


@dataclass(frozen=True, slots=True)
class HpfsRules:
    """Choices of the endpoint; the plan spells each one.

    Parameters
    ----------
    origin
        ``first_embolization``: date of the first procedure that is an embolization.
    events
        Subset of ``hepatic_progression``, ``extrahepatic_progression``, ``death``.
    censor
        ``last_liver_assessment``, or ``last_contact``.
    entry
        ``origin`` or ``specimen_date`` (left truncation at the qualifying specimen).
    specimen_window_days
        Only specimens within this many days of the origin, before or after, qualify for entry;
        None takes specimens of any date.
    death
        What a death is that `events` does not hold: ``competing`` (an event of its own, code 2,
        after which there is no risk of progression left) or ``censor``. ``event`` says that
        `events` holds it. None is told from `events`: an event where it holds death, else
        ``censor``.

    Raises
    ------
    ValueError
        When `events` is empty or holds an unknown word, or `death` contradicts it.
    """

    origin: Literal["first_embolization"] = "first_embolization"
    events: tuple[str, ...] = ("hepatic_progression", "death")
    censor: Literal["last_liver_assessment", "last_contact"] = "last_liver_assessment"
    entry: Literal["origin", "specimen_date"] = "origin"
    specimen_window_days: float | None = None
    death: Literal["event", "competing", "censor"] | None = None

    def __post_init__(self) -> None:
        unknown = [event for event in self.events if event not in EVENTS]
        if unknown or not self.events:
            msg = f"events {list(self.events)}: a subset of {', '.join(EVENTS)} was expected"
            raise ValueError(msg)
        if self.death is not None and (self.death == "event") != ("death" in self.events):
            msg = f'death="{self.death}" contradicts events {list(self.events)}'
            raise ValueError(msg)

    @property
    def causes(self) -> tuple[str, ...]:
        """Names of the event codes: ``("event",)``, or progression and the death it competes with.

        Examples
        --------
        >>> HpfsRules(events=("hepatic_progression",), death="competing").causes
        ('hepatic progression', 'death')
        """
        if self.death != "competing":
            return ("event",)
        return (_PROGRESSIONS.get(self.events, "progression"), "death")


def rule_card(
    events: Sequence[str],
    censor: str,
    entry: str,
    window_days: float | None,
    *,
    death_competes: bool = False,
) -> RuleCard:
    """Write every choice of a dated endpoint as (choice, value).

    Examples
    --------
    >>> card = rule_card(("hepatic_progression", "death"), "last_liver_assessment", "origin", None)
    >>> dict(card.rows)["Event"]
    'progression in the liver or death from any cause, whichever comes first'
    """
    counted = [words for event, words in _EVENT_WORDS.items() if event in events]
    ignored = [
        words
        for event, words in _EVENT_WORDS.items()
        if event not in events and not (event == "death" and death_competes)
    ]
    event = " or ".join(counted) + (", whichever comes first" if len(counted) > 1 else "")
    rows = [
        ("Time origin", "date of the first embolization"),
        ("Event", event),
        *([("Competing event", _EVENT_WORDS["death"])] if death_competes else []),
        ("Not an event", " and ".join(ignored) or "nothing"),
        ("Event date", "date of the scan that showed progression, or of death"),
        ("Criterion", "status recorded in the assessments table"),
    ]
    if "death" in events:
        rows.append(("Death long after the last scan", "an event at the date of death"))
    elif death_competes:
        text = "ends the risk of the event at its date; it is neither the event nor a censoring"
        rows.append(("Death before the event", text))
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
