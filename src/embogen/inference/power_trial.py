"""`PowerTrial`: outcomes with their critical values, on which any hazard ratio can be tried."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import chdtri, ndtri

from embogen.inference.power import check_design, minimal_detectable_hr, schoenfeld_power
from embogen.inference.power_result import (
    Detectable,
    PowerCurve,
    PowerPoint,
    PowerTest,
    PublishedRatio,
)
from embogen.inference.winners_curse import shrink_significant
from embogen.survival.carrier_assignment import assign_carriers
from embogen.survival.exact import TOLERANCE
from embogen.survival.newton import CONVERGED, SUSPECT
from embogen.survival.permutation import draw_sets, pools_of, studentised_of_sets
from embogen.survival.risk_sets import RiskSets
from embogen.survival.scan_two_group import two_group_fits
from embogen.survival.score_form import LOGRANK, ScoreForm, score_form
from embogen.survival.subsets import members_of_sets, n_sets, sequence
from embogen.survival.two_group import likelihood_ratios, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

DRAWN: Final = 20_000
DRAWN_IN_ALL: Final = 1_000_000
LONGEST: Final = 200_000
"""Carrier sets behind a critical value: drawn for each outcome, at most; counted where fewer."""
FURTHEST: Final = 100.0
STEPS: Final = 24
AT_ONCE: Final = 2_000
_SLOPE: Final = 0.1


class FixedOutcome(NamedTuple):
    """An outcome, and how many carry in each stratum."""

    sets: RiskSets
    counts: Ints


class _Ready(NamedTuple):
    """An outcome with what tests and fits need of it, and the seed of its replicates."""

    outcome: FixedOutcome
    form: ScoreForm
    terms: Floats
    critical: float
    seed: int


class _Found(NamedTuple):
    """Replicates of one outcome: significant or not, and the log hazard ratios of those."""

    significant: Bools
    estimates: Floats


class PowerTrial:
    """A design ready to be tried at any hazard ratio.

    Parameters
    ----------
    outcomes
        Who has the event when, without carriers.
    test, level
        The test and its two-sided level.
    replicates
        Carrier sets drawn on each outcome, for each hazard ratio.
    rng
        Source of random numbers. All hazard ratios share the same, so that curves are smooth.

    Attributes
    ----------
    observed
        Where the outcome is that of a study, whether its own carriers are significant; None where
        outcomes were drawn.
    """

    def __init__(
        self,
        outcomes: Sequence[FixedOutcome],
        test: PowerTest,
        level: float,
        replicates: int,
        rng: np.random.Generator,
    ) -> None:
        self.test = test
        self.level = level
        self.observed: bool | None = None
        self._replicates = replicates
        first = outcomes[0]
        self.n_patients = len(first.sets.order)
        self.n_carriers = int(first.counts.sum())
        self.n_events = int(first.sets.group_deaths.sum())
        self.n_strata = len(first.counts)
        self._ready = [self._prepared(item, len(outcomes), rng) for item in outcomes]

    def curve(self, hazard_ratios: Sequence[float], detect: Sequence[float] = ()) -> PowerCurve:
        """Simulate power over hazard ratios.

        Parameters
        ----------
        hazard_ratios
            True hazard ratios.
        detect
            Powers whose minimal detectable hazard ratio is searched for, above and below 1.
        """
        points = tuple(self.point(ratio) for ratio in hazard_ratios)
        found = [self.detectable(power, harmful=way) for way in (True, False) for power in detect]
        return PowerCurve(
            n_patients=self.n_patients,
            n_carriers=self.n_carriers,
            n_events=self.n_events,
            level=self.level,
            test=self.test,
            observed_outcome=self.observed is not None,
            n_strata=self.n_strata,
            points=points,
            detectable=tuple(found),
        )

    def point(self, hazard_ratio: float) -> PowerPoint:
        """Simulate at one hazard ratio; O(replicates times patients)."""
        check_design(hazard_ratio=hazard_ratio)
        found = [self._tried(item, hazard_ratio, fits=True) for item in self._ready]
        power, error = _share([item.significant for item in found])
        published, wrong = _published(
            np.concatenate([item.estimates for item in found]), hazard_ratio
        )
        formula = schoenfeld_power(
            hazard_ratio,
            events=self.n_events,
            carrier_fraction=self.n_carriers / self.n_patients,
            level=self.level,
        )
        return PowerPoint(
            hazard_ratio,
            formula,
            power,
            error,
            published,
            wrong,
            self._replicates * len(self._ready),
        )

    def detectable(self, power: float, *, harmful: bool = True) -> Detectable:
        """Search for the hazard ratio nearest 1 that is found with a given power.

        Power at the same random numbers is bisected on the log scale; the limits are those of
        the simulated power divided by the slope of the curve.
        """
        formula = minimal_detectable_hr(
            events=self.n_events,
            carrier_fraction=self.n_carriers / self.n_patients,
            power=power,
            level=self.level,
        )
        sign = 1.0 if harmful else -1.0
        low, high = 0.0, math.log(FURTHEST)
        if self._power(sign * high)[0] < power:
            none = math.inf if harmful else 0.0
            return Detectable(power, harmful, formula**sign, none, math.nan, math.nan)
        for _ in range(STEPS):
            middle = 0.5 * (low + high)
            if self._power(sign * middle)[0] < power:
                low = middle
            else:
                high = middle
        rise = self._power(sign * (high + _SLOPE))[0] - self._power(sign * (high - _SLOPE))[0]
        error = self._power(sign * high)[1]
        width = 1.96 * error / (rise / (2.0 * _SLOPE)) if rise > 0.0 else math.nan
        limits = sorted((math.exp(sign * (high - width)), math.exp(sign * (high + width))))
        return Detectable(power, harmful, formula**sign, math.exp(sign * high), *limits)

    def is_significant(self, carriers: NDArray[np.bool_]) -> bool:
        """Tell whether a set of carriers of the (first) outcome is significant.

        Parameters
        ----------
        carriers
            (n,) in the order in which the risk sets are walked.
        """
        rows = np.flatnonzero(carriers).astype(np.int64)[None, :]
        return bool(self._significant(self._ready[0], rows)[0])

    def published(self, hazard_ratio: float, se: float | None = None) -> PublishedRatio:
        """Say what a significant hazard ratio from this design tells about the truth.

        Parameters
        ----------
        hazard_ratio
            As estimated.
        se
            Standard error of its logarithm; that of Schoenfeld's formula when None.
        """
        check_design(hazard_ratio=hazard_ratio)
        carry = self.n_carriers / self.n_patients
        usual = 1.0 / math.sqrt(self.n_events * carry * (1.0 - carry))
        shrunken = shrink_significant(math.log(hazard_ratio), se or usual, level=self.level)
        return PublishedRatio(hazard_ratio, self.true_hr_of(hazard_ratio), shrunken.hr)

    def true_hr_of(self, published_hr: float) -> float:
        """Give the true hazard ratio at which the median significant estimate is as published.

        Parameters
        ----------
        published_hr
            A hazard ratio that was significant in such a study.

        Returns
        -------
        float
            1 where even without an effect the significant estimates are at least as far from 1;
            NaN where the simulation cannot tell (hardly any replicate significant, or the
            published one is beyond what hazard ratios up to 100 give).
        """
        check_design(published_hr=published_hr)
        sign = 1.0 if published_hr > 1.0 else -1.0
        wanted = abs(math.log(published_hr))
        low, high = 0.0, math.log(FURTHEST)
        if not self._size(sign * high) > wanted:
            return math.nan
        if self._size(0.0) >= wanted:
            return 1.0
        for _ in range(STEPS):
            middle = 0.5 * (low + high)
            if self._size(sign * middle) < wanted:
                low = middle
            else:
                high = middle
        return math.exp(sign * high) if math.isfinite(self._size(sign * high)) else math.nan

    def _size(self, log_ratio: float) -> float:
        published = self.point(math.exp(log_ratio)).published_hr
        return abs(math.log(published)) if published > 0.0 else math.inf

    def _power(self, log_ratio: float) -> tuple[float, float]:
        ratio = math.exp(log_ratio)
        return _share([self._tried(item, ratio, fits=False).significant for item in self._ready])

    def _prepared(self, outcome: FixedOutcome, count: int, rng: np.random.Generator) -> _Ready:
        sets = outcome.sets
        ties = LOGRANK if self.test == "permutation" else 1.0
        form, terms = score_form(sets, ties=ties), totals(sets, 1.0)
        critical = float(ndtri(1.0 - self.level / 2.0))
        if self.test == "permutation":
            draws = max(DRAWN, min(LONGEST, DRAWN_IN_ALL // (count * self.n_patients)))
            critical = _permuted_critical(outcome, form, self.level, draws, rng)
        return _Ready(outcome, form, terms, critical, int(rng.integers(2**63)))

    def _tried(self, ready: _Ready, ratio: float, *, fits: bool) -> _Found:
        """Deal carriers out and test; the estimates of the significant ones on request."""
        rng = np.random.default_rng(ready.seed)
        sets = ready.outcome.sets
        numbers = self.n_patients * (2 if sets.leaves_end.size else 1)
        significant, estimates = [], []
        for begin in range(0, self._replicates, AT_ONCE):
            uniforms = rng.random((min(AT_ONCE, self._replicates - begin), numbers))
            chosen = assign_carriers(sets, ready.outcome.counts, ratio, uniforms)
            hit = self._significant(ready, chosen)
            significant.append(hit)
            if fits:
                estimates.append(_log_ratios(ready, chosen[hit]))
        return _Found(
            np.concatenate(significant), np.concatenate(estimates) if fits else np.empty(0)
        )

    def _significant(self, ready: _Ready, chosen: Ints) -> Bools:
        sets = ready.outcome.sets
        if self.test in {"permutation", "score"}:
            z = np.abs(studentised_of_sets(sets, ready.form, chosen))
            return np.asarray(z >= ready.critical - TOLERANCE, dtype=np.bool_)
        ratios = likelihood_ratios(sets, ready.terms, chosen)
        hit = ratios >= chdtri(1, self.level)
        if self.test == "wald":
            fits = _fits(ready, chosen)
            finite = fits[:, 3] == CONVERGED
            hit[finite] = np.abs(fits[finite, 0]) >= ready.critical * fits[finite, 1]
        return np.asarray(hit, dtype=np.bool_)


def _permuted_critical(
    outcome: FixedOutcome, form: ScoreForm, level: float, draws: int, rng: np.random.Generator
) -> float:
    """Give the smallest studentised score whose permutation p-value is at most the level."""
    ends = outcome.sets.group_end[outcome.sets.stratum_end - 1]
    starts = np.concatenate([[0], ends[:-1]])
    pools = [
        (np.arange(begin, end, dtype=np.int64), int(k))
        for begin, end, k in zip(starts, ends, outcome.counts, strict=True)
    ]
    counted = n_sets([(len(rows), k) for rows, k in pools])
    if counted <= LONGEST:
        chosen = members_of_sets(sequence(pools)).astype(np.int64)
        added = 0
    else:
        chosen = draw_sets(pools_of(pools), rng.random((draws, int(outcome.counts.sum()))))
        added = 1
    z = np.sort(np.abs(studentised_of_sets(outcome.sets, form, chosen)))[::-1]
    # p of a value that has m sets at least as large is (m + added) / (B + added)
    most = math.floor(level * (len(z) + added) * (1.0 + 1e-12)) - added
    if most <= 0:
        return math.inf
    if most >= len(z):
        return 0.0
    # ties: the critical value lies above every value that more than `most` sets reach
    above = z[z > z[most] + TOLERANCE]
    return float(above[-1]) if above.size else math.inf


def _fits(ready: _Ready, chosen: Ints) -> Floats:
    start = np.arange(len(chosen) + 1, dtype=np.int64) * chosen.shape[1]
    rows = np.ascontiguousarray(np.sort(chosen, axis=1).reshape(-1))
    return np.asarray(two_group_fits(ready.outcome.sets, ready.terms, start, rows))


def _log_ratios(ready: _Ready, chosen: Ints) -> Floats:
    """Give the log hazard ratio of each carrier set, infinite where no finite one exists."""
    fits = _fits(ready, chosen)
    out = np.where(fits[:, 3] == CONVERGED, fits[:, 0], 0.0)
    endless = fits[:, 3] == SUSPECT
    out[endless] = np.copysign(np.inf, ready.form.linear[chosen[endless]].sum(axis=1))
    return np.asarray(out)


def _share(significant: Sequence[Bools]) -> tuple[float, float]:
    """Give the significant part and its standard error, outcomes being independent."""
    shares = np.array([item.mean() for item in significant])
    power = float(shares.mean())
    if len(shares) == 1:
        return power, math.sqrt(power * (1.0 - power) / significant[0].size)
    return power, float(shares.std(ddof=1)) / math.sqrt(len(shares))


def _published(estimates: Floats, hazard_ratio: float) -> tuple[float, float]:
    """Give the median published hazard ratio, and the part on the wrong side of 1."""
    if not estimates.size:
        return math.nan, math.nan
    size = float(np.sort(np.abs(estimates))[estimates.size // 2])
    if hazard_ratio == 1.0:
        return math.exp(size), math.nan
    sign = 1.0 if hazard_ratio > 1.0 else -1.0
    published = math.exp(sign * size) if math.isfinite(size) else (math.inf if sign > 0 else 0.0)
    return published, float(np.mean(sign * estimates < 0.0))
