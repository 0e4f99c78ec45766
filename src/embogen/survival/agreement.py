"""Agreement of two yes-or-no ratings of the same subjects: Cohen's kappa and its variance."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

ROUNDING: Final = 1e-12
"""A variance below this part of what it is the difference of is none."""


class Kappa(NamedTuple):
    """Cohen's kappa with its large-sample standard error; NaN where it does not exist."""

    value: float
    std_error: float


def cohen_kappa(both: int, first_only: int, second_only: int, neither: int) -> Kappa:
    """Give Cohen's kappa of a two-by-two table.

    Parameters
    ----------
    both, first_only, second_only, neither
        Pairs positive in both, in one, in the other, in none.

    Returns
    -------
    Kappa
        NaN without pairs, and where one answer is all that either rater ever gives: agreement by
        chance is then complete.

    Notes
    -----
    Cohen, Educ Psychol Meas 1960;20:37; variance away from kappa = 0 of Fleiss, Cohen & Everitt,
    Psychol Bull 1969;72:323.

    Examples
    --------
    20, 5, 10, 15 of 50 pairs: .70 agree, .50 by chance.

    >>> round(cohen_kappa(20, 5, 10, 15).value, 12)
    0.4
    """
    counts = np.array([[both, first_only], [second_only, neither]], dtype=np.float64)
    n = counts.sum()
    if n == 0:
        return Kappa(np.nan, np.nan)
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float(np.trace(p)), float(rows @ columns)
    if chance == 1.0:
        return Kappa(np.nan, np.nan)
    kappa = (observed - chance) / (1.0 - chance)
    agree = sum(
        p[i, i] * ((1.0 - chance) - (rows[i] + columns[i]) * (1.0 - observed)) ** 2
        for i in range(2)
    )
    differ = (1.0 - observed) ** 2 * sum(
        p[i, j] * (columns[i] + rows[j]) ** 2 for i in range(2) for j in range(2) if i != j
    )
    last = (observed * chance - 2.0 * chance + observed) ** 2
    spread = float(agree + differ - last)
    if spread <= ROUNDING * float(agree + differ):  # perfect agreement: what is left is rounding
        spread = 0.0
    variance = spread / (n * (1.0 - chance) ** 4)
    return Kappa(float(kappa), float(np.sqrt(variance)))
