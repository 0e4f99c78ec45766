"""Risk-set means at the events, step by step through tied events.

Efron's approximation takes the d events of a tie one after another, a part f = l / d of all of them
gone before step l; Breslow's takes them in one step with nobody gone. Each step has a denominator,
a hazard increment and a mean of the covariates. Whatever is built on them (score and Schoenfeld
residuals, a predicted curve and its variance, the test of proportional hazards) sums over these
steps, so ties are dealt with here and in `descend`, and nowhere else.

The risk-set sums come from `descend` too: with case weights w_i z_i instead of w_i and Breslow's
ties the hazard step of a group is (sum over events of w z) / (sum at risk of w z r), so z = 1 gives
S_0 and z = x gives S_1. No second loop over risk sets is written, and strata, delayed entry and
weights mean what they mean there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.survival.partial_likelihood import descend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


class TieStep(NamedTuple):
    """One step through the tied events of all tie groups that have so many.

    Attributes
    ----------
    group
        (m,) tie groups.
    share
        (m,) part of the group's events that this step stands for.
    staying
        (m,) part of the hazard increment that the group's own events are exposed to.
    denominator
        (m,) risk of those at risk, less the part taken out.
    hazard
        (m,) increment of the cumulative hazard.
    mean
        (m, p) mean of the covariates over those at risk.
    """

    group: Ints
    share: Floats
    staying: Floats
    denominator: Floats
    hazard: Floats
    mean: Floats


def group_of_rows(sets: RiskSets) -> tuple[Ints, Bools]:
    """Give the tie group of each position, and whether the row there ends in an event.

    Examples
    --------
    >>> from embogen.survival.risk_sets import build
    >>> group, event = group_of_rows(build([5.0, 3.0, 3.0], [True, False, True]))
    >>> group.tolist(), event.tolist()
    ([0, 1, 1], [True, True, False])
    """
    sizes = np.diff(sets.group_end, prepend=0)
    group = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(group)) - (sets.group_end - sizes)[group]
    return group, within < sets.group_deaths[group]


def tie_steps(
    sets: RiskSets, X: Floats, predictor: Floats, tie_fraction: float
) -> Iterator[TieStep]:
    """Go through the tied events of all groups at once.

    Parameters
    ----------
    sets
        The outcome.
    X
        (n, p) C-contiguous covariates of order 1, rows in walking order.
    predictor
        (2, n) from `relative_risk`.
    tie_fraction
        1.0 for Efron's approximation, 0.0 for Breslow's.

    Yields
    ------
    TieStep
        As many as the largest tie has events (Breslow: one).
    """
    start = sets.group_end - np.diff(sets.group_end, prepend=0)
    _, dead = group_of_rows(sets)
    own_weight = np.where(dead, sets.weight, 0.0)
    W = np.add.reduceat(own_weight, start)
    S0, S1 = _risk_set_sums(sets, X, predictor, own_weight)
    if tie_fraction == 0.0:
        tied = np.flatnonzero(sets.group_deaths)
        whole = np.ones(len(tied))
        mean = S1[tied] / S0[tied][:, None]
        yield TieStep(tied, whole, whole, S0[tied], W[tied] / S0[tied], mean)
        return
    own_risk = own_weight * predictor[1]
    D0 = np.add.reduceat(own_risk, start)
    D1 = np.add.reduceat(own_risk[:, None] * X, start, axis=0)
    for step in range(int(sets.group_deaths.max(initial=0))):
        tied = np.flatnonzero(sets.group_deaths > step)
        deaths = sets.group_deaths[tied]
        f = tie_fraction * step / deaths
        denominator = S0[tied] - f * D0[tied]
        mean = (S1[tied] - f[:, None] * D1[tied]) / denominator[:, None]
        hazard = W[tied] / deaths / denominator
        yield TieStep(tied, 1.0 / deaths, 1.0 - f, denominator, hazard, mean)


def _risk_set_sums(
    sets: RiskSets, X: Floats, predictor: Floats, own_weight: Floats
) -> tuple[Floats, Floats]:
    """Give S_0 (g,) and S_1 (g, p) at the groups with events; 1 and 0 at the others."""
    n, p = X.shape
    start = sets.group_end - np.diff(sets.group_end, prepend=0)
    dying = sets.group_deaths > 0
    none = np.empty((n, 0))
    sums = np.ones((p + 1, len(start)))
    for j in range(p + 1):
        # a positive stand-in for the covariate, of order 1, so that no sum cancels
        lift = 0.0 if j == 0 else 1.0 - X[:, j - 1].min(initial=0.0)
        z = np.ones(n) if j == 0 else X[:, j - 1] + lift
        steps = np.zeros((2, len(start)))
        descend(sets._replace(weight=sets.weight * z), none, predictor, steps, 0.0)
        events = np.add.reduceat(own_weight * z, start)
        sums[j, dying] = events[dying] / steps[0, dying]
        if j > 0:
            sums[j] -= lift * sums[0]
    return sums[0], np.where(dying[:, None], sums[1:].T, 0.0)
