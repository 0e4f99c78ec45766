"""Gray's test of equal cumulative incidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from embogen.errors import NotEstimable
from embogen.inference.curve_rows import CurveRows, cause_code, curve_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.surv import Surv

ROUNDING: Final = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class GrayTest:
    """Gray's test of one cause in k groups.

    Parameters
    ----------
    cause
        The cause compared.
    groups, n, n_events
        Names of the groups, patients, and events of the cause in each.
    score, covariance
        (k,) weighted excess of events over what equality expects, and its (k, k) covariance.
    statistic, df, p_value
        Chi-square; NaN, 0 and NaN when there is nothing to compare.
    rho
        Weight (1 - F(t-))^rho.
    """

    cause: str
    groups: tuple[str, ...]
    n: tuple[int, ...]
    n_events: tuple[int, ...]
    score: NDArray[np.float64]
    covariance: NDArray[np.float64]
    statistic: float
    df: int
    p_value: float
    rho: float


def gray_test(
    surv: Surv,
    groups: ArrayLike,
    *,
    cause: str | None = None,
    strata: ArrayLike | None = None,
    rho: float = 0.0,
    group_order: tuple[str, ...] | None = None,
) -> GrayTest:
    """Compare the cumulative incidence of one cause between groups.

    Parameters
    ----------
    surv
        n outcomes, observed from the origin.
    groups, group_order
        (n,) labels, and the order of their names.
    cause
        Name of the cause; the first of `surv.causes` when None.
    strata
        (n,) labels; scores and variances are summed over strata.
    rho
        Weight (1 - F(t-))^rho.

    Returns
    -------
    GrayTest

    Raises
    ------
    DataError
        When lengths disagree, a label is missing or the cause is unknown.
    NotEstimable
        When patients enter late: the test has no form for it; `fine_gray` has.

    Notes
    -----
    Gray, Ann Stat 1988;16:1141; figures agree with ``cmprsk::cuminc``.

    Examples
    --------
    >>> from embogen.surv import Surv
    >>> surv = Surv([1, 2, 3, 4], [1, 1, 1, 2], causes=["progression", "death"])
    >>> test = gray_test(surv, ["A", "A", "B", "B"])
    >>> test.df, test.score.round(4).tolist()
    (1, [1.1667, -1.1667])
    """
    code = cause_code(surv, cause)
    rows = curve_rows(surv, groups=groups, group_order=group_order, strata=strata)
    if rows.entry is not None:
        raise NotEstimable(
            "Gray's test: these patients enter late (delayed entry) and the test has no form for "
            "that; compare the groups with fine_gray, which honours it."
        )
    return gray_of_rows(rows, surv.causes, code, rho)


def gray_of_rows(rows: CurveRows, causes: tuple[str, ...], code: int, rho: float) -> GrayTest:
    """Run Gray's test on rows already checked; `code` is the cause's code in `causes`."""
    from scipy.special import chdtrc  # noqa: PLC0415 - results load without scipy

    from embogen.survival.event_counts import event_counts  # noqa: PLC0415 - light results
    from embogen.survival.gray import gray_score, on_common_times  # noqa: PLC0415 - same
    from embogen.survival.risk_sets import build  # noqa: PLC0415 - same

    k = len(rows.names)
    score, covariance = np.zeros(k), np.zeros((k, k))
    strata = np.zeros(len(rows.time), dtype=np.int64) if rows.strata is None else rows.strata
    for stratum in np.unique(strata):
        mine = strata == stratum
        present = np.unique(rows.group[mine])
        sets = build(rows.time[mine], rows.cause[mine] > 0, strata=rows.group[mine])
        counts = event_counts(sets, rows.cause[mine], len(causes))
        _, n_risk, n_own, n_other = on_common_times(counts, code)
        one_score, one_covariance = gray_score(n_risk, n_own, n_other, rho)
        score[present] += one_score
        covariance[np.ix_(present, present)] += one_covariance
    statistic, df = math.nan, 0
    reduced = covariance[1:, 1:]
    # a variance that is only rounding is none; real ones are of the order of the events
    rounding = ROUNDING * max(int((rows.cause == code).sum()), 1)
    known = k > 1 and bool(np.isfinite(reduced).all())
    if known and np.linalg.matrix_rank(reduced, tol=rounding, hermitian=True) == k - 1:
        df = k - 1
        statistic = float(score[1:] @ np.linalg.solve(reduced, score[1:]))
    own = rows.cause == code
    return GrayTest(
        cause=causes[code - 1],
        groups=rows.names,
        n=tuple(np.bincount(rows.group, minlength=k).tolist()),
        n_events=tuple(np.bincount(rows.group[own], minlength=k).tolist()),
        score=score,
        covariance=covariance,
        statistic=statistic,
        df=df,
        p_value=float(chdtrc(df, statistic)) if df else math.nan,
        rho=rho,
    )
