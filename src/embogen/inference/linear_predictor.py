"""The linear predictor of a Cox model, so added up that equal rows have equal values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embogen.errors import DataError, DataProblem
from embogen.inference.row_data import float_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embogen.inference.cox_result import CoxFit
    from embogen.inference.design import Design


def linear_predictor(
    fit: CoxFit, design: Design, offset: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Give the log relative hazard of rows under a model, up to a constant.

    Parameters
    ----------
    fit
        From `fit_cox`; terms without a finite estimate do not enter.
    design
        n rows with the terms of the fit.
    offset
        (n,) added, or None.

    Returns
    -------
    (n,)
        Less a constant: columns are counted from their first row, which keeps the digits of
        columns far from 0. A matrix product may add equal rows in different orders and break their
        ties by rounding; here columns are added one after the other.

    Raises
    ------
    DataError
        When the design has other terms than the fit.

    Examples
    --------
    >>> from embogen.inference.cox import fit_cox
    >>> from embogen.inference.design import Design
    >>> from embogen.surv import Surv
    >>> design = Design.from_arrays([[1], [0], [1]], ["x"])
    >>> fit = fit_cox(Surv([1, 2, 3], [1, 1, 1]), design)
    >>> linear_predictor(fit, design).round(4).tolist()
    [0.0, 0.3466, 0.0]
    """
    problems: list[DataProblem] = []
    if design.terms != fit.terms:
        names = ", ".join(term.label for term in fit.terms)
        message = f"has the columns {', '.join(design.names)}; the model was fitted to {names}"
        problems.append(DataProblem("design", message, "Give the terms of the fit."))
    shift = float_rows(offset, "offset", design.n, problems)
    if problems:
        raise DataError(problems)
    total = np.zeros(design.n) if shift is None else shift.copy()
    for k in np.flatnonzero(np.isfinite(fit.coef)):
        column = design.matrix[:, k]
        total += (column - column[0]) * fit.coef[k]
    return total
