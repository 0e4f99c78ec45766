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


@pytest.mark.parametrize("form", ["csv", "excel", "redcap"])
def test_every_form_is_a_valid_plan_whose_files_lack_only_patients(tmp_path, form):
    files = write_blank(tmp_path / "study", form=form)
    study = read_study(tmp_path / "study")
    if form == "redcap":
        (tmp_path / "study" / "redcap_export.csv").write_text(
            "patient_id,redcap_repeat_instrument,redcap_repeat_instance\nP1,,\nP1,procedures,1\n",
            encoding="utf-8",
        )
    with pytest.raises(DataError) as caught:
        assemble(study)
    said = str(caught.value)
    expected = {
        "csv": "patients.csv: holds no patients",
        "excel": "cohort.xlsx: holds no patients",
        "redcap": 'redcap_export.csv: holds no row of the instrument "assessments"',
    }
    assert expected[form] in said
    assert ("patients.csv" in files) == (form == "csv")
