"""Which of several specimens speaks: each rule by hand, ties, windows, failed specimens."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from embogen.cohort.model import Cohort
from embogen.endpoint.specimen_choice import choose_specimens
from embogen.errors import DataError

ORIGIN = dt.date(2020, 6, 1)
ORIGINS = {"P1": ORIGIN, "P2": ORIGIN}


def cohort_of(*rows: tuple[str, str, int | None, str | None, str | None]) -> Cohort:
    """Give specimens as (id, patient, days from the origin, site, status)."""
    table = pl.DataFrame(
        {
            "specimen_id": [row[0] for row in rows],
            "patient_id": [row[1] for row in rows],
            "date": [None if r[2] is None else ORIGIN + dt.timedelta(days=r[2]) for r in rows],
            "site": [row[3] for row in rows],
            "status": [row[4] for row in rows],
        },
        schema_overrides={"date": pl.Date, "site": pl.String, "status": pl.String},
    )
    patients = pl.DataFrame({"patient_id": sorted({row[1] for row in rows})})
    return Cohort(patients, specimens=table)


def chosen(cohort: Cohort, rule: str, window: float | None = None):
    out, caveats = choose_specimens(cohort, ORIGINS, rule, window)  # type: ignore[arg-type]
    assert out.specimens is not None
    return out.specimens["specimen_id"].to_list(), {c.code: c.evidence for c in caveats}


SEVERAL = cohort_of(
    ("A", "P1", -100, "pancreas", None),
    ("B", "P1", -10, "Liver ", None),
    ("C", "P1", 5, "lung", None),
    ("D", "P2", 30, "lung", None),
)


@pytest.mark.parametrize(
    ("rule", "ids"),
    [
        ("any", ["A", "B", "C", "D"]),
        ("closest_to_origin", ["C", "D"]),
        ("latest_before_origin", ["B"]),
        ("liver_first", ["B", "D"]),
    ],
)
def test_each_rule_by_hand(rule, ids):
    found, caveats = chosen(SEVERAL, rule)
    assert found == ids
    assert caveats["several_specimens"] == {"several": 1, "patients": 2}
    assert ("no_specimen_by_rule" in caveats) == (rule == "latest_before_origin")


def test_of_two_as_near_the_earlier_speaks_and_those_of_one_day_together():
    tied = cohort_of(
        ("A", "P1", 7, None, None), ("B", "P1", -7, None, None), ("C", "P1", -7, None, None)
    )
    assert chosen(tied, "closest_to_origin")[0] == ["B", "C"]


def test_the_day_of_the_origin_is_before_it():
    rows = cohort_of(("A", "P1", -1, None, None), ("B", "P1", 0, None, None))
    assert chosen(rows, "latest_before_origin")[0] == ["B"]


def test_a_failed_specimen_speaks_only_where_there_is_no_other():
    rows = cohort_of(
        ("A", "P1", 0, None, "failed"), ("B", "P1", 90, None, None), ("C", "P2", 3, None, "failed")
    )
    found, caveats = chosen(rows, "closest_to_origin")
    assert found == ["B", "C"]
    assert "several_specimens" not in caveats


def test_only_specimens_in_the_window_are_chosen_among_and_others_are_left_to_it():
    rows = cohort_of(
        ("A", "P1", -20, "lung", None), ("B", "P1", -300, "liver", None), ("C", "P1", 9, None, None)
    )
    assert chosen(rows, "latest_before_origin", 180)[0] == ["A", "B"]
    assert chosen(rows, "closest_to_origin", 180)[0] == ["B", "C"]


def test_undated_specimens_cannot_be_near():
    rows = cohort_of(("A", "P1", None, None, None), ("B", "P2", 4, None, None))
    found, caveats = chosen(rows, "closest_to_origin")
    assert found == ["B"]
    assert caveats["no_specimen_by_rule"] == {"patients": 1}


def test_the_order_of_rows_does_not_matter():
    again = Cohort(SEVERAL.patients, specimens=SEVERAL.specimens.reverse())
    for rule in ("closest_to_origin", "latest_before_origin", "liver_first"):
        assert sorted(chosen(again, rule)[0]) == sorted(chosen(SEVERAL, rule)[0])


def test_a_study_without_any_liver_specimen_is_asked():
    rows = cohort_of(("A", "P1", 0, "lung", None))
    with pytest.raises(DataError, match=r"no specimen is of the liver.*specimens.liver_sites"):
        chosen(rows, "liver_first")
