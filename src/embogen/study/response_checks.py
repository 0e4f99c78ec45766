"""Covariates that are an outcome: where they come from, and where they must not go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from embogen.errors import PlanProblem
from embogen.study.endpoint_checks import events_of

_COLUMNS: Final = ("best_response", "objective_response")
_PLACES: Final = ("terms", "strata", "confounders")


def _tables(raw: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    section = raw.get(name)
    items = section.items() if isinstance(section, dict) else ()
    return {str(key): spec for key, spec in items if isinstance(spec, dict)}


def response_problems(raw: dict[str, Any]) -> Iterator[PlanProblem]:
    """Find covariates of an endpoint that leads nowhere, or that tells no response."""
    endpoints = _tables(raw, "endpoint")
    for name, spec in _tables(raw, "covariate").items():
        path, endpoint = f"covariate.{name}", spec.get("endpoint")
        if spec.get("table") != "endpoint":
            if endpoint is not None:
                remedy = 'Write table = "endpoint", or remove it.'
                yield PlanProblem(f"{path}.endpoint", 'is for table = "endpoint" alone', remedy)
            continue
        if spec.get("column") not in _COLUMNS:
            message = f'"{spec.get("column")}" is not one of {", ".join(_COLUMNS)}'
            yield PlanProblem(f"{path}.column", message, "Correct the value.")
        if endpoint is None:
            remedy = 'Name the endpoint: endpoint = "hpfs".'
            yield PlanProblem(f"{path}.endpoint", "is missing", remedy)
        elif str(endpoint) not in endpoints:
            have = ", ".join(endpoints) or "none"
            message = f'"{endpoint}" is not a declared endpoint'
            yield PlanProblem(f"{path}.endpoint", message, f"The study file has: {have}.")
        elif _without_response(endpoints[str(endpoint)]):
            message = f"{endpoint} is not derived from scans, so it tells no response"
            remedy = "Name an endpoint of progression that is derived from assessments."
            yield PlanProblem(f"{path}.endpoint", message, remedy)


def _without_response(spec: dict[str, Any]) -> bool:
    return "time" in spec or "event" in spec or events_of(spec) == ("death",)


def _words(raw: object) -> list[str]:
    """Return the text in a list, or the keys of a table, whatever the TOML holds."""
    return [item for item in raw if isinstance(item, str)] if isinstance(raw, list | dict) else []


def hindsight_problems(
    path: str, analysis: dict[str, Any], raw: dict[str, Any], kind: str
) -> Iterator[PlanProblem]:
    """Refuse a response as what divides patients at the origin: it is known only later.

    Responders must have lived to respond (guarantee-time bias): Anderson, Cain & Gelber, J Clin
    Oncol 1983;1:710.
    """
    later = {
        name for name, spec in _tables(raw, "covariate").items() if spec.get("table") == "endpoint"
    }
    named = [(key, word) for key in _PLACES for word in _words(analysis.get(key))]
    named += [("within", word) for word in _words(analysis.get("within"))]
    named += [("by", word) for word in _words([analysis.get("by")])]
    for key, word in named:
        if word in later:
            message = (
                f'"{word}" is known only after the origin, and a {kind} would divide patients by '
                "it from the origin on: responders had to live to respond"
            )
            remedy = 'Relate it to genes by kind = "response".'
            yield PlanProblem(f"{path}.{key}", message, remedy)
