"""Tests of a baseline table: rank tests for numbers, exact and chi-square tests for counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.inference.estimates import SignificanceTest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXACT_BELOW: Final = 50
"""Groups smaller than this, without ties, get the exact Wilcoxon distribution, as in R."""
LEAST_EXPECTED: Final = 5.0
_TIE: Final = 1.0 + 1e-7
_MAX_WORK: Final = 200_000
"""Partial tables looked at before an exact test is given up: a second or two."""


def compare_numbers(groups: Sequence[Floats]) -> SignificanceTest | None:
    """Compare a number between groups: Wilcoxon for two, Kruskal-Wallis for more.

    Parameters
    ----------
    groups
        Observed values of each group, without missing ones.

    Returns
    -------
    SignificanceTest or None
        None when fewer than two groups hold values, or all values are equal.

    Examples
    --------
    Two and two, fully apart: the extreme pair of 6 equally likely ones, doubled.

    >>> test = compare_numbers([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    >>> test.statistic, round(test.p_value, 6)
    (0.0, 0.333333)
    """
    kept = [group for group in groups if len(group)]
    if len(kept) < 2:  # noqa: PLR2004 - a comparison needs two
        return None
    pooled = np.concatenate(kept)
    if np.ptp(pooled) == 0:
        return None
    if len(kept) == 2:  # noqa: PLR2004 - two groups
        return wilcoxon(kept[0], kept[1])
    return _kruskal_wallis(kept)


def _ranks(values: Floats) -> tuple[Floats, Floats]:
    """Give mid-ranks, and the sizes of the sets of equal values."""
    _, position, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    middle = ends - (sizes - 1) / 2.0
    return middle[position], sizes.astype(np.float64)


def wilcoxon(first: Floats, second: Floats) -> SignificanceTest:
    """Perform the Wilcoxon rank-sum test, two-sided, as R's wilcox.test by default.

    Exact for fewer than 50 untied values a group; otherwise normal with the variance corrected
    for ties and a continuity correction. The statistic is R's W.
    """
    from scipy.special import ndtr  # noqa: PLC0415 - result types load without scipy

    m, n = len(first), len(second)
    ranks, sizes = _ranks(np.concatenate([first, second]))
    w = float(ranks[:m].sum()) - m * (m + 1) / 2
    if m < EXACT_BELOW and n < EXACT_BELOW and len(sizes) == m + n:
        counts = _rank_sum_counts(m, n)
        total = float(sum(counts))
        at = int(w)
        tail = sum(counts[at:]) if w > m * n / 2 else sum(counts[: at + 1])
        return SignificanceTest("wilcoxon", w, None, min(1.0, 2.0 * float(tail) / total))
    total_n = m + n
    ties = float((sizes**3 - sizes).sum())
    variance = m * n / 12 * ((total_n + 1) - ties / (total_n * (total_n - 1)))
    excess = w - m * n / 2
    z = (abs(excess) - 0.5 if excess else 0.0) / math.sqrt(variance)
    p = min(1.0, 2.0 * float(min(ndtr(-z), ndtr(z))))
    return SignificanceTest("wilcoxon", w, None, p)


def _rank_sum_counts(m: int, n: int) -> list[int]:
    """Count the ways each rank sum (less its minimum) arises: the Gaussian binomial."""
    size = m * n + 1
    counts = [1] + [0] * (size - 1)
    for k in range(1, m + 1):
        for i in range(size - 1, n + k - 1, -1):
            counts[i] -= counts[i - n - k]
        for i in range(k, size):
            counts[i] += counts[i - k]
    return counts


def _kruskal_wallis(groups: Sequence[Floats]) -> SignificanceTest:
    from scipy.special import chdtrc  # noqa: PLC0415 - result types load without scipy

    ranks, sizes = _ranks(np.concatenate(groups))
    n = len(ranks)
    ends = np.cumsum([len(group) for group in groups])
    parts = np.split(ranks, ends[:-1])
    h = 12.0 / (n * (n + 1)) * sum(p.sum() ** 2 / len(p) for p in parts) - 3 * (n + 1)
    h /= 1.0 - float((sizes**3 - sizes).sum()) / (n**3 - n)
    df = len(groups) - 1
    return SignificanceTest("kruskal_wallis", float(h), float(df), float(chdtrc(df, max(h, 0.0))))


def compare_counts(table: NDArray[np.int64]) -> tuple[SignificanceTest | None, bool]:
    """Compare a categorical variable between groups.

    Parameters
    ----------
    table
        (levels, groups) counts.

    Returns
    -------
    test
        Fisher's exact test when an expected count is below 5, else Pearson's chi-square test
        **without** continuity correction; None when only one level or group occurs.
    too_large
        True when the exact test was called for but the table is too large to enumerate: the
        chi-square test then stands in for it.

    Examples
    --------
    The lady tasting tea, 3 of 4 right: p = 34 / 70.

    >>> test, _ = compare_counts(np.array([[3, 1], [1, 3]]))
    >>> test.method, round(test.p_value, 6)
    ('fisher_exact', 0.485714)
    """
    from scipy.special import chdtrc  # noqa: PLC0415 - result types load without scipy

    used = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(used.shape) < 2:  # noqa: PLR2004 - a comparison needs two
        return None, False
    rows, columns = used.sum(axis=1), used.sum(axis=0)
    expected = np.outer(rows, columns) / used.sum()
    too_large = False
    if expected.min() < LEAST_EXPECTED:
        p = fisher_exact(used)
        if p is not None:
            return SignificanceTest("fisher_exact", math.nan, None, p), False
        too_large = True
    value = float(((used - expected) ** 2 / expected).sum())
    df = (len(rows) - 1) * (len(columns) - 1)
    return SignificanceTest("chi_square", value, float(df), float(chdtrc(df, value))), too_large


def fisher_exact(table: NDArray[np.int64]) -> float | None:
    """Perform Fisher's exact test: the probability of all tables no likelier than this one.

    Parameters
    ----------
    table
        (r, c) counts without empty rows or columns.

    Returns
    -------
    float or None
        None when the reference set is too large to go through.

    Notes
    -----
    Columns are filled one after another; partial tables with the same remaining row totals and
    the same probability so far are one node. Freeman & Halton, Biometrika 1951;38:141; Mehta &
    Patel, JASA 1983;78:427. Probabilities that agree to 1e-7 are ties, as in R's fisher.test.
    """
    if table.shape[0] > table.shape[1]:
        table = table.T
    columns = sorted((int(total) for total in table.sum(axis=0)), reverse=True)
    start = tuple(int(total) for total in table.sum(axis=1))
    log_factorial = np.cumsum(np.append(0.0, np.log(np.arange(1, table.sum() + 1))))
    log_factorials = log_factorial.tolist()
    constant = float(
        log_factorial[list(start)].sum()
        + log_factorial[columns].sum()
        - log_factorial[int(table.sum())]
    )
    observed = constant - float(log_factorial[table].sum())
    nodes: dict[tuple[tuple[int, ...], int], tuple[float, float]] = {(start, 0): (0.0, 1.0)}
    work = 0
    for total in columns:
        following: dict[tuple[tuple[int, ...], int], tuple[float, float]] = {}
        for (left, _), (log_path, ways) in nodes.items():
            for column in _columns(left, total):
                work += 1
                if work > _MAX_WORK:
                    return None
                rest = tuple(a - b for a, b in zip(left, column, strict=True))
                log_next = log_path - sum(log_factorials[k] for k in column)
                key = (rest, round(log_next * 1e9))
                seen = following.get(key)
                following[key] = (log_next, ways + (seen[1] if seen else 0.0))
        nodes = following
    limit = observed + math.log(_TIE)
    p = math.fsum(
        ways * math.exp(constant + log_path)
        for log_path, ways in nodes.values()
        if constant + log_path <= limit
    )
    return min(1.0, p)


def _columns(left: tuple[int, ...], total: int) -> Iterator[tuple[int, ...]]:
    """Go through all ways to divide a column total over rows with these totals left."""
    if len(left) == 1:
        if total <= left[0]:
            yield (total,)
        return
    rest = sum(left[1:])
    for k in range(max(0, total - rest), min(left[0], total) + 1):
        for tail in _columns(left[1:], total - k):
            yield (k, *tail)
