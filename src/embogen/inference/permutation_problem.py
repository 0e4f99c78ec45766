"""A permutation problem ready for the kernels: what is given, none of it ever changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem, NotEstimable
from embogen.inference.row_data import label_codes, label_rows, one_cause
from embogen.survival.permutation import Pools, pools_of
from embogen.survival.risk_sets import RiskSets, build, merge_near_times
from embogen.survival.score_form import LOGRANK, ScoreForm, is_event, score_form
from embogen.survival.subsets import n_sets
from embogen.survival.supremum import find_supremum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.inference.design import Design
    from embogen.surv import Surv

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WAY_OF_DRAWING: Final = "marks of 64 rows"
"""Part of the fingerprint: draws made in another way are not gone on with."""
TIE_RULES: Final = {"logrank": LOGRANK, "efron": 1.0, "breslow": 0.0}


@dataclass(frozen=True, eq=False)
class PermutationProblem:
    """An outcome, a 0/1 column, and the groups within which the column may be permuted.

    Parameters
    ----------
    sets
        Risk sets of the rows that are ever at risk.
    form
        Score and variance of any 0/1 column.
    carried
        (n,) the observed column in walking order, 0 or 1.
    pools
        Rows (in walking order) and number drawn of each group. Where `flipped`, the smaller
        class, non-carriers, is drawn: exchanging 0 and 1 only turns the score's sign.
    flipped
        Whether non-carriers are drawn.
    covariates, coef
        (n, q) and (q,), or None: covariates fitted without the column.
    tie_fraction
        For likelihoods: 1 Efron, 0 Breslow.
    n_excluded
        Rows left out because they were never at risk.
    """

    sets: RiskSets
    form: ScoreForm
    carried: Floats
    pools: tuple[tuple[Ints, int], ...]
    flipped: bool
    covariates: Floats | None
    coef: Floats | None
    tie_fraction: float
    n_excluded: int

    @property
    def drawn(self) -> Floats:
        """Give the class that is drawn: carriers, or non-carriers where those are fewer."""
        return 1.0 - self.carried if self.flipped else self.carried

    @cached_property
    def laid_pools(self) -> Pools:
        """Give the pools as compiled code takes them."""
        return pools_of(self.pools)

    @cached_property
    def n_sets(self) -> int:
        """Count the carrier sets the observed one is compared with."""
        return n_sets([(len(rows), k) for rows, k in self.pools])

    @cached_property
    def event(self) -> NDArray[np.bool_]:
        """Tell which rows end in the event, in walking order."""
        return is_event(self.sets)

    def digest(self, *words: str, linear: bool = False) -> str:
        """Give a fingerprint of everything a draw's statistic depends on.

        Parameters
        ----------
        words
            What else it depends on.
        linear
            Whether the statistic is a sum over carriers: then risk sets do not matter.
        """
        total = hashlib.sha256()
        form = (self.form.linear,) if linear else (*self.sets, *self.form)
        arrays: tuple[Any, ...] = (*form, self.carried, *self.laid_pools)
        for item in arrays:
            total.update(np.ascontiguousarray(item).tobytes())
            total.update(b"|")
        total.update("|".join((WAY_OF_DRAWING, *words)).encode())
        return total.hexdigest()


def prepare(
    surv: Surv,
    carriers: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    within: ArrayLike | None = None,
    covariates: Design | None = None,
    ties: str = "logrank",
) -> PermutationProblem:
    """Check the data and sort them once.

    Parameters
    ----------
    surv, carriers, strata, within, covariates, ties
        As in `embogen.inference.permutation.permutation_test`.

    Raises
    ------
    DataError
        Naming every row that cannot be used.
    NotEstimable
        When the covariates have no finite maximum likelihood estimate.
    """
    problems: list[DataProblem] = []
    one_cause(surv, problems)
    column = _binary(carriers, surv.n, problems)
    labels = label_rows(strata, "strata", surv.n, problems)
    groups = label_rows(within, "within", surv.n, problems)
    if covariates is not None and covariates.n != surv.n:
        message = f"has {covariates.n} rows where the outcome has {surv.n}"
        problems.append(DataProblem("covariates", message, "Give one row per patient."))
    if problems:
        raise DataError(problems)
    time, entry = merge_near_times(surv.time, surv.entry)
    kept = np.ones(surv.n, dtype=np.bool_) if entry is None else entry < time
    if not kept.any():
        message = "no row is ever at risk: every entry is at or after its exit"
        raise DataError([DataProblem("survival data", message, "Check the entry times.")])
    codes = np.zeros(surv.n, np.int64) if labels is None else label_codes(labels)[0]
    groups_of = codes
    if groups is not None:
        groups_of = codes * surv.n + label_codes(groups)[0]
    sets = build(
        time[kept],
        np.asarray(surv.event == 1, dtype=np.bool_)[kept],
        entry=None if entry is None else entry[kept],
        strata=codes[kept],
    )
    order = sets.order
    columns = None if covariates is None else _columns(covariates.matrix[kept][order])
    coef = None if columns is None else _null_coef(sets, columns, TIE_RULES[ties])
    carried = column[kept][order]
    pools, flipped = _pools(groups_of[kept][order], carried)
    return PermutationProblem(
        sets=sets,
        form=score_form(sets, ties=TIE_RULES[ties], covariates=columns, coef=coef),
        carried=carried,
        pools=pools,
        flipped=flipped,
        covariates=columns,
        coef=coef,
        tie_fraction=max(TIE_RULES[ties], 0.0),
        n_excluded=int((~kept).sum()),
    )


def _binary(values: ArrayLike, n: int, problems: list[DataProblem]) -> Floats:
    try:
        column = np.asarray(values, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        message = "holds text; 1 (carrier), 0 (not) or true and false were expected"
        problems.append(DataProblem("carriers", message, "Recode the column."))
        return np.zeros(n)
    if len(column) != n:
        message = f"has {len(column)} rows where the outcome has {n}"
        problems.append(DataProblem("carriers", message, "Give one value per patient."))
        return np.zeros(n)
    for i in np.flatnonzero((column != 0.0) & (column != 1.0)):
        missing = bool(np.isnan(column[i]))
        message = "is missing" if missing else "is neither 0 nor 1"
        remedy = "Leave out patients who were not tested, and count them." if missing else ""
        value = None if missing else f"{column[i]:g}"
        problems.append(DataProblem("carriers", message, remedy, row=int(i) + 1, value=value))
    return column


def _columns(matrix: Floats) -> Floats:
    """Centre and scale, so that units do not touch the arithmetic of the projection."""
    centred = matrix - matrix.mean(axis=0)
    scale = np.sqrt((centred**2).mean(axis=0))
    return np.ascontiguousarray(centred / np.where(scale > 0, scale, 1.0))


def _null_coef(sets: RiskSets, columns: Floats, ties: float) -> Floats:
    back = np.argsort(sets.order)
    best = find_supremum(sets, columns[back], np.empty(0), max(ties, 0.0))
    if not best.converged or best.growth.any() or best.aliased.any():
        msg = (
            "The covariates of the permutation test have no finite estimates of their own "
            "(one is constant, a combination of others, or separates the events). "
            "Leave it out of the covariates, or permute within its levels instead."
        )
        raise NotEstimable(msg)
    return np.asarray(best.beta, dtype=np.float64)


def _pools(groups: Ints, carried: Floats) -> tuple[tuple[tuple[Ints, int], ...], bool]:
    """Give rows of each group and how many of the smaller class are drawn from it."""
    flipped = bool(carried.sum() * 2 > len(carried))
    drawn = 1.0 - carried if flipped else carried
    pools = []
    codes = np.unique(groups) if np.any(groups != groups[0]) else groups[:1]
    for code in codes:
        rows = np.flatnonzero(groups == code)
        pools.append((rows.astype(np.int64), int(drawn[rows].sum())))
    return tuple(pools), flipped
