"""A study file reads nothing outside its folder unless it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from embogen import read_study
from embogen.errors import PlanError
from embogen.study.assemble import assemble
from embogen.study.demo import write_demo
from embogen.study.provenance import input_paths


@pytest.fixture
def study(tmp_path: Path) -> Path:
    write_demo(tmp_path / "study")
    (tmp_path / "study" / "patients.csv").rename(tmp_path / "patients.csv")
    return tmp_path / "study"


def edit(study: Path, old: str, new: str) -> None:
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("absolute", [True, False])
def test_a_path_outside_is_refused_without_reading_it(study: Path, *, absolute: bool):
    path = str(study.parent / "patients.csv") if absolute else "../patients.csv"
    edit(study, '"patients.csv"', f'"{path}"')
    (study.parent / "patients.csv").write_text("secret\n", encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        assemble(read_study(study))
    (problem,) = caught.value.problems
    assert "lies outside the folder of the study file" in problem.message
    assert "outside = true" in problem.remedy
    assert "secret" not in str(problem)


def test_a_link_that_leads_outside_is_refused(study: Path):
    (study / "patients.csv").symlink_to(study.parent / "patients.csv")
    with pytest.raises(PlanError, match="lies outside"):
        assemble(read_study(study))


def test_every_path_outside_is_named(study: Path):
    edit(study, '"patients.csv"', '"../patients.csv"')
    edit(study, '"panels/"', '"../panels/"')
    with pytest.raises(PlanError) as caught:
        assemble(read_study(study))
    named = {problem.message.split('"')[1] for problem in caught.value.problems}
    assert {"../patients.csv", "../panels/"} <= named


def test_a_plan_may_allow_files_outside(study: Path):
    edit(study, '"patients.csv"', '"../patients.csv"')
    edit(study, "[data]\n", "[data]\noutside = true\n")
    assert len(assemble(read_study(study)).data.patient_ids) == 35


def test_a_link_inside_a_folder_that_leads_outside_is_refused(study: Path):
    (study.parent / "patients.csv").rename(study / "patients.csv")
    (study.parent / "secret.txt").write_text("secret\n", encoding="utf-8")
    (study / "panels" / "data_gene_panel_x.txt").symlink_to(study.parent / "secret.txt")
    with pytest.raises(PlanError) as caught:
        assemble(read_study(study))
    assert '"panels/data_gene_panel_x.txt" lies outside' in str(caught.value)


def test_the_inputs_of_a_study_in_its_own_folder_are_not_its_results(tmp_path: Path):
    for name in ("data_a.txt", "case_lists/cases_all.txt", "results/results.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert input_paths(["."], tmp_path) == ["data_a.txt", "case_lists/cases_all.txt"]
    assert input_paths(["results/results.json", "none.csv"], tmp_path) == ["results/results.json"]
