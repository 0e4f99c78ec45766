"""P-values by method, and the notes that say which test a printed p-value is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.numerals import (
    NOTHING,
    format_count,
    format_level,
    format_p,
    format_ratio,
    format_ratio_interval,
)
from embogen.tables.model import Cell, Column, Row, Spanner, Table, number
from embogen.tables.term_notes import gene_cell, term_label
from embogen.wording import adjustment_words, inline_name_of_test, listed, lower_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.inference.cox_result import CoxFit, TermEstimate
    from embogen.inference.term_tests import AdjustedP, TermTests

_STATISTIC = "Permutation test of the studentized score"
_DOUBLED = ", two-sided as twice its smaller tail"
_WHY = (
    "With few carriers the likelihood-ratio, score, Wald and penalized tests reject true "
    "hypotheses too often; the permutation test holds its level. Firth's penalty gives finite "
    "hazard ratios and intervals (profile of the penalized likelihood)."
)


def p_note(item: TermEstimate) -> str | None:
    """Say which test a p-value is from, where that is not a test of the model.

    A Monte Carlo p-value is given with the number of draws, its interval and its seed.
    """
    tests = item.tests
    if tests is None or tests.primary != "permutation" or tests.permutation is None:
        return None
    return _permutation_note(tests)


def _permutation_note(tests: TermTests) -> str:
    found = tests.permutation
    text = _STATISTIC
    if found is not None and found.statistic == "studentised_doubled_tail":
        text += _DOUBLED
    if tests.adjusted_for:
        text += f", adjusted for {listed([lower_first(name) for name in tests.adjusted_for])}"
        where = "within its levels" if len(tests.adjusted_for) == 1 else "within their joint levels"
        text += f", carriers permuted {where if tests.permuted_within else 'over all patients'}"
    if found is not None and found.n_strata > 1 and not tests.permuted_within:
        text += ", within strata"
    if found is not None and found.mid_p:
        text += ", mid-p (carrier sets that tie with the observed one count half)"
    if found is None or found.method == "enumerated":
        return f"{text}; every possible set of carriers was counted."
    if found.method == "saddlepoint":
        return f"{text}; approximated by a double saddlepoint."
    text += f"; {format_count(found.n_permutations)} carrier sets were drawn"
    if found.p_interval is not None:
        low, high = format_p(found.p_interval.low), format_p(found.p_interval.high)
        text += (
            f", so that the p of all of them lies between {low} and {high} "
            f"({format_level(found.p_interval.level)} interval)"
        )
    if found.draws is not None:
        seed = "-".join(str(part) for part in found.draws.seed.entropy)
        text += f"; seed {seed}"
    return f"{text}."


def method_notes(estimates: Sequence[TermEstimate]) -> tuple[str, ...]:
    """Say in one note which tests the p-values of a table are from, and in one what is adjusted."""
    usable = [item for item in estimates if item.status == "ok"]
    methods = {str(item.primary_method) for item in usable if item.primary_method is not None}
    permuted = any(item.primary_method == "permutation" for item in estimates)
    names = listed(sorted(inline_name_of_test(method) for method in methods - {"permutation"}))
    adjusted = [item.tests.adjusted for item in estimates if item.tests and item.tests.adjusted]
    notes = []
    ending = "two-sided, not adjusted for multiple testing."
    if permuted and names:
        notes.append(f"p from the {names}, or the permutation test where marked; {ending}")
    elif permuted:
        notes.append(f"p from the permutation test; {ending}")
    elif names:
        notes.append(f"p from the {names}, {ending}")
    if adjusted:
        notes.append(_adjusted_note(adjusted[0]))
    return tuple(notes)


def _adjusted_note(adjusted: AdjustedP) -> str:
    text = (
        f"Adj. p: adjusted for {adjusted.family_size} genes by {adjustment_words(adjusted.method)}"
    )
    if adjusted.n_permutations is not None and adjusted.seed is not None:
        seed = "-".join(str(part) for part in adjusted.seed.entropy)
        text += f", {format_count(adjusted.n_permutations)} relabelings, seed {seed}"
    return f"{text}."


def has_adjusted(estimates: Sequence[TermEstimate]) -> bool:
    """Tell whether any p-value was adjusted for a family."""
    return any(item.tests is not None and item.tests.adjusted is not None for item in estimates)


def adjusted_cell(item: TermEstimate) -> Cell:
    """Print the adjusted p-value; a dash where the term is not of the family."""
    adjusted = None if item.tests is None else item.tests.adjusted
    return number(NOTHING if adjusted is None else format_p(adjusted.p_value))


def p_value_rows(fits: Sequence[CoxFit], *, name: str, title: str) -> Table | None:
    """Set the p-values of every permuted term side by side, by method, with Firth's estimate.

    Returns
    -------
    Table or None
        None when no term was permuted.
    """
    rows = [
        Row(_cells(item))
        for fit in fits
        for item in fit.estimates
        if item.tests is not None and item.tests.permutation is not None
    ]
    if not rows:
        return None
    columns = (
        Column("Variable"),
        Column("Carrier sets", "right"),
        Column("Permutation", "decimal"),
        Column("Likelihood ratio", "decimal"),
        Column("Score", "decimal"),
        Column("Wald", "decimal"),
        Column("HR", "decimal"),
        Column("CI", "center"),
        Column("p", "decimal"),
    )
    spanners = (Spanner("p-value", 2, 6), Spanner("Firth's penalty", 6, 9))
    return Table(name, title, columns, tuple(rows), spanners, (_WHY,))


def _cells(item: TermEstimate) -> tuple[Cell, ...]:
    tests = item.tests
    found = None if tests is None else tests.permutation
    note = None if tests is None else _permutation_note(tests)
    firth = None if tests is None else tests.firth
    notes = () if note is None else (note,)
    limits = NOTHING
    if firth is not None and firth.interval is not None:
        limits = format_ratio_interval(firth.interval.low, firth.interval.high)
    stub = gene_cell(item.term) if item.is_gene else Cell(term_label(item.term))
    return (
        stub,
        number(NOTHING if found is None else _sets(found.n_sets)),
        number(format_p(item.p_of("permutation")), notes=notes),
        number(format_p(item.p_of("likelihood_ratio"))),
        number(format_p(item.p_of("score"))),
        number(format_p(item.p_of("wald"))),
        number(NOTHING if firth is None else format_ratio(firth.value)),
        number(limits),
        number(format_p(None if firth is None else firth.p_value)),
    )


def _sets(count: int) -> str:
    """Print a number of carrier sets, by its size alone where it is astronomical.

    Examples
    --------
    >>> _sets(1623160), _sets(10**17)
    ('1,623,160', '1e+17')
    """
    return format_count(count) if count < 10**10 else f"{float(count):.0e}"
