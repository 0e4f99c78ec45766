"""An endpoint from timeline rows, on courses short enough to be worked by hand."""

from __future__ import annotations

import polars as pl
import pytest

from embogen.cohort.model import Cohort
from embogen.cohort.timeline import DAY, EVENT, FILE, PATIENT, ROW, STOP
from embogen.endpoint.model import DerivedEndpoint
from embogen.endpoint.timeline import TimelineRules, derive_from_timeline
from embogen.errors import DataError

SURGERY = {"EVENT_TYPE": ["Surgery"]}
PROGRESSION = {"STATUS": ["PD"]}
ROWS = [
    ("a", 10, None, "Surgery", None),
    ("a", 5, None, "Status", "PD"),  # before the origin: not an event
    ("a", 110, None, "Status", "PD"),
    ("a", 300, None, "Status", "PD"),
    ("b", 0, None, "Surgery", None),
    ("b", 40, 70, "Treatment", None),
    ("c", 0, None, "Surgery", None),
    ("c", 50, None, "Status", "DEAD"),
    ("d", 20, None, "Status", "PD"),
]


def cohort(rows: list[tuple[str, int, int | None, str, str | None]] = ROWS, **columns: list):
    timeline = pl.DataFrame(
        [(*row, "t.txt", i) for i, row in enumerate(rows, 2)],
        schema={
            PATIENT: pl.String,
            DAY: pl.Int64,
            STOP: pl.Int64,
            EVENT: pl.String,
            "STATUS": pl.String,
            FILE: pl.String,
            ROW: pl.Int64,
        },
        orient="row",
    )
    return Cohort(pl.DataFrame({"patient_id": ["a", "b", "c", "d"], **columns}), timeline=timeline)


def derive(found: Cohort, **rules: object) -> DerivedEndpoint:
    given = {"events": (PROGRESSION,), "origin": SURGERY, "deaths": {"STATUS": ["DEAD"]}, **rules}
    return derive_from_timeline(found, TimelineRules(**given), name="pfs", label="PFS")


def outcomes(found: DerivedEndpoint) -> dict[str, tuple[float, int]]:
    return {trace.patient_id: (trace.time, trace.event) for trace in found.traces}


def test_the_first_event_after_the_origin_counts():
    found = derive(cohort())
    assert outcomes(found) == {"a": (100, 1), "b": (70, 0), "c": (50, 1)}
    assert found.traces[0].reason == "Status, PD, on day 110 (t.txt row 4)"
    assert found.traces[1].reason == "censored: Treatment, until day 70 (t.txt row 7)"


def test_who_has_no_origin_stands_in_the_flow():
    step = derive(cohort()).steps[0]
    assert [(item.patient_id, item.reason) for item in step.excluded] == [
        ("d", "no row of the timeline is the origin")
    ]


@pytest.mark.parametrize(("death", "code"), [("event", 1), ("competing", 2), ("censor", 0)])
def test_a_death_is_what_the_rules_say(death: str, code: int):
    found = derive(cohort(), death=death)
    assert outcomes(found)["c"] == (50, code)
    assert found.causes == (("event", "death") if death == "competing" else ("event",))


def test_follow_up_columns_tell_what_the_timeline_does_not():
    months = [20.0, 12.0, 2.0, 1.0]
    status = ["0:LIVING", "1:DECEASED", "1:DECEASED", "0:LIVING"]
    found = derive(
        cohort(OS_MONTHS=months, OS_STATUS=status), follow_up="OS", deaths=None, origin=None
    )
    assert outcomes(found) == {
        "a": (5, 1),
        "b": (12 * 30.4375, 1),
        "c": (2 * 30.4375, 1),
        "d": (20, 1),
    }


def test_a_death_is_not_before_the_last_row_of_its_patient():
    """Months are rounded; a treatment that ends on day 70 was given to a living patient."""
    found = derive(
        cohort(OS_MONTHS=[9.0, 2.0, 9.0, 9.0], OS_STATUS=["1:DECEASED"] * 4), follow_up="OS"
    )
    assert outcomes(found)["b"] == (70, 1)


def test_a_timeline_that_outlasts_its_follow_up_is_counted():
    found = derive(
        cohort(OS_MONTHS=[3.0, 3.0, 3.0, 3.0], OS_STATUS=["0:LIVING"] * 4), follow_up="OS"
    )
    (caveat,) = found.caveats
    assert (caveat.code, dict(caveat.evidence)) == ("timeline_beyond_follow_up", {"patients": 1})


def test_entry_may_be_delayed_and_too_late():
    rows = [*ROWS, ("a", 60, None, "Specimen", None), ("c", 50, None, "Specimen", None)]
    found = derive(cohort(rows), entry={"EVENT_TYPE": ["Specimen"]})
    assert [(t.patient_id, t.entry_time) for t in found.traces] == [("a", 50)]
    reasons = {e.patient_id: e.reason for step in found.steps for e in step.excluded}
    assert reasons["b"] == "no row of the timeline is the entry"
    assert reasons["c"].startswith("never at risk: entry (Specimen, on day 50")
    assert found.delayed_entry


def test_the_order_of_rows_does_not_matter():
    straight, turned = derive(cohort()), derive(cohort(ROWS[::-1]))
    assert outcomes(straight) == outcomes(turned)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"STAGE": ["PD"]}, 'has no column "STAGE", and endpoint.pfs.timeline describes rows by'),
        ({"STATUS": ["pd"]}, "has no row with pd, which endpoint.pfs.timeline describes"),
    ],
)
def test_a_rule_that_describes_no_row_is_an_error(rule: dict[str, list[str]], expected: str):
    with pytest.raises(DataError) as caught:
        derive(cohort(), events=(rule,))
    assert expected in str(caught.value)


def test_a_study_without_a_timeline_is_told_so():
    with pytest.raises(DataError, match="has no timeline"):
        derive(Cohort(pl.DataFrame({"patient_id": ["a"]})))
