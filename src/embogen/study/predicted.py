"""Predicted survival as an analysis: from the words of a plan to the profiles of a model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import NotEstimable, PlanError, PlanProblem
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design
from embogen.inference.predicted_survival import HeldCovariate, Levels, survival_by_level
from embogen.study.analysis_set import Covariate
from embogen.study.joint_model import continuous_ties, joint_model
from embogen.study.selection import Ran
from embogen.study.terms import covariate_block, expand, gene_of, group_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.inference.predicted_survival import PredictedSurvival
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection

    Rows = NDArray[np.bool_]


class _Held(NamedTuple):
    """A term that is held: its value in the covariate's own coding, what is said of it."""

    raw: float
    shown: HeldCovariate
    caveats: tuple[Caveat, ...] = ()


def run_predicted_survival(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Fit one model with all `terms` and predict survival for the levels of the term `by`."""
    ties = continuous_ties(spec, "hazard to predict survival from")
    model = joint_model(spec, data)
    if not model.rows.any():
        message = "no patient has the outcome and every term of the model"
        raise NotEstimable(message)
    words, by, stated = _words(spec, data)
    path = f"analysis.{spec.id}"
    groups, names, _ = group_of(by, data, f"{path}.by")
    held = {
        word: _hold(_covariate(word, data), model.rows, stated.get(word), f"{path}.at.{word}")
        for word in words
        if word != by
    }
    columns = []
    for word in words:
        values = np.arange(len(names)) if word == by else np.full(len(names), held[word].raw)
        whole = replace(_covariate(word, data), values=values.astype(np.float64))
        columns.append(covariate_block(whole).columns)
    fit = fit_cox(
        model.surv,
        model.design,
        ties=ties,
        strata=model.strata,
        penalty=spec.penalty,
        level=spec.level,
    )
    result: PredictedSurvival = survival_by_level(
        fit,
        model.surv,
        model.design,
        _covariate(by, data).name,
        Levels(
            names,
            Design(np.column_stack(columns), model.design.terms),
            np.array([item or "" for item in groups])[model.rows],
            tuple(item.shown for item in held.values()),
            " / ".join(group_of(word, data, f"{path}.strata")[2] for word in spec.strata),
        ),
        strata=model.strata,
        months=sorted(set(spec.times_months)),
        quantiles=sorted(set(spec.quantiles)),
        interval=spec.interval,
        level=spec.level,
    )
    return Ran(result, model.excluded, tuple(c for item in held.values() for c in item.caveats))


def _words(
    spec: AnalysisSection, data: AnalysisSet
) -> tuple[list[str], str, dict[str, str | float]]:
    """Give the terms of the model, the one of `by`, and what is stated of others.

    Genes may be named by older symbols.

    Raises
    ------
    PlanError
        When `by` or a word of `at` is no term of the model.
    """
    words = expand(spec.terms, data)
    (by,) = expand([spec.by or ""], data)
    stated = {expand([word], data)[0]: value for word, value in spec.at.items()}
    have = f"The model has: {', '.join(words)}."
    path = f"analysis.{spec.id}"
    problems = [
        PlanProblem(place, f'"{word}" is not one of the terms of the model', have)
        for place, word in ((f"{path}.by", by), *((f"{path}.at.{word}", word) for word in stated))
        if word not in words
    ]
    if by in stated:
        message = f'"{by}" cannot be held: its levels are what is compared'
        problems.append(PlanProblem(f"{path}.at.{by}", message, "Remove it."))
    if problems:
        raise PlanError(problems)
    return words, by, stated


def _covariate(word: str, data: AnalysisSet) -> Covariate:
    """Take a term as a covariate; a gene is a flag whose levels are its states."""
    gene = gene_of(word)
    if gene is None:
        return data.covariates[word]
    label = gene if data.genes is None else data.genes.label(gene)
    states = ("wild type", "altered")
    return Covariate(gene, label, "flag", data.gene_values(gene), states, states[0], None, 1.0)


def _hold(covariate: Covariate, rows: Rows, stated: str | float | None, path: str) -> _Held:
    """Choose the value a term is held at.

    Unless the plan states one: the mean of a number, the reference level of others. A trend has no
    reference, and there may be nobody at it: then the level that most patients have.
    """
    values = covariate.values[rows]
    if covariate.coding == "number":
        return _hold_number(covariate, values, stated, path)
    present, counts = np.unique(values, return_counts=True)
    how: Literal["stated", "reference", "most_frequent"] = "reference"
    if stated is not None:
        raw = _position(covariate, stated, path)
        how = "stated"
        if covariate.coding != "trend" and raw not in present:
            level = covariate.levels[int(raw)]
            message = f"{covariate.label} is to be held at {level}, which no patient analysed has"
            raise NotEstimable(message)
    else:
        raw = float(covariate.levels.index(covariate.reference or covariate.levels[0]))
        if covariate.coding == "trend" or raw not in present:
            raw = float(present[np.argmax(counts)])
            how = "most_frequent"
    level = covariate.levels[int(raw)]
    seen = [covariate.levels[int(end)] for end in (present[0], present[-1])]
    caveats = () if present[0] <= raw <= present[-1] else _beyond(covariate.label, level, seen)
    return _Held(raw, HeldCovariate(covariate.name, covariate.label, level, None, how), caveats)


def _hold_number(
    covariate: Covariate, values: NDArray[np.float64], stated: str | float | None, path: str
) -> _Held:
    if isinstance(stated, str):
        message = f'"{stated}" is a text, and {covariate.name} is a number'
        raise PlanError([PlanProblem(path, message, "Write a number.")])
    value = float(values.mean()) if stated is None else stated
    how: Literal["stated", "mean"] = "mean" if stated is None else "stated"
    shown = HeldCovariate(covariate.name, covariate.label, value, covariate.unit, how)
    low, high = float(values.min()), float(values.max())
    inside = stated is None or low <= value <= high
    beyond = () if inside else _beyond(covariate.label, f"{value:g}", [f"{low:g}", f"{high:g}"])
    return _Held(value, shown, beyond)


def _position(covariate: Covariate, stated: str | float, path: str) -> float:
    """Find a stated level, which may be written as a number: grade 2."""
    level = stated if isinstance(stated, str) else f"{stated:g}"
    if level in covariate.levels:
        return float(covariate.levels.index(level))
    have = f"Its levels are: {', '.join(covariate.levels)}."
    raise PlanError([PlanProblem(path, f'"{level}" is not one of its levels', have)])


def _beyond(title: str, held: str, seen: list[str]) -> tuple[Caveat, ...]:
    """Say that a value lies outside what was observed."""
    message = (
        f"{title} is held at {held}, and the patients analysed lie between {seen[0]} and "
        f"{seen[1]}: the curves rest on the model beyond what it has seen."
    )
    return (Caveat("extrapolated_profile", message, {"held": held}, title),)
