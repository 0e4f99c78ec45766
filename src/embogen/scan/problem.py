"""`ScanProblem`: an outcome, its covariates, and how features are to be tested."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from embogen.errors import DataError, DataProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.inference.design import Design
    from embogen.surv import Surv

EXACT_BELOW: Final = 20
"""In the smaller group: the bound below which a study's primary p-value is a permutation one."""
NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """How features are tested; every choice is made without looking at the outcome.

    Parameters
    ----------
    ties
        ``efron`` or ``breslow``.
    min_carriers
        Features with fewer carriers, or fewer others, are counted but not tested.
    exact_below
        With fewer carriers (or others) the p-value is that of the permuted studentised score.
    estimates_below
        Hazard ratios are estimated where the p-value is at most this; 1 for everywhere.
    draws
        Most carrier sets drawn for one reference distribution.
    seed
        Of the draws. The same seed gives the same p-values on any number of workers.
    """

    ties: Literal["efron", "breslow"] = "efron"
    min_carriers: int = 3
    exact_below: int = EXACT_BELOW
    estimates_below: float = 1.0
    draws: int = 1_000_000
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class ScanProblem:
    """One endpoint to scan.

    Parameters
    ----------
    name
        Of the endpoint.
    surv
        n outcomes of one cause; delayed entry is honoured.
    rows
        (n,) row of each outcome among the patients of the source, each once.
    covariates
        n rows; None for a scan without.
    strata
        (n,) integer codes: risk sets and permutation within strata.
    options
        How features are tested.

    Raises
    ------
    DataError
        Naming everything that does not fit.

    Examples
    --------
    >>> from embogen.surv import Surv
    >>> problem = ScanProblem("os", Surv([5, 3, 2], [1, 0, 1]), np.arange(3))
    >>> len(problem.digest())
    64
    """

    name: str
    surv: Surv
    rows: NDArray[np.int64]
    covariates: Design | None = None
    strata: NDArray[np.int64] | None = None
    options: ScanOptions = ScanOptions()

    def __post_init__(self) -> None:
        n, problems = self.surv.n, []
        if len(self.surv.causes) > 1:
            message = f"{self.name} has {len(self.surv.causes)} causes; a scan tests one"
            problems.append(DataProblem("scan", message, "Count the others as censored."))
        if len(np.unique(self.rows)) != n:
            problems.append(DataProblem("scan", f"rows are not {n} different patients"))
        lengths = {"covariates": self.covariates and self.covariates.n}
        lengths["strata"] = None if self.strata is None else len(self.strata)
        problems += [
            DataProblem("scan", f"{what} have {length} rows, {n} were expected")
            for what, length in lengths.items()
            if length is not None and length != n
        ]
        if problems:
            raise DataError(problems)

    def digest(self) -> str:
        """Hash everything that results depend on, but for the features."""
        total = hashlib.sha256(self.name.encode())
        arrays: list[NDArray[Any]] = [self.surv.time, self.surv.event, self.rows]
        arrays += [] if self.surv.entry is None else [self.surv.entry]
        arrays += [] if self.covariates is None else [self.covariates.matrix]
        arrays += [] if self.strata is None else [self.strata]
        for array in arrays:
            total.update(f"{array.dtype.str}{array.shape}".encode())
            total.update(np.ascontiguousarray(array).tobytes())
        if self.covariates is not None:
            total.update("\x00".join(self.covariates.names).encode())
        for field in fields(self.options):
            total.update(f"{field.name}={getattr(self.options, field.name)!r};".encode())
        return total.hexdigest()
