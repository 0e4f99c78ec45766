"""A two-by-two table given its margins: exact test, conditional odds ratio and its exact limits.

With a of n1 in the first group and c of n2 in the second positive, and t = a + c fixed, a follows
Fisher's noncentral hypergeometric law: P(a) is proportional to C(n1, a) C(n2, t - a) psi^a, psi the
odds ratio. Sources: Fisher, JRSS 1935;98:39; Cornfield, Proc 3rd Berkeley Symp 1956;4:135.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaln

if TYPE_CHECKING:
    from collections.abc import Callable

    Floats = NDArray[np.float64]

SAME_PROBABILITY: Final = 1e-7
"""Tables whose probabilities differ by less than this part are equally extreme (as in R)."""
_BISECTIONS: Final = 200


class ExactOdds(NamedTuple):
    """What the conditional law says about a table.

    Attributes
    ----------
    p_value
        Two-sided: the probability of all tables no more likely than the one seen.
    odds_ratio
        Conditional maximum-likelihood estimate; 0 or inf at the ends of the support, NaN when the
        margins allow only one table.
    low, high
        Exact limits (each tail alpha / 2).
    """

    p_value: float
    odds_ratio: float
    low: float
    high: float


def exact_odds(a: int, n1: int, c: int, n2: int, alpha: float) -> ExactOdds:
    """Test and estimate the odds ratio of a table.

    Parameters
    ----------
    a, n1
        Positives and size of the first group.
    c, n2
        The same of the second.
    alpha
        1 - confidence level.

    Returns
    -------
    ExactOdds

    Examples
    --------
    Fisher's tea: 3 of 4 and 1 of 4 right; P = (1 + 16 + 16 + 1) / 70.

    >>> round(exact_odds(3, 4, 1, 4, 0.05).p_value * 70, 9)
    34.0
    """
    t = a + c
    support = np.arange(max(0, t - n2), min(n1, t) + 1)
    base = _log_choose(n1, support) + _log_choose(n2, t - support)
    base = base - base.max()
    weights = np.exp(base)
    seen = weights[a - support[0]]
    p = float(weights[weights <= seen * (1.0 + SAME_PROBABILITY)].sum() / weights.sum())
    if len(support) == 1:
        return ExactOdds(1.0, np.nan, 0.0, np.inf)

    def law(log_psi: float) -> Floats:
        exponent = base + log_psi * support
        probability: Floats = np.exp(exponent - exponent.max())
        probability /= probability.sum()
        return probability

    def above(log_psi: float) -> float:
        return float(law(log_psi)[support >= a].sum()) - alpha / 2

    def below(log_psi: float) -> float:
        return alpha / 2 - float(law(log_psi)[support <= a].sum())

    def mean(log_psi: float) -> float:
        return float(law(log_psi) @ support) - a

    first, last = a == support[0], a == support[-1]
    low = 0.0 if first else float(np.exp(_root(above)))
    high = np.inf if last else float(np.exp(_root(below)))
    if first or last:
        return ExactOdds(min(p, 1.0), 0.0 if first else np.inf, low, high)
    return ExactOdds(min(p, 1.0), float(np.exp(_root(mean))), low, high)


def _log_choose(n: int, k: NDArray[np.int64]) -> Floats:
    result: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return result


def _root(rising: Callable[[float], float]) -> float:
    """Find where a rising function of the log odds ratio crosses 0, by bisection."""
    low, high = -1.0, 1.0
    while rising(low) > 0:
        low *= 2
    while rising(high) < 0:
        high *= 2
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def clopper_pearson(x: int, n: int, level: float) -> tuple[float, float]:
    """Give exact limits of a proportion (Clopper & Pearson, Biometrika 1934;26:404).

    Examples
    --------
    0 of 10: the upper limit solves (1 - p)^10 = .025.

    >>> low, high = clopper_pearson(0, 10, 0.95)
    >>> low, round((1 - high) ** 10, 6)
    (0.0, 0.025)
    """
    if n == 0:
        return 0.0, 1.0
    tail = (1.0 - level) / 2
    low = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    high = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1.0 - tail))
    return low, high


def newcombe(a: int, n1: int, c: int, n2: int, z: float) -> tuple[float, float]:
    """Give limits of a difference of proportions from their score limits.

    Newcombe, Stat Med 1998;17:873, method 10.

    Examples
    --------
    >>> [round(limit, 4) for limit in newcombe(56, 70, 48, 80, 1.959964)]
    [0.0524, 0.3339]
    """
    p1, p2 = a / n1, c / n2
    low1, high1 = _wilson(p1, n1, z)
    low2, high2 = _wilson(p2, n2, z)
    difference = p1 - p2
    return (
        difference - float(np.hypot(p1 - low1, high2 - p2)),
        difference + float(np.hypot(high1 - p1, p2 - low2)),
    )


def _wilson(p: float, n: int, z: float) -> tuple[float, float]:
    centre = p + z * z / (2 * n)
    width = z * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    scale = 1 + z * z / n
    return (centre - width) / scale, (centre + width) / scale
