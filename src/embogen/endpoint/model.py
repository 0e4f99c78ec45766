"""What an endpoint rule needs and what it yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.caveats import Caveat
from embogen.cohort.flow import FlowStep

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, slots=True)
class EndpointTrace:
    """How one patient's time and event came about.

    Parameters
    ----------
    patient_id
        Whose.
    origin, entry, end
        Dates (None when the endpoint came from ready-made columns).
    time, entry_time
        Days from origin to end and to entry (0 when not delayed).
    event
        0 censored, 1 event, 2 the competing event where the endpoint has one.
    reason
        In words, naming the row that decided: ``hepatic progression on 2019-03-02 (assessment 4)``.
    """

    patient_id: str
    origin: dt.date | None
    entry: dt.date | None
    end: dt.date | None
    time: float
    entry_time: float
    event: int
    reason: str


@dataclass(frozen=True, slots=True)
class RuleCard:
    """The rules of an endpoint as (choice, value in words) pairs, printed in the report."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DerivedEndpoint:
    """An endpoint for the patients who have one, with the flow of those who have not.

    `traces` are in the order of the patients table. `delayed_entry` tells whether entry times
    are to be used. `causes` names the event codes from 1 on: one name, or the event and what
    competes with it.
    """

    name: str
    label: str
    traces: tuple[EndpointTrace, ...]
    delayed_entry: bool
    rules: RuleCard
    steps: tuple[FlowStep, ...]
    caveats: tuple[Caveat, ...]
    causes: tuple[str, ...] = ("event",)
