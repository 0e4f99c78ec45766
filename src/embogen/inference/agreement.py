"""Two specimens of one patient: whether they tell the same of a gene."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.design import Term
from embogen.inference.estimates import Estimate, Interval
from embogen.inference.row_data import check_level

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW_PAIRS: Final = 20
ALL_GENES: Final = "All genes"


@dataclass(frozen=True, slots=True, eq=False)
class PairedCalls:
    """A gene in both specimens of n patients: 1 altered, 0 wild type, NaN not tested.

    `pooled` says whether it is added up over all genes; a group is not, since its members are.
    """

    term: Term
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    pooled: bool = True


@dataclass(frozen=True, slots=True)
class GeneAgreement:
    """Agreement of two specimens over one gene.

    Parameters
    ----------
    term
        The gene, or `ALL_GENES` for the pairs of all genes together.
    both, first_only, second_only, neither
        Pairs by where the gene is altered, of those tested in both specimens.
    n_unknown
        Pairs not tested in one of them (or both).
    overall
        Share of pairs that agree.
    positive, negative
        Positive agreement 2a / (2a + b + c): how far those altered in one are in the other, too.
        Negative agreement, the same of wild type.
    kappa
        Cohen's kappa; its interval is a large-sample one, None where that has no width.
    """

    term: Term
    both: int
    first_only: int
    second_only: int
    neither: int
    n_unknown: int
    overall: Estimate
    positive: Estimate
    negative: Estimate
    kappa: Estimate

    @property
    def n(self) -> int:
        """Pairs tested in both specimens."""
        return self.both + self.first_only + self.second_only + self.neither


@dataclass(frozen=True, slots=True)
class SpecimenAgreement:
    """Agreement of two specimens, gene by gene.

    Parameters
    ----------
    first, second
        What the two specimens are.
    n_pairs
        Patients with both.
    genes
        One row for each gene.
    pooled
        All genes together; without intervals, since genes of one patient are not independent.
        None for a single gene, and groups left out.
    caveats
        What must be read with it.
    """

    first: str
    second: str
    n_pairs: int
    genes: tuple[GeneAgreement, ...]
    pooled: GeneAgreement | None
    caveats: tuple[Caveat, ...]


def specimen_agreement(
    pairs: Sequence[PairedCalls], *, first: str, second: str, level: float = 0.95
) -> SpecimenAgreement:
    """Compare two specimens of each patient, gene by gene.

    Parameters
    ----------
    pairs
        One for each gene, of the same n patients.
    first, second
        What the two specimens are: ``liver`` and ``pancreas``, ``first`` and ``last``.
    level
        Confidence level.

    Returns
    -------
    SpecimenAgreement
        Only pairs in which both specimens were tested for a gene are compared on it.

    Raises
    ------
    DataError
        When lengths disagree or a value is anything but 1, 0 and NaN.

    Notes
    -----
    The overall share has its Clopper-Pearson interval. Positive agreement is 2p / (1 + p) of the
    share p altered in both among pairs altered in any; its interval is the exact one of p, carried
    over. The same for negative agreement.

    Examples
    --------
    Altered in both of 2 pairs, in the first only of 1, in none of 1: positive agreement 4 / 5.

    >>> calls = PairedCalls(Term("DAXX"), np.array([1, 1, 1, 0.0]), np.array([1, 1, 0, 0.0]))
    >>> found = specimen_agreement([calls], first="liver", second="pancreas").genes[0]
    >>> found.positive.value, found.overall.value
    (0.8, 0.75)
    """
    _check(pairs, level)
    genes = tuple(_agreement(item, level) for item in pairs)
    added = [gene for gene, pair in zip(genes, pairs, strict=True) if pair.pooled]
    pooled = _pooled(added, level) if len(added) > 1 else None
    n = len(pairs[0].first) if pairs else 0
    return SpecimenAgreement(first, second, n, genes, pooled, _caveats(genes))


def _check(pairs: Sequence[PairedCalls], level: float) -> None:
    problems: list[DataProblem] = []
    check_level(level, problems)
    for item in pairs:
        n = len(pairs[0].first)
        for values in (item.first, item.second):
            if len(values) != n:
                message = f"has {len(values)} rows where the others have {n}"
                problems.append(DataProblem("pairs", message, column=item.term.name))
            elif np.any(~np.isnan(values) & (values != 0) & (values != 1)):
                message = "holds a value that is not 1, 0 or missing"
                problems.append(DataProblem("pairs", message, column=item.term.name))
    if problems:
        raise DataError(problems)


def _agreement(pair: PairedCalls, level: float) -> GeneAgreement:
    known = ~np.isnan(pair.first) & ~np.isnan(pair.second)
    x, y = pair.first[known] == 1, pair.second[known] == 1
    table = (int((x & y).sum()), int((x & ~y).sum()), int((~x & y).sum()), int((~x & ~y).sum()))
    return _measures(pair.term, table, int((~known).sum()), level)


def _pooled(genes: Sequence[GeneAgreement], level: float) -> GeneAgreement:
    table = (
        sum(item.both for item in genes),
        sum(item.first_only for item in genes),
        sum(item.second_only for item in genes),
        sum(item.neither for item in genes),
    )
    unknown = sum(item.n_unknown for item in genes)
    return _measures(Term(ALL_GENES), table, unknown, level, intervals=False)


def _measures(
    term: Term,
    table: tuple[int, int, int, int],
    n_unknown: int,
    level: float,
    *,
    intervals: bool = True,
) -> GeneAgreement:
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    from embogen.survival.agreement import cohen_kappa  # noqa: PLC0415 - same

    both, first_only, second_only, neither = table
    differ, n = first_only + second_only, sum(table)
    kappa = cohen_kappa(*table)
    around = None
    if intervals and kappa.std_error > 0:  # zero where a cell is empty: no interval then
        half = float(ndtri(0.5 + level / 2)) * kappa.std_error
        low, high = max(-1.0, kappa.value - half), min(1.0, kappa.value + half)
        around = Interval(low, high, level, "large_sample")
    return GeneAgreement(
        term,
        both,
        first_only,
        second_only,
        neither,
        n_unknown,
        overall=_share(both + neither, n, level, intervals=intervals),
        positive=_specific(both, differ, level, intervals=intervals),
        negative=_specific(neither, differ, level, intervals=intervals),
        kappa=Estimate(kappa.value, around, None, "kappa"),
    )


def _share(x: int, n: int, level: float, *, intervals: bool) -> Estimate:
    from embogen.survival.two_by_two import clopper_pearson  # noqa: PLC0415 - light results

    if n == 0:
        return Estimate(math.nan, None, None, "probability")
    interval = None
    if intervals:
        interval = Interval(*clopper_pearson(x, n, level), level, "clopper_pearson")
    return Estimate(x / n, interval, None, "probability")


def _specific(agree: int, differ: int, level: float, *, intervals: bool) -> Estimate:
    """Carry the share of pairs that agree over to the specific agreement 2p / (1 + p)."""
    share = _share(agree, agree + differ, level, intervals=intervals)
    if share.interval is None:
        return Estimate(_twice(share.value), None, None, "probability")
    low, high = _twice(share.interval.low), _twice(share.interval.high)
    interval = Interval(low, high, level, "clopper_pearson")
    return Estimate(_twice(share.value), interval, None, "probability")


def _twice(p: float) -> float:
    return 2.0 * p / (1.0 + p)


def _caveats(genes: Sequence[GeneAgreement]) -> tuple[Caveat, ...]:
    few = [item for item in genes if item.n < FEW_PAIRS]
    if not few:
        return ()
    least = min(item.n for item in few)
    message = (
        f"{len(few)} of {len(genes)} genes were tested in both specimens of fewer than {FEW_PAIRS} "
        f"patients (at least {least}): intervals of kappa are too narrow."
    )
    return (Caveat("few_pairs", message, {"genes": len(few), "least_pairs": least}),)
