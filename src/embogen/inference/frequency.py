"""How often genes are altered, among the patients tested for them, with exact intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.caveats import Caveat
from embogen.inference.estimates import Estimate, Interval

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class GeneCount:
    """Patients by state of one gene (tested = altered + wild type).

    A group of genes counted as one names its `members` and what a reader calls it, its `title`.
    """

    gene: str
    n_altered: int
    n_tested: int
    n_not_tested: int
    n_failed: int
    members: tuple[str, ...] = ()
    title: str | None = None


@dataclass(frozen=True, slots=True)
class GeneFrequencyRow:
    """A gene's counts and its altered fraction with an exact interval (NaN if none was tested)."""

    count: GeneCount
    fraction: Estimate
    rank: int
    candidate: bool


@dataclass(frozen=True, slots=True)
class GeneFrequency:
    """Genes ranked by altered fraction among tested patients; ties share a rank.

    Groups of genes stand after the genes and are ranked among themselves.
    """

    rows: tuple[GeneFrequencyRow, ...]
    n_patients: int
    caveats: tuple[Caveat, ...]


def gene_frequency(
    counts: Sequence[GeneCount],
    *,
    n_patients: int,
    candidates: frozenset[str] = frozenset(),
    level: float = 0.95,
) -> GeneFrequency:
    """Rank genes by how often they are altered, with exact intervals.

    Parameters
    ----------
    counts
        One per gene, in any order.
    n_patients
        Patients of the study.
    candidates
        Genes chosen for analysis.
    level
        Confidence level of the Clopper-Pearson intervals.

    Returns
    -------
    GeneFrequency
        By fraction, then patients altered, then name; equal fractions share a rank; genes nobody
        was tested for come last. Groups of genes follow, ranked among themselves.

    Notes
    -----
    Clopper & Pearson, Biometrika 1934;26:404.

    Examples
    --------
    >>> table = gene_frequency([GeneCount("DAXX", 9, 35, 0, 0)], n_patients=35)
    >>> interval = table.rows[0].fraction.interval
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.1249, 0.4326)
    """
    ordered = sorted(counts, key=lambda c: (bool(c.members), -_fraction(c), -c.n_altered, c.gene))
    rows: list[GeneFrequencyRow] = []
    n_genes = sum(not count.members for count in ordered)
    for place, count in enumerate(ordered, start=1):
        first = place == n_genes + 1
        tied = bool(rows) and not first and _fraction(rows[-1].count) == _fraction(count)
        rank = rows[-1].rank if tied else place - (n_genes if count.members else 0)
        candidate = count.gene in candidates
        rows.append(GeneFrequencyRow(count, _estimate(count, level), rank, candidate))
    partial = [
        Caveat(
            "partial_panel",
            f"{count.title or count.gene}: {count.n_tested} of {n_patients} patients were "
            "tested; the others "
            "are not counted as wild type.",
            {"tested": count.n_tested, "patients": n_patients},
            count.gene,
        )
        for count in ordered
        if count.n_tested < n_patients
    ]
    return GeneFrequency(tuple(rows), n_patients, tuple(partial))


def _fraction(count: GeneCount) -> float:
    """Altered among tested; below every fraction when nobody was tested."""
    return count.n_altered / count.n_tested if count.n_tested else -1.0


def _estimate(count: GeneCount, level: float) -> Estimate:
    low, high = clopper_pearson(count.n_altered, count.n_tested, level)
    interval = Interval(low, high, level, "clopper_pearson")
    value = count.n_altered / count.n_tested if count.n_tested else math.nan
    return Estimate(value, interval, None, "probability")


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Give the exact interval of a proportion; NaN without trials.

    Examples
    --------
    None of ten: 0 to 1 - .025 ** (1 / 10).

    >>> low, high = clopper_pearson(0, 10)
    >>> low, round(high, 6), round(1 - 0.025**0.1, 6)
    (0.0, 0.308497, 0.308497)
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - result types load without scipy

    if trials == 0:
        return math.nan, math.nan
    tail = (1.0 - level) / 2.0
    low = betaincinv(successes, trials - successes + 1, tail) if successes else 0.0
    high = betaincinv(successes + 1, trials - successes, 1 - tail) if successes < trials else 1.0
    return float(low), float(high)
