"""Profile-likelihood intervals: what the likelihood itself says about one coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from embogen.inference.cox import check_rows, fit_cox
from embogen.inference.design import Term
from embogen.inference.estimates import Estimate, Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.inference.cox_problem import Problem
    from embogen.inference.cox_result import TermEstimate, Ties
    from embogen.inference.design import Design
    from embogen.surv import Surv
    from embogen.survival.supremum import Supremum


@dataclass(frozen=True, slots=True)
class ProfileEstimate:
    """A hazard ratio with its profile-likelihood interval.

    Parameters
    ----------
    term
        The column.
    hr
        Estimate, interval and p-value of the likelihood ratio. An end of the interval is 0 or
        infinite where the likelihood never falls far enough; NaN where its maximum on the way
        was not found. No interval for a term that is not estimable.
    """

    term: Term
    hr: Estimate


def profile_intervals(
    surv: Surv,
    design: Design,
    *,
    ties: Ties = "efron",
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    penalty: Literal["firth"] | None = None,
    level: float = 0.95,
) -> tuple[ProfileEstimate, ...]:
    """Give every term of a Cox model its profile-likelihood interval.

    The interval holds the values of a coefficient for which the likelihood, maximised over all
    others, lies within half the chi-square quantile of its maximum. It follows the likelihood's
    skewness, does not depend on the scale of the coefficient, and is one-sided where the
    likelihood is monotone.

    Parameters
    ----------
    surv, design, ties, strata, weights, offset, penalty, level
        As in `embogen.inference.cox.fit_cox`. With a penalty the penalised likelihood is
        profiled, the whole information matrix staying in the penalty.

    Returns
    -------
    tuple of ProfileEstimate
        One per term.

    Raises
    ------
    DataError
        As `fit_cox`.

    Notes
    -----
    Venzon & Moolgavkar, Appl Stat 1988;37:87; with the penalty Heinze & Schemper, Biometrics
    2001;57:114.

    Examples
    --------
    The one carrier fails first of two: l = log(r / (1 + r)) rises to 0, so r / (1 + r) may be as
    small as exp(-3.8415 / 2) = 0.14650, r as small as 0.1716.

    >>> from embogen.inference.design import Design
    >>> from embogen.surv import Surv
    >>> gene = Design.from_arrays([1, 0], ["DAXX"])
    >>> interval = profile_intervals(Surv([1, 2], [1, 1]), gene)[0].hr.interval
    >>> round(interval.low, 4), interval.high
    (0.1716, inf)
    """
    options = {"strata": strata, "weights": weights, "offset": offset}
    rows = check_rows(surv, design, ties, level, options)
    fit = fit_cox(
        surv,
        design,
        ties=ties,
        strata=strata,
        weights=weights,
        offset=offset,
        penalty=penalty,
        level=level,
    )
    if penalty is not None:
        return tuple(ProfileEstimate(item.term, item.hr) for item in fit.estimates)
    from embogen.inference.cox_problem import prepare  # noqa: PLC0415 - loads numba

    problem, _ = prepare(surv, design, ties, rows)
    best = problem.supremum() if fit.n_events else None
    return tuple(
        _estimate(problem, best, item, column, level) for column, item in enumerate(fit.estimates)
    )


def _estimate(
    problem: Problem, best: Supremum | None, item: TermEstimate, column: int, level: float
) -> ProfileEstimate:
    from embogen.inference.profile_limits import profile_limits  # noqa: PLC0415 - loads scipy

    if best is None or item.status == "not_estimable":
        return ProfileEstimate(item.term, item.hr)
    low, high = profile_limits(problem, best, column, level)
    interval = Interval(low, high, level, "profile_likelihood")
    hr = Estimate(item.hr.value, interval, item.lr_p_value, "hazard_ratio", "likelihood_ratio")
    return ProfileEstimate(item.term, hr)
