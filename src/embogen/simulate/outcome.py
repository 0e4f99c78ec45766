"""Outcomes of synthetic patients: days to hepatic progression, death or censoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embogen.units import DAYS_PER_MONTH

FIRST_SCAN_DAYS: Final = 28
_SHAPE: Final = 1.15
_MEDIAN_MONTHS: Final = 7.5


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What happened to each of n patients, and what was known of them.

    Parameters
    ----------
    days
        (n,) whole days from the first embolization to the event or the last liver assessment.
    event
        (n,) whether the liver progressed or the patient died then.
    altered
        Gene to (n,) whether it is altered.
    grade
        (n,) WHO grade 1, 2 or 3.
    specimen_days
        (n,) days from the first embolization to the biopsy (negative: before it), or None to
        have them drawn.
    """

    days: NDArray[np.int64]
    event: NDArray[np.bool_]
    altered: Mapping[str, NDArray[np.bool_]]
    grade: NDArray[np.int64]
    specimen_days: NDArray[np.int64] | None = None

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.days)

    def take(self, rows: NDArray[np.intp]) -> Outcome:
        """Select patients by position, in the order given."""
        days = None if self.specimen_days is None else self.specimen_days[rows]
        altered = {gene: who[rows] for gene, who in self.altered.items()}
        return Outcome(self.days[rows], self.event[rows], altered, self.grade[rows], days)


def days_for_ranks(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw n distinct times in ascending order, as hepatic progression after embolization has them.

    Times are a month, to the first scan, plus a Weibull time whose quantiles make the median
    7.5 months.

    Parameters
    ----------
    n
        Patients.
    rng
        Random numbers.

    Returns
    -------
    days
        (n,) strictly ascending whole days.
    """
    share = (np.arange(n) + rng.uniform(0.15, 0.85, n)) / n
    median = _MEDIAN_MONTHS * DAYS_PER_MONTH - FIRST_SCAN_DAYS
    scale = median / np.log(2) ** (1 / _SHAPE)
    days: NDArray[np.int64] = np.rint(
        FIRST_SCAN_DAYS + scale * (-np.log1p(-share)) ** (1 / _SHAPE)
    ).astype(np.int64)
    for place in range(1, n):
        days[place] = max(days[place], days[place - 1] + 1)
    return days
