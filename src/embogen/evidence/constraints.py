"""From printed figures to what a search can check: windows of values that round to them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem
from embogen.evidence.printed import printed_window
from embogen.evidence.rank_fit import Z_95
from embogen.evidence.targets import ROW_FIGURES, PrintedRow, Targets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EDGE: Final = 1e-3
"""Share of a window kept free at either end, so that no printed digit hangs on the last bit."""
_LARGEST: Final = 50.0
_BOUND_SCALE: Final = 0.05
_GRADE: Final = "grade"


@dataclass(frozen=True, slots=True, eq=False)
class Covariate:
    """A covariate of the printed models.

    Parameters
    ----------
    name
        Gene, or ``grade``.
    values
        Value of each level, ascending: 0 and 1 for a gene.
    counts
        Patients at each level.
    """

    name: str
    values: NDArray[np.float64]
    counts: tuple[int, ...]

    @property
    def is_gene(self) -> bool:
        """Whether it is altered or not, and no scale."""
        return len(self.values) == 2 and self.values[0] == 0  # noqa: PLR2004 - 0 and 1

    def levels(self) -> NDArray[np.int64]:
        """(n,) level index of each patient, in ascending order."""
        return np.repeat(np.arange(len(self.counts)), self.counts).astype(np.int64)


def windows_of(row: PrintedRow) -> NDArray[np.float64]:
    """Compute the windows of a printed row, as `embogen.evidence.rank_fit.distance` takes them.

    Returns
    -------
    windows
        (4, 3): for log HR, both log ends of the interval and log p the lowest and the highest
        value that rounds to the printed figure, and half the distance between.

    Examples
    --------
    >>> row = PrintedRow("DAXX", "7.19", "2.42", "21.33", "0.00038")
    >>> np.exp(windows_of(row)[0, :2]).round(3).tolist()
    [7.185, 7.195]
    """
    windows = np.empty((len(ROW_FIGURES), 3))
    for place, name in enumerate(ROW_FIGURES):
        low, high = printed_window(row.figure(name))
        log_low = math.log(low) if low > 0 else -_LARGEST
        log_high = math.log(high) if math.isfinite(high) else _LARGEST
        half = (log_high - log_low) / 2
        windows[place] = (
            log_low + _EDGE * half,
            log_high - _EDGE * half,
            half if half < 1 else _BOUND_SCALE,
        )
    return windows


def covariates_of(targets: Targets) -> dict[str, Covariate]:
    """Describe every covariate that has a printed row or stands in the multivariable model.

    Raises
    ------
    DataError
        When a gene or the grades are not counted, or the counts cannot be reached.
    """
    n = int(targets.cohort.n)
    problems: list[DataProblem] = []
    names = dict.fromkeys([*(row.term for row in targets.univariable), *targets.model_terms])
    found: dict[str, Covariate] = {}
    for name in names:
        if name in targets.cohort.altered:
            altered = int(targets.cohort.altered[name])
            counts: tuple[int, ...] = (n - altered, altered)
            values = np.array([0.0, 1.0])
        elif name == _GRADE and targets.cohort.grade:
            counts = tuple(int(count) for count in targets.cohort.grade.values())
            values = _grade_values(list(targets.cohort.grade))
        else:
            message = f"{name}: nobody knows in how many patients it occurs"
            remedy = "Give the patients altered under cohort.altered, or of each grade."
            problems.append(DataProblem("targets", message, remedy))
            continue
        if sum(counts) != n or min(counts, default=0) < 0:
            message = f"{name}: {sum(counts)} patients are counted, {n} were studied"
            remedy = "A search needs the level of every patient: complete the counts."
            problems.append(DataProblem("targets", message, remedy))
        found[name] = Covariate(name, values, counts)
    if problems:
        raise DataError(problems)
    return found


def _grade_values(grades: Sequence[str]) -> NDArray[np.float64]:
    """Turn grades to numbers; grades that are words are steps 1, 2, ... in the order printed."""
    try:
        return np.array([float(grade) for grade in grades])
    except ValueError:
        return np.arange(1.0, len(grades) + 1)


def fewest_events(targets: Targets, covariates: Mapping[str, Covariate]) -> int:
    """Find the fewest events with which the printed intervals could be as narrow as they are.

    An event adds at most (range / 2)^2 to the information on a covariate, so a standard error
    needs at least 4 / (range x se)^2 events.

    Examples
    --------
    MEN1's interval 0.91-4.35: its ends round from 0.905 to 4.355, so se <= 0.4008 and
    4 / 0.4008^2 = 24.9: at least 25 events.

    >>> row = PrintedRow("MEN1", "1.99", "0.91", "4.35", "0.085")
    >>> from embogen.evidence.targets import PrintedCohort
    >>> targets = Targets("", PrintedCohort("35", altered={"MEN1": "11"}), (row,))
    >>> fewest_events(targets, covariates_of(targets))
    25
    """
    needed = 1
    for row in (*targets.univariable, *targets.multivariable):
        values = covariates[row.term].values
        windows = windows_of(row)
        se = (windows[2, 1] - windows[1, 0]) / (2 * Z_95)
        needed = max(needed, math.ceil(4 / ((values[-1] - values[0]) * se) ** 2))
    return needed


def search_order(
    targets: Targets, covariates: Mapping[str, Covariate]
) -> tuple[list[str], list[str]]:
    """Put the covariates in the order of the search.

    Returns
    -------
    alone
        Covariates outside the model, the rarest first: they have the fewest arrangements, so a
        hopeless pattern of events shows soon.
    joint
        Covariates of the model, genes before scales: the last has the most arrangements and must
        meet the model's rows as well.
    """
    printed = {row.term for row in targets.univariable}
    joint = _by_arrangements(targets.model_terms, covariates)
    alone = [name for name in covariates if name in printed and name not in joint]
    return _by_arrangements(alone, covariates), joint


def _by_arrangements(names: Sequence[str], covariates: Mapping[str, Covariate]) -> list[str]:
    def arrangements(name: str) -> float:
        counts = covariates[name].counts
        return math.lgamma(sum(counts) + 1) - sum(math.lgamma(count + 1) for count in counts)

    return sorted(names, key=arrangements)
