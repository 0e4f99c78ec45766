"""What an endpoint rule needs and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    after_time
        Days from origin to the last scan without the progression that ended the time: the event
        lies between that and the scan that showed it. None for other ends, and by default rules.
    """

    patient_id: str
    origin: dt.date | None
    entry: dt.date | None
    end: dt.date | None
    time: float
    entry_time: float
    event: int
    reason: str
    after_time: float | None = None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row of a table that had a say in a patient's endpoint, or what came of them.

    Parameters
    ----------
    patient_id
        Whose.
    step
        ``origin``, ``treatment course``, ``baseline``, ``before origin``, ``follow-up``,
        ``after the end``, ``subsequent therapy``, ``death``, ``last contact``, ``best response``,
        ``entry``, ``end``, ``excluded`` or ``left out of the study``.
    date
        Of the row; None where the step has none.
    table, rows
        Where it stands: a table of the cohort and rows of its file.
    status
        Of the liver on a scan; for ``end`` the event code in words.
    note
        What the status rests on, or why.
    """

    patient_id: str
    step: str
    date: dt.date | None
    table: str = ""
    rows: tuple[int, ...] = ()
    status: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: of what sort, where, and what is odd about it.

    Parameters
    ----------
    code
        ``impossible_order``, ``long_gap``, ``readers_disagree`` or ``call_against_diameters``.
    file, row
        Where to look; the row as a spreadsheet numbers it.
    message
        What is odd, without naming the patient.
    """

    code: str
    file: str
    row: int
    message: str

    def __str__(self) -> str:
        """Write file, row and message in a line."""
        return f"{self.file} row {self.row}: {self.message}"


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

    `best_responses` is each patient's best response of the liver, and `specimen_days` the days
    from origin to the specimen (negative before it), for the patients who have one. Called,
    `history` gives, patient by patient, every row that had a say, the patients without the
    endpoint included, and `findings` what a person should look at before it is trusted.
    """

    name: str
    label: str
    traces: tuple[EndpointTrace, ...]
    delayed_entry: bool
    rules: RuleCard
    steps: tuple[FlowStep, ...]
    caveats: tuple[Caveat, ...]
    causes: tuple[str, ...] = ("event",)
    history: Callable[[], tuple[HistoryRow, ...]] = tuple
    best_responses: Mapping[str, str] = field(default_factory=dict)
    specimen_days: Mapping[str, float] = field(default_factory=dict)
    findings: Callable[[], tuple[Finding, ...]] = tuple
