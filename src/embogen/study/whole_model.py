"""One Cox model of all terms together: its rows, and its validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.errors import NotEstimable
from embogen.inference.validation import validate_cox
from embogen.study.p_values import generator_of
from embogen.study.selection import (
    Ran,
    endpoint_left_out,
    endpoint_name,
    left_out,
    own_surv,
    strata_rows,
)
from embogen.study.terms import design_of, term_blocks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embogen.inference.design import Design
    from embogen.inference.validation_result import CoxValidation
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection
    from embogen.surv import Surv


def one_model(
    spec: AnalysisSection, data: AnalysisSet
) -> tuple[Surv, Design, NDArray[np.str_] | None, tuple[str, ...]]:
    """Take the patients for whom all `terms` are known.

    Returns
    -------
    surv, design, strata
        Of these patients; strata None without any.
    excluded
        The words for the others.

    Raises
    ------
    NotEstimable
        When `gene:*` stands for no gene and nothing else is named.
    """
    name = endpoint_name(spec)
    labels, in_strata, excluded = strata_rows(spec, data)
    base = data.endpoints[name].known & in_strata
    excluded = (*endpoint_left_out(name, data), *excluded)
    blocks = term_blocks(spec.terms, data, f"analysis.{spec.id}.terms")
    if not blocks:
        msg = "No gene meets the plan's condition for a candidate, so the model has no terms."
        raise NotEstimable(msg)
    rows = base.copy()
    for block in blocks:
        missing = int((base & ~block.known).sum())
        excluded += left_out(missing, f"{block.terms[0].name} {block.missing_word}")
        rows &= block.known
    strata = None if labels is None else labels[rows]
    return own_surv(name, data, rows), design_of(blocks, rows), strata, excluded


def run_validation(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Fit one model with all `terms` and correct its performance for optimism."""
    surv, design, strata, excluded = one_model(spec, data)
    result: CoxValidation = validate_cox(
        surv,
        design,
        rng=generator_of(data.seed, spec.id, "validation"),
        replicates=spec.replicates,
        strata=strata,
        ties=spec.ties,
        penalty=spec.penalty,
        level=spec.level,
    )
    return Ran(result, excluded)
