"""Genes altered together or apart: Fisher's exact test of each pair, in those tested for both."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.design import Term
from embogen.inference.estimates import Interval
from embogen.inference.multiplicity import CONTROLS, Adjustment, adjust_p_values
from embogen.inference.ratio import Ratio
from embogen.inference.row_data import check_level

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from embogen.inference.association import Factor

Tendency = Literal["co-occurrence", "mutual exclusivity", "neither", "not comparable"]


@dataclass(frozen=True, slots=True)
class GenePair:
    """Two genes in the patients tested for both.

    Parameters
    ----------
    first, second
        The genes.
    both, first_only, second_only, neither
        Patients by what is altered.
    n_unknown
        Patients not tested for one of them, or for both.
    odds_ratio
        Conditional maximum-likelihood estimate with exact interval; p of Fisher's exact test,
        two-sided by probabilities. NaN where a gene is altered in none or all of them.
    adjusted_p_value
        For the number of pairs; None where nothing is adjusted or compared.
    tendency
        To which side the odds ratio lies, whatever its p-value.
    """

    first: Term
    second: Term
    both: int
    first_only: int
    second_only: int
    neither: int
    n_unknown: int
    odds_ratio: Ratio
    adjusted_p_value: float | None
    tendency: Tendency

    @property
    def n(self) -> int:
        """Patients tested for both."""
        return self.both + self.first_only + self.second_only + self.neither


@dataclass(frozen=True, slots=True)
class CoMutation:
    """Pairs of genes, in the order of the genes.

    Parameters
    ----------
    genes
        The genes, in the order given.
    pairs
        Every pair compared.
    adjustment
        How p-values were adjusted; None when they were not.
    n_compared
        Pairs with a p-value.
    caveats
        What must be read with them.
    """

    genes: tuple[Term, ...]
    pairs: tuple[GenePair, ...]
    adjustment: str | None
    n_compared: int
    caveats: tuple[Caveat, ...]


def co_mutation(
    factors: Sequence[Factor],
    *,
    adjustment: Adjustment | None = "holm",
    nested: Collection[frozenset[str]] = (),
    level: float = 0.95,
) -> CoMutation:
    """Compare every pair of genes.

    Parameters
    ----------
    factors
        Genes of the same n patients: 1 altered, 0 wild type, NaN not tested.
    adjustment
        For the number of pairs; None for none.
    nested
        Pairs of names that are not compared, since one holds the other (a group and its member).
    level
        Confidence level.

    Returns
    -------
    CoMutation

    Raises
    ------
    DataError
        When lengths disagree or a factor holds anything but 1, 0 and NaN.

    Examples
    --------
    Altered together in 3 of 8 patients, apart in 1 and 1: Fisher's p is 34/70.

    >>> from embogen.inference.association import Factor
    >>> a = Factor(Term("MEN1"), np.array([1, 1, 1, 1, 0, 0, 0, 0.0]))
    >>> b = Factor(Term("DAXX"), np.array([1, 1, 1, 0, 1, 0, 0, 0.0]))
    >>> pair = co_mutation([a, b]).pairs[0]
    >>> pair.tendency, round(pair.odds_ratio.p_value * 70, 6)
    ('co-occurrence', 34.0)
    """
    _check(factors, level)
    couples = [
        (a, b)
        for a, b in itertools.combinations(factors, 2)
        if frozenset({a.term.name, b.term.name}) not in nested
    ]
    tables = [_counts(a, b) for a, b in couples]
    ratios = [_odds(table, level) for table in tables]
    p_values = [math.nan if ratio.p_value is None else ratio.p_value for ratio in ratios]
    adjusted: list[float | None] = [None] * len(couples)
    if adjustment is not None and couples:
        found = adjust_p_values(p_values, adjustment).adjusted
        adjusted = [None if math.isnan(value) else float(value) for value in found]
    pairs = tuple(
        GenePair(a.term, b.term, *table, ratio, after, _tendency(ratio))
        for (a, b), table, ratio, after in zip(couples, tables, ratios, adjusted, strict=True)
    )
    compared = sum(not math.isnan(p) for p in p_values)
    return CoMutation(
        tuple(factor.term for factor in factors),
        pairs,
        adjustment,
        compared,
        _caveats(pairs, compared, adjustment),
    )


def _check(factors: Sequence[Factor], level: float) -> None:
    problems: list[DataProblem] = []
    check_level(level, problems)
    for factor in factors:
        n, values = len(factors[0].value), factor.value
        if len(values) != n:
            message = f"has {len(values)} rows where the first gene has {n}"
            problems.append(DataProblem("factors", message, column=factor.term.name))
        elif np.any(~np.isnan(values) & (values != 0) & (values != 1)):
            message = "holds a value that is not 1, 0 or missing"
            problems.append(DataProblem("factors", message, column=factor.term.name))
    if problems:
        raise DataError(problems)


def _counts(a: Factor, b: Factor) -> tuple[int, int, int, int, int]:
    known = ~np.isnan(a.value) & ~np.isnan(b.value)
    x, y = a.value[known] == 1, b.value[known] == 1
    return (
        int((x & y).sum()),
        int((x & ~y).sum()),
        int((~x & y).sum()),
        int((~x & ~y).sum()),
        int((~known).sum()),
    )


def _odds(table: tuple[int, int, int, int, int], level: float) -> Ratio:
    from embogen.survival.two_by_two import exact_odds  # noqa: PLC0415 - results load light

    both, first_only, second_only, neither, _ = table
    carriers, others = both + first_only, second_only + neither
    altered = both + second_only
    if not (carriers and others) or altered in {0, carriers + others}:
        return Ratio(math.nan, None, None, None, "odds")
    odds = exact_odds(both, carriers, second_only, others, 1.0 - level)
    interval = Interval(odds.low, odds.high, level, "conditional_exact")
    return Ratio(odds.odds_ratio, interval, odds.p_value, "fisher", "odds")


def _tendency(ratio: Ratio) -> Tendency:
    if math.isnan(ratio.value):
        return "not comparable"
    if ratio.value == 1:
        return "neither"
    return "co-occurrence" if ratio.value > 1 else "mutual exclusivity"


def _caveats(
    pairs: Sequence[GenePair], compared: int, adjustment: Adjustment | None
) -> tuple[Caveat, ...]:
    out: list[Caveat] = []
    empty = [pair for pair in pairs if pair.odds_ratio.value in {0.0, math.inf}]
    if empty:
        message = (
            f"{len(empty)} of {compared} pairs have an empty cell: their odds ratio is zero or "
            "infinite, and its interval has one end."
        )
        out.append(Caveat("empty_cell", message, {"pairs": len(empty)}))
    partial = [pair for pair in pairs if pair.n_unknown]
    if partial:
        most = max(pair.n_unknown for pair in partial)
        message = (
            f"{len(partial)} of {len(pairs)} pairs leave out patients not tested for both genes "
            f"(at most {most})."
        )
        out.append(Caveat("partial_panel", message, {"pairs": len(partial), "most": most}))
    if compared > 1 and adjustment is None:
        message = f"{compared} pairs were compared; the p-values are not adjusted for it."
        out.append(Caveat("multiple_testing", message, {"comparisons": compared}))
    elif compared > 1 and adjustment is not None:
        what = CONTROLS[adjustment].replace("_", " ").replace("family wise", "family-wise")
        message = (
            f"p-values of {compared} pairs are adjusted for their number ({adjustment}: {what})."
        )
        out.append(Caveat("adjusted_family", message, {"comparisons": compared}))
    return tuple(out)
