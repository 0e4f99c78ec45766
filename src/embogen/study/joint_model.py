"""The rows and columns of one model with all terms of an analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from embogen.errors import NotEstimable, PlanError, PlanProblem
from embogen.study.selection import (
    cluster_rows,
    endpoint_name,
    left_out,
    own_surv,
    strata_rows,
    with_outcome,
)
from embogen.study.terms import design_of, term_blocks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embogen.inference.design import Design
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection
    from embogen.surv import Surv


class JointModel(NamedTuple):
    """What one model is fitted to, and the patients it leaves out, in words.

    Attributes
    ----------
    surv, design
        Outcome and columns of the patients for whom all terms are known.
    strata
        Their stratum labels; None without strata.
    excluded
        Words for the others.
    rows
        (n,) who the patients of the model are.
    cluster
        The cluster of each, where a plan names one.
    """

    surv: Surv
    design: Design
    strata: NDArray[np.str_] | None
    excluded: tuple[str, ...]
    rows: NDArray[np.bool_]
    cluster: NDArray[np.str_] | None = None


def joint_model(spec: AnalysisSection, data: AnalysisSet) -> JointModel:
    """Take the patients for whom the outcome and all terms are known.

    Raises
    ------
    NotEstimable
        When no term is left: `gene:*` stands for no gene.
    """
    labels, in_strata, without_stratum = strata_rows(spec, data)
    clusters, in_cluster, without_cluster = cluster_rows(spec, data)
    rows, excluded = with_outcome(spec, data)
    rows = rows & in_strata & in_cluster
    excluded += (*without_stratum, *without_cluster)
    blocks = term_blocks(spec.terms, data, f"analysis.{spec.id}.terms")
    if not blocks:
        message = "no gene meets the plan's condition for a candidate, so the model has no term"
        raise NotEstimable(message)
    base = rows
    for block in blocks:
        missing = int((base & ~block.known).sum())
        excluded += left_out(missing, f"{block.terms[0].name} {block.missing_word}")
        rows = rows & block.known
    return JointModel(
        own_surv(endpoint_name(spec), data, rows),
        design_of(blocks, rows),
        None if labels is None else labels[rows],
        excluded,
        rows,
        None if clusters is None else clusters[rows],
    )


def continuous_ties(spec: AnalysisSection, what: str) -> Literal["efron", "breslow"]:
    """Return the handling of ties of a model that needs a hazard in continuous time.

    Raises
    ------
    PlanError
        When the plan says ``ties = "exact"``; `what` names what such a model does not have.
    """
    if spec.ties == "exact":
        message = f"a model of discrete time has no {what}"
        problem = PlanProblem(f"analysis.{spec.id}.ties", message, 'Write ties = "efron".')
        raise PlanError([problem])
    return spec.ties
