"""Baseline hazards of a Cox regression, and survival predicted for given covariates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem
from embogen.inference.curves import CurveInterval
from embogen.inference.estimates import Estimate, Interval
from embogen.inference.row_data import check_level, float_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from embogen.inference.cox_result import CoxFit
    from embogen.inference.design import Design
    from embogen.inference.fitted_rows import FittedRows
    from embogen.surv import Surv


@dataclass(frozen=True, slots=True, eq=False)
class PredictedCurve:
    """What a Cox model predicts for one profile of covariates.

    Parameters
    ----------
    profile, stratum
        Name of the profile, and the stratum whose baseline it has (empty without strata).
    time
        (m,) distinct times in days at which that stratum was observed, ascending.
    survival
        (m,) predicted survival just after each time, exp(-hazard).
    hazard, std_error
        (m,) predicted cumulative hazard and its standard error.
    ci_low, ci_high
        (m,) pointwise limits of survival; NaN where they do not exist.
    interval, level
        Type and level of the limits.
    """

    profile: str
    stratum: str
    time: NDArray[np.float64]
    survival: NDArray[np.float64]
    hazard: NDArray[np.float64]
    std_error: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    interval: CurveInterval
    level: float

    def at(self, times: ArrayLike) -> NDArray[np.float64]:
        """Give survival just after each time; NaN beyond the last time observed.

        Returns
        -------
        (k,)
        """
        wanted = np.asarray(times, dtype=np.float64)
        values = np.append(1.0, self.survival)[np.searchsorted(self.time, wanted, side="right")]
        return np.where(wanted > self.time[-1], np.nan, values)

    def quantile(self, p: float) -> Estimate:
        """Give the time by which a fraction p is predicted to have failed.

        Returns
        -------
        Estimate
            Days, with limits where those of the curve cross 1 - p; NaN when not reached, upper
            limit inf when the data do not bound it. Conventions are those of Kaplan-Meier curves.
        """
        from embogen.survival.km import quantile  # noqa: PLC0415 - results load without kernels

        if not 0.0 < p < 1.0:
            msg = f"a fraction between 0 and 1 was expected, not {p:g}"
            raise ValueError(msg)
        low, high = (quantile(self.time, c, p) for c in (self.ci_low, self.ci_high))
        limits = Interval(low, math.inf if math.isnan(high) else high, self.level, self.interval)
        return Estimate(quantile(self.time, self.survival, p), limits, None, "days")


@dataclass(frozen=True, slots=True, eq=False)
class BaselineHazard:
    """Cumulative hazard of one stratum at covariates and offset 0, with its standard error."""

    stratum: str
    time: NDArray[np.float64]
    hazard: NDArray[np.float64]
    std_error: NDArray[np.float64]


def baseline_hazard(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    *,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> tuple[BaselineHazard, ...]:
    """Estimate the cumulative hazard of each stratum at covariates 0.

    Parameters
    ----------
    fit
        From `fit_cox`, with Efron's or Breslow's ties; the estimator has the same ties.
    surv, design, strata, weights, offset
        As they were given to `fit_cox`.

    Returns
    -------
    tuple of BaselineHazard
        One for each stratum, at offset 0. R's ``basehaz(centered = FALSE)`` is at the mean offset:
        it is this one times exp(mean offset).

    Raises
    ------
    DataError
        When the data are not those of the fit.
    NotEstimable
        When the fit has no finite estimates, or exact ties.

    Examples
    --------
    x = 1, 0, 1 with events at 1, 2, 3 has hazard ratio r = 1 / sqrt(2): steps 1 / (1 + 2r),
    1 / (1 + r), 1 / r.

    >>> from embogen.inference.cox import fit_cox
    >>> from embogen.inference.design import Design
    >>> from embogen.surv import Surv
    >>> surv, design = Surv([1, 2, 3], [1, 1, 1]), Design.from_arrays([[1], [0], [1]], ["x"])
    >>> baseline_hazard(fit_cox(surv, design), surv, design)[0].hazard.round(4).tolist()
    [0.4142, 1.0, 2.4142]
    """
    from embogen.inference.fitted_rows import fitted_rows  # noqa: PLC0415 - loads numba

    data = fitted_rows(fit, surv, design, strata=strata, weights=weights, offset=offset)
    return tuple(
        BaselineHazard(name, time, hazard, error)
        for name, time, hazard, error in _hazards(fit, data, data.zero, 0.0)
    )


def predict_survival(
    fit: CoxFit,
    surv: Surv,
    design: Design,
    profiles: Design,
    *,
    names: Sequence[str] | None = None,
    profile_offset: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    interval: CurveInterval = "log",
    level: float = 0.95,
) -> tuple[PredictedCurve, ...]:
    """Predict the survival of patients with given covariates.

    Parameters
    ----------
    fit
        From `fit_cox`, with Efron's or Breslow's ties.
    surv, design, strata, weights, offset
        As they were given to `fit_cox`.
    profiles
        k rows of the covariates to predict for, columns as in `design`.
    names
        k names of the profiles; ``profile 1`` and so on when None.
    profile_offset
        (k,) offsets; 0 when None.
    interval, level
        ``log`` (R's default), ``log-log`` or ``plain`` pointwise limits, and their level. They
        hold the uncertainty of baseline and coefficients.

    Returns
    -------
    tuple of PredictedCurve
        Profiles within strata: each profile has a curve in every stratum, as the stratum's
        baseline may be its own. With clusters the coefficients' covariance is the robust one.

    Raises
    ------
    DataError
        When the data are not those of the fit, or the profiles have other columns.
    NotEstimable
        When the fit has no finite estimates, or exact ties.

    Notes
    -----
    As R's ``survfit(coxph(...), newdata)``: exp(-H), whose ties follow those of the fit.

    Examples
    --------
    The baseline of `baseline_hazard`; at x = 0 the hazard after day 2 is 1.

    >>> from embogen.inference.cox import fit_cox
    >>> from embogen.inference.design import Design
    >>> from embogen.surv import Surv
    >>> surv, design = Surv([1, 2, 3], [1, 1, 1]), Design.from_arrays([[1], [0], [1]], ["x"])
    >>> (curve,) = predict_survival(
    ...     fit_cox(surv, design), surv, design, Design.from_arrays([[0]], ["x"])
    ... )
    >>> float(curve.at([2]).round(4)[0])
    0.3679
    """
    if interval not in {"log", "log-log", "plain"}:
        msg = f'interval="{interval}" is not one of "log", "log-log", "plain"'
        raise ValueError(msg)
    given = [f"profile {i + 1}" for i in range(profiles.n)] if names is None else list(names)
    shifts = _check_profiles(design, profiles, given, profile_offset, level)
    from embogen.inference.fitted_rows import fitted_rows  # noqa: PLC0415 - loads numba

    data = fitted_rows(fit, surv, design, strata=strata, weights=weights, offset=offset)
    curves = []
    for name, x, shift in zip(given, data.standardised(profiles), shifts, strict=True):
        for stratum, time, hazard, error in _hazards(fit, data, x, float(shift)):
            survival = np.exp(-hazard)
            low, high = _limits(survival, error, interval, level)
            curves.append(
                PredictedCurve(
                    profile=name,
                    stratum=stratum,
                    time=time,
                    survival=survival,
                    hazard=hazard,
                    std_error=error,
                    ci_low=low,
                    ci_high=high,
                    interval=interval,
                    level=level,
                )
            )
    return tuple(curves)


def _check_profiles(
    design: Design,
    profiles: Design,
    names: list[str],
    offset: ArrayLike | None,
    level: float,
) -> NDArray[np.float64]:
    """Refuse profiles that do not fit the model; give their offsets."""
    problems: list[DataProblem] = []
    check_level(level, problems)
    if profiles.terms != design.terms:
        message = f"has the columns {', '.join(profiles.names)}; {', '.join(design.names)} expected"
        problems.append(DataProblem("profiles", message, "Give the terms of the model."))
    if len(names) != profiles.n:
        message = f"are {len(names)} where there are {profiles.n} profiles"
        problems.append(DataProblem("profiles", message, "Give one each.", column="names"))
    shifts = float_rows(offset, "profile_offset", profiles.n, problems)
    if problems:
        raise DataError(problems)
    return np.zeros(profiles.n) if shifts is None else shifts


def _hazards(
    fit: CoxFit, data: FittedRows, x: NDArray[np.float64], offset: float
) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """Give name, times, hazard and standard error of a profile in each stratum."""
    from embogen.survival.baseline import baselines, hazard_of  # noqa: PLC0415 - loads numba

    square = np.ix_(data.columns, data.columns)
    covariance = fit.covariance[square] * np.outer(data.scale, data.scale)
    problem = (data.sets, data.X, data.beta, data.offset, data.tie_fraction)
    out = []
    for name, curve in zip(data.strata, baselines(*problem), strict=True):
        hazard, variance = hazard_of(curve, x, data.beta, covariance, offset)
        out.append((name, curve.time, hazard, np.sqrt(variance)))
    return out


def _limits(
    survival: NDArray[np.float64], error: NDArray[np.float64], kind: str, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    from embogen.survival.km import limits  # noqa: PLC0415 - same

    return limits(survival, error**2, float(ndtri(0.5 + level / 2)), kind)
