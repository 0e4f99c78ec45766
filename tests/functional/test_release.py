"""`[report] suppress_below`: tables for others, in which no small count stands or follows."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path


def test_no_small_count_leaves_with_the_model_study(demo_study: Path, embogen) -> None:
    plan = demo_study / "study.toml"
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text + "\n[report]\nsuppress_below = 5\n", encoding="utf-8")
    said = embogen("run", demo_study, "--json")
    assert said.code == 0, said.err
    release = demo_study / "results" / "release"
    names = {path.name for path in release.iterdir()}
    assert names == {"README.txt", "patients.csv", "patients.html", "genes.csv", "genes.html"}
    for name in ("patients.csv", "genes.csv"):
        text = (release / name).read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert "%" not in text
        page = (release / name).with_suffix(".html").read_text(encoding="utf-8")
        assert "SYNTHETIC" in page
        assert "a count of 1 to 4, or one from which" in page
        cells = [cell for row in rows for cell in row[1:]]
        assert "*" in cells
        counts = [int(cell) for cell in cells if re.fullmatch(r"\d+", cell)]
        assert len(counts) > 10
        assert not {1, 2, 3, 4} & set(counts)
        assert not re.search(r"n = [1-4]\b", text)


def test_genes_by_site_leave_beside_them(demo_study: Path, embogen) -> None:
    """MEN1 and DAXX stand with the sites in the baseline table by DAXX: their rows would tell."""
    plan = demo_study / "study.toml"
    text = plan.read_text(encoding="utf-8")
    more = """
[report]
suppress_below = 3
[[analysis]]
id = "sites"
kind = "gene_by_site"
by = "origin"
terms = ["gene:DAXX", "gene:MEN1", "gene:ATRX", "gene:NF1"]
[[analysis]]
id = "part"
kind = "gene_by_site"
by = "origin"
within = { extrahepatic = "yes" }
terms = ["gene:ATRX"]
[[analysis]]
id = "pairs"
kind = "co_mutation"
terms = ["gene:*"]
"""
    plan.write_text(text + more, encoding="utf-8")
    said = embogen("run", demo_study, "--json")
    assert said.code == 0, said.err
    release = demo_study / "results" / "release"
    names = {path.name for path in release.glob("*.csv")}
    assert names == {"patients.csv", "genes.csv", "sites.csv"}
    text = (release / "sites.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in rows[1:3]] == ["ATRX", "NF1"]
    assert "MEN1" not in text
    counts = re.findall(r"\d+", " ".join(cell for row in rows[1:3] for cell in row[1:]))
    assert counts
    assert not {"1", "2"} & set(counts)
    page = (release / "sites.html").read_text(encoding="utf-8")
    assert "Genes left out: 2." in page


def test_without_the_key_nothing_is_released(demo_study: Path, embogen) -> None:
    assert embogen("run", demo_study).code == 0
    assert not (demo_study / "results" / "release").exists()
