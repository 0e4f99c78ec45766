"""Best response of the liver over a patient's follow-up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from embogen.endpoint.recist import COMPLETE, NOT_EVALUABLE, PARTIAL, PROGRESSION, STABLE
from embogen.endpoint.scans import Scan

BEST_RESPONSES: Final = (COMPLETE, PARTIAL, STABLE, PROGRESSION, NOT_EVALUABLE)
"""From best to worst."""
_AS_GOOD: Final = {
    COMPLETE: frozenset({COMPLETE, "no disease"}),
    PARTIAL: frozenset({COMPLETE, "no disease", PARTIAL}),
}


def best_response(
    scans: Sequence[Scan],
    *,
    until: dt.date | None = None,
    confirmation_days: float | None = None,
) -> str:
    """Tell the best response up to the first progression.

    Parameters
    ----------
    scans
        Scans after the origin in order.
    until
        Scans from this day on are not counted (subsequent treatment); None counts all.
    confirmation_days
        A response needs a scan this many days later, or more, that is as good, before any
        progression; unconfirmed it counts as the next lower. None asks for no confirmation.

    Returns
    -------
    str
        One of `BEST_RESPONSES`; "no disease" is a complete response.

    Examples
    --------
    >>> day = dt.date(2020, 1, 1)
    >>> scans = [Scan(day, "partial response", None, "assessments", (2,)),
    ...          Scan(day.replace(month=3), "progression", None, "assessments", (3,))]
    >>> best_response(scans), best_response(scans, confirmation_days=28)
    ('partial response', 'stable disease')
    """
    seen = [s for s in scans if s.liver_evaluable and (until is None or s.date < until)]
    place = next((i for i, scan in enumerate(seen) if scan.liver == PROGRESSION), len(seen))
    before = seen[:place]
    for level, as_good in _AS_GOOD.items():
        dates = [scan.date for scan in before if scan.liver in as_good]
        confirmed = confirmation_days is None or (
            dates and (dates[-1] - dates[0]).days >= confirmation_days
        )
        if dates and confirmed:
            return level
    if before:
        return STABLE
    return PROGRESSION if place < len(seen) else NOT_EVALUABLE
