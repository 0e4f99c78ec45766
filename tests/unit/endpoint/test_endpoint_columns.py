"""Ready-made columns: units, codings that are clear or refused, and times of zero."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from embogen.cohort.model import Cohort
from embogen.endpoint.columns import ColumnRules, endpoint_from_columns
from embogen.endpoint.model import DerivedEndpoint
from embogen.errors import DataError


def cohort_of(time: Sequence[object], event: Sequence[object], **more: Sequence[object]) -> Cohort:
    ids = [f"P{i}" for i in range(len(time))]
    frame = pl.DataFrame({"patient_id": ids, "t": time, "e": event, **more}, strict=False)
    return Cohort(frame, files={"patients": "p.csv"}, headers={"patients.t": "Time (days)"})


def derive(cohort: Cohort, rules: ColumnRules | None = None) -> DerivedEndpoint:
    rules = rules or ColumnRules("t", "e")
    return endpoint_from_columns(cohort, rules, name="os", label="Overall survival")


def problems(cohort: Cohort, rules: ColumnRules | None = None) -> list[str]:
    with pytest.raises(DataError) as caught:
        derive(cohort, rules)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "event",
    [["1", "0"], ["1.0", "0.0"], [1, 0], [1.0, 0.0], [True, False], ["TRUE", "False"]],
)
def test_codings_that_are_clear(event: list[object]):
    assert [trace.event for trace in derive(cohort_of(["5", "7"], event)).traces] == [1, 0]


@pytest.mark.parametrize(
    "event", [["1", "2"], ["dead", "alive"], ["0", "2"], [1, 2], ["yes", "no"], ["1", "0.5"]]
)
def test_codings_that_are_ambiguous_are_refused_with_the_remedy(event: list[object]):
    (found,) = problems(cohort_of(["5", "7"], event))
    assert found.startswith("p.csv row ")
    assert "is ambiguous: the column holds" in found
    assert "event_codes = {" in found


def test_a_declared_coding_is_followed_and_must_be_complete():
    rules = ColumnRules("t", "e", event_codes={"2": "event", "1": "censored"})
    assert [t.event for t in derive(cohort_of([5, 7, 9], [2.0, 1.0, 2.0]), rules).traces] == [
        1,
        0,
        1,
    ]
    (found,) = problems(cohort_of([5, 7], [2, 3]), rules)
    assert found.startswith('p.csv row 3, e: "3" is not among the event_codes 2, 1')


@pytest.mark.parametrize(
    ("unit", "days"), [("days", 2.0), ("weeks", 14.0), ("months", 60.875), ("years", 730.5)]
)
def test_units(unit: str, days: float):
    rules = ColumnRules("t", "e", time_unit=unit)  # type: ignore[arg-type] # parametrized
    assert derive(cohort_of([2], [1]), rules).traces[0].time == days


def test_bad_times_are_named_by_row_and_header():
    found = problems(cohort_of(["5", "soon", "-3", "inf"], ["1"] * 4))
    assert [item.removesuffix(". Correct the cell.") for item in found] == [
        'p.csv row 3, Time (days): "soon" is not a number',
        'p.csv row 4, Time (days): "-3" is negative, and a time from the origin was expected',
        'p.csv row 5, Time (days): "inf" is not a number',
    ]


def test_missing_values_and_zeros_are_counted():
    cohort = cohort_of([5, None, 0, 7], [1, 0, 1, None])
    endpoint = derive(cohort)
    assert [trace.patient_id for trace in endpoint.traces] == ["P0"]
    steps = {s.label: [(x.patient_id, x.reason) for x in s.excluded] for s in endpoint.steps}
    assert steps == {
        "Had a follow-up time and status": [("P1", "t is missing"), ("P3", "e is missing")],
        "Had a follow-up above zero": [("P2", "follow-up of 0 days")],
    }
    kept = derive(cohort, ColumnRules("t", "e", zero_time="keep"))
    assert [trace.time for trace in kept.traces] == [5.0, 0.0]


def test_entry_before_the_origin_is_at_the_origin_and_late_entry_is_left_out():
    cohort = cohort_of([5, 7, 9, 4], [1] * 4, entry=[-41, 3, 9, None])
    endpoint = derive(cohort, ColumnRules("t", "e", entry="entry"))
    assert endpoint.delayed_entry
    assert [(t.entry_time, t.time) for t in endpoint.traces] == [(0.0, 5.0), (3.0, 7.0)]
    reasons = {x.patient_id: x.reason for s in endpoint.steps for x in s.excluded}
    assert reasons["P2"] == "never at risk: entry (9) is not before the end (9 days)"
    assert reasons["P3"] == "entry is missing"


def test_a_column_may_be_named_by_its_header_and_a_wrong_one_is_named():
    cohort = cohort_of([5], [1])
    assert derive(cohort, ColumnRules("Time (days)", "e")).traces[0].time == 5.0
    found = problems(cohort, ColumnRules("tt", "ee"))
    assert len(found) == 2
    assert 'p.csv row 1: "tt" is no column of this file' in found[0]
    assert 'Did you mean "t"?' in found[0]
