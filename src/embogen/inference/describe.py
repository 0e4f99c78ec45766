"""Baseline table: each variable described overall and by group, missing counted, groups tested."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.estimates import SignificanceTest
from embogen.inference.group_tests import compare_counts, compare_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Column:
    """A variable to describe.

    Parameters
    ----------
    name, label
        Its name and what a reader calls it.
    kind
        ``number`` or ``category``.
    values
        One per patient; float or None for a number, text or None for a category.
    levels
        Order of a category's levels; levels that occur but are not listed follow, sorted.
    unit
        Unit of a number.
    """

    name: str
    label: str
    kind: Literal["number", "category"]
    values: Sequence[float | str | None]
    levels: tuple[str, ...] = ()
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class NumberSummary:
    """A numeric variable in one group; NaN where nothing was observed."""

    n: int
    n_missing: int
    mean: float
    sd: float
    median: float
    q1: float
    q3: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class LevelCount:
    """How often one level occurs in one group; `n` counts the patients with a known level."""

    level: str
    count: int
    n: int


@dataclass(frozen=True, slots=True)
class CategorySummary:
    """A categorical variable in one group."""

    n: int
    n_missing: int
    counts: tuple[LevelCount, ...]


@dataclass(frozen=True, slots=True)
class BaselineVariable:
    """One variable: a summary for all patients and for each group, and the test between groups."""

    name: str
    label: str
    unit: str | None
    overall: NumberSummary | CategorySummary
    groups: tuple[NumberSummary | CategorySummary, ...]
    test: SignificanceTest | None


@dataclass(frozen=True, slots=True)
class BaselineTable:
    """Patients described; `group_names` is empty when they were not divided.

    Patients whose group is unknown are in the overall column only, counted in
    `n_group_missing`.
    """

    n: int
    group_variable: str | None
    group_names: tuple[str, ...]
    group_sizes: tuple[int, ...]
    n_group_missing: int
    variables: tuple[BaselineVariable, ...]
    caveats: tuple[Caveat, ...]


def baseline_table(
    columns: Sequence[Column],
    *,
    groups: Sequence[str | None] | None = None,
    group_variable: str | None = None,
    group_levels: tuple[str, ...] = (),
) -> BaselineTable:
    """Describe patients, overall and by group, with a test of each variable between groups.

    Parameters
    ----------
    columns
        Variables, all of n patients.
    groups
        (n,) group of each patient, None where unknown; or None for no division.
    group_variable
        What divides them.
    group_levels
        Order of the groups; groups that occur but are not listed follow, sorted.

    Returns
    -------
    BaselineTable
        Numbers: Wilcoxon's rank-sum test for two groups, Kruskal-Wallis for more. Categories:
        Fisher's exact test when an expected count is below 5, else Pearson's chi-square test
        without continuity correction. Missing values are counted and enter no test. Quartiles
        interpolate linearly (R's type 7).

    Raises
    ------
    DataError
        When columns differ in length, or a number is text: all are named.

    Examples
    --------
    >>> table = baseline_table([Column("age", "Age", "number", [40.0, None, 60.0])])
    >>> table.variables[0].overall.median, table.variables[0].overall.n_missing
    (50.0, 1)
    """
    n = len(groups) if groups is not None else len(columns[0].values) if columns else 0
    _check(columns, n)
    labels = [None] * n if groups is None else list(groups)
    present = {label for label in labels if label is not None}
    names = [name for name in dict.fromkeys(group_levels) if name in present]
    names += sorted(present - set(names))
    masks = [[label == name for label in labels] for name in names]
    caveats: list[Caveat] = []
    variables = [_variable(column, masks, caveats) for column in columns]
    return BaselineTable(
        n=n,
        group_variable=group_variable,
        group_names=tuple(names),
        group_sizes=tuple(sum(mask) for mask in masks),
        n_group_missing=0 if groups is None else sum(label is None for label in labels),
        variables=tuple(variables),
        caveats=tuple(caveats),
    )


def _check(columns: Sequence[Column], n: int) -> None:
    problems = []
    for column in columns:
        if len(column.values) != n:
            message = f"has {len(column.values)} values for {n} patients"
            problems.append(DataProblem("baseline table", message, column=column.name))
        if column.kind != "number":
            continue
        for i, value in enumerate(column.values):
            if isinstance(value, str):
                message = "is text where a number was expected"
                where = {"row": i + 1, "column": column.name, "value": value}
                problems.append(DataProblem("baseline table", message, **where))  # type: ignore[arg-type]  # keys are the fields
    if problems:
        raise DataError(problems)


def _variable(column: Column, masks: list[list[bool]], caveats: list[Caveat]) -> BaselineVariable:
    parts = [
        [value for value, inside in zip(column.values, mask, strict=True) if inside]
        for mask in masks
    ]
    overall: NumberSummary | CategorySummary
    summaries: tuple[NumberSummary | CategorySummary, ...]
    if column.kind == "number":
        numbers = [_known(part) for part in parts]
        known = _known(column.values)
        overall = _number(known, len(column.values))
        summaries = tuple(
            _number(found, len(part)) for found, part in zip(numbers, parts, strict=True)
        )
        test = compare_numbers(numbers)
    else:
        levels = _levels(column)
        category = _category(column.values, levels)
        overall = category
        divided = [_category(part, levels) for part in parts]
        summaries = tuple(divided)
        counts = [[item.count for item in summary.counts] for summary in divided]
        test, too_large = None, False
        if counts and levels:
            test, too_large = compare_counts(np.array(counts, dtype=np.int64).T)
        if too_large:
            message = (
                f"{column.label}: expected counts below 5, but too many tables for an exact "
                "test; the chi-square test is approximate."
            )
            caveats.append(Caveat("small_expected_counts", message, {}, column.name))
    missing = overall.n_missing
    if missing:
        message = f"{column.label} is missing in {missing} of {len(column.values)} patients."
        evidence = {"missing": missing, "patients": len(column.values)}
        caveats.append(Caveat("missing_values", message, evidence, column.name))
    return BaselineVariable(column.name, column.label, column.unit, overall, summaries, test)


def _known(values: Sequence[float | str | None]) -> NDArray[np.float64]:
    found = [float(value) for value in values if value is not None]
    numbers = np.array(found, dtype=np.float64)
    return numbers[~np.isnan(numbers)]


def _number(known: NDArray[np.float64], size: int) -> NumberSummary:
    n, missing, nan = len(known), size - len(known), math.nan
    if n == 0:
        return NumberSummary(0, missing, nan, nan, nan, nan, nan, nan, nan)
    q1, median, q3 = (float(q) for q in np.quantile(known, [0.25, 0.5, 0.75]))
    sd = float(known.std(ddof=1)) if n > 1 else nan
    return NumberSummary(
        n, missing, float(known.mean()), sd, median, q1, q3, float(known.min()), float(known.max())
    )


def _levels(column: Column) -> list[str]:
    present = {str(value) for value in column.values if value is not None}
    listed = list(dict.fromkeys(column.levels))
    return listed + sorted(present - set(listed))


def _category(values: Sequence[float | str | None], levels: list[str]) -> CategorySummary:
    known = [str(value) for value in values if value is not None]
    counts = tuple(LevelCount(level, known.count(level), len(known)) for level in levels)
    return CategorySummary(len(known), len(values) - len(known), counts)
