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
from embogen.endpoint.findings import cohort_findings
from embogen.endpoint.hpfs import derive_hpfs
from embogen.endpoint.model import DerivedEndpoint, EndpointTrace, Finding
from embogen.endpoint.origin import treatment_starts
from embogen.endpoint.specimen_choice import choose_specimens
from embogen.endpoint.specimen_window import SpecimenCheck, check_specimen_window
from embogen.endpoint.timeline import derive_from_timeline
from embogen.errors import DataError, DataProblem, PlanError, PlanProblem
from embogen.study.analysis_set import AnalysisSet, Covariate, EndpointColumn, PanelCut
from embogen.study.covariates import MOST_LEVELS, CovariateProblems, build_covariate
from embogen.study.derivations import derive_columns
from embogen.study.endpoint_rules import endpoint_rules, window_days
from embogen.study.genotypes import candidate_genes, genotypes, specimen_genotypes
from embogen.study.plan import ColumnEndpoint, DatedEndpoint, TimelineEndpoint
from embogen.study.results import VariableUse
from embogen.study.sources import CLINICAL_TABLES, read_inputs
from embogen.study.timeline_rules import timeline_rules

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from embogen.genomics.assays import AssayGenotypes
    from embogen.study.parse import Study
    from embogen.study.plan import StudyPlan


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """The analysis set, what is known of its variables, and how each endpoint came about.

    `derived` are the endpoints as they were derived, and `cohort` the tables as read, before
    anybody was left out. Neither goes into results. `by_assay` are the genotypes of the analysis
    set as each assay shows them, where a scan of the plan asks for classes or variants.
    """

    data: AnalysisSet
    variables: tuple[VariableUse, ...]
    traces: dict[str, tuple[EndpointTrace, ...]]
    derived: dict[str, DerivedEndpoint]
    cohort: Cohort
    by_assay: tuple[AssayGenotypes, ...] = ()

    def findings(self) -> tuple[Finding, ...]:
        """Find what a person should look at in the tables and in each endpoint, once each."""
        found = [cohort_findings(self.cohort)]
        found += [item.findings() for item in self.derived.values()]
        return tuple(dict.fromkeys(one for some in found for one in some))


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
    cohort, choice = _speaking(plan, inputs.cohort)
    caveats += choice
    primary = next(iter(plan.endpoint), None)
    derived: dict[str, DerivedEndpoint] = {}
    if primary is not None:
        derived[primary] = derive_endpoint(primary, plan, cohort)
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
            derived[name] = derive_endpoint(name, plan, cohort)
            steps += _branch(derived[name], cohort)
    patients = cohort.patient_ids
    plan, cohort, derived_caveats = derive_columns(plan, cohort)
    caveats += derived_caveats
    genes, gene_caveats, by_assay = genotypes(plan, inputs, cohort, checked)
    candidates, candidate_caveats = candidate_genes(plan, genes, inputs.genomics.names)
    data = AnalysisSet(
        patient_ids=patients,
        endpoints={name: _aligned(item, plan, patients) for name, item in derived.items()},
        covariates=_covariates(plan, cohort, derived),
        genes=genes,
        candidates=candidates,
        flow=PatientFlow(tuple(steps)),
        caveats=(*_notice(plan), *caveats, *gene_caveats, *candidate_caveats),
        seed=plan.study.seed,
        panel_family=PanelCut(plan.genes.family.min_altered, plan.genes.family.min_tested_fraction),
        names=inputs.genomics.names,
        specimens=specimen_genotypes(plan, inputs, cohort),
    )
    traces = {name: item.traces for name, item in derived.items()}
    return Assembled(data, _variable_uses(cohort), traces, derived, inputs.cohort, by_assay)


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
        lesions=None if cohort.lesions is None else rows(cohort.lesions),
    )


def derive_endpoint(name: str, plan: StudyPlan, cohort: Cohort) -> DerivedEndpoint:
    """Derive an endpoint of the plan for the patients of a cohort."""
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
            specimen=spec.specimen,
        )
        return endpoint_from_columns(cohort, columns, name=name, label=label)
    if isinstance(spec, TimelineEndpoint):
        return derive_from_timeline(cohort, timeline_rules(spec), name=name, label=label)
    rules = endpoint_rules(spec, plan)
    return derive_hpfs(cohort, rules, name=name, label=label)


def _specimens(plan: StudyPlan, cohort: Cohort) -> SpecimenCheck | None:
    if cohort.specimens is None or cohort.procedures is None:
        return None
    if plan.specimens.within_months is None:
        return None
    return check_specimen_window(cohort, _origins(plan, cohort), window_days(plan))


def _origins(plan: StudyPlan, cohort: Cohort) -> dict[str, dt.date]:
    """Give the start of treatment that the primary endpoint counts from."""
    primary = next(iter(plan.endpoint.values()), None)
    origin = primary.origin if isinstance(primary, DatedEndpoint) else "first_embolization"
    return treatment_starts(cohort, origin)


def _speaking(plan: StudyPlan, cohort: Cohort) -> tuple[Cohort, tuple[Caveat, ...]]:
    """Leave each patient the specimens that speak by the rule of the plan."""
    if cohort.specimens is None:
        return cohort, ()
    return choose_specimens(
        cohort,
        _origins(plan, cohort),
        plan.specimens.rule,
        window_days(plan),
        plan.specimens.liver_sites,
    )


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
        specimen=_in_order(derived.specimen_days, patients),
        after=np.array(
            [
                np.nan if trace is None or trace.after_time is None else trace.after_time
                for trace in found
            ]
        ),
    )


def _in_order(days: Mapping[str, float], patients: Sequence[str]) -> NDArray[np.float64] | None:
    """Put days in the order of the index, NaN where unknown; None where nobody has any."""
    if not days:
        return None
    return np.array([days.get(patient, np.nan) for patient in patients])


def _covariates(
    plan: StudyPlan, cohort: Cohort, derived: Mapping[str, DerivedEndpoint]
) -> dict[str, Covariate]:
    found: dict[str, Covariate] = {}
    plan_problems: list[PlanProblem] = []
    data_problems: list[DataProblem] = []
    clusters = {analysis.cluster for analysis in plan.analysis}
    for name, spec in plan.covariate.items():
        most = len(cohort.patient_ids) if name in clusters else MOST_LEVELS
        try:
            source = derived.get(spec.endpoint or "")
            best = None if source is None else source.best_responses
            found[name] = build_covariate(
                name,
                spec,
                cohort,
                cohort.patient_ids,
                best_responses=best,
                most_levels=most,
            )
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
