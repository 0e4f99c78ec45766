"""How often a scan's p-values fall below a level when a feature has nothing to do with the outcome.

The outcome, covariates and strata are real ones; carriers are drawn at random among the patients,
which is to relabel the patients. Each p-value is had as the scan has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from scipy.special import ndtr

from embogen.scan.columns import p_values
from embogen.scan.laid_out import Columns
from embogen.scan.null import Outcome
from embogen.scan.reference import Reference, studentise
from embogen.scan.rows import METHOD
from embogen.survival.permutation import draw_sets, pools_of
from embogen.survival.scan_score import scan_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.scan.problem import ScanProblem

LEVELS: Final = (0.1, 0.05, 0.01, 1e-3, 1e-4, 1e-5)
AT_ONCE: Final = 50_000


def calibrate(
    problem: ScanProblem,
    carriers: Sequence[int],
    *,
    sets: int,
    rng: np.random.Generator,
    levels: Sequence[float] = LEVELS,
) -> pl.DataFrame:
    """Count p-values at or below levels, for random carriers of a real outcome.

    Parameters
    ----------
    problem
        The endpoint; its rows are all the patients.
    carriers
        Numbers of carriers to look at.
    sets
        Carrier sets drawn for each number.
    rng
        Where they come from.
    levels
        Levels at which to count.

    Returns
    -------
    pl.DataFrame
        A row for each number of carriers and level: ``carriers``, ``level``, ``p_method`` (most
        frequent), ``n`` p-values, ``observed`` share at or below the level, its standard error
        ``se`` if the share is the level, ``score`` the share by the asymptotic score test.
    """
    n = int(problem.rows.max()) + 1
    null = Outcome(problem, n).null(np.ones(n, dtype=np.bool_))
    reference = Reference(null)
    rows = []
    for k in carriers:
        found = np.zeros((2, len(levels)), dtype=np.int64)
        methods = np.zeros(len(METHOD), dtype=np.int64)
        pools = pools_of([(np.arange(null.n), k)])
        for begin in range(0, sets, AT_ONCE):
            count = min(AT_ONCE, sets - begin)
            chosen = np.sort(draw_sets(pools, rng.random((count, k))), axis=1)
            columns = Columns(np.arange(0, count * k + 1, k), chosen.ravel(), np.empty(0))
            scores = scan_scores(null.sparse, columns.start, columns.rows, columns.values)
            p, method = p_values(null, reference, columns, scores)
            score = 2.0 * ndtr(-np.abs(studentise(scores)))
            for j, level in enumerate(levels):
                found[0, j] += int((p <= level).sum())
                found[1, j] += int((score <= level).sum())
            methods += np.bincount(method, minlength=len(METHOD))
        for j, level in enumerate(levels):
            rows.append(
                {
                    "carriers": k,
                    "level": level,
                    "n": sets,
                    "observed": found[0, j] / sets,
                    "se": float(np.sqrt(level * (1.0 - level) / sets)),
                    "score": found[1, j] / sets,
                    "p_method": METHOD[int(np.argmax(methods))],
                }
            )
    return pl.DataFrame(rows)
