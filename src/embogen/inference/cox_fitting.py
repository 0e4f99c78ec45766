"""The fit itself: from checked data through the kernels to a `CoxFit`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

from embogen.inference.cox_caveats import data_caveats, fit_caveats, limits_not_found
from embogen.inference.cox_problem import prepare
from embogen.inference.cox_result import Convergence, CoxFit, FitStatus, TermEstimate
from embogen.inference.estimates import Estimate, Interval, SignificanceTest
from embogen.inference.profile_limits import exponential, profile_limits
from embogen.survival.exact_ties import likelihood
from embogen.survival.supremum import laid_out
from embogen.survival.threads import spread

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from embogen.inference.cox_problem import Problem
    from embogen.inference.cox_result import Ties
    from embogen.inference.design import Design, Term
    from embogen.surv import Surv
    from embogen.survival.supremum import Supremum

    Floats = NDArray[np.float64]

_EITHER = 2
ROWS_WORTH_A_THREAD: Final = 5_000
"""Patients from which on terms are tested side by side: each takes a fit without it."""


def fit_checked(
    surv: Surv, design: Design, ties: Ties, rows: Mapping[str, Any], level: float
) -> CoxFit:
    """Fit a model to data that have been checked.

    Parameters
    ----------
    surv, design, ties, level
        As in `fit_cox`.
    rows
        As in `prepare`.
    """
    problem, n_excluded = prepare(surv, design, ties, rows)
    event = problem.event
    if not event.any():
        return no_events(problem, design.terms, ties, n_excluded)
    best = problem.supremum()
    status = _status(best)
    usable = status != "not_converged"
    if usable:
        estimates = _terms(problem, best, design.terms, level)
    else:
        estimates = tuple(nothing(problem, k, term) for k, term in enumerate(design.terms))
    lr, wald, score = _global_tests(best) if usable else (None, None, None)
    missing = np.full(best.beta.shape, np.nan)
    return CoxFit(
        terms=design.terms,
        coef=best.beta if usable else missing,
        covariance=best.covariance if usable else np.full(best.covariance.shape, np.nan),
        loglik_null=best.loglik_null,
        loglik=best.loglik,
        n=len(event),
        n_events=int(event.sum()),
        n_excluded=n_excluded,
        ties=ties,
        penalty=None,
        convergence=Convergence(status, best.iterations, math.sqrt(max(best.decrement, 0.0))),
        estimates=estimates,
        lr_test=lr,
        wald_test=wald,
        score_test=score,
        caveats=(
            *fit_caveats(problem.X, best, status, estimates),
            *limits_not_found(estimates),
            *data_caveats(problem.X, event, estimates, n_excluded),
        ),
    )


def _status(best: Supremum) -> FitStatus:
    if not best.converged:
        return "not_converged"
    if best.growth.any():
        return "separated"
    return "aliased" if best.aliased.any() else "ok"


def no_events(
    problem: Problem,
    terms: tuple[Term, ...],
    ties: Ties,
    n_excluded: int,
    *,
    penalty: Literal["firth"] | None = None,
) -> CoxFit:
    """Say that nothing can be said."""
    p = len(terms)
    estimates = tuple(nothing(problem, k, term) for k, term in enumerate(terms))
    return CoxFit(
        terms=terms,
        coef=np.full(p, np.nan),
        covariance=np.full((p, p), np.nan),
        loglik_null=0.0,
        loglik=0.0,
        n=len(problem.event),
        n_events=0,
        n_excluded=n_excluded,
        ties=ties,
        penalty=penalty,
        convergence=Convergence("no_events", 0, 0.0),
        estimates=estimates,
        lr_test=None,
        wald_test=None,
        score_test=None,
        caveats=data_caveats(problem.X, problem.event, estimates, n_excluded),
    )


def _global_tests(
    best: Supremum,
) -> tuple[SignificanceTest | None, SignificanceTest | None, SignificanceTest | None]:
    """Likelihood-ratio, Wald and score test of all terms; Wald only where a maximum exists."""
    kept = np.flatnonzero(~best.aliased)
    df = len(kept)
    if df == 0:
        return None, None, None
    lr = chi_square("likelihood_ratio", 2.0 * (best.loglik - best.loglik_null), df)
    square = np.ix_(kept, kept)
    score = best.score_null[kept]
    score_test = chi_square("score", quadratic(best.information_null[square], score), df)
    if best.growth.any():
        return lr, None, score_test
    beta = best.beta[kept]
    wald = chi_square("wald", quadratic(best.covariance[square], beta), df)
    return lr, wald, score_test


def quadratic(matrix: Floats, vector: Floats) -> float:
    """Give x' M^-1 x, free of the units of x."""
    size = np.sqrt(np.diag(matrix))
    correlation = matrix / np.outer(size, size)
    scaled = vector / size
    return float(scaled @ np.linalg.solve(correlation, scaled))


def chi_square(method: str, statistic: float, df: int) -> SignificanceTest:
    """Refer a statistic to chi-square."""
    value = max(statistic, 0.0)
    return SignificanceTest(method, value, float(df), float(chdtrc(df, value)))


def carriers(problem: Problem, column: int) -> tuple[int | None, int | None]:
    """Count the ones of a 0/1 column and the events among them; None for other columns."""
    x = problem.X[:, column]
    if not np.isin(x, (0.0, 1.0)).all():
        return None, None
    return int(x.sum()), int(x[problem.event].sum())


def nothing(problem: Problem, column: int, term: Term) -> TermEstimate:
    """Say that a term cannot be estimated."""
    nan = math.nan
    empty = Estimate(nan, None, None, "hazard_ratio")
    counts = carriers(problem, column)
    return TermEstimate(term, "not_estimable", nan, nan, nan, empty, None, None, *counts)


def _terms(
    problem: Problem, best: Supremum, terms: tuple[Term, ...], level: float
) -> tuple[TermEstimate, ...]:
    """Say what the fit tells about each term, on all cores where that takes long."""

    def some(begin: int, end: int) -> list[TermEstimate]:
        return [_term(problem, best, k, terms[k], level) for k in range(begin, end)]

    worth_it = len(problem.event) >= ROWS_WORTH_A_THREAD
    parts = spread(some, len(terms), 1 if worth_it else max(len(terms), 1))
    return tuple(item for part in parts for item in part)


def _term(problem: Problem, best: Supremum, column: int, term: Term, level: float) -> TermEstimate:
    """Say what the fit tells about one term."""
    growth = int(best.growth[column])
    if best.aliased[column] or growth == _EITHER:
        return nothing(problem, column, term)
    lr_p, score_p = _term_tests(problem, best, column)
    counts = carriers(problem, column)
    if growth:
        infinite = growth > 0
        low, high = profile_limits(problem, best, column, level)
        interval = Interval(low, high, level, "profile_likelihood")
        value = math.inf if infinite else 0.0
        hr = Estimate(value, interval, lr_p, "hazard_ratio", "likelihood_ratio")
        status = "infinite" if infinite else "zero"
        coef = growth * math.inf
        return TermEstimate(
            term,
            "infinite" if status == "infinite" else "zero",
            coef,
            math.nan,
            math.nan,
            hr,
            lr_p,
            score_p,
            *counts,
        )
    coef = float(best.beta[column])
    se = float(np.sqrt(best.covariance[column, column]))
    z = coef / se
    width = float(ndtri(0.5 + level / 2)) * se
    interval = Interval(exponential(coef - width), exponential(coef + width), level, "wald")
    p_value = float(2 * ndtr(-abs(z)))
    hr = Estimate(exponential(coef), interval, p_value, "hazard_ratio", "wald")
    return TermEstimate(term, "ok", coef, se, z, hr, lr_p, score_p, *counts)


def _term_tests(problem: Problem, best: Supremum, column: int) -> tuple[float | None, float | None]:
    """Give p of the likelihood-ratio and score tests of one term given the other estimable ones."""
    kept = np.flatnonzero(~best.aliased)
    position = int(np.flatnonzero(kept == column)[0])
    every = len(kept) == problem.X.shape[1]  # as a rule: then nothing need be copied
    full = problem if every else problem.with_columns(problem.X[:, kept])
    rest = full.without(position)
    if len(kept) == 1:
        statistic = 2.0 * (best.loglik - best.loglik_null)
        lr = chi_square("likelihood_ratio", statistic, 1).p_value
        beta = np.zeros(1)
    else:
        constrained = rest.supremum()
        if not constrained.converged:
            return None, None
        lr = chi_square("likelihood_ratio", 2.0 * (best.loglik - constrained.loglik), 1).p_value
        if constrained.growth.any():
            return lr, None
        beta = np.insert(constrained.beta, position, 0.0)
    return lr, _score_test(full, beta, position)


def _score_test(problem: Problem, beta: Floats, position: int) -> float | None:
    sets = problem.sets
    walked, scale = laid_out(problem.X, sets.order)
    shift = problem.offset[sets.order] if problem.offset.size else problem.offset
    _, score, information = likelihood(sets, walked, beta * scale, shift, problem.tie_fraction)
    others = np.delete(np.arange(len(beta)), position)
    cross = information[others, position]
    block = information[np.ix_(others, others)]
    try:
        explained = float(cross @ np.linalg.solve(block, cross))
    except np.linalg.LinAlgError:  # without the term, the others determine nothing any more
        return None
    spread = information[position, position] - explained
    if not spread > 0.0:
        return None
    return chi_square("score", float(score[position] ** 2 / spread), 1).p_value
