"""Analysis kinds beyond the hazard: competing risks, restricted means, landmarks, response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.inference.competing import CumulativeIncidence, cumulative_incidence
from embogen.study.selection import (
    Ran,
    endpoint_name,
    full_surv,
    grouped,
    left_out,
    strata_rows,
    with_outcome,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection


def _with_stratum(
    spec: AnalysisSection, data: AnalysisSet, rows: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.str_] | None, tuple[str, ...]]:
    """Keep the patients whose stratum is known.

    Returns the patients kept, the (n,) labels of all (None without strata), words for the others.
    """
    labels, known, _ = strata_rows(spec, data)
    words = " or ".join(spec.strata)
    return rows & known, labels, left_out(int((rows & ~known).sum()), f"{words} missing (stratum)")


def run_cumulative_incidence(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Estimate the incidence of the event and of what competes with it, overall or by group."""
    rows, excluded = with_outcome(spec, data)
    rows, strata, without_stratum = _with_stratum(spec, data, rows)
    rows, groups, order, without_group = grouped(spec, data, rows)
    result: CumulativeIncidence = cumulative_incidence(
        full_surv(endpoint_name(spec), data, rows),
        groups=groups,
        group_order=order or None,
        strata=None if strata is None else strata[rows],
        interval=spec.interval,
        level=spec.level,
    )
    return Ran(result, (*excluded, *without_stratum, *without_group))
