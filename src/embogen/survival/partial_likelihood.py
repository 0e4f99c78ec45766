"""The log partial likelihood, its score and information: one walk over the risk sets.

For tie group g with d events of total weight W, D_k and S_k the sums of w r x^k (r = exp(eta))
over its events and over its risk set, and f_l = l / d for Efron, 0 for Breslow (l = 0 .. d - 1)::

    loglik      = sum_g [ sum_events w eta  -  (W / d) sum_l log(S_0 - f_l D_0) ]
    E_l         = (S_1 - f_l D_1) / (S_0 - f_l D_0)
    information = sum_i w_i r_i H_i x_i x_i'  -  sum_g (W / d) sum_l E_l E_l'
    score       = sum_i w_i (event_i - r_i H_i) x_i

where H_i is the cumulative hazard row i was exposed to (events of a tie share it: each increment
counts 1 - f_l for them). Sources: Breslow, Biometrics 1974;30:89; Efron, JASA 1977;72:557;
Therneau & Grambsch, Modeling Survival Data, 2000, section 3.3.

So the (p, p) work is one or two outer products per tie group with events and one weighted Gram
matrix, and nothing of size (p, p) is ever subtracted row by row when patients enter late. Both are
sums of v v': the vectors are laid in columns of a block that stays in the nearest cache, and the
products are taken along its rows (`add_gram`). A group's sum of E E', with a0, a1, a2 of
`through_tie`, is ``a0 (S_1 - a1/a0 D_1)^2 + (a2 - a1^2/a0) D_1^2``: one vector, or two with ties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from embogen.survival.lanes import LANES, add_gram

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]

CANCELLED = 1e-4
"""A late entrant's hazard is summed directly where the difference is so small a part of it."""
REBUILD_BELOW = 1e-4
"""Risk-set sums are summed afresh once patients leaving have taken all but this part of them."""


@njit(cache=True)
def descend(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    sets: RiskSets,
    X: Floats,
    predictor: Floats,
    steps: Floats,
    tie_fraction: float,
    sums: Floats | None = None,
) -> tuple[float, Floats]:
    """Walk down the risk sets: fill the hazard steps, sum E E'.

    Parameters
    ----------
    predictor
        (2, n) linear predictor and its exponential, in walking order.
    steps
        (2, g) filled with each tie group's hazard increment, and with that of its own events.
    sums
        (2, g, p + 1), filled for groups with events with S_0, S_1 of the risk set and D_0, D_1 of
        the events; None when they are not wanted.

    Returns
    -------
    loglik
        The log partial likelihood; -inf when the total risk of a risk set underflows.
    information
        (p, p) lower triangle of ``-sum_g (W / d) sum_l E_l E_l'``.
    """
    eta, risk = predictor[0], predictor[1]
    weight, group_end, group_deaths = sets.weight, sets.group_end, sets.group_deaths
    p = X.shape[1]
    delayed = sets.leaves_end.size > 0
    S1, D1 = np.zeros(p), np.zeros(p)
    information, block, used = np.zeros((p, p)), np.empty((p, LANES)), 0
    loglik, row, gone, group = 0.0, 0, 0, 0
    for last in sets.stratum_end:
        S0, peak, at_risk = 0.0, 0.0, 0
        S1[:] = 0.0
        stratum_row = gone = row
        while group < last:
            end, d = group_end[group], group_deaths[group]
            S0 += add_rows(weight, X, risk, row, end, S1)
            D0, W = 0.0, 0.0
            if (d > 1 and tie_fraction > 0.0) or sums is not None:
                D1[:] = 0.0
                D0 = add_rows(weight, X, risk, row, row + d, D1)
            for i in range(row, row + d):
                W += weight[i]
                loglik += weight[i] * eta[i]
            at_risk += end - row
            row = end
            peak = max(peak, S0)
            if delayed:
                S0 -= take_out(sets, X, risk, (gone, sets.leaves_end[group]), S1)
                at_risk -= max(sets.leaves_end[group] - gone, 0)
                gone = max(sets.leaves_end[group], gone)
                if at_risk == 0:
                    S0, peak = 0.0, 0.0
                    S1[:] = 0.0
                elif peak * REBUILD_BELOW > S0 and d > 0:
                    S0 = resum(sets, X, risk, (stratum_row, row), sets.group_time[group], S1)
                    peak = S0
            if d > 0:
                if sums is not None:
                    keep(sums[:, group], (S0, D0), S1, D1)
                lost, (a0, a1, a2) = through_tie(S0, D0, W / d, (d, tie_fraction), steps[:, group])
                if not np.isfinite(lost):
                    return -np.inf, information
                loglik -= lost
                if used > LANES - 2:
                    used = add_gram(block, used, -1.0, information)
                used = lay_in(block, used, S1, D1, (a0, a1, a2))
            group += 1
    add_gram(block, used, -1.0, information)
    return loglik, information


@njit(cache=True)
def lay_in(
    block: Floats, used: int, S1: Floats, D1: Floats, squares: tuple[float, float, float]
) -> int:
    """Write the vectors whose products are a group's sum of E E'; give the columns then used."""
    a0, a1, a2 = squares
    part = a1 / a0 if a0 > 0.0 else 0.0
    root, rest = np.sqrt(a0), np.sqrt(max(a2 - a1 * part, 0.0))
    for j in range(block.shape[0]):
        block[j, used] = root * (S1[j] - part * D1[j])
        block[j, used + 1] = rest * D1[j]
    return used + (2 if a1 > 0.0 else 1)


@njit(cache=True)
def add_rows(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    weight: Floats, X: Floats, risk: Floats, begin: int, end: int, S1: Floats
) -> float:
    """Add rows to the first moments; give their risk."""
    total = 0.0
    for i in range(begin, end):
        a = weight[i] * risk[i]
        total += a
        for j in range(S1.size):
            S1[j] += a * X[i, j]
    return total


@njit(cache=True)
def keep(sums: Floats, zeroth: tuple[float, float], S1: Floats, D1: Floats) -> None:
    """Write the sums of one tie group down, zeroth moment first."""
    sums[0, 0], sums[1, 0] = zeroth
    sums[0, 1:] = S1
    sums[1, 1:] = D1


@njit(cache=True)
def take_out(
    sets: RiskSets, X: Floats, risk: Floats, leaving: tuple[int, int], S1: Floats
) -> float:
    """Take rows out of the first moments that leave the risk set; give their risk."""
    total = 0.0
    for at in range(leaving[0], leaving[1]):
        i = sets.leaves_row[at]
        a = sets.weight[i] * risk[i]
        total += a
        for j in range(S1.size):
            S1[j] -= a * X[i, j]
    return total


@njit(cache=True)
def through_tie(
    S0: float, D0: float, mean_weight: float, tie: tuple[int, float], steps: Floats
) -> tuple[float, tuple[float, float, float]]:
    """Go through the tied events of one group, a part f of their risk taken out before each.

    Parameters
    ----------
    S0, D0
        Risk of the risk set and of its events.
    mean_weight
        Case weight of the events over their number.
    tie
        Number of events, and 1.0 for Efron's approximation, 0.0 for Breslow's.
    steps
        (2,) to which the hazard increments of those who stay, and of the events, are added.

    Returns
    -------
    lost
        What the events take off the log likelihood; infinite where no risk is left.
    squares
        Sums of w, f w and f^2 w, w being the mean weight over the squared denominator.
    """
    lost, a0, a1, a2 = 0.0, 0.0, 0.0, 0.0
    d, tie_fraction = tie
    for k in range(d):
        f = tie_fraction * k / d
        denominator = S0 - f * D0
        if not denominator > 0.0:
            return np.inf, (a0, a1, a2)
        lost += mean_weight * np.log(denominator)
        inverse = mean_weight / denominator
        steps[0] += inverse
        steps[1] += (1.0 - f) * inverse
        inverse /= denominator
        a0 += inverse
        a1 += f * inverse
        a2 += f * f * inverse
    return lost, (a0, a1, a2)


@njit(cache=True)
def resum(  # noqa: PLR0917 - same
    sets: RiskSets, X: Floats, risk: Floats, rows: tuple[int, int], time: float, S1: Floats
) -> float:
    """Sum the first moments of those at risk at a time afresh; give their risk."""
    S0 = 0.0
    S1[:] = 0.0
    for i in range(rows[0], rows[1]):
        if sets.entry[i] < time:
            S0 += add_rows(sets.weight, X, risk, i, i + 1, S1)
    return S0


@njit(cache=True)
def expose(sets: RiskSets, steps: Floats) -> Floats:
    """Turn hazard increments per group into the cumulative hazard each row was exposed to.

    Parameters
    ----------
    sets
        The outcome.
    steps
        (2, g) from `descend`: increments for those who stay, and for a group's own events.

    Returns
    -------
    (n,)
        In walking order, over (entry, time].
    """
    n = sets.order.size
    hazard = np.zeros(n)
    delayed = sets.leaves_end.size > 0
    entered_at = np.zeros(n if delayed else 0)
    entered_group = np.zeros(n if delayed else 0, dtype=np.int64)
    first_group, first_row = 0, 0
    for last in sets.stratum_end:
        last_row = sets.group_end[last - 1]
        gone = last_row
        total = 0.0
        for group in range(last - 1, first_group - 1, -1):
            begin = first_row if group == first_group else sets.group_end[group - 1]
            if delayed:
                while gone > sets.leaves_end[group]:  # these entered before this group's time
                    gone -= 1
                    entered_at[sets.leaves_row[gone]] = total
                    entered_group[sets.leaves_row[gone]] = group
            middle = begin + sets.group_deaths[group]
            for i in range(begin, sets.group_end[group]):
                own = steps[1, group] if i < middle else steps[0, group]
                hazard[i] = total + own
                if delayed:
                    hazard[i] -= entered_at[i]
                    if hazard[i] < CANCELLED * (total + own):
                        hazard[i] = own
                        for k in range(group + 1, entered_group[i] + 1):
                            hazard[i] += steps[0, k]
            total += steps[0, group]
        first_group, first_row = last, last_row
    return hazard


@njit(cache=True, nogil=True)
def walk(
    sets: RiskSets, X: Floats, beta: Floats, offset: Floats, tie_fraction: float
) -> tuple[float, Floats, Floats]:
    """Give the log partial likelihood, score and information at `beta`.

    Parameters
    ----------
    sets
        The outcome.
    X
        (n, p) C-contiguous covariates, rows in walking order (``X[sets.order]``).
    beta
        (p,) coefficients.
    offset
        (n,) added to the linear predictor, in walking order; length 0 for none.
    tie_fraction
        1.0 for Efron's approximation, 0.0 for Breslow's.

    Returns
    -------
    loglik, score, information
        Number, (p,), (p, p). loglik is -inf (and the rest zero) where exp() underflows.
    """
    p = X.shape[1]
    predictor = relative_risk(sets, X, beta, offset)
    risk = predictor[1]
    steps = np.zeros((2, sets.group_end.size))
    score = np.zeros(p)
    loglik, information = descend(sets, X, predictor, steps, tie_fraction)
    if not np.isfinite(loglik):
        return -np.inf, score, information
    hazard = expose(sets, steps)
    weight, group_end, group_deaths = sets.weight, sets.group_end, sets.group_deaths
    block, used = np.empty((p, LANES)), 0
    begin = 0
    for g in range(group_end.size):
        for i in range(begin, group_end[g]):
            a = weight[i] * risk[i] * hazard[i]
            residual = -a
            if i < begin + group_deaths[g]:
                residual += weight[i]
            root = np.sqrt(max(a, 0.0))
            for j in range(p):
                score[j] += residual * X[i, j]
                block[j, used] = root * X[i, j]
            used += 1
            if used == LANES:
                used = add_gram(block, used, 1.0, information)
        begin = group_end[g]
    add_gram(block, used, 1.0, information)
    for j in range(p):
        for k in range(j):
            information[k, j] = information[j, k]
    return loglik, score, information


@njit(cache=True)
def relative_risk(sets: RiskSets, X: Floats, beta: Floats, offset: Floats) -> Floats:
    """Give the linear predictor less its largest value in each stratum, and its exponential.

    The likelihood does not change by the shift, and exp() cannot overflow.
    """
    n, p = X.shape
    predictor = np.empty((2, n))
    eta, risk = predictor[0], predictor[1]
    first = 0
    for last_group in sets.stratum_end:
        last = sets.group_end[last_group - 1]
        shift = -np.inf
        for i in range(first, last):
            total = offset[i] if offset.size else 0.0
            for j in range(p):
                total += X[i, j] * beta[j]
            eta[i] = total
            shift = max(shift, total)
        for i in range(first, last):
            eta[i] -= shift
            risk[i] = np.exp(eta[i])
        first = last
    return predictor
