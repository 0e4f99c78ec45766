"""Test of proportional hazards: whether a hazard ratio changes with time."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import NotEstimable
from embogen.inference import monte_carlo
from embogen.inference.estimates import SignificanceTest
from embogen.inference.hazard_ratio_smooth import HazardRatioCurve, smooth
from embogen.inference.ph_permutation import Draws, PermutedHazards, Residuals, permuted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embogen.inference.cox_result import CoxFit
    from embogen.inference.design import Design
    from embogen.inference.fitted_rows import FittedRows
    from embogen.inference.permutation_result import Seed
    from embogen.surv import Surv

TimeTransform = Literal["km", "identity", "rank", "log"]
_TRANSFORMS = ("km", "identity", "rank", "log")
FEWEST_EVENTS = 10


@dataclass(frozen=True, slots=True)
class CovariateTest:
    """The test of one covariate; a covariate in levels has its columns tested together.

    Parameters
    ----------
    covariate
        Name of its terms.
    test
        Score test that its log hazard ratios do not change with time; None where it does not
        exist (no estimate, or too little variation over time).
    permutation
        The same with the residuals exchanged among the events, where it was asked for and exists.
    title, is_gene
        What a reader calls the covariate, and whether it is a gene's genotype.
    """

    covariate: str
    test: SignificanceTest | None
    permutation: PermutedHazards | None = None
    title: str = ""
    is_gene: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ProportionalHazardsTest:
    """Tests of proportional hazards.

    Parameters
    ----------
    transform
        The function of time along which a change is looked for: ``km`` (one less the Kaplan-Meier
        estimate just before the time), ``identity``, ``rank`` or ``log``.
    covariates
        One `CovariateTest` for each covariate, in the order of the model.
    overall
        The test of all together; None where it does not exist.
    n_events
        Events it rests on.
    caveats
        What must be read with it.
    overall_permutation
        `overall` with the residuals exchanged among the events.
    curves
        How the log hazard ratio of each term runs through time, where enough events carry it.
    n
        Patients (rows) of the fit.
    """

    transform: TimeTransform
    covariates: tuple[CovariateTest, ...]
    overall: SignificanceTest | None
    n_events: int
    caveats: tuple[Caveat, ...]
    overall_permutation: PermutedHazards | None = None
    curves: tuple[HazardRatioCurve, ...] = ()
    n: int = 0


def proportional_hazards(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    *,
    transform: TimeTransform = "km",
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    max_draws: int = 200_000,
    exceedances: int = 2_000,
    level: float = 0.95,
) -> ProportionalHazardsTest:
    """Test whether the hazard ratios of a fitted model are constant in time.

    Parameters
    ----------
    fit
        From `fit_cox`, unpenalised, with Efron's or Breslow's ties.
    surv, design, strata, weights, offset
        As they were given to `fit_cox`.
    transform
        Function of time. The Kaplan-Meier and the rank transform are not swayed by few late
        events; the transform belongs into the plan, not chosen by its p-value.
    rng
        Where random orders of the events come from: with it, and without case weights, the
        permutation form of each test is given beside. Each test has a generator of its own that
        depends on the name of its covariate, so that its p-value does not change with the order
        of the terms.
    max_draws, exceedances
        Drawing stops after so many orders, or so many at least as extreme as the observed one.
    level
        Level of the intervals of Monte Carlo p-values and of the curves.

    Returns
    -------
    ProportionalHazardsTest
        As R's ``cox.zph`` of survival 3: the score test of a term x g(t). With clusters the test
        is the model-based one, as in R.

    Raises
    ------
    DataError
        When the data are not those of the fit.
    NotEstimable
        When the fit has no finite estimates, exact ties or a penalty, or ``log`` meets an event at
        time 0.

    Notes
    -----
    Not to reject does not show that hazards are proportional: with few events the power is small.
    Grambsch & Therneau, Biometrika 1994;81:515.

    Examples
    --------
    Early events have x = 1, late ones x = 0 until the last: the hazard ratio falls with time.

    >>> from embogen.inference.cox import fit_cox
    >>> from embogen.inference.design import Design
    >>> from embogen.surv import Surv
    >>> surv = Surv([1, 2, 3, 4, 5, 6, 7, 8], [1] * 8)
    >>> design = Design.from_arrays([[1], [1], [1], [0], [0], [0], [0], [1]], ["x"])
    >>> result = proportional_hazards(fit_cox(surv, design), surv, design)
    >>> result.covariates[0].test.df, result.overall.p_value < 0.1
    (1.0, True)
    """
    if transform not in _TRANSFORMS:
        msg = f'transform="{transform}" is not one of {", ".join(_TRANSFORMS)}'
        raise ValueError(msg)
    if fit.penalty is not None:
        message = (
            "this model is penalised: its coefficients do not make the score zero, and the test "
            "of proportional hazards does not exist. Fit it without a penalty for the test."
        )
        raise NotEstimable(message)
    from embogen.inference.fitted_rows import fitted_rows  # noqa: PLC0415 - loads numba

    data = fitted_rows(fit, surv, design, strata=strata, weights=weights, offset=offset)
    g = _transformed(data, transform)
    draws = None
    if rng is not None and weights is None:
        draws = _Draws(monte_carlo.new_seed(rng), (max_draws, exceedances, level))
    tests = _Tests(fit, data, g, draws)
    names = list(dict.fromkeys(term.name for term in fit.terms))
    every = sorted(range(len(data.columns)), key=lambda i: fit.terms[data.columns[i]].label)
    return ProportionalHazardsTest(
        transform=transform,
        covariates=tuple(tests.covariate(name) for name in names),
        overall=tests.chi_square(every),
        n_events=fit.n_events,
        caveats=_caveats(fit.n_events),
        overall_permutation=tests.exchanged(every),
        curves=tests.curves(level),
        n=fit.n,
    )


class _Draws(NamedTuple):
    """What random orders are drawn from, and how many: draws, exceedances, level."""

    seed: Seed
    limits: tuple[int, int, float]

    def of(self, name: str) -> Draws:
        """Make the source of one test: it depends on its name, not on the tests before it."""
        key = (*self.seed.spawn_key, zlib.crc32(name.encode("utf-8")))
        sequence = np.random.SeedSequence(self.seed.entropy, spawn_key=key)
        return Draws(np.random.default_rng(sequence), *self.limits)


class _Tests:
    """What can be tested of one fit along one function of time."""

    def __init__(
        self, fit: CoxFit, data: FittedRows, g: NDArray[np.float64], draws: _Draws | None
    ) -> None:
        from embogen.survival.residuals import schoenfeld  # noqa: PLC0415 - loads numba
        from embogen.survival.tie_steps import group_of_rows  # noqa: PLC0415 - same
        from embogen.survival.zph import risk_set_spread, time_varying  # noqa: PLC0415 - same

        problem = (data.sets, data.X, data.beta, data.offset)
        ties = data.tie_fraction
        self.fit, self.data, self.draws = fit, data, draws
        self.varying = time_varying(*problem, tie_fraction=ties, g=g)
        found = schoenfeld(*problem, ties)
        group = group_of_rows(data.sets)[0][found.position]
        self.time = data.sets.group_time[group]
        self.events = Residuals(
            g[group],
            found.residuals,
            risk_set_spread(*problem, ties)[group],
            np.asarray(np.linalg.inv(data.covariance), dtype=np.float64),
        )

    def chi_square(self, columns: list[int]) -> SignificanceTest | None:
        """Test some columns together by the score test."""
        from scipy.special import chdtrc  # noqa: PLC0415 - results load without scipy

        value = math.nan
        if columns:
            value = self.varying.statistic(np.array(columns, dtype=np.intp))
        if math.isnan(value):
            return None
        df = len(columns)
        return SignificanceTest("proportional_hazards", value, float(df), float(chdtrc(df, value)))

    def exchanged(self, columns: list[int], name: str = "") -> PermutedHazards | None:
        """Test some columns together by exchanging residuals, if that was asked for."""
        if self.draws is None or not columns:
            return None
        return permuted(self.events, columns, self.draws.of(name))

    def covariate(self, name: str) -> CovariateTest:
        """Test the columns of one covariate together."""
        own = [item for item in self.fit.estimates if item.term.name == name]
        title = next((item.term.title for item in own if item.term.title), name)
        columns = [
            i for i, column in enumerate(self.data.columns) if self.fit.terms[column].name == name
        ]
        gene = any(item.is_gene for item in own)
        test, exchanged = self.chi_square(columns), self.exchanged(columns, name)
        return CovariateTest(name, test, exchanged, title, gene)

    def curves(self, level: float) -> tuple[HazardRatioCurve, ...]:
        """Run a smooth through the scaled residuals of each column."""
        data, fit = self.data, self.fit
        scaled = self.events.residual @ data.covariance * len(self.time) + data.beta
        found = []
        for i, column in enumerate(data.columns):
            events = (self.time, self.events.g, scaled[:, i] / data.scale[i])
            variance = float(data.covariance[i, i] / data.scale[i] ** 2)
            coef = float(fit.coef[column])
            found.append(smooth(fit.terms[column].label, events, coef, variance, level))
        return tuple(curve for curve in found if curve is not None)


def _transformed(data: FittedRows, transform: TimeTransform) -> NDArray[np.float64]:
    """Give g at the time of each tie group (in all strata together, without case weights)."""
    from embogen.survival.km import product_limit  # noqa: PLC0415 - results load without kernels
    from embogen.survival.tie_steps import group_of_rows  # noqa: PLC0415 - same

    at = data.sets.group_time
    group, event = group_of_rows(data.sets)
    time = at[group]
    if transform == "identity":
        return at
    if transform == "rank":
        ordered = np.sort(time)
        before = np.searchsorted(ordered, at, side="left")
        return (before + np.searchsorted(ordered, at, side="right") + 1) / 2.0
    if transform == "log":
        if (at[data.sets.group_deaths > 0] <= 0).any():
            message = (
                'transform="log" has no value at time 0, where there is an event. Use "km", "rank" '
                'or "identity".'
            )
            raise NotEstimable(message)
        return np.log(np.where(at > 0, at, 1.0))
    entry = data.sets.entry if data.sets.entry.size else None
    curve = product_limit(time, event, entry, None)
    left = np.append(1.0, curve.survival)[np.searchsorted(curve.time, at, side="left")]
    return 1.0 - left


def _caveats(n_events: int) -> tuple[Caveat, ...]:
    if n_events >= FEWEST_EVENTS:
        return ()
    message = (
        f"The test of proportional hazards rests on {n_events} events: it can see only a gross "
        "change of the hazard ratio, and its p-value is only roughly right."
    )
    return (Caveat("few_events_for_ph_test", message, {"events": n_events}),)
