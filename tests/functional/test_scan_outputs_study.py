"""A scan of a simulated registry from its study file to the directory it leaves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from embogen.report.scan_account import ScanAccount
from embogen.report.scan_outputs import write_scan
from embogen.scan.engine import scan
from embogen.study.parse import read_study
from embogen.study.provenance import Provenance, platform_name, versions
from embogen.study.scanning import prepare_scans
from embogen.study.simulated_registry import write_simulated_registry

if TYPE_CHECKING:
    from pathlib import Path

SECTION = """
[data.alterations]
file = "alterations.parquet"
panel = "panel"

[[scan]]
id = "genes"
endpoints = ["os"]
covariates = ["age", "sex", "grade"]
strata = ["primary_site"]
draws = 10000
top = 5
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("registry")
    write_simulated_registry(root / "study", patients=600, genes=25, seed=3)
    plan = root / "study" / "study.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + SECTION, encoding="utf-8")
    study = read_study(root / "study")
    (prepared,) = prepare_scans(study)
    result = scan(prepared.task.problems, prepared.task.source)
    provenance = Provenance(
        study.plan_hash, (), versions(), platform_name(), 3, "2026-01-01T00:00:00+00:00", {}
    )
    write_scan(prepared, result, ScanAccount(study, provenance), root / "out")
    return root / "out"


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


def test_the_page_names_the_model_and_the_five_smallest_p_values(folder: Path):
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "adjusted for age, sex and grade, with risk sets within strata of primary site" in page
    rows = pl.read_parquet(folder / "results.parquet").sort("p_value", "feature", nulls_last=True)
    for name in rows["feature"].head(5):
        assert f"<em>{name}</em>" in page
    assert f"<em>{rows['feature'][5]}</em>" not in page
    assert "SYNTHETIC" in page
