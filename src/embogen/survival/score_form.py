"""`ScoreForm`: the score of a 0/1 column and its variance as fixed numbers per patient.

At the null (no effect of the column, other covariates fitted or absent) the score of a column x
is linear in x and its information is linear minus quadratic::

    U(x) = sum_i u_i x_i
    V(x) = sum_i b_i x_i - sum_g (a0 S^2 - 2 a1 S D + a2 D^2) - |G x|^2

S and D being the sums of m_i x_i (m = weight times relative risk) over the risk set and over the
events of tie group g. Everything but x is the same for every permutation of x, so a permutation
costs its carriers, never a fit. Ties, strata, delayed entry and weights are in `RiskSets` and in
the coefficients; a test that permutes x does not know about them.

Which variance: ``logrank`` takes the hypergeometric variance of the log-rank test, ``efron`` and
``breslow`` the information of the Cox model at zero. Without ties all three are the same number.
Sources: Mantel, Cancer Chemother Rep 1966;50:163; Cox, JRSS B 1972;34:187, section 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embogen.survival.partial_likelihood import expose

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LOGRANK: Final = -1.0
"""In the place of a tie fraction (1 Efron, 0 Breslow): the hypergeometric variance."""


class ScoreForm(NamedTuple):
    """Coefficients of the score and its variance, rows in walking order.

    Attributes
    ----------
    linear
        (n,) u: the score is its sum over carriers.
    exposure
        (n,) b: the linear part of the variance.
    mass
        (n,) case weight times relative risk.
    square
        (3, g) a0, a1, a2 of each tie group; 0 where a group has no events.
    projection
        (q, n) G: what fitted covariates take off the variance; q = 0 without covariates.
    """

    linear: Floats
    exposure: Floats
    mass: Floats
    square: Floats
    projection: Floats


def group_start(sets: RiskSets) -> Ints:
    """Give the first position of each tie group."""
    return np.concatenate([[0], sets.group_end[:-1]]).astype(np.int64)[: len(sets.group_end)]


def group_stratum(sets: RiskSets) -> Ints:
    """Give the stratum number of each tie group."""
    sizes = np.diff(np.concatenate([[0], sets.stratum_end]))
    return np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)


def is_event(sets: RiskSets) -> NDArray[np.bool_]:
    """Tell by position which rows end in the event."""
    return np.asarray(_is_event(sets.group_end, sets.group_deaths), dtype=np.bool_)


@njit(cache=True)
def _is_event(group_end: Ints, group_deaths: Ints) -> NDArray[np.bool_]:
    """Mark the first rows of each group; asked for several times in one small test."""
    out = np.zeros(group_end[-1] if group_end.size else 0, dtype=np.bool_)
    begin = 0
    for g in range(group_end.size):
        out[begin : begin + group_deaths[g]] = True
        begin = group_end[g]
    return out


def at_risk_sums(sets: RiskSets, values: Floats) -> Floats:
    """Sum a row value over the risk set of each tie group.

    Parameters
    ----------
    values
        (n,) by position.

    Returns
    -------
    sums
        (g,).

    Examples
    --------
    At time 5 one patient is at risk, at time 3 three are.

    >>> from embogen.survival.risk_sets import build
    >>> at_risk_sums(build([5.0, 3.0, 3.0], [True, False, True]), np.ones(3)).tolist()
    [1.0, 3.0]
    """
    return np.asarray(_at_risk_sums(sets, values), dtype=np.float64)


@njit(cache=True)
def _at_risk_sums(sets: RiskSets, values: Floats) -> Floats:
    """Take what was there before the stratum off running totals, of rows and of those who left."""
    out = np.empty(sets.group_end.size)
    delayed = sets.leaves_end.size > 0
    total, left, row, gone, group = 0.0, 0.0, 0, 0, 0
    for last in sets.stratum_end:
        before, left_before = total, left
        while group < last:
            for i in range(row, sets.group_end[group]):
                total += values[i]
            row = sets.group_end[group]
            out[group] = total - before
            if delayed:
                for i in range(gone, sets.leaves_end[group]):
                    left += values[sets.leaves_row[i]]
                gone = max(gone, sets.leaves_end[group])
                out[group] -= left - left_before
            group += 1
        if delayed:
            for i in range(gone, row):
                left += values[sets.leaves_row[i]]
            gone = row
    return out


def event_sums(sets: RiskSets, values: Floats) -> Floats:
    """Sum a row value over the events of each tie group."""
    return np.asarray(_event_sums(sets, values), dtype=np.float64)


@njit(cache=True)
def _event_sums(sets: RiskSets, values: Floats) -> Floats:
    out = np.zeros(sets.group_end.size)
    begin = 0
    for group in range(out.size):
        for i in range(begin, begin + sets.group_deaths[group]):
            out[group] += values[i]
        begin = sets.group_end[group]
    return out


def score_form(
    sets: RiskSets,
    *,
    ties: float = LOGRANK,
    covariates: Floats | None = None,
    coef: Floats | None = None,
) -> ScoreForm:
    """Work out the score of any further 0/1 column at the null.

    Parameters
    ----------
    sets
        The outcome.
    ties
        `LOGRANK`, 1.0 (Efron) or 0.0 (Breslow). With covariates `LOGRANK` means Breslow's
        score and information: the hypergeometric variance knows no relative risks.
    covariates
        (n, q) in walking order, of full rank in the information, or None.
    coef
        (q,) their maximum partial likelihood coefficients without the further column.

    Returns
    -------
    ScoreForm

    Examples
    --------
    Events at 1 (of two at risk) and 2 (of one): the patient dying first has 1 - 1/2.

    >>> from embogen.survival.risk_sets import build
    >>> form = score_form(build([1.0, 2.0], [True, True]))
    >>> form.linear.tolist(), form.square[0].tolist()
    ([-0.5, 0.5], [0.0, 0.25])
    """
    n = len(sets.order)
    if covariates is None or coef is None:
        covariates, coef = np.empty((n, 0)), np.empty(0)
    mass = sets.weight * _relative_risk(sets, np.einsum("ij,j->i", covariates, coef))
    square, steps = _information(sets, mass, max(ties, 0.0))
    hazard = expose(sets, steps)
    linear = np.where(is_event(sets), sets.weight, 0.0) - mass * hazard
    exposure = mass * hazard
    if ties < 0 and not len(coef) and bool(np.all(sets.weight == 1.0)):
        square, steps = _hypergeometric(sets)
        exposure = expose(sets, steps)
    projection = _projection(sets, covariates, mass, exposure, square)
    return ScoreForm(linear, exposure, mass, square, projection)


def _relative_risk(sets: RiskSets, eta: Floats) -> Floats:
    """Exponentiate after taking off each stratum's largest value: it cancels in every ratio."""
    risk = np.empty(len(eta))
    first = 0
    for last_group in sets.stratum_end:
        last = int(sets.group_end[last_group - 1])
        risk[first:last] = np.exp(eta[first:last] - eta[first:last].max())
        first = last
    return risk


@njit(cache=True)
def _hypergeometric(sets: RiskSets) -> tuple[Floats, Floats]:
    at_risk = _at_risk_sums(sets, np.ones(sets.order.size))
    square, steps = np.zeros((3, at_risk.size)), np.zeros((2, at_risk.size))
    for g in range(at_risk.size):
        n, deaths = at_risk[g], float(sets.group_deaths[g])
        if deaths > 0.0 and n > 1.0:
            steps[:, g] = deaths * (n - deaths) / ((n - 1.0) * n)
            square[0, g] = steps[0, g] / n
    return square, steps


class Denominators(NamedTuple):
    """The denominators of the partial likelihood: one per event.

    Attributes
    ----------
    group
        (m,) tie group of each.
    taken
        (m,) part f of the tied deaths already taken out of the risk set.
    total
        (m,) mass left at risk.
    jump
        (m,) mean weight of the tied deaths.
    """

    group: Ints
    taken: Floats
    total: Floats
    jump: Floats


def denominators(sets: RiskSets, mass: Floats, fraction: float) -> Denominators:
    """Write out the denominators, group after group.

    Parameters
    ----------
    mass
        (n,) case weight times relative risk, by position.
    fraction
        1.0 Efron, 0.0 Breslow.

    Examples
    --------
    Two of three patients die together: Efron takes half of them out for the second.

    >>> from embogen.survival.risk_sets import build
    >>> sets = build([1.0, 1.0, 2.0], [True, True, False])
    >>> denominators(sets, np.ones(3), 1.0).total.tolist()
    [3.0, 2.0]
    """
    return Denominators(*_denominators(sets, mass, fraction))


@njit(cache=True)
def _denominators(
    sets: RiskSets, mass: Floats, fraction: float
) -> tuple[Ints, Floats, Floats, Floats]:
    at_risk, dying = _at_risk_sums(sets, mass), _event_sums(sets, mass)
    weight = _event_sums(sets, sets.weight)
    m = sets.group_deaths.sum()
    group, taken = np.empty(m, np.int64), np.empty(m)
    total, jump = np.empty(m), np.empty(m)
    i = 0
    for g in range(sets.group_deaths.size):
        deaths = sets.group_deaths[g]
        for step in range(deaths):
            group[i], taken[i] = g, fraction * step / deaths
            total[i] = at_risk[g] - taken[i] * dying[g]
            jump[i] = weight[g] / deaths
            i += 1
    return group, taken, total, jump


@njit(cache=True)
def _information(sets: RiskSets, mass: Floats, fraction: float) -> tuple[Floats, Floats]:
    """Give a0, a1, a2 of each group, and its hazard steps for all rows and for its own events."""
    group, taken, total, jump = _denominators(sets, mass, fraction)
    square, steps = np.zeros((3, sets.group_end.size)), np.zeros((2, sets.group_end.size))
    for i in range(group.size):
        g, f = group[i], taken[i]
        inverse = jump[i] / total[i]
        steps[0, g] += inverse
        steps[1, g] += (1.0 - f) * inverse
        inverse = inverse / total[i]
        square[0, g] += inverse
        square[1, g] += f * inverse
        square[2, g] += f * f * inverse
    return square, steps


def _projection(
    sets: RiskSets, covariates: Floats, mass: Floats, exposure: Floats, square: Floats
) -> Floats:
    """Give G with |G x|^2 = I_xz I_zz^-1 I_zx, through the factor of I_zz."""
    n, q = covariates.shape
    if not q:
        return np.empty((0, n))
    cross = np.empty((q, n))
    for j in range(q):
        S = at_risk_sums(sets, mass * covariates[:, j])
        D = event_sums(sets, mass * covariates[:, j])
        steps = np.empty((2, len(S)))
        steps[0] = square[0] * S - square[1] * D
        steps[1] = steps[0] + square[2] * D - square[1] * S
        cross[j] = exposure * covariates[:, j] - mass * expose(sets, steps)
    # plain sums: a library's products would depend, in the last digit, on its number of threads
    factor = np.linalg.cholesky(np.einsum("ji,ik->jk", cross, covariates))
    for j in range(q):
        for k in range(j):
            cross[j] -= factor[j, k] * cross[k]
        cross[j] /= factor[j, j]
    return cross


def dense(sets: RiskSets, form: ScoreForm) -> Floats:
    """Write the variance as a matrix: V(x) = x' M x for every 0/1 column x.

    Returns
    -------
    M
        (n, n) symmetric, rows in walking order; O(n^2) time and memory.
    """
    sizes = np.diff(np.concatenate([[0], sets.group_end]))
    first = np.repeat(np.arange(len(sizes)), sizes)
    last = np.repeat(sets.stratum_end[group_stratum(sets)], sizes)
    if sets.leaves_end.size:
        begin, starts = 0, group_start(sets)
        for end in sets.stratum_end:
            gone = starts[begin]
            for k in range(begin, end):
                last[sets.leaves_row[gone : sets.leaves_end[k]]] = k
                gone = max(gone, sets.leaves_end[k])
            begin = end
    cumulative = np.concatenate([[0.0], np.cumsum(form.square[0])])
    matrix = _pairs(form, cumulative, first, last, is_event(sets))
    matrix[np.diag_indices_from(matrix)] += form.exposure
    return np.asarray(matrix - form.projection.T @ form.projection)


@njit(cache=True)
def _pairs(
    form: ScoreForm, cumulative: Floats, first: Ints, last: Ints, event: NDArray[np.bool_]
) -> Floats:
    """Sum the quadratic part over the groups at which both of a pair are at risk."""
    n = first.size
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):  # row j joins the walk no later than row i
            total = 0.0
            end = min(last[i], last[j])
            if end > first[i]:
                total = cumulative[end] - cumulative[first[i]]
                k = first[i]
                if event[i]:
                    total -= form.square[1, k]
                if event[j] and first[j] == k:
                    total -= form.square[1, k]
                    if event[i]:
                        total += form.square[2, k]
            out[i, j] = -form.mass[i] * form.mass[j] * total
            out[j, i] = out[i, j]
    return out
