"""Patients on whom a conclusion rests: the model fitted again without each who might matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import ndtri

from embogen.caveats import Caveat
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design
from embogen.surv import Surv

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embogen.inference.cox_result import CoxFit, TermEstimate

CONSIDERED: Final = 2
"""Patients fitted without, for each term and direction: those of the largest approximate change."""
LARGE: Final = 1.0
"""A change of the log hazard ratio by so many of its standard errors is reported."""
EVERY_REFIT_UP_TO: Final = 10_000
"""Patients up to which the model is fitted without those, whatever their approximate change."""
BEYOND_REACH: Final = 10.0
"""Beyond: only where so many times the approximate change would matter."""


class _Without(NamedTuple):
    """A term in the model without one patient."""

    row: int
    item: TermEstimate
    shift: float


def influence_caveats(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    *,
    strata: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
) -> tuple[Caveat, ...]:
    """Find terms whose estimate or significance one patient decides.

    Parameters
    ----------
    fit
        From `fit_cox`, without weights or an offset.
    surv, design, strata, cluster
        As they were given to `fit_cox`; one row per patient.

    Returns
    -------
    caveats
        ``influential_patient``, at most one for each term: where leaving out one patient changes
        the log hazard ratio by a standard error or more, makes it infinite or zero, or takes away
        its significance at the level of the interval. Nothing where the fit has no finite
        estimates, has a penalty or exact ties.

    Notes
    -----
    Patients are ranked by dfbeta, which approximates their influence without fitting again, and the
    model is fitted again without the few that come first: O(n p) and a handful of fits. Of more
    than 10,000 patients only those are left out whose dfbeta is a tenth of what would be reported:
    among so many the approximation is far nearer than that. Therneau & Grambsch, Modeling Survival
    Data, 2000, section 7.1.

    Examples
    --------
    Carriers die on days 1 and 9 of 10. Without the second, the one carrier left is the first to
    die, and no finite hazard ratio exists any more.

    >>> surv = Surv(np.arange(1, 11), np.ones(10))
    >>> design = Design.from_arrays([1, 0, 0, 0, 0, 0, 0, 0, 1, 0], ["DAXX"])
    >>> (caveat,) = influence_caveats(fit_cox(surv, design), surv, design)
    >>> caveat.evidence["day"], caveat.evidence["hr"] < 1, caveat.evidence["hr_without"]
    (9.0, True, inf)
    """
    if fit.convergence.status not in {"ok", "aliased"} or fit.penalty or fit.ties == "exact":
        return ()
    from embogen.inference.residuals import cox_residuals  # noqa: PLC0415 - loads numba

    residuals = cox_residuals(fit, surv, design, strata=strata)
    rows_of = {"strata": strata, "cluster": cluster}
    labels = {name: np.asarray(item) for name, item in rows_of.items() if item is not None}
    refits: dict[int, CoxFit] = {}
    caveats = []
    for k, item in enumerate(fit.estimates):
        if item.status != "ok":
            continue
        order = np.argsort(residuals.dfbetas[:, k], kind="stable")
        ends = {int(i) for i in (*order[:CONSIDERED], *order[-CONSIDERED:])}
        if surv.n > EVERY_REFIT_UP_TO:
            ends = {i for i in ends if _within_reach(item, float(residuals.dfbetas[i, k]))}
        rows = [int(residuals.row[i]) for i in sorted(ends)]
        for row in rows:
            if row not in refits:
                refits[row] = _without(row, fit, surv, design, labels)
        found = [
            _Without(row, refits[row].estimates[k], _shift(item, refits[row].estimates[k]))
            for row in rows
        ]
        if found:
            caveats += _worst(item, found, surv, design.matrix[:, k])
    return tuple(caveats)


def _within_reach(item: TermEstimate, dfbetas: float) -> bool:
    """Tell whether some times an approximate change would be reported."""
    change = BEYOND_REACH * abs(dfbetas)
    if not change < LARGE:  # also where it is not a number
        return True
    if item.hr.interval is None or item.hr.p_value is None:
        return False
    significant = item.hr.p_value <= 1.0 - item.hr.interval.level
    # the estimate moves by `change` standard errors, and its error by much less than a tenth
    margin = float(ndtri(0.5 + 0.5 * item.hr.interval.level))
    return significant and 0.9 * (abs(item.coef / item.se) - change) < margin


def _without(
    row: int, fit: CoxFit, surv: Surv, design: Design, labels: dict[str, NDArray[np.generic]]
) -> CoxFit:
    kept = np.arange(surv.n) != row
    rest = surv.take(np.flatnonzero(kept))
    fewer = Design(design.matrix[kept], design.terms)
    given = {name: values[kept] for name, values in labels.items()}
    found = fit_cox(
        rest, fewer, ties=fit.ties, strata=given.get("strata"), cluster=given.get("cluster")
    )
    if all(item.hr.p_method != "robust_t" for item in fit.estimates):
        return found
    from embogen.inference.robust import with_student_t  # noqa: PLC0415 - loads numba

    return with_student_t(found)


def _shift(item: TermEstimate, without: TermEstimate) -> float:
    """Give the change of the log hazard ratio in standard errors; infinite where none is left."""
    if without.status == "not_estimable":
        return np.inf
    return abs(without.coef - item.coef) / item.se


def _worst(
    item: TermEstimate, found: list[_Without], surv: Surv, column: NDArray[np.float64]
) -> list[Caveat]:
    """Report the patient that changes most, or else one that takes significance away."""
    most = max(found, key=lambda one: one.shift)
    if most.shift >= LARGE:
        return [_caveat(item, most, surv, column)]
    if item.hr.interval is None or item.hr.p_value is None:
        return []
    alpha = 1.0 - item.hr.interval.level
    weakest = max(found, key=lambda one: one.item.hr.p_value or 0.0)
    lost = (weakest.item.hr.p_value or 0.0) > alpha
    return [_caveat(item, weakest, surv, column)] if item.hr.p_value <= alpha and lost else []


def _caveat(
    item: TermEstimate, without: _Without, surv: Surv, column: NDArray[np.float64]
) -> Caveat:
    day, event = float(surv.time[without.row]), bool(surv.event[without.row] == 1)
    name = item.term.title or item.term.name
    other = without.item
    if other.status == "not_estimable":
        change = "hazard ratio can no longer be estimated"
    else:
        change = f"hazard ratio changes from {item.hr.value:.3g} to {other.hr.value:.3g}"
    p, fit_test = other.hr.p_value, item.hr.p_method
    if p is not None and item.hr.p_value is not None:
        test = "Wald" if fit_test == "wald" else "robust"
        change += f" and its {test} p from {_plain(item.hr.p_value)} to {_plain(p)}"
        if other.status != "ok":  # no finite estimate is left to divide by its error
            change += " (likelihood ratio)"
    term, value = item.term, float(column[without.row])
    level = (
        (term.level if value == 1.0 else term.reference) if item.n_carriers is not None else None
    )
    who = f"{'event' if event else 'censored'} on day {day:g}"
    if level is not None:
        who += f", {level}"
    message = f"{name}: without one patient ({who}) the {change}."
    evidence: dict[str, float | int | str] = {
        "day": day,
        "event": int(event),
        "hr": item.hr.value,
        "hr_without": other.hr.value,
        "standard_errors": without.shift,
    }
    return Caveat("influential_patient", message, evidence, item.term.label)


def _plain(p: float) -> str:
    """Write a p-value with two digits and no exponent."""
    return np.format_float_positional(p, precision=2, fractional=False, trim="-")
