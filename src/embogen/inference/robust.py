"""Robust variance of a Cox regression: rows of one cluster taken together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from embogen.caveats import Caveat
from embogen.inference.cox_result import RobustVariance
from embogen.inference.estimates import Estimate, Interval, SignificanceTest
from embogen.inference.fitted_rows import fitted_rows
from embogen.inference.row_data import label_codes
from embogen.survival.score_residuals import score_residuals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from embogen.inference.cox_result import CoxFit, TermEstimate
    from embogen.inference.design import Design
    from embogen.surv import Surv

    Floats = NDArray[np.float64]

FEWEST_CLUSTERS: Final = 30
"""The robust variance is an average over clusters: with fewer it is too small."""


def with_robust_variance(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    rows: Mapping[str, Any],
    cluster: NDArray[np.object_],
    *,
    level: float,
) -> CoxFit:
    """Replace the inverse information of a fit by the robust covariance.

    Parameters
    ----------
    fit
        The fit, with its model-based covariance.
    surv, design
        What it was fitted to.
    rows
        Arrays ``strata``, ``weights``, ``offset``, each None or one item per row.
    cluster
        (n,) labels of the independent units.
    level
        Confidence level of the intervals.

    Returns
    -------
    CoxFit
        Standard errors, Wald tests and intervals are robust; likelihood-ratio and score tests are
        as they were and take rows as independent.

    Notes
    -----
    V (sum over clusters of u u') V, u a cluster's weighted score residuals and V the inverse
    information (Lin & Wei, JASA 1989;84:1074), as R's ``coxph(..., cluster)``.
    """
    if fit.convergence.status not in {"ok", "aliased"}:
        return _without(fit, len(set(cluster.tolist())))
    data = fitted_rows(fit, surv, design, **rows)
    unit = label_codes(cluster[data.rows])[0]
    n_clusters = int(unit.max()) + 1
    problem = (data.offset, data.tie_fraction)
    score = _weighted(score_residuals(data.sets, data.X, data.beta, *problem), data.sets.weight)
    change = _sums(score, unit) @ data.covariance
    covariance = np.full_like(fit.covariance, np.nan)
    robust = change.T @ change
    covariance[np.ix_(data.columns, data.columns)] = robust / np.outer(data.scale, data.scale)
    null = score_residuals(data.sets, data.X, np.zeros(len(data.beta)), *problem)
    at_zero = _sums(_weighted(null, data.sets.weight), unit)
    return replace(
        fit,
        covariance=covariance,
        estimates=tuple(
            _robust_term(item, float(covariance[k, k]), level)
            for k, item in enumerate(fit.estimates)
        ),
        wald_test=_quadratic_test("robust_wald", robust, data.beta, n_clusters),
        caveats=(*fit.caveats, *_few(n_clusters)),
        robust=RobustVariance(
            n_clusters=n_clusters,
            model_covariance=fit.covariance,
            score_test=_quadratic_test(
                "robust_score", at_zero.T @ at_zero, at_zero.sum(axis=0), n_clusters
            ),
        ),
    )


def with_student_t(fit: CoxFit) -> CoxFit:
    """Refer robust estimates that rest on few clusters to Student's t instead of the normal.

    Parameters
    ----------
    fit
        A fit with clusters.

    Returns
    -------
    CoxFit
        With fewer than 30 clusters, intervals and p-values of its terms are those of t with one
        degree of freedom less than there are clusters; otherwise, and without clusters, the fit
        as it was. R's coxph has the normal ones, which reject true hypotheses far too often then
        (benchmarks/cluster_size.py: 15% to 18% at 5% with 5 clusters, where t rejects up to 8%).

    Notes
    -----
    Bell & McCaffrey, Survey Methodology 2002;28:169; Cameron, Gelbach & Miller, Rev Econ Stat
    2008;90:414.

    Examples
    --------
    Four clusters of two, z = 1.29: p = .195 by the normal, .286 by t with 3 degrees of freedom.

    >>> from embogen.inference.cox import fit_cox
    >>> from embogen.inference.design import Design
    >>> from embogen.surv import Surv
    >>> surv = Surv(np.arange(1, 9), np.ones(8))
    >>> design = Design.from_arrays([1, 0, 1, 1, 0, 1, 0, 0], ["x"])
    >>> fit = fit_cox(surv, design, cluster=[1, 1, 2, 2, 3, 3, 4, 4])
    >>> found = with_student_t(fit).estimates[0].hr
    >>> round(fit.estimates[0].hr.p_value, 3), found.p_method, round(found.p_value, 3)
    (0.195, 'robust_t', 0.286)
    """
    robust = fit.robust
    if robust is None or not 1 < robust.n_clusters < FEWEST_CLUSTERS:
        return fit
    if fit.convergence.status not in {"ok", "aliased"}:
        return fit
    df = robust.n_clusters - 1
    message = (
        f"The robust variance rests on {robust.n_clusters} clusters and is too small on average. "
        f"Intervals and p-values allow for it by Student's t with {df} degrees of freedom, and "
        "still reject a little too often (up to 8% at the 5% level)."
    )
    caveat = Caveat("few_clusters", message, {"clusters": robust.n_clusters})
    return replace(
        fit,
        estimates=tuple(_student(item, df) for item in fit.estimates),
        caveats=tuple(caveat if item.code == "few_clusters" else item for item in fit.caveats),
    )


def _student(item: TermEstimate, df: int) -> TermEstimate:
    interval = item.hr.interval
    if item.status != "ok" or interval is None or math.isnan(item.z):
        return item
    width = float(stdtrit(df, 0.5 + interval.level / 2)) * item.se
    low, high = _exp(item.coef - width), _exp(item.coef + width)
    limits = Interval(low, high, interval.level, "robust_t")
    p_value = float(2 * stdtr(df, -abs(item.z)))
    return replace(item, hr=Estimate(item.hr.value, limits, p_value, "hazard_ratio", "robust_t"))


def _weighted(residuals: Floats, weight: Floats) -> Floats:
    weighted: Floats = residuals * weight[:, None]
    return weighted


def _sums(values: Floats, unit: NDArray[np.int64]) -> Floats:
    totals = np.zeros((int(unit.max()) + 1, values.shape[1]))
    np.add.at(totals, unit, values)
    return totals


def _robust_term(item: TermEstimate, variance: float, level: float) -> TermEstimate:
    """Give the estimate its robust standard error, interval and p-value."""
    if item.status != "ok":
        return item
    se = math.sqrt(variance)
    if not se > 0.0:
        missing = Interval(math.nan, math.nan, level, "robust_wald")
        hr = Estimate(item.hr.value, missing, None, "hazard_ratio", "robust_wald")
        return replace(item, se=math.nan, z=math.nan, hr=hr)
    width = float(ndtri(0.5 + level / 2)) * se
    limits = Interval(_exp(item.coef - width), _exp(item.coef + width), level, "robust_wald")
    p_value = float(2 * ndtr(-abs(item.coef / se)))
    hr = Estimate(item.hr.value, limits, p_value, "hazard_ratio", "robust_wald")
    return replace(item, se=se, z=item.coef / se, hr=hr)


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _quadratic_test(
    method: str, matrix: Floats, vector: Floats, n_clusters: int
) -> SignificanceTest | None:
    """Give x' M^-1 x; None where the clusters are too few to make M invertible."""
    size = np.sqrt(np.diag(matrix))
    df = len(vector)
    if df == 0 or n_clusters <= df or not (size > 0).all():
        return None
    scaled = vector / size
    correlation = matrix / np.outer(size, size)
    if np.linalg.matrix_rank(correlation) < df:
        return None
    value = float(scaled @ np.linalg.solve(correlation, scaled))
    return SignificanceTest(method, value, float(df), float(chdtrc(df, value)))


def _few(n_clusters: int) -> tuple[Caveat, ...]:
    if n_clusters >= FEWEST_CLUSTERS:
        return ()
    message = (
        f"The robust variance rests on {n_clusters} clusters; with fewer than {FEWEST_CLUSTERS} "
        "it is too small on average, and so are its p-values."
    )
    return (Caveat("few_clusters", message, {"clusters": n_clusters}),)


def _without(fit: CoxFit, n_clusters: int) -> CoxFit:
    """Leave a fit without finite estimates as it is, and say what its figures take for granted."""
    message = (
        f"No robust variance exists, as the fit ended as {fit.convergence.status}; what is given "
        f"takes rows as independent, though they belong to {n_clusters} clusters."
    )
    robust = RobustVariance(n_clusters, fit.covariance, None)
    caveat = Caveat("no_robust_variance", message, {"clusters": n_clusters})
    return replace(fit, caveats=(*fit.caveats, caveat), robust=robust)
