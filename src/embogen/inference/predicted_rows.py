"""Rows of the long table for predicted survival.

Importing this module registers them with `result_rows`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.inference.predicted_survival import PredictedSurvival
from embogen.inference.result_row import ResultRow
from embogen.inference.result_rows import quantile_items, result_rows
from embogen.units import months_to_days

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embogen.inference.predicted_survival import HeldCovariate
    from embogen.inference.result_rows import Item


def _held(item: HeldCovariate) -> Iterator[Item]:
    """Write a level that is held into `level`, with value 1."""
    if isinstance(item.value, str):
        yield item.name, item.value, "held_at", 1.0, "", item.how
    else:
        yield item.name, "", "held_at", item.value, item.unit or "", item.how


@result_rows.register
def _(result: PredictedSurvival, *, analysis: str, endpoint: str) -> tuple[ResultRow, ...]:
    """Term in `term`, level (and stratum) in `level`."""
    model = result.ties if result.penalty is None else f"{result.ties}_{result.penalty}"

    def items() -> Iterator[Item]:
        yield "", "", "n", result.n, "", ""
        yield "", "", "n_events", result.n_events, "", ""
        for covariate in result.held:
            yield from _held(covariate)
        for curve in result.curves:
            place = (result.by, "/".join(filter(None, (curve.level, curve.curve.stratum))))
            yield (*place, "n", curve.n, "", "")
            yield (*place, "n_events", curve.n_events, "", "")
            yield from quantile_items(place, curve.quantiles, model)
            for month in result.months:
                found = curve.at(months_to_days(month))
                if math.isnan(found.value):
                    continue
                name = f"survival_at_{month:g}_months"
                yield (*place, name, found.value, "", model)
                if found.interval is not None:
                    method = found.interval.method
                    yield (*place, f"{name}_ci_low", found.interval.low, "", method)
                    yield (*place, f"{name}_ci_high", found.interval.high, "", method)

    return tuple(
        ResultRow(analysis, endpoint, term, level, statistic, float(value), unit, method)
        for term, level, statistic, value, unit, method in items()
        if value is not None
    )
