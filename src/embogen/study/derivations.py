"""Covariates a plan derives from other columns: they join the patients table before it is used."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.grade import TUMOR_CLASSES
from embogen.cohort.liver import class_names
from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.cohort.schema import Variable
from embogen.errors import DataError, DataProblem, PlanError, PlanProblem
from embogen.study.derivation_checks import FROM_PROCEDURES
from embogen.study.parse import suggestion
from embogen.study.patient_facts import Derived, albi, burden, grades
from embogen.study.session_facts import course_numbers, first_session_column

if TYPE_CHECKING:
    from embogen.study.covariate_plan import CovariateSection
    from embogen.study.plan import StudyPlan


def derive_columns(plan: StudyPlan, cohort: Cohort) -> tuple[StudyPlan, Cohort, tuple[Caveat, ...]]:
    """Carry out every `derive` of the covariates.

    Parameters
    ----------
    plan
        The plan; a covariate with `derive` names what to derive.
    cohort
        The patients to be analysed and their tables.

    Returns
    -------
    plan
        The same, with each derived covariate pointing to its column.
    cohort
        With a column ``NAME (derived)`` in the patients table for each of them, declared.
    caveats
        What the derivations met: disagreement with what is recorded, values that only one index
        supports, values known only after the origin.

    Raises
    ------
    PlanError
        When the columns a derivation needs are not there.
    DataError
        When cells contradict each other, by row.
    """
    covariates: dict[str, CovariateSection] = dict(plan.covariate)
    columns: list[pl.Series] = []
    variables: dict[str, Variable] = {}
    caveats: dict[tuple[str, str], Caveat] = {}
    plan_problems: list[PlanProblem] = []
    data_problems: dict[str, DataProblem] = {}
    for name, spec in plan.covariate.items():
        if spec.derive is None:
            continue
        column = f"{name} (derived)"
        try:
            derived = _derive(f"covariate.{name}", spec, cohort)
        except PlanError as error:
            plan_problems += error.problems
            continue
        except DataError as error:
            data_problems |= {str(problem): problem for problem in error.problems}
            continue
        variable = dataclasses.replace(derived.variable, name=column)
        columns.append(pl.Series(column, derived.values, dtype=_DTYPES[variable.type]))
        variables[f"patients.{column}"] = variable
        for item in derived.caveats:
            caveats.setdefault((item.code, item.message), item)
        covariates[name] = spec.model_copy(update={"column": column, "table": "patients"})
    if plan_problems:
        raise PlanError(plan_problems)
    if data_problems:
        raise DataError(data_problems.values())
    if not columns:
        return plan, cohort, ()
    cohort = dataclasses.replace(
        cohort,
        patients=cohort.patients.with_columns(columns),
        registry={**cohort.registry, **variables},
    )
    return plan.model_copy(update={"covariate": covariates}), cohort, tuple(caveats.values())


_DTYPES: Final[Mapping[str, Any]] = {
    "category": pl.String,
    "text": pl.String,
    "number": pl.Float64,
    "integer": pl.Int64,
    "flag": pl.Boolean,
    "date": pl.Date,
    "id": pl.String,
}


def _derive(path: str, spec: CovariateSection, cohort: Cohort) -> Derived:
    if spec.derive in FROM_PROCEDURES:
        return _from_procedures(path, spec, cohort)
    match spec.derive:
        case "who_grade" | "who_class":
            _require_any(path, cohort, ("ki67_percent", "mitoses_per_2mm2"))
            whole_class = spec.derive == "who_class"
            variable = Variable(
                "",
                "category",
                f"{'Class and grade' if whole_class else 'Grade'} by the WHO classification of "
                f"{spec.edition}, derived from Ki-67, mitoses and differentiation.",
                allowed=TUMOR_CLASSES if whole_class else ("1", "2", "3"),
            )
            return grades(variable, spec.edition, cohort)
        case "tumor_burden":
            for column in ("tumor_volume_ml", "liver_volume_ml"):
                _require_any(path, cohort, (column,))
            meaning = "Tumour volume as a percentage of liver volume, derived from both."
            variable = Variable("", "number", meaning, unit="%", minimum=0, maximum=100)
            if spec.cutpoints:
                names = class_names(spec.cutpoints)
                variable = Variable("", "category", meaning, allowed=names)
            return burden(variable, spec.cutpoints, cohort)
        case _:
            _require_any(path, cohort, ("bilirubin_umol_l", "bilirubin_mg_dl"))
            _require_any(path, cohort, ("albumin_g_l", "albumin_g_dl"))
            meaning = "Albumin-bilirubin (ALBI) {}, derived from bilirubin and albumin."
            variable = Variable("", "number", meaning.format("score"))
            if spec.derive == "albi_grade":
                grade = meaning.format("grade")
                variable = Variable("", "category", grade, allowed=("1", "2", "3"))
            return albi(variable, cohort)


def _require_any(path: str, cohort: Cohort, columns: Sequence[str]) -> None:
    if not any(column in cohort.patients.columns for column in columns):
        words = " or ".join(columns)
        message = f"{cohort.file('patients')} has no column {words}, which it is derived from"
        remedy = "Add the column, or map it under data.patients.columns."
        raise PlanError([PlanProblem(f"{path}.derive", message, remedy)])


def _from_procedures(path: str, spec: CovariateSection, cohort: Cohort) -> Derived:
    table = cohort.procedures
    if table is None:
        message = "is derived from procedures, and data.procedures is not given"
        raise PlanError([PlanProblem(f"{path}.derive", message, "Name the file.")])
    if spec.derive == "first_session":
        known = [column for column in table.columns if column != SOURCE_ROW]
        if spec.column not in known:
            message = f'{cohort.file("procedures")} has no column "{spec.column}"'
            remedy = suggestion(spec.column, known) or f"It has: {', '.join(known[:30])}."
            raise PlanError([PlanProblem(f"{path}.column", message, remedy)])
        return first_session_column(spec.column, spec.course_gap_days, cohort)
    if spec.derive == "worst_ctcae" and "ctcae_grade" not in table.columns:
        message = f"{cohort.file('procedures')} has no column ctcae_grade"
        remedy = "Add the column, or map it under data.procedures.columns."
        raise PlanError([PlanProblem(f"{path}.derive", message, remedy)])
    return course_numbers(str(spec.derive), spec.course_gap_days, cohort)
