"""Adjusted p-values for a family of genes, fixed before the outcome was looked at.

Family-wise error: Bonferroni, Holm (Scand J Stat 1979;6:65), Hochberg (Biometrika 1988;75:800).
False discovery rate: Benjamini-Hochberg (JRSS B 1995;57:289), Benjamini-Yekutieli (Ann Stat
2001;29:1165). These know the p-values only; `embogen.inference.max_t` uses how the genes occur
together and is the sharper one where it applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from embogen.errors import DataError, DataProblem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Adjustment = Literal["bonferroni", "holm", "hochberg", "BH", "BY"]

CONTROLS = {
    "bonferroni": "family_wise_error",
    "holm": "family_wise_error",
    "hochberg": "family_wise_error",
    "BH": "false_discovery_rate",
    "BY": "false_discovery_rate",
    "max_t": "family_wise_error",
}
"""What each adjustment keeps below the level."""


@dataclass(frozen=True, slots=True, eq=False)
class AdjustedPValues:
    """P-values of a family and their adjustment.

    Parameters
    ----------
    names
        Member of the family each p-value belongs to.
    p_value, adjusted
        (m,) as given and adjusted; NaN where a member could not be tested.
    method
        How they were adjusted.
    family_size
        Number of p-values adjusted for: members that could be tested.
    """

    names: tuple[str, ...]
    p_value: Floats
    adjusted: Floats
    method: Adjustment
    family_size: int


def adjust_p_values(
    p_values: ArrayLike, method: Adjustment, *, names: tuple[str, ...] | None = None
) -> AdjustedPValues:
    """Adjust p-values for their number.

    Parameters
    ----------
    p_values
        (m,) between 0 and 1; NaN for a member that could not be tested, which is not counted (as
        R's ``p.adjust`` does with NA).
    method
        ``bonferroni``, ``holm``, ``hochberg``, ``BH`` or ``BY``.
    names
        Of the members; numbers from 1 when left out.

    Returns
    -------
    AdjustedPValues

    Raises
    ------
    DataError
        When a p-value lies outside 0 to 1, naming each, or the method is not known.

    Examples
    --------
    Holm on .01 and .04: 2 x .01, then 1 x .04.

    >>> adjust_p_values([0.04, 0.01], "holm").adjusted.tolist()
    [0.04, 0.02]
    """
    p = np.atleast_1d(np.asarray(p_values, dtype=np.float64))
    labels = names if names is not None else tuple(str(i + 1) for i in range(len(p)))
    problems = [
        DataProblem("p-values", "is not between 0 and 1", row=int(i) + 1, value=f"{p[i]:g}")
        for i in np.flatnonzero((p < 0) | (p > 1))
    ]
    if len(labels) != len(p):
        problems.append(DataProblem("p-values", f"{len(p)} were given with {len(labels)} names"))
    if method not in get_args(Adjustment):
        message = f"{method!r} is not one of {', '.join(get_args(Adjustment))}"
        problems.append(DataProblem("multiplicity", message))
    if problems:
        raise DataError(problems)
    tested = np.flatnonzero(~np.isnan(p))
    adjusted = np.full(len(p), np.nan)
    if len(tested):
        adjusted[tested] = _adjust(p[tested], method)
    return AdjustedPValues(labels, p, adjusted, method, len(tested))


def _adjust(p: Floats, method: Adjustment) -> Floats:
    m = len(p)
    order = np.argsort(p, kind="stable")
    ascending = p[order]
    rank = np.arange(1, m + 1)
    if method == "bonferroni":
        steps = m * ascending
    elif method == "holm":
        steps = np.maximum.accumulate((m - rank + 1) * ascending)
    else:
        factor = m - rank + 1.0
        if method != "hochberg":
            harmonic = float(np.sum(1.0 / rank)) if method == "BY" else 1.0
            factor = harmonic * m / rank
        steps = np.minimum.accumulate((factor * ascending)[::-1])[::-1]
    out = np.empty(m)
    out[order] = np.minimum(steps, 1.0)
    return out
