"""The power a study has for one gene: its outcome, strata and test, whoever the carriers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.errors import PlanError, PlanProblem
from embogen.inference.cox import fit_cox
from embogen.inference.power_simulation import observed_trial
from embogen.study.assemble import assemble
from embogen.study.p_values import generator_of
from embogen.study.selection import endpoint_name, own_surv, strata_rows
from embogen.study.terms import GENE_PREFIX, design_of, expand, term_blocks

if TYPE_CHECKING:
    from embogen.inference.cox_result import TermEstimate
    from embogen.inference.power_result import PowerTest, PublishedRatio
    from embogen.inference.power_trial import PowerTrial
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.parse import Study
    from embogen.study.plan import AnalysisSection

_KINDS = frozenset({"univariable_cox", "cox"})


@dataclass(frozen=True, slots=True)
class GeneTrial:
    """A gene of a study, ready to be tried at any hazard ratio.

    Parameters
    ----------
    gene, analysis
        What was asked for, and the analysis of the plan whose test it is.
    trial
        The simulation.
    estimate
        What the study found of the gene alone.
    notes
        What a reader must know of how the simulation differs from the analysis.
    """

    gene: str
    analysis: str
    trial: PowerTrial
    estimate: TermEstimate
    notes: tuple[str, ...]

    def published(self) -> PublishedRatio | None:
        """Correct the study's own hazard ratio for the winner's curse.

        Returns
        -------
        PublishedRatio or None
            None where it is not significant, or not finite.
        """
        if not self.trial.observed or self.estimate.status != "ok":
            return None
        return self.trial.published(self.estimate.hr.value, self.estimate.se)


def gene_trial(
    study: Study,
    gene: str,
    *,
    analysis: str | None = None,
    test: PowerTest | None = None,
    level: float = 0.05,
    replicates: int = 4_000,
) -> GeneTrial:
    """Prepare the power simulation of a gene in a study.

    Parameters
    ----------
    study
        From `read_study`.
    gene
        Symbol of the gene.
    analysis
        Id of a Cox analysis of the plan that has the gene among its terms; the first such when
        None.
    test
        The test; that of the analysis when None.
    level
        Two-sided level of the test.
    replicates
        Simulated studies for each hazard ratio.

    Returns
    -------
    GeneTrial

    Raises
    ------
    PlanError, DataError
        When the study cannot be read, or has no such gene or analysis.
    """
    data = assemble(study).data
    spec = _analysis(study, data, gene, analysis)
    name = endpoint_name(spec)
    labels, in_strata, _ = strata_rows(spec, data)
    (block,) = term_blocks([f"{GENE_PREFIX}{gene}"], data, "gene")
    rows = data.endpoints[name].known & in_strata & block.known
    surv, design = own_surv(name, data, rows), design_of([block], rows)
    strata = None if labels is None else labels[rows]
    trial = observed_trial(
        surv,
        design.matrix[:, 0],
        strata=strata,
        level=level,
        test=test or _test(spec),
        replicates=replicates,
        rng=generator_of(data.seed, "power", spec.id, gene),
    )
    fit = fit_cox(surv, design, ties=spec.ties, strata=strata)
    return GeneTrial(gene, spec.id, trial, fit.estimates[0], _notes(spec, trial.n_patients, data))


def _analysis(study: Study, data: AnalysisSet, gene: str, wanted: str | None) -> AnalysisSection:
    """Find the analysis whose test is simulated."""
    word = f"{GENE_PREFIX}{gene}"
    having = [
        spec
        for spec in study.plan.analysis
        if spec.kind in _KINDS and word in expand(spec.terms, data)
    ]
    chosen = [spec for spec in having if wanted is None or spec.id == wanted]
    if chosen:
        return chosen[0]
    if wanted is None:
        message = f'no Cox analysis of the plan has "{word}" among its terms'
        known = sorted({item for spec in study.plan.analysis for item in expand(spec.terms, data)})
        genes = [item.removeprefix(GENE_PREFIX) for item in known if item.startswith(GENE_PREFIX)]
        remedy = f"Genes of the plan: {', '.join(genes)}." if genes else "Add it to an analysis."
    else:
        message = f'"{wanted}" is not a Cox analysis with "{word}" among its terms'
        names = ", ".join(spec.id for spec in having)
        remedy = f"Such analyses: {names}." if names else "Add it to an analysis."
    raise PlanError([PlanProblem("gene" if wanted is None else "analysis", message, remedy)])


def _test(spec: AnalysisSection) -> PowerTest | None:
    """Translate the plan's word; None leaves the choice to the number of carriers."""
    if spec.cluster is not None:  # nothing is permuted there
        return "wald"
    return None if spec.p_value == "auto" else spec.p_value


def _notes(spec: AnalysisSection, n: int, data: AnalysisSet) -> tuple[str, ...]:
    notes = []
    if spec.kind == "cox" and len(expand(spec.terms, data)) > 1:
        notes.append(
            "The analysis holds other terms beside the gene; simulated is the gene alone, which "
            "tells of the adjusted test only as far as these do not matter."
        )
    if spec.penalty is not None and spec.p_value == "auto":
        notes.append("The analysis is penalised; its penalised likelihood ratio is not simulated.")
    if spec.cluster is not None:
        notes.append(
            "The analysis takes patients of one cluster as alike; the test simulated takes all "
            "patients as independent, so that its power is likely too large."
        )
    if "doubled" in spec.permutation_statistic:
        notes.append(
            "The permutation test of the analysis doubles its smaller tail; simulated is the one "
            "by absolute value, which has more power above a hazard ratio of 1 and less below."
        )
    if n < data.n:
        left = data.n - n
        notes.append(
            f"{left} of {data.n} patients are left out: no outcome, no stratum, or not tested."
        )
    return tuple(notes)
