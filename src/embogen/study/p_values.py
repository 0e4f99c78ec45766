"""Carry out what a plan says about p-values: the choice of test, permutation, adjustment."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from embogen.inference.cox import fit_cox
from embogen.inference.gene_family import with_adjusted_p_values
from embogen.inference.influence import influence_caveats
from embogen.inference.p_values import with_p_values
from embogen.inference.winners_curse import winners_curse_caveats
from embogen.surv import Surv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embogen.inference.cox_result import CoxFit, UnivariableCox
    from embogen.inference.design import Design, Term
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection

    Labels = NDArray[np.str_]
    Rows = NDArray[np.bool_]


def generator_of(seed: int, *names: str) -> np.random.Generator:
    """Make the source of random numbers of one test.

    It depends on the study's seed, the analysis and the term, so that a p-value stays what it is
    when the plan gains an analysis, loses one, or lists its terms in another order.

    Examples
    --------
    >>> one, same = generator_of(1, "table1", "DAXX"), generator_of(1, "table1", "DAXX")
    >>> other = generator_of(1, "table1", "MEN1")
    >>> first = one.random()
    >>> first == same.random(), first == other.random()
    (True, False)
    """
    words = [zlib.crc32(name.encode("utf-8")) for name in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))


class Fitted(NamedTuple):
    """What a model is fitted to: outcome and design, and the labels of its rows, if any."""

    surv: Surv
    design: Design
    strata: Labels | None
    cluster: Labels | None


def complete_fit(
    spec: AnalysisSection, data: AnalysisSet, fitted: Fitted, fit: CoxFit | None = None
) -> CoxFit:
    """Look for influential patients, say which p-value comes first, and what winning has cost.

    Parameters
    ----------
    spec, data
        The analysis and the set it runs on, which holds the study's seed.
    fitted, fit
        What the model is fitted to, and the fit where there is one already.
    """
    surv, design, strata, cluster = fitted
    if fit is None:
        fit = fit_cox(
            surv,
            design,
            ties=spec.ties,
            strata=strata,
            cluster=cluster,
            penalty=spec.penalty,
            level=spec.level,
        )
    if cluster is not None:
        from embogen.inference.robust import with_student_t  # noqa: PLC0415 - loads numba

        fit = with_student_t(fit)

    def generator(term: Term) -> np.random.Generator:
        return generator_of(data.seed, spec.id, term.label)

    influence = influence_caveats(fit, surv, design, strata=strata, cluster=cluster)
    fit = replace(fit, caveats=(*fit.caveats, *influence))
    fit = with_p_values(
        fit,
        surv,
        design,
        choice=spec.p_value,
        strata=strata,
        generator=generator,
        max_draws=spec.permutations,
        mid_p=spec.mid_p,
        statistic=spec.permutation_statistic,
    )
    return replace(fit, caveats=(*fit.caveats, *winners_curse_caveats(fit)))


def complete_univariable(
    spec: AnalysisSection,
    data: AnalysisSet,
    result: UnivariableCox,
    fitted: tuple[Surv, Sequence[tuple[Design, Rows]], Labels | None, Labels | None],
) -> UnivariableCox:
    """Complete every fit of a univariable analysis, then adjust for the family of its genes.

    Parameters
    ----------
    spec, data
        The analysis and the set it runs on.
    result, fitted
        The fits, and the outcome of all n rows, the designs with the rows each was fitted to, and
        strata and clusters of all n rows.
    """
    surv, designs, strata, cluster = fitted
    fits = []
    for fit, (design, rows) in zip(result.fits, designs, strict=True):
        entry = None if surv.entry is None else surv.entry[rows]
        part = Surv(surv.time[rows], surv.event[rows], entry)
        labels = (None if values is None else values[rows] for values in (strata, cluster))
        fits.append(complete_fit(spec, data, Fitted(part, design, *labels), fit))
    result = replace(result, fits=tuple(fits))
    if spec.multiplicity != "max_t":
        return with_adjusted_p_values(result, spec.multiplicity)
    columns = []
    for fit, (design, rows) in zip(result.fits, designs, strict=True):
        if fit.estimates[0].is_gene:
            column = np.full(surv.n, np.nan)
            column[rows] = design.matrix[:, 0]
            columns.append(column)
    return with_adjusted_p_values(
        result,
        "max_t",
        surv=surv,
        genotypes=np.column_stack(columns) if columns else np.empty((surv.n, 0)),
        strata=strata,
        rng=generator_of(data.seed, spec.id, "max_t"),
    )
