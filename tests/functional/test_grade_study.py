"""Grades as case lists write them, and grades derived, through a whole study."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from embogen.cohort.schema import PATIENTS
from embogen.errors import DataError
from embogen.io.place import Place
from embogen.io.raw_table import RawTable
from embogen.io.tables import read_raw_table
from embogen.io.typed_columns import NULL_WORDS, typed_column


@pytest.fixture
def pnet(data_dir: Path) -> Path:
    folder = data_dir / "pnet_case_covariates"
    if not folder.is_dir():
        pytest.skip("EMBOGEN_DATA holds no pnet_case_covariates: the lists are not committed")
    return folder


def grades(table: RawTable, header: str, missing: tuple[str, ...] = ()) -> list[str | None]:
    variable = PATIENTS.variable("who_grade")
    nulls = {*NULL_WORDS, *missing}
    cells = table.column(header)
    cells = cells.set(cells.is_in(list(nulls)), None)
    values, problems = typed_column(
        cells, variable, Place(table.file, header, table.rows, "patients")
    )
    assert [str(problem) for problem in problems] == []
    return values.to_list()


def test_two_columns_that_a_blank_tells_apart_hold_the_same_grades(pnet: Path) -> None:
    table = read_raw_table("Updated PNET case list.csv", pnet)
    assert len(table.rows) == 557
    assert [head for head in table.headers if head.strip() == "Grade"] == ["Grade ", "Grade"]
    written, plain = grades(table, "Grade "), grades(table, "Grade")
    assert written == plain
    assert Counter(written) == {None: 369, "2": 94, "1": 83, "3": 11}


def test_words_for_grades_are_read_and_unknown_is_asked_about(pnet: Path) -> None:
    table = read_raw_table("updated_grade_diff.csv", pnet)  # BOM, three columns without a name
    assert table.headers[-1] == "CANCER_TYPE_DETAILED"
    with pytest.raises(AssertionError, match='"Unknown" is not one of 1, 2, 3'):
        grades(table, "Grade")
    found = Counter(grades(table, "Grade", ("Unknown",)))
    assert found["1"] == 83 + 41 + 2
    assert found["2"] == 94 + 60
    assert found["3"] == 11 + 34 + 1


STUDY = """schema = 1
[study]
id = "arcnet"
title = "Grades of one series"
[data.patients]
file = "Updated PNET case list.csv"
key = "Patient_ID"
columns = { who_grade = "Grade " }
where = { Dataset = ["DATASET"] }
[covariate.grade]
column = "who_grade"
coding = "trend"
[[analysis]]
id = "table"
kind = "baseline_table"
variables = ["grade"]
"""


def test_one_series_of_the_list_runs_as_a_study(pnet: Path, tmp_path: Path, embogen) -> None:
    name = "Updated PNET case list.csv"
    (tmp_path / name).write_bytes((pnet / name).read_bytes())
    text = STUDY.replace("DATASET", "panet_arcnet_2017")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    said = embogen("run", tmp_path, "--json")
    assert said.code == 0, said.err
    table = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert table["flow"]["steps"][-1]["n_after"] == 98


def test_two_series_that_share_patients_are_refused_by_row(
    pnet: Path, tmp_path: Path, embogen
) -> None:
    name = "Updated PNET case list.csv"
    (tmp_path / name).write_bytes((pnet / name).read_bytes())
    text = STUDY.replace("DATASET", 'MSK-MET", "MSK-IMPACT')
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    said = embogen("run", tmp_path)
    assert said.code == 3
    assert "is the patient of row" in said.err


def test_grade_burden_and_sessions_in_the_model_study(demo_study: Path, embogen) -> None:
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('column = "who_grade"', 'derive = "who_grade"\nedition = "2019"')
    text = text.replace(
        '[covariate.embolic]\ntable  = "procedures"\ncolumn = "embolic"',
        '[covariate.burden]\nderive = "tumor_burden"\ncutpoints = [25, 50]\n'
        '[covariate.embolic]\nderive = "first_session"\ncolumn = "embolic"',
    )
    text = text.replace('"extrahepatic", "embolic"', '"burden", "extrahepatic", "embolic"')
    (demo_study / "study.toml").write_text(text, encoding="utf-8")
    said = embogen("run", demo_study, "--json")
    assert said.code == 0, said.err
    summary = json.loads(said.out)
    assert any("by Ki-67 or mitoses alone" in line for line in summary["to note"])
    assert not any("recorded grade" in line for line in summary["to note"])
    results = (demo_study / "results" / "results.csv").read_text(encoding="utf-8")
    # grades derived from Ki-67 are those recorded, so the printed hazard ratio of grade stands
    assert summary["printed figures reproduced"]
    assert "25 to 50%" in results


def test_a_wrong_recorded_grade_is_counted(demo_study: Path, embogen) -> None:
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('column = "who_grade"', 'derive = "who_grade"')
    (demo_study / "study.toml").write_text(text, encoding="utf-8")
    table = (demo_study / "patients.csv").read_text(encoding="utf-8")
    wrong = table.replace("neuroendocrine tumor,1,1.4", "neuroendocrine tumor,2,1.4", 1)
    assert wrong != table
    (demo_study / "patients.csv").write_text(wrong, encoding="utf-8")
    said = embogen("check", demo_study, "--json")
    assert said.code == 0
    notes = json.loads(said.out)["to note"]
    assert sum("recorded 2, derived 1: 1" in line for line in notes) == 1


def test_headers_told_apart_by_nothing_are_still_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Grade ,Grade \n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="headers must be unique"):
        read_raw_table("a.csv", tmp_path)
