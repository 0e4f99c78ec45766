"""Cox models of the hazard of one cause among several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embogen.inference.cox import CoxFit, Ties, fit_cox
from embogen.inference.curve_rows import cause_code
from embogen.surv import Surv

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.inference.design import Design


@dataclass(frozen=True, slots=True, eq=False)
class CauseSpecificCox:
    """A Cox model of the hazard of one cause, events of the others censored.

    Parameters
    ----------
    cause
        The cause.
    fit
        The model; its hazard ratios act on the rate of the event among those still free of all.
    n_competing
        Patients censored at an event of another cause.
    """

    cause: str
    fit: CoxFit
    n_competing: int


def cause_specific_cox(
    surv: Surv,
    design: Design,
    *,
    cause: str | None = None,
    ties: Ties = "efron",
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    level: float = 0.95,
) -> CauseSpecificCox:
    """Fit a Cox model to the hazard of one cause.

    Parameters
    ----------
    surv
        n outcomes with competing causes.
    design, ties, strata, weights, offset, level
        As in `fit_cox`.
    cause
        Name of the cause; the first of `surv.causes` when None.

    Returns
    -------
    CauseSpecificCox

    Examples
    --------
    >>> from embogen.inference.design import Design
    >>> surv = Surv([1, 2, 3, 4], [1, 2, 1, 0], causes=["progression", "death"])
    >>> model = cause_specific_cox(surv, Design.from_arrays([1, 0, 0, 1], ["DAXX"]))
    >>> model.fit.n_events, model.n_competing
    (2, 1)
    """
    code = cause_code(surv, cause)
    own = (surv.event == code).astype(np.int8)
    name = surv.causes[code - 1]
    outcome = Surv(surv.time, own, surv.entry, (name,))
    fit = fit_cox(
        outcome,
        design,
        ties=ties,
        strata=strata,
        weights=weights,
        offset=offset,
        level=level,
    )
    others = (surv.event != 0) & (surv.event != code)
    return CauseSpecificCox(name, fit, int(np.count_nonzero(others)))
