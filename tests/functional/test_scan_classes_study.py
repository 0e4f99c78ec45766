"""`embogen scan` of alteration classes and of variants, against counts made from the files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from embogen.cli import main
from embogen.study.parse import read_study
from embogen.study.scanning import prepare_scans

SCANS = """
[[scan]]
id = "classes"
endpoints = ["hpfs"]
features = "classes"
draws = 10000

[[scan]]
id = "variants"
endpoints = ["hpfs"]
features = "variants"
min_carriers = 4
draws = 10000
"""
DATA = """copy_number = { file = "cna.txt" }
panels      = { file = "panels/" }"""
CLASSES = {
    "Missense_Mutation": "missense",
    "Frame_Shift_Del": "truncating",
    "Frame_Shift_Ins": "truncating",
    "Nonsense_Mutation": "truncating",
    "Splice_Site": "splice",
    "In_Frame_Del": "inframe",
}
SMALL = ("MEN1", "TP53", "KRAS")


def rows_of(file: Path, separator: str = ",") -> list[dict[str, str]]:
    lines = [x for x in file.read_text(encoding="utf-8").splitlines() if not x.startswith("#")]
    return list(csv.DictReader(io.StringIO("\n".join(lines)), delimiter=separator))


def save(file: Path, rows: list[dict[str, str]], separator: str = ",") -> None:
    lines = [separator.join(rows[0]), *(separator.join(row.values()) for row in rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulate 90 patients, every third on a panel of three genes, with two hotspots.

    Copy number was measured in the first 60.
    """
    folder = tmp_path_factory.mktemp("classes") / "s"
    assert main(["simulate", str(folder), "--patients", "90", "--seed", "5"]) == 0
    specimens = rows_of(folder / "specimens.csv")
    first = {row["patient_id"]: row["specimen_id"] for row in reversed(specimens)}
    specimens = [row for row in specimens if first[row["patient_id"]] == row["specimen_id"]]
    for row in specimens[::3]:
        row["panel"] = "SMALL"
    save(folder / "specimens.csv", specimens)
    panel = "stable_id: SMALL\ndescription: three genes\ngene_list: " + "\t".join(SMALL) + "\n"
    (folder / "panels" / "data_gene_panel_small.txt").write_text(panel, encoding="utf-8")
    ids = {row["specimen_id"] for row in specimens}
    calls = rows_of(folder / "mutations.maf", "\t")
    calls = [row for row in calls if row["Tumor_Sample_Barcode"] in ids]
    small = {row["specimen_id"] for row in specimens if row["panel"] == "SMALL"}
    calls = [
        r for r in calls if r["Tumor_Sample_Barcode"] not in small or r["Hugo_Symbol"] in SMALL
    ]
    for gene, change, start, carriers in (
        ("KRAS", "p.G12D", "25398284", specimens[:8]),
        ("BRAF", "", "140453136", specimens[1:26:3]),
    ):
        call = dict(calls[0], Hugo_Symbol=gene, HGVSp_Short=change, Start_Position=start)
        call |= {"Variant_Classification": "Missense_Mutation", "Chromosome": "chr7"}
        call |= {"Reference_Allele": "A", "Tumor_Seq_Allele2": "T"}
        calls += [call | {"Tumor_Sample_Barcode": row["specimen_id"]} for row in carriers]
    save(folder / "mutations.maf", calls, "\t")
    measured = [row["specimen_id"] for row in specimens[:60]]
    deleted = ["-2" if i % 5 == 0 else "0" for i in range(60)]
    text = "\t".join(["Hugo_Symbol", *measured]) + "\n" + "\t".join(["MEN1", *deleted]) + "\n"
    (folder / "cna.txt").write_text(text, encoding="utf-8")
    plan = folder / "study.toml"
    text = plan.read_text(encoding="utf-8")
    old = DATA.splitlines()[1]
    assert old in text
    plan.write_text(text.replace(old, DATA) + SCANS, encoding="utf-8")
    assert main(["scan", str(folder)]) == 0
    return folder


def results(study: Path, scan: str) -> pl.DataFrame:
    return pl.read_parquet(study / "scans" / scan / "results.parquet")


def panel_of(study: Path) -> dict[str, str]:
    return {row["specimen_id"]: row["panel"] for row in rows_of(study / "specimens.csv")}


def test_classes_are_counted_as_in_the_files(study: Path) -> None:
    carriers: dict[str, set[str]] = {}
    for row in rows_of(study / "mutations.maf", "\t"):
        kind = CLASSES.get(row["Variant_Classification"])
        if kind is not None:
            name = f"{row['Hugo_Symbol']} {kind}"
            carriers.setdefault(name, set()).add(row["Tumor_Sample_Barcode"])
    expected = {name: len(who) for name, who in carriers.items()}
    expected["MEN1 homozygous_deletion"] = 12
    found = results(study, "classes")
    assert dict(found.select("feature", "n_carriers").iter_rows()) == expected
    assert found["feature"].to_list() == sorted(expected, key=str.split)
    tested = dict(found.select("feature", "n_tested").iter_rows())
    assert tested["MEN1 homozygous_deletion"] == 60  # where copy number was measured
    assert tested["MEN1 truncating"] == 90
    assert tested["BRAF missense"] == 60  # on the larger panel
    page = (study / "scans" / "classes" / "report.html").read_text(encoding="utf-8")
    assert f"The {len(expected)} pairs of a gene and a class of alteration" in page


def test_variants_are_counted_as_in_the_files(study: Path) -> None:
    found = results(study, "variants")
    told = found.select("feature", "n_carriers", "n_tested").rows()
    assert told == [("BRAF 7:140453136 A>T", 9, 60), ("KRAS G12D", 8, 90)]
    assert found["p_value"].is_not_null().all()
    page = (study / "scans" / "variants" / "report.html").read_text(encoding="utf-8")
    assert "variants have fewer than 4 carriers" in page
    assert "The 2 variants of the mutation file found in 4 patients or more" in page


def test_nobody_untested_is_in_a_pattern_of_a_variant(study: Path) -> None:
    prepared = {item.spec.id: item for item in prepare_scans(read_study(study))}
    source = prepared["variants"].task.source
    panels = panel_of(study)
    specimen = {row["patient_id"]: row["specimen_id"] for row in rows_of(study / "specimens.csv")}
    small = np.array([panels[specimen[patient]] == "SMALL" for patient in source.patients])
    block = source.block(0, 1)
    assert block.names == ("BRAF 7:140453136 A>T",)
    assert np.array_equal(source.patterns[block.pattern[0]], ~small)


def test_the_order_of_calls_does_not_matter(study: Path, tmp_path: Path) -> None:
    for file in study.rglob("*"):
        if file.is_file() and "scans" not in file.parts:
            copy = tmp_path / file.relative_to(study)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    calls = rows_of(study / "mutations.maf", "\t")
    order = np.random.default_rng(8).permutation(len(calls))
    save(tmp_path / "mutations.maf", [calls[i] for i in order], "\t")
    assert main(["scan", str(tmp_path)]) == 0
    for scan in ("classes", "variants"):
        assert_frame_equal(results(tmp_path, scan), results(study, scan), check_exact=True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("min_carriers = 4", "min_carriers = 40"), "no variant is carried by 40 patients"),
        (("mutations   = {", "#"), "no mutation file of the plan"),
        (('features = "variants"', 'features = "variant"'), "variants"),
    ],
)
def test_a_scan_without_variants_is_refused(
    study: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], told: str
) -> None:
    plan = study / "study.toml"
    text = plan.read_text(encoding="utf-8")
    assert change[0] in text
    try:
        plan.write_text(text.replace(*change), encoding="utf-8")
        assert main(["scan", str(study), "--scan", "variants"]) == 2
    finally:
        plan.write_text(text, encoding="utf-8")
    assert told in capsys.readouterr().err
