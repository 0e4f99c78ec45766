"""From the plan's files to the cohort, the mutation calls and the panels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from embogen.cohort.schema import Variable
from embogen.errors import DataError, DataProblem
from embogen.io.gene_long import read_gene_long
from embogen.io.gene_matrix import read_gene_matrix
from embogen.io.gene_panel import read_panels
from embogen.io.maf import read_maf
from embogen.io.tables import TableSource, read_cohort

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embogen.caveats import Caveat
    from embogen.cohort.model import Cohort
    from embogen.genomics.calls import MutationCalls
    from embogen.genomics.panels import GenePanel
    from embogen.study.parse import Study
    from embogen.study.plan import MutationSpec, StudyPlan

CLINICAL_TABLES = ("patients", "procedures", "assessments", "specimens")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything that was read, validated table by table."""

    cohort: Cohort
    calls: MutationCalls | None
    panels: Mapping[str, GenePanel]
    caveats: tuple[Caveat, ...]


def input_names(plan: StudyPlan) -> list[str]:
    """Name every file and folder the plan reads, in the order of the plan."""
    sections = [getattr(plan.data, name) for name in (*CLINICAL_TABLES, "mutations", "panels")]
    names = [section.file for section in sections if section is not None]
    if plan.published is not None:
        names.append(plan.published.file)
    return list(dict.fromkeys(names))


def read_inputs(study: Study) -> Inputs:
    """Read all files of a study.

    Raises
    ------
    DataError
        With the problems of every file together.
    """
    plan, folder = study.plan, study.folder
    problems: list[DataProblem] = []
    caveats: list[Caveat] = []
    cohort = _attempt(problems, lambda: read_cohort(table_sources(study)))
    calls = panels = None
    if plan.data.mutations is not None:
        spec = plan.data.mutations
        calls = _attempt(problems, lambda: _read_calls(spec, study))
    if plan.data.panels is not None:
        name = plan.data.panels.file
        panels = _attempt(problems, lambda: read_panels(name, folder=folder))
    if problems or cohort is None:
        raise DataError(problems)
    caveats += cohort[1]
    if calls is not None:
        caveats += calls[1]
    return Inputs(cohort[0], None if calls is None else calls[0], panels or {}, tuple(caveats))


def _attempt(problems: list[DataProblem], read: Callable[[], _T]) -> _T | None:
    """Read one file; what is wrong with it joins the problems of the others."""
    try:
        return read()
    except DataError as error:
        problems += error.problems
        return None


def table_sources(study: Study) -> list[TableSource]:
    """Describe each clinical table of the plan to the reader, with the variables declared."""
    plan = study.plan
    sources = []
    for table in CLINICAL_TABLES:
        spec = getattr(plan.data, table)
        if spec is None:
            continue
        variables = tuple(
            Variable(
                name,
                item.type,
                item.meaning,
                unit=item.unit,
                allowed=tuple(item.allowed),
                minimum=item.minimum,
                maximum=item.maximum,
                date_format=item.date_format,
            )
            for name, item in plan.variable.items()
            if item.table == table
        )
        sources.append(
            TableSource(
                table,
                spec.file,
                study.folder,
                sheet=spec.sheet,
                key=spec.key,
                columns=spec.columns,
                variables=variables,
                where=spec.where,
                missing=tuple(spec.missing),
                trust_date_cells=spec.trust_date_cells,
                instrument=spec.instrument,
            )
        )
    return sources


def _read_calls(spec: MutationSpec, study: Study) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    match spec.format:
        case "maf":
            return read_maf(spec.file, folder=study.folder, columns=spec.columns)
        case "gene_matrix":
            return read_gene_matrix(
                spec.file, folder=study.folder, altered=spec.altered, wild_type=spec.wild_type
            )
        case "gene_long":
            return read_gene_long(
                spec.file,
                folder=study.folder,
                altered=spec.altered,
                wild_type=spec.wild_type,
                columns=spec.columns,
            )
