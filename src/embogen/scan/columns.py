"""One block of features against one endpoint: scores, fits and p-values, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtr
from scipy.stats import chi2

from embogen.inference.cox_caveats import FEWEST_CARRIER_EVENTS, FEWEST_CARRIERS
from embogen.scan.careful import careful_fit
from embogen.scan.laid_out import Columns, groups_of
from embogen.scan.reference import Reference, studentise
from embogen.scan.rows import (
    ALIASED,
    COUNTS,
    FEW,
    INFINITE,
    METHOD,
    NO_EVENT,
    NO_NULL,
    NOT_ASKED,
    NOT_TESTED,
    OK,
    BlockResult,
    empty_rows,
)
from embogen.survival.newton import CONVERGED
from embogen.survival.scan_firth import scan_firth
from embogen.survival.scan_fit import DOUBTFUL, scan_fits
from embogen.survival.scan_saddlepoint import linear_tails
from embogen.survival.scan_score import scan_scores
from embogen.survival.scan_two_group import two_group_fits
from embogen.survival.scan_valued_tails import valued_tails
from embogen.survival.threads import spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embogen.scan.blocks import Block
    from embogen.scan.null import Null, Outcome
    from embogen.scan.rows import Arrays

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SMALLEST: Final = float(np.finfo(np.float64).tiny)
"""A p-value below this cannot be written down; none is 0."""
HELD_ROWS: Final = 10_000_000
"""Patients of all nulls kept, at about 300 bytes each; the oldest gives way and is made again."""
FEW_COLUMNS: Final = 8
"""Columns from which on another thread is started."""


class BlockRunner:
    """Runs blocks against one endpoint; nulls and reference distributions are kept.

    Parameters
    ----------
    outcome
        The endpoint, sorted.
    patterns
        (k, n_source) who was tested.
    """

    def __init__(self, outcome: Outcome, patterns: NDArray[np.bool_]) -> None:
        self.outcome = outcome
        self.patterns = patterns
        self._nulls: dict[int, Null] = {}
        self._references: dict[int, Reference] = {}

    def null(self, pattern: int) -> Null:
        """Give the null of a pattern, fitted when first asked for."""
        if pattern not in self._nulls:
            fresh = self.outcome.null(self.patterns[pattern])
            while self._nulls and self._rows() + fresh.n > HELD_ROWS:
                oldest = next(iter(self._nulls))
                del self._nulls[oldest]
                self._references.pop(oldest, None)
            self._nulls[pattern] = fresh
        return self._nulls[pattern]

    def _rows(self) -> int:
        return sum(null.n for null in self._nulls.values())

    def run(self, block: Block) -> BlockResult:
        """Test every feature of a block."""
        out = empty_rows(len(block.names))
        for at, pattern, untested in groups_of(block):
            if untested is None:
                null = self.null(pattern)
                if pattern not in self._references:
                    self._references[pattern] = Reference(null)
                reference = self._references[pattern]
            else:
                tested = self.patterns[pattern].copy()
                tested[untested] = False
                null = self.outcome.null(tested)
                reference = Reference(null)
            columns = Columns.of(block, at, null)
            rows = _test(null, reference, columns)
            for name, array in rows.items():
                out[name][at] = array
        return BlockResult(out)


def _test(null: Null, reference: Reference, columns: Columns) -> Arrays:
    """Test some columns of one null."""
    out = empty_rows(columns.size)
    out["n_tested"][:] = null.n
    out["n_events"][:] = int(null.event.sum())
    out["n_carriers"][:] = columns.counts
    out["n_carrier_events"][:] = columns.sum_over(null.event)
    least = null.problem.options.min_carriers
    enough = (columns.counts >= least) & (null.n - columns.counts >= least)
    out["status"][:] = np.where(enough, OK, NOT_TESTED if null.n == 0 else FEW)
    if not null.usable:
        out["status"][enough] = NO_NULL if null.n else NOT_TESTED
        return out
    asked = np.flatnonzero(enough)
    if not len(asked):
        return out
    some = columns.take(asked)
    form = null.sparse  # made once, before threads ask for it
    scores = _in_threads(some, lambda part: scan_scores(form, *part))
    z = studentise(scores)
    rows: Arrays = {"z": z, "p_score": 2.0 * ndtr(-np.abs(z))}
    rows["p_value"], rows["p_method"] = p_values(null, reference, some, scores)
    rows |= _estimates(null, some, scores, rows["p_value"])
    for name, array in rows.items():
        out[name][asked] = array
    return out


def _in_threads(columns: Columns, kernel: Callable[[tuple[Ints, Ints, Floats]], Floats]) -> Floats:
    """Run a kernel over ranges of the columns, on all cores."""

    def some(begin: int, end: int) -> Floats:
        return kernel(columns.part(begin, end))

    return np.concatenate(spread(some, columns.size, FEW_COLUMNS))


def p_values(
    null: Null, reference: Reference, columns: Columns, scores: Floats
) -> tuple[Floats, NDArray[np.int8]]:
    """Give the p-value of each column by the rule its number of carriers asks for.

    Parameters
    ----------
    null, reference
        The patients, and the distributions of rare features among them.
    columns, scores
        The features, and their (G, 3) scores and variances.

    Returns
    -------
    p, method
        (G,) and places in `embogen.scan.rows.METHOD`; NaN where the column does not vary beside
        the covariates.
    """
    z = studentise(scores)
    p = 2.0 * ndtr(-np.abs(z))
    method = np.full(columns.size, METHOD.index("score"), np.int8)
    smaller = np.minimum(columns.counts, null.n - columns.counts)
    few = (smaller < null.problem.options.exact_below) & columns.binary
    pools = columns.per_pool(null)
    common = np.flatnonzero(~few)
    tails = _linear_tails(null, columns.take(common), scores[common])
    told = ~np.isnan(tails)
    p[common[told]] = np.clip(2.0 * tails[told], SMALLEST, 1.0)
    method[common[told]] = METHOD.index("linear_saddlepoint")
    rare = np.flatnonzero(few)
    keys, which = np.unique(pools[rare], axis=0, return_inverse=True)
    for number, key in enumerate(keys):
        at = rare[which.reshape(-1) == number]
        p[at], method[at] = reference.p_values(tuple(int(k) for k in key), z[at])
    unclear = ~(scores[:, 1] > DOUBTFUL * scores[:, 2])  # the covariates tell all of the column
    p[unclear], method[unclear] = np.nan, METHOD.index("none")
    return p, method


def _linear_tails(null: Null, columns: Columns, scores: Floats) -> Floats:
    """Give the smaller permutation tail of each column's score.

    The permutation knows nothing of a relation between a feature and the covariates, which leaves
    the score less variance: the score is enlarged by what they took.
    """
    if not columns.size:
        return np.empty(0)
    held = columns.per_pool(null, weighed=True)
    centred = scores[:, 0] - np.sum(held * null.binned.mean, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        limits = centred * np.sqrt(scores[:, 2] / scores[:, 1])
    limits = np.where(np.isfinite(limits), limits, 0.0)

    def some(begin: int, end: int) -> Floats:
        found: Floats
        if columns.binary:
            found = linear_tails(null.binned, held[begin:end], limits[begin:end])
        else:
            part = columns.part(begin, end)
            found = valued_tails(null.binned, null.pool, *part, limits[begin:end])
        return found

    return np.concatenate(spread(some, columns.size, FEW_COLUMNS))


def _estimates(null: Null, columns: Columns, scores: Floats, p_value: Floats) -> Arrays:
    """Estimate the columns whose p-value asks for it."""
    out = empty_rows(columns.size)
    out["status"][:] = NOT_ASKED
    wanted = np.flatnonzero(~(p_value > null.problem.options.estimates_below))
    if len(wanted):
        some, own = columns.take(wanted), scores[wanted]
        fits = _fits(null, some, own)
        status = _careful(null, some, fits)
        out["coef"][wanted], out["se"][wanted] = fits[:, 0], fits[:, 1]
        with np.errstate(invalid="ignore"):
            out["p_wald"][wanted] = 2.0 * ndtr(-np.abs(fits[:, 0] / fits[:, 1]))
        out["p_wald"][wanted[~np.isfinite(fits[:, 0])]] = np.nan
        out["p_lrt"][wanted] = chi2.sf(np.maximum(fits[:, 2], 0.0), 1)
        out["status"][wanted] = status
        _firth(null, columns, wanted[_asks_for_firth(null, some, status)], out)
    theirs = {*COUNTS, "z", "p_score", "p_value", "p_method"}
    return {name: array for name, array in out.items() if name not in theirs}


def _fits(null: Null, columns: Columns, scores: Floats) -> Floats:
    """(G, 4) coefficient, standard error, likelihood ratio, flag of the compiled fits."""
    if not len(null.coef) and columns.binary:
        terms = null.totals
        fits = _in_threads(columns, lambda part: two_group_fits(null.sets, terms, *part[:2]))
        fits[:, 2] *= 2.0
        return fits
    start = null.fits  # made once, before threads ask for it

    def some(begin: int, end: int) -> Floats:
        found: Floats = scan_fits(start, scores[begin:end], *columns.part(begin, end))
        return found

    return np.concatenate(spread(some, columns.size, FEW_COLUMNS))


def _careful(null: Null, columns: Columns, fits: Floats) -> NDArray[np.int8]:
    """Judge, one at a time, the columns whose fit did not end in a clear maximum."""
    status = np.full(columns.size, OK, np.int8)
    events = columns.sum_over(null.event)
    for j in np.flatnonzero(fits[:, 3] != CONVERGED):
        coef, se, ratio, code = careful_fit(null, columns.column(int(j)))
        fits[j, :3] = coef, se, ratio
        status[j] = NO_EVENT if code == INFINITE and events[j] == 0 else code
    return status


def _asks_for_firth(null: Null, columns: Columns, status: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Tell the columns whose estimate is infinite, or rests on very few."""
    if not columns.binary:
        return np.zeros(columns.size, dtype=np.bool_)
    carriers, events = columns.counts, columns.sum_over(null.event)
    turned = 2 * carriers > null.n
    few = np.where(turned, null.n - carriers, carriers) < FEWEST_CARRIERS
    own = np.where(turned, int(null.event.sum()) - events, events)
    few |= own < FEWEST_CARRIER_EVENTS
    possible = (status != ALIASED) & (status != NOT_ASKED)
    return np.asarray(possible & (few | (status != OK)), dtype=np.bool_)


def _firth(null: Null, columns: Columns, at: Ints, out: Arrays) -> None:
    if not len(at):
        return
    fits = _in_threads(
        columns.take(at),
        lambda part: scan_firth(
            null.sets, null.covariates, null.coef, *part[:2], null.tie_fraction
        ),
    )
    out["firth_coef"][at], out["firth_se"][at] = fits[:, 0], fits[:, 1]
    out["p_firth"][at] = chi2.sf(np.maximum(fits[:, 2], 0.0), 1)
