"""The calibration of a gene alone: rejection, coverage and power from the package's own kernels.

tests/statistical/test_calibration.py holds each figure beside the public function that prints it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from calibration_studies import (
    N,
    Setting,
    affected_sets,
    all_or_drawn,
    simulate,
    uniform_sets,
)
from numba import njit
from scipy.special import chdtrc, chdtri, ndtr

from embogen.inference.calibrated_interval import ROUNDING
from embogen.survival.exact import TOLERANCE
from embogen.survival.exits import ratios_at, ratios_under
from embogen.survival.newton import CONVERGED
from embogen.survival.permutation import scores_of_sets, studentised_of_sets
from embogen.survival.risk_sets import RiskSets
from embogen.survival.scan_two_group import two_group_fits
from embogen.survival.score_form import LOGRANK, score_form
from embogen.survival.two_group import carriers_at_risk, log_ratio, maximum, totals

LEVELS = np.array([0.05, 0.01, 0.001])
HAZARD_RATIOS = (1.0, 3.0, 7.0, 1 / 3)
LIMIT = float(chdtri(1, 0.05))
MAX_STEPS = 100
Shares = dict[str, list[np.ndarray]]


class Likelihoods(NamedTuple):
    """Of B carrier sets: likelihood ratio at 1 and at the truth, with Firth's penalty and without.

    `coef`, `se` (at the penalised maximum) and `sign` of the maximum are for the same sets.
    """

    ratio: np.ndarray
    ratio_true: np.ndarray
    firth: np.ndarray
    firth_true: np.ndarray
    coef: np.ndarray
    se: np.ndarray
    sign: np.ndarray


def likelihoods(sets: RiskSets, chosen: np.ndarray, true: float = 0.0) -> Likelihoods:
    return Likelihoods(*_likelihoods(sets, totals(sets, 1.0), chosen, true))


@njit(cache=True)
def _likelihoods(sets: RiskSets, terms: np.ndarray, chosen: np.ndarray, true: float) -> np.ndarray:
    out = np.zeros((7, len(chosen)))
    for b in range(len(chosen)):
        x = np.zeros(sets.order.size)
        for row in chosen[b]:
            x[row] = 1.0
        carrying, events = carriers_at_risk(sets, terms, x)
        best = maximum(terms, carrying, events)
        top = log_ratio(terms, carrying, events, best)
        out[0, b] = 2.0 * top
        out[1, b] = 2.0 * (top - log_ratio(terms, carrying, events, true))
        out[6, b] = np.sign(best)
        at_one = _derivatives(terms, carrying, events, 0.0)[1]
        if not at_one > 0.0:
            out[4, b], out[5, b] = np.nan, np.nan
            continue
        coef, information = _penalised_maximum(terms, carrying, events)
        top = log_ratio(terms, carrying, events, coef) + 0.5 * np.log(information)
        out[2, b] = 2.0 * (top - 0.5 * np.log(at_one))
        there = log_ratio(terms, carrying, events, true)
        there += 0.5 * np.log(_derivatives(terms, carrying, events, true)[1])
        out[3, b] = 2.0 * (top - there)
        out[4, b], out[5, b] = coef, information**-0.5
    return out


@njit(cache=True)
def _derivatives(
    terms: np.ndarray, carrying: np.ndarray, events: float, beta: float
) -> tuple[float, float, float, float]:
    """Give score and information, and the information's first two derivatives."""
    ratio, score = np.exp(beta), events
    first, second, third = 0.0, 0.0, 0.0
    for m in range(carrying.size):
        p = ratio * carrying[m] / (terms[2, m] - carrying[m] + ratio * carrying[m])
        spread = terms[3, m] * p * (1.0 - p)
        score -= terms[3, m] * p
        first += spread
        second += spread * (1.0 - 2.0 * p)
        third += spread * (1.0 - 6.0 * p * (1.0 - p))
    return score, first, second, third


@njit(cache=True)
def _penalised_maximum(
    terms: np.ndarray, carrying: np.ndarray, events: float
) -> tuple[float, float]:
    """Maximise log likelihood + log(information) / 2: Newton within a bracket."""
    low, high, beta, information = -np.inf, np.inf, 0.0, 0.0
    for _ in range(MAX_STEPS):
        score, information, second, third = _derivatives(terms, carrying, events, beta)
        slope = score + 0.5 * second / information
        bend = information - 0.5 * (third * information - second**2) / information**2
        if slope > 0.0:
            low = beta
        else:
            high = beta
        step = slope / bend if bend > 0.0 else np.sign(slope)
        trial = beta + min(max(step, -1.0), 1.0)
        if not low <= trial <= high:
            trial = 0.5 * (low + high)
        if abs(trial - beta) < 1e-10 * (1.0 + abs(beta)):
            return trial, _derivatives(terms, carrying, events, trial)[1]
        beta = trial
    return beta, information


def upper_share(reference: np.ndarray, observed: np.ndarray, *, drawn: bool) -> np.ndarray:
    """P-value of each observed statistic: the share of the reference at least as large.

    A drawn reference counts the observed set as one more, as `permutation_test` does.
    """
    ordered = np.sort(reference)
    slack = TOLERANCE * (1.0 + np.abs(observed))
    reached = len(ordered) - np.searchsorted(ordered, observed - slack)
    return (reached + drawn) / (len(ordered) + drawn)


def doubled(reference: np.ndarray, observed: np.ndarray, *, drawn: bool) -> np.ndarray:
    upper = upper_share(reference, observed, drawn=drawn)
    lower = upper_share(-reference, -observed, drawn=drawn)
    return np.minimum(1.0, 2.0 * np.minimum(upper, lower))


def model_fits(sets: RiskSets, chosen: np.ndarray) -> np.ndarray:
    start = np.arange(len(chosen) + 1, dtype=np.int64) * chosen.shape[1]
    flat = np.ascontiguousarray(chosen.reshape(-1))
    return np.asarray(two_group_fits(sets, totals(sets, 1.0), start, flat))


def model_p_values(sets: RiskSets, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """P-values that rest on large samples, for each of some carrier sets."""
    fits = model_fits(sets, chosen)
    found = likelihoods(sets, chosen)
    with np.errstate(invalid="ignore"):
        wald = 2.0 * ndtr(-np.abs(fits[:, 0] / fits[:, 1]))
        firth_wald = 2.0 * ndtr(-np.abs(found.coef / found.se))
    lr = chdtrc(1, np.maximum(found.ratio, 0.0))
    efron = studentised_of_sets(sets, score_form(sets, ties=1.0), chosen)
    logrank = studentised_of_sets(sets, score_form(sets, ties=LOGRANK), chosen)
    return {
        "Wald (likelihood ratio where there is no estimate)": np.where(
            fits[:, 3] == CONVERGED, wald, lr
        ),
        "likelihood ratio": lr,
        "score": chdtrc(1, efron**2),
        "log-rank": chdtrc(1, logrank**2),
        "Firth, penalised likelihood ratio": chdtrc(1, np.maximum(found.firth, 0.0)),
        "Firth, Wald": np.where(np.isnan(firth_wald), 1.0, firth_wald),
    }


HEADLINE = "**permuted studentised score (first)**"
DOUBLED = "the same, doubled tail"


def rejected(p: np.ndarray) -> np.ndarray:
    """Share of p-values at or below each level."""
    return np.array([np.mean(p <= level * (1 + 1e-9)) for level in LEVELS])


def attained(reference: np.ndarray) -> np.ndarray:
    """Share of the listed sets whose p-value is at or below each level: the test's exact size."""
    return _beyond(np.sort(reference), LEVELS)


def attained_doubled(reference: np.ndarray) -> np.ndarray:
    return sum(_beyond(np.sort(sign * reference), LEVELS / 2) for sign in (1.0, -1.0))


def _beyond(ordered: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """The largest share, at most the level, of values at or above one of them, ties together."""
    n = len(ordered)
    out = []
    for level in levels:
        allowed = int(np.floor(level * n * (1 + 1e-9)))
        value = ordered[n - allowed - 1]  # one more than allowed: never rejected
        out.append((n - np.searchsorted(ordered, value + TOLERANCE * (1 + abs(value)))) / n)
    return np.array(out)


def null_shares(
    rng: np.random.Generator, setting: Setting, k: int, outcomes: int, each: int = 1000
) -> tuple[Shares, float]:
    """Rejection without an effect, by outcome; where all sets are listed the permutation rows
    hold the exact rate over all of them, not a sample.
    """
    shares: Shares = {}
    events = 0
    for _ in range(outcomes):
        outcome, _ = simulate(rng, setting, np.zeros(N))
        events += outcome.event.sum()
        sets = outcome.risk_sets()
        listed, drawn = all_or_drawn(rng, k)
        form = score_form(sets, ties=LOGRANK)
        reference = studentised_of_sets(sets, form, listed)
        chosen = listed if len(listed) <= 10 * each else uniform_sets(rng, k, each)
        if drawn:
            z = studentised_of_sets(sets, form, chosen)
            first = upper_share(np.abs(reference), np.abs(z), drawn=True)
            found = {
                HEADLINE: rejected(first),
                DOUBLED: rejected(doubled(reference, z, drawn=True)),
            }
        else:
            found = {HEADLINE: attained(np.abs(reference)), DOUBLED: attained_doubled(reference)}
        found |= {name: rejected(p) for name, p in model_p_values(sets, chosen).items()}
        for name, rates in found.items():
            shares.setdefault(name, []).append(rates)
    return shares, events / outcomes


class Drawn(NamedTuple):
    """An outcome, the carrier sets of its reference, and some at each hazard ratio."""

    sets: RiskSets
    reference: np.ndarray
    drawn: bool
    affected: dict[float, np.ndarray]


def effects(
    rng: np.random.Generator, setting: Setting, k: int, counts: tuple[int, int], reference: int
) -> Iterator[Drawn]:
    """Give outcomes with carrier sets; with late entry each outcome has a single one."""
    outcomes, each = counts
    for _ in range(outcomes):
        listed, drawn = all_or_drawn(rng, k, reference)
        if not setting.late:
            outcome, _ = simulate(rng, setting, np.zeros(N))
            sets = outcome.risk_sets()
            affected = {
                ratio: affected_sets(rng, outcome, sets, k, (ratio, each))
                for ratio in HAZARD_RATIOS
            }
            yield Drawn(sets, listed, drawn, affected)
            continue
        for ratio in HAZARD_RATIOS:
            x = np.zeros(N)
            x[:k] = 1.0
            outcome, patient = simulate(rng, setting, np.log(ratio) * x)
            sets = outcome.risk_sets()
            rows = np.flatnonzero(x[patient][sets.order])[None, :]
            yield Drawn(sets, listed, drawn, {ratio: rows.astype(np.int64)})


def calibrated_p(
    rng: np.random.Generator, study: Drawn, observed: np.ndarray, true: float
) -> np.ndarray:
    """P-values of likelihood ratios at the truth, as `permutation_calibrated_interval` has them."""
    sets, terms, added = study.sets, totals(study.sets, 1.0), float(study.drawn)
    chances = np.zeros(len(study.reference))
    if len(sets.leaves_end):
        ratios = likelihoods(sets, study.reference).ratio
    elif study.drawn:
        carriers = np.array([study.reference.shape[1]])
        uniforms = rng.random((len(study.reference), len(sets.order)))
        ratios = ratios_under(sets, terms, carriers, true, uniforms)
    else:
        ratios, chances = ratios_at(sets, terms, study.reference, true)
    order = np.argsort(ratios)
    upper = np.append(np.cumsum(np.exp(chances[order])[::-1])[::-1], 0.0)
    slack = ROUNDING * (1.0 + observed)
    reached = upper[np.searchsorted(ratios[order], observed - slack)] + added
    beyond = upper[np.searchsorted(ratios[order], observed + slack, side="right")]
    return 0.5 * (reached + beyond) / (upper[0] + added)


def intervals_hold(
    rng: np.random.Generator, study: Drawn, chosen: np.ndarray, true: float
) -> dict[str, np.ndarray]:
    """Tell for each carrier set which 95% intervals hold the true log hazard ratio."""
    sets = study.sets
    found = likelihoods(sets, chosen, true)
    fits = model_fits(sets, chosen)
    profile = found.ratio_true <= LIMIT
    with np.errstate(invalid="ignore"):
        wald = np.abs(fits[:, 0] - true) <= LIMIT**0.5 * fits[:, 1]
        firth_wald = np.abs(found.coef - true) <= LIMIT**0.5 * found.se
    nothing = np.isnan(found.coef)
    return {
        "Wald (profile where there is no estimate)": np.where(
            fits[:, 3] == CONVERGED, wald, profile
        ),
        "profile likelihood": profile,
        "Firth, profile": found.firth_true <= LIMIT,
        "Firth, Wald": firth_wald | nothing,
        "permutation-calibrated profile": calibrated_p(rng, study, found.ratio_true, true)
        > 0.05 + ROUNDING,
    }


def candidates(sets: RiskSets, chosen: np.ndarray) -> dict[str, tuple[np.ndarray, bool]]:
    """Statistics that might be permuted, and whether their smaller tail is doubled."""
    form = score_form(sets, ties=LOGRANK)
    z = studentised_of_sets(sets, form, chosen)
    u = scores_of_sets(form, chosen)
    found = likelihoods(sets, chosen)
    root = found.sign * np.sqrt(np.maximum(found.ratio, 0.0))
    coef = np.nan_to_num(found.coef)
    firth_root = np.sign(coef) * np.sqrt(np.maximum(found.firth, 0.0))
    wald = np.nan_to_num(found.coef / found.se)
    return {
        "studentised score": (np.abs(z), False),
        "studentised score, doubled tail": (z, True),
        "likelihood ratio": (found.ratio, False),
        "likelihood ratio's signed root, doubled tail": (root, True),
        "Firth's penalised likelihood ratio": (found.firth, False),
        "Firth's signed root, doubled tail": (firth_root, True),
        "Firth's Wald": (np.abs(wald), False),
        "score, doubled tail": (u, True),
        "absolute score": (np.abs(u), False),
    }


def effect_shares(
    rng: np.random.Generator, setting: Setting, k: int, counts: tuple[int, int], reference: int
) -> tuple[dict[float, Shares], dict[float, Shares]]:
    """Coverage of intervals and power of permuted statistics, by hazard ratio."""
    coverage: dict[float, Shares] = {ratio: {} for ratio in HAZARD_RATIOS}
    power: dict[float, Shares] = {ratio: {} for ratio in HAZARD_RATIOS}
    for study in effects(rng, setting, k, counts, reference):
        compared = candidates(study.sets, study.reference)
        for ratio, chosen in study.affected.items():
            true = float(np.log(ratio))
            for name, holds in intervals_hold(rng, study, chosen, true).items():
                coverage[ratio].setdefault(name, []).append(np.array([holds.mean()]))
            for name, (observed, two_tails) in candidates(study.sets, chosen).items():
                share = doubled if two_tails else upper_share
                p = share(compared[name][0], observed, drawn=study.drawn)
                power[ratio].setdefault(name, []).append(rejected(p)[:2])
    return coverage, power
