"""What a power simulation yields: plain results that load without the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from embogen.inference.estimates import Estimate

PowerTest = Literal["permutation", "wald", "likelihood_ratio", "score"]
"""Tests whose power can be simulated; `permutation` is that of the studentised score."""
Censoring = Literal["spread", "at_end"]


@dataclass(frozen=True, slots=True)
class PowerPoint:
    """What happens at one true hazard ratio.

    Parameters
    ----------
    hazard_ratio
        The truth.
    formula
        Power by Schoenfeld's formula.
    power, standard_error
        Simulated power and its Monte Carlo standard error.
    published_hr
        Median estimate among the significant replicates, taken in the direction of the truth (at
        a hazard ratio of 1: away from it): what would be published. NaN where none was
        significant; infinite where most of them have no finite estimate.
    wrong_direction
        Part of the significant replicates whose estimate lies on the other side of 1; NaN where
        none was significant, and at a hazard ratio of 1.
    n_replicates
        Simulated studies.
    """

    hazard_ratio: float
    formula: float
    power: float
    standard_error: float
    published_hr: float
    wrong_direction: float
    n_replicates: int


@dataclass(frozen=True, slots=True)
class Detectable:
    """The hazard ratio nearest 1 that is found with a given power.

    Parameters
    ----------
    power
        Wanted power.
    harmful
        Whether hazard ratios above 1 were looked at.
    formula, simulated
        By Schoenfeld's formula, and by simulation; infinite or 0 where no hazard ratio between
        1/100 and 100 reaches it.
    low, high
        95% Monte Carlo limits of `simulated`; NaN where it is not finite.
    """

    power: float
    harmful: bool
    formula: float
    simulated: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """The power of one design over hazard ratios.

    Parameters
    ----------
    n_patients, n_carriers, n_events
        The design.
    level
        Two-sided level of the test.
    test
        The test whose power this is.
    observed_outcome
        Whether times, censoring, entry and strata are those of a study, rather than drawn.
    n_strata
        Strata within which risk sets are made and carriers permuted.
    points
        In the order asked for.
    detectable
        Minimal detectable hazard ratios, where asked for.
    """

    n_patients: int
    n_carriers: int
    n_events: int
    level: float
    test: PowerTest
    observed_outcome: bool
    n_strata: int
    points: tuple[PowerPoint, ...]
    detectable: tuple[Detectable, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedRatio:
    """A significant hazard ratio beside what it says once its significance is allowed for.

    Parameters
    ----------
    published
        The hazard ratio as estimated.
    truth
        True hazard ratio at which the median significant estimate of this design is as published:
        1 where even without an effect significant estimates are as far from 1, NaN where the
        simulation cannot tell.
    shrunken
        Maximum of the likelihood of a significant Wald statistic, with its interval; see
        `embogen.inference.winners_curse.shrink_significant`.
    """

    published: float
    truth: float
    shrunken: Estimate
