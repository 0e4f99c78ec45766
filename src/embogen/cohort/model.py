"""`Cohort`: the frozen bundle of a study's clinical tables, one polars frame each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from embogen.cohort.flow import FlowStep
from embogen.cohort.schema import Variable

SOURCE_ROW: Final = "source_row"
"""Column of every table: the row of the file, as a spreadsheet numbers it."""


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Clinical tables, validated against the registry; dates are `pl.Date`, ids are `pl.String`.

    Flags are `pl.Boolean`, numbers `pl.Float64`, integers `pl.Int64`; categories, text and
    undeclared columns are `pl.String`. An empty cell is null. A column the file does not have is
    not in the frame.

    Parameters
    ----------
    patients
        One row per patient, key `patient_id`.
    procedures, assessments, specimens, lesions
        Long tables with a `patient_id` column, or None when the study has none.
    registry
        Every variable of every table, by ``table.column``.
    files
        Table name to its file, as the study names it.
    headers
        ``table.column`` to the header in the file, for messages.
    undeclared
        Table name to its columns that neither the registry nor the plan declares; kept as text.
    steps
        Patients left out while reading, by a row filter of the plan.
    set_aside
        Table name to the keys of rows a filter left out: known, but not in the study.
    timeline
        Events in days (columns of `cohort.timeline`), or None when the study has none.
    """

    patients: pl.DataFrame
    procedures: pl.DataFrame | None = None
    assessments: pl.DataFrame | None = None
    specimens: pl.DataFrame | None = None
    registry: Mapping[str, Variable] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    undeclared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    steps: tuple[FlowStep, ...] = ()
    set_aside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    timeline: pl.DataFrame | None = None
    lesions: pl.DataFrame | None = None

    @property
    def patient_ids(self) -> tuple[str, ...]:
        """Patient ids in the order of the patients table."""
        return tuple(self.patients["patient_id"].to_list())

    def table(self, name: str) -> pl.DataFrame | None:
        """Return a table by name, or None when the study has none.

        Raises
        ------
        KeyError
            When there is no such kind of table.
        """
        tables = {
            "patients": self.patients,
            "procedures": self.procedures,
            "assessments": self.assessments,
            "specimens": self.specimens,
            "lesions": self.lesions,
        }
        return tables[name]

    def file(self, table: str) -> str:
        """Return the file of a table as the study names it."""
        return self.files.get(table, table)
