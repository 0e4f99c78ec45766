"""Cox regression with Firth's penalty: finite estimates where the likelihood is monotone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import chdtri, ndtr, ndtri

from embogen.caveats import Caveat
from embogen.inference.cox_caveats import aliased_caveat, data_caveats, limits_not_found
from embogen.inference.cox_fitting import carriers, chi_square, no_events, nothing, quadratic
from embogen.inference.cox_problem import prepare
from embogen.inference.cox_result import Convergence, CoxFit, TermEstimate
from embogen.inference.estimates import Estimate, Interval
from embogen.inference.profile_limits import exponential
from embogen.survival.penalised import Penalised

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from embogen.inference.cox_problem import Problem
    from embogen.inference.cox_result import FitStatus, Ties
    from embogen.inference.design import Design, Term
    from embogen.surv import Surv

INTERVAL: Final = "profile_penalised_likelihood"
TEST: Final = "penalised_likelihood_ratio"
_EITHER: Final = 2
_MOST_CLIMBS: Final = 5


def fit_firth(
    surv: Surv, design: Design, ties: Ties, rows: Mapping[str, Any], level: float
) -> CoxFit:
    """Fit a model with Firth's penalty to data that have been checked.

    Parameters
    ----------
    surv, design, ties, level
        As in `embogen.inference.cox.fit_cox`.
    rows
        Arrays ``strata``, ``weights``, ``offset``, each None or one item per row.

    Returns
    -------
    CoxFit
        Intervals from the profile of the penalised likelihood, p-values from its ratio; Wald's
        stand in ``TermEstimate.wald``. Log likelihoods are penalised, `score_test` is None.

    Notes
    -----
    A constant or collinear column is left out before the penalty is formed. Firth, Biometrika
    1993;80:27; Heinze & Schemper, Biometrics 2001;57:114.
    """
    problem, n_excluded = prepare(surv, design, ties, rows)
    if not problem.event.any():
        return no_events(problem, design.terms, ties, n_excluded, penalty="firth")
    model = Penalised(problem.sets, problem.X, problem.offset, problem.tie_fraction)
    p, kept = len(design.terms), model.kept
    for _ in range(_MOST_CLIMBS):
        estimates = tuple(
            _term(problem, model, k, term, level) for k, term in enumerate(design.terms)
        )
        if not model.climbed_higher():
            break
    coef, covariance = np.full(p, np.nan), np.full((p, p), np.nan)
    if model.converged:
        coef[kept] = model.beta
        covariance[np.ix_(kept, kept)] = model.covariance
    lr = wald = None
    if model.converged and len(kept):
        lr = chi_square(TEST, 2.0 * (model.loglik - model.loglik_null), len(kept))
        wald = chi_square("wald", quadratic(model.covariance, model.beta), len(kept))
    status: FitStatus = "ok" if len(kept) == p else "aliased"
    if not model.converged:
        status = "not_converged"
    return CoxFit(
        terms=design.terms,
        coef=coef,
        covariance=covariance,
        loglik_null=model.loglik_null,
        loglik=model.loglik,
        n=len(problem.event),
        n_events=int(problem.event.sum()),
        n_excluded=n_excluded,
        ties=ties,
        penalty="firth",
        convergence=Convergence(status, model.iterations, math.sqrt(max(model.decrement, 0.0))),
        estimates=estimates,
        lr_test=lr,
        wald_test=wald,
        score_test=None,
        caveats=(
            *_fit_caveats(problem, model, design.terms),
            *limits_not_found(estimates),
            *data_caveats(problem.X, problem.event, estimates, n_excluded),
        ),
    )


def _term(
    problem: Problem, model: Penalised, column: int, term: Term, level: float
) -> TermEstimate:
    """Say what the fit tells about one term."""
    where = np.flatnonzero(model.kept == column)
    if not model.converged or not len(where):
        return nothing(problem, column, term)
    position = int(where[0])
    coef = float(model.beta[position])
    se = math.sqrt(float(model.covariance[position, position]))
    drop = float(chdtri(1, 1.0 - level)) / 2.0
    limits = [exponential(model.limit(position, side, drop)) for side in (-1.0, 1.0)]
    at_zero = model.profile(position, 0.0)
    lr_p = None
    if not math.isnan(at_zero):
        lr_p = chi_square(TEST, 2.0 * (model.loglik - at_zero), 1).p_value
    value = exponential(coef)
    hr = Estimate(
        value, Interval(limits[0], limits[1], level, INTERVAL), lr_p, "hazard_ratio", TEST
    )
    width = float(ndtri(0.5 + level / 2)) * se
    around = Interval(exponential(coef - width), exponential(coef + width), level, "wald")
    wald = Estimate(value, around, float(2 * ndtr(-abs(coef / se))), "hazard_ratio", "wald")
    counts = carriers(problem, column)
    return TermEstimate(term, "ok", coef, se, coef / se, hr, lr_p, None, *counts, wald=wald)


def _fit_caveats(problem: Problem, model: Penalised, terms: tuple[Term, ...]) -> tuple[Caveat, ...]:
    """Say what could not be estimated, and what only the penalty made finite."""
    out: list[Caveat] = []
    if not model.converged:
        message = (
            f"The penalised fit stopped after {model.iterations} steps without reaching its "
            "tolerance; no estimate is given."
        )
        out.append(Caveat("not_converged", message, {"iterations": model.iterations}))
    unpenalised = problem.supremum()
    for k, term in enumerate(terms):
        growth = int(unpenalised.growth[k])
        if k not in model.kept:
            out.append(aliased_caveat(problem.X, k, term.label))
        elif growth:
            out.append(_owed_to_penalty(growth, term.label))
    return tuple(out)


def _owed_to_penalty(growth: int, label: str) -> Caveat:
    where = "undetermined" if growth == _EITHER else ("infinite" if growth > 0 else "zero")
    message = (
        f"{label}: without the penalty the likelihood is monotone and the hazard ratio {where}; "
        "its finite size is owed to Firth's penalty."
    )
    return Caveat("penalised_separation", message, {"without_penalty": where}, label)
