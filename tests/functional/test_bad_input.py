"""Bad input ends with file, row, column, value, expectation and remedy, and writes no results."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest


def edit(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


def header_index(lines: list[str]) -> int:
    return next(i for i, line in enumerate(lines) if not line.startswith("#"))


def set_cell(path: Path, row: int, column: str, value: str, *, separator: str = ",") -> int:
    """Set a cell of the row-th data row; return its row number as a spreadsheet shows it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    top = header_index(lines)
    at = lines[top].split(separator).index(column)
    cells = lines[top + row].split(separator)
    cells[at] = value
    lines[top + row] = separator.join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return top + row + 1


def cell(path: Path, row: int, column: str, *, separator: str = ",") -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    top = header_index(lines)
    return lines[top + row].split(separator)[lines[top].split(separator).index(column)]


def refused(said, study: Path, code: int, *words: str) -> None:
    assert said.code == code, said.err or said.out
    for word in words:
        assert word in said.err, said.err
    assert "Traceback" not in said.err
    assert not (study / "results").exists()
    assert sorted(path.name for path in study.iterdir() if path.name.startswith(".")) == []


def test_wrong_header_is_named_with_the_closest_one(embogen, demo_study):
    edit(
        demo_study / "patients.csv",
        lambda lines: [line.replace("patient_id", "pateint_id") for line in lines],
    )
    refused(embogen("run", demo_study), demo_study, 3, "patients.csv", "patient_id", "pateint_id")


def test_duplicate_patient(embogen, demo_study):
    path = demo_study / "patients.csv"
    first = cell(path, 1, "patient_id")
    row = set_cell(path, 2, "patient_id", first)
    refused(embogen("run", demo_study), demo_study, 3, "patients.csv", f"row {row}", first)


def test_specimen_of_unknown_patient(embogen, demo_study):
    row = set_cell(demo_study / "specimens.csv", 3, "patient_id", "NOBODY-1")
    said = embogen("run", demo_study)
    refused(said, demo_study, 3, f"specimens.csv row {row}", "patient_id", "NOBODY-1")


def test_death_before_embolization(embogen, demo_study):
    patients, procedures = demo_study / "patients.csv", demo_study / "procedures.csv"
    patient = cell(patients, 1, "patient_id")
    lines = procedures.read_text(encoding="utf-8").splitlines()
    top = header_index(lines)
    names = lines[top].split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines[top + 1 :]]
    first = min(row["date"] for row in rows if row["patient_id"] == patient)
    died = (dt.date.fromisoformat(first) - dt.timedelta(days=3)).isoformat()
    row = set_cell(patients, 1, "death_date", died)
    refused(embogen("run", demo_study), demo_study, 3, f"patients.csv row {row}", died, "death")


@pytest.mark.parametrize("date", ["2019-02-30", "sometime", "03/04/2019", "2019-13-01"])
def test_impossible_or_unclear_date(embogen, demo_study, date):
    row = set_cell(demo_study / "assessments.csv", 4, "date", date)
    refused(embogen("run", demo_study), demo_study, 3, f"assessments.csv row {row}", "date", date)


def test_maf_with_shifted_columns(embogen, demo_study):
    path = demo_study / "mutations.maf"
    lines = path.read_text(encoding="utf-8").splitlines()
    top = header_index(lines)
    lines[top + 2 :] = ["\t" + line for line in lines[top + 2 :]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    refused(embogen("run", demo_study), demo_study, 3, "mutations.maf", f"row {top + 3}")


def test_maf_of_another_encoding(embogen, demo_study):
    path = demo_study / "mutations.maf"
    text = path.read_text(encoding="utf-8")
    path.write_bytes(text.encode("utf-16"))
    refused(embogen("run", demo_study), demo_study, 3, "mutations.maf", "UTF-8")


def test_table_in_latin_1(embogen, demo_study):
    path = demo_study / "patients.csv"
    set_cell(path, 1, "primary_site", "Übergang")
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    refused(embogen("run", demo_study), demo_study, 3, "patients.csv", "UTF-8")


def test_empty_file(embogen, demo_study):
    (demo_study / "patients.csv").write_text("", encoding="utf-8")
    refused(embogen("run", demo_study), demo_study, 3, "patients.csv", "empty")


def test_directory_given_for_a_file(embogen, demo_study):
    (demo_study / "patients.csv").unlink()
    (demo_study / "patients.csv").mkdir()
    refused(embogen("run", demo_study), demo_study, 3, "patients.csv", "folder")


def test_missing_file(embogen, demo_study):
    (demo_study / "specimens.csv").unlink()
    refused(embogen("run", demo_study), demo_study, 3, "specimens.csv")


def test_all_problems_of_all_files_come_in_one_go(embogen, demo_study):
    one = set_cell(demo_study / "patients.csv", 1, "who_grade", "4")
    two = set_cell(demo_study / "specimens.csv", 1, "patient_id", "NOBODY-1")
    three = set_cell(demo_study / "assessments.csv", 2, "date", "2020-02-31")
    said = embogen("run", demo_study)
    refused(said, demo_study, 3, f"patients.csv row {one}", f"specimens.csv row {two}")
    assert f"assessments.csv row {three}" in said.err


AMBIGUOUS = """schema = 1
[study]
id = "s"
title = "t"
[data]
patients = { file = "p.csv" }
[variable.days]
type = "number"
meaning = "Follow-up"
[variable.status]
type = "integer"
meaning = "Status"
[endpoint.os]
time = "days"
event = "status"
[[analysis]]
id = "curve"
kind = "kaplan_meier"
endpoint = "os"
"""


def test_ambiguous_status_coding_is_asked_about(embogen, tmp_path):
    (tmp_path / "study.toml").write_text(AMBIGUOUS, encoding="utf-8")
    (tmp_path / "p.csv").write_text("patient_id,days,status\na,10,1\nb,20,2\nc,30,1\n", "utf-8")
    said = embogen("run", tmp_path)
    refused(said, tmp_path, 3, "p.csv", "status", "event_codes")


def test_declared_status_coding_runs(embogen, tmp_path):
    text = AMBIGUOUS.replace(
        'event = "status"', 'event = "status"\nevent_codes = { "1" = "censored", "2" = "event" }'
    )
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    (tmp_path / "p.csv").write_text("patient_id,days,status\na,10,1\nb,20,2\nc,30,1\n", "utf-8")
    said = embogen("run", tmp_path)
    assert said.code == 0, said.err
    assert (tmp_path / "results" / "report.html").is_file()


def test_plan_problems_come_in_one_go_with_suggestions(embogen, demo_study):
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('kind      = "baseline_table"', 'kind      = "baseline_tabel"')
    text = text.replace('entry  = "origin"', 'entri  = "origin"')
    text = text.replace('terms    = ["gene:DAXX", "grade"]', 'terms    = ["gene:DAXX", "grad"]')
    (demo_study / "study.toml").write_text(text, encoding="utf-8")
    said = embogen("run", demo_study)
    refused(said, demo_study, 2, 'Did you mean "baseline_table"?', 'Did you mean "entry"?')
    assert 'Did you mean "grade"?' in said.err


def test_unknown_column_is_a_plan_problem_with_a_suggestion(embogen, demo_study):
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('column = "who_grade"', 'column = "who_grad"')
    (demo_study / "study.toml").write_text(text, encoding="utf-8")
    refused(embogen("run", demo_study), demo_study, 2, 'Did you mean "who_grade"?')


def test_gene_on_no_panel_is_a_plan_problem(embogen, demo_study):
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('terms    = ["gene:DAXX", "grade"]', 'terms    = ["gene:NOSUCH", "grade"]')
    (demo_study / "study.toml").write_text(text, encoding="utf-8")
    refused(embogen("run", demo_study), demo_study, 2, "NOSUCH")


def test_results_are_not_written_over_other_files(embogen, demo_study):
    (demo_study / "results").mkdir()
    (demo_study / "results" / "thesis.docx").write_text("precious", encoding="utf-8")
    said = embogen("run", demo_study)
    assert said.code == 2
    assert (demo_study / "results" / "thesis.docx").read_text(encoding="utf-8") == "precious"


def test_no_study_file(embogen, tmp_path):
    said = embogen("run", tmp_path / "nothing")
    assert said.code == 2
    assert "no such study file" in said.err


@pytest.mark.parametrize("words", [["rum"], ["run"], ["run", "--ot", "x", "y"], []])
def test_bad_usage_exits_2(embogen, words):
    assert embogen(*words).code == 2


def test_json_problems(embogen, tmp_path):
    said = embogen("run", tmp_path / "nothing", "--json")
    assert said.code == 2
    assert json.loads(said.out)["problems"]
