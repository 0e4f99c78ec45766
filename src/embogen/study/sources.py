"""From the plan's files to the cohort, the mutation calls and the panels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from embogen.cohort.schema import Variable
from embogen.errors import DataError, DataProblem, PlanError, PlanProblem
from embogen.io.cbioportal.study import FolderInputs, read_folder, with_timeline
from embogen.io.files import is_inside
from embogen.io.gene_long import read_gene_long
from embogen.io.gene_matrix import read_gene_matrix
from embogen.io.genie_bpc import read_genie_bpc
from embogen.io.maf import read_maf
from embogen.io.tables import TableSource, read_cohort
from embogen.io.vcf import read_vcf
from embogen.study.genomic_sources import (
    NO_GENOMICS,
    Genomics,
    genomic_files,
    read_genomics,
    read_study_panels,
    with_current_symbols,
    with_profiles,
)
from embogen.study.provenance import input_paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embogen.caveats import Caveat
    from embogen.cohort.model import Cohort
    from embogen.genomics.calls import MutationCalls
    from embogen.genomics.panels import GenePanel
    from embogen.study.parse import Study
    from embogen.study.plan import StudyPlan, VariableSection
    from embogen.study.plan_genes import MutationSpec

CLINICAL_TABLES = ("patients", "procedures", "assessments", "specimens", "lesions")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything that was read, validated table by table."""

    cohort: Cohort
    calls: MutationCalls | None
    panels: Mapping[str, GenePanel]
    caveats: tuple[Caveat, ...]
    genomics: Genomics = NO_GENOMICS


def input_names(plan: StudyPlan) -> list[str]:
    """Name every file and folder the plan reads, in the order of the plan."""
    sections = [getattr(plan.data, name) for name in (*CLINICAL_TABLES, "mutations", "panels")]
    names = [section.file for section in sections if section is not None]
    names += genomic_files(plan)
    folders = [item for item in (plan.data.cbioportal, plan.data.genie_bpc) if item is not None]
    names = [*(item.folder for item in folders), *names]
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
    refuse_outside(study)
    plan, folder = study.plan, study.folder
    problems: list[DataProblem] = []
    supplied = _attempt(problems, lambda: _read_supplied(study))
    sources = _with_supplied(table_sources(study), supplied, study)
    cohort = _attempt(problems, lambda: read_cohort(sources)) if sources else None
    calls = panels = None
    if plan.data.mutations is not None:
        spec = plan.data.mutations
        calls = _attempt(problems, lambda: _read_calls(spec, study))
    if plan.data.panels is not None:
        wanted_panels = plan.data.panels
        panels = _attempt(problems, lambda: read_study_panels(wanted_panels, folder))
    genomics, said = read_genomics(study, problems)
    if problems or cohort is None:
        raise DataError(problems)
    caveats = [*(supplied.caveats if supplied else ()), *cohort[1]]
    caveats += calls[1] if calls is not None else ()
    found = calls[0] if calls is not None else None
    tables, known = cohort[0], dict(panels or {})
    if supplied is not None:
        tables = with_timeline(tables, supplied.timeline)
        found, known = found or supplied.calls, {**supplied.panels, **known}
        genomics = with_profiles(genomics, supplied)
    found, current, genomics, renamed = with_current_symbols(found, known, genomics)
    return Inputs(tables, found, current, (*caveats, *said, *renamed), genomics)


def _read_supplied(study: Study) -> FolderInputs | None:
    """Read the study folder the plan names, if it names one."""
    data = study.plan.data
    columns, also = _asked_for(study, {})
    maf = partial(read_maf, columns=columns, also=also)
    if data.cbioportal is not None:
        return read_folder(data.cbioportal.folder, folder=study.folder, maf=maf)
    if data.genie_bpc is not None:
        return read_genie_bpc(data.genie_bpc.folder, folder=study.folder, maf=maf)
    return None


def refuse_outside(study: Study) -> None:
    """Refuse files outside the folder of the study file, unless the plan allows them.

    Raises
    ------
    PlanError
        Naming every path that leads outside, links followed.
    """
    if study.plan.data.outside:
        return
    named = input_names(study.plan)
    # a link inside a folder may lead outside, too
    paths = dict.fromkeys([*named, *input_paths(named, study.folder)])
    outside = [path for path in paths if not is_inside(study.folder, path)]
    remedy = "Put the files beside the study file, or write outside = true under [data]."
    message = "lies outside the folder of the study file"
    if outside:
        raise PlanError([PlanProblem("data", f'"{name}" {message}', remedy) for name in outside])


def _with_supplied(
    sources: list[TableSource], supplied: FolderInputs | None, study: Study
) -> list[TableSource]:
    """Add the tables of a study folder; one that the plan names itself comes from there."""
    if supplied is None:
        return sources
    named = {source.table for source in sources}
    declared: dict[str, list[Variable]] = {name: [] for name in CLINICAL_TABLES}
    for name, item in study.plan.variable.items():
        declared[item.table].append(plan_variable(name, item))
    for source in supplied.sources:
        if source.table in named:
            continue
        own = declared[source.table]
        taken = {variable.name.lower() for variable in own}
        others = [item for item in source.variables if item.name.lower() not in taken]
        sources.append(dataclasses.replace(source, variables=(*own, *others)))
    return sources


def _attempt(problems: list[DataProblem], read: Callable[[], _T]) -> _T | None:
    """Read one file; what is wrong with it joins the problems of the others."""
    try:
        return read()
    except DataError as error:
        problems += error.problems
        return None


def plan_variable(name: str, item: VariableSection) -> Variable:
    """Write a declaration of the plan as the readers understand it."""
    return Variable(
        name,
        item.type,
        item.meaning,
        unit=item.unit,
        allowed=tuple(item.allowed),
        minimum=item.minimum,
        maximum=item.maximum,
        date_format=item.date_format,
    )


def table_sources(study: Study) -> list[TableSource]:
    """Describe each clinical table of the plan to the reader, with the variables declared."""
    plan = study.plan
    sources = []
    for table in CLINICAL_TABLES:
        spec = getattr(plan.data, table)
        if spec is None:
            continue
        variables = tuple(
            plan_variable(name, item) for name, item in plan.variable.items() if item.table == table
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
            return _read_maf(spec, study)
        case "vcf":
            return read_vcf(spec.file, folder=study.folder, tumor=spec.tumor)
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


def _read_maf(spec: MutationSpec, study: Study) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Read a MAF with the columns that the conditions of the plan look at."""
    columns, also = _asked_for(study, spec.columns)
    return read_maf(
        spec.file, folder=study.folder, columns=columns, also=also, vaf_unit=spec.vaf_unit
    )


def _asked_for(study: Study, columns: Mapping[str, str]) -> tuple[dict[str, str], set[str]]:
    """Tell which columns of a MAF the plan names, and which its conditions look at besides."""
    conditions = study.plan.genes.filter
    named = dict(columns)
    if conditions.driver is not None:
        named["driver"] = conditions.driver.column
    also = {"vaf"} if conditions.vaf_min is not None else set()
    if conditions.status != "any":
        also.add("mutation_status")
    if any(scan.features == "variants" for scan in study.plan.scan):
        also.add("locus")
    return named, also
