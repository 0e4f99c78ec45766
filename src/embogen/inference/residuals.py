"""Residuals of a Cox regression: what each patient adds, and how far each is from the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.inference.design import Term

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.inference.cox_result import CoxFit
    from embogen.inference.design import Design
    from embogen.surv import Surv

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CoxResiduals:
    """Residuals, row by row; they concern single patients and are never written to results.

    Parameters
    ----------
    terms
        The p terms of the fit; columns of a term without an estimate are NaN.
    row
        (m,) positions of the rows fitted (those ever at risk) in the data given.
    martingale, deviance
        (m,) events observed less expected, and the same made nearly symmetric.
    score
        (m, p) what each row adds to the score, without its case weight.
    dfbeta
        (m, p) one-step change of each coefficient by the row, with its case weight: about
        coefficient with the row less that without it.
    dfbetas
        (m, p) the same in standard errors (inverse information).
    event_row
        (d,) positions of the events in the data given, by stratum, then time.
    event_time
        (d,) their times in days, near-equal times merged.
    schoenfeld
        (d, p) covariates of each event less their mean over its risk set, without case weight.
    scaled_schoenfeld
        (d, p) estimates of the log hazard ratio at the time of each event, on average the
        coefficient (Grambsch & Therneau, Biometrika 1994;81:515).
    """

    terms: tuple[Term, ...]
    row: NDArray[np.intp]
    martingale: NDArray[np.float64]
    deviance: NDArray[np.float64]
    score: NDArray[np.float64]
    dfbeta: NDArray[np.float64]
    dfbetas: NDArray[np.float64]
    event_row: NDArray[np.intp]
    event_time: NDArray[np.float64]
    schoenfeld: NDArray[np.float64]
    scaled_schoenfeld: NDArray[np.float64]


def cox_residuals(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    *,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> CoxResiduals:
    """Give the residuals of a fitted Cox model.

    Parameters
    ----------
    fit
        From `fit_cox`, with Efron's or Breslow's ties.
    surv, design, strata, weights, offset
        As they were given to `fit_cox`.

    Returns
    -------
    CoxResiduals
        As R's ``residuals.coxph`` (survival 3.5-3), whose weighted Schoenfeld residuals of later
        versions are these times the case weight.

    Raises
    ------
    DataError
        When the data are not those of the fit.
    NotEstimable
        When the fit has no finite estimates, or exact ties.

    Notes
    -----
    Therneau & Grambsch, Modeling Survival Data, 2000, chapter 4 to 7.

    Examples
    --------
    Events at 1, 2 and 3 of x = 1, 0, 1. With r the hazard ratio, the score 1 - 2r/(2r + 1)
    - r/(1 + r) is zero at r = 1 / sqrt(2).

    >>> from embogen.inference.cox import fit_cox
    >>> from embogen.inference.design import Design
    >>> from embogen.surv import Surv
    >>> surv, design = Surv([1, 2, 3], [1, 1, 1]), Design.from_arrays([[1], [0], [1]], ["x"])
    >>> residuals = cox_residuals(fit_cox(surv, design), surv, design)
    >>> residuals.schoenfeld[:, 0].round(4).tolist()
    [0.4142, -0.4142, 0.0]
    >>> abs(float(residuals.martingale.sum())) < 1e-9
    True
    """
    from embogen.inference.fitted_rows import fitted_rows  # noqa: PLC0415 - loads numba
    from embogen.survival.residuals import (  # noqa: PLC0415 - same
        deviance,
        expected_events,
        schoenfeld,
    )
    from embogen.survival.score_residuals import score_residuals  # noqa: PLC0415 - same
    from embogen.survival.tie_steps import group_of_rows  # noqa: PLC0415 - same

    data = fitted_rows(fit, surv, design, strata=strata, weights=weights, offset=offset)
    problem = (data.sets, data.X, data.beta, data.offset, data.tie_fraction)
    group, event = group_of_rows(data.sets)
    expected = expected_events(*problem)
    martingale = event - expected
    score = score_residuals(*problem)
    change = (score * data.sets.weight[:, None]) @ data.covariance
    events = schoenfeld(*problem)
    per_event = events.residuals @ data.covariance * int(event.sum()) + data.beta

    def columns(values: Floats, unit: Floats) -> Floats:
        """Place the estimated columns among all terms, each in its own unit."""
        out = np.full((len(values), len(fit.terms)), np.nan)
        out[:, data.columns] = values * unit
        return out

    return CoxResiduals(
        terms=fit.terms,
        row=data.kept,
        martingale=data.spread(martingale),
        deviance=data.spread(deviance(martingale, expected)),
        score=columns(data.spread(score), data.scale),
        dfbeta=columns(data.spread(change), 1.0 / data.scale),
        dfbetas=columns(data.spread(change), 1.0 / np.sqrt(np.diag(data.covariance))),
        event_row=data.rows[events.position],
        event_time=data.sets.group_time[group[events.position]],
        schoenfeld=columns(events.residuals, data.scale),
        scaled_schoenfeld=columns(per_event, 1.0 / data.scale),
    )
