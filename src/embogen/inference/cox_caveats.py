"""Caveats of a Cox fit: what a reader must know before believing a hazard ratio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.caveats import Caveat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.inference.cox_result import FitStatus, TermEstimate
    from embogen.survival.supremum import Supremum

EVENTS_PER_PARAMETER: Final = 10
FEWEST_CARRIERS: Final = 5
FEWEST_CARRIER_EVENTS: Final = 3
_EITHER: Final = 2


def fit_caveats(
    columns: NDArray[np.float64],
    best: Supremum,
    status: FitStatus,
    estimates: tuple[TermEstimate, ...],
) -> tuple[Caveat, ...]:
    """Say what the likelihood could not settle."""
    out: list[Caveat] = []
    if status == "not_converged":
        message = (
            f"The fit stopped after {best.iterations} steps without reaching its tolerance; "
            "no estimate is given."
        )
        out.append(Caveat("not_converged", message, {"iterations": best.iterations}))
    for k, estimate in enumerate(estimates):
        label = estimate.term.label
        if best.aliased[k]:
            out.append(aliased_caveat(columns, k, label))
        elif best.growth[k]:
            out.append(_separated(int(best.growth[k]), label, best))
    return tuple(out)


def aliased_caveat(columns: NDArray[np.float64], column: int, label: str) -> Caveat:
    """Say why a column was left out: constant, or a combination of others."""
    values = columns[:, column]
    if np.ptp(values) <= 8 * np.finfo(np.float64).eps * np.abs(values).max():
        message = f"{label} has one value ({values[0]:g}) in all {len(values)} patients analysed."
        return Caveat("constant_term", message, {"value": float(values[0])}, label)
    message = (
        f"{label} cannot be told apart from the other terms in any risk set (a combination of "
        "them, or without variation among patients at risk together); it is left out."
    )
    return Caveat("collinear_term", message, {}, label)


def _separated(growth: int, label: str, best: Supremum) -> Caveat:
    evidence = {"loglik_supremum": best.loglik, "loglik_null": best.loglik_null}
    if growth == _EITHER:
        message = (
            f"{label}: monotone likelihood; together with other terms either direction fits "
            "equally well, so its hazard ratio is not estimable."
        )
    else:
        where = "infinity" if growth > 0 else "zero"
        message = (
            f"{label}: monotone likelihood; it rises to {best.loglik:.6g} as the hazard ratio "
            f"tends to {where}, so no finite estimate exists."
        )
    return Caveat("separation", message, evidence, label)


def limits_not_found(estimates: tuple[TermEstimate, ...]) -> tuple[Caveat, ...]:
    """Name the terms whose profile could not be followed to a limit, or to no effect."""
    return tuple(
        Caveat(
            "profile_not_found",
            f"{item.term.label}: the profile of the likelihood could not be followed to "
            f"{missing}; that is not given.",
            {},
            item.term.label,
        )
        for item in estimates
        if (missing := _not_found(item))
    )


def _not_found(item: TermEstimate) -> str:
    """Say what of an estimate's profile is missing, nothing where all is there."""
    interval = item.hr.interval
    if item.status != "ok" or interval is None:
        return ""
    missing = []
    if math.isnan(interval.low) or math.isnan(interval.high):
        missing.append("a limit of its interval")
    if item.hr.p_value is None:
        missing.append("no effect, for its p-value")
    return " or ".join(missing)


def data_caveats(
    columns: NDArray[np.float64],
    event: NDArray[np.bool_],
    estimates: tuple[TermEstimate, ...],
    n_excluded: int,
) -> tuple[Caveat, ...]:
    """Say where the data are thin."""
    out: list[Caveat] = []
    n_events = int(event.sum())
    if n_excluded:
        message = f"{n_excluded} rows enter at or after their exit and were never at risk."
        out.append(Caveat("never_at_risk", message, {"n": n_excluded}))
    if n_events == 0:
        message = f"None of the {len(event)} patients analysed had an event."
        return (*out, Caveat("no_events", message, {"n": len(event), "events": 0}))
    parameters = sum(estimate.status != "not_estimable" for estimate in estimates)
    if parameters and n_events < EVENTS_PER_PARAMETER * parameters:
        message = (
            f"{n_events} events stand behind {parameters} "
            f"{'parameter' if parameters == 1 else 'parameters'} "
            f"({n_events / parameters:.1f} for each)."
        )
        evidence = {"events": n_events, "parameters": parameters}
        out.append(Caveat("few_events_per_parameter", message, evidence))
    for k, estimate in enumerate(estimates):
        few = _few_carriers(columns[:, k], event, estimate)
        if few is not None:
            out.append(few)
    return tuple(out)


def _few_carriers(
    x: NDArray[np.float64], event: NDArray[np.bool_], estimate: TermEstimate
) -> Caveat | None:
    """Look at the smaller group of a 0/1 column that varies."""
    if estimate.n_carriers is None or not 0 < estimate.n_carriers < len(x):
        return None
    ones = estimate.n_carriers <= len(x) - estimate.n_carriers
    group = x == (1.0 if ones else 0.0)
    count, events = int(group.sum()), int((group & event).sum())
    if count >= FEWEST_CARRIERS and events >= FEWEST_CARRIER_EVENTS:
        return None
    term = estimate.term
    name = (term.level if ones else term.reference) or f"value {int(ones)}"
    message = (
        f"{term.title or term.name}: {count} {'patient' if count == 1 else 'patients'} with "
        f"{name}, {events} of them with an event."
    )
    return Caveat("few_carriers", message, {"patients": count, "events": events}, term.label)
