"""Analysis kinds that look at a model's assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.inference.cox import fit_cox
from embogen.inference.ph_test import ProportionalHazardsTest, proportional_hazards
from embogen.study.joint_model import joint_model
from embogen.study.p_values import generator_of
from embogen.study.selection import Ran

if TYPE_CHECKING:
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection


def run_proportional_hazards(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Test whether the hazard ratios of one model with all terms are constant in time."""
    surv, design, strata, excluded = joint_model(spec, data)
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
