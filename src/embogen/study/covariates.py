"""Columns of the cohort to covariates aligned with the patient index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.cohort.schema import Variable
from embogen.endpoint.best_response import BEST_RESPONSES
from embogen.endpoint.recist import COMPLETE, NOT_EVALUABLE, PARTIAL
from embogen.errors import DataProblem, PlanProblem
from embogen.study.analysis_set import Coding, Covariate
from embogen.study.parse import suggestion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.study.covariate_plan import CovariateSection

_SHOWN_ROWS = 5
MOST_LEVELS: Final = 20
"""A covariate with more levels is rather an identifier, unless it marks clusters."""
BEST_RESPONSE: Final = Variable(
    "best_response", "category", "Best response of the liver.", allowed=BEST_RESPONSES
)
OBJECTIVE_RESPONSE: Final = Variable(
    "objective_response",
    "flag",
    "Whether the best response of the liver is partial or complete; missing where not evaluable.",
)


class CovariateProblems(Exception):  # noqa: N818 - a carrier inside this package, never shown
    """What is wrong with a covariate, in the plan or in the data."""

    def __init__(
        self, plan: tuple[PlanProblem, ...] = (), data: tuple[DataProblem, ...] = ()
    ) -> None:
        self.plan = plan
        self.data = data
        super().__init__(plan, data)


def build_covariate(
    name: str,
    spec: CovariateSection,
    cohort: Cohort,
    patients: Sequence[str],
    *,
    best_responses: Mapping[str, str] | None = None,
    most_levels: int = MOST_LEVELS,
) -> Covariate:
    """Build one covariate.

    Parameters
    ----------
    name, spec
        As in the plan.
    cohort
        The tables.
    patients
        (n,) the index; the values follow it.
    best_responses
        Patient id to best response, of the endpoint a covariate of one is taken from.
    most_levels
        More levels than this are an error.

    Raises
    ------
    CovariateProblems
        An unknown column, a coding the column cannot have, a value that is no level.
    """
    path = f"covariate.{name}"
    if spec.table == "endpoint":
        values, rows, variable = _response(spec, patients, best_responses or {})
    else:
        values, rows, variable = _column(path, spec, cohort, patients)
    coding = _coding(path, spec, variable)
    label = spec.label or variable.label or name
    if coding == "number":
        numbers = np.array([np.nan if v is None else float(v) for v in values])
        return Covariate(name, label, coding, numbers, (), None, variable.unit, spec.per)
    texts = [_text(value, spec) for value in values]
    if coding == "flag":
        texts = [{"true": "yes", "false": "no"}.get(text or "", text) for text in texts]
    levels = ("no", "yes") if coding == "flag" else _levels(texts, values, spec, variable, coding)
    _check_levels(path, spec, cohort, levels, list(zip(texts, rows, strict=True)))
    if len(levels) > most_levels:
        message = f'"{spec.column}" has {len(levels)} different values'
        remedy = f"Name its levels, or join them with {path}.group."
        raise CovariateProblems(plan=(PlanProblem(path, message, remedy),))
    reference = spec.reference or (levels[0] if levels else None)
    if spec.reference is not None and spec.reference not in levels:
        message = f'"{spec.reference}" is not one of {", ".join(levels)}'
        problem = PlanProblem(f"{path}.reference", message, suggestion(spec.reference, levels))
        raise CovariateProblems(plan=(problem,))
    place = {level: float(i) for i, level in enumerate(levels)}
    positions: NDArray[np.float64] = np.array([place.get(text or "", np.nan) for text in texts])
    return Covariate(name, label, coding, positions, levels, reference, None, 1.0)


def _response(
    spec: CovariateSection, patients: Sequence[str], best: Mapping[str, str]
) -> tuple[list[Any], list[int | None], Variable]:
    """Return each patient's best response, or whether it is an objective one."""
    found: list[Any] = [best.get(patient) for patient in patients]
    variable = BEST_RESPONSE
    if spec.column == OBJECTIVE_RESPONSE.name:
        variable = OBJECTIVE_RESPONSE
        unknown = {None, NOT_EVALUABLE}
        found = [None if word in unknown else word in {COMPLETE, PARTIAL} for word in found]
    return found, [None] * len(found), variable


def _column(
    path: str, spec: CovariateSection, cohort: Cohort, patients: Sequence[str]
) -> tuple[list[Any], list[int | None], Variable]:
    """Return the column's value and file row for each patient, and its declaration."""
    table = cohort.table(spec.table)
    if table is None:
        message = f"data.{spec.table} is not given"
        raise CovariateProblems(plan=(PlanProblem(path, message, "Name the file."),))
    if spec.column not in table.columns:
        known = [column for column in table.columns if column != SOURCE_ROW]
        message = f'{cohort.file(spec.table)} has no column "{spec.column}"'
        remedy = suggestion(spec.column, known) or f"It has: {', '.join(known[:30])}."
        raise CovariateProblems(plan=(PlanProblem(f"{path}.column", message, remedy),))
    if spec.table != "patients":
        table = table.sort("date", SOURCE_ROW).unique("patient_id", keep="first")
    index = pl.DataFrame({"patient_id": list(patients)}, schema={"patient_id": pl.String})
    joined = index.join(
        table.select("patient_id", spec.column, SOURCE_ROW),
        on="patient_id",
        how="left",
        maintain_order="left",
    )
    declared = cohort.registry.get(f"{spec.table}.{spec.column}")
    variable = declared or Variable(spec.column, "text", "")
    return joined[spec.column].to_list(), joined[SOURCE_ROW].to_list(), variable


def _coding(path: str, spec: CovariateSection, variable: Variable) -> Coding:
    numeric = variable.type in {"number", "integer"}
    if variable.type in {"date", "id"}:
        message = f'"{spec.column}" is a column of type {variable.type}, no covariate'
        raise CovariateProblems(plan=(PlanProblem(f"{path}.column", message),))
    if spec.coding is None:
        if spec.levels or spec.group:
            return "levels"
        if numeric:
            return "number"
        return "flag" if variable.type == "flag" else "levels"
    if spec.coding == "number" and not numeric:
        message = f'"{spec.column}" holds {variable.type}, no numbers'
        remedy = f"Declare [variable.{spec.column}] with type number, or choose another coding."
        raise CovariateProblems(plan=(PlanProblem(f"{path}.coding", message, remedy),))
    if spec.coding == "flag" and variable.type != "flag":
        message = f'"{spec.column}" holds {variable.type}, not yes and no'
        remedy = f"Declare [variable.{spec.column}] with type flag, or use levels."
        raise CovariateProblems(plan=(PlanProblem(f"{path}.coding", message, remedy),))
    return spec.coding


def _text(value: Any, spec: CovariateSection) -> str | None:  # noqa: ANN401 - a cell of any type
    if value is None:
        return None
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, float) and value.is_integer():
        text = str(int(value))
    else:
        text = str(value)
    return spec.group.get(text, text)


def _levels(
    texts: Sequence[str | None],
    values: Sequence[Any],
    spec: CovariateSection,
    variable: Variable,
    coding: Coding,
) -> tuple[str, ...]:
    """Order the levels: as the plan says, else as the registry does, else by value."""
    if spec.levels:
        return tuple(spec.levels)
    seen = {text for text in texts if text is not None}
    if variable.allowed and not spec.group:
        # a trend counts steps of the whole scale, also over a level nobody has
        return tuple(v for v in variable.allowed if coding == "trend" or v in seen)
    numbers = [value for value in values if isinstance(value, int | float)]
    if numbers and not spec.group and all(float(value).is_integer() for value in numbers):
        low, high = int(min(numbers)), int(max(numbers))
        if coding == "trend":
            return tuple(str(value) for value in range(low, high + 1))
        return tuple(str(value) for value in range(low, high + 1) if str(value) in seen)
    return tuple(sorted(seen))


def _check_levels(
    path: str,
    spec: CovariateSection,
    cohort: Cohort,
    levels: Sequence[str],
    cells: Sequence[tuple[str | None, int | None]],
) -> None:
    """Refuse values that are no level, naming rows."""
    outside: dict[str, list[int | None]] = {}
    for text, row in cells:
        if text is not None and text not in levels:
            outside.setdefault(text, []).append(row)
    problems = [
        DataProblem(
            cohort.file(spec.table),
            f"is not one of {', '.join(levels)}",
            f'Correct the cell, or add "{text}" to {path}.levels or {path}.group.',
            row=row,
            column=spec.column,
            value=text,
        )
        for text, rows in outside.items()
        for row in rows[:_SHOWN_ROWS]
    ]
    if problems:
        raise CovariateProblems(data=tuple(problems))
