"""Patients, procedures and assessments of synthetic courses, as tables."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embogen.simulate.courses import Course

_KI67: Final = {1: (0.4, 2.9), 2: (3.0, 19.0), 3: (21.0, 55.0)}
_SHARE_EXTRAHEPATIC: Final = {1: 0.3, 2: 0.4, 3: 0.6}
_EMBOLICS: Final = (
    ("trisacryl gelatin microspheres", (300, 500, 700)),
    ("polyvinyl alcohol particles", (180, 300, 500)),
    ("hydrogel microspheres", (100, 250, 400)),
)
_TERRITORIES: Final = ("right hepatic artery", "left hepatic artery", "proper hepatic artery")
_SESSION_GAP: Final = (21, 45)
_MOST_SESSIONS: Final = 3
_SHARE_EXTRAHEPATIC_PROGRESSION: Final = 0.25
_SHARE_UNREADABLE: Final = 0.06
_LATER_SCAN: Final = 20
_SHARE_UNREAD_LAST: Final = 0.4
_SHARE_ABLATED: Final = 0.08


def patients(
    courses: list[Course],
    sites: list[str],
    ages: list[int],
    men: NDArray[np.bool_],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Make the patients table.

    Parameters
    ----------
    courses
        One per patient.
    sites, ages, men
        Primary site, age in years and whether a man, in the order of `courses`.
    rng
        Random numbers.
    """
    rows = []
    for course, site, age, man in zip(courses, sites, ages, men, strict=True):
        tumor = float(np.exp(rng.normal(5.2 + 0.25 * course.grade, 0.8)))
        liver = 1450 + 0.8 * tumor + float(rng.normal(0, 160))
        low, high = _KI67[course.grade]
        rows.append(
            {
                "patient_id": course.patient_id,
                "sex": "male" if man else "female",
                "age_years": str(age),
                "primary_site": site,
                "histology": "neuroendocrine tumor",
                "who_grade": str(course.grade),
                "ki67_percent": f"{rng.uniform(low, high):.1f}",
                "functional": _yes(rng.random() < 0.35),  # noqa: PLR2004 - a third secrete
                "extrahepatic_disease": _yes(rng.random() < _SHARE_EXTRAHEPATIC[course.grade]),
                "tumor_volume_ml": f"{min(tumor, 0.7 * liver):.0f}",
                "liver_volume_ml": f"{liver:.0f}",
                "prior_systemic_therapy": _yes(rng.random() < 0.6),  # noqa: PLR2004 - most had some
                "death_date": None
                if course.death_day is None
                else course.date(course.death_day).isoformat(),
                "last_contact_date": course.date(course.contact_day).isoformat(),
            }
        )
    return pl.DataFrame(rows, schema_overrides={"death_date": pl.String})


def procedures(courses: list[Course], rng: np.random.Generator) -> pl.DataFrame:
    """Make the procedures table: one to three embolizations, few patients ablated before."""
    rows: list[dict[str, str | None]] = []
    for course in courses:
        number = 0
        if rng.random() < _SHARE_ABLATED:
            number += 1
            rows.append(_procedure(course, number, -int(rng.integers(200, 900)), "ablation"))
        day = 0
        name, sizes = _EMBOLICS[int(rng.choice(len(_EMBOLICS), p=(0.6, 0.25, 0.15)))]
        size = int(rng.choice(sizes))
        whole_liver = rng.random() < 0.2  # noqa: PLR2004 - a fifth were treated in one session
        sessions = 1 if whole_liver else int(rng.integers(1, _MOST_SESSIONS + 1))
        for session in range(1, sessions + 1):
            if session > 1 and day >= course.days - 1:
                break
            number += 1
            territory = _TERRITORIES[2 if whole_liver else (session - 1) % 2]
            row = _procedure(course, number, day, "bland embolization")
            row |= {
                "embolic": name,
                "particle_size_um": str(size),
                "territory": territory,
                "session": str(session),
                "end_point": "stasis" if rng.random() < 0.75 else "near stasis",  # noqa: PLR2004 - usual
                "technical_success": "yes",
            }
            rows.append(row)
            day += int(rng.integers(*_SESSION_GAP))
    return pl.DataFrame(rows, infer_schema_length=None)


def _procedure(course: Course, number: int, day: int, modality: str) -> dict[str, str | None]:
    return {
        "procedure_id": f"{course.patient_id}-P{number}",
        "patient_id": course.patient_id,
        "date": course.date(day).isoformat(),
        "modality": modality,
        "embolic": None,
        "particle_size_um": None,
        "territory": None,
        "session": None,
        "end_point": None,
        "technical_success": "yes",
    }


def assessments(courses: list[Course], rng: np.random.Generator) -> pl.DataFrame:
    """Make the assessments table; its derived endpoint is the course's outcome.

    Before the embolization the liver progresses, which is why it was embolized. Disease outside
    the liver may progress at any time, and the liver of few censored patients could not be judged
    at a later scan.
    """
    rows = []
    for course in courses:
        findings = [(-int(rng.integers(7, 35)), "progression", _elsewhere(rng, early=True))]
        spread = rng.random() < _SHARE_EXTRAHEPATIC_PROGRESSION
        from_scan = int(rng.integers(len(course.scans))) if spread else len(course.scans)
        for place, day in enumerate(course.scans):
            decides = course.end == "progression" and day == course.days
            liver = "progression" if decides else _response(place, rng)
            elsewhere = "progression" if place >= from_scan else _elsewhere(rng, early=False)
            findings.append((day, liver, elsewhere))
        unread = course.contact_day - course.days
        if course.end == "censored" and unread > _LATER_SCAN and rng.random() < _SHARE_UNREAD_LAST:
            day = course.days + int(rng.integers(_LATER_SCAN, unread + 1))
            findings.append((day, "not evaluable", "stable disease"))
        for number, (day, liver, elsewhere) in enumerate(findings, 1):
            rows.append(
                {
                    "assessment_id": f"{course.patient_id}-A{number}",
                    "patient_id": course.patient_id,
                    "date": course.date(day).isoformat(),
                    "imaging": "MRI" if rng.random() < 0.55 else "CT",  # noqa: PLR2004 - about half
                    "hepatic_status": liver,
                    "extrahepatic_status": elsewhere,
                }
            )
    return pl.DataFrame(rows)


def _response(place: int, rng: np.random.Generator) -> str:
    partial = 0.5 if place < 2 else 0.25  # noqa: PLR2004 - responses come early
    return "partial response" if rng.random() < partial else "stable disease"


def _elsewhere(rng: np.random.Generator, *, early: bool) -> str:
    if early:
        return "stable disease"
    return "not evaluable" if rng.random() < _SHARE_UNREADABLE else "stable disease"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
