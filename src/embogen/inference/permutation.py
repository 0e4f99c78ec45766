"""Permutation tests of a 0/1 gene: p-values that hold their level with six carriers of 35.

What is exchanged are carrier labels among patients; entry, time and event stay together. Under
the hypothesis that genotype is independent of (entry, time, event), within strata where strata
are given, every relabelling was equally likely, so the p-value is exact with ties, censoring and
delayed entry as they are. Which statistic is permuted decides only the power.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from embogen.errors import DataError, DataProblem
from embogen.inference.permutation_result import (
    MonteCarloState,
    PermutationMethod,
    PermutationStatistic,
    PermutationTest,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

    from embogen.inference.design import Design
    from embogen.surv import Surv

TieRule = Literal["logrank", "efron", "breslow"]

SMALL_GROUP = 20
"""With fewer patients than this in the smaller group the permutation p-value comes first."""

_STATISTICS = get_args(PermutationStatistic)
_METHODS = get_args(PermutationMethod)
_TIES = get_args(TieRule)


def permutation_is_primary(n_carriers: int, n_others: int) -> bool:
    """Tell whether the permutation p-value is the one to print first for a 0/1 column.

    Examples
    --------
    >>> permutation_is_primary(6, 29), permutation_is_primary(20, 31)
    (True, False)
    """
    return min(n_carriers, n_others) < SMALL_GROUP


def permutation_test(
    surv: Surv,
    carriers: ArrayLike,
    *,
    statistic: PermutationStatistic = "studentised_score",
    strata: ArrayLike | None = None,
    within: ArrayLike | None = None,
    covariates: Design | None = None,
    ties: TieRule = "logrank",
    mid_p: bool = False,
    method: PermutationMethod | None = None,
    rng: np.random.Generator | None = None,
    resume: MonteCarloState | None = None,
    max_enumerated: int = 500_000_000,
    max_draws: int = 1_000_000,
    exceedances: int = 1_000,
    level: float = 0.95,
) -> PermutationTest:
    """Test whether carriers' hazard differs, by permuting who carries.

    Parameters
    ----------
    surv
        n outcomes of one cause; delayed entry is honoured.
    carriers
        (n,) 1 for a carrier, 0 for not; patients not tested must have been left out.
    statistic
        ``studentised_score`` (score over its standard error, taken anew for each carrier set;
        two-sided by its absolute value), ``studentised_doubled_tail`` (twice its smaller tail),
        ``likelihood_ratio``, ``score`` (absolute score), ``doubled_tail`` (twice the smaller tail
        of the score). All are exact; see Notes for their power.
    strata
        (n,) labels. Risk sets are made, and carriers permuted, within strata.
    within
        (n,) labels of groups carriers are permuted within besides; risk sets are not split.
    covariates
        Adjusts the score for covariates fitted without the gene. With `within` made of the same
        covariates the test stays exact; without it, it is approximate and a caveat says so.
    ties
        ``logrank``: hypergeometric variance; ``efron``, ``breslow``: information of the Cox
        model. One number where no two events share a time.
    mid_p
        Count carrier sets that tie with the observed one half: less conservative, not exact.
    method
        None enumerates where at most `max_enumerated` carrier sets exist and draws otherwise.
    rng
        Where random numbers come from; needed when carrier sets are drawn.
    resume
        A result's `draws`, to go on with; instead of `rng`.
    max_enumerated
        Most carrier sets to enumerate (likelihood ratio: one 500th of it).
    max_draws, exceedances
        Drawing stops after so many draws, or so many at least as extreme as the observed one.
    level
        Level of the interval about a Monte Carlo p-value.

    Returns
    -------
    PermutationTest

    Raises
    ------
    DataError
        When data or options cannot be used; every problem is named.

    Notes
    -----
    With few carriers the statistics are skewed, so by absolute value each is strong on one side:
    6 of 35 patients, 33 events, two-sided 1% level, power at hazard ratio 3 and 1/3
    (benchmarks/calibration.py): studentised .32 and .14, absolute score .00 and .45, doubled tail
    of the studentised score .22 and .36, likelihood ratio .24 and .34.

    Examples
    --------
    Three patients die on days 1, 2, 3; the carrier is the first. Of three possible carriers the
    first has U = 1 - 1/3, V = 2/9 and Z = 1.41, the second .42, the third -1.17.

    >>> from embogen.surv import Surv
    >>> test = permutation_test(Surv([1, 2, 3], [1, 1, 1]), [1, 0, 0])
    >>> test.method, test.n_sets, round(test.observed, 2), round(test.p_value, 4)
    ('enumerated', 3, 1.41, 0.3333)
    """
    problems = [
        DataProblem("permutation test", f"{name}={value!r} is not one of {', '.join(known)}")
        for name, value, known in (
            ("statistic", statistic, _STATISTICS),
            ("method", method or "enumerated", _METHODS),
            ("ties", ties, _TIES),
        )
        if value not in known
    ]
    problems += [
        DataProblem("permutation test", f"{name}={value!r} is not positive")
        for name, value in (("max_draws", max_draws), ("exceedances", exceedances))
        if value < 1
    ]
    if not 0.0 < level < 1.0:
        message = f"level={level!r} is not between 0 and 1"
        problems.append(DataProblem("permutation test", message, "Write 0.95 for 95%."))
    if statistic == "likelihood_ratio" and covariates is not None:
        message = 'statistic="likelihood_ratio" cannot be adjusted for covariates'
        remedy = 'Stratify by them, or take statistic="studentised_score".'
        problems.append(DataProblem("permutation test", message, remedy))
    if problems:
        raise DataError(problems)
    from embogen.inference.permutation_problem import prepare  # noqa: PLC0415 - loads numba
    from embogen.inference.permutation_run import Options, run  # noqa: PLC0415 - loads numba

    problem = prepare(
        surv, carriers, strata=strata, within=within, covariates=covariates, ties=ties
    )
    options = Options(
        statistic=statistic,
        mid_p=mid_p,
        method=method,
        rng=rng,
        resume=resume,
        max_enumerated=max_enumerated,
        max_draws=max_draws,
        exceedances=exceedances,
        level=level,
        exact=covariates is None or within is not None,
    )
    return run(problem, options)
