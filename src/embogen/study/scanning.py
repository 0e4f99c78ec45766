"""Scans of a study: its patients, outcomes and covariates on one side, its features on the other.

The analysis set is assembled as for any analysis, so a scan sees the same patients by the same
rules, and the flow says who was left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embogen.errors import NotEstimable, PlanError, PlanProblem
from embogen.scan.engine import ScanTask
from embogen.scan.problem import ScanOptions, ScanProblem
from embogen.study.assemble import assemble
from embogen.study.feature_sources import open_features, which_features
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
    sources: dict[tuple[str, int], tuple[FeatureSource, tuple[Caveat, ...]]] = {}
    prepared = []
    for spec in chosen:
        which = which_features(spec, study)
        key = which, spec.min_carriers if which == "variants" else 1
        if key not in sources:
            sources[key] = open_features(which, study, assembled, spec)
        prepared.append(_prepare(spec, sources[key], assembled))
    return tuple(prepared)


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
