"""Sums over risk sets of the columns of a scan's model, four at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.partial_likelihood import REBUILD_BELOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.scan_layout import Laid, Workspace

    Floats = NDArray[np.float64]
    Sums = tuple[float, float, float, float, float]
    Four = tuple[Floats, Floats, Floats, Floats]

WIDTH: Final = 4
"""Columns summed in one pass beside the zeroth moment."""


@njit(cache=True, nogil=True)
def _column(laid: Laid, j: int, work: Workspace) -> Floats:
    """Give a column; the further one after the covariates, and again where there is no other."""
    q = laid.columns.shape[0]
    return laid.columns[j] if j < q else work.extra


@njit(cache=True, nogil=True)
def sum_columns(laid: Laid, first: int, work: Workspace) -> None:
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
