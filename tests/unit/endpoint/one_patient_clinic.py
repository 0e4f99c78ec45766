"""A clinic of one patient, dates in days from 2020-01-01, and what is derived from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from embogen.cohort.model import Cohort
from embogen.endpoint.hpfs import derive_hpfs
from embogen.endpoint.hpfs_rules import HpfsRules
from embogen.endpoint.model import DerivedEndpoint

ORIGIN = dt.date(2020, 1, 1)
SD, PD, NE, PR = "stable disease", "progression", "not evaluable", "partial response"
Scan = tuple[int, str | None, str | None]
Session = tuple[int, str] | tuple[int, str, bool | None, str | None]


def day(n: int) -> dt.date:
    return ORIGIN + dt.timedelta(days=n)


def clinic(
    scans: Sequence[Scan] = (),
    *,
    sessions: Sequence[Session] = ((0, "TACE"),),
    death: int | None = None,
    contact: int | None = None,
    specimen: int | None = None,
    volumes: Sequence[float | None] | None = None,
    lesions: Sequence[tuple[int, str, str, float | None]] | None = None,
) -> Cohort:
    """Build a cohort of one patient P, dates in days from 2020-01-01."""
    patients = pl.DataFrame(
        {"patient_id": ["P"], "source_row": [2]},
    ).with_columns(
        pl.Series("death_date", [None if death is None else day(death)], pl.Date),
        pl.Series("last_contact_date", [None if contact is None else day(contact)], pl.Date),
    )
    text = pl.String
    assessments = pl.DataFrame(
        {
            "patient_id": ["P"] * len(scans),
            "date": [day(d) for d, _, _ in scans],
            "hepatic_status": [liver for _, liver, _ in scans],
            "extrahepatic_status": [other for _, _, other in scans],
            "source_row": range(2, 2 + len(scans)),
        },
        schema={
            "patient_id": text,
            "date": pl.Date,
            "hepatic_status": text,
            "extrahepatic_status": text,
            "source_row": pl.Int64,
        },
    )
    if volumes is not None:
        assessments = assessments.with_columns(
            pl.Series("hepatic_tumor_volume_ml", volumes, pl.Float64)
        )
    specimens = None
    if specimen is not None:
        specimens = pl.DataFrame(
            {"specimen_id": ["S"], "patient_id": ["P"], "date": [day(specimen)]}
        )
    measured = None if lesions is None else _lesions(lesions)
    return Cohort(patients, _procedures(sessions), assessments, specimens, lesions=measured)


def _lesions(rows: Sequence[tuple[int, str, str, float | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "patient_id": ["P"] * len(rows),
            "date": [day(d) for d, _, _, _ in rows],
            "lesion": [name for _, name, _, _ in rows],
            "kind": [kind for _, _, kind, _ in rows],
            "diameter_mm": [size for _, _, _, size in rows],
            "enhancing_mm": [None if size is None else size / 2 for _, _, _, size in rows],
            "source_row": range(2, 2 + len(rows)),
        }
    )


def _procedures(sessions: Sequence[Session]) -> pl.DataFrame:
    full = [(*item, None, None)[:4] for item in sessions]
    return pl.DataFrame(
        {
            "patient_id": ["P"] * len(full),
            "date": [day(item[0]) for item in full],
            "modality": [item[1] for item in full],
            "planned_staged": pl.Series([item[2] for item in full], dtype=pl.Boolean),
            "course": pl.Series([item[3] for item in full], dtype=pl.String),
            "source_row": range(2, 2 + len(full)),
        }
    )


def derive(cohort: Cohort, **choices: object) -> DerivedEndpoint:
    rules = HpfsRules(**choices)  # type: ignore[arg-type]
    return derive_hpfs(cohort, rules, name="e", label="E")


def outcome(cohort: Cohort, **choices: object) -> tuple[float, int]:
    """Return time and event of the one patient."""
    (trace,) = derive(cohort, **choices).traces
    return trace.time, trace.event


FOUR = (
    (-20, "ablation"),
    (0, "TACE", None, "1"),
    (30, "TACE", True, "1"),
    (85, "TACE", True, "2"),
    (300, "resection", None, None),
)

LESIONS = (
    (-10, "a", "target", 40.0),
    (90, "a", "target", 20.0),
    (180, "a", "target", 24.0),
    (270, "a", "target", 26.0),
)
