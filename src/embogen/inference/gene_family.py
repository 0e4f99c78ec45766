"""Adjusted p-values for the genes of a univariable analysis, beside their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from embogen.caveats import Caveat
from embogen.inference.max_t import max_t_test
from embogen.inference.multiplicity import CONTROLS, adjust_p_values
from embogen.inference.term_tests import AdjustedP, TermTests
from embogen.surv import Surv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from embogen.inference.cox_result import CoxFit, TermEstimate, UnivariableCox
    from embogen.inference.term_tests import FamilyMethod

Multiplicity = Literal["none", "holm", "bh", "bonferroni", "max_t"]

RELABELLINGS: Final = 10_000
_WAYS: Final[dict[str, tuple[FamilyMethod, str]]] = {
    "holm": ("holm", "Holm's method"),
    "bh": ("BH", "the Benjamini\u2013Hochberg method"),
    "bonferroni": ("bonferroni", "Bonferroni's method"),
    "max_t": ("max_t", "the permuted maximum of the genes' statistics (max-T, step-down)"),
}


def with_adjusted_p_values(
    result: UnivariableCox,
    how: Multiplicity,
    *,
    surv: Surv | None = None,
    genotypes: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
) -> UnivariableCox:
    """Put an adjusted p-value beside that of every gene.

    Parameters
    ----------
    result
        Univariable fits; the family are its genes, which must have been chosen blind to outcome.
    how
        ``none``, or what to adjust by. ``max_t`` is not a function of the p-values: it relabels
        whole patients, so that genes that occur together are not paid for twice.
    surv, genotypes, strata, rng
        For ``max_t``: n outcomes, (n, G) genotypes of the genes in the order of `result` (1, 0,
        NaN not tested), (n,) strata or None, and the source of random numbers.

    Returns
    -------
    UnivariableCox
        With `TermTests.adjusted`, and a caveat that says what was adjusted in place of the one
        that says nothing was.

    Raises
    ------
    ValueError
        When ``max_t`` lacks outcomes, genotypes or a source of random numbers.

    Examples
    --------
    >>> from embogen.inference.cox import univariable_cox
    >>> from embogen.inference.design import Design, Term
    >>> gene = Term("DAXX", "altered", "wild type", "binary")
    >>> design, all_rows = Design.from_arrays([1, 0, 0], [gene]), np.ones(3, dtype=bool)
    >>> one = univariable_cox(Surv([1, 2, 3], [1, 1, 1]), [(design, all_rows)])
    >>> found = with_adjusted_p_values(one, "holm").fits[0].estimates[0]
    >>> found.tests.adjusted.p_value == found.primary_p
    True
    """
    genes = [item for fit in result.fits for item in fit.estimates if item.is_gene]
    adjusted, caveat = family_of(
        [item.term.label for item in genes],
        [item.primary_p for item in genes],
        how,
        surv=surv,
        genotypes=genotypes,
        strata=strata,
        rng=rng,
    )
    if caveat is None:
        return result
    fits = tuple(_with(fit, adjusted) for fit in result.fits)
    kept = tuple(caveat for caveat in result.caveats if caveat.code != "multiple_testing")
    return replace(result, fits=fits, caveats=(*kept, caveat))


def family_of(
    labels: Sequence[str],
    p_values: Sequence[float | None],
    how: Multiplicity,
    *,
    surv: Surv | None = None,
    genotypes: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
) -> tuple[dict[str, AdjustedP], Caveat | None]:
    """Adjust the p-values of a family of genes.

    Parameters
    ----------
    labels, p_values
        The G genes, and the p-value of each that comes first.
    how, surv, genotypes, strata, rng
        As in `with_adjusted_p_values`.

    Returns
    -------
    adjusted
        By label; genes that could not be tested are not in it.
    caveat
        What was adjusted; None when nothing was.

    Raises
    ------
    ValueError
        When ``max_t`` lacks outcomes, genotypes or a source of random numbers.
    """
    if how == "none" or not labels:
        return {}, None
    if how == "max_t":
        if surv is None or genotypes is None or rng is None:
            msg = "max_t needs outcomes, genotypes and a source of random numbers"
            raise ValueError(msg)
        adjusted = _max_t(surv, np.asarray(genotypes, dtype=np.float64), labels, strata, rng)
    else:
        adjusted = _from_p_values(labels, p_values, how)
    size = max((item.family_size for item in adjusted.values()), default=0)
    return adjusted, _caveat(how, size)


def _from_p_values(
    labels: Sequence[str], p_values: Sequence[float | None], how: str
) -> dict[str, AdjustedP]:
    method = _WAYS[how][0]
    given = [float("nan") if value is None else value for value in p_values]
    if method == "max_t":  # it is no function of the p-values
        return {}
    found = adjust_p_values(given, method, names=tuple(labels))
    return {
        label: AdjustedP(float(value), method, CONTROLS[method], found.family_size)
        for label, value in zip(labels, found.adjusted, strict=True)
        if not np.isnan(value)
    }


def _max_t(
    surv: Surv,
    genotypes: NDArray[np.float64],
    labels: Sequence[str],
    strata: ArrayLike | None,
    rng: np.random.Generator,
) -> dict[str, AdjustedP]:
    codes = np.zeros(surv.n, dtype=np.int64)
    if strata is not None:
        codes = np.unique(np.asarray(strata), return_inverse=True)[1].reshape(-1)
    entry = np.zeros(surv.n) if surv.entry is None else surv.entry
    # relabelling goes by position, which must not depend on the order of rows in a file
    columns = [*np.nan_to_num(genotypes, nan=-1.0).T, entry, surv.event, surv.time, codes]
    order = np.lexsort(np.array(columns, dtype=np.float64))
    found = max_t_test(
        Surv(surv.time[order], surv.event[order], None if surv.entry is None else entry[order]),
        genotypes[order],
        labels,
        rng=rng,
        strata=None if strata is None else codes[order],
        n_permutations=RELABELLINGS,
    )
    return {
        gene.name: AdjustedP(
            gene.p_step_down,
            "max_t",
            CONTROLS["max_t"],
            found.family_size,
            gene.p_interval,
            found.n_permutations,
            found.seed,
        )
        for gene in found.genes
        if gene.p_step_down is not None
    }


def _with(fit: CoxFit, adjusted: dict[str, AdjustedP]) -> CoxFit:
    estimates = []
    for item in fit.estimates:
        value = adjusted.get(item.term.label)
        if value is None:
            estimates.append(item)
            continue
        tests = item.tests or TermTests(_method(item))
        estimates.append(replace(item, tests=replace(tests, adjusted=value)))
    return replace(fit, estimates=tuple(estimates))


def _method(
    item: TermEstimate,
) -> Literal["wald", "likelihood_ratio", "penalised_likelihood_ratio", "robust_wald", "robust_t"]:
    match item.hr.p_method:
        case "robust_wald":
            return "robust_wald"
        case "robust_t":
            return "robust_t"
        case "likelihood_ratio":
            return "likelihood_ratio"
        case "penalised_likelihood_ratio":
            return "penalised_likelihood_ratio"
        case _:
            return "wald"


def _caveat(how: str, size: int) -> Caveat:
    method, words = _WAYS[how]
    kept = CONTROLS[method].replace("family_wise", "family-wise").replace("_", " ")
    message = (
        f"{size} genes, fixed before the outcome was looked at, were tested one by one; adjusted "
        f"p-values by {words} keep the {kept} of this family. Other terms and other analyses are "
        "not in it."
    )
    return Caveat("adjusted_family", message, {"genes": size, "method": method})
