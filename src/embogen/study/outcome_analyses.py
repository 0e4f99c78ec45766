"""Analysis kinds of curves, competing risks, restricted means, landmarks and response."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError, EstimationError, NotEstimable, PlanError, PlanProblem
from embogen.inference.association import Associations, Factor, associate
from embogen.inference.competing import CumulativeIncidence, cumulative_incidence
from embogen.inference.cumulative_hazard import NelsonAalen, nelson_aalen
from embogen.inference.curves import KaplanMeier, kaplan_meier
from embogen.inference.fine_gray import FineGrayFit, fine_gray
from embogen.inference.landmark import landmark_outcome
from embogen.inference.response import BinaryOutcome, LeftOut
from embogen.inference.rmst import Rmst, rmst
from embogen.study.selection import (
    Ran,
    endpoint_name,
    full_surv,
    grouped,
    left_out,
    own_surv,
    strata_rows,
    with_outcome,
    within_rows,
)
from embogen.study.terms import design_of, group_of, term_blocks
from embogen.units import months_to_days

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.inference.design import Design
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection
    from embogen.surv import Surv


def _with_stratum(
    spec: AnalysisSection, data: AnalysisSet, rows: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.str_] | None, tuple[str, ...]]:
    """Keep the patients whose stratum is known.

    Returns the patients kept, the (n,) labels of all (None without strata), words for the others.
    """
    labels, known, _ = strata_rows(spec, data)
    words = " or ".join(spec.strata)
    return rows & known, labels, left_out(int((rows & ~known).sum()), f"{words} missing (stratum)")


def run_kaplan_meier(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Draw one curve, or one per group of `by` with a log-rank test."""
    name = endpoint_name(spec)
    labels, in_strata, excluded = strata_rows(spec, data)
    rows, without_outcome = with_outcome(spec, data)
    excluded = (*without_outcome, *excluded)
    rows, groups, order, without_group = grouped(spec, data, rows & in_strata)
    excluded += without_group
    surv = own_surv(name, data, rows)
    result: KaplanMeier = kaplan_meier(
        surv,
        groups=groups,
        group_order=order or None,
        strata=None if labels is None else labels[rows],
        interval=spec.interval,
        level=spec.level,
        rho=spec.rho,
        trend=spec.trend,
        quantiles=sorted(set(spec.quantiles)),
    )
    if spec.cumulative_hazard:
        result = dataclasses.replace(result, hazards=_hazards(spec, surv, groups, order))
    return Ran(result, excluded)


def _hazards(
    spec: AnalysisSection, surv: Surv, groups: NDArray[np.str_] | None, order: tuple[str, ...]
) -> NelsonAalen:
    """Estimate the cumulative hazards of the groups; limits on the log scale, or plain ones."""
    interval: Literal["log", "plain"] = "plain" if spec.interval == "plain" else "log"
    names = order or None
    return nelson_aalen(surv, groups=groups, group_order=names, interval=interval, level=spec.level)


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


def _factors(
    spec: AnalysisSection, data: AnalysisSet, rows: NDArray[np.bool_]
) -> tuple[Factor, ...]:
    """Take the yes-or-no terms of a plan as factors of some patients.

    Raises
    ------
    PlanError
        When a term is not one of two levels.
    """
    path = f"analysis.{spec.id}.terms"
    factors = []
    problems: list[PlanProblem] = []
    for block in term_blocks(spec.terms, data, path):
        if len(block.terms) != 1 or block.terms[0].coding != "binary":
            message = f'"{block.word}" is not a gene or another variable of two levels'
            remedy = "Give genes, or covariates with the coding flag."
            problems.append(PlanProblem(path, message, remedy))
            continue
        factors.append(Factor(block.terms[0], block.columns[rows, 0]))
    if problems:
        raise PlanError(problems)
    return tuple(factors)


def _nothing_to_compare() -> Caveat:
    message = "No gene meets the plan's condition for a candidate, so none is compared."
    return Caveat("nothing_testable", message)


def _confounders(
    spec: AnalysisSection, data: AnalysisSet, rows: NDArray[np.bool_], known: NDArray[np.bool_]
) -> tuple[tuple[Design, NDArray[np.bool_]] | None, tuple[str, ...]]:
    """Take the confounders of a logistic model, for some patients.

    Parameters
    ----------
    rows
        (n,) the m patients of the analysis.
    known
        (m,) those of them whose outcome is known.

    Returns
    -------
    confounders
        Design and (m,) mask of the patients for whom all are known; None without confounders.
    excluded
        Words for those whom only the model has to do without.
    """
    if not spec.confounders:
        return None, ()
    blocks = term_blocks(spec.confounders, data, f"analysis.{spec.id}.confounders")
    complete = np.logical_and.reduce([block.known[rows] for block in blocks])
    excluded: tuple[str, ...] = ()
    for block in blocks:
        missing = int((known & ~block.known[rows]).sum())
        label = block.terms[0].title or block.terms[0].name
        excluded += left_out(missing, f"{label} {block.missing_word} (adjusted model only)")
    everybody = design_of(blocks, rows & np.logical_and.reduce([block.known for block in blocks]))
    return (everybody, complete), excluded


def run_response(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Compare who responds between carriers and others, term by term."""
    rows, excluded = within_rows(spec, data)
    factors = _factors(spec, data, rows)
    outcome = _response(spec, data, rows)
    known = np.isfinite(outcome.value)
    confounders, without = _confounders(spec, data, rows, known)
    for item in outcome.left_out:
        excluded += left_out(item.n, item.reason)
    caveats: tuple[Caveat, ...] = () if factors else (_nothing_to_compare(),)
    result: Associations = associate(outcome, factors, confounders=confounders, level=spec.level)
    return Ran(result, (*excluded, *without), caveats)


def _response(spec: AnalysisSection, data: AnalysisSet, rows: NDArray[np.bool_]) -> BinaryOutcome:
    """Turn the covariate that holds the response into yes and no.

    Raises
    ------
    PlanError
        When it has no levels, or a level named does not exist.
    """
    path = f"analysis.{spec.id}"
    if spec.response is None:  # refused when the plan was read
        msg = f"analysis {spec.id} names no response"
        raise ValueError(msg)
    groups, levels, label = group_of(spec.response, data, f"{path}.response")
    wanted = tuple(spec.responders) or (("yes",) if levels == ("no", "yes") else ())
    have = f"Its levels are: {', '.join(levels)}."
    if not wanted:
        message = f"does not say which levels of {spec.response} are a response"
        raise PlanError([PlanProblem(f"{path}.responders", message, have)])
    unknown = [level for level in wanted if level not in levels]
    if unknown:
        problems = [
            PlanProblem(f"{path}.responders", f'"{level}" is not one of its levels', have)
            for level in unknown
        ]
        raise PlanError(problems)
    words = [word for word, kept in zip(groups, rows, strict=True) if kept]
    value = np.array([np.nan if word is None else float(word in wanted) for word in words])
    missing = int(np.isnan(value).sum())
    left = (LeftOut(f"{label} missing", missing),) if missing else ()
    shown = label if levels == ("no", "yes") else f"{label}: {' or '.join(wanted)}"
    caveats: tuple[Caveat, ...] = ()
    if missing:
        message = f"Patients left out: {missing} without {label}."
        caveats = (Caveat("response_unknown", message, {"n": missing}),)
    return BinaryOutcome(shown, value, left, caveats)


def run_landmark(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Compare who has the event by a landmark between carriers and others, term by term."""
    rows, excluded = with_outcome(spec, data)
    factors = _factors(spec, data, rows)
    surv = full_surv(endpoint_name(spec), data, rows)
    days = months_to_days(spec.landmark_months)
    competes = len(surv.causes) > 1
    outcome = landmark_outcome(surv, days, cause=surv.causes[0] if competes else None)
    caveats: tuple[Caveat, ...] = () if factors else (_nothing_to_compare(),)
    if competes:
        first = int(((surv.time <= days) & (surv.event > 1)).sum())
        message = (
            f"{first} {'patient' if first == 1 else 'patients'} had {surv.causes[1]} before any "
            f"{surv.causes[0]} by the landmark, which counts as not having had it."
        )
        if first:
            caveats += (Caveat("competing_by_landmark", message, {"patients": first}),)
    else:
        label = data.endpoints[endpoint_name(spec)].label
        name = f"event by {spec.landmark_months:g} months ({label})"
        outcome = dataclasses.replace(outcome, name=name)
    confounders, without = _confounders(spec, data, rows, np.isfinite(outcome.value))
    result: Associations = associate(
        outcome, factors, confounders=confounders, days=days, level=spec.level
    )
    for item in result.left_out:
        excluded += left_out(item.n, item.reason)
    return Ran(result, (*excluded, *without), caveats)


def run_rmst(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Estimate restricted mean survival up to the plan's horizon, overall or by group."""
    rows, excluded = with_outcome(spec, data)
    rows, groups, order, without_group = grouped(spec, data, rows)
    if spec.horizon_months is None:  # refused when the plan was read
        msg = f"analysis {spec.id} has no horizon"
        raise ValueError(msg)
    try:
        result: Rmst = rmst(
            full_surv(endpoint_name(spec), data, rows),
            months_to_days(spec.horizon_months),
            groups=groups,
            group_order=order or None,
            level=spec.level,
        )
    except DataError as problem:  # the rows are sound: what can be wrong is the horizon
        raise EstimationError(str(problem)) from None
    return Ran(result, (*excluded, *without_group))


def run_fine_gray(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Fit one subdistribution hazards model of the event, with all terms."""
    rows, excluded = with_outcome(spec, data)
    rows, strata, without_stratum = _with_stratum(spec, data, rows)
    excluded += without_stratum
    blocks = term_blocks(spec.terms, data, f"analysis.{spec.id}.terms")
    if not blocks:
        message = "no gene meets the plan's condition for a candidate, so the model has no term"
        raise NotEstimable(message)
    for block in blocks:
        missing = int((rows & ~block.known).sum())
        excluded += left_out(missing, f"{block.terms[0].name} {block.missing_word}")
        rows = rows & block.known
    result: FineGrayFit = fine_gray(
        full_surv(endpoint_name(spec), data, rows),
        design_of(blocks, rows),
        strata=None if strata is None else strata[rows],
        level=spec.level,
    )
    return Ran(result, excluded)
