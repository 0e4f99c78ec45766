"""The log partial likelihood of a model with one more, sparse column, laid out for speed.

The formulas are those of `embogen.survival.partial_likelihood`. There one walk handles row after
row and group after group; here each part is a loop over one kind of thing (rows, denominators),
columns lie one after another, and the compiler makes vector instructions of most of it. Sums of
the further column touch its carriers only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.exponential import LARGEST, exponentiate
from embogen.survival.lanes import dot_in_lanes
from embogen.survival.partial_likelihood import expose
from embogen.survival.scan_sums import WIDTH, sum_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.scan_layout import Laid, Workspace

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

TILE: Final = 2048
"""Rows whose columns are kept in a near cache while their products are summed."""
CHUNK: Final = 8
"""Denominators multiplied before one logarithm is taken."""


@njit(cache=True, nogil=True)
def evaluate(laid: Laid, beta: Floats, rows: Ints, x: Floats, work: Workspace) -> float:
    """Fill score and information at some coefficients; give the log partial likelihood.

    Parameters
    ----------
    beta
        (q + 1,) coefficients, the further column last.
    rows, x
        (k,) positions of its carriers, ascending, and their values.
    work
        `workspace`, overwritten.

    Returns
    -------
    loglik
        -inf where exp() would overflow or underflow.
    """
    q = laid.columns.shape[0]
    if not _relative_risks(laid, beta, rows, x, work):
        return -np.inf
    for i in range(rows.size):
        work.extra[rows[i]] = x[i]
    for first in range(0, q + 1, WIDTH):
        sum_columns(laid, first, work)
    for i in range(rows.size):
        work.extra[rows[i]] = 0.0
    loglik = float(_log_denominators(laid.jump, work.total))
    for j in range(q):
        loglik += float(beta[j] * laid.event_sum[j])
        work.score[j] = laid.event_sum[j]
    work.score[q] = 0.0
    weight = laid.sets.weight
    for i in range(rows.size):
        if laid.event[rows[i]]:
            work.score[q] += weight[rows[i]] * x[i]
    loglik += float(beta[q] * work.score[q])
    if not np.isfinite(loglik):
        return -np.inf
    _expectations(laid, work)
    _second_moments(laid, rows, x, work)
    for j in range(q + 1):
        for k in range(j):
            work.information[k, j] = work.information[j, k]
    return loglik


@njit(cache=True, nogil=True)
def _relative_risks(laid: Laid, beta: Floats, rows: Ints, x: Floats, work: Workspace) -> bool:
    q = laid.columns.shape[0]
    eta = work.eta
    bound = 0.0
    for i in range(x.size):
        bound = max(bound, abs(beta[q] * x[i]))
    for j in range(q):
        bound += abs(beta[j]) * laid.largest[j]
    if not bound < LARGEST / 2:
        return False
    at = 0
    for begin in range(0, eta.size, TILE):
        end = min(begin + TILE, eta.size)
        part = eta[begin:end]
        part[:] = 0.0
        for j in range(q):
            _add(beta[j], laid.columns[j, begin:end], part)
        while at < rows.size and rows[at] < end:
            eta[rows[at]] += beta[q] * x[at]
            at += 1
        exponentiate(part, work.risk[begin:end], work.scratch[begin:end])
        if laid.weighted:
            _weigh(work.risk[begin:end], laid.sets.weight[begin:end], work.risk[begin:end])
    return True


@njit(cache=True, nogil=True)
def _add(b: float, column: Floats, out: Floats) -> None:
    for i in range(column.size):
        out[i] += b * column[i]


@njit(cache=True, nogil=True)
def _log_denominators(jump: Floats, total: Floats) -> float:
    """Give minus the weighted sum of logarithms, few of which are taken."""
    lost, product, held = 0.0, 1.0, 0
    weight = jump[0] if jump.size else 1.0
    for k in range(jump.size):
        if held == CHUNK or jump[k] != weight:
            lost += weight * np.log(product)
            product, held, weight = 1.0, 0, jump[k]
        value = total[k]
        if not 1e-35 < value < 1e35:  # noqa: PLR2004 - eight of them stay within a double
            if not value > 0.0:
                return -np.inf
            lost += weight * np.log(value)
            continue
        product *= value
        held += 1
    return float(-(lost + weight * np.log(product)))


@njit(cache=True, nogil=True)
def _weigh(a: Floats, b: Floats, out: Floats) -> None:
    for i in range(a.size):
        out[i] = a[i] * b[i]


@njit(cache=True, nogil=True)
def _expectations(laid: Laid, work: Workspace) -> None:
    """Take the expected columns off the score, their squares off the information."""
    sums, m = work.sums, laid.jump.size
    size = sums.shape[0]
    work.information[:] = 0.0
    inverse, weighted = np.empty(m), np.empty(TILE)
    for k in range(m):
        inverse[k] = 1.0 / work.total[k]
    for begin in range(0, m, TILE):
        end = min(begin + TILE, m)
        part, jump = weighted[: end - begin], laid.jump[begin:end]
        for j in range(size):
            mean = sums[j, begin:end]
            _weigh(mean, inverse[begin:end], mean)
            _weigh(mean, jump, part)
            work.score[j] -= dot_in_lanes(mean, jump)
            for other in range(j + 1):
                work.information[j, other] -= dot_in_lanes(part, sums[other, begin:end])
    _weigh(inverse, laid.jump, work.total)  # from here on hazard increments


@njit(cache=True, nogil=True)
def _exposures(laid: Laid, work: Workspace) -> Floats:
    """Give each row's risk times the cumulative hazard it was exposed to."""
    if laid.sets.leaves_end.size or laid.shared:
        return _exposures_in_groups(laid, work)
    exposed, risk, increment = work.scratch, work.risk, work.total
    k = laid.stop.size
    row = np.uint64(risk.size)
    for s in range(laid.sets.stratum_end.size - 1, -1, -1):
        before = laid.sets.group_end[laid.sets.stratum_end[s - 1] - 1] if s > 0 else 0
        hazard = 0.0
        while k > 0 and laid.stop[k - 1] > before:
            stop = np.uint64(laid.stop[k - 1])
            while row > stop:
                row -= np.uint64(1)
                exposed[row] = risk[row] * hazard
            hazard += increment[k - 1]
            k -= 1
        while row > np.uint64(before):
            row -= np.uint64(1)
            exposed[row] = risk[row] * hazard
    return exposed


@njit(cache=True, nogil=True)
def _exposures_in_groups(laid: Laid, work: Workspace) -> Floats:
    steps = work.steps
    at = 0
    for group in range(laid.sets.group_end.size):
        steps[0, group] = 0.0
        steps[1, group] = 0.0
        for _ in range(laid.sets.group_deaths[group]):
            steps[0, group] += work.total[at]
            steps[1, group] += (1.0 - laid.taken[at]) * work.total[at]
            at += 1
    hazard = expose(laid.sets, steps)
    _weigh(work.risk, hazard, work.scratch)
    return work.scratch


@njit(cache=True, nogil=True)
def _second_moments(laid: Laid, rows: Ints, x: Floats, work: Workspace) -> None:
    """Add the exposed rows' products to the information."""
    exposed = _exposures(laid, work)
    q, n = laid.columns.shape
    weighted = np.empty(TILE)
    for begin in range(0, n, TILE):
        end = min(begin + TILE, n)
        part = weighted[: end - begin]
        for j in range(q):
            _weigh(exposed[begin:end], laid.columns[j, begin:end], part)
            for k in range(j + 1):
                work.information[j, k] += dot_in_lanes(part, laid.columns[k, begin:end])
    for i in range(rows.size):
        row = rows[i]
        a = exposed[row] * x[i]
        work.information[q, q] += a * x[i]
        for j in range(q):
            work.information[q, j] += a * laid.columns[j, row]
