"""Max-T over all features of a scan: one family, relabelled together.

Patients are relabelled with everything they carry and were tested for, within strata and within
patients tested for the same things: an assay may have been used in other years, for other
patients. The statistic is the sum of the scores at the null of all patients of the endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.caveats import Caveat
from embogen.inference.max_t_panel import relabelled
from embogen.inference.max_t_panel_problem import PanelGenotypes, prepare_panel
from embogen.inference.monte_carlo import new_seed
from embogen.scan.blocks import BYTES_PER_ENTRY, block_edges, ranges
from embogen.scan.laid_out import Columns
from embogen.scan.null import Outcome
from embogen.scan.relabelling import Relabelling, RoundCounter
from embogen.scan.store import MemoryBlocks
from embogen.scan.work import Threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.scan.blocks import Source
    from embogen.scan.null import Null
    from embogen.scan.problem import ScanProblem
    from embogen.scan.store import KeptBlocks
    from embogen.scan.work import Backend

LEVEL: Final = 0.05
"""Drawing stops early once every adjusted p-value is clearly on one side of it."""
MEMORY_MB: Final = 4000.0
"""Carriers of the whole family must fit; they are needed again for every relabelling."""


@dataclass(frozen=True, slots=True, eq=False)
class FamilyTest:
    """Max-T of a scan.

    Parameters
    ----------
    p_step_down
        (G,) adjusted p-values; NaN where a feature was not in the family.
    n_permutations
        Relabellings counted; 0 when the family was not tested.
    family_size
        Features in it.
    caveats
        Why not, or what must be read with them.
    """

    p_step_down: NDArray[np.float64]
    n_permutations: int
    family_size: int
    caveats: tuple[Caveat, ...]


def family_test(
    problem: ScanProblem,
    source: Source,
    permutations: int,
    *,
    backend: Backend | None = None,
    kept: KeptBlocks | MemoryBlocks | None = None,
) -> FamilyTest:
    """Adjust the p-values of all features of an endpoint by max-T.

    Parameters
    ----------
    problem
        The endpoint.
    source
        The features; those with values other than 0 and 1 cannot be in the family.
    permutations
        Most relabellings.
    backend
        Who counts them; all cores of this machine when not given. The p-values do not depend on it.
    kept
        Where counts are kept, so that a test which was killed goes on.

    Returns
    -------
    FamilyTest
    """
    count = len(source.names)
    nobody = np.full(count, np.nan)
    entries = int(source.sizes().sum())
    if entries * BYTES_PER_ENTRY > MEMORY_MB * 1e6:
        message = (
            f"The features have {entries:,} entries, too many to be held for max-T: family-wise "
            "p-values are Holm's."
        )
        return FamilyTest(nobody, 0, 0, (Caveat("scan_family_too_large", message),))
    null = Outcome(problem, len(source.patients)).null(np.ones(len(source.patients), dtype=bool))
    if not null.usable:
        message = "The covariates alone have no finite fit, so no feature can be relabelled."
        return FamilyTest(nobody, 0, 0, (Caveat("scan_no_null_model", message),))
    genotypes = _genotypes(null, source)
    if genotypes is None:
        message = "Features with values other than 0 and 1 are not relabelled: no max-T."
        return FamilyTest(nobody, 0, 0, (Caveat("scan_family_not_binary", message),))
    job = _job(null, genotypes, permutations)
    counter = RoundCounter(job, backend or Threads(), kept or MemoryBlocks(()))
    found = relabelled(job.problem, job.seed, counter, stop_at=LEVEL)
    p = np.array([np.nan if g.p_step_down is None else g.p_step_down for g in found.genes])
    return FamilyTest(p, found.n_permutations, found.family_size, found.caveats)


def _job(null: Null, genotypes: PanelGenotypes, permutations: int) -> Relabelling:
    alike = np.unique(genotypes.patterns.T, axis=0, return_inverse=True)[1].reshape(-1)
    pools = null.pool * (int(alike.max(initial=0)) + 1) + alike
    seed = np.random.SeedSequence([null.problem.options.seed, 1])
    problem = prepare_panel(null.form.linear, genotypes, pools=pools, n_permutations=permutations)
    return Relabelling.of(problem, new_seed(np.random.default_rng(seed)))


def _genotypes(null: Null, source: Source) -> PanelGenotypes | None:
    """Lay all features out for the patients of the null; None where one is not 0/1."""
    least = null.problem.options.min_carriers
    starts, rows = [np.zeros(1, np.int64)], []
    missing_starts, missing = [np.zeros(1, np.int64)], []
    pattern, patterns = [], source.patterns[:, null.rows]
    for begin, end in ranges(block_edges(source.sizes(), 500.0)):
        block = source.block(begin, end)
        columns = Columns.of(block, np.arange(len(block.names)), null)
        if not columns.binary:
            return None
        own = np.repeat(np.arange(columns.size), columns.counts)
        kept = patterns[block.pattern[own], columns.rows]
        counts = np.bincount(own[kept], minlength=columns.size)
        kept &= (counts >= least)[own]
        starts.append(starts[-1][-1] + np.cumsum(np.where(counts >= least, counts, 0)))
        rows.append(columns.rows[kept].astype(np.int32))
        feature = np.repeat(np.arange(len(block.names)), np.diff(block.untested_start))
        lacking = null.position[block.untested]
        feature, lacking = feature[lacking >= 0], lacking[lacking >= 0]
        order = np.lexsort((lacking, feature))
        lost = np.bincount(feature, minlength=len(block.names))
        missing_starts.append(missing_starts[-1][-1] + np.cumsum(lost))
        missing.append(lacking[order])
        pattern.append(block.pattern)
    return PanelGenotypes(
        tuple(source.names),
        np.concatenate(starts),
        np.concatenate(rows),
        patterns,
        np.concatenate(pattern),
        np.concatenate(missing_starts),
        np.concatenate(missing).astype(np.int32),
    )
