"""`Cohort`: the frozen bundle of a study's clinical tables, one polars frame each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embogen.cohort.schema import Variable


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Clinical tables, validated against the registry; dates are `pl.Date`, ids are `pl.String`.

    Parameters
    ----------
    patients
        One row per patient, key `patient_id`.
    procedures, assessments, specimens
        Long tables with a `patient_id` column, or None when the study has none.
    registry
        Every variable of every table, by ``table.column``.
    """

    patients: pl.DataFrame
    procedures: pl.DataFrame | None = None
    assessments: pl.DataFrame | None = None
    specimens: pl.DataFrame | None = None
    registry: Mapping[str, Variable] = field(default_factory=dict)

    @property
    def patient_ids(self) -> tuple[str, ...]:
        """Patient ids in the order of the patients table."""
        return tuple(self.patients["patient_id"].to_list())
