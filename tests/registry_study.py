"""A small simulated registry to be scanned."""

from __future__ import annotations

from pathlib import Path

from embogen.cli import main


def registry_study(folder: Path, *, patients: int, genes: int, further: str = "") -> Path:
    """Write the registry to a folder; fewer draws and `further` keys go to the scan, its last."""
    words = ["simulate", "registry", str(folder), "--patients", str(patients)]
    assert main([*words, "--genes", str(genes), "--seed", "3"]) == 0
    plan = folder / "study.toml"
    plan.write_text(
        plan.read_text(encoding="utf-8") + "draws = 10000\n" + further, encoding="utf-8"
    )
    return folder
