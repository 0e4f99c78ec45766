"""The audit of entry as an analysis of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embogen.errors import PlanError, PlanProblem
from embogen.inference.entry_audit import AuditTerm, EntryAudit, entry_audit
from embogen.study.selection import Ran, endpoint_name, left_out, own_surv, with_outcome
from embogen.study.terms import design_of, term_blocks
from embogen.units import months_to_days

if TYPE_CHECKING:
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection


def run_entry_audit(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Set naive, delayed-entry, landmark and baseline-biopsy estimates side by side.

    Raises
    ------
    PlanError
        When the endpoint knows no specimens.
    """
    endpoint = data.endpoints[endpoint_name(spec)]
    if endpoint.specimen is None:
        message = f"{endpoint.name} knows no dates of specimens"
        remedy = "Name data.specimens, or for an endpoint in columns its key specimen."
        raise PlanError([PlanProblem(f"analysis.{spec.id}.endpoint", message, remedy)])
    rows, excluded = with_outcome(spec, data)
    dated = ~np.isnan(endpoint.specimen)
    excluded = (*excluded, *left_out(int((rows & ~dated).sum()), "specimen without a date"))
    rows = rows & dated
    if not rows.any():
        message = f"nobody with {endpoint.label} has a specimen with a date"
        problem = PlanProblem(f"analysis.{spec.id}.endpoint", message, "Check the specimens.")
        raise PlanError([problem])
    terms = []
    for block in term_blocks(spec.terms, data, f"analysis.{spec.id}.terms"):
        label = block.terms[0].title or block.terms[0].name
        missing = int((rows & ~block.known).sum())
        excluded += left_out(missing, f"{label} {block.missing_word} (its hazard ratios only)")
        if (rows & block.known).any():
            terms.append(AuditTerm(design_of([block], rows & block.known), block.known[rows]))
    result: EntryAudit = entry_audit(
        own_surv(endpoint.name, data, rows),
        endpoint.specimen[rows],
        terms,
        landmark_days=months_to_days(spec.landmark_months),
        level=spec.level,
    )
    return Ran(result, excluded)
