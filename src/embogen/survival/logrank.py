"""The log-rank family of tests: observed less expected events in k groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.survival.km import at_risk

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def observed_expected(  # noqa: PLR0917 - six arrays and numbers, in the field's order
    time: Floats,
    event: NDArray[np.bool_],
    entry: Floats | None,
    group: Ints,
    strata: Ints | None,
    rho: float,
) -> tuple[Floats, Floats, Floats]:
    """Sum weighted observed and expected events and their covariance over times and strata.

    Parameters
    ----------
    time, event, entry
        (n,) near-equal times merged; at risk on (entry, time].
    group
        (n,) codes 0 .. k - 1.
    strata
        (n,) codes, or None.
    rho
        Weight S(t-)^rho with S the Kaplan-Meier of all groups of a stratum; 0 is the log-rank
        test, 1 Peto and Peto's form of the Wilcoxon test.

    Returns
    -------
    observed, expected, variance
        (k,), (k,), (k, k).

    Notes
    -----
    Harrington & Fleming, Biometrika 1982;69:553; hypergeometric variance, so ties are exact.
    """
    k = int(group.max()) + 1 if len(group) else 0
    observed, expected, variance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    codes = np.zeros(len(time), dtype=np.int64) if strata is None else strata
    for code in np.unique(codes):
        rows = codes == code
        late = None if entry is None else entry[rows]
        one = _one_stratum(time[rows], event[rows], late, group[rows], k, rho)
        observed += one[0]
        expected += one[1]
        variance += one[2]
    return observed, expected, variance


def _one_stratum(  # noqa: PLR0917 - as its caller
    time: Floats,
    event: NDArray[np.bool_],
    entry: Floats | None,
    group: Ints,
    k: int,
    rho: float,
) -> tuple[Floats, Floats, Floats]:
    distinct, position = np.unique(time[event], return_inverse=True)
    m = len(distinct)
    deaths, risk = np.zeros((k, m)), np.zeros((k, m))
    for g in range(k):
        mine = group == g
        deaths[g] = np.bincount(position[group[event] == g], minlength=m)
        late = None if entry is None else entry[mine]
        risk[g] = at_risk(distinct, time[mine], late, np.ones(int(mine.sum())))
    d, n = deaths.sum(axis=0), risk.sum(axis=0)
    before = np.append(1.0, np.cumprod(1.0 - d / n)[:-1]) if m else np.ones(0)
    weight = before**rho
    share = risk / n
    expected = (share * d * weight).sum(axis=1)
    spread = weight**2 * d * np.divide(n - d, n - 1.0, out=np.zeros(m), where=n > 1)
    variance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return (deaths * weight).sum(axis=1), expected, variance


def statistic(observed: Floats, expected: Floats, variance: Floats) -> tuple[float, int]:
    """Give the chi-square statistic and its degrees of freedom.

    Groups in which no event is expected are left out of both, as in R's survdiff.
    """
    used = np.flatnonzero(expected > 0)
    df = len(used) - 1
    if df < 1:
        return 0.0, max(df, 0)
    kept = used[1:]
    excess = (observed - expected)[kept]
    matrix = variance[np.ix_(kept, kept)]
    if np.linalg.matrix_rank(matrix, hermitian=True) < df:
        return float(excess @ np.linalg.pinv(matrix, hermitian=True) @ excess), df
    return float(excess @ np.linalg.solve(matrix, excess)), df
