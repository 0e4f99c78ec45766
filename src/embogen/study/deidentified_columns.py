"""Which columns a plan needs, and whether they may leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.cohort.identifiers import holds_personal, looks_personal
from embogen.errors import PlanError, PlanProblem
from embogen.study.plan import ColumnEndpoint, StudyPlan, TimelineEndpoint

if TYPE_CHECKING:
    from embogen.cohort.deidentified import Deidentified
    from embogen.cohort.model import Cohort

_MOST_CODES: Final = 12
"""Different values an undeclared column of an endpoint may hold to count as codes."""


def used_columns(plan: StudyPlan) -> dict[str, str]:
    """Return ``table.column`` that the plan uses, to where it does."""
    used: dict[str, str] = {}
    for name, spec in plan.covariate.items():
        if spec.column:
            table = "procedures" if spec.derive == "first_session" else spec.table
            used[f"{table}.{spec.column}"] = f"covariate.{name}"
    for name, endpoint in plan.endpoint.items():
        if isinstance(endpoint, ColumnEndpoint):
            for column in (endpoint.time, endpoint.event, endpoint.entry, endpoint.specimen):
                if column is not None:
                    used[f"patients.{column}"] = f"endpoint.{name}"
        if isinstance(endpoint, TimelineEndpoint) and endpoint.follow_up is not None:
            for ending in ("STATUS", "MONTHS"):
                used[f"patients.{endpoint.follow_up}_{ending}"] = f"endpoint.{name}"
    return used


def needed_columns(plan: StudyPlan, cohort: Cohort) -> set[str]:
    """Find undeclared columns of endpoints that hold nothing but numbers or a few codes."""
    needed = set()
    for place, use in used_columns(plan).items():
        table, _, column = place.partition(".")
        frame = cohort.table(table)
        if frame is None or column not in frame.columns:
            continue
        declared = cohort.registry.get(place)
        if declared is not None and declared.type != "text":
            continue
        cells = frame[column].cast(pl.String)
        numeric = cells.cast(pl.Float64, strict=False).null_count() == cells.null_count()
        few = use.startswith("endpoint.") and cells.n_unique() <= _MOST_CODES
        harmless = looks_personal(column) is None and holds_personal(cells) is None
        if harmless and (numeric or few):
            needed.add(place)
    return needed


def refuse_lost_columns(plan: StudyPlan, made: Deidentified) -> None:
    """Raise where the plan uses a column that may not leave.

    Raises
    ------
    PlanError
        Naming each such column, why, and what to do.
    """
    problems = []
    for place, use in used_columns(plan).items():
        if place in made.dropped:
            table, _, column = place.partition(".")
            message = f"uses {table}.{column}, which {made.dropped[place]} and may not leave"
            remedy = (
                f"Declare [variable.{column}] with type category and its allowed values, or leave "
                "it out of the plan."
            )
            problems.append(PlanProblem(use, message, remedy))
    if problems:
        raise PlanError(problems)
