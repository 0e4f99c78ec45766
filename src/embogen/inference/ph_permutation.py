"""A permutation form of the test of proportional hazards, for few events.

Schoenfeld's residual of an event is what failed less what was expected of the risk set. Where
hazards are proportional its mean is zero at all times, and the residuals know nothing of when they
occurred. So they are exchanged among the events, and the score of a term x g(t) is taken anew.
Events at which all at risk are alike in the covariate have residual zero by necessity and stay
where they are: with few carriers these are most of the late events, and a test that exchanges them
too rejects hardly ever.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from embogen.inference import monte_carlo
from embogen.inference.estimates import Interval
from embogen.inference.permutation_result import MonteCarloState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST_ENUMERATED: Final = 8
"""With at most so many informative events every order is gone through: 40,320 of them."""
FEWEST: Final = 3
MOST_EVENTS: Final = 200
"""With more events the chi-square approximation is as good, and orders cost memory."""
_SLACK: Final = 1e-9
_FLAT: Final = 1e-9


@dataclass(frozen=True, slots=True)
class PermutedHazards:
    """A p-value by exchanging Schoenfeld residuals among the events.

    Parameters
    ----------
    p_value
        Share of the orders whose statistic is at least the observed one.
    method
        ``enumerated``: every order was gone through; ``monte_carlo``: some were drawn.
    n_informative
        Events exchanged: those at which the risk set differs in the covariate.
    n_permutations
        Orders gone through or drawn.
    p_interval
        Where the p-value of all orders lies, for ``monte_carlo`` (Clopper-Pearson).
    draws
        The Monte Carlo state; None otherwise.
    """

    p_value: float
    method: Literal["enumerated", "monte_carlo"]
    n_informative: int
    n_permutations: int
    p_interval: Interval | None
    draws: MonteCarloState | None


class Draws(NamedTuple):
    """Where random orders come from, and how many are drawn."""

    rng: np.random.Generator
    max_draws: int
    exceedances: int
    level: float


class Residuals(NamedTuple):
    """The events of a fit.

    Attributes
    ----------
    g
        (d,) transformed time of each event.
    residual
        (d, p) Schoenfeld residuals.
    spread
        (d, p) variance of each covariate in the risk set.
    information
        (p, p) of the fit.
    """

    g: Floats
    residual: Floats
    spread: Floats
    information: Floats


def permuted(events: Residuals, columns: list[int], draws: Draws) -> PermutedHazards | None:
    """Test some columns together by exchanging the residuals of the events.

    Parameters
    ----------
    events
        Residuals of columns of order 1.
    columns
        Columns tested together.
    draws
        Used where there are too many orders to go through.

    Returns
    -------
    PermutedHazards or None
        None with fewer than three informative events, or more than 200.

    Notes
    -----
    The statistic is u' I^-1 u with u the sum of g r over the events and I the block of the
    information, which no exchange changes; the observed u is the score that the chi-square test of
    Grambsch and Therneau is made of. The test is not exact, since residuals are alike in mean only:
    see docs/validation.md for its measured size.
    """
    informative = (events.spread[:, columns] > _FLAT).any(axis=1)
    g, residual = events.g[informative], events.residual[informative][:, columns]
    m = len(g)
    if not FEWEST <= m <= MOST_EVENTS or np.ptp(g) == 0:
        return None
    g = (g - g.min()) / np.ptp(g)
    g = g - g.mean()
    # what is drawn goes by position, which must not depend on the order of rows in a file
    order = np.lexsort([*residual.T, g])
    g, residual = g[order], residual[order]
    root = np.linalg.cholesky(np.linalg.inv(events.information[np.ix_(columns, columns)]))
    rotated = residual @ root  # |u' root|^2 is the statistic

    def statistics(orders: NDArray[np.intp]) -> Floats:
        u = np.einsum("bmk,m->bk", rotated[orders], g)
        result: Floats = np.sqrt((u * u).sum(axis=1))
        return result

    observed = float(statistics(np.arange(m)[None, :])[0])
    slack = _SLACK * math.sqrt(float((rotated**2).sum() * (g @ g)))
    if m <= MOST_ENUMERATED:
        found = statistics(np.array(list(itertools.permutations(range(m))), dtype=np.intp))
        share = float((found >= observed - slack).mean())
        return PermutedHazards(share, "enumerated", m, len(found), None, None)
    digest = hashlib.sha256(np.column_stack([g, rotated]).tobytes()).hexdigest()
    state = monte_carlo.go_on(
        monte_carlo.start(draws.rng, digest),
        monte_carlo.from_uniforms(lambda uniforms: statistics(np.argsort(uniforms, axis=1)), m),
        (observed, slack),
        one_sided=False,
        max_draws=draws.max_draws,
        exceedances=draws.exceedances,
    )
    stopped = state.at_least >= draws.exceedances
    added = int(not stopped)
    return PermutedHazards(
        p_value=(state.at_least + added) / (state.n_draws + added),
        method="monte_carlo",
        n_informative=m,
        n_permutations=state.n_draws,
        p_interval=monte_carlo.p_interval(state.at_least, state.n_draws, stopped, draws.level),
        draws=state,
    )
