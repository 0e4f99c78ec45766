"""VCF files: tumour column, alleles, reads, VEP and SnpEff annotation."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from embogen.errors import DataError
from embogen.io.vcf import read_variants, read_vcf

pytest.importorskip("pysam", reason="pysam is not installed: it is the optional extra vcf")

CSQ = (
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. '
    'Format: Allele|Consequence|SYMBOL|HGVSp|CANONICAL|PICK|ALLELE_NUM">'
)
ANN = (
    '##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations: '
    "'Allele | Annotation | Annotation_Impact | Gene_Name | Gene_ID | Feature_Type | Feature_ID | "
    "Transcript_BioType | Rank | HGVS.c | HGVS.p'\">"
)
FORMATS = (
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depth">',
)
MISSENSE = "CSQ=T|missense_variant|TP53|ENSP1:p.Arg175His|YES||"


def write(
    folder: Path,
    *rows: str,
    columns: str = "NORMAL\tTUMOR",
    info: str = CSQ,
    formats: tuple[str, ...] = FORMATS,
    more: tuple[str, ...] = (),
    file: str = "s1.vcf",
) -> str:
    head = ["##fileformat=VCFv4.2", "##contig=<ID=17>", info, *formats, *more]
    head.append('##FILTER=<ID=REJECT,Description="x">')
    head.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + columns)
    (folder / file).write_text("\n".join([*head, *rows, ""]), encoding="utf-8")
    return file


def row(
    info: str = MISSENSE,
    *,
    alleles: str = "C\tT",
    passed: str = "PASS",
    cells: str = "GT:AD\t0/0:50,0\t0/1:30,10",
) -> str:
    return f"17\t7577538\t.\t{alleles}\t.\t{passed}\t{info}\t{cells}"


def calls(folder: Path, file: str, **options: str):
    return read_vcf(file, folder=folder, **options)[0].calls.rows(named=True)


def message(folder: Path, file: str, **options: str) -> str:
    with pytest.raises(DataError) as caught:
        read_vcf(file, folder=folder, **options)
    return str(caught.value)


def test_a_call_has_gene_class_change_fraction_and_the_name_of_the_file(tmp_path: Path):
    (call,) = calls(tmp_path, write(tmp_path, row()))
    assert call == {
        "sample_id": "s1",
        "gene": "TP53",
        "variant_classification": "Missense_Mutation",
        "alteration_class": "missense",
        "protein_change": "p.R175H",
        "vaf": 0.25,
        "source_row": 1,
        "locus": "17:7577538 C>T",
    }


def test_snpeff_says_the_same_in_its_own_way(tmp_path: Path):
    info = (
        "ANN=T|missense_variant|MODERATE|TP53|ENSG1|transcript|T1|protein_coding|5/11|c.1|"
        "p.Arg175His"
    )
    (call,) = calls(tmp_path, write(tmp_path, row(info), info=ANN))
    assert (call["gene"], call["alteration_class"], call["protein_change"]) == (
        "TP53",
        "missense",
        "p.R175H",
    )


def test_alleles_of_one_place_are_calls_of_their_own(tmp_path: Path):
    info = (
        "CSQ=G|missense_variant|TP53|p.Arg1Gly|YES||1,T|stop_gained|TP53|p.Arg1Ter|YES||2,"
        "T|intron_variant|WRAP53||YES||2"
    )
    text = row(info, alleles="C\tG,T", cells="GT:AD\t0/0:50,0,0\t1/2:20,20,60")
    found = calls(tmp_path, write(tmp_path, text))
    assert [(c["protein_change"], c["alteration_class"], c["vaf"]) for c in found] == [
        ("p.R1G", "missense", 0.5),
        ("p.R1*", "truncating", 0.75),
    ]


def test_an_allele_is_found_by_the_name_vep_gives_it(tmp_path: Path):
    info = "CSQ=-|frameshift_variant|MEN1|p.x|YES||,AA|inframe_insertion|MEN1|p.y|YES||"
    text = row(info, alleles="CA\tC,CAA", cells="GT:AD\t0/0:9,0,0\t1/2:0,5,5")
    found = calls(tmp_path, write(tmp_path, text))
    assert [c["variant_classification"] for c in found] == ["Frame_Shift_Del", "In_Frame_Ins"]


@pytest.mark.parametrize(
    ("info", "gene", "change"),
    [
        # the pick of VEP comes before everything
        ("CSQ=T|stop_gained|A|p.a|||,T|intron_variant|B|p.b||1|", "B", "p.b"),
        # else the gene most severely hit, and its canonical transcript
        (
            "CSQ=T|upstream_gene_variant|A|p.a|YES||,T|stop_gained|B|p.b|||,T|missense_variant|B|p.c|YES||",
            "B",
            "p.c",
        ),
        # an effect of several terms counts as its worst
        ("CSQ=T|missense_variant&splice_region_variant|A|p.a|||", "A", "p.a"),
    ],
)
def test_one_transcript_speaks_for_an_allele(tmp_path: Path, info: str, gene: str, change: str):
    (call,) = calls(tmp_path, write(tmp_path, row(info)))
    assert (call["gene"], call["protein_change"]) == (gene, change)


@pytest.mark.parametrize(
    ("columns", "more", "sample"),
    [
        ("NORMAL\tTUMOR", (), "s1"),
        ("DNA_NORMAL\tDNA_TUMOR", (), "s1"),
        ("P7_N\tP7_T", ("##normal_sample=P7_N", "##tumor_sample=P7_T"), "P7_T"),
        ("NORMAL\tP7", (), "P7"),
    ],
)
def test_the_tumour_is_told_by_the_header_or_its_name(
    tmp_path: Path, columns: str, more: tuple[str, ...], sample: str
):
    (call,) = calls(tmp_path, write(tmp_path, row(), columns=columns, more=more))
    assert (call["sample_id"], call["vaf"]) == (sample, 0.25)


def test_a_tumour_that_cannot_be_told_is_asked_for(tmp_path: Path):
    three = row(cells="GT:AD\t0/0:9,0\t0/1:30,10\t0/1:1,1")
    file = write(tmp_path, three, columns="NORMAL\tA\tB")
    assert "the columns NORMAL, A, B, and which is the tumour is not clear" in message(
        tmp_path, file
    )
    (call,) = calls(tmp_path, file, tumor="A")
    assert call["sample_id"] == "A"
    assert "has no column C" in message(tmp_path, file, tumor="C")


def test_a_cohort_has_a_sample_in_each_column(tmp_path: Path):
    text = row(cells="GT:AD\t0/1:5,5\t0/0:9,0\t1/1:0,9")
    found = calls(tmp_path, write(tmp_path, text, columns="A\tB\tC"))
    assert [(c["sample_id"], c["vaf"]) for c in found] == [("A", 0.5), ("C", 1.0)]
    assert read_vcf("s1.vcf", folder=tmp_path)[0].sample_ids == ("A", "B", "C")


def test_what_the_caller_did_not_pass_is_left_out_and_counted(tmp_path: Path):
    file = write(tmp_path, row(passed="REJECT"), row(), row(passed="."))
    found, caveats = read_vcf(file, folder=tmp_path)
    assert found.calls.height == 2
    assert [(item.code, dict(item.evidence)) for item in caveats] == [
        ("filtered_variants", {"variants": 1})
    ]


def test_what_is_germline_by_the_callers_status_is_left_out(tmp_path: Path):
    status = '##INFO=<ID=SS,Number=1,Type=String,Description="Somatic status">'
    rows = [row(f"SS={code};{MISSENSE}") for code in (1, 2, 3)]
    found, caveats = read_vcf(write(tmp_path, *rows, more=(status,)), folder=tmp_path)
    assert found.calls["source_row"].to_list() == [2]
    assert dict(caveats[0].evidence) == {"variants": 2}


@pytest.mark.parametrize(
    ("name", "declared", "cells", "fraction"),
    [
        ("RD:AD", {"RD": "1,Integer", "AD": "1,Integer"}, "30:10", 0.25),
        (
            "AU:CU:GU:TU",
            {f"{base}U": "2,Integer" for base in "ACGT"},
            "0,0:30,31:0,0:10,11",
            0.25,
        ),
        ("TAR:TIR", {"TAR": "2,Integer", "TIR": "2,Integer"}, "30,31:10,11", 0.25),
        ("BCOUNT", {"BCOUNT": "4,Integer"}, "0,30,0,10", 0.25),
        ("DP4", {"DP4": "4,Integer"}, "10,20,4,6", 0.25),
        (
            "DR:DV:RR:RV",
            dict.fromkeys(("DR", "DV", "RR", "RV"), "1,Integer"),
            "0:0:30:10",
            0.25,
        ),
        ("DP:AD", {"DP": "1,Integer", "AD": "R,Integer"}, "40:.,10", 0.25),
        ("FREQ", {"FREQ": "1,String"}, "25%", 0.25),
        ("AF", {"AF": "A,Float"}, "0.25", 0.25),
        ("AD", {"AD": "R,Integer"}, "0,0", None),
    ],
)
def test_reads_are_found_in_the_fields_of_each_caller(
    tmp_path: Path, name: str, declared: dict[str, str], cells: str, fraction: float | None
):
    formats = [FORMATS[0]]
    for key, kind in declared.items():
        number, type_ = kind.split(",")
        formats.append(f'##FORMAT=<ID={key},Number={number},Type={type_},Description="x">')
    text = row(cells=f"GT:{name}\t0/0:{cells}\t0/1:{cells}")
    (call,) = calls(tmp_path, write(tmp_path, text, formats=tuple(formats)))
    assert call["vaf"] == fraction


def test_a_genotype_that_names_no_allele_is_completed_by_reads(tmp_path: Path):
    """Pindel writes 0/0 for the tumour; of two alleles the one with reads is there."""
    text = row(alleles="C\tG,T", cells="GT:AD\t0/0:9,0,0\t0/0:30,0,10")
    (variant,) = read_variants(write(tmp_path, text), folder=tmp_path)
    assert (variant.alternate, variant.depth.fraction) == ("T", 0.25)


def test_a_folder_of_files_is_read_as_one(tmp_path: Path):
    (tmp_path / "vcf").mkdir()
    for name in ("b.vcf", "a.vcf"):
        write(tmp_path / "vcf", row(), file=name)
    found, _ = read_vcf("vcf", folder=tmp_path)
    assert found.calls["sample_id"].to_list() == ["a", "b"]
    assert found.source == "vcf"


def test_a_file_without_a_call_still_names_its_sample(tmp_path: Path):
    found, _ = read_vcf(write(tmp_path), folder=tmp_path)
    assert (found.calls.height, found.sample_ids) == (0, ("s1",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "is no VCF or BCF that can be read"),
        (b"not a vcf\n", "is no VCF or BCF that can be read"),
        (b"\x00\x01\x02", "is no VCF or BCF that can be read"),
        (b"\x1f\x8b\x08\x00broken", "is no VCF or BCF that can be read"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: bytes, expected: str):
    (tmp_path / "s1.vcf").write_bytes(text)
    assert expected in message(tmp_path, "s1.vcf")


def test_a_row_that_is_cut_short_is_no_traceback(tmp_path: Path):
    assert "s1.vcf" in message(tmp_path, write(tmp_path, row(), "17\tx\t.\tC"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    assert message(tmp_path, "s9.vcf").startswith("s9.vcf: there is no such file")
    (tmp_path / "empty").mkdir()
    assert "is a folder without a VCF" in message(tmp_path, "empty")


def test_a_file_without_annotation_is_told_so(tmp_path: Path):
    file = write(tmp_path, row("."), info='##INFO=<ID=X,Number=1,Type=String,Description="x">')
    assert "is not annotated: neither CSQ (VEP) nor ANN (SnpEff)" in message(tmp_path, file)
    file = write(tmp_path, row(), info=CSQ.replace("Format:", "Parts:"))
    assert "does not say in its header what the parts of CSQ are" in message(tmp_path, file)


def test_without_pysam_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "pysam", None)
    assert 'pip install "embogen[vcf]"' in message(tmp_path, write(tmp_path, row()))


def test_nothing_is_written_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """Htslib warns of a contig that the header does not have; that is no news for anybody."""
    text = row().replace("17\t", "18\t", 1)
    assert len(calls(tmp_path, write(tmp_path, text))) == 1
    assert capfd.readouterr() == ("", "")
