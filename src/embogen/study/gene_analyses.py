"""Analysis kinds about genes alone: pairs of genes, genes by group, specimens compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embogen.errors import NotEstimable, PlanError, PlanProblem
from embogen.inference.agreement import PairedCalls, SpecimenAgreement, specimen_agreement
from embogen.inference.association import Factor
from embogen.inference.gene_by_group import GeneByGroup, gene_by_group
from embogen.inference.gene_pairs import CoMutation, co_mutation
from embogen.study.selection import Ran, grouped, left_out, within_rows
from embogen.study.specimen_pairs import pair_specimens
from embogen.study.terms import gene_of, term_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.inference.multiplicity import Adjustment
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection


def _adjustment(spec: AnalysisSection) -> Adjustment | None:
    """Take the adjustment of the plan; Holm where the plan says nothing.

    Raises
    ------
    PlanError
        For ``max_t``, which relabels patients by outcome and has no meaning here.
    """
    if "multiplicity" not in spec.model_fields_set:
        return "holm"
    match spec.multiplicity:
        case "none":
            return None
        case "bh":
            return "BH"
        case "max_t":
            message = f"max_t belongs to outcomes; a {spec.kind} has none"
            problem = PlanProblem(
                f"analysis.{spec.id}.multiplicity", message, "Use holm, bh or bonferroni."
            )
            raise PlanError([problem])
        case method:
            return method


def _genes(spec: AnalysisSection, data: AnalysisSet, rows: NDArray[np.bool_]) -> tuple[Factor, ...]:
    """Take the genes of `terms` in some patients.

    Raises
    ------
    PlanError
        When a term is no gene.
    """
    path = f"analysis.{spec.id}.terms"
    problems = [
        PlanProblem(path, f'"{word}" is no gene', 'Write "gene:DAXX" or "gene:*".')
        for word in spec.terms
        if gene_of(word) is None
    ]
    if problems:
        raise PlanError(problems)
    blocks = term_blocks(spec.terms, data, path)
    return tuple(Factor(block.terms[0], block.columns[rows, 0]) for block in blocks)


def run_co_mutation(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Compare every pair of genes in the patients tested for both."""
    rows, excluded = within_rows(spec, data)
    factors = _genes(spec, data, rows)
    if len(factors) < 2:  # noqa: PLR2004 - a pair needs two
        raise NotEstimable("fewer than two genes are to be compared, so there is no pair")
    groups = {} if data.genes is None else data.genes.groups
    nested = [
        frozenset({a, b})
        for a, group in groups.items()
        for b in (*group.members, *groups)
        if b in group.members or (b != a and set(groups[b].members) & set(group.members))
    ]
    result: CoMutation = co_mutation(
        factors, adjustment=_adjustment(spec), nested=nested, level=spec.level
    )
    return Ran(result, excluded)


def run_gene_by_site(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Compare how often genes are altered between the levels of `by`."""
    rows, excluded = within_rows(spec, data)
    rows, groups, order, without = grouped(spec, data, rows)
    if groups is None:  # refused when the plan was read
        msg = f"analysis {spec.id} has no grouping"
        raise ValueError(msg)
    factors = _genes(spec, data, rows)
    label = spec.by or ""
    if label in data.covariates:
        label = data.covariates[label].label
    result: GeneByGroup = gene_by_group(
        factors,
        groups.tolist(),
        variable=label,
        order=order,
        adjustment=_adjustment(spec),
        level=spec.level,
    )
    return Ran(result, (*excluded, *without))


def run_specimen_concordance(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Compare two specimens of each patient who has them, gene by gene."""
    if data.specimens is None:  # refused when the plan was read
        msg = "the study has no genotypes of specimens"
        raise ValueError(msg)
    paired = pair_specimens(spec, data.specimens)
    if not paired.first:
        message = f"no patient has two sequenced specimens ({paired.first_name}, "
        raise NotEstimable(message + f"{paired.second_name})")
    genes = [gene_of(block.word) or "" for block in term_blocks(spec.terms, data, "terms")]
    first = data.specimens.genes.take(paired.first)
    second = data.specimens.genes.take(paired.second)
    everybody = np.ones(data.n, dtype=bool)
    pairs = [
        PairedCalls(
            factor.term,
            first.values(gene),
            second.values(gene),
            pooled=gene not in data.specimens.genes.groups,
        )
        for factor, gene in zip(_genes(spec, data, everybody), genes, strict=True)
    ]
    result: SpecimenAgreement = specimen_agreement(
        pairs, first=paired.first_name, second=paired.second_name, level=spec.level
    )
    missing = data.n - len(paired.first)
    reason = f"not two sequenced specimens ({paired.first_name}, {paired.second_name})"
    return Ran(result, left_out(missing, reason))
