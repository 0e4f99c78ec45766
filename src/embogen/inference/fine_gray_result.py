"""What a subdistribution regression yields: plain results that load without the kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.inference.cox_result import Convergence, TermEstimate, Ties
from embogen.inference.design import Term
from embogen.inference.estimates import SignificanceTest

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Convention = Literal["finegray", "crr"]


@dataclass(frozen=True, slots=True, eq=False)
class FineGrayFit:
    """A subdistribution hazards model of one cause.

    Parameters
    ----------
    cause
        The cause of interest.
    terms
        One `Term` per column of the design.
    coef
        (p,) log subdistribution hazard ratios; +-inf where separated, NaN where aliased.
    covariance
        (p, p) robust, patients being the units (the weights make a patient's rows depend).
    model_covariance
        (p, p) inverse information, which takes the weights as known.
    loglik_null, loglik
        Weighted log partial likelihood at zero and at the maximum.
    n, n_events, n_competing, n_excluded
        Patients fitted, with the event, with another event, and never at risk.
    ties
        ``breslow`` or ``efron``.
    convention
        ``finegray`` or ``crr``: how tied censorings count, and what the robust covariance holds.
    convergence
        How the iteration ended.
    estimates
        One `TermEstimate` per term; `hr` is the subdistribution hazard ratio, with its robust
        Wald interval and p-value. Likelihood-ratio and score p are None: the weighted likelihood
        is not a likelihood.
    wald_test
        Robust Wald test of all terms, or None.
    means
        (p,) covariate means of the patients, at which the baseline stands.
    baseline_time, baseline_hazard
        (m,) event times and cumulative subdistribution hazard at `means`; the incidence there is
        1 - exp(-hazard). Empty with strata or where a coefficient is not finite.
    caveats
        What must be read with the numbers.
    """

    cause: str
    terms: tuple[Term, ...]
    coef: NDArray[np.float64]
    covariance: NDArray[np.float64]
    model_covariance: NDArray[np.float64]
    loglik_null: float
    loglik: float
    n: int
    n_events: int
    n_competing: int
    n_excluded: int
    ties: Ties
    convention: Convention
    convergence: Convergence
    estimates: tuple[TermEstimate, ...]
    wald_test: SignificanceTest | None
    means: NDArray[np.float64]
    baseline_time: NDArray[np.float64]
    baseline_hazard: NDArray[np.float64]
    caveats: tuple[Caveat, ...]

    def incidence(self, covariates: ArrayLike) -> NDArray[np.float64]:
        """Predict the cumulative incidence at the baseline times for one patient.

        Parameters
        ----------
        covariates
            (p,) in the units of the design.

        Returns
        -------
        (m,)
        """
        away = np.asarray(covariates, dtype=np.float64) - self.means
        risk = math.exp(float(away @ self.coef))
        return np.asarray(-np.expm1(-self.baseline_hazard * risk))
