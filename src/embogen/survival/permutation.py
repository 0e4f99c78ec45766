"""Monte Carlo permutation of carriers: draw carrier sets, score them.

The kernels turn uniform numbers into carrier sets; they create no random numbers. One draw takes
one uniform number per carrier (a partial Fisher-Yates shuffle within each stratum), so a draw
depends on its own numbers only, and the answer on neither the number of threads nor the size of
the blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.threads import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.survival.risk_sets import RiskSets
    from embogen.survival.score_form import ScoreForm

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LANES: Final = 32
"""Draws that walk the risk sets side by side."""
WORTH_A_THREAD: Final = 50_000
"""Draws times rows from which on another thread is started: on a busy machine it comes late."""
ROUNDING: Final = 1e-12
"""A variance below this part of what it was subtracted from is rounding: there is none."""


class Pools(NamedTuple):
    """From where carriers are drawn.

    Attributes
    ----------
    rows
        (n,) rows, pool after pool.
    start
        (s + 1,) where each pool starts in `rows`.
    carriers
        (s,) number drawn from each pool.
    """

    rows: Ints
    start: Ints
    carriers: Ints


def pools_of(pools: Sequence[tuple[Ints, int]]) -> Pools:
    """Lay pools of (rows, number of carriers) end to end.

    Examples
    --------
    >>> pools_of([(np.array([0, 2]), 1), (np.array([1]), 0)]).start.tolist()
    [0, 2, 3]
    """
    rows = np.concatenate([np.asarray(item, dtype=np.int64) for item, _ in pools])
    start = np.concatenate([[0], np.cumsum([len(item) for item, _ in pools])])
    return Pools(rows, start.astype(np.int64), np.array([k for _, k in pools], dtype=np.int64))


def linear_variance(scores: Floats, pools: Sequence[tuple[Ints, int]]) -> float:
    """Give the variance of a sum of scores over all carrier sets, each as likely as any other.

    Parameters
    ----------
    scores
        (n,) score of each row as a carrier.
    pools
        Rows and number of carriers of each stratum.

    Examples
    --------
    One carrier of scores 1, 2, 3: the variance is 2/3. Of two carriers the sums are 3, 4, 5.

    >>> one, two = [[(np.arange(3), k)] for k in (1, 2)]
    >>> scores = np.array([1.0, 2.0, 3.0])
    >>> round(linear_variance(scores, one), 4), round(linear_variance(scores, two), 4)
    (0.6667, 0.6667)
    """
    total = 0.0
    for rows, k in pools:
        m = len(rows)
        if 0 < k < m:
            total += k * (m - k) / (m - 1) * float(np.var(scores[rows]))
    return total


@njit(cache=True)
def draw(pools: Pools, uniform: Floats, scratch: Ints, chosen: Ints) -> None:
    """Draw one carrier set.

    Parameters
    ----------
    uniform
        (k,) numbers in [0, 1), one per carrier.
    scratch
        (n,) a copy of ``pools.rows``, restored before returning.
    chosen
        (k,) filled with the carriers' rows.
    """
    at = 0
    swaps = np.empty(chosen.size, dtype=np.int64)
    for s in range(pools.carriers.size):
        begin, end = pools.start[s], pools.start[s + 1]
        for i in range(pools.carriers[s]):
            here = begin + i
            there = here + int(uniform[at] * (end - here))
            chosen[at] = scratch[there]
            scratch[there] = scratch[here]  # nobody looks at `here` again in this draw
            swaps[at] = there
            at += 1
    for there in swaps:
        scratch[there] = pools.rows[there]


def draw_sets(pools: Pools, uniforms: Floats) -> Ints:
    """Draw carrier sets.

    Parameters
    ----------
    uniforms
        (B, k) numbers in [0, 1).

    Returns
    -------
    chosen
        (B, k) rows of the carriers.
    """
    chosen = np.empty(uniforms.shape, dtype=np.int64)

    def some(begin: int, end: int) -> None:
        _draw_sets(pools, uniforms[begin:end], chosen[begin:end])

    spread(some, len(uniforms), 1 + WORTH_A_THREAD // max(len(pools.rows), 1))
    return chosen


@njit(cache=True, nogil=True)
def _draw_sets(pools: Pools, uniforms: Floats, chosen: Ints) -> None:
    scratch = pools.rows.copy()
    for r in range(chosen.shape[0]):
        draw(pools, uniforms[r], scratch, chosen[r])


@njit(cache=True, nogil=True)
def scores_of_sets(form: ScoreForm, chosen: Ints) -> Floats:
    """Give the score of each carrier set.

    Parameters
    ----------
    chosen
        (B, k) rows of the carriers.

    Returns
    -------
    scores
        (B,).
    """
    out = np.empty(chosen.shape[0])
    for r in range(chosen.shape[0]):
        total = 0.0
        for row in chosen[r]:
            total += form.linear[row]
        out[r] = total
    return out


def studentised_of_sets(sets: RiskSets, form: ScoreForm, chosen: Ints) -> Floats:
    """Give the studentised score of each carrier set.

    Parameters
    ----------
    chosen
        (B, k) rows of the carriers.

    Returns
    -------
    ratios
        (B,) score over standard error; 0 where there is no variance.
    """
    out = np.empty(len(chosen))

    def some(begin: int, end: int) -> None:
        _studentise_blocks(sets, form, chosen[begin:end], out[begin:end])

    spread(some, len(chosen), 1 + WORTH_A_THREAD // max(len(sets.order), 1))
    return out


@njit(cache=True, nogil=True)
def _studentise_blocks(sets: RiskSets, form: ScoreForm, chosen: Ints, out: Floats) -> None:
    carried = np.empty((sets.order.size, LANES))
    for begin in range(0, out.size, LANES):
        part = slice(begin, min(out.size, begin + LANES))
        carried[:] = 0.0
        _studentise_block(sets, form, chosen[part], carried, out[part])


@njit(cache=True)
def _studentise_block(
    sets: RiskSets, form: ScoreForm, chosen: Ints, carried: Floats, out: Floats
) -> None:
    """Fill the studentised scores of at most `LANES` carrier sets; `carried` holds zeros."""
    linear, variance, score = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    for lane in range(out.size):
        own, exposed = 0.0, 0.0
        for row in chosen[lane]:
            own += form.linear[row]
            exposed += form.exposure[row]
            carried[row, lane] = form.mass[row]
        score[lane], linear[lane], variance[lane] = own, exposed, exposed
        for j in range(form.projection.shape[0]):
            part = 0.0
            for row in chosen[lane]:
                part += form.projection[j, row]
            variance[lane] -= part * part
    subtract_squares(sets, form, carried, variance)
    for lane in range(out.size):
        real = variance[lane] > ROUNDING * linear[lane]
        out[lane] = score[lane] / np.sqrt(variance[lane]) if real else 0.0


@njit(cache=True)
def subtract_squares(sets: RiskSets, form: ScoreForm, carried: Floats, variance: Floats) -> None:
    """Take the risk sets' squared sums off each lane's variance.

    Parameters
    ----------
    carried
        (n, LANES) mass of each row where it is a carrier, else 0.
    variance
        (LANES,) changed in place.
    """
    at_risk, dying = np.zeros(LANES), np.zeros(LANES)
    delayed = sets.leaves_end.size > 0
    row, group = 0, 0
    for last in sets.stratum_end:
        at_risk[:] = 0.0
        gone = row
        while group < last:
            end, middle = sets.group_end[group], row + sets.group_deaths[group]
            dying[:] = 0.0
            for i in range(row, end):
                for lane in range(LANES):
                    at_risk[lane] += carried[i, lane]
                if i < middle and form.square[1, group] != 0.0:
                    for lane in range(LANES):
                        dying[lane] += carried[i, lane]
            row = end
            if delayed:
                for leaving in range(gone, sets.leaves_end[group]):
                    for lane in range(LANES):
                        at_risk[lane] -= carried[sets.leaves_row[leaving], lane]
                gone = max(gone, sets.leaves_end[group])
            a0, a1, a2 = form.square[0, group], form.square[1, group], form.square[2, group]
            if a1 != 0.0:
                for lane in range(LANES):
                    S, D = at_risk[lane], dying[lane]
                    variance[lane] -= a0 * S * S - 2.0 * a1 * S * D + a2 * D * D
            elif a0 != 0.0:
                for lane in range(LANES):
                    variance[lane] -= a0 * at_risk[lane] * at_risk[lane]
            group += 1
