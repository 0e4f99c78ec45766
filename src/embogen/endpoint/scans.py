"""The liver's status on each scan, as the criterion of an endpoint judges it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from embogen.cohort.model import SOURCE_ROW
from embogen.endpoint.liver_volume import judge_volumes
from embogen.endpoint.recist import JudgedScan, LesionReading, judge_lesions

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort
    from embogen.endpoint.hpfs_rules import HpfsRules, MeasuredRules


@dataclass(frozen=True, slots=True)
class Scan:
    """One assessment.

    Parameters
    ----------
    date
        Of the scan.
    liver, elsewhere
        Status of the liver, by the criterion, and outside it, as recorded.
    table, rows
        The table and the rows the liver's status was read from.
    note
        What a measured status rests on.
    """

    date: dt.date
    liver: str | None
    elsewhere: str | None
    table: str
    rows: tuple[int, ...]
    note: str = ""

    @property
    def liver_evaluable(self) -> bool:
        """Whether the liver could be judged."""
        return self.liver is not None and self.liver != "not evaluable"

    @property
    def elsewhere_evaluable(self) -> bool:
        """Whether disease outside the liver could be judged."""
        return self.elsewhere is not None and self.elsewhere != "not evaluable"

    @property
    def place(self) -> str:
        """Table and rows in words: ``assessments row 3``.

        Examples
        --------
        >>> Scan(dt.date(2020, 1, 1), None, None, "lesions", (3, 4)).place
        'lesions rows 3, 4'
        """
        rows = ", ".join(str(row) for row in self.rows)
        return f"{self.table} row{'s' if len(self.rows) > 1 else ''} {rows}"


@dataclass(frozen=True, slots=True, eq=False)
class Imaging:
    """What imaging tells of each patient.

    Parameters
    ----------
    scans
        Patient id to the scans, in order of their dates; scans before the origin are among them.
    baselines
        For a measured criterion: patient id to the scan changes are measured from.
    """

    scans: Mapping[str, tuple[Scan, ...]]
    baselines: Mapping[str, Scan] = field(default_factory=dict)


def imaging_of(cohort: Cohort, rules: HpfsRules, anchors: Mapping[str, dt.date]) -> Imaging:
    """Judge every scan of every patient by the criterion of the rules.

    Parameters
    ----------
    cohort
        With assessments; with lesions for RECIST.
    rules
        Criterion and thresholds.
    anchors
        Patient id to the start of treatment, at or before which the baseline lies.

    Returns
    -------
    Imaging
        A scan for every row of the assessments, and where the criterion is measured one for every
        date with lesions; disease outside the liver is as the assessments record it.
    """
    recorded = _recorded(cohort)
    if rules.criterion == "investigator":
        return Imaging({patient: tuple(scans) for patient, scans in recorded.items()})
    if rules.criterion == "liver_volume":
        table, judged = "assessments", _by_volume(cohort, rules.measured, anchors)
    else:
        column = "enhancing_mm" if rules.criterion == "mrecist" else "diameter_mm"
        table, judged = "lesions", judged_lesions(cohort, rules.measured, anchors, column=column)
    scans, baselines = {}, {}
    for patient in sorted({*recorded, *judged}):
        items = judged.get(patient, ())
        scans[patient] = _merged(recorded.get(patient, ()), items, table)
        if items:
            first = items[0]
            words = f"{first.reason}, {first.value:g}" if first.value is not None else first.reason
            baselines[patient] = Scan(first.date, None, None, table, first.rows, words)
    return Imaging(scans, baselines)


def _recorded(cohort: Cohort) -> dict[str, list[Scan]]:
    """Return every dated row of the assessments table."""
    table = cohort.assessments
    if table is None:
        return {}
    columns = [
        pl.col(name) if name in table.columns else pl.lit(None, pl.String).alias(name)
        for name in ("hepatic_status", "extrahepatic_status")
    ]
    row = pl.col(SOURCE_ROW) if SOURCE_ROW in table.columns else pl.row_index(SOURCE_ROW)
    rows = table.select("patient_id", "date", row, *columns).filter(pl.col("date").is_not_null())
    found: dict[str, list[Scan]] = {}
    for patient, date, at, liver, elsewhere in rows.sort("date", SOURCE_ROW).iter_rows():
        found.setdefault(patient, []).append(Scan(date, liver, elsewhere, "assessments", (at,)))
    return found


def _merged(recorded: Sequence[Scan], judged: Sequence[JudgedScan], table: str) -> tuple[Scan, ...]:
    """Put the judged status of the liver beside what is recorded outside it, date by date."""
    elsewhere: dict[dt.date, list[Scan]] = {}
    for scan in recorded:
        elsewhere.setdefault(scan.date, []).append(scan)
    found = []
    for item in judged[1:]:
        told = [scan.elsewhere for scan in elsewhere.pop(item.date, [])]
        worst = "progression" if "progression" in told else next(filter(None, told), None)
        found.append(Scan(item.date, item.status, worst, table, item.rows, item.reason))
    for scans in elsewhere.values():  # without a measurement the liver cannot be judged
        found += [Scan(s.date, None, s.elsewhere, s.table, s.rows) for s in scans]
    return tuple(sorted(found, key=lambda scan: (scan.date, scan.rows)))


def liver_readings(
    cohort: Cohort, column: str = "diameter_mm"
) -> dict[str, dict[dt.date, list[LesionReading]]]:
    """Return the readings of lesions of the liver, by patient and date."""
    table = cohort.lesions
    if table is None:
        return {}
    kinds = {
        "organ": pl.String,
        "status": pl.String,
        "axis": pl.String,
        column: pl.Float64,
    }
    columns = [
        pl.col(name) if name in table.columns else pl.lit(None, kind).alias(name)
        for name, kind in kinds.items()
    ]
    row = pl.col(SOURCE_ROW) if SOURCE_ROW in table.columns else pl.row_index(SOURCE_ROW)
    rows = table.select("patient_id", "date", row, "lesion", "kind", *columns)
    organ = pl.col("organ").str.strip_chars().str.to_lowercase()
    rows = rows.filter(pl.col("date").is_not_null() & organ.is_in(["liver"]).fill_null(value=True))
    found: dict[str, dict[dt.date, list[LesionReading]]] = {}
    for patient, date, at, lesion, kind, _, status, axis, size in rows.sort(
        "date", "lesion"
    ).iter_rows():
        reading = LesionReading(lesion, kind, size, status, axis == "short", at)
        found.setdefault(patient, {}).setdefault(date, []).append(reading)
    return found


def judged_lesions(
    cohort: Cohort, rules: MeasuredRules, anchors: Mapping[str, dt.date], *, column: str
) -> dict[str, tuple[JudgedScan, ...]]:
    """Judge the lesions of every patient whose treatment has a start."""
    return {
        patient: judge_lesions(
            scans,
            anchors[patient],
            rules.thresholds,
            max_targets=rules.max_targets,
            min_target_mm=rules.min_target_mm,
            window_days=rules.baseline_window_days,
        )
        for patient, scans in liver_readings(cohort, column).items()
        if patient in anchors
    }


def _by_volume(
    cohort: Cohort, rules: MeasuredRules, anchors: Mapping[str, dt.date]
) -> dict[str, tuple[JudgedScan, ...]]:
    table = cohort.assessments
    column = "hepatic_tumor_volume_ml"
    if table is None or column not in table.columns:
        return {}
    row = pl.col(SOURCE_ROW) if SOURCE_ROW in table.columns else pl.row_index(SOURCE_ROW)
    rows = table.select("patient_id", "date", row, column).filter(pl.col("date").is_not_null())
    found: dict[str, dict[dt.date, tuple[float, int]]] = {}
    for patient, date, at, volume in rows.sort("date", SOURCE_ROW).iter_rows():
        if volume is not None:
            found.setdefault(patient, {}).setdefault(date, (volume, at))
    return {
        patient: judge_volumes(
            volumes,
            anchors[patient],
            rules.thresholds,
            window_days=rules.baseline_window_days,
        )
        for patient, volumes in found.items()
        if patient in anchors
    }
