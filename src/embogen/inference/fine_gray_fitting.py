"""The subdistribution fit itself: from checked rows through the kernels to a `FineGrayFit`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

from embogen.caveats import Caveat
from embogen.errors import NotEstimable
from embogen.inference.cox_caveats import data_caveats, fit_caveats
from embogen.inference.cox_result import Convergence, FitStatus, TermEstimate
from embogen.inference.curve_rows import small_group
from embogen.inference.estimates import Estimate, Interval, SignificanceTest
from embogen.inference.fine_gray_result import Convention, FineGrayFit
from embogen.survival.fine_gray import WeightedRows, baseline_hazard, weighted_rows
from embogen.survival.fine_gray_variance import crr_covariance, robust_covariance
from embogen.survival.risk_sets import RiskSets, build
from embogen.survival.supremum import Supremum, find_supremum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.inference.cox_result import Ties
    from embogen.inference.curve_rows import CurveRows
    from embogen.inference.design import Design, Term

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

VANISHED: Final = 1e-12
"""A robust variance below this part of the model's is rounding."""


class _Problem(NamedTuple):
    """A subdistribution regression ready for the kernels."""

    rows: CurveRows
    wide: WeightedRows
    sets: RiskSets
    X: Floats
    tie_fraction: float


def fit_rows(
    rows: CurveRows,
    design: Design,
    cause: tuple[int, str],
    *,
    ties: Ties,
    convention: Convention,
    level: float,
) -> FineGrayFit:
    """Fit a subdistribution hazards model to rows that have been checked.

    Parameters
    ----------
    rows
        Outcome, strata and weights of the patients at risk.
    design, ties, convention, level
        As in `fine_gray`; the design has a row for every row given.
    cause
        Code and name of the cause of interest.
    """
    code, name = cause
    own = rows.cause == code
    X = design.matrix[rows.kept]  # noqa: N806 - the field's letter
    as_crr = convention == "crr"
    wide = weighted_rows(rows.time, rows.cause, code, rows.entry, rows.strata, as_crr=as_crr)
    problem = _Problem(rows, wide, _risk_sets(wide, rows), X, 1.0 if ties == "efron" else 0.0)
    best = find_supremum(problem.sets, X[wide.row], np.empty(0), problem.tie_fraction)
    status = _status(best, int(own.sum()))
    known = np.zeros(X.shape[1], dtype=np.bool_)
    if status in {"ok", "aliased"}:
        known = np.isfinite(best.beta)
    shown = best.beta if status != "not_converged" else np.full(X.shape[1], np.nan)
    covariance, model = _covariances(problem, best, known, as_crr=as_crr)
    vanished = _without_variance(covariance, model)
    estimates = tuple(
        _estimate(term, float(shown[k]), float(covariance[k, k]), _carriers(X[:, k], own), level)
        for k, term in enumerate(design.terms)
    )
    means = X.mean(axis=0)
    times, hazard = _baseline(problem, best, known, means)
    return FineGrayFit(
        cause=name,
        terms=design.terms,
        coef=shown,
        covariance=covariance,
        model_covariance=model,
        loglik_null=best.loglik_null,
        loglik=best.loglik,
        n=len(rows.time),
        n_events=int(own.sum()),
        n_competing=int(((rows.cause != 0) & ~own).sum()),
        n_excluded=rows.n_excluded,
        ties=ties,
        convention=convention,
        convergence=Convergence(status, best.iterations, math.sqrt(max(best.decrement, 0.0))),
        estimates=estimates,
        wald_test=_wald(shown, covariance, known),
        means=means,
        baseline_time=times,
        baseline_hazard=hazard,
        caveats=(
            *(() if status == "no_events" else fit_caveats(X, best, status, estimates)),
            *data_caveats(X, own, estimates, rows.n_excluded),
            *(_no_variance(design.terms[k].label) for k in vanished),
            *_small_groups(estimates, len(X)),
        ),
    )


def _risk_sets(wide: WeightedRows, rows: CurveRows) -> RiskSets:
    lost = ~np.isfinite(wide.weight) | (wide.weight <= 0)
    if lost.any():
        patient = int(wide.row[np.flatnonzero(lost)[0]])
        raise NotEstimable(
            f"The subdistribution weights do not exist: after day {rows.time[patient]:g}, when a "
            "patient had a competing event, all patients then under observation leave before the "
            "others enter, so how many would still be followed cannot be estimated. Use the "
            "cause-specific hazard (cause_specific_cox), or a later time origin."
        )
    return build(
        wide.stop,
        wide.event,
        entry=wide.start,
        strata=None if rows.strata is None else rows.strata[wide.row],
        weights=wide.weight * rows.weight[wide.row],
    )


def _status(best: Supremum, n_events: int) -> FitStatus:
    if n_events == 0:
        return "no_events"
    if not best.converged:
        return "not_converged"
    if best.growth.any():
        return "separated"
    return "aliased" if best.aliased.any() else "ok"


def _baseline(
    problem: _Problem, best: Supremum, known: Bools, means: Floats
) -> tuple[Floats, Floats]:
    """Give event times and cumulative hazard at the means; empty where there is no one curve."""
    if not known.any() or problem.rows.strata is not None:
        return np.empty(0), np.empty(0)
    centred = (problem.X - means)[:, known][problem.wide.row]
    beta = best.beta[known]
    ((times, hazard),) = baseline_hazard(problem.sets, centred, beta, problem.tie_fraction)
    return times, hazard


def _covariances(
    problem: _Problem, best: Supremum, known: Bools, *, as_crr: bool
) -> tuple[Floats, Floats]:
    """Give the robust and the model covariance; NaN for terms without an estimate."""
    rows, wide = problem.rows, problem.wide
    p = problem.X.shape[1]
    robust, model = np.full((p, p), np.nan), np.full((p, p), np.nan)
    if not known.any():
        return robust, model
    square = np.ix_(known, known)
    X, beta, inverse = problem.X[:, known], best.beta[known], best.covariance[square]  # noqa: N806 - the field's letter
    model[square] = inverse
    if as_crr:
        outcome = (rows.time, rows.cause)
        robust[square] = crr_covariance(problem.sets, X, beta, inverse, rows=wide, outcome=outcome)
    else:
        robust[square] = robust_covariance(
            problem.sets, X, beta, inverse, tie_fraction=problem.tie_fraction, row=wide.row
        )
    return robust, model


def _without_variance(robust: Floats, model: Floats) -> list[int]:
    """Find terms whose robust variance is only rounding, and blank it."""
    shares = np.diag(robust) / np.diag(model)
    gone = [int(k) for k in np.flatnonzero(shares < VANISHED)]
    robust[gone, :] = np.nan
    robust[:, gone] = np.nan
    return gone


def _no_variance(label: str) -> Caveat:
    message = (
        f"{label}: no patient departs from what the model expects (as when all events fall on one "
        "day), so the robust variance is zero and there is no interval or p-value."
    )
    return Caveat("robust_variance_zero", message, {}, label)


def _small_groups(estimates: tuple[TermEstimate, ...], n: int) -> list[Caveat]:
    """Say where a 0/1 term divides the patients into a large and a small group."""
    out: list[Caveat] = []
    for item in estimates:
        if item.n_carriers is not None and item.hr.p_value is not None:
            what = f"{item.term.label}: the robust Wald test"
            found = small_group(what, (item.n_carriers, n - item.n_carriers))
            out += [replace(caveat, subject=item.term.label) for caveat in found]
    return out


def _carriers(x: Floats, event: Bools) -> tuple[int | None, int | None]:
    if not np.isin(x, (0.0, 1.0)).all():
        return None, None
    return int(x.sum()), int(x[event].sum())


def _estimate(
    term: Term,
    coef: float,
    variance: float,
    counts: tuple[int | None, int | None],
    level: float,
) -> TermEstimate:
    nan = math.nan
    if math.isnan(coef):
        hr = Estimate(nan, None, None, "hazard_ratio")
        return TermEstimate(term, "not_estimable", nan, nan, nan, hr, None, None, *counts)
    if math.isinf(coef):
        status = "infinite" if coef > 0 else "zero"
        hr = Estimate(math.inf if coef > 0 else 0.0, None, None, "hazard_ratio")
        return TermEstimate(
            term,
            "infinite" if status == "infinite" else "zero",
            coef,
            nan,
            nan,
            hr,
            None,
            None,
            *counts,
        )
    # the variance may be wanting where another term is infinite, or the robust one vanished
    if math.isnan(variance):
        hr = Estimate(_exp(coef), None, None, "hazard_ratio")
        return TermEstimate(term, "ok", coef, nan, nan, hr, None, None, *counts)
    se = math.sqrt(variance)
    z = coef / se
    width = float(ndtri(0.5 + level / 2)) * se
    interval = Interval(_exp(coef - width), _exp(coef + width), level, "robust_wald")
    p_value = float(2 * ndtr(-abs(z)))
    hr = Estimate(_exp(coef), interval, p_value, "hazard_ratio", "robust_wald")
    return TermEstimate(term, "ok", coef, se, z, hr, None, None, *counts)


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _wald(coef: Floats, covariance: Floats, known: Bools) -> SignificanceTest | None:
    """Test all estimated terms with the robust covariance."""
    if not known.any() or not np.isfinite(covariance[np.ix_(known, known)]).all():
        return None
    square = covariance[np.ix_(known, known)]
    size = np.sqrt(np.diag(square))
    scaled = coef[known] / size
    correlation = square / np.outer(size, size)
    df = int(known.sum())
    if np.linalg.matrix_rank(correlation, hermitian=True) < df:
        return None
    value = float(scaled @ np.linalg.solve(correlation, scaled))
    return SignificanceTest("robust_wald", value, float(df), float(chdtrc(df, value)))
