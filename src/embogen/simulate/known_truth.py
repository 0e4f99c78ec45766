"""Cohorts drawn from a Cox model whose hazard ratios are known, as full input tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embogen.simulate.dress import Marginals, StudyTables, dress_cohort
from embogen.simulate.outcome import FIRST_SCAN_DAYS, Outcome
from embogen.units import DAYS_PER_MONTH

_SITES: Final = ("pancreas", "small bowel", "lung", "rectum", "unknown")
_SITE_SHARES: Final = (0.45, 0.3, 0.12, 0.06, 0.07)
_LATE_DAYS: Final = (14, 182)
_MOST_DRAWS: Final = 1000


@dataclass(frozen=True, slots=True)
class Truth:
    """The model a cohort is drawn from.

    Parameters
    ----------
    hazard_ratios
        Gene to its hazard ratio, carriers against the others.
    frequencies
        Gene to the share of patients in whom it is altered; the same genes.
    grade_hazard_ratio
        Hazard ratio of one step of grade.
    grade_shares
        Shares of grade 1, 2 and 3.
    median_months
        Median of hepatic progression-free survival at grade 1 without an alteration.
    censoring_months
        Latest end of follow-up; censoring is uniform from the first scan to it.
    late_biopsies
        Share of patients biopsied 14 to 182 days after embolization. They are in the cohort only
        if they were still without an event then, as real ones are: ignored, this biases every
        estimate (immortal time); delayed entry at the biopsy removes it.
    """

    hazard_ratios: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"DAXX": 5.0, "MEN1": 1.0})
    )
    frequencies: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"DAXX": 0.25, "MEN1": 0.3})
    )
    grade_hazard_ratio: float = 2.0
    grade_shares: tuple[float, float, float] = (0.3, 0.4, 0.3)
    median_months: float = 16.0
    censoring_months: float = 60.0
    late_biopsies: float = 0.0

    def __post_init__(self) -> None:
        problems = []
        if set(self.hazard_ratios) != set(self.frequencies):
            problems.append("hazard_ratios and frequencies name different genes")
        if any(not ratio > 0 for ratio in (*self.hazard_ratios.values(), self.grade_hazard_ratio)):
            problems.append("a hazard ratio is not positive")
        if any(not 0 < share < 1 for share in self.frequencies.values()):
            problems.append("a frequency is not between 0 and 1")
        if not 0 <= self.late_biopsies <= 1:
            problems.append("late_biopsies is not between 0 and 1")
        if not np.isclose(sum(self.grade_shares), 1) or min(self.grade_shares) < 0:
            problems.append("grade_shares are no shares that add up to 1")
        if self.median_months <= 0 or self.censoring_months * DAYS_PER_MONTH <= FIRST_SCAN_DAYS:
            problems.append("median_months or censoring_months is too short")
        if problems:
            raise ValueError("; ".join(problems))


def simulate_cohort(
    n: int, rng: np.random.Generator, truth: Truth | None = None
) -> tuple[StudyTables, Outcome]:
    """Draw a cohort from a known Cox model and dress it as the tables of a study.

    Parameters
    ----------
    n
        Patients, at least 2.
    rng
        Random numbers; the same state gives the same tables.
    truth
        The model; `Truth()` by default.

    Returns
    -------
    tables
        To be written with `write_tables` and read by a study.
    outcome
        What the tables lead to, in another order of patients.

    Raises
    ------
    ValueError
        When n is below 2, or the truth leaves hardly anybody at risk until the biopsy.

    Examples
    --------
    >>> tables, outcome = simulate_cohort(20, np.random.default_rng(1))
    >>> tables.tables["patients"].height, len(outcome.days)
    (20, 20)
    """
    model = truth or Truth()
    if n < 2:  # noqa: PLR2004 - one patient is no cohort
        msg = f"n is {n}; a cohort has at least 2 patients"
        raise ValueError(msg)
    outcome = _draw(n, model, rng)
    sites = rng.choice(_SITES, n, p=_SITE_SHARES)
    counts = {site: int((sites == site).sum()) for site in _SITES}
    marginals = Marginals(int(rng.binomial(n, 0.5)), 57, 30, 80, counts)
    return dress_cohort(outcome, marginals, rng), outcome


def _draw(n: int, truth: Truth, rng: np.random.Generator) -> Outcome:
    """Draw patients until n of them were without an event at their biopsy."""
    pieces: list[Outcome] = []
    for _ in range(_MOST_DRAWS):
        drawn, biopsy = _draw_all(n, truth, rng)
        kept = np.flatnonzero(drawn.days > biopsy)
        pieces.append(drawn.take(kept))
        if sum(piece.n for piece in pieces) >= n:
            return _joined(pieces).take(np.arange(n))
    msg = "hardly anybody is without an event until the biopsy; lengthen median_months"
    raise ValueError(msg)


def _draw_all(n: int, truth: Truth, rng: np.random.Generator) -> tuple[Outcome, NDArray[np.int64]]:
    altered = {gene: rng.random(n) < share for gene, share in truth.frequencies.items()}
    grade = rng.choice((1, 2, 3), n, p=truth.grade_shares)
    log_hazard = (grade - 1) * np.log(truth.grade_hazard_ratio)
    for gene, carriers in altered.items():
        log_hazard = log_hazard + carriers * np.log(truth.hazard_ratios[gene])
    scale = truth.median_months * DAYS_PER_MONTH / np.log(2)
    event_day = np.ceil(rng.exponential(scale, n) * np.exp(-log_hazard)).astype(np.int64)
    last = truth.censoring_months * DAYS_PER_MONTH
    censored_day = np.ceil(rng.uniform(FIRST_SCAN_DAYS, last, n)).astype(np.int64)
    late = rng.random(n) < truth.late_biopsies
    specimen = np.where(late, rng.integers(*_LATE_DAYS, n), -rng.integers(0, 60, n))
    days = np.minimum(event_day, censored_day)
    return Outcome(days, event_day <= censored_day, altered, grade, specimen), specimen


def _joined(pieces: list[Outcome]) -> Outcome:
    def together(arrays: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        return np.concatenate(arrays)

    return Outcome(
        together([piece.days for piece in pieces]),
        np.concatenate([piece.event for piece in pieces]),
        {
            gene: np.concatenate([piece.altered[gene] for piece in pieces])
            for gene in pieces[0].altered
        },
        together([piece.grade for piece in pieces]),
        together([piece.specimen_days for piece in pieces if piece.specimen_days is not None]),
    )
