"""Power by simulation, with the very test an analysis would use.

With six carriers of 35 a formula of large samples is a guess, and exact tests that hold the same
level differ in power. Carriers are dealt to the patients of fixed outcomes with the probabilities
of a Cox model (`embogen.survival.carrier_assignment`), so that the number of events is that of the
design, and one permutation distribution serves all replicates and hazard ratios of an outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from embogen.errors import DataError, DataProblem
from embogen.inference.permutation import permutation_is_primary
from embogen.inference.power import PLACE, check_design
from embogen.inference.power_result import Censoring, PowerCurve, PowerTest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from embogen.inference.power_trial import PowerTrial
    from embogen.surv import Surv

OUTCOMES = 50
"""Outcomes drawn where none is given; replicates are divided among them."""


def simulate_power(
    hazard_ratios: Sequence[float],
    *,
    n_patients: int,
    n_carriers: int,
    n_events: int,
    rng: np.random.Generator,
    level: float = 0.05,
    test: PowerTest | None = None,
    censoring: Censoring = "spread",
    replicates: int = 4_000,
    detect: Sequence[float] = (),
) -> PowerCurve:
    """Simulate the power to find a gene's effect in a study of given size.

    Parameters
    ----------
    hazard_ratios
        True hazard ratios of carriers against others.
    n_patients, n_carriers, n_events, rng, level, test, censoring, replicates
        As in `design_trial`.
    detect
        Powers whose minimal detectable hazard ratio is searched for, such as (0.8, 0.9).

    Returns
    -------
    PowerCurve
        With Schoenfeld's formula beside each simulated power.

    Raises
    ------
    DataError
        Naming every number that cannot be.

    Examples
    --------
    Two of four patients carry and all die: six carrier sets, p at least 1/6, no power at all.

    >>> curve = simulate_power(
    ...     [5.0], n_patients=4, n_carriers=2, n_events=4, rng=np.random.default_rng(1)
    ... )
    >>> curve.test, curve.points[0].power
    ('permutation', 0.0)
    """
    trial = design_trial(
        n_patients=n_patients,
        n_carriers=n_carriers,
        n_events=n_events,
        rng=rng,
        level=level,
        test=test,
        censoring=censoring,
        replicates=replicates,
    )
    return trial.curve(hazard_ratios, detect)


def design_trial(
    *,
    n_patients: int,
    n_carriers: int,
    n_events: int,
    rng: np.random.Generator,
    level: float = 0.05,
    test: PowerTest | None = None,
    censoring: Censoring = "spread",
    replicates: int = 4_000,
) -> PowerTrial:
    """Prepare a simulation from numbers alone.

    Parameters
    ----------
    n_patients, n_carriers, n_events
        The design; exactly so many patients have the event in every replicate.
    rng
        Source of random numbers; the same numbers serve all hazard ratios.
    level
        Two-sided level of the test.
    test
        None: permutation of the studentised score where fewer than 20 patients are in the smaller
        group, otherwise Wald (likelihood ratio where no finite estimate exists).
    censoring
        ``spread``: censorings fall evenly among the events, as when patients are lost at a
        constant rate; ``at_end``: all patients are followed until the last event counted.
    replicates
        Simulated studies for each hazard ratio, rounded up to a multiple of 50.

    Returns
    -------
    PowerTrial
    """
    problems = []
    if not 0 < n_carriers < n_patients:
        message = f"n_carriers={n_carriers} of n_patients={n_patients} leaves a group empty"
        problems.append(DataProblem(PLACE, message, "Give at least 1 carrier and 1 other."))
    if not 0 < n_events <= n_patients:
        message = f"n_events={n_events} is not between 1 and n_patients={n_patients}"
        problems.append(DataProblem(PLACE, message, "A patient has the event at most once."))
    if censoring not in get_args(Censoring):
        message = f"censoring={censoring!r} is not one of {', '.join(get_args(Censoring))}"
        problems.append(DataProblem(PLACE, message))
    chosen = _checked(test, (n_patients, n_carriers), replicates, level, problems)
    from embogen.inference.power_trial import FixedOutcome, PowerTrial  # noqa: PLC0415 - loads numba
    from embogen.survival.risk_sets import build  # noqa: PLC0415 - loads numba

    time = np.arange(1.0, n_patients + 1.0)
    outcomes = []
    for _ in range(OUTCOMES):
        event = np.arange(n_patients) < n_events
        if censoring == "spread":
            event = rng.permutation(event)
        outcomes.append(FixedOutcome(build(time, event), np.array([n_carriers], dtype=np.int64)))
    return PowerTrial(outcomes, chosen, level, -(-replicates // OUTCOMES), rng)


def observed_trial(
    surv: Surv,
    carriers: ArrayLike,
    *,
    rng: np.random.Generator,
    strata: ArrayLike | None = None,
    level: float = 0.05,
    test: PowerTest | None = None,
    replicates: int = 4_000,
) -> PowerTrial:
    """Prepare a simulation in which everything but who carries is that of a study.

    Parameters
    ----------
    surv
        n outcomes of one cause, with their ties, censoring and delayed entry.
    carriers
        (n,) 1 for a carrier, 0 for not; only their number in each stratum is used.
    rng, level, test, replicates
        As in `design_trial`.
    strata
        (n,) labels: risk sets are made, and carriers permuted, within strata.

    Returns
    -------
    PowerTrial

    Notes
    -----
    The power the study had is not evidence about its own result: it tells what the design could
    find. Carriers are taken to enter as late as others do.
    """
    from embogen.inference.permutation_problem import prepare  # noqa: PLC0415 - loads numba
    from embogen.inference.power_trial import FixedOutcome, PowerTrial  # noqa: PLC0415 - loads numba

    problem = prepare(surv, carriers, strata=strata)
    n, k = len(problem.carried), int(problem.carried.sum())
    problems = []
    if not 0 < k < n:
        message = f"{k} of {n} patients carry: there are no two groups"
        problems.append(DataProblem(PLACE, message, "Choose another gene."))
    if not problem.event.any():
        problems.append(DataProblem(PLACE, "no patient had the event", "Follow patients longer."))
    chosen = _checked(test, (n, k), replicates, level, problems)
    ends = problem.sets.group_end[problem.sets.stratum_end - 1]
    counts = np.add.reduceat(problem.carried, np.concatenate([[0], ends[:-1]]))
    outcome = FixedOutcome(problem.sets, counts.astype(np.int64))
    trial = PowerTrial([outcome], chosen, level, replicates, rng)
    trial.observed = trial.is_significant(problem.carried == 1.0)
    return trial


def _checked(
    test: PowerTest | None,
    sizes: tuple[int, int],
    replicates: int,
    level: float,
    problems: list[DataProblem],
) -> PowerTest:
    """Choose the test an analysis would use unless one is named; raise all problems."""
    if test is not None and test not in get_args(PowerTest):
        message = f"test={test!r} is not one of {', '.join(get_args(PowerTest))}"
        problems.append(DataProblem(PLACE, message))
    if replicates < 1:
        problems.append(DataProblem(PLACE, f"replicates={replicates} is not positive"))
    try:
        check_design(level=level)
    except DataError as error:
        problems += error.problems
    if problems:
        raise DataError(problems)
    n, k = sizes
    return test or ("permutation" if permutation_is_primary(k, n - k) else "wald")
