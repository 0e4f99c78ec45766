"""The two specimens of a patient that an analysis of concordance compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from embogen.errors import PlanError, PlanProblem

if TYPE_CHECKING:
    from embogen.genomics.matrix import AlterationMatrix
    from embogen.study.plan import AnalysisSection


@dataclass(frozen=True, slots=True, eq=False)
class SpecimenGenotypes:
    """Genotypes of every specimen of the analysis set, whichever speaks for its patient.

    Parameters
    ----------
    genes
        Genotypes; its rows are specimens.
    table
        The specimens table, with the patients of the analysis set only.
    """

    genes: AlterationMatrix
    table: pl.DataFrame


@dataclass(frozen=True, slots=True)
class SpecimenPairs:
    """Ids of first and second specimens in the same order, and what the two are."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    first_name: str
    second_name: str


def pair_specimens(spec: AnalysisSection, specimens: SpecimenGenotypes) -> SpecimenPairs:
    """Choose two sequenced specimens of each patient.

    With `between` one of each of two values of a column, the earliest of several; without it the
    first and the last by date (by order of the file where the table has no dates).

    Raises
    ------
    PlanError
        When `between` names no column of the specimens table, or not two values that occur.
    """
    table = specimens.table
    if "status" in table.columns:
        table = table.filter((pl.col("status") != "failed").fill_null(value=True))
    keys = [name for name in ("date",) if name in table.columns]
    ordered = table.with_row_index("place").drop_nulls(keys).sort(*keys, "place")
    if spec.between:
        column, (first, second) = _between(spec, table)
        cells = pl.col(column).cast(pl.String)
        ones, others = ordered.filter(cells == first), ordered.filter(cells == second)
        names = (first, second)
    else:
        several = ordered.filter(pl.len().over("patient_id") > 1)
        ones, others = several, several.reverse()
        names = ("first", "last")
    earliest = ones.unique("patient_id", keep="first", maintain_order=True)
    latest = others.unique("patient_id", keep="first", maintain_order=True)
    both = earliest.select("patient_id", pl.col("specimen_id").alias("one")).join(
        latest.select("patient_id", pl.col("specimen_id").alias("other")), on="patient_id"
    )
    both = both.sort("patient_id")
    return SpecimenPairs(tuple(both["one"]), tuple(both["other"]), *names)


def _between(spec: AnalysisSection, table: pl.DataFrame) -> tuple[str, tuple[str, str]]:
    path = f"analysis.{spec.id}.between"
    ((column, values),) = spec.between.items()
    if column not in table.columns:
        message = f'the specimens table has no column "{column}"'
        remedy = f"It has: {', '.join(table.columns[:20])}."
        raise PlanError([PlanProblem(path, message, remedy)])
    found = sorted(table[column].cast(pl.String).drop_nulls().unique().to_list())
    problems = [
        PlanProblem(path, f'"{value}" does not occur', f"Its values are: {', '.join(found[:20])}.")
        for value in values
        if value not in found
    ]
    if problems:
        raise PlanError(problems)
    return column, (values[0], values[1])
