from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from cohort_with_targets import small_cohort

from embogen.errors import DataError
from embogen.evidence.compact_csv import read_compact, write_compact


def test_a_cohort_survives_the_round_trip(tmp_path: Path):
    path = tmp_path / "cohort.csv"
    write_compact(path, small_cohort(), source="an abstract,\nof two lines")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# SYNTHETIC")
    assert "# Printed in: an abstract, of two lines\n" in text
    again = read_compact(path)
    assert (again.event == small_cohort().event).all()
    assert list(again.covariates) == ["A", "B", "grade"]
    for name, values in small_cohort().covariates.items():
        assert (again.covariates[name] == values).all()


def test_broken_rows_are_all_named(tmp_path: Path):
    path = tmp_path / "cohort.csv"
    path.write_text("# note\nrank,event,A\n1,1,0\n3,1,0\n3,2,0\n4,1,x\n5,1\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_compact(path)
    assert [problem.row for problem in caught.value.problems] == [4, 5, 6, 7]


@pytest.mark.parametrize("text", ["", "# only a note\n", "patient,event\n1,1\n"])
def test_another_file_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "cohort.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="does not begin with rank,event"):
        read_compact(path)


def test_the_shipped_cohort_is_marked():
    path = resources.files("embogen.study").joinpath("demo_data/compact_cohort.csv")
    assert path.read_text("utf-8").startswith("# SYNTHETIC: no row is a real patient")
