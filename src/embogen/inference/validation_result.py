"""What a bootstrap validation yields: plain results that load without the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from embogen.caveats import Caveat
from embogen.inference.cox_result import Ties
from embogen.inference.design import Term
from embogen.inference.estimates import Estimate
from embogen.inference.permutation_result import Seed


@dataclass(frozen=True, slots=True)
class CorrectedIndex:
    """A measure of performance, corrected for having been made on the data of the fit.

    Parameters
    ----------
    apparent
        On the data the model was fitted to.
    in_resamples, in_data
        Means over the resamples: of the model fitted to a resample, there and on the data. The
        slope of a penalised model is not taken in resamples: NaN.
    optimism
        What is taken off: in_resamples - in_data.
    corrected
        apparent - optimism.
    standard_error
        Monte Carlo standard error of the optimism: how much another set of resamples could give.
    """

    apparent: float
    in_resamples: float
    in_data: float
    optimism: float
    corrected: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class CoxValidation:
    """How well a Cox model would do on new patients like these.

    Parameters
    ----------
    terms, ties, penalty
        The model.
    n, n_events
        Patients and events it was fitted to.
    apparent
        Concordance on the data of the fit, with the interval it would have were it not too good.
    concordance
        Concordance, corrected.
    slope
        Calibration slope, corrected: its mean on the data over the models of the resamples. Below
        1 predictions for new patients are too extreme by that factor on the log scale. On the data
        of the fit it is 1, with a penalty nearly so.
    n_resamples, n_left_out
        Resamples drawn, and those of them without a finite fit.
    seed
        What they were drawn from; None where they were given.
    caveats
        What must be read with it.
    """

    terms: tuple[Term, ...]
    ties: Ties
    penalty: Literal["firth"] | None
    n: int
    n_events: int
    apparent: Estimate
    concordance: CorrectedIndex
    slope: CorrectedIndex
    n_resamples: int
    n_left_out: int
    seed: Seed | None
    caveats: tuple[Caveat, ...] = ()
