"""Scans of a study: its patients, outcomes and covariates on one side, its features on the other.

The analysis set is assembled as for any analysis, so a scan sees the same patients by the same
rules, and the flow says who was left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embogen.errors import NotEstimable, PlanError, PlanProblem
from embogen.genomics.matrix_features import MatrixFeatures
from embogen.io.alterations_parquet import open_alterations
from embogen.scan.engine import ScanTask
from embogen.scan.problem import ScanOptions, ScanProblem
from embogen.study.assemble import assemble
from embogen.study.genomic_sources import read_study_panels
from embogen.study.p_values import generator_of
from embogen.study.plan import AnalysisSection
from embogen.study.selection import own_surv, strata_rows, with_outcome
from embogen.study.terms import design_of, term_blocks

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.cohort.flow import PatientFlow
    from embogen.genomics.feature_blocks import FeatureSource
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.assemble import Assembled
    from embogen.study.parse import Study
    from embogen.study.scan_plan import ScanSection


@dataclass(frozen=True, slots=True, eq=False)
class PreparedScan:
    """A scan of a plan, ready to run.

    Parameters
    ----------
    spec
        The section of the plan.
    task
        Endpoints and features.
    labels
        Endpoint to what a reader calls it.
    feature_labels
        Feature to what a reader calls it, where that is not its name (groups of genes).
    excluded
        Endpoint to the patients left out of it, in words.
    flow
        How the patients of the file became those of the study.
    caveats
        Of the data, before anything was tested.
    """

    spec: ScanSection
    task: ScanTask
    labels: dict[str, str]
    feature_labels: dict[str, str]
    excluded: dict[str, tuple[str, ...]]
    flow: PatientFlow
    caveats: tuple[Caveat, ...]


def prepare_scans(study: Study, only: str | None = None) -> tuple[PreparedScan, ...]:
    """Read a study and make its scans ready.

    Parameters
    ----------
    study
        The study.
    only
        Id of one scan; all of them when not given.

    Raises
    ------
    DataError
        With the problems of all files.
    PlanError
        When the plan has no such scan, or its features or covariates are not there.
    NotEstimable
        When nobody is left for an endpoint.
    """
    chosen = [spec for spec in study.plan.scan if only is None or spec.id == only]
    if not chosen:
        known = ", ".join(spec.id for spec in study.plan.scan)
        remedy = f"The study file has: {known}." if known else "Add a [[scan]] with an id."
        what = "the plan holds no scan" if only is None else f'"{only}" is not a scan of the plan'
        raise PlanError([PlanProblem("scan", what, remedy)])
    assembled = assemble(study)
    sources: dict[str, tuple[FeatureSource, tuple[Caveat, ...]]] = {}
    prepared = []
    for spec in chosen:
        which = _which(spec, study)
        if which not in sources:
            sources[which] = _source(which, study, assembled)
        prepared.append(_prepare(spec, sources[which], assembled))
    return tuple(prepared)


def _which(spec: ScanSection, study: Study) -> str:
    given = study.plan.data.alterations is not None
    if spec.features == "alterations" and not given:
        remedy = "Name the file under data.alterations, or leave the key out."
        message = "the plan gives no table of alterations"
        raise PlanError([PlanProblem(f"scan.{spec.id}.features", message, remedy)])
    return "genes" if spec.features == "genes" or not given else "alterations"


def _source(
    which: str, study: Study, assembled: Assembled
) -> tuple[FeatureSource, tuple[Caveat, ...]]:
    """Open the features for the patients of the analysis set."""
    data = assembled.data
    if which == "genes":
        if data.genes is None:
            message = "a scan needs features, and the plan gives no genotypes"
            remedy = "Name a file under data.mutations, or under data.alterations."
            raise PlanError([PlanProblem("scan", message, remedy)])
        return MatrixFeatures(data.genes), ()
    spec = study.plan.data.alterations
    if spec is None:  # `_which` has looked
        raise ValueError("no table of alterations")
    panels = {}
    if study.plan.data.panels is not None:
        panels = dict(read_study_panels(study.plan.data.panels, study.folder))
    return open_alterations(
        spec.file,
        folder=study.folder,
        patients=data.patient_ids,
        panel_of=_panel_of(spec.panel, assembled),
        panels=panels,
        whole_genome=spec.whole_genome,
        columns=spec.columns,
        known_elsewhere=assembled.cohort.patient_ids,
    )


def _panel_of(column: str | None, assembled: Assembled) -> list[str | None]:
    """Give each patient's panel, in the order of the analysis set."""
    patients = assembled.data.patient_ids
    if column is None:
        return [None] * len(patients)
    table = assembled.cohort.patients
    if column not in table.columns:
        have = ", ".join(name for name in table.columns if not name.startswith("_"))
        message = f'"{column}" is not a column of the patients table'
        raise PlanError([PlanProblem("data.alterations.panel", message, f"It has: {have}.")])
    texts = table[column].cast(str, strict=False).to_list()
    panel = dict(zip(table["patient_id"].to_list(), texts, strict=True))
    return [panel.get(patient) for patient in patients]


def _prepare(
    spec: ScanSection, source: tuple[FeatureSource, tuple[Caveat, ...]], assembled: Assembled
) -> PreparedScan:
    data = assembled.data
    problems, excluded = [], {}
    for endpoint in spec.endpoints:
        problem, left = _problem(spec, endpoint, data)
        problems.append(problem)
        excluded[endpoint] = left
    groups = {} if data.genes is None else data.genes.groups
    return PreparedScan(
        spec=spec,
        task=ScanTask(tuple(problems), source[0]),
        labels={name: data.endpoints[name].label for name in spec.endpoints},
        feature_labels={name: group.label for name, group in groups.items()},
        excluded=excluded,
        flow=data.flow,
        caveats=(*data.caveats, *source[1]),
    )


def _problem(
    spec: ScanSection, endpoint: str, data: AnalysisSet
) -> tuple[ScanProblem, tuple[str, ...]]:
    """Take the patients for whom outcome, covariates and stratum are known."""
    model = AnalysisSection(
        id=spec.id, kind="cox", endpoint=endpoint, terms=spec.covariates, strata=spec.strata
    )
    labels, known, without_stratum = strata_rows(model, data)
    rows, excluded = with_outcome(model, data)
    rows = rows & known
    excluded += without_stratum
    blocks = term_blocks(spec.covariates, data, f"scan.{spec.id}.covariates")
    for block in blocks:
        missing = int((rows & ~block.known).sum())
        if missing:
            who = "patient" if missing == 1 else "patients"
            excluded += (f"{missing} {who}: {block.terms[0].name} {block.missing_word}",)
        rows = rows & block.known
    if not rows.any():
        message = f"scan {spec.id}: no patient has {endpoint} and all covariates. "
        raise NotEstimable(message + "Leave a covariate out, or complete it.")
    codes = None
    if labels is not None:
        codes = np.unique(labels[rows], return_inverse=True)[1].astype(np.int64)
    seed = int(generator_of(data.seed, "scan", spec.id).integers(2**62))
    problem = ScanProblem(
        name=endpoint,
        surv=own_surv(endpoint, data, rows),
        rows=np.flatnonzero(rows),
        covariates=design_of(blocks, rows) if blocks else None,
        strata=codes,
        options=ScanOptions(
            ties=spec.ties,
            min_carriers=spec.min_carriers,
            exact_below=spec.exact_below,
            estimates_below=spec.estimates_below,
            draws=spec.draws,
            seed=seed,
        ),
    )
    return problem, excluded
