"""A Cox regression made ready for the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.inference.row_data import label_codes
from embogen.survival.exact_ties import EXACT
from embogen.survival.risk_sets import RiskSets, build, merge_near_times
from embogen.survival.supremum import Supremum, find_supremum

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from embogen.inference.cox_result import Ties
    from embogen.inference.design import Design
    from embogen.surv import Surv

    Floats = NDArray[np.float64]

TIE_FRACTIONS: Final = {"efron": 1.0, "breslow": 0.0, "exact": EXACT}
"""What tells the kernels how to deal with ties."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A Cox regression ready for the kernels: what is given, none of it ever changed."""

    sets: RiskSets
    X: Floats
    offset: Floats
    tie_fraction: float
    event: NDArray[np.bool_]

    def with_columns(self, X: Floats) -> Problem:  # noqa: N803 - the field's letter
        """Put other columns in the place of these."""
        return Problem(self.sets, X, self.offset, self.tie_fraction, self.event)

    def without(self, column: int) -> Problem:
        """Leave a column out."""
        return self.with_columns(np.delete(self.X, column, axis=1))

    def fixed(self, column: int, value: float) -> Problem:
        """Hold a coefficient at a value."""
        rest = self.without(column)
        offset = self.offset if self.offset.size else np.zeros(len(self.X))
        moved = offset + value * self.X[:, column]
        return Problem(rest.sets, rest.X, moved, rest.tie_fraction, rest.event)

    def supremum(self) -> Supremum:
        """Maximise."""
        return find_supremum(self.sets, self.X, self.offset, self.tie_fraction)


def prepare(surv: Surv, design: Design, ties: Ties, rows: Mapping[str, Any]) -> tuple[Problem, int]:
    """Make checked data ready for the kernels.

    Parameters
    ----------
    surv, design, ties
        As in `fit_cox`.
    rows
        Arrays ``strata``, ``weights``, ``offset``, each None or one item per row.

    Returns
    -------
    problem, n_excluded
        The regression, and how many rows were left out because they are never at risk.
    """
    time, entry = merge_near_times(surv.time, surv.entry)
    kept = np.ones(surv.n, dtype=np.bool_) if entry is None else entry < time
    codes = None if rows["strata"] is None else label_codes(rows["strata"])[0][kept]
    event = np.asarray(surv.event == 1, dtype=np.bool_)[kept]
    sets = build(
        time[kept],
        event,
        entry=None if entry is None else entry[kept],
        strata=codes,
        weights=None if rows["weights"] is None else rows["weights"][kept],
    )
    offset = np.empty(0) if rows["offset"] is None else rows["offset"][kept]
    return Problem(sets, design.matrix[kept], offset, TIE_FRACTIONS[ties], event), int(
        (~kept).sum()
    )
