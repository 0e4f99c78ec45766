"""Genes against a yes-or-no outcome: objective response, or the event by a landmark.

Each gene is compared by Fisher's exact test, in all patients and within subgroups, and with
confounders by logistic regression with Firth's penalty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.design import Design, Term
from embogen.inference.estimates import Estimate, Interval
from embogen.inference.logistic import LogisticFit, firth_logistic
from embogen.inference.ratio import Ratio
from embogen.inference.response import BinaryOutcome, LeftOut
from embogen.inference.row_data import check_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

ALL_PATIENTS: Final = "all"


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """A gene (or other yes-or-no factor) to compare.

    Parameters
    ----------
    term
        Its name, with the level that 1 stands for and the reference that 0 stands for.
    value
        (n,) 1, 0, or NaN where it is not known (a gene not tested).
    """

    term: Term
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Subgroup:
    """Patients to look at apart: a name (``primary site: pancreas``) and the (n,) mask."""

    name: str
    rows: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GroupRate:
    """How many of a group have the outcome; `fraction` with its exact interval."""

    group: str
    n: int
    n_events: int
    fraction: Estimate


@dataclass(frozen=True, slots=True)
class Association:
    """One factor against the outcome in one set of patients.

    Parameters
    ----------
    term
        The factor.
    subgroup
        ``all`` or the subgroup's name.
    carriers, others
        Patients with the factor's level 1 and 0.
    n_unknown
        Patients with the outcome known but the factor not.
    odds_ratio
        Conditional maximum-likelihood estimate with exact interval; p of Fisher's exact test,
        two-sided by probabilities.
    difference
        Fraction of carriers less that of the others, with Newcombe's interval; NaN when a group
        is empty.
    """

    term: Term
    subgroup: str
    carriers: GroupRate
    others: GroupRate
    n_unknown: int
    odds_ratio: Ratio
    difference: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """A factor's logistic model with confounders; the factor is its first term."""

    term: Term
    fit: LogisticFit


@dataclass(frozen=True, slots=True, eq=False)
class Associations:
    """Factors against a yes-or-no outcome.

    Parameters
    ----------
    outcome
        Its name.
    days
        The landmark, when there is one.
    n, n_events
        Patients with the outcome known, and with it positive.
    left_out
        Patients without it, by reason.
    tables
        Factor by factor: all patients first, then each subgroup.
    adjusted
        One model for each factor; empty without confounders.
    caveats
        What must be read with the numbers.
    """

    outcome: str
    days: float | None
    n: int
    n_events: int
    left_out: tuple[LeftOut, ...]
    tables: tuple[Association, ...]
    adjusted: tuple[Adjusted, ...]
    caveats: tuple[Caveat, ...]


def associate(
    outcome: BinaryOutcome,
    factors: Sequence[Factor],
    *,
    subgroups: Sequence[Subgroup] = (),
    confounders: tuple[Design, ArrayLike] | None = None,
    days: float | None = None,
    level: float = 0.95,
) -> Associations:
    """Compare each factor with a yes-or-no outcome.

    Parameters
    ----------
    outcome
        Of n patients.
    factors
        Genes to compare, of the same n patients.
    subgroups
        Patients in whom the comparison is repeated.
    confounders
        A design of m rows and the (n,) mask of those m patients (those with all confounders
        known): one Firth logistic model is fitted for each factor, in the patients with factor
        and outcome known.
    days
        The landmark to record, when there is one.
    level
        Confidence level.

    Returns
    -------
    Associations

    Raises
    ------
    DataError
        When lengths disagree or a factor holds anything but 1, 0 and NaN.

    Examples
    --------
    3 of 4 carriers and 1 of 4 others respond: Fisher's p is 34/70.

    >>> outcome = BinaryOutcome("response", np.array([1, 1, 1, 0, 1, 0, 0, 0.0]), ())
    >>> gene = Factor(Term("DAXX", "altered", "wild type", "binary"), np.repeat([1.0, 0.0], 4))
    >>> round(associate(outcome, [gene]).tables[0].odds_ratio.p_value * 70, 6)
    34.0
    """
    _check(outcome, factors, subgroups, level)
    known = np.isfinite(outcome.value)
    everybody = Subgroup(ALL_PATIENTS, np.ones(len(outcome.value), dtype=np.bool_))
    tables = tuple(
        _association(outcome, factor, subgroup, level)
        for factor in factors
        for subgroup in (everybody, *subgroups)
    )
    adjusted: tuple[Adjusted, ...] = ()
    if confounders is not None:
        adjusted = tuple(_adjusted(outcome, factor, confounders, level) for factor in factors)
    return Associations(
        outcome=outcome.name,
        days=days,
        n=int(known.sum()),
        n_events=int(np.nansum(outcome.value)),
        left_out=outcome.left_out,
        tables=tables,
        adjusted=adjusted,
        caveats=(
            *outcome.caveats,
            *_caveats(tables, len(factors)),
            *(caveat for model in adjusted for caveat in model.fit.caveats),
        ),
    )


def _check(
    outcome: BinaryOutcome, factors: Sequence[Factor], subgroups: Sequence[Subgroup], level: float
) -> None:
    problems: list[DataProblem] = []
    check_level(level, problems)
    n = len(outcome.value)
    columns = [(outcome.name, outcome.value)]
    columns += [(factor.term.label, factor.value) for factor in factors]
    for name, value in columns:
        if len(value) != n:
            message = f"has {len(value)} rows where the outcome has {n}"
            problems.append(DataProblem("factors", message, "Give one per patient.", column=name))
            continue
        for i in np.flatnonzero(~np.isnan(value) & (value != 0) & (value != 1)):
            message = "is not 1, 0 or missing"
            shown = f"{value[i]:g}"
            problems.append(DataProblem("factors", message, "", int(i) + 1, name, shown))
    for subgroup in subgroups:
        if len(subgroup.rows) != n:
            message = f"has {len(subgroup.rows)} rows where the outcome has {n}"
            problems.append(
                DataProblem("subgroups", message, "Give one per patient.", column=subgroup.name)
            )
    if problems:
        raise DataError(problems)


def _association(
    outcome: BinaryOutcome, factor: Factor, subgroup: Subgroup, level: float
) -> Association:
    from scipy.special import ndtri  # noqa: PLC0415 - results load without scipy

    from embogen.survival.two_by_two import exact_odds, newcombe  # noqa: PLC0415 - same

    known = np.isfinite(outcome.value) & subgroup.rows
    tested = known & np.isfinite(factor.value)
    y, x = outcome.value[tested] == 1, factor.value[tested] == 1
    a, n1, c, n2 = int((y & x).sum()), int(x.sum()), int((y & ~x).sum()), int((~x).sum())
    odds = exact_odds(a, n1, c, n2, 1.0 - level)
    compared = n1 > 0 and n2 > 0
    ratio = Ratio(math.nan, None, None, None, "odds")
    difference = Estimate(math.nan, None, None, "probability")
    if compared:
        interval = Interval(odds.low, odds.high, level, "conditional_exact")
        ratio = Ratio(odds.odds_ratio, interval, odds.p_value, "fisher", "odds")
        low, high = newcombe(a, n1, c, n2, float(ndtri(0.5 + level / 2)))
        between = Interval(low, high, level, "newcombe")
        difference = Estimate(a / n1 - c / n2, between, None, "probability")
    term = factor.term
    return Association(
        term=term,
        subgroup=subgroup.name,
        carriers=_rate(term.level or "1", a, n1, level),
        others=_rate(term.reference or "0", c, n2, level),
        n_unknown=int((known & ~tested).sum()),
        odds_ratio=ratio,
        difference=difference,
    )


def _rate(group: str, events: int, n: int, level: float) -> GroupRate:
    from embogen.survival.two_by_two import clopper_pearson  # noqa: PLC0415 - light results

    if n == 0:
        return GroupRate(group, 0, 0, Estimate(math.nan, None, None, "probability"))
    low, high = clopper_pearson(events, n, level)
    interval = Interval(low, high, level, "clopper_pearson")
    return GroupRate(group, n, events, Estimate(events / n, interval, None, "probability"))


def _adjusted(
    outcome: BinaryOutcome, factor: Factor, confounders: tuple[Design, ArrayLike], level: float
) -> Adjusted:
    design, mask = confounders
    rows = np.asarray(mask, dtype=np.bool_)
    if len(rows) != len(outcome.value) or int(rows.sum()) != design.n:
        message = (
            f"the mask of the confounders marks {int(rows.sum())} of {len(rows)} patients; "
            f"{design.n} of {len(outcome.value)} were expected"
        )
        raise DataError([DataProblem("confounders", message)])
    usable = np.isfinite(outcome.value) & np.isfinite(factor.value)
    kept = usable & rows
    columns = np.column_stack([factor.value[kept], design.matrix[usable[rows]]])
    both = Design(columns, (factor.term, *design.terms))
    if not kept.any():
        message = f"{factor.term.label}: no patient has outcome, factor and confounders known"
        raise DataError([DataProblem("confounders", message, "Leave a confounder out.")])
    return Adjusted(factor.term, firth_logistic(outcome.value[kept], both, level=level))


def _caveats(tables: tuple[Association, ...], n_factors: int) -> tuple[Caveat, ...]:
    out: list[Caveat] = []
    for table in tables:
        where = "" if table.subgroup == ALL_PATIENTS else f" in {table.subgroup}"
        if table.odds_ratio.value in {0.0, math.inf}:
            message = (
                f"{table.term.label}{where}: a cell of the table is empty, so the odds ratio is "
                f"{'zero' if table.odds_ratio.value == 0 else 'infinite'} and its interval has "
                "one end."
            )
            evidence = {"carriers": table.carriers.n, "others": table.others.n}
            out.append(Caveat("empty_cell", message, evidence, table.term.label))
        if table.n_unknown and table.subgroup == ALL_PATIENTS:
            message = f"{table.term.label}: {table.n_unknown} patients not tested are left out."
            evidence = {"n": table.n_unknown}
            out.append(Caveat("partial_panel", message, evidence, table.term.label))
    compared = sum(math.isfinite(t.odds_ratio.p_value or math.nan) for t in tables)
    if n_factors > 1 or compared > 1:
        message = f"{compared} comparisons were made; the p-values are not adjusted for it."
        out.append(Caveat("multiple_testing", message, {"comparisons": compared}))
    return tuple(out)
