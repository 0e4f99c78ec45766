"""P-values that hold their level with few carriers: which test comes first for each term.

At 35 patients, 33 events and 6 carriers the Wald test rejects 6.0% of true hypotheses at 5% and
.24% at .1%; the permutation test 5.0% and .10% (benchmarks/calibration.py). For a gene with fewer
than 20 patients in the smaller group its p-value therefore comes first, and the others stand
beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import NotEstimable
from embogen.inference.adjusted_permutation import adjusted_permutation_test
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design
from embogen.inference.permutation import permutation_is_primary, permutation_test
from embogen.inference.term_tests import PMethod, TermTests
from embogen.surv import Surv

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from embogen.inference.cox_result import CoxFit, TermEstimate
    from embogen.inference.design import Term
    from embogen.inference.permutation_result import PermutationStatistic, PermutationTest

    Floats = NDArray[np.float64]

PChoice = Literal["auto", "wald", "likelihood_ratio", "score", "permutation"]

MAX_DRAWS: Final = 200_000
EXCEEDANCES: Final = 2_000
"""Drawing stops there: a standard error of p / 45, whatever p."""
MOST_ENUMERATED: Final = 500_000_000
MOST_ENUMERATED_WITH_ENTRY: Final = 100_000_000
"""Carrier sets counted one by one at most: about a second either way (35 patients, two cores)."""


def with_p_values(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    *,
    choice: PChoice = "auto",
    strata: ArrayLike | None = None,
    generator: Callable[[Term], np.random.Generator],
    max_draws: int = MAX_DRAWS,
    mid_p: bool = False,
    statistic: PermutationStatistic = "studentised_score",
) -> CoxFit:
    """Say for each term of a fit which p-value comes first, and make the permutation tests.

    Parameters
    ----------
    fit
        From `embogen.inference.cox.fit_cox`.
    surv, design, strata
        What it was fitted to.
    choice
        ``auto``: the permutation test for a gene with fewer than 20 patients in the smaller
        group, the test of the fit for other terms; ``permutation``: for every 0/1 column;
        otherwise the test named. With clusters nothing is permuted, and the robust test of
        the fit comes first.
    generator
        Gives the source of random numbers of a term. It should depend on nothing but the term, so
        that a p-value does not depend on what else is analysed.
    max_draws
        Carrier sets drawn at most where they are too many to count.
    mid_p
        Count carrier sets that tie with the observed one half.
    statistic
        What is permuted, as in `embogen.inference.permutation.permutation_test`.

    Returns
    -------
    CoxFit
        The same fit, with `TermEstimate.tests` filled and the caveats of the tests added. A term
        that is permuted gets its estimate with Firth's penalty besides.

    Notes
    -----
    In a model with other columns the score adjusted for them is permuted, within their joint
    levels where these leave enough patients (exact), otherwise over all patients (approximate):
    see `embogen.inference.adjusted_permutation`. The choice looks at genotype and covariates, never
    at the outcome.

    Examples
    --------
    Three patients die one by one, the carrier first: one carrier set of three is as extreme.

    >>> from embogen.inference.design import Term
    >>> gene = Term("DAXX", "altered", "wild type", "binary")
    >>> surv, design = Surv([1, 2, 3], [1, 1, 1]), Design.from_arrays([1, 0, 0], [gene])
    >>> fit = with_p_values(
    ...     fit_cox(surv, design), surv, design, generator=lambda _: np.random.default_rng(1)
    ... )
    >>> item = fit.estimates[0]
    >>> item.primary_method, round(item.primary_p, 4), round(item.lr_p_value, 4)
    ('permutation', 0.3333, 0.1383)
    """
    wanted = [_is_permuted(item, fit, choice) for item in fit.estimates]
    penalised = _penalised(fit, surv, design, strata) if any(wanted) else None
    estimates: list[TermEstimate] = []
    caveats = list(fit.caveats)
    for k, item in enumerate(fit.estimates):
        tests = None
        if wanted[k]:
            problem = _Columns(surv, design, k, None if strata is None else np.asarray(strata))
            usable = [other.status != "not_estimable" for other in fit.estimates]
            options = {
                "rng": generator(item.term),
                "max_draws": max_draws,
                "mid_p": mid_p,
                "statistic": statistic,
            }
            tests, found = _permuted(problem, usable, options)
            caveats += found
            tests = tests or TermTests(_model_test(item, choice))
            if penalised is not None and penalised.estimates[k].status == "ok":
                tests = replace(tests, firth=penalised.estimates[k].hr)
        elif choice == "permutation" and item.status != "not_estimable":
            message = f"{item.term.label}: not a 0/1 column of its own, so no carriers to permute."
            if fit.robust is not None:
                message = f"{item.term.label}: patients of one cluster are not exchangeable."
            caveats.append(Caveat("no_permutation", message, {}, item.term.label))
        estimates.append(replace(item, tests=tests or TermTests(_model_test(item, choice))))
    return replace(fit, estimates=tuple(estimates), caveats=tuple(caveats))


def _penalised(fit: CoxFit, surv: Surv, design: Design, strata: ArrayLike | None) -> CoxFit | None:
    """Fit again with Firth's penalty: finite estimates to stand beside exact p-values."""
    if fit.penalty is not None or fit.ties == "exact":
        return None
    intervals = [item.hr.interval for item in fit.estimates]
    level = next((interval.level for interval in intervals if interval is not None), 0.95)
    return fit_cox(surv, design, ties=fit.ties, strata=strata, penalty="firth", level=level)


def _is_permuted(item: TermEstimate, fit: CoxFit, choice: PChoice) -> bool:
    if item.status == "not_estimable" or item.n_carriers is None or fit.robust is not None:
        return False  # carriers of one cluster cannot be exchanged one by one
    if choice == "permutation":
        return item.term.coding == "binary"
    small = permutation_is_primary(item.n_carriers, fit.n - item.n_carriers)
    return choice == "auto" and item.is_gene and small


def _model_test(item: TermEstimate, choice: PChoice) -> PMethod:
    """Name the test of the fit that comes first: the one asked for, if it exists."""
    methods: dict[str, PMethod] = {
        "wald": "wald",
        "likelihood_ratio": "likelihood_ratio",
        "score": "score",
        "penalised_likelihood_ratio": "penalised_likelihood_ratio",
        "robust_wald": "robust_wald",
        "robust_t": "robust_t",
    }
    if choice in methods and item.p_of(choice) is not None:
        return methods[choice]
    return methods.get(item.hr.p_method or "", "wald")


class _Columns:
    """One column of a design with the others, rows put in an order that tells nothing.

    Draws are made by position. Sorted by all that is known of a patient, positions do not depend
    on the order of the rows of a file.
    """

    def __init__(
        self, surv: Surv, design: Design, column: int, strata: NDArray[np.generic] | None
    ) -> None:
        codes = np.zeros(surv.n, dtype=np.int64)
        if strata is not None:
            codes = np.unique(strata, return_inverse=True)[1].reshape(-1)
        entry = np.zeros(surv.n) if surv.entry is None else surv.entry
        keys = [*design.matrix.T, entry, surv.event, surv.time, codes]
        order = np.lexsort(np.array(keys, dtype=np.float64))
        self.surv = Surv(
            surv.time[order],
            surv.event[order],
            None if surv.entry is None else surv.entry[order],
            surv.causes,
        )
        self.carriers = design.matrix[order, column]
        self.others = np.delete(design.matrix[order], column, axis=1)
        self.terms = tuple(term for j, term in enumerate(design.terms) if j != column)
        self.label = design.terms[column].label
        self.name = design.terms[column].title or design.terms[column].name
        self.column = column
        self.strata = None if strata is None else codes[order]


def _permuted(
    problem: _Columns, usable: list[bool], chosen: dict[str, Any]
) -> tuple[TermTests | None, list[Caveat]]:
    """Test one column; None with a caveat where that cannot be done."""
    kept = [ok for j, ok in enumerate(usable) if j != problem.column]
    columns = problem.others[:, kept]
    terms = tuple(term for term, ok in zip(problem.terms, kept, strict=True) if ok)
    options: dict[str, Any] = {
        "strata": problem.strata,
        "max_enumerated": MOST_ENUMERATED,
        "exceedances": EXCEEDANCES,
        **chosen,
    }
    if problem.surv.entry is not None:
        options["max_enumerated"] = MOST_ENUMERATED_WITH_ENTRY
    try:
        if terms:
            covariates = Design(columns, terms)
            test = adjusted_permutation_test(problem.surv, problem.carriers, covariates, **options)
        else:
            test = permutation_test(problem.surv, problem.carriers, **options)
    except NotEstimable as error:
        message = f"{problem.label}: no permutation test. {error}"
        return None, [Caveat("no_permutation", message, {}, problem.label)]
    exact = all(caveat.code != "approximate_permutation" for caveat in test.caveats)
    names = tuple(dict.fromkeys(term.title or term.name for term in terms))
    tests = TermTests(
        "permutation",
        permutation=test,
        permuted_within=names if exact else (),
        adjusted_for=names,
    )
    name = problem.name
    return tests, [*_own_caveats(test, problem.label, name), *_lost(test, problem.label, name)]


def _own_caveats(test: PermutationTest, label: str, name: str) -> list[Caveat]:
    """Give the caveats of the test that the fit does not have, as concerning the term."""
    known = {"never_at_risk", "no_events"}
    return [
        replace(
            caveat,
            message=f"{name}: {caveat.message[:1].lower()}{caveat.message[1:]}",
            subject=label,
        )
        for caveat in test.caveats
        if caveat.code not in known
    ]


def _lost(test: PermutationTest, label: str, name: str) -> list[Caveat]:
    """Say how many patients a test within strata takes nothing from."""
    lost = test.n - test.n_informative
    if not lost:
        return []
    message = (
        f"{name}: permuted within strata; {lost} of {test.n} patients are in strata without both "
        "carriers and non-carriers and do not bear on the permutation p-value."
    )
    evidence = {"patients": test.n, "informative": test.n_informative}
    return [Caveat("uninformative_strata", message, evidence, label)]
