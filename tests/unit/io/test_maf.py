"""MAF files: headers by name, defects by line, classes by the vocabulary of the format."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from embogen.errors import DataError
from embogen.genomics.calls import COUNTABLE_CLASSES, VARIANT_CLASSES, MutationCalls
from embogen.io.maf import read_maf

HEADER = "Hugo_Symbol\tStart_position\tVariant_Classification\tVariant_Type\tTumor_Sample_Barcode"
ROWS = (
    "DAXX\t100\tNonsense_Mutation\tSNP\tS1",
    "MEN1\t200\tFrame_Shift_Del\tDEL\tS1",
    "TP53\t300\tSilent\tSNP\tS2",
)


def write(folder: Path, *rows: str, header: str = HEADER, file: str = "m.maf") -> str:
    (folder / file).write_text("\n".join((header, *rows, "")), encoding="utf-8")
    return file


def read(folder: Path, *rows: str, header: str = HEADER) -> MutationCalls:
    return read_maf(write(folder, *rows, header=header), folder=folder)[0]


def problems(folder: Path, *rows: str, header: str = HEADER) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(folder, *rows, header=header)
    return [str(problem) for problem in caught.value.problems]


def test_calls_of_all_classes_are_kept_with_their_rows(tmp_path: Path):
    calls = read(tmp_path, *ROWS).calls
    assert calls.select("gene", "alteration_class", "sample_id", "source_row").rows() == [
        ("DAXX", "truncating", "S1", 2),
        ("MEN1", "truncating", "S1", 3),
        ("TP53", "silent", "S2", 4),
    ]


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_headers_are_found_in_any_case_and_order(tmp_path: Path, change: Callable[[str], str]):
    order = [4, 0, 3, 2, 1]
    rows = ["\t".join(row.split("\t")[i] for i in order) for row in ROWS]
    header = "\t".join(change(HEADER.split("\t")[i]) for i in order)
    assert read(tmp_path, *rows, header=header).calls.equals(read(tmp_path, *ROWS).calls)


def test_gzip_comments_blank_lines_and_windows_line_ends(tmp_path: Path):
    text = "#version 2.4\r\n" + "\r\n".join((HEADER, ROWS[0], "", "# note", ROWS[1], ROWS[2]))
    (tmp_path / "m.maf.gz").write_bytes(gzip.compress(text.encode()))
    calls = read_maf("m.maf.gz", folder=tmp_path)[0].calls
    assert calls["source_row"].to_list() == [3, 6, 7]
    assert calls["sample_id"].to_list() == ["S1", "S1", "S2"]


def test_quotes_are_ordinary_characters(tmp_path: Path):
    calls = read(tmp_path, 'TP53\t1\tSilent\t"SNP\tS1', "TP53\t2\t5'Flank\tSNP\tS\"2").calls
    assert calls["sample_id"].to_list() == ["S1", 'S"2']
    assert calls["alteration_class"].to_list() == ["silent", "promoter"]


def test_a_file_with_only_a_header_holds_no_calls(tmp_path: Path):
    assert read(tmp_path).calls.height == 0


def test_a_repeated_header_is_passed_over_and_told(tmp_path: Path):
    file = write(tmp_path, HEADER, *ROWS, HEADER)
    calls, caveats = read_maf(file, folder=tmp_path)
    assert calls.calls["source_row"].to_list() == [3, 4, 5]
    assert caveats[0].code == "repeated_header"
    assert caveats[0].evidence == {"lines": 2}


def test_allele_fraction_and_protein_change(tmp_path: Path):
    header = HEADER + "\tHGVSp_Short\tt_alt_count\tt_ref_count"
    rows = [
        ROWS[0] + "\tp.R1*\t25\t75",
        ROWS[1] + "\t\t0\t0",
        ROWS[2] + "\t.\t.\t10",
    ]
    calls = read(tmp_path, *rows, header=header).calls
    assert calls["protein_change"].to_list() == ["p.R1*", None, None]
    assert calls["vaf"].to_list() == [0.25, None, None]


def test_rows_with_lost_or_additional_tabs_are_named(tmp_path: Path):
    found = problems(tmp_path, ROWS[0], "MEN1\t200\tSilent\tS1", "MEN1\t2\t\tSilent\tSNP\tS1")
    assert found[0].startswith("m.maf row 3: has 4 cells, fewer than the 5 of the header. Columns")
    assert found[1].startswith("m.maf row 4: has 6 cells, more than the 5 of the header. Columns")


def test_shifted_columns_of_equal_number_are_recognised(tmp_path: Path):
    found = problems(
        tmp_path,
        ROWS[0],
        "MEN1\t\t200\tSilent\tS1",
        "TP53\tSilent\tSNP\tS1\t",
        "TP53\t3\tSilent\tS1\t",
    )
    assert any(
        'row 3, Variant_Classification: "200" is no variant classification; one stands under '
        "Variant_Type. The columns of this row have shifted" in item
        for item in found
    )
    assert any('row 4, Variant_Classification: "SNP"' in item for item in found)
    assert any("row 5, Tumor_Sample_Barcode: is empty" in item for item in found)
    assert any('row 4, Start_position: "Silent" is not a position' in item for item in found)


def test_unknown_classes_are_listed_once_each_with_a_suggestion(tmp_path: Path):
    bad = "TP53\t1\tMissense\tSNP\tS1"
    found = problems(tmp_path, *ROWS, bad, bad, bad.replace("Missense", "weird"))
    assert len(found) == 2
    assert found[0].startswith('m.maf row 5, Variant_Classification: "Missense" is no variant')
    assert "(2 rows)" in found[0]
    assert 'Did you mean "missense_mutation"' in found[0]


def test_a_missing_header_comes_with_the_closest(tmp_path: Path):
    found = problems(tmp_path, *ROWS, header=HEADER.replace("Hugo_Symbol", "Hugo_Symbl"))
    expected = (
        "m.maf: there is no column Hugo_Symbol, which a mutation file needs. Did you mean "
        '"Hugo_Symbl"? Map it under data.mutations.columns, or annotate the file first.'
    )
    assert found == [expected]


def test_headers_can_be_mapped(tmp_path: Path):
    header = HEADER.replace("Hugo_Symbol", "Gene name").replace("Tumor_Sample_Barcode", "Sample")
    file = write(tmp_path, *ROWS, header=header)
    columns = {"gene": "Gene name", "sample_id": "Sample"}
    assert read_maf(file, folder=tmp_path, columns=columns)[0].calls["gene"][0] == "DAXX"


def test_two_columns_of_one_meaning_are_refused(tmp_path: Path):
    rows = [row + "\tX" for row in ROWS]
    found = problems(tmp_path, *rows, header=HEADER + "\thugo_symbol")
    assert "stands over more than one column" in found[0]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
def test_another_encoding_is_named(tmp_path: Path, encoding: str):
    text = "\n".join((HEADER, ROWS[0], ROWS[1].replace("S1", "Andr\u00e9")))
    (tmp_path / "m.maf").write_bytes(text.encode(encoding))
    with pytest.raises(DataError, match="UTF-8") as caught:
        read_maf("m.maf", folder=tmp_path)
    if encoding != "utf-16":
        assert "m.maf row 3: is not UTF-8: byte" in str(caught.value)


def test_empty_file_folder_and_missing_file(tmp_path: Path):
    (tmp_path / "m.maf").touch()
    (tmp_path / "folder.maf").mkdir()
    for file, words in (
        ("m.maf", "m.maf: is empty"),
        ("folder.maf", "folder.maf: is a folder"),
        ("n.maf", 'n.maf: there is no such file. Did you mean "m.maf"'),
    ):
        with pytest.raises(DataError) as caught:
            read_maf(file, folder=tmp_path)
        assert str(caught.value).startswith(words)


def test_a_gene_may_be_missing_only_where_it_cannot_count(tmp_path: Path):
    assert read(tmp_path, "\t1\tIGR\tSNP\tS1").calls.height == 0
    found = problems(tmp_path, "\t1\tMissense_Mutation\tSNP\tS1")
    assert found[0].startswith("m.maf row 2, Hugo_Symbol: is empty")


def test_every_class_is_countable_or_known_not_to_be():
    silent = {
        "silent",
        "intron",
        "untranslated",
        "intergenic",
        "noncoding_rna",
        "splice_region",
        "unclassified",
    }
    assert set(VARIANT_CLASSES.values()) - set(COUNTABLE_CLASSES) == silent


def test_position_and_alleles_are_read_where_they_are_asked_for(tmp_path: Path):
    header = f"{HEADER}\tChromosome\tReference_Allele\tTumor_Seq_Allele2"
    places = ("chr6\tC\tT", "11\tAG\t-", "17\tC\tC")
    lines = [f"{line}\t{place}" for line, place in zip(ROWS, places, strict=True)]
    file = write(tmp_path, *lines, header=header)
    calls = read_maf(file, folder=tmp_path, also={"locus"})[0].calls
    assert calls["locus"].to_list() == ["6:100 C>T", "11:200 AG>-", None]
    assert "locus" not in read_maf(file, folder=tmp_path)[0].calls.columns
    bare = write(tmp_path, *ROWS, file="bare.maf")
    assert "locus" not in read_maf(bare, folder=tmp_path, also={"locus"})[0].calls.columns
