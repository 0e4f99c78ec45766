"""A small simulated registry whose plan holds a scan."""

from __future__ import annotations

from pathlib import Path

from embogen.cli import main

SCAN = """
[data.alterations]
file = "alterations.parquet"
panel = "panel"

[[scan]]
id = "genes"
endpoints = ["os"]
covariates = ["age", "sex", "grade"]
strata = ["primary_site"]
draws = 10000
"""


def registry_study(folder: Path, *, patients: int, genes: int, further: str = "") -> Path:
    """Write the registry to a folder, with `further` keys of the scan."""
    words = ["simulate", "registry", str(folder), "--patients", str(patients)]
    assert main([*words, "--genes", str(genes), "--seed", "3"]) == 0
    plan = folder / "study.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + SCAN + further, encoding="utf-8")
    return folder
