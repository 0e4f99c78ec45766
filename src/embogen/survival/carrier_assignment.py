"""Who carries, given who had the event when: carrier sets drawn as a Cox model would have them.

Exit times, censorings and entries are fixed; carrier status is dealt out in order of time. Among
those at risk nobody is told apart but by status, so that the patient with the event is a carrier
with probability ``r B / (A + r B)`` (A others and B carriers at risk, r the hazard ratio), one who
is censored or enters with that of his pool. What is simulated is the partial likelihood itself:
for any baseline hazard, and withdrawals that do not look at the future (progressive type II
censoring), the order of exits has this law. (Cox, JRSS B 1972;34:187; MacKenzie & Abrahamowicz,
Statistics and Computing 2002;12:245.)

With risk sets fixed, fits, scores and permutation distributions of all replicates share them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def assign_carriers(sets: RiskSets, counts: Ints, ratio: float, uniforms: Floats) -> Ints:
    """Draw carrier sets of a given hazard ratio.

    Parameters
    ----------
    sets
        The outcome. Events that share a time happen one after the other, in any order.
    counts
        (s,) carriers of each stratum.
    ratio
        Hazard ratio of carriers against others, positive and finite.
    uniforms
        (B, n) numbers in [0, 1), or (B, 2 n) when anybody enters late.

    Returns
    -------
    chosen
        (B, k) positions of the carriers, stratum by stratum. O(B n).
    """
    B = uniforms.shape[0]
    chosen = np.empty((B, counts.sum()), dtype=np.int64)
    for b in range(B):
        at, first_group, first_row = 0, 0, 0
        for s in range(sets.stratum_end.size):
            last = sets.stratum_end[s]
            rows = chosen[b, at : at + counts[s]]
            _assign_stratum(sets, (first_group, last, first_row), ratio, uniforms[b], rows)
            at += counts[s]
            first_group, first_row = last, sets.group_end[last - 1]
    return chosen


@njit(cache=True, nogil=True)
def _assign_stratum(
    sets: RiskSets, place: tuple[int, int, int], ratio: float, uniform: Floats, chosen: Ints
) -> None:
    """Deal out the carriers of one stratum, times ascending; fill their positions from the end."""
    first_group, last_group, first_row = place
    n = sets.order.size
    delayed = sets.leaves_end.size > 0
    end = sets.group_end[last_group - 1]
    outside = float(end - first_row)  # not entered yet
    outside_carriers = float(chosen.size)
    inside, inside_carriers = 0.0, 0.0
    missing = chosen.size
    for group in range(last_group - 1, first_group - 1, -1):
        begin = first_row if group == first_group else sets.group_end[group - 1]
        middle = begin + sets.group_deaths[group]
        if delayed:
            waiting = float(sets.leaves_end[group] - first_row)
            while outside > waiting:
                carries = uniform[n + first_row + int(outside) - 1] * outside < outside_carriers
                outside -= 1.0
                inside += 1.0
                if carries:
                    outside_carriers -= 1.0
                    inside_carriers += 1.0
        else:
            inside, inside_carriers = inside + outside, inside_carriers + outside_carriers
            outside, outside_carriers = 0.0, 0.0
        for row in range(begin, sets.group_end[group]):
            weight = ratio if row < middle else 1.0
            total = inside - inside_carriers + weight * inside_carriers
            inside -= 1.0
            if uniform[row] * total < weight * inside_carriers:
                inside_carriers -= 1.0
                missing -= 1
                chosen[missing] = row
