"""Tests of proportional hazards: one row per covariate, and all together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.numerals import NOTHING, format_count, format_number, format_p
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.wording import transform_words

if TYPE_CHECKING:
    from embogen.inference.estimates import SignificanceTest
    from embogen.inference.ph_permutation import PermutedHazards
    from embogen.inference.ph_test import ProportionalHazardsTest


def proportional_hazards_rows(result: ProportionalHazardsTest, *, name: str, title: str) -> Table:
    """Build one row per covariate, and one of all together."""
    permuted = _permuted(result)
    columns = [
        Column("Variable"),
        Column("Chi-square", "decimal"),
        Column("df", "right"),
        Column("p", "decimal"),
    ]
    if permuted:
        columns += [Column("Permutation p", "decimal"), Column("Events\nexchanged", "right")]
    rows = [
        Row((Cell(item.title or item.covariate, italic=item.is_gene), *cells))
        for item in result.covariates
        for cells in [_cells(item.test, item.permutation, permuted=bool(permuted))]
    ]
    if len(result.covariates) > 1:
        cells = _cells(result.overall, result.overall_permutation, permuted=bool(permuted))
        rows.append(Row((Cell("All together"), *cells)))
    size = (
        f"One model: {format_count(result.n)} patients, {format_count(result.n_events)} events. "
        f"Score tests that log hazard ratios do not change along "
        f"{transform_words(result.transform)} (Grambsch and Therneau)."
    )
    notes = [size]
    if permuted:
        notes.append(_how(permuted))
    notes.append("A large p does not show that hazards are proportional. p two-sided.")
    return Table(name, title, tuple(columns), tuple(rows), (), tuple(notes))


def _permuted(result: ProportionalHazardsTest) -> list[PermutedHazards]:
    found = [item.permutation for item in result.covariates]
    return [item for item in (*found, result.overall_permutation) if item is not None]


def _cells(
    test: SignificanceTest | None, permutation: PermutedHazards | None, *, permuted: bool
) -> tuple[Cell, ...]:
    cells = [number(NOTHING)] * 3
    if test is not None:
        degrees = NOTHING if test.df is None else f"{test.df:g}"
        cells = [
            number(format_number(test.statistic, 2)),
            number(degrees),
            number(format_p(test.p_value)),
        ]
    if permuted:
        p = None if permutation is None else permutation.p_value
        exchanged = NOTHING if permutation is None else format_count(permutation.n_informative)
        cells += [number(format_p(p)), number(exchanged)]
    return tuple(cells)


def _how(permuted: list[PermutedHazards]) -> str:
    text = (
        "Permutation p: Schoenfeld residuals exchanged among the events at which patients at risk "
        "differ in the variable"
    )
    drawn = [item for item in permuted if item.draws is not None]
    if not drawn:
        return f"{text}; every order was gone through."
    most = format_count(max(item.n_permutations for item in drawn))
    seeds = {item.draws.seed for item in drawn if item.draws is not None}
    seed = "-".join(str(part) for part in min(seeds, key=lambda one: one.entropy).entropy)
    return f"{text}; at most {most} orders were drawn, seed {seed}."
