"""A Cox model with Firth's penalty in the covariates' own units: maximum, profiles, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.survival.firth import (
    PenalisedMaximum,
    estimable,
    inverse_of_free,
    maximise_penalised,
    penalised_walk,
)
from embogen.survival.newton import CONVERGED
from embogen.survival.profile import profile_limit
from embogen.survival.supremum import standardise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.survival.risk_sets import RiskSets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


HIGHER: Final = 1e-9
"""A likelihood above the maximum by more than this part of it is not rounding."""


class Penalised:
    """The penalised likelihood of one model and its maximum.

    Parameters
    ----------
    sets
        The outcome.
    X
        (n, p) covariates in the original row order and their own units.
    offset
        (n,) in the original row order, or length 0.
    tie_fraction
        1.0 for Efron's approximation, 0.0 for Breslow's.

    Attributes
    ----------
    kept
        (q,) columns that can be estimated; the others are constant within risk sets or
        combinations of columns before them. Positions below count within these.
    beta, covariance
        (q,) and (q, q): coefficients and inverse information, in the columns' own units.
    loglik, loglik_null
        Penalised log likelihood at the maximum and at zero. The penalty holds log|I|, which
        changes by a constant with the units of the columns; differences do not depend on units.
    iterations, decrement, converged
        Steps taken, squared length of the last in standard errors, and whether it settled.

    Examples
    --------
    Two patients, the carrier fails first: the penalised hazard ratio is 3.

    >>> from embogen.survival.risk_sets import build
    >>> X = np.array([[1.0], [0.0]])
    >>> model = Penalised(build([1.0, 2.0], [True, False]), X, np.empty(0), 1.0)
    >>> round(float(np.exp(model.beta[0])), 9)
    3.0
    """

    def __init__(self, sets: RiskSets, X: Floats, offset: Floats, tie_fraction: float) -> None:
        Z, scale = standardise(X)
        walked = np.ascontiguousarray(Z[sets.order])
        self._sets = sets
        self._offset = offset[sets.order] if offset.size else offset
        self._tie_fraction = tie_fraction
        kept = estimable(sets, walked, self._offset, tie_fraction)
        self.kept: Ints = np.flatnonzero(kept)
        self._X = np.ascontiguousarray(walked[:, kept])
        self._scale = scale[kept]
        self._units = float(np.log(self._scale).sum())
        self._higher: PenalisedMaximum | None = None
        null, _, _ = penalised_walk(
            sets, self._X, np.zeros(len(self.kept)), self._offset, tie_fraction
        )
        self.loglik_null = float(null) + self._units
        self._climb(np.zeros(len(self.kept)))

    def _climb(self, start: Floats) -> None:
        """Maximise from a start, and take what is found."""
        free = np.zeros(len(self.kept), dtype=np.bool_)
        self._best = self._maximise(start, free)
        self.loglik = float(self._best.loglik) + self._units
        self._covariance = inverse_of_free(self._best.information, free)
        self.beta: Floats = self._best.beta / self._scale
        self.covariance: Floats = self._covariance / np.outer(self._scale, self._scale)
        self.iterations = int(self._best.iterations)
        self.decrement = float(self._best.decrement)
        self.converged = bool(self._best.flag == CONVERGED)

    def _maximise(self, start: Floats, held: NDArray[np.bool_]) -> PenalisedMaximum:
        return maximise_penalised(
            self._sets, self._X, start, held, self._offset, self._tie_fraction
        )

    def climbed_higher(self) -> bool:
        """Start again from a point higher than the maximum, if a profile has met one.

        The penalised likelihood may have several maxima. Whatever was read off the lower one is
        to be read off again.
        """
        if self._higher is None:
            return False
        start, self._higher = self._higher.beta, None
        self._climb(start)
        return True

    def profile(self, position: int, value: float) -> float:
        """Maximise with one coefficient held; the penalty keeps the whole information.

        Parameters
        ----------
        position
            Which of the kept columns.
        value
            Its coefficient, in its own units.

        Returns
        -------
        loglik
            NaN where the iteration did not settle.
        """
        fixed = value * float(self._scale[position])
        best, spread = self._best.beta, self._covariance
        # The others start where a quadratic likelihood would have them.
        shift = (fixed - best[position]) / spread[position, position]
        held = np.zeros(len(best), dtype=np.bool_)
        held[position] = True
        for start in (best + shift * spread[:, position], np.zeros(len(best))):
            start[position] = fixed
            found = self._maximise(start, held)
            if found.loglik > self._best.loglik + HIGHER * (1.0 + abs(self._best.loglik)):
                self._higher = found
            if found.flag == CONVERGED:
                return float(found.loglik) + self._units
        vanished = not np.isfinite(found.loglik)
        return -np.inf if vanished else np.nan

    def limit(self, position: int, side: float, drop: float) -> float:
        """Find where the profile of a coefficient has fallen by `drop` below its maximum.

        Parameters
        ----------
        position
            Which of the kept columns.
        side
            1.0 for the upper limit, -1.0 for the lower one.
        drop
            Half the chi-square quantile.
        """
        unit = side * float(np.sqrt(self.covariance[position, position]))
        centre = float(self.beta[position])
        return profile_limit(
            lambda value: self.profile(position, value), centre, unit, self.loglik - drop
        )
