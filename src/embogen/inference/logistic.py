"""Logistic regression with Firth's penalty: odds ratios that stay finite in small tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.design import Design, Term
from embogen.inference.estimates import Interval
from embogen.inference.ratio import Ratio
from embogen.inference.row_data import check_level, float_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.survival.firth_logistic import PenalisedMaximum

    _Floats = NDArray[np.float64]

_SOURCE = "logistic regression"
_MAX_DOUBLINGS: Final = 60
_FAR: Final = 1e6
"""More than any likelihood falls near a limit; stands for infinity in the search for it."""
EVENTS_PER_PARAMETER: Final = 10


@dataclass(frozen=True, slots=True)
class LogisticTerm:
    """What the model says about one term.

    Parameters
    ----------
    term
        The column.
    status
        ``ok``, or ``not_estimable`` for a column that is constant or a combination of others.
    coef, se
        Log odds ratio and its Wald standard error.
    odds_ratio
        With profile penalised-likelihood interval and penalised likelihood-ratio p-value.
    n_carriers, n_carrier_events
        For a 0/1 column the rows with 1 and the positive outcomes among them; None otherwise.
    """

    term: Term
    status: Literal["ok", "not_estimable"]
    coef: float
    se: float
    odds_ratio: Ratio
    n_carriers: int | None
    n_carrier_events: int | None


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """A logistic model with Firth's penalty.

    Parameters
    ----------
    terms
        Columns of the design; the constant is fitted besides and not listed.
    estimates
        One for each term.
    intercept
        Log odds where all columns are 0.
    covariance
        (p, p) inverse information of the terms at the estimate; NaN where not estimable.
    loglik
        Penalised log likelihood; the penalty depends on the units of the columns.
    n, n_events
        Rows, and rows with a positive outcome.
    converged
        Whether the iteration reached its tolerance.
    caveats
        What must be read with the numbers.
    """

    terms: tuple[Term, ...]
    estimates: tuple[LogisticTerm, ...]
    intercept: float
    covariance: NDArray[np.float64]
    loglik: float
    n: int
    n_events: int
    converged: bool
    caveats: tuple[Caveat, ...]


def firth_logistic(outcome: ArrayLike, design: Design, *, level: float = 0.95) -> LogisticFit:
    """Fit a logistic model with Firth's penalty.

    Parameters
    ----------
    outcome
        (n,) 0 or 1.
    design
        n rows, p columns, without a constant: it is added.
    level
        Confidence level.

    Returns
    -------
    LogisticFit

    Raises
    ------
    DataError
        Naming every outcome that is not 0 or 1, or when lengths disagree.

    Notes
    -----
    Firth, Biometrika 1993;80:27; intervals and tests from the penalised profile likelihood, whole
    information matrix in the penalty: Heinze & Schemper, Stat Med 2002;21:2409.

    Examples
    --------
    3 of 3 carriers and 1 of 4 others respond; adding 1/2 to each cell gives
    (3.5 * 3.5) / (.5 * 1.5).

    >>> gene = Design.from_arrays([1, 1, 1, 0, 0, 0, 0], ["DAXX"])
    >>> fit = firth_logistic([1, 1, 1, 1, 0, 0, 0], gene)
    >>> round(fit.estimates[0].odds_ratio.value, 4)
    16.3333
    """
    problems: list[DataProblem] = []
    check_level(level, problems)
    y = float_rows(outcome, "outcome", design.n, problems)
    if y is not None:
        problems += [
            DataProblem(_SOURCE, "is not 0 or 1", "", int(i) + 1, "outcome", f"{y[i]:g}")
            for i in np.flatnonzero(np.isfinite(y) & (y != 0) & (y != 1))
        ]
    if design.n == 0:
        problems.append(DataProblem(_SOURCE, "there are no rows", "Give at least one patient."))
    if problems or y is None:
        raise DataError(problems)
    return _Model(design, y).fit(level)


class _Model:
    """A logistic problem in centred and scaled columns."""

    def __init__(self, design: Design, y: NDArray[np.float64]) -> None:
        from embogen.survival import firth_logistic as kernel  # noqa: PLC0415 - light results
        from embogen.survival.supremum import standardise  # noqa: PLC0415 - same

        self._kernel = kernel
        self._design, self._y = design, y
        Z, self._scale = standardise(design.matrix)  # noqa: N806 - the field's letter
        self._centre = design.matrix[0] - Z[0] * self._scale
        Z = np.column_stack([np.ones(len(y)), Z])  # noqa: N806 - same
        kept = kernel.independent_columns(Z)
        self._kept = np.flatnonzero(kept[1:])
        self._Z = np.ascontiguousarray(Z[:, kept])

    def _orthogonal(self, last: int) -> tuple[_Floats, _Floats]:
        """Give orthonormal columns (times sqrt n), column `last` in the last place, and R.

        Their coefficients are R times those of the columns: nothing is lost to near collinearity,
        and fixing the last fixes the coefficient of column `last`.
        """
        p = self._Z.shape[1]
        order = [k for k in range(p) if k != last] + [last]
        Q, R = np.linalg.qr(self._Z[:, order])  # noqa: N806 - the field's letters
        root = math.sqrt(len(self._y))
        sign = np.where(np.diag(R) < 0, -1.0, 1.0)
        return np.ascontiguousarray(Q * sign * root), (R.T * sign).T / root

    def fit(self, level: float) -> LogisticFit:
        q = self._Z.shape[1]
        X, R = self._orthogonal(q - 1)  # noqa: N806 - the field's letters
        free = np.ones(q, dtype=np.bool_)
        best = self._kernel.maximise(X, self._y, np.zeros(q), free)
        inverse = np.linalg.inv(R)
        beta = inverse @ best.beta
        scaled = inverse @ best.covariance @ inverse.T
        p = len(self._design.terms)
        covariance, coef = np.full((p, p), np.nan), np.full(p, np.nan)
        scale = self._scale[self._kept]
        covariance[np.ix_(self._kept, self._kept)] = scaled[1:, 1:] / np.outer(scale, scale)
        coef[self._kept] = beta[1:] / scale
        estimates = tuple(
            self._term(k, coef[k], covariance[k, k], (beta, best), level) for k in range(p)
        )
        # the determinant in the units of the design, not of the orthogonal columns
        determinant = float(np.log(scale).sum() + np.log(np.diag(R)).sum())
        return LogisticFit(
            terms=self._design.terms,
            estimates=estimates,
            intercept=float(beta[0] - np.nansum(coef * self._centre)),
            covariance=covariance,
            loglik=best.loglik + determinant,
            n=len(self._y),
            n_events=int(self._y.sum()),
            converged=best.converged,
            caveats=self._caveats(best),
        )

    def _term(
        self,
        column: int,
        coef: float,
        variance: float,
        top: tuple[_Floats, PenalisedMaximum],
        level: float,
    ) -> LogisticTerm:
        term, x = self._design.terms[column], self._design.matrix[:, column]
        binary = bool(np.isin(x, (0.0, 1.0)).all())
        counts = (int(x.sum()), int(x[self._y == 1].sum())) if binary else (None, None)
        beta, best = top
        if math.isnan(coef) or not best.converged:
            none = Ratio(math.nan, None, None, None, "odds")
            return LogisticTerm(term, "not_estimable", math.nan, math.nan, none, *counts)
        from scipy.special import chdtrc, chdtri  # noqa: PLC0415 - results load without scipy

        position = int(np.flatnonzero(self._kept == column)[0]) + 1
        X, R = self._orthogonal(position)  # noqa: N806 - the field's letters
        order = [k for k in range(len(beta)) if k != position] + [position]
        profile = _Profile(X, self._y, R @ beta[order])
        drop = float(chdtri(1, 1.0 - level)) / 2
        unit = float(R[-1, -1] * self._scale[column])
        low, high = (profile.limit(sign, drop) / unit for sign in (-1.0, 1.0))
        p_value = float(chdtrc(1, max(2.0 * profile.fall(0.0), 0.0)))
        interval = Interval(_exp(low), _exp(high), level, "profile_penalised_likelihood")
        ratio = Ratio(_exp(coef), interval, p_value, "penalised_likelihood_ratio", "odds")
        return LogisticTerm(term, "ok", float(coef), math.sqrt(variance), ratio, *counts)

    def _caveats(self, best: PenalisedMaximum) -> tuple[Caveat, ...]:
        out: list[Caveat] = []
        if not best.converged:
            message = f"The fit stopped after {best.iterations} steps; no estimate is given."
            out.append(Caveat("not_converged", message, {"iterations": best.iterations}))
        for k in sorted(set(range(len(self._design.terms))) - set(self._kept.tolist())):
            label, x = self._design.terms[k].label, self._design.matrix[:, k]
            if np.ptp(x) == 0:
                message = f"{label} has one value ({x[0]:g}) in all {len(x)} patients analysed."
                out.append(Caveat("constant_term", message, {"value": float(x[0])}, label))
            else:
                message = f"{label} is a combination of terms before it; it is left out."
                out.append(Caveat("collinear_term", message, {}, label))
        fewer = int(min(self._y.sum(), len(self._y) - self._y.sum()))
        if fewer < EVENTS_PER_PARAMETER * len(self._kept):
            message = (
                f"The rarer outcome occurs {fewer} times for {len(self._kept)} "
                f"{'parameter' if len(self._kept) == 1 else 'parameters'}."
            )
            evidence = {"events": fewer, "parameters": len(self._kept)}
            out.append(Caveat("few_events_per_parameter", message, evidence))
        return tuple(out)


class _Profile:
    """The penalised likelihood as a function of its last coefficient."""

    def __init__(
        self,
        X: _Floats,  # noqa: N803 - the field's letter
        y: _Floats,
        start: _Floats,
    ) -> None:
        from embogen.survival import firth_logistic as kernel  # noqa: PLC0415 - light results

        self._kernel, self._X, self._y = kernel, X, y
        self._free = np.ones(X.shape[1], dtype=np.bool_)
        self._best = kernel.maximise(X, y, start, self._free)
        self._free[-1] = False

    def fall(self, value: float) -> float:
        """Tell how far below its maximum the likelihood is with the coefficient fixed."""
        best = self._best
        slope = best.covariance[:, -1] / best.covariance[-1, -1]
        begin = best.beta + slope * (value - best.beta[-1])
        begin[-1] = value
        fixed = self._kernel.maximise(self._X, self._y, begin, self._free)
        return min(best.loglik - fixed.loglik, _FAR)

    def limit(self, sign: float, drop: float) -> float:
        """Find where it has fallen by `drop`, on one side; infinite when nowhere."""
        from scipy.optimize import brentq  # noqa: PLC0415 - slow to load

        centre = float(self._best.beta[-1])

        def excess(distance: float) -> float:
            return self.fall(centre + sign * distance) - drop

        reach = math.sqrt(float(self._best.covariance[-1, -1]))
        for _ in range(_MAX_DOUBLINGS):
            if excess(reach) > 0:
                return centre + sign * float(brentq(excess, 0.0, reach, xtol=1e-12, rtol=1e-13))
            reach *= 2
        return sign * math.inf


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf
