"""Survival that a Cox model predicts for the levels of one term, the other terms held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.inference.cox_result import Ties
from embogen.inference.curve_reading import REPORTED_MONTHS, Steps, read_at
from embogen.inference.design import Design, Term
from embogen.inference.estimates import Estimate, TimeQuantile
from embogen.inference.prediction import PredictedCurve, predict_survival

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.inference.cox_result import CoxFit
    from embogen.surv import Surv

    Labels = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class HeldCovariate:
    """A term of the model that all predictions have at one value.

    Parameters
    ----------
    name, title
        As the terms of the model have them.
    value, unit
        A number in its unit, or a level.
    how
        ``stated`` in the plan; ``mean`` of the patients analysed; ``reference`` level;
        ``most_frequent`` level.
    """

    name: str
    title: str
    value: float | str
    unit: str | None
    how: Literal["stated", "mean", "reference", "most_frequent"]


@dataclass(frozen=True, slots=True, eq=False)
class LevelCurve:
    """The curve of one level, in one stratum, with the patients observed to have that level.

    Parameters
    ----------
    level
        The level.
    curve
        What the model predicts for it.
    n, n_events
        Patients with that level (in that stratum), whatever their other covariates, and their
        events.
    n_risk
        (m,) those of them at risk just before each time of the curve.
    quantiles
        Times by which fractions are predicted to have had the event.
    """

    level: str
    curve: PredictedCurve
    n: int
    n_events: int
    n_risk: NDArray[np.float64]
    quantiles: tuple[TimeQuantile, ...]

    @property
    def group(self) -> str:
        """The level, with its stratum where there are several."""
        return f"{self.level}, {self.curve.stratum}" if self.curve.stratum else self.level

    @property
    def time(self) -> NDArray[np.float64]:
        """(m,) times in days."""
        return self.curve.time

    @property
    def ci_low(self) -> NDArray[np.float64]:
        """(m,) lower limits of survival."""
        return self.curve.ci_low

    @property
    def ci_high(self) -> NDArray[np.float64]:
        """(m,) upper limits of survival."""
        return self.curve.ci_high

    def at(self, days: float) -> Estimate:
        """Give survival just after a day, with its interval.

        Returns
        -------
        Estimate
            NaN beyond the last time observed in the stratum; 1 before the first.
        """
        curve = self.curve
        steps = Steps(curve.time, curve.survival, curve.ci_low, curve.ci_high, 1.0)
        return read_at(steps, days, method=curve.interval, level=curve.level, scale="probability")


@dataclass(frozen=True, slots=True, eq=False)
class PredictedSurvival:
    """Predicted curves of the levels of one term.

    Parameters
    ----------
    by, title
        Name of the term, and what a reader calls it.
    is_gene
        Whether it is a genotype.
    curves
        Level by level, in each stratum by stratum.
    without_curve
        Levels for which the model gives no finite hazard, with a caveat.
    held
        The other terms of the model.
    months
        When the curves are to be read.
    terms, ties, penalty
        The model.
    n, n_events
        Patients and events it was fitted to.
    strata
        What a reader calls that which makes the strata; empty without.
    caveats
        Those of the model, and levels without a curve.
    """

    by: str
    title: str
    is_gene: bool
    curves: tuple[LevelCurve, ...]
    without_curve: tuple[str, ...]
    held: tuple[HeldCovariate, ...]
    months: tuple[float, ...]
    terms: tuple[Term, ...]
    ties: Ties
    penalty: Literal["firth"] | None
    n: int
    n_events: int
    strata: str
    caveats: tuple[Caveat, ...]


class Levels(NamedTuple):
    """The levels to predict for.

    Attributes
    ----------
    names
        k levels in order.
    profiles
        k rows of the covariates of each, columns as in the design of the model.
    groups
        (n,) the level of each patient.
    held
        What the other terms are held at in all of them.
    strata
        What a reader calls that which makes the strata.
    """

    names: Sequence[str]
    profiles: Design
    groups: Labels
    held: tuple[HeldCovariate, ...] = ()
    strata: str = ""


def survival_by_level(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    by: str,
    levels: Levels,
    *,
    strata: Labels | None = None,
    months: Sequence[float] = REPORTED_MONTHS,
    quantiles: Sequence[float] = (0.5,),
    interval: Literal["log", "log-log", "plain"] = "log",
    level: float = 0.95,
) -> PredictedSurvival:
    """Predict survival for the levels of one term of a Cox model.

    Parameters
    ----------
    fit
        From `fit_cox`, with Efron's or Breslow's ties.
    surv, design, strata
        As they were given to `fit_cox`.
    by
        Name of the term whose levels are compared.
    levels
        The levels with their profiles.
    months
        When the curves are to be read.
    quantiles
        Fractions with the event whose times are wanted.
    interval, level
        Pointwise limits and their level, as in `predict_survival`.

    Returns
    -------
    PredictedSurvival
        A level that no patient analysed has, and any level of a model without finite estimates,
        has no curve but a caveat.

    Examples
    --------
    Carriers fail on days 1 and 3, others on 2 and 4: 2 = 2r/(2r+2) + r/(r+2) + r/(r+1), so that
    r = (1 + sqrt(17)) / 2 = 2.56; the first step is 1 / (2 + 2r) = .140, that of carriers .360.

    >>> import numpy as np
    >>> from embogen.inference.cox import fit_cox
    >>> from embogen.surv import Surv
    >>> surv = Surv([1, 2, 3, 4], [1, 1, 1, 1])
    >>> gene = Term("DAXX", "altered", "wild type", "binary")
    >>> design = Design.from_arrays([1, 0, 1, 0], [gene])
    >>> words = np.array(["altered", "wild type", "altered", "wild type"])
    >>> two = Levels(("wild type", "altered"), Design.from_arrays([0, 1], [gene]), words)
    >>> found = survival_by_level(fit_cox(surv, design), surv, design, "DAXX", two)
    >>> [round(float(item.curve.survival[0]), 3) for item in found.curves]
    [0.869, 0.698]
    >>> [item.n_risk.tolist() for item in found.curves]
    [[2.0, 2.0, 1.0, 1.0], [2.0, 1.0, 1.0, 0.0]]
    """
    own = [term for term in fit.terms if term.name == by]
    title = next((term.title for term in own if term.title), by)
    kept, caveats = _usable(fit, title, own, levels, surv)
    curves: list[LevelCurve] = []
    if kept:
        profiles = Design(levels.profiles.matrix[kept], levels.profiles.terms)
        predicted = predict_survival(
            fit,
            surv,
            design,
            profiles,
            names=[levels.names[i] for i in kept],
            strata=strata,
            interval=interval,
            level=level,
        )
        observed = _Observed(surv, levels.groups, strata)
        curves = [observed.beside(item, quantiles) for item in predicted]
    return PredictedSurvival(
        by=by,
        title=title,
        is_gene=any(term.coding == "binary" and term.level == "altered" for term in own),
        curves=tuple(curves),
        without_curve=tuple(name for i, name in enumerate(levels.names) if i not in kept),
        held=levels.held,
        months=tuple(months),
        terms=fit.terms,
        ties=fit.ties,
        penalty=fit.penalty,
        n=fit.n,
        n_events=fit.n_events,
        strata=levels.strata,
        caveats=(*fit.caveats, *caveats),
    )


def _usable(
    fit: CoxFit, title: str, own: list[Term], levels: Levels, surv: Surv
) -> tuple[list[int], list[Caveat]]:
    """Choose the levels the model speaks of, and say why of the others."""
    if fit.convergence.status not in {"ok", "aliased"}:
        return [], [_nothing(fit)]
    entry = np.zeros(surv.n) - 1.0 if surv.entry is None else surv.entry
    present = set(levels.groups[entry < surv.time].tolist())
    mine = [k for k, term in enumerate(fit.terms) if term in own]
    lost = [k for k in mine if not np.isfinite(fit.coef[k])]
    kept, caveats = [], []
    for i, name in enumerate(levels.names):
        reason = ""
        if name not in present:
            reason = "no patient analysed has it"
        elif levels.profiles.matrix[i, lost].any():
            reason = "the model cannot tell it apart from the other terms"
        if reason:
            message = f"{title} {name}: {reason}, so no curve is predicted for it."
            caveats.append(
                Caveat("no_predicted_curve", message, {"level": name}, f"{title}: {name}")
            )
        else:
            kept.append(i)
    return kept, caveats


def _nothing(fit: CoxFit) -> Caveat:
    """Say why no level has a curve: a hazard ratio without bound, no events, no convergence."""
    endless = [
        f"{item.term.label} ({'infinite' if item.status == 'infinite' else 'zero'})"
        for item in fit.estimates
        if item.status in {"infinite", "zero"}
    ]
    status = fit.convergence.status
    message = f"No curve is predicted, as the model has no finite estimates ({status}"
    message += f"; hazard ratio of {', '.join(endless)})." if endless else ")."
    if status == "separated":
        message += ' With penalty = "firth" it has some.'
    return Caveat("no_predicted_curve", message, {"status": status})


class _Observed:
    """The patients a model was fitted to, by level and stratum."""

    def __init__(self, surv: Surv, groups: Labels, strata: Labels | None) -> None:
        from embogen.survival.risk_sets import merge_near_times  # noqa: PLC0415 - light results

        self.time, entry = merge_near_times(surv.time, surv.entry)
        self.entry = np.full(surv.n, -np.inf) if entry is None else entry
        self.event = surv.event == 1
        self.groups = groups
        self.strata = np.full(surv.n, "") if strata is None else strata

    def beside(self, curve: PredictedCurve, quantiles: Sequence[float]) -> LevelCurve:
        """Set those who have the level of a curve beside it."""
        rows = (self.groups == curve.profile) & (self.entry < self.time)
        if curve.stratum:
            rows &= self.strata == curve.stratum
        entered = np.searchsorted(np.sort(self.entry[rows]), curve.time, side="left")
        gone = np.searchsorted(np.sort(self.time[rows]), curve.time, side="left")
        return LevelCurve(
            level=curve.profile,
            curve=curve,
            n=int(rows.sum()),
            n_events=int(self.event[rows].sum()),
            n_risk=np.asarray(entered - gone, dtype=np.float64),
            quantiles=tuple(TimeQuantile(p, curve.quantile(p)) for p in quantiles),
        )
