"""Adjust for the whole panel: every gene altered and tested often enough, blind to the outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from embogen.genomics.frequency import rank_genes
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design, Term
from embogen.inference.gene_family import family_of
from embogen.inference.p_values import with_p_values
from embogen.inference.panel_family import PanelFamily, PanelGene
from embogen.study.p_values import generator_of
from embogen.surv import Surv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.inference.cox_result import TermEstimate, UnivariableCox
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection


class PanelRows(NamedTuple):
    """The patients of a univariable analysis.

    Attributes
    ----------
    base
        (n,) which patients of the analysis set they are.
    surv, strata
        Their outcome, and their stratum labels or None.
    """

    base: NDArray[np.bool_]
    surv: Surv
    strata: NDArray[np.str_] | None


def panel_genes(data: AnalysisSet, min_altered: int, min_tested_fraction: float) -> list[str]:
    """List the genes altered in so many patients and tested in such a share, by frequency."""
    if data.genes is None:
        return []
    return [
        row.gene
        for row in rank_genes(data.genes)
        if min_altered <= row.altered < row.tested and row.tested >= min_tested_fraction * data.n
    ]


def with_panel_family(
    spec: AnalysisSection, data: AnalysisSet, result: UnivariableCox, rows: PanelRows
) -> UnivariableCox:
    """Put the family of the panel's genes beside that of the analysis' own.

    Notes
    -----
    The family are the genes altered and tested often enough in the whole analysis set, and the
    genes of the analysis, which a plan chose blind to the outcome as well.
    """
    done = {item.term.name: item for fit in result.fits for item in fit.estimates if item.is_gene}
    family = data.panel_family
    named = panel_genes(data, family.min_altered, family.min_tested_fraction)
    genes = [*named, *(gene for gene in done if gene not in named)]
    columns = [data.gene_values(gene)[rows.base] for gene in genes]
    found: list[TermEstimate | None] = []
    for gene, column in zip(genes, columns, strict=True):
        found.append(done.get(gene) or _tested(gene, column, spec, data, rows))
    adjusted, caveat = family_of(
        genes,
        [None if item is None else item.primary_p for item in found],
        spec.multiplicity,
        surv=rows.surv,
        genotypes=np.column_stack(columns) if columns else np.empty((rows.surv.n, 0)),
        strata=rows.strata,
        rng=generator_of(data.seed, spec.id, "panel", "max_t"),
    )
    if caveat is None or not adjusted:
        return result
    panel = PanelFamily(
        genes=tuple(
            PanelGene(
                gene,
                n_carriers=int((column == 1.0).sum()),
                n_tested=int((~np.isnan(column)).sum()),
                p_value=None if item is None else item.primary_p,
                p_method=None if item is None else item.primary_method,
                adjusted=adjusted.get(gene),
            )
            for gene, column, item in zip(genes, columns, found, strict=True)
        ),
        method=next(iter(adjusted.values())).method,
        family_size=len(adjusted),
        min_altered=family.min_altered,
        min_tested_fraction=family.min_tested_fraction,
    )
    return replace(result, panel=panel, caveats=(*result.caveats, caveat))


def _tested(
    gene: str,
    column: NDArray[np.float64],
    spec: AnalysisSection,
    data: AnalysisSet,
    rows: PanelRows,
) -> TermEstimate | None:
    """Test one gene as the genes of the analysis are; None where all tested are alike in it."""
    known = ~np.isnan(column)
    if not known.any() or np.ptp(column[known]) == 0:
        return None
    entry = None if rows.surv.entry is None else rows.surv.entry[known]
    surv = Surv(rows.surv.time[known], rows.surv.event[known], entry)
    strata = None if rows.strata is None else rows.strata[known]
    term = Term(gene, level="altered", reference="wild type", coding="binary")
    design = Design.from_arrays(column[known], [term])
    fit = fit_cox(
        surv, design, ties=spec.ties, strata=strata, penalty=spec.penalty, level=spec.level
    )
    fit = with_p_values(
        fit,
        surv,
        design,
        choice=spec.p_value,
        strata=strata,
        generator=lambda one: generator_of(data.seed, spec.id, one.label),
        max_draws=spec.permutations,
        mid_p=spec.mid_p,
        statistic=spec.permutation_statistic,
    )
    return fit.estimates[0]
