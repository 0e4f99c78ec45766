"""The log partial likelihood of a model with one more, sparse column, laid out for speed.

The formulas are those of `embogen.survival.partial_likelihood`. There one walk handles row after
row and group after group; here each part is a loop over one kind of thing (rows, denominators),
columns lie one after another, and the compiler makes vector instructions of most of it. Sums of
the further column touch its carriers only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.exponential import LARGEST, exponentiate
from embogen.survival.lanes import LANES, dot_in_lanes
from embogen.survival.partial_likelihood import REBUILD_BELOW, expose
from embogen.survival.risk_sets import RiskSets
from embogen.survival.score_form import denominators, is_event

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Sums = tuple[float, float, float, float, float]
    Four = tuple[Floats, Floats, Floats, Floats]

TILE: Final = 2048
"""Rows whose columns are kept in a near cache while their products are summed."""
CHUNK: Final = 8
"""Denominators multiplied before one logarithm is taken."""
WIDTH: Final = 4
"""Columns summed in one pass beside the zeroth moment."""


class Laid(NamedTuple):
    """Outcome and covariates of a scan.

    Attributes
    ----------
    sets
        The outcome; g tie groups, m events.
    columns
        (q, n) covariates in walking order, columns one after another.
    taken, jump
        (m,) of each denominator: part of the tied deaths taken out, mean weight of the deaths.
    event
        (n,) rows that end in the event.
    stop
        (m,) row after the last one at risk (but for those who have left) at each denominator.
    event_sum, largest
        (q,) weighted sum of the covariates over events, and their largest sizes.
    weighted, shared
        Whether case weights differ from 1, and whether tied deaths are taken out in parts.
    """

    sets: RiskSets
    columns: Floats
    taken: Floats
    jump: Floats
    event: NDArray[np.bool_]
    stop: Ints
    event_sum: Floats
    largest: Floats
    weighted: bool
    shared: bool


class Workspace(NamedTuple):
    """Room for one evaluation; what it leaves is read in `score` and `information`.

    Attributes
    ----------
    score, information
        (q + 1,) and (q + 1, q + 1), the further column last; both triangles filled.
    extra
        (n,) the further column, zero between evaluations.
    """

    score: Floats
    information: Floats
    extra: Floats
    eta: Floats
    risk: Floats
    scratch: Floats
    sums: Floats
    total: Floats
    steps: Floats


def lay_out_columns(sets: RiskSets, covariates: Floats, tie_fraction: float) -> Laid:
    """Lay an outcome and its (n, q) covariates in walking order out by column; O(n q)."""
    found = denominators(sets, sets.weight, tie_fraction)
    event = is_event(sets)
    return Laid(
        sets,
        np.ascontiguousarray(covariates.T, dtype=np.float64),
        np.ascontiguousarray(found.taken, dtype=np.float64),
        np.ascontiguousarray(found.jump),
        event,
        sets.group_end[found.group].astype(np.int64),
        np.sum((sets.weight * event)[:, None] * covariates, axis=0),
        np.abs(covariates).max(axis=0, initial=0.0),
        bool(np.any(sets.weight != 1.0)),
        bool(np.any(found.taken != 0.0)),
    )


@njit(cache=True, nogil=True)
def workspace(laid: Laid) -> Workspace:
    """Allocate what `evaluate` needs."""
    q, n = laid.columns.shape
    m = laid.jump.size
    return Workspace(
        np.zeros(q + 1),
        np.zeros((q + 1, q + 1)),
        np.zeros(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty((q + 1, m)),
        np.empty(m),
        np.empty((2, laid.sets.group_end.size)),
    )


@njit(cache=True, nogil=True)
def evaluate(laid: Laid, beta: Floats, rows: Ints, x: Floats, work: Workspace) -> float:
    """Fill score and information at some coefficients; give the log partial likelihood.

    Parameters
    ----------
    beta
        (q + 1,) coefficients, the further column last.
    rows, x
        (k,) positions of its carriers and their values.
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
        _sum_columns(laid, first, work)
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
    eta[:] = 0.0
    for j in range(q):
        _add(beta[j], laid.columns[j], eta)
    for i in range(rows.size):
        eta[rows[i]] += beta[q] * x[i]
    exponentiate(eta, work.risk, work.scratch)
    if laid.weighted:
        _weigh(work.risk, laid.sets.weight, work.risk)
    return True


@njit(cache=True, nogil=True)
def _add(b: float, column: Floats, out: Floats) -> None:
    for i in range(column.size):
        out[i] += b * column[i]


@njit(cache=True, nogil=True)
def _column(laid: Laid, j: int, work: Workspace) -> Floats:
    """Give a column; the further one after the covariates, and again where there is no other."""
    q = laid.columns.shape[0]
    return laid.columns[j] if j < q else work.extra


@njit(cache=True, nogil=True)
def _sum_columns(laid: Laid, first: int, work: Workspace) -> None:
    """Fill each denominator's total risk and its sums of up to four columns."""
    if laid.sets.leaves_end.size or laid.shared:
        _sum_in_groups(laid, first, work)
        return
    risk, total, sums = work.risk, work.total, work.sums
    a, b = _column(laid, first, work), _column(laid, first + 1, work)
    c, d = _column(laid, first + 2, work), _column(laid, first + 3, work)
    top = sums.shape[0] - 1
    out_a, out_b = sums[first], sums[min(first + 1, top)]
    out_c, out_d = sums[min(first + 2, top)], sums[min(first + 3, top)]
    row, at = np.uint64(0), np.uint64(0)
    for last in laid.sets.stratum_end:
        S = Sa = Sb = Sc = Sd = 0.0
        end = np.uint64(laid.sets.group_end[last - 1])
        while at < np.uint64(laid.stop.size) and np.uint64(laid.stop[at]) <= end:
            stop = np.uint64(laid.stop[at])
            while row < stop:
                r = risk[row]
                S += r
                Sa += r * a[row]
                Sb += r * b[row]
                Sc += r * c[row]
                Sd += r * d[row]
                row += np.uint64(1)
            total[at] = S
            out_d[at] = Sd  # columns beyond the last are the last again, with the same sums
            out_c[at] = Sc
            out_b[at] = Sb
            out_a[at] = Sa
            at += np.uint64(1)
        row = end


@njit(cache=True, nogil=True)
def _with_row(risk: Floats, four: Four, i: int, sign: float, sums: Sums) -> Sums:
    """Add a row to the zeroth moment and four columns, or take it out."""
    r = sign * risk[i]
    return (
        sums[0] + r,
        sums[1] + r * four[0][i],
        sums[2] + r * four[1][i],
        sums[3] + r * four[2][i],
        sums[4] + r * four[3][i],
    )


@njit(cache=True, nogil=True)
def _sum_in_groups(laid: Laid, first: int, work: Workspace) -> None:
    """Fill them where rows leave the risk set, or where tied deaths are taken out in parts."""
    sets, risk = laid.sets, work.risk
    four = (
        _column(laid, first, work),
        _column(laid, first + 1, work),
        _column(laid, first + 2, work),
        _column(laid, first + 3, work),
    )
    nothing = (0.0, 0.0, 0.0, 0.0, 0.0)
    delayed = sets.leaves_end.size > 0
    row, group, at = 0, 0, 0
    for last in sets.stratum_end:
        S, peak = nothing, 0.0
        begin = gone = row
        while group < last:
            D, deaths = nothing, sets.group_deaths[group]
            for i in range(row, row + deaths):
                D = _with_row(risk, four, i, 1.0, D)
            S = (S[0] + D[0], S[1] + D[1], S[2] + D[2], S[3] + D[3], S[4] + D[4])
            for i in range(row + deaths, sets.group_end[group]):
                S = _with_row(risk, four, i, 1.0, S)
            row = sets.group_end[group]
            if delayed:
                peak = max(peak, S[0])
                for k in range(gone, sets.leaves_end[group]):
                    S = _with_row(risk, four, sets.leaves_row[k], -1.0, S)
                gone = max(gone, sets.leaves_end[group])
                if deaths > 0 and S[0] < REBUILD_BELOW * peak:
                    S = nothing
                    for i in range(begin, row):
                        if sets.entry[i] < sets.group_time[group]:
                            S = _with_row(risk, four, i, 1.0, S)
                    peak = S[0]
            for k in range(at, at + deaths):
                _write(laid.taken[k], S, D, (first, k), work)
            at += deaths
            group += 1


@njit(cache=True, nogil=True)
def _write(taken: float, S: Sums, D: Sums, at: tuple[int, int], work: Workspace) -> None:
    """Write the sums of one denominator; columns beyond the last are the last again."""
    first, k = at
    top = work.sums.shape[0] - 1
    work.total[k] = S[0] - taken * D[0]
    work.sums[min(first + 3, top), k] = S[4] - taken * D[4]
    work.sums[min(first + 2, top), k] = S[3] - taken * D[3]
    work.sums[min(first + 1, top), k] = S[2] - taken * D[2]
    work.sums[first, k] = S[1] - taken * D[1]


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
    inverse, weighted, lanes = np.empty(m), np.empty(TILE), np.empty(LANES)
    for k in range(m):
        inverse[k] = 1.0 / work.total[k]
    for begin in range(0, m, TILE):
        end = min(begin + TILE, m)
        part, jump = weighted[: end - begin], laid.jump[begin:end]
        for j in range(size):
            mean = sums[j, begin:end]
            _weigh(mean, inverse[begin:end], mean)
            _weigh(mean, jump, part)
            work.score[j] -= dot_in_lanes(mean, jump, lanes)
            for other in range(j + 1):
                work.information[j, other] -= dot_in_lanes(part, sums[other, begin:end], lanes)
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
    weighted, lanes = np.empty(TILE), np.empty(LANES)
    for begin in range(0, n, TILE):
        end = min(begin + TILE, n)
        part = weighted[: end - begin]
        for j in range(q):
            _weigh(exposed[begin:end], laid.columns[j, begin:end], part)
            for k in range(j + 1):
                work.information[j, k] += dot_in_lanes(part, laid.columns[k, begin:end], lanes)
    for i in range(rows.size):
        row = rows[i]
        a = exposed[row] * x[i]
        work.information[q, q] += a * x[i]
        for j in range(q):
            work.information[q, j] += a * laid.columns[j, row]
