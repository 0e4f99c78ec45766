"""Baseline table: each variable described overall and by group, missing counted, groups tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from embogen.caveats import Caveat
from embogen.inference.estimates import SignificanceTest

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    raise NotImplementedError
