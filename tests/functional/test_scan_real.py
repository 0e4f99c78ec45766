"""A scan of a real cohort's whole exomes, beside the same study gene by gene."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from embogen import read_study, run
from embogen.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples"
SCAN = """
[gene_group.epigenetic]
any_of = ["DNMT3A", "TET2", "IDH1", "IDH2"]
label = "DNA methylation"

[[scan]]
id = "exome"
endpoints = ["os"]
draws = 100000
permutations = 20000
"""


@pytest.fixture
def laml(data_dir: Path, tmp_path: Path) -> Path:
    if not (data_dir / "tcga_laml").is_dir():
        pytest.skip("EMBOGEN_DATA holds no tcga_laml: the cohort is not committed")
    folder = tmp_path / "laml"
    shutil.copytree(data_dir / "tcga_laml", folder)
    text = (EXAMPLES / "tcga_laml" / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text + SCAN, encoding="utf-8")
    return folder


def test_a_real_exome_is_scanned_as_its_study_analyses_it(laml: Path) -> None:
    assert main(["scan", str(laml)]) == 0
    out = laml / "scans" / "exome"
    table = pl.read_parquet(out / "results.parquet")
    tested = table.filter(pl.col("p_value").is_not_null())
    assert table.height > 1000
    assert 20 < tested.height < 200  # most genes are mutated in one or two patients
    assert table.filter(status="too_few_carriers").height > 900
    assert "epigenetic" in tested["feature"].to_list()

    fits = run(read_study(laml)).analysis("univariable").result.fits
    assert len(fits) >= 5
    for fit in fits:
        item = fit.estimates[0]
        row = table.row(by_predicate=pl.col("feature") == item.term.name, named=True)
        assert row["coef"] == pytest.approx(item.coef, rel=1e-8)
        assert row["se"] == pytest.approx(item.se, rel=1e-8)
        assert (row["n_tested"], row["n_carriers"]) == (fit.n, item.n_carriers)
        if row["p_method"] == "drawn":  # the study's own p-value is this permutation test
            assert item.primary_method == "permutation"
            assert row["p_value"] == pytest.approx(item.primary_p, rel=0.2, abs=2e-5)
    first = table.filter(feature="TP53").row(0, named=True)
    assert first["p_value"] == tested["p_value"].min()
    assert first["p_value"] < 1e-3
    assert first["p_value"] <= first["p_max_t"] < 0.1
    said = json.loads((out / "scan.json").read_text(encoding="utf-8"))
    assert said
    assert "TP53" in (out / "report.html").read_text(encoding="utf-8")
