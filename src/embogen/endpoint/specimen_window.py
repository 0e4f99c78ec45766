"""Which specimens may stand for the disease that was treated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.flow import Exclusion, FlowStep
from embogen.units import days_to_months

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort


@dataclass(frozen=True, slots=True, eq=False)
class SpecimenCheck:
    """Specimens within the window of each patient's origin.

    Parameters
    ----------
    specimen_ids
        Ids of all qualifying specimens (give them to `build_alterations` as ``use``).
    first
        Patient id to the date of the specimen that decides entry: the earliest qualifying one
        that was sequenced, or the earliest qualifying one where none was sequenced.
    step
        Flow step: patients without a qualifying specimen, each with the reason.
    caveats
        About specimens outside the window and specimens taken after the origin.
    """

    specimen_ids: frozenset[str]
    first: Mapping[str, dt.date]
    step: FlowStep
    caveats: tuple[Caveat, ...]


def check_specimen_window(
    cohort: Cohort, origins: Mapping[str, dt.date], window_days: float | None
) -> SpecimenCheck:
    """Find the specimens taken at the origin or within a window of it, before or after.

    A specimen qualifies when ``abs(date - origin) <= window_days``: "a biopsy at embolization or
    within 6 months of it" is 182.625 days to either side, the limit included.

    Parameters
    ----------
    cohort
        With a specimens table.
    origins
        Patient id to origin; a patient without one has no qualifying specimen.
    window_days
        Half-width of the window in days; None takes any dated specimen.

    Returns
    -------
    SpecimenCheck
        Which qualify, and who is left without.

    Notes
    -----
    For delayed entry the *earliest* qualifying specimen counts: from then on the patient's
    genotype was there to be known. A failed specimen tells no genotype, so it decides only where
    no qualifying specimen was sequenced.
    """
    patients = cohort.patient_ids
    rows = dated_specimens(cohort, origins)
    inside = pl.lit(value=True) if window_days is None else pl.col("days").abs() <= window_days
    rows = rows.with_columns((pl.col("days").is_not_null() & inside).alias("qualifies"))
    qualified = rows.filter("qualifies").sort("failed", "date")
    first = dict(
        qualified.unique("patient_id", keep="first", maintain_order=True)
        .sort("patient_id")
        .select("patient_id", "date")
        .iter_rows()
    )
    by_patient: dict[str, list[tuple[dt.date | None, float | None]]] = {}
    for patient, date, days in rows.select("patient_id", "date", "days").iter_rows():
        by_patient.setdefault(patient, []).append((date, days))
    excluded = tuple(
        Exclusion(
            patient, _why_none(origins.get(patient), by_patient.get(patient, []), window_days)
        )
        for patient in patients
        if patient not in first
    )
    label = "Had a specimen"
    if window_days is not None:
        label = f"Had a specimen within {_months(window_days)} of the origin"
    step = FlowStep(label, len(patients), len(patients) - len(excluded), excluded)
    ids = frozenset(qualified["specimen_id"].drop_nulls().to_list())
    return SpecimenCheck(ids, first, step, _caveats(rows, first, origins, window_days))


def _months(days: float) -> str:
    months = round(days_to_months(days), 6)
    return f"{months:g} months" if months != 1 else "1 month"


def dated_specimens(cohort: Cohort, origins: Mapping[str, dt.date]) -> pl.DataFrame:
    """Return the specimens with their days from the origin (null where one date is missing)."""
    table = cohort.specimens
    if table is None:
        schema = {
            "specimen_id": pl.String,
            "patient_id": pl.String,
            "date": pl.Date,
            "days": pl.Int64,
            "failed": pl.Boolean,
        }
        return pl.DataFrame(schema=schema)
    date = pl.col("date") if "date" in table.columns else pl.lit(None, pl.Date)
    failed = pl.lit(value=False)
    if "status" in table.columns:
        failed = (pl.col("status") == "failed").fill_null(value=False)
    start = pl.DataFrame(
        {"patient_id": list(origins), "origin": list(origins.values())},
        schema={"patient_id": pl.String, "origin": pl.Date},
    )
    rows = table.select("specimen_id", "patient_id", date.alias("date"), failed.alias("failed"))
    rows = rows.filter(pl.col("patient_id").is_in(list(cohort.patient_ids)))
    return rows.join(start, on="patient_id", how="left", maintain_order="left").with_columns(
        (pl.col("date") - pl.col("origin")).dt.total_days().alias("days")
    )


def _why_none(
    origin: dt.date | None,
    specimens: list[tuple[dt.date | None, float | None]] | None,
    window_days: float | None,
) -> str:
    """Say why a patient has no qualifying specimen."""
    if not specimens:
        return "no specimen"
    if origin is None:
        return "no embolization to relate the specimen to"
    known = [(abs(days), date) for date, days in specimens if date is not None and days is not None]
    if not known:
        return "the specimen has no date"
    days, date = min(known)
    where = "before" if date < origin else "after"
    limit = _months(window_days) if window_days is not None else ""
    return f"specimen of {date} is {days:g} days {where} the origin, more than {limit}"


def _caveats(
    rows: pl.DataFrame,
    first: Mapping[str, dt.date],
    origins: Mapping[str, dt.date],
    window_days: float | None,
) -> tuple[Caveat, ...]:
    caveats = []
    outside = rows.filter(pl.col("days").is_not_null() & ~pl.col("qualifies"))
    if not outside.is_empty() and window_days is not None:
        message = (
            f"{outside.height} of {rows.height} specimens were taken more than "
            f"{_months(window_days)} from the origin and do not speak for the disease treated."
        )
        evidence = {"outside": outside.height, "specimens": rows.height}
        caveats.append(Caveat("specimen_outside_window", message, evidence))
    late = [patient for patient, date in first.items() if date > origins[patient]]
    if late:
        median = sorted((first[patient] - origins[patient]).days for patient in late)[
            len(late) // 2
        ]
        message = (
            f"{len(late)} of {len(first)} patients had their specimen after the origin (median "
            f"{median} days): they were bound to survive until then. Delayed entry allows for it."
        )
        evidence = {"after_origin": len(late), "patients": len(first), "median_days": median}
        caveats.append(Caveat("specimen_after_origin", message, evidence))
    return tuple(caveats)
