"""Compact cohorts as CSV: rank, event and covariates of each patient, marked SYNTHETIC."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from embogen.errors import DataError, DataProblem
from embogen.evidence.reconstruct import CompactCohort

SYNTHETIC: Final = (
    "SYNTHETIC: no row is a real patient. The cohort fits a printed table and is one of many that "
    "would."
)
_FIXED: Final = ("rank", "event")


def write_compact(path: Path, cohort: CompactCohort, *, source: str = "") -> None:
    """Write a compact cohort; the first lines are comments that say what it is."""
    out = io.StringIO()
    out.write(f"# {SYNTHETIC}\n")
    if source:
        out.write(f"# Printed in: {' '.join(source.split())}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_FIXED, *cohort.covariates])
    for row in range(cohort.n):
        values = [column[row] for column in cohort.covariates.values()]
        writer.writerow([row + 1, int(cohort.event[row]), *(f"{value:g}" for value in values)])
    path.write_text(out.getvalue(), encoding="utf-8", newline="\n")


def read_compact(path: Path) -> CompactCohort:
    """Read a compact cohort as `write_compact` wrote it.

    Raises
    ------
    DataError
        When ranks are not 1, 2, 3, ..., events not 0 or 1, or a value is no number.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    start = sum(line.startswith("#") for line in lines)
    header, *rows = list(csv.reader(lines[start:])) or [[]]
    problems: list[DataProblem] = []
    if tuple(header[:2]) != _FIXED:
        remedy = "The columns are rank, event and one for each covariate."
        raise DataError([DataProblem(path.name, "does not begin with rank,event", remedy)])
    numbers = np.full((len(rows), len(header)), np.nan)
    for place, row in enumerate(rows):
        for column, cell in enumerate(row[: len(header)]):
            with suppress(ValueError):  # what is no number stays NaN and is reported below
                numbers[place, column] = float(cell)
        complete = len(row) == len(header) and bool(np.isfinite(numbers[place]).all())
        if not complete or numbers[place, 0] != place + 1 or numbers[place, 1] not in {0, 1}:
            message = f"is not rank {place + 1}, an event of 0 or 1 and {len(header) - 2} numbers"
            at = start + place + 2
            problems.append(DataProblem(path.name, message, "Correct the row.", row=at))
    if problems:
        raise DataError(problems)
    covariates = {name: numbers[:, 2 + place] for place, name in enumerate(header[2:])}
    return CompactCohort(numbers[:, 1].astype(np.bool_), covariates)
