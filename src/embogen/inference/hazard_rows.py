"""Rows of the long table for tests of proportional hazards.

Importing this module registers them with `result_rows`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.inference.ph_test import ProportionalHazardsTest
from embogen.inference.result_row import ResultRow
from embogen.inference.result_rows import result_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embogen.inference.estimates import SignificanceTest
    from embogen.inference.ph_permutation import PermutedHazards

_METHOD = "proportional_hazards"


@result_rows.register
def _(result: ProportionalHazardsTest, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    """Covariate in `term` (empty for all together), transform of time in `level`."""

    def items() -> Iterator[tuple[str, str, float | None, str]]:
        yield "", "n", result.n, ""
        yield "", "n_events", result.n_events, ""
        for item in result.covariates:
            yield from _tests(item.covariate, item.test, item.permutation)
        yield from _tests("", result.overall, result.overall_permutation)

    return tuple(
        ResultRow(analysis, endpoint, term, result.transform, name, float(value), "", method)
        for term, name, value, method in items()
        if value is not None
    )


def _tests(
    term: str, test: SignificanceTest | None, permutation: PermutedHazards | None
) -> Iterator[tuple[str, str, float | None, str]]:
    if test is not None:
        yield term, "statistic", test.statistic, _METHOD
        yield term, "df", test.df, _METHOD
        yield term, "p_value", test.p_value, _METHOD
    if permutation is None:
        return
    method = f"{_METHOD}_permutation"
    yield term, "p_value", permutation.p_value, method
    yield term, "n_permutations", permutation.n_permutations, permutation.method
    yield term, "n_informative", permutation.n_informative, method
    if permutation.p_interval is not None:
        yield term, "p_value_ci_low", permutation.p_interval.low, method
        yield term, "p_value_ci_high", permutation.p_interval.high, method
