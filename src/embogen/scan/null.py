"""The model without a feature, for the patients tested: fitted once for all features alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embogen.inference.cox_problem import TIE_FRACTIONS
from embogen.survival.newton import CONVERGED, maximise
from embogen.survival.restrict import restrict
from embogen.survival.risk_sets import RiskSets, build, merge_near_times
from embogen.survival.scan_fit import ColumnNull, column_null
from embogen.survival.scan_saddlepoint import Binned, bin_scores
from embogen.survival.scan_score import SparseForm, sparse_form
from embogen.survival.score_form import ScoreForm, group_stratum, is_event, score_form
from embogen.survival.supremum import standardise
from embogen.survival.two_group import totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.scan.problem import ScanProblem

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class Outcome:
    """A problem's patients sorted once, for every set of them that was tested.

    Parameters
    ----------
    problem
        What is scanned.
    n_source
        Patients of the source, which its rows count.
    """

    def __init__(self, problem: ScanProblem, n_source: int) -> None:
        time, entry = merge_near_times(problem.surv.time, problem.surv.entry)
        kept = np.ones(problem.surv.n, dtype=np.bool_) if entry is None else entry < time
        codes = None if problem.strata is None else problem.strata[kept]
        self.problem = problem
        self.n_source = n_source
        self.sets: RiskSets = build(
            time[kept],
            np.asarray(problem.surv.event == 1)[kept],
            entry=None if entry is None else entry[kept],
            strata=codes,
        )
        matrix = np.empty((problem.surv.n, 0))
        if problem.covariates is not None:
            matrix = problem.covariates.matrix
        self.matrix: Floats = matrix[kept]
        self.source_row: Ints = problem.rows[kept][self.sets.order].astype(np.int64)
        """(n,) source row at each position."""

    def null(self, tested: NDArray[np.bool_]) -> Null:
        """Fit the null of the patients tested.

        Parameters
        ----------
        tested
            (n_source,).
        """
        inside = tested[self.source_row]
        sets = self.sets if inside.all() else restrict(self.sets, inside)
        covariates, _ = standardise(self.matrix[sets.order])
        rows = self.source_row if inside.all() else self.source_row[inside]
        fraction = TIE_FRACTIONS[self.problem.options.ties]
        q = covariates.shape[1]
        coef, kept, fitted = np.empty(0), np.zeros(q, dtype=np.bool_), True
        if q and len(sets.order) and sets.group_deaths.any():
            best = maximise(sets, covariates, np.zeros(q), np.empty(0), fraction, False)
            kept, fitted = ~best.aliased, best.flag == CONVERGED
            coef = best.beta[kept]
        return Null(
            problem=self.problem,
            sets=sets,
            rows=rows,
            n_source=self.n_source,
            covariates=np.ascontiguousarray(covariates[:, kept]),
            coef=coef,
            fitted=fitted,
        )


@dataclass(eq=False)  # not slotted: properties are worked out when first asked for
class Null:
    """Everything about some patients that does not depend on the feature.

    Attributes
    ----------
    sets
        Their outcomes; n of them.
    rows
        (n,) source row at each position.
    covariates, coef
        (n, q) centred and scaled, in walking order, those that can be told apart; their fit.
    fitted
        False when the covariates' own model has no maximum: then no feature can be tested.
    """

    problem: ScanProblem
    sets: RiskSets
    rows: Ints
    n_source: int
    covariates: Floats
    coef: Floats
    fitted: bool

    @property
    def n(self) -> int:
        """Patients tested and at risk."""
        return len(self.rows)

    @property
    def tie_fraction(self) -> float:
        """Ties as the kernels want to be told."""
        return TIE_FRACTIONS[self.problem.options.ties]

    @cached_property
    def event(self) -> NDArray[np.bool_]:
        """(n,) rows that end in the event."""
        return is_event(self.sets) if self.n else np.empty(0, dtype=np.bool_)

    @property
    def usable(self) -> bool:
        """Whether any feature can be tested at all."""
        return self.fitted and self.n > 1 and bool(self.event.any())

    @cached_property
    def position(self) -> NDArray[np.int32]:
        """(n_source,) position of each source row, -1 where it is not among the patients."""
        place = np.full(self.n_source, -1, dtype=np.int32)
        place[self.rows] = np.arange(self.n, dtype=np.int32)
        return place

    @cached_property
    def form(self) -> ScoreForm:
        """The score at the null."""
        covariates = self.covariates if self.covariates.shape[1] else None
        return score_form(
            self.sets,
            ties=self.tie_fraction,
            covariates=covariates,
            coef=None if covariates is None else self.coef,
        )

    @cached_property
    def sparse(self) -> SparseForm:
        """The score laid out by carrier."""
        return sparse_form(self.sets, self.form)

    @cached_property
    def fits(self) -> ColumnNull:
        """What full fits start from."""
        return column_null(self.sets, self.covariates, self.coef, self.sparse, self.tie_fraction)

    @cached_property
    def totals(self) -> Floats:
        """Denominators of the likelihood, for fits without covariates."""
        return totals(self.sets, self.tie_fraction)

    @cached_property
    def pool(self) -> Ints:
        """(n,) permutation stratum of each position: the strata of the risk sets."""
        sizes = np.diff(self.sets.group_end, prepend=0)
        return np.repeat(group_stratum(self.sets), sizes)

    @cached_property
    def binned(self) -> Binned:
        """Scores in bins, for permutation tails."""
        return bin_scores(self.form.linear, self.pool, len(self.sets.stratum_end))
