"""Tests between groups: log-rank, and the tests of a baseline table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.surv import Surv


@dataclass(frozen=True, slots=True, eq=False)
class LogRank:
    """Log-rank test of k groups: (k,) counts, observed and expected events, (k, k) variance."""

    groups: tuple[str, ...]
    n: tuple[int, ...]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    variance: NDArray[np.float64]
    statistic: float
    df: int
    p_value: float


def logrank(
    surv: Surv, groups: ArrayLike, *, strata: ArrayLike | None = None, rho: float = 0.0
) -> LogRank:
    raise NotImplementedError
