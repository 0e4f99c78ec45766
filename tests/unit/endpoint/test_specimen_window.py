"""Six months to either side of the embolization, the limit included."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from embogen.cohort.model import Cohort
from embogen.endpoint.specimen_window import check_specimen_window

ORIGIN = dt.date(2020, 7, 1)


def cohort_of(days: list[int | None]) -> Cohort:
    dates = [None if d is None else ORIGIN + dt.timedelta(days=d) for d in days]
    return Cohort(
        pl.DataFrame({"patient_id": ["P"]}),
        specimens=pl.DataFrame(
            {
                "specimen_id": [f"S{i}" for i in range(len(days))],
                "patient_id": ["P"] * len(days),
                "date": pl.Series(dates, dtype=pl.Date),
            }
        ),
    )


@pytest.mark.parametrize(
    ("days", "within"), [(0, True), (182, True), (-182, True), (183, False), (-183, False)]
)
def test_the_limits(days: int, *, within: bool):
    check = check_specimen_window(cohort_of([days]), {"P": ORIGIN}, 182.625)
    assert bool(check.specimen_ids) is within
    assert check.step.n_after == int(within)


def test_the_limit_itself_is_inside():
    check = check_specimen_window(cohort_of([183]), {"P": ORIGIN}, 183.0)
    assert check.specimen_ids == {"S0"}


def test_the_earliest_qualifying_specimen_decides_and_all_of_them_speak():
    check = check_specimen_window(cohort_of([90, -300, 20, None]), {"P": ORIGIN}, 182.625)
    assert check.specimen_ids == {"S0", "S2"}
    assert check.first == {"P": ORIGIN + dt.timedelta(days=20)}
    evidence = {item.code: item.evidence for item in check.caveats}
    assert evidence["specimen_outside_window"] == {"outside": 1, "specimens": 4}
    assert evidence["specimen_after_origin"]["after_origin"] == 1


def test_the_reason_names_the_nearest_specimen():
    check = check_specimen_window(cohort_of([300, -200]), {"P": ORIGIN}, 182.625)
    assert check.step.label == "Had a specimen within 6 months of the origin"
    assert check.step.excluded[0].reason == (
        "specimen of 2019-12-14 is 200 days before the origin, more than 6 months"
    )


def test_without_an_origin_or_a_specimens_table():
    check = check_specimen_window(cohort_of([0]), {}, 182.625)
    assert check.step.excluded[0].reason == "no embolization to relate the specimen to"
    bare = Cohort(pl.DataFrame({"patient_id": ["P"]}))
    check = check_specimen_window(bare, {"P": ORIGIN}, None)
    assert check.step.excluded[0].reason == "no specimen"
