"""A run in a few lines of plain data, for the terminal and for --json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from embogen.caveats import Caveat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embogen.cohort.flow import PatientFlow
    from embogen.endpoint.model import Finding
    from embogen.study.analysis_set import AnalysisSet, EndpointColumn
    from embogen.study.results import StudyResults


def describe_set(data: AnalysisSet) -> dict[str, Any]:
    """Summarise an analysis set: flow, endpoints, candidate genes, caveats of both."""
    summary: dict[str, Any] = {"patients": data.n, "flow": _flow(data.flow)}
    summary["endpoints"] = [
        f"{endpoint.label}: {int(endpoint.known.sum())} patients, "
        f"{int((endpoint.event == 1).sum())} events{_competing(endpoint)}"
        for endpoint in data.endpoints.values()
    ]
    if data.genes is not None:
        summary["candidate genes"] = ", ".join(data.candidates) or "none"
    of_endpoints: dict[str, list[str]] = {}
    for endpoint in data.endpoints.values():
        for message in _messages(endpoint.caveats):
            of_endpoints.setdefault(message, []).append(endpoint.label)
    notes = [f"{', '.join(labels)}: {message}" for message, labels in of_endpoints.items()]
    summary["to note"] = [*_messages(data.caveats), *notes]
    return summary


_SHOWN_FINDINGS: Final = 20
_SORTS: Final = {
    "impossible_order": "dates in an impossible order",
    "readers_disagree": "readers disagree on progression",
    "call_against_diameters": "progression called against the diameters",
    "long_gap": "gaps over twice the schedule of scans",
}


def describe_findings(findings: Iterable[Finding]) -> dict[str, Any]:
    """List what a person should look at, by sort, with file and row; nothing where nothing is."""
    summary: dict[str, Any] = {}
    found = list(findings)
    for code, words in _SORTS.items():
        lines = [str(item) for item in found if item.code == code]
        if lines:
            more = len(lines) - _SHOWN_FINDINGS
            tail = [f"and {more} more"] if more > 0 else []
            summary[words] = [*lines[:_SHOWN_FINDINGS], *tail]
    return summary


def describe_results(results: StudyResults) -> dict[str, Any]:
    """Summarise results: study, flow, each analysis with its state, printed figures reproduced."""
    summary: dict[str, Any] = {"study": results.title}
    if results.synthetic:
        summary["notice"] = results.synthetic
    summary["flow"] = _flow(results.flow)
    summary["analyses"] = [
        f"{item.id} ({item.kind}): {item.error or item.status}" for item in results.analyses
    ]
    if results.comparison is not None:
        n_figures = len(results.comparison.figures)
        summary["printed figures reproduced"] = f"{results.comparison.n_agreeing} of {n_figures}"
    summary["to note"] = _messages(results.caveats)
    return summary


def _competing(endpoint: EndpointColumn) -> str:
    if len(endpoint.causes) == 1:
        return ""
    return f", {int((endpoint.event > 1).sum())} competing ({endpoint.causes[1]})"


def _flow(flow: PatientFlow) -> list[str]:
    return [f"{step.label}: {step.n_after} of {step.n_before}" for step in flow.steps]


def _messages(caveats: Iterable[Caveat]) -> list[str]:
    return [item.message for item in caveats if item.code != "synthetic"]
