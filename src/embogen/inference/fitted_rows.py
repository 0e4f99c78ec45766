"""The rows a Cox model was fitted to, made ready once for whatever is read off the fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem, NotEstimable
from embogen.inference.row_data import float_rows, label_codes, label_rows, one_cause
from embogen.survival.partial_likelihood import walk
from embogen.survival.risk_sets import RiskSets, build, merge_near_times
from embogen.survival.supremum import standardise

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.inference.cox_result import CoxFit
    from embogen.inference.design import Design
    from embogen.surv import Surv

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

SAME_LOGLIK = 1e-6
"""A log likelihood that differs by more than this part comes from other rows."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedRows:
    """A fit and its data, in walking order and with columns of order 1.

    Attributes
    ----------
    sets
        The outcome of the m rows that were ever at risk.
    kept
        (m,) their positions in the data given.
    columns
        (q,) positions in ``fit.terms`` of the terms that have a finite estimate.
    X
        (m, q) those columns, standardised, in walking order.
    scale
        (q,) what one unit of X is in the unit of the term.
    zero
        (q,) the standardised value of a covariate of 0.
    beta, covariance
        (q,) coefficients and (q, q) inverse information, per unit of X.
    offset
        (m,) in walking order, or length 0.
    tie_fraction
        1.0 Efron, 0.0 Breslow.
    strata
        Name of each stratum, in the order of `sets`; one empty name where there is one stratum.
    """

    sets: RiskSets
    kept: Ints
    columns: Ints
    X: Floats
    scale: Floats
    zero: Floats
    beta: Floats
    covariance: Floats
    offset: Floats
    tie_fraction: float
    strata: tuple[str, ...]

    @property
    def rows(self) -> Ints:
        """(m,) position in the data given of the row at each walking position."""
        return self.kept[self.sets.order]

    def spread(self, values: Floats) -> Floats:
        """Put (m, ...) values in walking order into the order of the rows kept."""
        out = np.empty_like(values)
        out[self.sets.order] = values
        return out

    def standardised(self, design: Design) -> Floats:
        """Give the columns of other rows on the scale of X."""
        result: Floats = design.matrix[:, self.columns] / self.scale + self.zero
        return result


def fitted_rows(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    *,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> FittedRows:
    """Bring a fit and the data it was fitted to together, and check that they belong together.

    Parameters
    ----------
    fit
        From `fit_cox`.
    surv, design, strata, weights, offset
        As they were given to `fit_cox`.

    Raises
    ------
    DataError
        When the data are not those of the fit: other terms, counts or likelihood.
    NotEstimable
        When the fit has no finite estimates (separation, no events, not converged), or exact ties.
    """
    problems: list[DataProblem] = []
    one_cause(surv, problems)
    float_rows(np.zeros(design.n), "design", surv.n, problems)
    labels = label_rows(strata, "strata", surv.n, problems)
    weight = float_rows(weights, "weights", surv.n, problems, positive=True)
    shift = float_rows(offset, "offset", surv.n, problems)
    if design.terms != fit.terms:
        names = ", ".join(term.label for term in fit.terms)
        message = f"has the columns {', '.join(design.names)}; the model was fitted to {names}"
        problems.append(DataProblem("design", message, "Give the design of the fit."))
    if problems:
        raise DataError(problems)
    _refuse(fit)
    time, entry = merge_near_times(surv.time, surv.entry)
    kept = np.arange(surv.n) if entry is None else np.flatnonzero(entry < time)
    codes, names_of = (None, ("",)) if labels is None else label_codes(labels)
    sets = build(
        time[kept],
        np.asarray(surv.event == 1, dtype=np.bool_)[kept],
        entry=None if entry is None else entry[kept],
        strata=None if codes is None else codes[kept],
        weights=None if weight is None else weight[kept],
    )
    present = ("",) if codes is None else tuple(names_of[i] for i in np.unique(codes[kept]))
    columns = np.flatnonzero(np.isfinite(fit.coef))
    matrix = design.matrix[kept][:, columns]
    standard, scale = standardise(matrix)
    square = np.ix_(columns, columns)
    rows = FittedRows(
        sets=sets,
        kept=kept,
        columns=columns,
        X=np.ascontiguousarray(standard[sets.order]),
        scale=scale,
        zero=standard[0] - matrix[0] / scale,
        beta=fit.coef[columns] * scale,
        covariance=fit.model_covariance[square] * np.outer(scale, scale),
        offset=np.empty(0) if shift is None else shift[kept][sets.order],
        tie_fraction=1.0 if fit.ties == "efron" else 0.0,
        strata=present,
    )
    _check_same(fit, rows, surv)
    return rows


def _refuse(fit: CoxFit) -> None:
    """Only a model with a maximum, and with a hazard, has residuals and curves."""
    status = fit.convergence.status
    if status not in {"ok", "aliased"}:
        message = (
            f"this model has no finite estimates (its fit ended as {status}): residuals, curves "
            "and tests of proportional hazards do not exist. Leave the term out or penalise it."
        )
        raise NotEstimable(message)
    if fit.ties == "exact":
        message = (
            'a model with ties="exact" is one of discrete time: it has no hazard to give residuals '
            'or curves. Fit it with ties="efron" for these.'
        )
        raise NotEstimable(message)


def _check_same(fit: CoxFit, rows: FittedRows, surv: Surv) -> None:
    """Forgotten strata, weights or offsets change the likelihood: say so instead of going on."""
    n_events = int((surv.event == 1)[rows.kept].sum())
    found = f"{len(rows.kept)} rows with {n_events} events"
    expected = f"{fit.n} rows with {fit.n_events} events"
    if found == expected and fit.penalty is None:
        loglik, _, _ = walk(rows.sets, rows.X, rows.beta, rows.offset, rows.tie_fraction)
        if math.isclose(loglik, fit.loglik, rel_tol=SAME_LOGLIK, abs_tol=SAME_LOGLIK):
            return
        found, expected = f"log likelihood {loglik:.8g}", f"log likelihood {fit.loglik:.8g}"
    elif found == expected:
        return
    message = f"are not those of the fit ({found}; the fit has {expected})"
    remedy = "Give outcome, design, strata, weights and offset as they were given to fit_cox."
    raise DataError([DataProblem("survival data", message, remedy)])
