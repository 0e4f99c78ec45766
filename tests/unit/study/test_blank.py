"""A blank study is a valid plan whose tables only lack patients."""

from __future__ import annotations

import pytest

from embogen.errors import DataError, PlanError
from embogen.study.assemble import assemble
from embogen.study.blank import write_blank
from embogen.study.parse import read_study
from embogen.study.variables_page import variables_page


def test_blank_study_parses_and_asks_for_patients(tmp_path):
    write_blank(tmp_path / "study")
    study = read_study(tmp_path / "study")
    with pytest.raises(DataError) as caught:
        assemble(study)
    assert {problem.file for problem in caught.value.problems} >= {"patients.csv"}


def test_a_folder_with_files_is_left_alone(tmp_path):
    (tmp_path / "a.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(PlanError, match="not an empty folder"):
        write_blank(tmp_path)


def test_every_variable_is_documented():
    text = variables_page()
    for name in ("who_grade", "hepatic_status", "tumor_volume_ml", "specimen_id"):
        assert f"`{name}`" in text
