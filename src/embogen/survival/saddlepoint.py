"""Double-saddlepoint approximation to the permutation distribution of a score.

A carrier set drawn at random is a set of independent coin flips conditioned on the number of
carriers in each stratum, so the tail of a linear score is a conditional tail, approximated by
Skovgaard's formula (J Appl Probab 1987;24:875; Booth & Butler, Biometrika 1990;77:787)::

    P(sum a x >= c | sum x = k) ~ 1 - Phi(w) + phi(w) (1 / v - 1 / w)
    w^2 / 2 = [s c + t k - K(t, s)] - [t0 k - K(t0, 0)],   K = sum log(1 + exp(t + s a))
    v       = s sqrt(|K''(t, s)| / K''_tt(t0, 0))

The studentised score is not linear. Its tail ``U >= z sqrt(V)`` is replaced by the half space
that touches it at the most likely point of the tail: V is expanded about the mean of the tilted
flips, which the saddlepoint gives, and both are iterated to agreement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, log_expit, logit, ndtr

from embogen.survival.partial_likelihood import expose
from embogen.survival.score_form import at_risk_sums, event_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.survival.risk_sets import RiskSets
    from embogen.survival.score_form import ScoreForm

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MAX_STEPS: Final = 200
ROUNDS: Final = 100
AGREEMENT: Final = 1e-8
AT_LARGEST: Final = 1e-7
"""A limit so near the largest score there is, relative to the size of scores, is that score."""
NEAR_MEAN: Final = 1e-3
"""So many standard deviations about the mean, where the formula is 0 / 0, it is interpolated."""


class Strata(NamedTuple):
    """Conditioning: the stratum of each row and the carriers of each stratum.

    Attributes
    ----------
    rows
        (m,) rows of strata with 0 < carriers < size: all others are carriers or not for certain.
    code
        (m,) stratum of each of these rows.
    size, carriers
        (s,) rows and carriers of each stratum.
    """

    rows: Ints
    code: Ints
    size: Floats
    carriers: Floats


class Tilt(NamedTuple):
    """A saddlepoint.

    Attributes
    ----------
    slope
        s: how strongly high scores are favoured.
    level
        (strata,) t.
    chance
        (m,) probability of being a carrier under the tilt.
    spread
        Conditional variance of the score under the tilt.
    """

    slope: float
    level: Floats
    chance: Floats
    spread: float


def strata_of(pools: Sequence[tuple[Ints, int]]) -> Strata:
    """Keep the pools from which carriers can be drawn in more than one way.

    Examples
    --------
    >>> strata_of([(np.array([0, 2]), 1), (np.array([1]), 1)]).rows.tolist()
    [0, 2]
    """
    kept = [(rows, k) for rows, k in pools if 0 < k < len(rows)]
    empty = np.empty(0, dtype=np.int64)
    return Strata(
        np.concatenate([empty, *(rows for rows, _ in kept)]),
        np.repeat(np.arange(len(kept)), [len(rows) for rows, _ in kept]),
        np.array([len(rows) for rows, _ in kept], dtype=np.float64),
        np.array([k for _, k in kept], dtype=np.float64),
    )


def tail(scores: Floats, strata: Strata, limit: float) -> tuple[float, Tilt]:
    """Approximate the chance that a random carrier set scores at least so much.

    Parameters
    ----------
    scores
        (m,) score as a carrier of each row of the strata.
    strata
        What is held fixed.
    limit
        c.

    Returns
    -------
    p
        The upper tail probability, between 0 and 1.
    tilt
        The saddlepoint.

    Examples
    --------
    Scores 1 to 8, four carriers: of 70 sets 12 sum to 22 or more, 7 to more than 22. Sums that
    tie count about half: 9.5 / 70 = .136.

    >>> strata = Strata(np.arange(8), np.zeros(8, np.int64), np.array([8.0]), np.array([4.0]))
    >>> round(tail(np.arange(1.0, 9.0), strata, 22.0)[0], 3)
    0.133
    """
    centred, mean = _centre(scores, strata)
    limit -= mean
    tilt = _solve(centred, strata, limit)
    most, log_share = _largest(centred, strata)
    gap = (limit - most) / (float(np.max(np.abs(centred), initial=0.0)) or 1.0)
    if gap >= -AT_LARGEST:  # the slope is infinite there, and the formula 0 / 0
        return (0.0 if gap > AT_LARGEST else float(np.exp(log_share))), tilt
    width = float(np.sqrt(_tilted(centred, strata, 0.0, None).spread))
    if abs(limit) < NEAR_MEAN * width:
        step = 2.0 * NEAR_MEAN * width
        above = _formula(centred, strata, limit + step)
        below = _formula(centred, strata, limit - step)
        return 0.5 * (above + below), tilt
    return _formula(centred, strata, limit, tilt), tilt


def studentised_tail(
    sets: RiskSets, form: ScoreForm, strata: Strata, fixed: Floats, value: float
) -> float:
    """Approximate the chance of a studentised score of at least so much.

    Parameters
    ----------
    sets, form
        The outcome, and the score's coefficients.
    strata
        What is held fixed.
    fixed
        (n,) 1 for rows outside `strata` that are carriers for certain, else 0.
    value
        z.

    Returns
    -------
    p
        The upper tail probability.
    """
    chance = fixed.copy()
    chance[strata.rows] = (strata.carriers / strata.size)[strata.code]
    certain = float(form.linear @ fixed)
    p, slope = 1.0, np.nan
    for _ in range(ROUNDS):
        variance, gradient = _variance(sets, form, strata, chance)
        root = float(np.sqrt(max(variance, 1e-300)))
        part = gradient[strata.rows]
        scores = form.linear[strata.rows] - value * part / (2.0 * root)
        limit = value * root - value * float(part @ chance[strata.rows]) / (2.0 * root) - certain
        p, tilt = tail(scores, strata, limit)
        done = abs(tilt.slope - slope) <= AGREEMENT * (1.0 + abs(tilt.slope))
        chance[strata.rows], slope = tilt.chance, tilt.slope
        if done:
            break
    return p


def _centre(scores: Floats, strata: Strata) -> tuple[Floats, float]:
    mean = np.bincount(strata.code, scores, len(strata.size)) / strata.size
    return scores - mean[strata.code], float(mean @ strata.carriers)


def _largest(scores: Floats, strata: Strata) -> tuple[float, float]:
    """Give the largest score a carrier set can have, and the log share of the sets that have it."""
    most, log_share = 0.0, 0.0
    for code, (size, carriers) in enumerate(zip(strata.size, strata.carriers, strict=True)):
        own = np.sort(scores[strata.code == code])[::-1]
        k = int(carriers)
        most += float(own[:k].sum())
        slack = AT_LARGEST * (float(np.max(np.abs(own))) or 1.0)
        tied = int((np.abs(own - own[k - 1]) <= slack).sum())
        taken = k - int((own > own[k - 1] + slack).sum())
        log_share += _log_choose(tied, taken) - _log_choose(size, carriers)
    return most, log_share


def _log_choose(n: float, k: float) -> float:
    return float(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))


def _tilted(scores: Floats, strata: Strata, slope: float, level: Floats | None) -> Tilt:
    """Find the levels that keep each stratum's expected number of carriers, at a given slope."""
    count = len(strata.size)
    if level is None:
        level = logit(strata.carriers / strata.size)
    low = np.full(count, -np.inf)
    high = np.full(count, np.inf)
    chance = expit(level[strata.code] + slope * scores)
    for _ in range(MAX_STEPS):
        excess = np.bincount(strata.code, chance, count) - strata.carriers
        spread = np.bincount(strata.code, chance * (1.0 - chance), count)
        low = np.where(excess < 0, level, low)
        high = np.where(excess >= 0, level, high)
        step = np.clip(excess / np.maximum(spread, 1e-300), -2.0, 2.0)
        trial = level - step
        middle = 0.5 * (low + high)
        outside = (trial <= low) | (trial >= high)
        trial = np.where(outside & np.isfinite(middle), middle, trial)
        level = np.where(excess == 0.0, level, trial)
        chance = expit(level[strata.code] + slope * scores)
        if np.all(np.abs(excess) <= 1e-11 * strata.size):
            break
    flip = chance * (1.0 - chance)
    total = np.maximum(np.bincount(strata.code, flip, count), 1e-300)
    first = np.bincount(strata.code, flip * scores, count)
    second = float(np.sum(flip * scores * scores))
    return Tilt(slope, level, chance, max(second - float(np.sum(first * first / total)), 0.0))


def _solve(scores: Floats, strata: Strata, limit: float) -> Tilt:
    """Find the slope whose expected score is the limit."""
    tilt = _tilted(scores, strata, 0.0, None)
    low, high = -np.inf, np.inf
    width = float(np.max(np.abs(scores))) or 1.0
    for _ in range(MAX_STEPS):
        gap = limit - float(scores @ tilt.chance)
        if gap > 0:
            low = tilt.slope
        else:
            high = tilt.slope
        step = gap / tilt.spread if tilt.spread > 0.0 else np.sign(gap) / width
        step = float(np.clip(step, -3.0 / width, 3.0 / width))
        slope = tilt.slope + step
        if not low < slope < high and np.isfinite(low + high):
            slope = 0.5 * (low + high)
        if abs(gap) <= 1e-10 * width or abs(slope) * width > 700.0:  # noqa: PLR2004 - exp() ends
            break
        tilt = _tilted(scores, strata, slope, tilt.level)
    return tilt


def _formula(scores: Floats, strata: Strata, limit: float, tilt: Tilt | None = None) -> float:
    tilt = _solve(scores, strata, limit) if tilt is None else tilt
    rest = strata.carriers / strata.size
    level = logit(rest)
    tilted = float(tilt.slope * limit + tilt.level @ strata.carriers)
    tilted += float(np.sum(log_expit(-(tilt.level[strata.code] + tilt.slope * scores))))
    plain = float(level @ strata.carriers + strata.size @ log_expit(-level))
    w = float(np.sign(tilt.slope) * np.sqrt(max(2.0 * (tilted - plain), 0.0)))
    flip = tilt.chance * (1.0 - tilt.chance)
    inside = np.bincount(strata.code, flip, len(strata.size))
    ratio = np.log(np.maximum(inside, 1e-300)) - np.log(strata.size * rest * (1.0 - rest))
    v = tilt.slope * float(np.sqrt(tilt.spread) * np.exp(0.5 * np.sum(ratio)))
    if w == 0.0 or v == 0.0:
        return float(ndtr(-w))
    density = np.exp(-0.5 * w * w) / np.sqrt(2.0 * np.pi)
    return float(np.clip(ndtr(-w) + density * (1.0 / v - 1.0 / w), 0.0, 1.0))


def _variance(
    sets: RiskSets, form: ScoreForm, strata: Strata, chance: Floats
) -> tuple[float, Floats]:
    """Give the expected variance under the tilt, and its gradient in the chances."""
    mean = form.mass * chance
    S, D = at_risk_sums(sets, mean), event_sums(sets, mean)
    a0, a1, a2 = form.square
    steps = np.empty((2, len(S)))
    steps[0] = a0 * S - a1 * D
    steps[1] = steps[0] + a2 * D - a1 * S
    gradient = form.exposure - 2.0 * form.mass * expose(sets, steps)
    value = float(form.exposure @ chance - np.sum(a0 * S * S - 2.0 * a1 * S * D + a2 * D * D))
    flip, scattered = np.zeros(len(chance)), np.zeros(len(chance))
    flip[strata.rows] = (chance * (1.0 - chance))[strata.rows]
    total = np.bincount(strata.code, flip[strata.rows], len(strata.size))
    scattered[strata.rows] = flip[strata.rows] / np.maximum(total, 1e-300)[strata.code]
    own = at_risk_sums(sets, form.mass * form.mass * flip)
    jointly = at_risk_sums(sets, form.mass * flip) * at_risk_sums(sets, form.mass * scattered)
    value -= float(np.sum(a0 * np.maximum(own - jointly, 0.0)))
    if len(form.projection):
        part = form.projection @ chance
        value -= float(part @ part)
        gradient = gradient - 2.0 * (form.projection.T @ part)
    return value, gradient
