"""Dress outcomes as the tables a clinic would hand over.

The derived hepatic progression-free survival of every patient equals the outcome given, and the
tables hold what real ones hold and an analysis must see through: progression before embolization
and outside the liver, a liver that could not be judged, ablations before the first embolization,
archival specimens outside the window, silent variants, deaths after progression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from embogen.simulate.clinic import assessments, patients, procedures
from embogen.simulate.courses import draw_courses
from embogen.simulate.genome import mutations, panel_text, specimens
from embogen.simulate.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Marginals:
    """Counts a synthetic cohort has exactly.

    Parameters
    ----------
    men
        Number of men; the others are women.
    age_median, age_min, age_max
        Whole years.
    sites
        Primary site to the number of patients; they must add up to all patients.
    """

    men: int
    age_median: int
    age_min: int
    age_max: int
    sites: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class StudyTables:
    """The tables of a study, as written: all cells are text or null.

    Parameters
    ----------
    tables
        ``patients``, ``procedures``, ``assessments``, ``specimens``, ``mutations``.
    panels
        File name to text of each gene-panel file.
    """

    tables: Mapping[str, pl.DataFrame]
    panels: Mapping[str, str] = field(default_factory=dict)


def dress_cohort(outcome: Outcome, marginals: Marginals, rng: np.random.Generator) -> StudyTables:
    """Make the tables of patients with the outcomes given.

    Parameters
    ----------
    outcome
        Days, events, altered genes and grade of n patients.
    marginals
        Counts to be met exactly.
    rng
        Random numbers; the same state gives the same tables.

    Returns
    -------
    StudyTables
        Patients in random order with ids SYN-001, ...

    Raises
    ------
    ValueError
        When the marginals do not fit n patients, or a time is not positive.
    """
    _check(outcome, marginals)
    outcome = outcome.take(rng.permutation(outcome.n))
    courses = draw_courses(outcome, rng)
    genes = tuple(outcome.altered)
    sites = _sites(outcome, marginals, rng)
    ages = _ages(outcome.n, marginals, rng)
    men = rng.permutation(outcome.n) < marginals.men
    samples = specimens(courses, rng)
    return StudyTables(
        tables={
            "patients": patients(courses, sites, ages, men, rng),
            "procedures": procedures(courses, rng),
            "assessments": assessments(courses, rng),
            "specimens": samples,
            "mutations": mutations(courses, samples, genes, rng),
        },
        panels={"data_gene_panel_synthetic.txt": panel_text(genes)},
    )


def _check(outcome: Outcome, marginals: Marginals) -> None:
    n = outcome.n
    problems = []
    if not 0 <= marginals.men <= n:
        problems.append(f"{marginals.men} men among {n} patients")
    if sum(marginals.sites.values()) != n:
        problems.append(f"{sum(marginals.sites.values())} primary sites for {n} patients")
    if not marginals.age_min <= marginals.age_median <= marginals.age_max:
        problems.append("the median age is not between the youngest and the oldest")
    if n and outcome.days.min() < 1:
        problems.append("a time is not positive")
    if problems:
        raise ValueError("; ".join(problems))


def _sites(outcome: Outcome, marginals: Marginals, rng: np.random.Generator) -> list[str]:
    """Give primary sites; alterations of pancreatic tumours go to the pancreas first."""
    pancreatic = rng.uniform(0, 0.9, outcome.n)
    for gene in ("MEN1", "DAXX", "ATRX", "TSC2"):
        if gene in outcome.altered:
            pancreatic = pancreatic + outcome.altered[gene] * (2 if gene == "DAXX" else 1)
    names = [name for name, count in marginals.sites.items() for _ in range(count)]
    others = [name for name in names if name != "pancreas"]
    ordered = ["pancreas"] * (len(names) - len(others)) + [
        others[place] for place in rng.permutation(len(others))
    ]
    sites = [""] * outcome.n
    for place, patient in enumerate(np.argsort(-pancreatic)):
        sites[patient] = ordered[place]
    return sites


def _ages(n: int, marginals: Marginals, rng: np.random.Generator) -> list[int]:
    """Draw ages with exactly the median and range wanted."""
    low, middle, high = marginals.age_min, marginals.age_median, marginals.age_max
    drawn = np.rint(rng.normal(middle, (high - low) / 4.5, n)).astype(int)
    half = n // 2
    below = np.clip(np.sort(drawn)[:half], low, middle)
    above = np.clip(np.sort(drawn)[n - half :], middle, high)
    if half:
        below[0], above[-1] = low, high
    if half > 1 and n % 2 == 0:
        below[-1] = above[0] = middle
    ages = np.concatenate([below, np.full(n % 2, middle), above])
    return [int(age) for age in rng.permutation(ages)]
