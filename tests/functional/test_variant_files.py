"""VCF and MAF files of nine callers: the tumour's column, alleles and reads as they are there."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from embogen.errors import DataError
from embogen.io.maf import read_maf
from embogen.io.vcf import read_variants, read_vcf

pytest.importorskip("pysam", reason="pysam is not installed: it is the optional extra vcf")


@pytest.fixture
def files(data_dir: Path) -> Path:
    if not (data_dir / "variant_files").is_dir():
        pytest.skip("EMBOGEN_DATA holds no variant_files: they are not committed")
    return data_dir / "variant_files"


@pytest.mark.parametrize(
    ("file", "alleles", "passed", "first"),
    [
        ("test_muse.vcf", 434, 98, (9, 2)),
        ("test_mutect.vcf", 471, 3, (175, 30)),
        ("test_pindel.vcf", 32, 32, (43, 4)),
        ("test_radia.vcf", 88, 88, (95, 11)),
        ("test_sniper.vcf", 171, 107, (3, 4)),
        ("test_strelka.vcf", 240, 240, (0, 57)),
        ("test_varscan.vcf", 489, 31, (56, 35)),
        ("test_delly.vcf", 11, 8, (289, 172)),
    ],
)
def test_every_caller_gives_its_reads(
    files: Path, file: str, alleles: int, passed: int, first: tuple[int, int]
):
    """The first reads were taken from the text of the file by hand."""
    found = read_variants(file, folder=files)
    assert len(found) == alleles
    assert sum(item.passed for item in found) == passed
    assert (found[0].depth.reference, found[0].depth.alternate) == first
    assert all(item.depth.fraction is not None for item in found)
    assert {item.sample for item in found} == {file.removesuffix(".vcf")}


def test_reads_agree_with_the_maf_made_of_the_same_variants(files: Path):
    with (files / "test.maf").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader((r for r in stream if not r.startswith("#")), delimiter="\t"))
    theirs = sorted((int(r["t_ref_count"]), int(r["t_alt_count"])) for r in rows)
    found = read_variants("test.vcf", folder=files)
    mine = sorted((v.depth.reference or 0, v.depth.alternate or 0) for v in found)
    assert set(theirs) <= set(mine)
    assert len(mine) == len(theirs) + 1  # a place with two alleles is one row of the MAF


def test_files_that_nobody_annotated_are_refused_by_name(files: Path):
    with pytest.raises(DataError) as caught:
        read_vcf("test.vcf", folder=files)
    assert "is not annotated" in str(caught.value)


def test_mafs_of_vep_are_read(files: Path):
    calls, _ = read_maf("test_output.vep_isoforms.maf", folder=files)
    assert (calls.calls.height, calls.sample_ids) == (20, ("TUMOR",))
    calls, _ = read_maf("test_b38_output.maf", folder=files)
    assert calls.calls.filter(gene="RUNX1").height > 0
    assert calls.calls["vaf"].null_count() == 2  # the caller left out the reads of the reference


def test_a_maf_of_places_alone_is_refused_by_what_it_lacks(files: Path):
    with pytest.raises(DataError) as caught:
        read_maf("minimalist_test_maf.tsv", folder=files)
    missing = [problem.message for problem in caught.value.problems]
    assert [m.split(",")[0] for m in missing] == [
        "there is no column Hugo_Symbol",
        "there is no column Variant_Classification",
    ]
