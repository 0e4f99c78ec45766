"""Limits of profile-likelihood intervals, for any likelihood that can be profiled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from scipy.optimize import brentq

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST: Final = 1e300
FINEST: Final = 1.02
"""Growth of the steps at which the search for a limit gives up."""
MOST_TRIALS: Final = 40
"""A profile that has not fallen after 2^40 standard errors does not bound its parameter."""


def profile_limit(
    profile: Callable[[float], float], centre: float, unit: float, target: float
) -> float:
    """Find where a profile falls to a value on one side of its maximum.

    Parameters
    ----------
    profile
        Log likelihood maximised over all other parameters, with this one fixed; -inf where the
        likelihood vanishes, NaN where the maximum was not found.
    centre
        Where the profile is at least `target`.
    unit
        A standard error or so; its sign is the side to look at.
    target
        The value at the limit: the maximum less half the chi-square quantile.

    Returns
    -------
    limit
        Signed infinity when the profile does not fall so far; NaN when a maximum on the way was
        not found.

    Examples
    --------
    A parabola has fallen by 2 after two standard errors.

    >>> round(profile_limit(lambda x: -0.5 * (x - 1.0) ** 2, 1.0, -0.7, -2.0), 9)
    -1.0
    """

    def excess(steps: float) -> float:
        fallen = target - profile(centre + steps * unit)
        return min(max(fallen, -LARGEST), LARGEST) if not math.isnan(fallen) else math.nan

    low, high, growth = 0.0, 1.0, 2.0
    for _ in range(MOST_TRIALS):
        value = excess(high)
        if value > 0.0:
            break
        if math.isnan(value):  # too far out for the arithmetic: go there in smaller steps
            growth = 1.0 + 0.5 * (growth - 1.0)
            if growth < FINEST:
                return math.nan
            high = low + 0.5 * (high - low)
        else:
            low, high = high, growth * high
    else:
        return math.nan if growth < 2.0 else math.copysign(math.inf, unit)  # noqa: PLR2004 - as set
    try:
        steps = float(brentq(excess, low, high, xtol=1e-12, rtol=1e-13))
    except ValueError:  # a NaN within the bracket, or a centre already below the target
        return math.nan
    return centre + steps * unit
