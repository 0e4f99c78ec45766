"""The log-rank test between groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.errors import DataError
from embogen.inference.row_data import label_codes, label_rows, one_cause

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.errors import DataProblem
    from embogen.surv import Surv


@dataclass(frozen=True, slots=True, eq=False)
class LogRank:
    """Log-rank test of k groups: (k,) counts, observed and expected events, (k, k) variance.

    `statistic` and `p_value` are NaN when there is nothing to compare (`df` 0). Each time counts by
    S(t-)^`rho`.
    """

    groups: tuple[str, ...]
    n: tuple[int, ...]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    variance: NDArray[np.float64]
    statistic: float
    df: int
    p_value: float
    rho: float = 0.0


def logrank(
    surv: Surv,
    groups: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    rho: float = 0.0,
    group_order: tuple[str, ...] | None = None,
) -> LogRank:
    """Compare survival between groups.

    Parameters
    ----------
    surv
        n outcomes of one cause; delayed entry is honoured.
    groups
        (n,) group labels.
    strata
        (n,) labels; differences are summed over strata.
    rho
        Each time counts by S(t-)^rho: 0 the log-rank test, 1 Peto and Peto's Wilcoxon test.
    group_order
        Names in the order wanted; sorted without it.

    Returns
    -------
    LogRank

    Raises
    ------
    DataError
        When lengths disagree or a label is missing.

    Examples
    --------
    Two patients a group, A fails on days 1 and 2, B on 3 and 4: expected in A 1/2 + 1/3.

    >>> from embogen.surv import Surv
    >>> test = logrank(Surv([1, 2, 3, 4], [1, 1, 1, 1]), ["A", "A", "B", "B"])
    >>> test.expected.round(4).tolist(), round(test.statistic, 4)
    ([0.8333, 3.1667], 2.8824)
    """
    from scipy.special import chdtrc  # noqa: PLC0415 - result types load without scipy

    from embogen.survival.logrank import (  # noqa: PLC0415 - result types load without kernels
        observed_expected,
        statistic,
    )
    from embogen.survival.risk_sets import merge_near_times  # noqa: PLC0415 - same

    problems: list[DataProblem] = []
    one_cause(surv, problems)
    labels = label_rows(groups, "groups", surv.n, problems)
    strata_labels = label_rows(strata, "strata", surv.n, problems)
    if problems or labels is None:
        raise DataError(problems)
    codes, names = label_codes(labels, group_order)
    strata_codes = None if strata_labels is None else label_codes(strata_labels)[0]
    time, entry = merge_near_times(surv.time, surv.entry)
    event = np.asarray(surv.event == 1, dtype=np.bool_)
    observed, expected, variance = observed_expected(time, event, entry, codes, strata_codes, rho)
    value, df = statistic(observed, expected, variance)
    tested = df > 0
    return LogRank(
        groups=names,
        n=tuple(np.bincount(codes, minlength=len(names)).tolist()),
        observed=observed,
        expected=expected,
        variance=variance,
        statistic=value if tested else float("nan"),
        df=df,
        p_value=float(chdtrc(df, value)) if tested else float("nan"),
        rho=rho,
    )
