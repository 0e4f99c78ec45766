"""The bridge: cohort, endpoints and genotypes become one `AnalysisSet`.

The only place that drops a patient, and it says why: every step ends in the flow.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.flow import Exclusion, FlowStep, PatientFlow
from embogen.cohort.identifiers import identifier_caveats
from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.endpoint.columns import ColumnRules, endpoint_from_columns
from embogen.endpoint.hpfs import derive_hpfs
from embogen.endpoint.hpfs_rules import HpfsRules
from embogen.endpoint.model import DerivedEndpoint, EndpointTrace
from embogen.endpoint.origin import first_embolizations
from embogen.endpoint.specimen_window import SpecimenCheck, check_specimen_window
from embogen.errors import DataError, DataProblem, PlanError, PlanProblem
from embogen.genomics.alterations import AlterationMatrix, GenotypeRules, build_alterations
from embogen.genomics.frequency import most_frequent, rank_genes
from embogen.study.analysis_set import AnalysisSet, Covariate, EndpointColumn
from embogen.study.covariates import CovariateProblems, build_covariate
from embogen.study.derivations import derive_columns
from embogen.study.plan import ColumnEndpoint
from embogen.study.results import VariableUse
from embogen.study.sources import CLINICAL_TABLES, Inputs, read_inputs
from embogen.units import months_to_days

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from embogen.study.parse import Study
    from embogen.study.plan import StudyPlan


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """The analysis set, what is known of its variables, and how each endpoint came about."""

    data: AnalysisSet
    variables: tuple[VariableUse, ...]
    traces: dict[str, tuple[EndpointTrace, ...]]


def assemble(study: Study) -> Assembled:
    """Read a study's data and align them on one patient index.

    Raises
    ------
    DataError
        With the problems of all files.
    PlanError
        When the plan names columns or genes the data do not have.
    """
    plan = study.plan
    inputs = read_inputs(study)
    steps = _first_steps(inputs.cohort)
    caveats = [*inputs.caveats, *identifier_caveats(inputs.cohort)]
    cohort = inputs.cohort
    primary = next(iter(plan.endpoint), None)
    derived: dict[str, DerivedEndpoint] = {}
    if primary is not None:
        derived[primary] = _derive(primary, plan, cohort)
        steps += derived[primary].steps
        cohort = _restrict(cohort, {trace.patient_id for trace in derived[primary].traces})
    checked = _specimens(plan, cohort)
    if checked is not None:
        caveats += checked.caveats
        if plan.specimens.outside == "exclude":
            steps.append(checked.step)
            gone = {item.patient_id for item in checked.step.excluded}
            cohort = _restrict(cohort, set(cohort.patient_ids) - gone)
    if not cohort.patient_ids:
        raise DataError([_nobody_left(inputs.cohort, steps)])
    for name in plan.endpoint:
        if name != primary:
            derived[name] = _derive(name, plan, cohort)
            steps += _branch(derived[name], cohort)
    patients = cohort.patient_ids
    plan, cohort, derived_caveats = derive_columns(plan, cohort)
    caveats += derived_caveats
    genes, gene_caveats = _genotypes(plan, inputs, cohort, checked)
    candidates, candidate_caveats = _candidates(plan, genes)
    data = AnalysisSet(
        patient_ids=patients,
        endpoints={name: _aligned(item, plan, patients) for name, item in derived.items()},
        covariates=_covariates(plan, cohort),
        genes=genes,
        candidates=candidates,
        flow=PatientFlow(tuple(steps)),
        caveats=(*_notice(plan), *caveats, *gene_caveats, *candidate_caveats),
        seed=plan.study.seed,
    )
    traces = {name: item.traces for name, item in derived.items()}
    return Assembled(data, _variable_uses(cohort), traces)


def _notice(plan: StudyPlan) -> tuple[Caveat, ...]:
    if plan.study.synthetic is None:
        return ()
    return (Caveat("synthetic", plan.study.synthetic),)


def _first_steps(cohort: Cohort) -> list[FlowStep]:
    """Open the flow with the patients of the file, before any filter of the plan."""
    n = cohort.steps[0].n_before if cohort.steps else len(cohort.patient_ids)
    return [FlowStep(f"Patients in {cohort.file('patients')}", n, n), *cohort.steps]


def _restrict(cohort: Cohort, patients: Collection[str]) -> Cohort:
    """Keep the rows of these patients in every table."""
    wanted = pl.Series(sorted(patients), dtype=pl.String)

    def rows(table: pl.DataFrame) -> pl.DataFrame:
        return table.filter(pl.col("patient_id").is_in(wanted.implode()))

    return dataclasses.replace(
        cohort,
        patients=rows(cohort.patients),
        procedures=None if cohort.procedures is None else rows(cohort.procedures),
        assessments=None if cohort.assessments is None else rows(cohort.assessments),
        specimens=None if cohort.specimens is None else rows(cohort.specimens),
    )


def _window_days(plan: StudyPlan) -> float | None:
    months = plan.specimens.within_months
    return None if months is None else months_to_days(months)


def _derive(name: str, plan: StudyPlan, cohort: Cohort) -> DerivedEndpoint:
    spec = plan.endpoint[name]
    label = spec.label or name
    if isinstance(spec, ColumnEndpoint):
        columns = ColumnRules(
            time=spec.time,
            event=spec.event,
            time_unit=spec.time_unit,
            event_codes=spec.event_codes,
            entry=spec.entry,
            zero_time=spec.zero_time,
        )
        return endpoint_from_columns(cohort, columns, name=name, label=label)
    rules = HpfsRules(
        origin=spec.origin,
        events=tuple(spec.events),
        censor=spec.censor,
        entry=spec.entry,
        specimen_window_days=_window_days(plan),
        death=spec.death,
    )
    return derive_hpfs(cohort, rules, name=name, label=label)


def _specimens(plan: StudyPlan, cohort: Cohort) -> SpecimenCheck | None:
    if cohort.specimens is None or cohort.procedures is None:
        return None
    if plan.specimens.within_months is None:
        return None
    return check_specimen_window(cohort, first_embolizations(cohort), _window_days(plan))


def _branch(derived: DerivedEndpoint, cohort: Cohort) -> list[FlowStep]:
    """Record who has a further endpoint; these patients stay in the analysis set."""
    gone: list[Exclusion] = [item for step in derived.steps for item in step.excluded]
    n = len(cohort.patient_ids)
    label = f"Of these, with {derived.label}"
    return [FlowStep(label, n, n - len(gone), tuple(gone))]


def _nobody_left(cohort: Cohort, steps: Sequence[FlowStep]) -> DataProblem:
    last = next(step for step in reversed(steps) if step.excluded or step.n_after == 0)
    reason = last.excluded[0].reason if last.excluded else "the file is empty"
    message = f'no patient is left after the step "{last.label}" (for instance: {reason})'
    return DataProblem(cohort.file("patients"), message, "Check this column, or this rule.")


def _aligned(derived: DerivedEndpoint, plan: StudyPlan, patients: Sequence[str]) -> EndpointColumn:
    """Put the traces in the order of the index; a patient without one gets NaN."""
    by_patient = {trace.patient_id: trace for trace in derived.traces}
    found = [by_patient.get(patient) for patient in patients]
    entry = np.array([np.nan if trace is None else trace.entry_time for trace in found])
    return EndpointColumn(
        name=derived.name,
        label=derived.label,
        display_unit=plan.endpoint[derived.name].display_unit,
        time=np.array([np.nan if trace is None else trace.time for trace in found]),
        event=np.array([-1 if trace is None else trace.event for trace in found], dtype=np.int8),
        entry=entry if derived.delayed_entry else None,
        rules=derived.rules,
        caveats=derived.caveats,
        causes=derived.causes,
    )


def _genotypes(
    plan: StudyPlan, inputs: Inputs, cohort: Cohort, checked: SpecimenCheck | None
) -> tuple[AlterationMatrix | None, tuple[Caveat, ...]]:
    if inputs.calls is None:
        return None, ()
    rules = GenotypeRules(
        count_as=tuple(plan.genes.count_as),
        coverage=plan.genes.coverage,
        without_calls=plan.genes.without_calls,
    )
    table = "patients" if inputs.cohort.specimens is None else "specimens"
    ids = inputs.cohort.patients["patient_id"]
    if inputs.cohort.specimens is not None:
        ids = inputs.cohort.specimens["specimen_id"]
    elsewhere = {*ids.to_list(), *inputs.cohort.set_aside.get(table, frozenset())}
    wanted = plan.genes.candidates.genes
    matrix, caveats = build_alterations(
        cohort.patient_ids,
        cohort.specimens,
        inputs.calls,
        inputs.panels,
        rules,
        use=None if checked is None else checked.specimen_ids,
        known_elsewhere=elsewhere,
    )
    missing = [gene for gene in wanted or () if gene not in matrix.genes]
    if missing:
        message = "neither in the mutation file nor on a panel: " + ", ".join(missing)
        path = "genes.candidates.genes"
        raise PlanError([PlanProblem(path, message, "Check the symbols.")])
    return matrix, caveats


def _candidates(
    plan: StudyPlan, genes: AlterationMatrix | None
) -> tuple[tuple[str, ...], tuple[Caveat, ...]]:
    """Choose the genes to relate to outcome, by frequency alone."""
    if genes is None:
        return (), ()
    spec = plan.genes.candidates
    if spec.most_frequent is not None:
        return most_frequent(genes, spec.most_frequent)
    ranked = rank_genes(genes)
    if spec.genes is not None:
        named = set(spec.genes)
        return tuple(row.gene for row in ranked if row.gene in named), ()
    least = spec.min_altered or 1
    return tuple(row.gene for row in ranked if row.altered >= least), ()


def _covariates(plan: StudyPlan, cohort: Cohort) -> dict[str, Covariate]:
    found: dict[str, Covariate] = {}
    plan_problems: list[PlanProblem] = []
    data_problems: list[DataProblem] = []
    for name, spec in plan.covariate.items():
        try:
            found[name] = build_covariate(name, spec, cohort, cohort.patient_ids)
        except CovariateProblems as problems:
            plan_problems += problems.plan
            data_problems += problems.data
    if plan_problems:
        raise PlanError(plan_problems)
    if data_problems:
        raise DataError(data_problems)
    return found


def _variable_uses(cohort: Cohort) -> tuple[VariableUse, ...]:
    """Count, for every column of every table, the rows that hold a value."""
    uses = []
    for name in CLINICAL_TABLES:
        table = cohort.table(name)
        if table is None:
            continue
        for column in table.columns:
            variable = cohort.registry.get(f"{name}.{column}")
            if variable is not None and column != SOURCE_ROW:
                missing = table[column].null_count()
                uses.append(VariableUse(name, variable, table.height, missing))
    return tuple(uses)
