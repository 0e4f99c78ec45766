"""What a Cox regression yields: plain results that load without the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.inference.design import Term
from embogen.inference.estimates import Estimate, SignificanceTest
from embogen.inference.panel_family import PanelFamily
from embogen.inference.term_tests import TermTests

Ties = Literal["efron", "breslow", "exact"]
FitStatus = Literal["ok", "separated", "aliased", "no_events", "not_converged"]
TermStatus = Literal["ok", "infinite", "zero", "not_estimable"]


@dataclass(frozen=True, slots=True)
class Convergence:
    """How the iteration ended: status, Newton steps taken, largest relative score left."""

    status: FitStatus
    iterations: int
    gradient: float


@dataclass(frozen=True, slots=True)
class TermEstimate:
    """What is known about one term of a Cox model.

    Parameters
    ----------
    term
        The column.
    status
        ``ok``; ``infinite``/``zero`` when the likelihood rises for ever as the HR grows/shrinks
        (then `hr` holds inf or 0, a one-sided profile interval and the likelihood-ratio p, and
        `coef` is +-inf, `se` and `z` NaN); ``not_estimable`` (all NaN, p None).
    coef, se, z
        Log hazard ratio, its standard error, their ratio.
    hr
        Hazard ratio with its interval and p-value (Wald where `status` is ok; with a penalty of
        the profile and the ratio of penalised likelihoods).
    lr_p_value, score_p_value
        p of the likelihood-ratio and score tests of this term given the others.
    n_carriers, n_carrier_events
        For a 0/1 column the rows with 1 and the events among them; None otherwise.
    wald
        Wald interval and p-value where `hr` holds others (with a penalty); None otherwise.
    tests
        Tests beyond the model's own, and which comes first; None: that of `hr`, with no others.
    """

    term: Term
    status: TermStatus
    coef: float
    se: float
    z: float
    hr: Estimate
    lr_p_value: float | None
    score_p_value: float | None
    n_carriers: int | None
    n_carrier_events: int | None
    wald: Estimate | None = None
    tests: TermTests | None = None

    def p_of(self, method: str) -> float | None:
        """Give the p-value of one test, None where it was not made or does not exist.

        Examples
        --------
        >>> from embogen.inference.estimates import Estimate
        >>> hr = Estimate(2.0, None, 0.04, "hazard_ratio", "wald")
        >>> item = TermEstimate(Term("x"), "ok", 0.69, 0.34, 2.0, hr, 0.05, 0.03, None, None)
        >>> item.p_of("wald"), item.p_of("likelihood_ratio"), item.p_of("permutation")
        (0.04, 0.05, None)
        """
        if method == self.hr.p_method:
            return self.hr.p_value
        tests = self.tests
        permutation = None if tests is None else tests.permutation
        firth = None if tests is None else tests.firth
        found = {
            "wald": None if self.wald is None else self.wald.p_value,
            "likelihood_ratio": self.lr_p_value,
            "score": self.score_p_value,
            "permutation": None if permutation is None else permutation.p_value,
            "penalised_likelihood_ratio": None if firth is None else firth.p_value,
        }
        return found.get(method)

    @property
    def primary_method(self) -> str | None:
        """The test printed first; that of `hr` unless the plan or the rule says otherwise."""
        return self.hr.p_method if self.tests is None else self.tests.primary

    @property
    def primary_p(self) -> float | None:
        """The p-value printed first."""
        return self.hr.p_value if self.tests is None else self.p_of(self.tests.primary)

    @property
    def is_gene(self) -> bool:
        """Whether the term is a genotype, altered against wild type."""
        return self.term.coding == "binary" and self.term.level == "altered"


@dataclass(frozen=True, slots=True, eq=False)
class RobustVariance:
    """What a fit with clusters holds besides its robust covariance.

    Parameters
    ----------
    n_clusters
        Number of clusters: the independent units.
    model_covariance
        (p, p) inverse information, which takes rows as independent.
    score_test
        Global score test with the robust variance of the score at zero; None where it does not
        exist.
    """

    n_clusters: int
    model_covariance: NDArray[np.float64]
    score_test: SignificanceTest | None


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """A fitted Cox model.

    Parameters
    ----------
    terms
        One `Term` per column of the design.
    coef
        (p,) log hazard ratios; +-inf where separated, NaN where aliased.
    covariance
        (p, p) inverse information, or the robust covariance where there are clusters; NaN rows
        where not estimable.
    loglik_null, loglik
        Log partial likelihood at zero and at the maximum (its supremum where separated). With a
        penalty the penalised ones, which change by a constant with the units of the columns.
    n, n_events
        Rows and events fitted.
    n_excluded
        Rows left out before fitting because they were never at risk.
    ties, penalty
        ``efron``, ``breslow`` or ``exact``; None or ``firth``.
    convergence
        How the iteration ended.
    estimates
        One `TermEstimate` per term.
    lr_test, wald_test, score_test
        Global tests of all terms; None where they do not exist.
    caveats
        Everything that must be read with the numbers.
    robust
        With clusters: what stands behind the robust covariance. None without.
    """

    terms: tuple[Term, ...]
    coef: NDArray[np.float64]
    covariance: NDArray[np.float64]
    loglik_null: float
    loglik: float
    n: int
    n_events: int
    n_excluded: int
    ties: Ties
    penalty: Literal["firth"] | None
    convergence: Convergence
    estimates: tuple[TermEstimate, ...]
    lr_test: SignificanceTest | None
    wald_test: SignificanceTest | None
    score_test: SignificanceTest | None
    caveats: tuple[Caveat, ...]
    robust: RobustVariance | None = None

    @property
    def model_covariance(self) -> NDArray[np.float64]:
        """(p, p) inverse information, with or without clusters."""
        return self.covariance if self.robust is None else self.robust.model_covariance


@dataclass(frozen=True, slots=True)
class UnivariableCox:
    """One single-covariate model per term (a covariate in levels keeps its columns together).

    `caveats` are about the family of models; each fit carries its own. `panel` is the family of
    all genes of the panel, where a plan asks for it beside that of the fits.
    """

    fits: tuple[CoxFit, ...]
    caveats: tuple[Caveat, ...] = ()
    panel: PanelFamily | None = None
