"""Analysis kinds that look at a model's assumptions and its performance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.inference.cox import fit_cox
from embogen.inference.ph_test import ProportionalHazardsTest, proportional_hazards
from embogen.inference.validation import validate_cox
from embogen.study.joint_model import continuous_ties, joint_model
from embogen.study.p_values import generator_of
from embogen.study.selection import Ran

if TYPE_CHECKING:
    from embogen.inference.validation_result import CoxValidation
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection


def run_proportional_hazards(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Test whether the hazard ratios of one model with all terms are constant in time."""
    surv, design, strata, excluded = joint_model(spec, data)[:4]
    fit = fit_cox(surv, design, ties=spec.ties, strata=strata, level=spec.level)
    result: ProportionalHazardsTest = proportional_hazards(
        fit,
        surv,
        design,
        transform=spec.transform,
        strata=strata,
        rng=generator_of(data.seed, spec.id),
        max_draws=spec.permutations,
        level=spec.level,
    )
    return Ran(result, excluded)


def run_validation(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Fit one model with all `terms` and correct its performance for optimism."""
    ties = continuous_ties(spec, "linear predictor of time to validate")
    surv, design, strata, excluded = joint_model(spec, data)[:4]
    result: CoxValidation = validate_cox(
        surv,
        design,
        rng=generator_of(data.seed, spec.id, "validation"),
        replicates=spec.replicates,
        strata=strata,
        ties=ties,
        penalty=spec.penalty,
        level=spec.level,
    )
    return Ran(result, excluded)
