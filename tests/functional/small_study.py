"""A study of a few patients, written by hand in a test: tables as rows, one plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

PLAN = """schema = 1
[study]
id = "small"
title = "A small study"
[data]
patients = { file = "patients.csv" }
specimens = { file = "specimens.csv" }
mutations = { file = "mutations.maf" }
panels = { file = "panels" }
"""

MAF_HEADER = ("Hugo_Symbol", "Variant_Classification", "Tumor_Sample_Barcode")


def table(rows: Iterable[Sequence[object]], separator: str = ",") -> str:
    return "".join(separator.join(str(cell) for cell in row) + "\n" for row in rows)


def maf(*calls: Sequence[object], more: Sequence[str] = ()) -> str:
    """Write (gene, classification, sample, ...) as a MAF; `more` are headers beyond those."""
    return table([(*MAF_HEADER, *more), *calls], "\t")


def panel(name: str, *genes: str) -> str:
    return f"stable_id: {name}\ndescription: of the test\ngene_list: " + "\t".join(genes) + "\n"


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
