"""Bootstrap validation: what a model's concordance and calibration are worth on new patients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem, NotEstimable
from embogen.inference.concordance import cox_concordance
from embogen.inference.cox import check_rows, fit_cox
from embogen.inference.monte_carlo import block_generator, new_seed
from embogen.inference.validation_result import CorrectedIndex, CoxValidation

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embogen.inference.cox_problem import Problem
    from embogen.inference.cox_result import CoxFit
    from embogen.inference.design import Design
    from embogen.inference.estimates import Estimate
    from embogen.inference.permutation_result import Seed
    from embogen.surv import Surv

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_PLACE = "validation"


def validate_cox(
    surv: Surv,
    design: Design,
    *,
    rng: np.random.Generator | None = None,
    replicates: int = 200,
    strata: ArrayLike | None = None,
    ties: Literal["efron", "breslow"] = "efron",
    penalty: Literal["firth"] | None = None,
    level: float = 0.95,
    resamples: ArrayLike | None = None,
) -> CoxValidation:
    """Correct concordance and calibration slope of a Cox model for optimism by the bootstrap.

    Parameters
    ----------
    surv, design, strata, ties
        As in `embogen.inference.cox.fit_cox`.
    rng
        Source of the resamples; what is drawn does not depend on the order of rows.
    replicates
        Resamples drawn.
    penalty
        ``firth``: the model and every refit are penalised, so that none is left out for having
        no finite estimates.
    level
        Confidence level of the interval of the apparent concordance.
    resamples
        (B, m) row numbers from 0 of given resamples, instead of `rng` and `replicates`.

    Returns
    -------
    CoxValidation

    Raises
    ------
    DataError
        When data or options cannot be used; every problem is named.
    NotEstimable
        When the model, or every refit, has no finite estimates.

    Notes
    -----
    All terms are taken as chosen beforehand. Where terms were picked by their p-values the optimism
    is larger than what is shown. Harrell, Lee & Mark, Stat Med 1996;15:361.

    Examples
    --------
    With the data themselves as the one resample there is no optimism.

    >>> from embogen.inference.design import Design
    >>> from embogen.surv import Surv
    >>> design = Design.from_arrays([1, 0, 1, 0], ["x"])
    >>> found = validate_cox(Surv([1, 2, 3, 4], [1, 1, 1, 1]), design, resamples=[[0, 1, 2, 3]])
    >>> concordance, slope = found.concordance, found.slope
    >>> round(concordance.apparent, 4), concordance.optimism, round(slope.corrected, 9)
    (0.6667, 0.0, 1.0)
    """
    rows = check_rows(surv, design, ties, level, {"strata": strata})
    given = None if resamples is None else _checked_resamples(resamples, surv.n)
    if given is None and (rng is None or replicates < 1):
        message = "needs a source of random numbers, and at least one resample"
        remedy = "Give rng=numpy.random.default_rng(seed), the seed being part of the plan."
        raise DataError([DataProblem(_PLACE, message, remedy)])
    fit = fit_cox(surv, design, ties=ties, strata=strata, penalty=penalty, level=level)
    if fit.convergence.status not in {"ok", "aliased"} or not np.isfinite(fit.coef).any():
        msg = (
            f"The model cannot be validated: it has no finite estimates "
            f"({fit.convergence.status}). Leave out the term that has none, or write "
            'penalty = "firth".'
        )
        raise NotEstimable(msg)
    from embogen.inference.cox_problem import prepare  # noqa: PLC0415 - loads numba

    problem, n_excluded = prepare(surv, design, ties, rows)
    seed = None
    if given is None and rng is not None:
        seed = new_seed(rng)
        draws = _drawn(problem, seed, replicates)
    elif n_excluded:
        message = f"{n_excluded} rows are never at risk, so row numbers of resamples are not clear"
        raise DataError([DataProblem(_PLACE, message, "Leave those rows out.")])
    else:
        draws = np.argsort(problem.sets.order)[given]
    found = _performance(problem, fit, draws)
    slope = 1.0  # of what maximises the same likelihood
    if penalty is not None:
        slope = float(_performance(problem, fit, np.arange(fit.n)[None, :])[0, 2])
    apparent = cox_concordance(fit, surv, design, strata=strata, level=level)
    return _result(fit, apparent.estimate, slope, found, seed)


def _result(
    fit: CoxFit, apparent: Estimate, slope: float, found: Floats, seed: Seed | None
) -> CoxValidation:
    kept = found[~np.isnan(found).any(axis=1)]
    left_out = len(found) - len(kept)
    if not len(kept):
        msg = (
            "The model cannot be validated: no resample has finite estimates. Leave out terms with "
            'few events on one side, or write penalty = "firth".'
        )
        raise NotEstimable(msg)
    return CoxValidation(
        terms=fit.terms,
        ties=fit.ties,
        penalty=fit.penalty,
        n=fit.n,
        n_events=fit.n_events,
        apparent=apparent,
        concordance=_corrected(apparent.value, kept[:, 0], kept[:, 1]),
        slope=_calibration(slope, kept[:, 2]),
        n_resamples=len(found),
        n_left_out=left_out,
        seed=seed,
        caveats=(*fit.caveats, *_left_out(left_out, len(found))),
    )


def _corrected(apparent: float, there: Floats, here: Floats) -> CorrectedIndex:
    gap = there - here
    error = float(gap.std(ddof=1)) / math.sqrt(len(gap)) if len(gap) > 1 else math.nan
    optimism = float(gap.mean())
    return CorrectedIndex(
        apparent,
        float(there.mean()),
        float(here.mean()),
        optimism,
        apparent - optimism,
        error,
    )


def _calibration(apparent: float, here: Floats) -> CorrectedIndex:
    """Take the mean slope in the data as the corrected one.

    In the resample a model was fitted to by maximum likelihood its slope is 1; of a penalised one
    it is not needed, and has no bound where the resample is separated.
    """
    there = np.ones(len(here)) if apparent == 1.0 else np.full(len(here), math.nan)
    found = _corrected(1.0, np.ones(len(here)), here)
    return CorrectedIndex(
        apparent,
        float(there.mean()),
        found.in_data,
        apparent - found.in_data,
        found.in_data,
        found.standard_error,
    )


def _left_out(count: int, of: int) -> tuple[Caveat, ...]:
    if not count:
        return ()
    message = (
        f"{count} of {of} resamples have no finite estimates (all or none of a group had the event "
        "first, or a group is missing) and are left out; the corrected figures are too good for it."
    )
    return (Caveat("resamples_left_out", message, {"left_out": count, "resamples": of}),)


def _performance(problem: Problem, fit: CoxFit, draws: Ints) -> Floats:
    from embogen.survival.supremum import standardise  # noqa: PLC0415 - loads numba
    from embogen.survival.validation import resample_performance  # noqa: PLC0415 - loads numba

    Z, scale = standardise(problem.X)  # noqa: N806 - the field's letter
    start = np.where(np.isfinite(fit.coef), fit.coef, 0.0) * scale
    return resample_performance(
        problem.sets,
        np.ascontiguousarray(Z[problem.sets.order]),
        start,
        np.ascontiguousarray(draws, dtype=np.int64),
        problem.tie_fraction,
        penalised=fit.penalty is not None,
    )


def _drawn(problem: Problem, seed: Seed, replicates: int) -> Ints:
    """Draw resamples of positions; rows that tie in time are put in an order of their own."""
    sets, n = problem.sets, len(problem.event)
    sizes = np.diff(sets.group_end, prepend=0)
    group = np.repeat(np.arange(len(sizes)), sizes)
    entry = sets.entry if sets.entry.size else np.zeros(n)
    keys = [*problem.X[sets.order].T, entry, ~problem.event[sets.order], group]
    order = np.lexsort(np.array(keys, dtype=np.float64))
    drawn = block_generator(seed, 0).integers(0, n, (replicates, n))
    return np.asarray(order[drawn], dtype=np.int64)


def _checked_resamples(resamples: ArrayLike, n: int) -> Ints:
    """Take row numbers; each must be one of the n rows."""
    try:
        rows = np.asarray(resamples, dtype=np.int64)
    except (TypeError, ValueError):
        rows = np.empty(0, dtype=np.int64)
    if rows.ndim != 2 or not rows.size or rows.min() < 0 or rows.max() >= n:  # noqa: PLR2004 - a matrix
        message = f"resamples are not a matrix of row numbers from 0 to {n - 1}"
        raise DataError([DataProblem(_PLACE, message, "Give one resample per row.")])
    return rows
