"""`ResultRow`: one row of the long result table, the form every number can be found in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One number of a study.

    Parameters
    ----------
    analysis, endpoint
        Ids in the plan; endpoint "" where none is involved.
    term, level
        Covariate, gene, variable or group, and the level or column meant; "" for the whole.
    statistic
        ``hr, ci_low, ci_high, p_value, coef, se, z, n, n_events, n_altered, n_tested, median,
        fraction, ...``.
    value
        Full precision; infinite and NaN allowed.
    unit
        ``days``, ``years``, ...; "" when dimensionless.
    method
        ``efron``, ``wald``, ``clopper_pearson``, ...; "" when none.
    """

    analysis: str
    endpoint: str
    term: str
    level: str
    statistic: str
    value: float
    unit: str
    method: str
