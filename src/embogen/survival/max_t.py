"""Studentised log-rank scores of many genes under one relabelling of patients after another.

A relabelling hands each patient's whole genotype (carried, not carried, not tested; all genes
together) to another patient, so co-mutation and panels stay as they are. Genes run side by side:
one walk over the risk sets serves all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.permutation import ROUNDING
from embogen.survival.threads import spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


WORTH_A_THREAD: Final = 16
"""Relabellings from which on another thread is started."""


def relabelled_ratios(sets: RiskSets, carried: Floats, tested: Floats, sources: Ints) -> Floats:
    """Give every gene's studentised log-rank score under each relabelling.

    Parameters
    ----------
    sets
        The outcome; weights are not used.
    carried, tested
        (n, G) 0 or 1 by patient in walking order; carriers are tested.
    sources
        (B, n) for each relabelling, the patient whose genotype each row is given.

    Returns
    -------
    ratios
        (B, G) score over the square root of its hypergeometric variance among the patients
        tested; 0 where there is no variance.
    """
    out = np.empty((len(sources), carried.shape[1]))

    def some(begin: int, end: int) -> None:
        _relabel(sets, (carried, tested), sources[begin:end], out[begin:end])

    spread(some, len(sources), WORTH_A_THREAD)
    return out


@njit(cache=True, nogil=True)
def _relabel(sets: RiskSets, genes: tuple[Floats, Floats], sources: Ints, out: Floats) -> None:
    for r in range(out.shape[0]):
        score, variance = walk_genes(sets, genes[0], genes[1], sources[r])
        for g in range(out.shape[1]):
            real = variance[g] > ROUNDING
            out[r, g] = score[g] / np.sqrt(variance[g]) if real else 0.0


@njit(cache=True)
def walk_genes(
    sets: RiskSets, carried: Floats, tested: Floats, source: Ints
) -> tuple[Floats, Floats]:
    """Give score and hypergeometric variance of every gene under one relabelling."""
    G = carried.shape[1]
    score, variance = np.zeros(G), np.zeros(G)
    carriers, at_risk = np.zeros(G), np.zeros(G)
    dying = np.zeros(G)
    delayed = sets.leaves_end.size > 0
    row, group = 0, 0
    for last in sets.stratum_end:
        carriers[:] = 0.0
        at_risk[:] = 0.0
        gone = row
        while group < last:
            end, d = sets.group_end[group], sets.group_deaths[group]
            middle = row + d
            dying[:] = 0.0
            for i in range(row, end):
                patient = source[i]
                if i < middle:
                    for g in range(G):
                        score[g] += carried[patient, g]
                        dying[g] += tested[patient, g]
                for g in range(G):
                    carriers[g] += carried[patient, g]
                    at_risk[g] += tested[patient, g]
            row = end
            if delayed:
                for leaving in range(gone, sets.leaves_end[group]):
                    patient = source[sets.leaves_row[leaving]]
                    for g in range(G):
                        carriers[g] -= carried[patient, g]
                        at_risk[g] -= tested[patient, g]
                gone = max(gone, sets.leaves_end[group])
            if d > 0:
                for g in range(G):
                    n = max(at_risk[g], 1.0)
                    share = carriers[g] / n
                    score[g] -= dying[g] * share
                    spread = dying[g] * share * (1.0 - share)
                    variance[g] += spread * (n - dying[g]) / max(n - 1.0, 1.0)
            group += 1
    return score, variance
