"""The winner's curse: a hazard ratio that had to be significant is too far from 1 on average.

Where only significant results are written about, the Wald statistic z was seen because it lay
beyond c, and its density is that of a normal distribution cut at -c and c. The maximum of that
likelihood moves the estimate back towards 1, the more the nearer it lies to the cut, and limits
come from the same cut distribution.

Sources: Zhong & Prentice, Biostatistics 2008;9:621 (doi 10.1093/biostatistics/kxn001); Ghosh, Zou
& Wright, American Journal of Human Genetics 2008;82:1064 (doi 10.1016/j.ajhg.2008.03.002). How far
the normal law holds with few carriers is told by the simulation of
`embogen.inference.power_trial.PowerTrial`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.bisection import root_of_rising
from embogen.inference.estimates import Estimate, Interval

if TYPE_CHECKING:
    from embogen.inference.cox_result import CoxFit, TermEstimate

CONVENTION: Final = 0.05
"""Level at which results are taken to be written about."""
FEW_EVENTS: Final = 100
"""With fewer events than this a significant hazard ratio carries the caveat."""


@dataclass(frozen=True, slots=True)
class Shrunken:
    """A significant hazard ratio, and what is left of it when its selection is allowed for.

    Parameters
    ----------
    observed
        exp(coef), as it would be published.
    hr
        The hazard ratio of highest likelihood given that the result is significant, with its
        equal-tailed interval.
    z, cut
        The Wald statistic, and the absolute value it had to exceed.
    """

    observed: float
    hr: Estimate
    z: float
    cut: float


def shrink_significant(
    coef: float, se: float, *, level: float = CONVENTION, confidence: float = 0.95
) -> Shrunken:
    """Shrink a log hazard ratio that was looked at because it was significant.

    Parameters
    ----------
    coef, se
        Log hazard ratio and its standard error.
    level
        Two-sided level at which results were selected. Where |coef / se| does not reach it (the
        result was significant by another test) the cut is put at the statistic itself, the
        strongest shrinkage there is.
    confidence
        Confidence level of the interval.

    Returns
    -------
    Shrunken

    Raises
    ------
    DataError
        When a number cannot be used; all are named.

    Notes
    -----
    The likelihood's one maximum solves E(Z | |Z| > c) = z; it is found by bisection.

    Examples
    --------
    A hazard ratio of 3 that is just significant shrinks to 1.32; one far beyond the cut hardly.

    >>> import math
    >>> just, far = (shrink_significant(math.log(3), math.log(3) / z) for z in (2.0, 6.0))
    >>> round(just.hr.value, 2), round(far.hr.value, 2)
    (1.32, 3.0)
    """
    problems = []
    if not math.isfinite(coef):
        problems.append(DataProblem("winner's curse", f"coef={coef!r} is not finite"))
    if not (math.isfinite(se) and se > 0.0):
        problems.append(DataProblem("winner's curse", f"se={se!r} is not a positive number"))
    for name, value in (("level", level), ("confidence", confidence)):
        if not 0.0 < value < 1.0:
            message = f"{name}={value!r} is not between 0 and 1"
            problems.append(DataProblem("winner's curse", message))
    if problems:
        raise DataError(problems)
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    z = abs(coef / se)
    cut = min(float(ndtri(1.0 - level / 2.0)), z)
    tail = (1.0 - confidence) / 2.0
    centre = root_of_rising(lambda mean: _expected(mean, cut) - z, 0.0, z)
    low = root_of_rising(lambda mean: _beyond(mean, z, cut) - tail, -z - 40.0, z)
    high = root_of_rising(lambda mean: _beyond(mean, z, cut) - (1.0 - tail), low, z + 40.0)
    sign = math.copysign(1.0, coef)
    ends = sorted(math.exp(sign * mean * se) for mean in (low, high))
    interval = Interval(ends[0], ends[1], confidence, "conditional_likelihood")
    value = math.exp(sign * centre * se)
    return Shrunken(math.exp(coef), Estimate(value, interval, None, "hazard_ratio"), coef / se, cut)


def winners_curse_caveats(fit: CoxFit) -> tuple[Caveat, ...]:
    """Warn of significant hazard ratios that rest on few events.

    Parameters
    ----------
    fit
        A fit whose p-values to print first are known.

    Returns
    -------
    caveats
        ``winners_curse``, one for each term whose first p-value is at most .05 while the model
        has fewer than 100 events; none for terms without a finite hazard ratio.
    """
    if fit.n_events >= FEW_EVENTS:
        return ()
    return tuple(
        _caveat(item, fit.n_events)
        for item in fit.estimates
        if item.status == "ok" and item.primary_p is not None and item.primary_p <= CONVENTION
    )


def _caveat(item: TermEstimate, n_events: int) -> Caveat:
    found = shrink_significant(item.coef, _normal_error(item))
    interval = found.hr.interval
    name = item.term.title or item.term.name
    low, high = (math.nan, math.nan) if interval is None else (interval.low, interval.high)
    message = (
        f"{name}: significant hazard ratios from few events ({n_events} here) are too far from 1 "
        f"on average (winner's curse). Given that it is significant, {found.observed:.3g} shrinks "
        f"to {found.hr.value:.3g} (95% CI {low:.3g}\u2013{high:.3g})."
    )
    evidence: dict[str, float | int | str] = {
        "hr": found.observed,
        "hr_shrunken": found.hr.value,
        "ci_low_shrunken": low,
        "ci_high_shrunken": high,
        "events": n_events,
    }
    return Caveat("winners_curse", message, evidence, item.term.label)


def _normal_error(item: TermEstimate) -> float:
    """Give the standard error with which the normal distribution has the p-value of the estimate.

    It is the estimate's own, but where p is one of Student's t: a robust variance of few clusters
    is too small to shrink by.
    """
    p = item.hr.p_value
    if item.hr.p_method != "robust_t" or p is None or not 0.0 < p < 1.0:
        return item.se
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    return abs(item.coef) / abs(float(ndtri(p / 2.0)))


def _expected(mean: float, cut: float) -> float:
    """Give E(Z | |Z| > cut) for Z normal about `mean`; it rises with the mean."""
    from scipy.special import ndtr  # noqa: PLC0415 - results load without scipy

    kept = float(ndtr(mean - cut) + ndtr(-mean - cut))
    return mean + (_density(mean - cut) - _density(mean + cut)) / kept


def _beyond(mean: float, z: float, cut: float) -> float:
    """Give P(Z > z | |Z| > cut); it rises with the mean."""
    from scipy.special import ndtr  # noqa: PLC0415 - results load without scipy

    return float(ndtr(mean - z) / (ndtr(mean - cut) + ndtr(-mean - cut)))


def _density(x: float) -> float:
    return math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
