"""The printed models fitted to a reconstructed cohort, by the public Cox regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.evidence.comparison import Comparison, compare
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design
from embogen.inference.result_row import ResultRow
from embogen.surv import Surv

if TYPE_CHECKING:
    from embogen.evidence.targets import Targets


def recompute(
    targets: Targets, event: NDArray[np.bool_], covariates: Mapping[str, NDArray[np.float64]]
) -> Comparison:
    """Fit every printed model and compare; only figures of models are in the result.

    Parameters
    ----------
    targets
        The printed figures.
    event
        (n,) events of patients in order of time, without ties.
    covariates
        Name to (n,) values.
    """
    surv = Surv(np.arange(1.0, len(event) + 1), event.astype(np.int8))
    rows: list[ResultRow] = []
    for printed in targets.univariable:
        rows += _fitted(surv, covariates, [printed.term], "univariable")
    if targets.model_terms:
        rows += _fitted(surv, covariates, targets.model_terms, "multivariable")
    roles = {"univariable": "univariable", "multivariable": "multivariable"}
    whole = compare(targets, rows, analyses=roles)
    figures = tuple(figure for figure in whole.figures if figure.group in roles)
    return Comparison(whole.source, figures)


def _fitted(
    surv: Surv,
    covariates: Mapping[str, NDArray[np.float64]],
    names: Sequence[str],
    analysis: str,
) -> list[ResultRow]:
    columns = np.column_stack([covariates[name] for name in names])
    fit = fit_cox(surv, Design.from_arrays(columns, names))
    rows: list[ResultRow] = []
    for name, estimate in zip(names, fit.estimates, strict=True):
        interval = estimate.hr.interval
        values = {
            "hr": estimate.hr.value,
            "ci_low": float("nan") if interval is None else interval.low,
            "ci_high": float("nan") if interval is None else interval.high,
            "p_value": float("nan") if estimate.hr.p_value is None else estimate.hr.p_value,
        }
        rows += [
            ResultRow(analysis, "", name, "", statistic, value, "", "wald")
            for statistic, value in values.items()
        ]
    return rows
