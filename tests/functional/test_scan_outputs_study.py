"""`embogen scan` from a study file to the directory a reader opens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from embogen.cli import main
from registry_study import registry_study

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registry") / "study"
    further = "permutations = 2000\ntop = 5\ncalibration = 2000\n"
    registry_study(folder, patients=600, genes=25, further=further)
    assert main(["scan", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def folder(study: Path) -> Path:
    return study / "scans" / "genes"


def test_every_gene_has_a_row_and_every_p_value_a_place_in_the_figures(folder: Path):
    rows = pl.read_parquet(folder / "results.parquet")
    assert rows.height == 25
    tested = rows.filter(pl.col("p_value").is_not_null())
    assert 5 <= tested.height <= 25
    drawn = pl.read_csv(folder / "figures" / "panel-os.csv")
    assert sorted(drawn["p_value"].to_list()) == sorted(tested["p_value"].to_list())
    told = json.loads((folder / "scan.json").read_text(encoding="utf-8"))
    assert told["endpoints"][0]["family_size"] == tested.height
    assert told["endpoints"][0]["delayed_entry"]
    assert tested["p_max_t"].null_count() == 0


def test_the_page_names_the_model_and_the_five_smallest_p_values(folder: Path):
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "adjusted for age, sex and grade, with risk sets within strata of primary site" in page
    rows = pl.read_parquet(folder / "results.parquet").sort("p_value", "feature", nulls_last=True)
    for name in rows["feature"].head(5):
        assert f"<em>{name}</em>" in page
    assert f"<em>{rows['feature'][5]}</em>" not in page
    assert "SYNTHETIC" in page


def test_a_folder_of_something_else_is_refused_before_the_work(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "genes").mkdir()
    (tmp_path / "genes" / "thesis.docx").write_text("precious", encoding="utf-8")
    assert main(["scan", str(study), "--out", str(tmp_path)]) == 2
    assert "not results of embogen" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["genes"]


def test_p_values_are_held_against_random_carriers_where_the_plan_asks(folder: Path):
    held = pl.read_csv(folder / "figures" / "calibration-os.csv")
    assert {int(group) for group in held["carriers"].unique()} == {3, 5, 10, 20, 50}
    at = held.filter(level=0.1)["observed"]
    assert at.len() == 5
    assert ((at > 0.05) & (at < 0.15)).all()
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "20 carriers" in page
    assert "carriers carriers" not in page
