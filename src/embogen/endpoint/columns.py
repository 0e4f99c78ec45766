"""An endpoint that stands ready in columns of the patients table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort
    from embogen.endpoint.model import DerivedEndpoint

TimeUnit = Literal["days", "weeks", "months", "years"]
EventMeaning = Literal["event", "censored"]


@dataclass(frozen=True, slots=True)
class ColumnRules:
    """Where time and event stand, and what they mean.

    Parameters
    ----------
    time, event
        Columns of the patients table (embogen's name, or the header).
    time_unit
        Unit of the time column, and of the entry column.
    event_codes
        Value in the event column to ``event`` or ``censored``. Without it only 0/1 (and
        false/true) are taken; anything else is ambiguous and refused.
    entry
        Column with the time of entry (left truncation), or None.
    zero_time
        What becomes of a follow-up of zero: ``exclude`` (counted in the flow) or ``keep``.
    """

    time: str
    event: str
    time_unit: TimeUnit = "days"
    event_codes: Mapping[str, EventMeaning] = field(default_factory=dict)
    entry: str | None = None
    zero_time: Literal["exclude", "keep"] = "exclude"


def endpoint_from_columns(
    cohort: Cohort, rules: ColumnRules, *, name: str, label: str
) -> DerivedEndpoint:
    raise NotImplementedError
