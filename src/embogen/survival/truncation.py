"""Dependent truncation: Kendall's tau of entry and exit among those at risk together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ConditionalTau(NamedTuple):
    """What `conditional_tau` gives.

    Parameters
    ----------
    score
        Concordant less discordant pairs: late entry with a late exit is concordant.
    variance
        Of the score when entry and exit are independent where both can be seen.
    pairs
        Comparable pairs whose order of exit is known; entries of a pair may be tied.
    """

    score: float
    variance: float
    pairs: int

    @property
    def tau(self) -> float:
        """Score by pair; NaN without a pair."""
        return self.score / self.pairs if self.pairs else math.nan

    @property
    def z(self) -> float:
        """Score over its standard error; NaN where that is zero."""
        return self.score / math.sqrt(self.variance) if self.variance > 0 else math.nan


def conditional_tau(
    time: NDArray[np.float64], event: NDArray[np.bool_], entry: NDArray[np.float64]
) -> ConditionalTau:
    """Count concordant pairs of entry and exit among those who were at risk together.

    Parameters
    ----------
    time, event, entry
        (n,) exits, whether they are events, and entries before them; near-equal times merged; at
        risk on (entry, time].

    Returns
    -------
    ConditionalTau

    Notes
    -----
    At each event time the entry of the one who fails is ranked among those at risk: the score is
    the number with a later entry less that with an earlier one. Under independence every one of
    the r at risk is as likely to fail, so the score has mean zero and variance the mean of the r
    squared scores, (r^2 - 1) / 3 without ties; d tied events are drawn without replacement. Tsai,
    Biometrika 1990;77:169; Martin & Betensky, JASA 2005;100:484. Times n, the cost is the number
    of event times.

    Examples
    --------
    Two patients who enter on days 1 and 2, and fail in that order: one pair, concordant.

    >>> conditional_tau(np.array([5., 6.]), np.array([True, True]), np.array([1., 2.]))
    ConditionalTau(score=1.0, variance=1.0, pairs=1)
    """
    _, code = np.unique(entry, return_inverse=True)
    size = int(code.max()) + 1 if len(code) else 0
    score = variance = 0.0
    pairs = 0
    for moment in np.unique(time[event]):
        at_risk = (entry < moment) & (time >= moment)
        failing = event & (time == moment)
        count = np.bincount(code[at_risk], minlength=size)
        r, d = int(count.sum()), int(failing.sum())
        below = np.cumsum(count) - count
        later_less_earlier = (r - below - count) - below
        score += float(later_less_earlier[code[failing]].sum())
        pairs += d * (r - d)
        if r > 1:
            spread = float((count * later_less_earlier.astype(np.float64) ** 2).sum()) / r
            variance += d * (r - d) / (r - 1) * spread
    return ConditionalTau(score, variance, pairs)
