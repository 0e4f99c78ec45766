"""The analysis kinds: for each, the function that runs it on an `AnalysisSet`.

A new kind is a function here and a line in `KINDS`; its result type lives in `inference`, its
rendering in `tables` or `figures`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from embogen.caveats import Caveat
from embogen.genomics.frequency import GeneCount as Tally
from embogen.genomics.frequency import rank_genes
from embogen.genomics.oncoprint import Track, build_oncoprint
from embogen.inference.cox import UnivariableCox, univariable_cox
from embogen.inference.describe import BaselineTable, Column, baseline_table
from embogen.inference.frequency import GeneCount, GeneFrequency, gene_frequency
from embogen.study.entry_analysis import run_entry_audit
from embogen.study.gene_analyses import (
    run_co_mutation,
    run_gene_by_site,
    run_specimen_concordance,
)
from embogen.study.joint_model import joint_model
from embogen.study.model_checks import run_proportional_hazards, run_validation
from embogen.study.outcome_analyses import (
    run_cumulative_incidence,
    run_fine_gray,
    run_kaplan_meier,
    run_landmark,
    run_response,
    run_rmst,
)
from embogen.study.p_values import Fitted, complete_fit, complete_univariable
from embogen.study.panel import PanelRows, with_panel_family
from embogen.study.predicted import run_predicted_survival
from embogen.study.selection import (
    Ran,
    cluster_rows,
    endpoint_name,
    left_out,
    own_surv,
    strata_rows,
    with_outcome,
)
from embogen.study.terms import GENE_PREFIX, design_of, expand, gene_of, group_of, term_blocks

if TYPE_CHECKING:
    from embogen.genomics.alterations import AlterationMatrix
    from embogen.genomics.oncoprint import OncoPrint
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection


@dataclass(frozen=True, slots=True)
class Kind:
    """An analysis kind: how it is run, the plan keys it takes and needs, and what it is.

    `takes` and `needs` do not name id, kind, title and exploratory, which all kinds take.
    `competing` tells what becomes of an endpoint on which death competes: the kind ``needs`` one,
    counts the death as ``censored`` (so that hazards are cause-specific) or as ``without`` the
    event, or is ``refused``, with `instead` naming the kind that answers the question.
    """

    run: Callable[[AnalysisSection, AnalysisSet], Ran]
    meaning: str
    takes: frozenset[str]
    needs: frozenset[str] = frozenset()
    needs_genes: bool = False
    competing: Literal["needs", "censored", "without", "refused"] = "refused"
    instead: str = ""


def run_univariable_cox(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Fit one model per word of `terms`, each on the patients for whom the word is known."""
    name = endpoint_name(spec)
    labels, in_strata, excluded = strata_rows(spec, data)
    base, without_outcome = with_outcome(spec, data)
    clusters, in_cluster, without_cluster = cluster_rows(spec, data)
    base = base & in_strata & in_cluster
    excluded = (*without_outcome, *excluded, *without_cluster)
    blocks = term_blocks(spec.terms, data, f"analysis.{spec.id}.terms")
    designs = []
    for block in blocks:
        rows = block.known[base]
        missing = int((~rows).sum())
        excluded += left_out(missing, f"{block.terms[0].name} {block.missing_word}")
        if rows.any():
            designs.append((design_of([block], base & block.known), rows))
    surv, strata = own_surv(name, data, base), None if labels is None else labels[base]
    cluster = None if clusters is None else clusters[base]
    result: UnivariableCox = univariable_cox(
        surv,
        designs,
        ties=spec.ties,
        strata=strata,
        cluster=cluster,
        penalty=spec.penalty,
        level=spec.level,
    )
    result = complete_univariable(spec, data, result, (surv, designs, strata, cluster))
    if spec.family == "panel":
        result = with_panel_family(spec, data, result, PanelRows(base, surv, strata))
    return Ran(result, excluded, _nothing_testable(spec, data))


def _nothing_testable(spec: AnalysisSection, data: AnalysisSet) -> tuple[Caveat, ...]:
    """Say so when `gene:*` stands for no gene at all."""
    if f"{GENE_PREFIX}*" not in spec.terms or data.candidates:
        return ()
    most = 0
    if data.genes is not None:
        most = max((row.altered for row in rank_genes(data.genes)), default=0)
    message = (
        "No gene meets the plan's condition for a candidate, so none is related to outcome: "
        f"the most frequently altered gene is altered in {most} "
        f"{'patient' if most == 1 else 'patients'}."
    )
    return (Caveat("nothing_testable", message, {"most_altered": most}),)


def run_cox(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Fit one model with all `terms` on the patients for whom all are known."""
    model = joint_model(spec, data)
    fitted = Fitted(model.surv, model.design, model.strata, model.cluster)
    return Ran(complete_fit(spec, data, fitted), model.excluded)


def _column(word: str, data: AnalysisSet, path: str) -> Column:
    """Describe one word of the plan as a row of a baseline table."""
    if gene_of(word) is not None:
        groups, order, label = group_of(word, data, path)
        return Column(label, label, "category", groups, order)
    covariate = data.covariates[word]
    if covariate.levels:
        return Column(word, covariate.label, "category", covariate.texts(), covariate.levels)
    values = [None if np.isnan(value) else float(value) for value in covariate.values]
    return Column(word, covariate.label, "number", values, (), covariate.unit)


def run_baseline_table(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Describe `variables`, overall and by the groups of `by`."""
    path = f"analysis.{spec.id}"
    # the grouping variable beside itself would be a row of 0% and 100% with a p-value
    words = [word for word in expand(spec.variables, data) if word != spec.by]
    columns = [_column(word, data, path) for word in words]
    if spec.by is None:
        result: BaselineTable = baseline_table(columns)
    else:
        groups, order, label = group_of(spec.by, data, f"{path}.by")
        result = baseline_table(columns, groups=groups, group_variable=label, group_levels=order)
    return Ran(result)


def _genes(data: AnalysisSet) -> AlterationMatrix:
    if data.genes is None:  # refused when the plan was read
        msg = "the study has no genotypes"
        raise ValueError(msg)
    return data.genes


def _shown(spec: AnalysisSection, data: AnalysisSet) -> list[Tally]:
    """Choose the rows of a table or picture of genes.

    Those of `terms`; without terms the `top` most frequent genes, and every group of genes.
    """
    matrix = _genes(data)
    ranked = rank_genes(matrix)
    if spec.terms:
        blocks = term_blocks(spec.terms, data, f"analysis.{spec.id}.terms")
        wanted = {gene_of(block.word) for block in blocks}
        return [row for row in ranked if row.gene in wanted]
    genes = [row for row in ranked if row.gene not in matrix.groups]
    altered = [row for row in genes if row.altered or row.gene in data.candidates]
    return [*altered[: spec.top], *(row for row in ranked if row.gene in matrix.groups)]


def run_gene_frequency(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Rank genes by the altered fraction of the patients tested for them."""
    matrix = _genes(data)
    counts = [
        GeneCount(
            row.gene,
            row.altered,
            row.tested,
            row.not_tested,
            row.failed,
            matrix.groups[row.gene].members if row.gene in matrix.groups else (),
            matrix.label(row.gene) if row.gene in matrix.groups else None,
        )
        for row in _shown(spec, data)
    ]
    result: GeneFrequency = gene_frequency(
        counts,
        n_patients=data.n,
        candidates=frozenset(data.candidates),
        level=spec.level,
    )
    return Ran(result)


def run_oncoprint(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Order the most frequent genes and the patients for an OncoPrint, with clinical tracks."""
    genes = _genes(data)
    ranked = [row.gene for row in _shown(spec, data) if spec.terms or row.altered]
    tracks = []
    for word in spec.variables:
        column = _column(word, data, f"analysis.{spec.id}.variables")
        tracks.append(
            Track(
                column.name,
                column.label,
                column.kind,
                tuple(column.values),
                column.levels,
                column.unit,
            )
        )
    result: OncoPrint = build_oncoprint(genes, ranked, tracks)
    return Ran(result)


_JOINT_KEYS: Final = frozenset({"endpoint", "terms", "within", "strata", "ties", "level"})
_MODEL_KEYS: Final = _JOINT_KEYS | {
    "p_value",
    "penalty",
    "permutations",
    "permutation_statistic",
    "mid_p",
    "cluster",
}
_CURVE_KEYS: Final = frozenset({"endpoint", "by", "within", "strata", "interval", "level"})

KINDS: Final[dict[str, Kind]] = {
    "baseline_table": Kind(
        run_baseline_table,
        "Describes the patients, overall and by group, with tests and missing values counted.",
        frozenset({"variables", "by"}),
        frozenset({"variables"}),
    ),
    "gene_frequency": Kind(
        run_gene_frequency,
        "Ranks genes by the altered fraction of the patients tested for them.",
        frozenset({"terms", "top", "level"}),
        needs_genes=True,
    ),
    "univariable_cox": Kind(
        run_univariable_cox,
        "Fits one Cox model per term.",
        _MODEL_KEYS | {"multiplicity", "family"},
        frozenset({"endpoint", "terms"}),
        competing="censored",
    ),
    "cox": Kind(
        run_cox,
        "Fits one Cox model with all terms together.",
        _MODEL_KEYS,
        frozenset({"endpoint", "terms"}),
        competing="censored",
    ),
    "proportional_hazards": Kind(
        run_proportional_hazards,
        "Tests whether the hazard ratios of one Cox model are constant in time.",
        _JOINT_KEYS | {"transform", "permutations"},
        frozenset({"endpoint", "terms"}),
        competing="censored",
    ),
    "validation": Kind(
        run_validation,
        "Corrects the concordance and calibration of one Cox model for optimism.",
        _JOINT_KEYS | {"penalty", "replicates"},
        frozenset({"endpoint", "terms"}),
        competing="censored",
    ),
    "predicted_survival": Kind(
        run_predicted_survival,
        "Predicts survival from one Cox model for the levels of a term, the other terms held.",
        _JOINT_KEYS | {"by", "at", "times_months", "quantiles", "penalty", "interval"},
        frozenset({"endpoint", "terms", "by"}),
        instead="cumulative_incidence",
    ),
    "kaplan_meier": Kind(
        run_kaplan_meier,
        "Estimates survival curves, overall or by group, with medians and the log-rank test.",
        _CURVE_KEYS | {"rho", "trend", "quantiles", "cumulative_hazard"},
        frozenset({"endpoint"}),
        instead="cumulative_incidence",
    ),
    "cumulative_incidence": Kind(
        run_cumulative_incidence,
        "Estimates the incidence of the event and of the death that competes, with Gray's test.",
        _CURVE_KEYS,
        frozenset({"endpoint"}),
        competing="needs",
    ),
    "fine_gray": Kind(
        run_fine_gray,
        "Fits one subdistribution hazards model of the event, death competing.",
        frozenset({"endpoint", "terms", "within", "strata", "level"}),
        frozenset({"endpoint", "terms"}),
        competing="needs",
    ),
    "landmark": Kind(
        run_landmark,
        "Relates genes to having had the event by a landmark, with Fisher's exact test.",
        frozenset({"endpoint", "terms", "landmark_months", "confounders", "within", "level"}),
        frozenset({"endpoint", "terms"}),
        competing="without",
    ),
    "response": Kind(
        run_response,
        "Relates genes to response, with Fisher's exact test and odds ratios.",
        frozenset({"response", "responders", "terms", "confounders", "within", "level"}),
        frozenset({"response", "terms"}),
    ),
    "rmst": Kind(
        run_rmst,
        "Estimates restricted mean survival up to a horizon, with differences and ratios.",
        frozenset({"endpoint", "by", "horizon_months", "within", "level"}),
        frozenset({"endpoint", "horizon_months"}),
        instead="cumulative_incidence",
    ),
    "entry_audit": Kind(
        run_entry_audit,
        "Sets four treatments of late specimens side by side, with a test of dependent entry.",
        frozenset({"endpoint", "terms", "landmark_months", "within", "level"}),
        frozenset({"endpoint"}),
        instead="cumulative_incidence",
    ),
    "co_mutation": Kind(
        run_co_mutation,
        "Compares pairs of genes, altered together or apart, with Fisher's exact test.",
        frozenset({"terms", "within", "multiplicity", "level"}),
        frozenset({"terms"}),
        needs_genes=True,
    ),
    "gene_by_site": Kind(
        run_gene_by_site,
        "Compares how often genes are altered between groups such as primary sites.",
        frozenset({"terms", "by", "within", "multiplicity", "level"}),
        frozenset({"terms", "by"}),
        needs_genes=True,
    ),
    "specimen_concordance": Kind(
        run_specimen_concordance,
        "Compares two specimens of each patient, gene by gene: agreement and kappa.",
        frozenset({"terms", "between", "level"}),
        frozenset({"terms"}),
        needs_genes=True,
    ),
    "oncoprint": Kind(
        run_oncoprint,
        "Shows each patient's altered, wild-type and untested genes with clinical tracks.",
        frozenset({"terms", "variables", "top"}),
        needs_genes=True,
    ),
}
"""Every analysis kind by its name in a plan."""
