"""Which patients an analysis sees, by endpoint, stratum, subgroup and group; the others in words.

What an analysis leaves out is counted here, so that no kind of analysis drops a patient in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import PlanError, PlanProblem
from embogen.study.terms import gene_of, group_of
from embogen.surv import Surv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection


@dataclass(frozen=True, slots=True)
class Ran:
    """What running an analysis gave, with the patients it left out, in words."""

    result: Any
    excluded: tuple[str, ...] = ()
    caveats: tuple[Caveat, ...] = ()


def endpoint_name(spec: AnalysisSection) -> str:
    """Return the endpoint of an analysis that must have one."""
    if spec.endpoint is None:  # refused when the plan was read
        msg = f"analysis {spec.id} has no endpoint"
        raise ValueError(msg)
    return spec.endpoint


def full_surv(name: str, data: AnalysisSet, rows: NDArray[np.bool_]) -> Surv:
    """Take the outcome of some patients, with every cause its endpoint has."""
    endpoint = data.endpoints[name]
    entry = None if endpoint.entry is None else endpoint.entry[rows]
    return Surv(endpoint.time[rows], endpoint.event[rows], entry, endpoint.causes)


def own_surv(name: str, data: AnalysisSet, rows: NDArray[np.bool_]) -> Surv:
    """Take the outcome of some patients, what competes with the event counted as censored."""
    surv = full_surv(name, data, rows)
    return Surv(surv.time, surv.event == 1, surv.entry)


def left_out(count: int, reason: str) -> tuple[str, ...]:
    """Say how many patients an analysis leaves out, and why; nothing when none."""
    patients = "patient" if count == 1 else "patients"
    return (f"{count} {patients}: {reason}",) if count else ()


def _strata(words: Sequence[str], data: AnalysisSet, path: str) -> tuple[list[str | None], int]:
    """Join the grouping words into one stratum label per patient, None where one is unknown."""
    columns = [group_of(word, data, path)[0] for word in words]
    joined = [
        None if any(part is None for part in row) else " / ".join(str(part) for part in row)
        for row in zip(*columns, strict=True)
    ]
    return joined, sum(item is None for item in joined)


def strata_rows(
    spec: AnalysisSection, data: AnalysisSet
) -> tuple[NDArray[np.str_] | None, NDArray[np.bool_], tuple[str, ...]]:
    """Return stratum labels, the rows whose stratum is known, and the words for the others."""
    known = np.ones(data.n, dtype=bool)
    if not spec.strata:
        return None, known, ()
    joined, missing = _strata(spec.strata, data, f"analysis.{spec.id}.strata")
    known = np.array([item is not None for item in joined])
    labels = np.array([item or "" for item in joined])
    return labels, known, left_out(missing, f"{' or '.join(spec.strata)} missing (stratum)")


def cluster_rows(
    spec: AnalysisSection, data: AnalysisSet
) -> tuple[NDArray[np.str_] | None, NDArray[np.bool_], tuple[str, ...]]:
    """Return the cluster of each patient, the rows where it is known, and words for the others."""
    if spec.cluster is None:
        return None, np.ones(data.n, dtype=bool), ()
    covariate = data.covariates[spec.cluster]
    known = ~np.isnan(covariate.values)
    texts = covariate.texts() if covariate.levels else [f"{v:g}" for v in covariate.values]
    labels = np.array([text or "" for text in texts])
    return labels, known, left_out(int((~known).sum()), f"{covariate.label} missing (cluster)")


def within_rows(
    spec: AnalysisSection, data: AnalysisSet
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return the patients of the subgroup `within`, and the words for the others.

    Raises
    ------
    PlanError
        When a word does not divide patients into groups, or has no such level.
    """
    rows = np.ones(data.n, dtype=bool)
    excluded: tuple[str, ...] = ()
    problems: list[PlanProblem] = []
    for word, level in spec.within.items():
        path = f"analysis.{spec.id}.within.{word}"
        groups, order, label = group_of(word, data, path)
        if level not in order:
            remedy = f"Its levels are: {', '.join(order)}."
            problems.append(PlanProblem(path, f'"{level}" is not one of its levels', remedy))
            continue
        known = np.array([item is not None for item in groups])
        inside = np.array([item == level for item in groups])
        missing = "not tested" if gene_of(word) is not None else "missing"
        excluded += left_out(int((rows & known & ~inside).sum()), f"{label} is not {level}")
        excluded += left_out(int((rows & ~known).sum()), f"{label} {missing}")
        rows &= inside
    if problems:
        raise PlanError(problems)
    return rows, excluded


def with_outcome(
    spec: AnalysisSection, data: AnalysisSet
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return the patients of the subgroup who have the endpoint, and the words for the others."""
    rows, excluded = within_rows(spec, data)
    endpoint = data.endpoints[endpoint_name(spec)]
    missing = int((rows & ~endpoint.known).sum())
    return rows & endpoint.known, (*excluded, *left_out(missing, f"no {endpoint.label}"))


def grouped(
    spec: AnalysisSection, data: AnalysisSet, rows: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.str_] | None, tuple[str, ...], tuple[str, ...]]:
    """Divide patients by the word `by`, if the analysis has one.

    Returns
    -------
    rows
        (n,) those of `rows` whose group is known.
    groups
        Label of each of them, or None when patients are not divided.
    order
        The labels in order.
    excluded
        The words for the others.
    """
    if spec.by is None:
        return rows, None, (), ()
    names, order, label = group_of(spec.by, data, f"analysis.{spec.id}.by")
    has_group = np.array([item is not None for item in names])
    word = "not tested" if gene_of(spec.by) is not None else "missing"
    excluded = left_out(int((rows & ~has_group).sum()), f"{label} {word}")
    rows = rows & has_group
    return rows, np.array([item or "" for item in names])[rows], order, excluded
