"""The course of each synthetic patient: dates of everything that happened."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embogen.simulate.outcome import Outcome

_FIRST_DAY: Final = dt.date(2009, 1, 5)
_ENROLMENT_WEEKS: Final = 300
_SCAN_INTERVAL: Final = 91
_WINDOW_DAYS: Final = 182
_SHARE_DEATHS: Final = 0.14
_SHARE_LATER_DEATHS: Final = 0.45
_LATE_BIOPSY_MARGIN: Final = 12
SHARE_LATE: Final = 0.22
"""Share of biopsies taken after embolization where they are drawn."""


@dataclass(frozen=True, slots=True)
class Course:
    """One patient's dates and findings.

    Parameters
    ----------
    patient_id
        SYN-001, ...
    origin
        Date of the first embolization.
    days
        Days to the event or the last liver assessment.
    end
        How follow-up for the endpoint ends: ``progression``, ``death`` or ``censored``.
    scans
        Days of the assessments after the origin, the deciding one included where there is one.
    specimen_day
        Day of the biopsy that counts.
    death_day, contact_day
        Days of death and of last contact.
    grade
        WHO grade.
    altered
        Genes altered.
    """

    patient_id: str
    origin: dt.date
    days: int
    end: str
    scans: tuple[int, ...]
    specimen_day: int
    death_day: int | None
    contact_day: int
    grade: int
    altered: frozenset[str]

    def date(self, day: int) -> dt.date:
        """Return the date of a day counted from the origin."""
        return self.origin + dt.timedelta(days=day)


def draw_courses(outcome: Outcome, rng: np.random.Generator) -> list[Course]:
    """Draw the course of every patient, ids in the order of the rows.

    Parameters
    ----------
    outcome
        What each course must lead to.
    rng
        Random numbers.
    """
    n = outcome.n
    specimen_days = outcome.specimen_days
    if specimen_days is None:
        specimen_days = draw_specimen_days(outcome.days, rng)
    width = max(3, len(str(n)))
    courses = []
    for row in range(n):
        days = int(outcome.days[row])
        end = "censored"
        if outcome.event[row]:
            end = (
                "death" if rng.random() < _SHARE_DEATHS and days > _SCAN_INTERVAL else "progression"
            )
        death, contact = _afterwards(days, end, rng)
        week, weekday = int(rng.integers(_ENROLMENT_WEEKS)), int(rng.integers(5))
        courses.append(
            Course(
                patient_id=f"SYN-{row + 1:0{width}d}",
                origin=_FIRST_DAY + dt.timedelta(days=7 * week + weekday),
                days=days,
                end=end,
                scans=_scans(days, end, rng),
                specimen_day=int(specimen_days[row]),
                death_day=death,
                contact_day=contact,
                grade=int(outcome.grade[row]),
                altered=frozenset(gene for gene, who in outcome.altered.items() if who[row]),
            )
        )
    return courses


def draw_specimen_days(days: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw when biopsies were taken: most at embolization, the others within 6 months of it.

    A biopsy after embolization is taken while the patient is still followed, as all biopsies of
    patients under observation are.
    """
    drawn = np.zeros(len(days), dtype=np.int64)
    for row, last in enumerate(days):
        kind = rng.random()
        if kind < SHARE_LATE and last > 3 * _LATE_BIOPSY_MARGIN:
            drawn[row] = rng.integers(
                _LATE_BIOPSY_MARGIN, min(_WINDOW_DAYS, last - _LATE_BIOPSY_MARGIN)
            )
        elif kind < 2 * SHARE_LATE:
            drawn[row] = -rng.integers(3, 150)
    return drawn


def _scans(days: int, end: str, rng: np.random.Generator) -> tuple[int, ...]:
    """Place roughly three-monthly assessments; the last decides, unless death does."""
    last = days if end != "death" else days - int(rng.integers(10, 75))
    count = max(1, round(last / _SCAN_INTERVAL))
    even = np.linspace(0, last, count + 1)[1:]
    moved = np.rint(even + rng.uniform(-9, 9, count)).astype(int)
    moved[-1] = last
    return tuple(sorted({int(min(max(day, 1), last)) for day in moved}))


def _afterwards(days: int, end: str, rng: np.random.Generator) -> tuple[int | None, int]:
    """Draw death and last contact after the endpoint; whoever is censored is alive."""
    if end == "death":
        return days, days
    contact = days + int(rng.integers(0, 90))
    if end == "progression":
        contact = days + int(rng.integers(30, 700))
        if rng.random() < _SHARE_LATER_DEATHS:
            return contact, contact
    return None, contact
