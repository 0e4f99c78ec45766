"""Run a study: data to analysis set to results."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from embogen.caveats import Caveat
from embogen.errors import EstimationError
from embogen.study.analyses import KINDS
from embogen.study.assemble import Assembled, assemble
from embogen.study.long_table import long_table
from embogen.study.parse import Study
from embogen.study.provenance import Provenance, input_files, platform_name, versions
from embogen.study.published import compare_published
from embogen.study.results import Analysis, EndpointSummary, StudyResults
from embogen.study.selection import Ran
from embogen.study.sources import input_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection

RESULTS_SCHEMA = 1


def run(study: Study, *, progress: Callable[[str], None] | None = None) -> StudyResults:
    """Run every analysis of a study.

    Parameters
    ----------
    study
        From `read_study`.
    progress
        Called with the name of each stage as it begins.

    Returns
    -------
    StudyResults
        Everything found, frozen, at full precision.

    Raises
    ------
    PlanError, DataError
        When the plan does not fit the data or the data cannot be used; nothing is written.

    Notes
    -----
    An analysis that cannot be carried out is returned with status ``failed`` and its reason; the
    others still run.

    Examples
    --------
    The model study that ships with embogen; its cohort is SYNTHETIC.

    >>> import tempfile, pathlib
    >>> from embogen.study.demo import write_demo
    >>> from embogen.study.parse import read_study
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "study"
    >>> files = write_demo(folder)
    >>> results = run(read_study(folder))
    >>> round(results.analysis("table1_adjusted").result.estimates[0].hr.value, 2)
    3.5
    """
    say = progress or (lambda _stage: None)
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    timings: dict[str, float] = {}
    with _timed(timings, "read and assemble"):
        say("reading the data")
        assembled = assemble(study)
    analyses = []
    for spec in study.plan.analysis:
        say(f"analysis {spec.id}")
        with _timed(timings, f"analysis {spec.id}"):
            analyses.append(_analyse(spec, assembled.data))
    comparison = None
    if study.plan.published is not None:
        comparison = compare_published(study, long_table(analyses))
    provenance = Provenance(
        plan_hash=study.plan_hash,
        inputs=input_files(input_names(study.plan), study.folder),
        versions=versions(),
        platform=platform_name(),
        seed=study.plan.study.seed,
        started=started,
        timings=timings,
    )
    return StudyResults(
        schema=RESULTS_SCHEMA,
        study_id=study.plan.study.id,
        title=study.plan.study.title,
        synthetic=study.plan.study.synthetic,
        plan=study.raw,
        flow=assembled.data.flow,
        endpoints=_endpoint_summaries(assembled),
        variables=assembled.variables,
        analyses=tuple(analyses),
        comparison=comparison,
        caveats=assembled.data.caveats,
        provenance=provenance,
    )


def _analyse(spec: AnalysisSection, data: AnalysisSet) -> Analysis:
    error = None
    ran = Ran(None)
    try:
        ran = KINDS[spec.kind].run(spec, data)
    except EstimationError as problem:
        error = str(problem)
    return Analysis(
        id=spec.id,
        kind=spec.kind,
        title=spec.title or spec.id,
        endpoint=spec.endpoint,
        status="ok" if error is None else "failed",
        result=ran.result,
        error=error,
        n_eligible=data.n,
        excluded=ran.excluded,
        caveats=(
            *_competing_note(spec, data),
            *ran.caveats,
            *getattr(ran.result, "caveats", ()),
        ),
        exploratory=spec.exploratory,
    )


def _competing_note(spec: AnalysisSection, data: AnalysisSet) -> tuple[Caveat, ...]:
    """Say that hazards are cause-specific where a Cox model meets competing events."""
    if spec.endpoint is None or KINDS[spec.kind].competing != "censored":
        return ()
    endpoint = data.endpoints[spec.endpoint]
    if len(endpoint.causes) == 1:
        return ()
    competing = int((endpoint.event > 1).sum())
    message = (
        f"{competing} {'patient' if competing == 1 else 'patients'} had a competing event "
        f"({endpoint.causes[1]}), a censoring here: these are cause-specific hazard ratios of "
        f"{endpoint.causes[0]}, which say how fast it comes among those still free of both, not "
        "how many have it by a given time."
    )
    return (Caveat("cause_specific", message, {"competing": competing}),)


def _endpoint_summaries(assembled: Assembled) -> tuple[EndpointSummary, ...]:
    return tuple(
        EndpointSummary(
            name=endpoint.name,
            label=endpoint.label,
            time_unit=endpoint.display_unit,
            n=int(endpoint.known.sum()),
            n_events=int((endpoint.event == 1).sum()),
            delayed_entry=endpoint.entry is not None,
            rules=endpoint.rules,
            caveats=endpoint.caveats,
            causes=endpoint.causes,
            n_competing=int((endpoint.event > 1).sum()),
        )
        for endpoint in assembled.data.endpoints.values()
    )


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    timings[stage] = round(time.perf_counter() - begun, 4)
