"""The rules of a dated endpoint: every choice, with what contradicts what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from embogen.endpoint.recist import Thresholds

EVENTS: Final = ("hepatic_progression", "extrahepatic_progression", "death")
_PROGRESSIONS: Final[dict[tuple[str, ...], str]] = {
    ("hepatic_progression",): "hepatic progression",
    ("extrahepatic_progression",): "extrahepatic progression",
}
THRESHOLDS: Final = {
    "recist_1_1": Thresholds(30.0, 20.0, 5.0),
    "mrecist": Thresholds(30.0, 20.0, 0.0),
    # the volumes of a sphere whose diameter falls by 30% and grows by 20%
    "liver_volume": Thresholds(65.0, 73.0, 0.0),
}
"""Thresholds of the criteria that are measured, where the plan gives none."""


@dataclass(frozen=True, slots=True)
class MeasuredRules:
    """How a measured criterion judges the liver; of no meaning for the investigator's call.

    Parameters
    ----------
    thresholds
        Of response and progression.
    max_targets, min_target_mm, baseline_window_days
        As in `embogen.endpoint.recist.judge_lesions`.
    """

    thresholds: Thresholds = THRESHOLDS["recist_1_1"]
    max_targets: int = 2
    min_target_mm: float = 10.0
    baseline_window_days: float | None = None


@dataclass(frozen=True, slots=True)
class CourseRules:
    """Which sessions are one course of treatment.

    Parameters
    ----------
    by
        ``within_days``: an embolization within `days` of the session before; ``planned_staged``:
        any session marked so in the procedures table; ``course``: sessions with the value of the
        first embolization in the column `course`.
    days
        For ``within_days``.
    """

    by: Literal["within_days", "planned_staged", "course"] = "within_days"
    days: float = 60.0


@dataclass(frozen=True, slots=True)
class HpfsRules:
    """Choices of the endpoint; the plan spells each one.

    Parameters
    ----------
    origin
        ``first_embolization``: date of the first procedure that is an embolization;
        ``first_procedure``: of the first procedure of any modality; ``end_of_first_course``: of
        the last session of the course that the first embolization opens; ``biopsy``: of the
        specimen that decides the genotype.
    events
        Subset of ``hepatic_progression``, ``extrahepatic_progression``, ``death``.
    censor
        ``last_liver_assessment``, or ``last_contact``.
    entry
        ``origin`` or ``specimen_date`` (left truncation at the qualifying specimen).
    specimen_window_days
        Only specimens within this many days of the start of treatment, before or after, qualify;
        None takes specimens of any date.
    death
        What a death is that `events` does not hold: ``competing`` (an event of its own, code 2,
        after which there is no risk of progression left) or ``censor``. ``event`` says that
        `events` holds it. None is told from `events`: an event where it holds death, else
        ``censor``.
    extrahepatic
        The same of extrahepatic progression: ``event``, ``compete``, ``censor`` or ``ignore``.
    subsequent_therapy
        Liver-directed treatment after the first course: ``ignore``, ``censor`` or ``event``.
    course
        Which sessions are the first course.
    criterion
        Whose judgement of the liver counts: ``investigator`` (the assessments table),
        ``recist_1_1`` and ``mrecist`` (the lesions table), ``liver_volume``.
    measured
        For the criteria that are measured.
    event_date
        Date of a progression: of the ``scan``; the ``midpoint`` between it and the last scan
        without one; or ``interval``: of the scan, with the bounds kept beside.
    missed_scans
        ``carry``: an event counts however many scans were missed before it. ``censor``: after
        `missed_scans_after` missed scans or more an event is not counted, and the patient is
        censored at the last liver assessment before the gap.
    missed_scans_after, schedule_days
        How many missed scans are too many, and the days between planned scans.
    confirmation_days
        A response counts as best response only when a later scan, this many days on or more,
        confirms it; None asks for no confirmation.

    Raises
    ------
    ValueError
        When `events` is empty or holds an unknown word, or another choice contradicts it.
    """

    origin: Literal["first_embolization", "first_procedure", "end_of_first_course", "biopsy"] = (
        "first_embolization"
    )
    events: tuple[str, ...] = ("hepatic_progression", "death")
    censor: Literal["last_liver_assessment", "last_contact"] = "last_liver_assessment"
    entry: Literal["origin", "specimen_date"] = "origin"
    specimen_window_days: float | None = None
    death: Literal["event", "competing", "censor"] | None = None
    extrahepatic: Literal["event", "compete", "censor", "ignore"] | None = None
    subsequent_therapy: Literal["ignore", "censor", "event"] = "ignore"
    course: CourseRules = CourseRules()
    criterion: Literal["investigator", "recist_1_1", "mrecist", "liver_volume"] = "investigator"
    measured: MeasuredRules = MeasuredRules()
    event_date: Literal["scan", "midpoint", "interval"] = "scan"
    missed_scans: Literal["carry", "censor"] = "carry"
    missed_scans_after: int = 2
    schedule_days: float | None = None
    confirmation_days: float | None = None

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))

    def _problems(self) -> Iterator[str]:
        unknown = [event for event in self.events if event not in EVENTS]
        if unknown or not self.events:
            yield f"events {list(self.events)}: a subset of {', '.join(EVENTS)} was expected"
        if self.death is not None and (self.death == "event") != ("death" in self.events):
            yield f'death="{self.death}" contradicts events {list(self.events)}'
        counted = "extrahepatic_progression" in self.events
        if self.extrahepatic is not None and (self.extrahepatic == "event") != counted:
            yield f'extrahepatic="{self.extrahepatic}" contradicts events {list(self.events)}'
        if self.missed_scans == "censor" and self.schedule_days is None:
            yield 'missed_scans="censor" needs schedule_days'

    @property
    def of_progression(self) -> bool:
        """Whether any progression decides, so that scans are needed."""
        return self.events != ("death",) or self.extrahepatic in {"compete", "censor"}

    @property
    def needs_scans(self) -> bool:
        """Whether the endpoint rests on the assessments at all."""
        return self.of_progression or self.censor == "last_liver_assessment"

    @property
    def competing(self) -> tuple[str, ...]:
        """What competes with the event, in words."""
        found = ["death"] if self.death == "competing" else []
        return (*found, "extrahepatic progression") if self._extrahepatic_competes else (*found,)

    @property
    def _extrahepatic_competes(self) -> bool:
        return self.extrahepatic == "compete"

    @property
    def causes(self) -> tuple[str, ...]:
        """Names of the event codes: ``("event",)``, or progression and what it competes with.

        Several events that compete are one cause: what ends the risk before the event.

        Examples
        --------
        >>> HpfsRules(events=("hepatic_progression",), death="competing").causes
        ('hepatic progression', 'death')
        >>> HpfsRules(extrahepatic="compete").causes
        ('event', 'extrahepatic progression')
        """
        if not self.competing:
            return ("event",)
        event = "event" if "death" in self.events else "progression"
        return (_PROGRESSIONS.get(self.events, event), " or ".join(self.competing))
