"""Synthetic cohorts as full input tables: made-up patients with known truth, marked SYNTHETIC."""

from __future__ import annotations

from embogen.simulate.dress import Marginals, StudyTables, dress_cohort
from embogen.simulate.known_truth import Truth, simulate_cohort
from embogen.simulate.outcome import Outcome, days_for_ranks
from embogen.simulate.writing import write_tables

__all__ = [
    "Marginals",
    "Outcome",
    "StudyTables",
    "Truth",
    "days_for_ranks",
    "dress_cohort",
    "simulate_cohort",
    "write_tables",
]
