"""Profile intervals of Firth's hazard ratio, for the few features that a table shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.inference.cox import fit_cox
from embogen.inference.design import Design, Term
from embogen.surv import Surv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embogen.scan.blocks import Source
    from embogen.scan.problem import ScanProblem

MOST_PATIENTS: Final = 50_000
"""A profile fits some forty models; in larger cohorts the estimate stands without it."""
FEATURE: Final = "feature"


def firth_intervals(
    problem: ScanProblem, source: Source, features: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Work out the interval of Firth's hazard ratio of some features.

    Parameters
    ----------
    problem
        The endpoint.
    source
        Where the features are.
    features
        Their names, 0/1 features all.

    Returns
    -------
    dict
        Feature to lower and upper 95% limit of the hazard ratio by the profile of the penalised
        likelihood; without those whose limits were not found, and none in large cohorts.
    """
    place = {name: j for j, name in enumerate(source.names)}
    if problem.surv.n > MOST_PATIENTS:
        return {}
    found = {}
    for name in features:
        limits = _limits(problem, source, place[name])
        if limits is not None:
            found[name] = limits
    return found


def _limits(problem: ScanProblem, source: Source, at: int) -> tuple[float, float] | None:
    block = source.block(at, at + 1)
    carried = np.zeros(len(source.patients))
    carried[block.carriers] = 1.0 if block.values is None else block.values
    tested: NDArray[np.bool_] = source.patterns[block.pattern[0]].copy()
    tested[block.untested] = False
    rows = tested[problem.rows]
    surv, kept = problem.surv, problem.rows[rows]
    columns, terms = carried[kept][:, None], [Term(FEATURE)]
    if problem.covariates is not None:
        columns = np.column_stack([problem.covariates.matrix[rows], columns])
        terms = [*problem.covariates.terms, *terms]
    fit = fit_cox(
        Surv(surv.time[rows], surv.event[rows], None if surv.entry is None else surv.entry[rows]),
        Design(columns, tuple(terms)),
        ties=problem.options.ties,
        strata=None if problem.strata is None else problem.strata[rows],
        penalty="firth",
    )
    interval = fit.estimates[-1].hr.interval
    if interval is None or np.isnan(interval.low) or np.isnan(interval.high):
        return None
    return float(interval.low), float(interval.high)
