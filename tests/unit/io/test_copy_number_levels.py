"""Discrete copy number in both layouts: levels, -1.5, NA, and files of alterations only."""

from __future__ import annotations

import pytest

from embogen.errors import DataError
from embogen.io.cbioportal.profile_calls import READERS
from embogen.io.copy_number import read_copy_number

WIDE = (
    "Hugo_Symbol\tEntrez_Gene_Id\tS1\tS2\tS3\n"
    "CDKN2A\t1029\t-2\t-1.5\tNA\nMYC\t4609\t2\t0\t1.0\nRB1\t5925\t-1\t\t0\n"
)


def read(folder, text: str, **more: object):
    (folder / "cna.txt").write_text(text, encoding="utf-8")
    return read_copy_number("cna.txt", folder=folder, **more)


def classes(calls) -> set[tuple[str, str, str]]:
    return set(calls.calls.select("sample_id", "gene", "alteration_class").iter_rows())


def test_a_matrix_of_levels(tmp_path):
    calls, caveats = read(tmp_path, WIDE)
    assert classes(calls) == {
        ("S1", "CDKN2A", "homozygous_deletion"),
        ("S2", "CDKN2A", "homozygous_deletion"),
        ("S1", "MYC", "amplification"),
        ("S3", "MYC", "gain"),
        ("S1", "RB1", "loss"),
    }
    # NA and the empty cell are not tested; 0 is
    assert calls.tested is not None
    tested = set(calls.tested.iter_rows())
    assert len(tested) == 7
    assert {("S3", "CDKN2A"), ("S2", "RB1")} & tested == set()
    (caveat,) = caveats
    assert (caveat.code, caveat.evidence["values"]) == ("partial_deletions", 1)


def test_what_a_partial_deletion_is_is_the_choice_of_the_study(tmp_path):
    calls, (caveat,) = read(tmp_path, WIDE, partial="loss")
    assert ("S2", "CDKN2A", "loss") in classes(calls)
    assert "counted as loss" in caveat.message


LONG = (
    "Hugo_Symbol\tEntrez_Gene_Id\tSample_Id\tValue\nMYC\t1\tS1\t2\nMYC\t1\tS2\t0\nRB1\t2\tS1\t-2\n"
)


def test_a_long_table_with_unchanged_genes_tells_its_coverage(tmp_path):
    calls, caveats = read(tmp_path, LONG, layout="long")
    assert calls.tested is not None
    assert set(calls.tested.iter_rows()) == {("S1", "MYC"), ("S2", "MYC"), ("S1", "RB1")}
    assert caveats == ()


def test_a_file_of_alterations_only_does_not_make_every_tested_gene_altered(tmp_path):
    """Coverage is then a matter of the panel, unless the plan says otherwise."""
    only = LONG.replace("MYC\t1\tS2\t0\n", "")
    assert read(tmp_path, only, layout="long")[0].tested is None
    kept, _ = read(tmp_path, only, layout="long", coverage="file")
    assert kept.tested is not None


def test_words_for_levels(tmp_path):
    text = "gene\tsample\tvalue\nMYC\tS1\tAmplified\nMYC\tS2\tDiploid\n"
    calls, _ = read(
        tmp_path,
        text,
        layout="long",
        altered={"Amplified": "amplification"},
        wild_type=["Diploid"],
    )
    assert classes(calls) == {("S1", "MYC", "amplification")}


def test_log_ratios_are_no_levels(tmp_path):
    with pytest.raises(DataError, match=r"cna.txt row 2, S1: .0\.37. is no copy-number level"):
        read(tmp_path, "Hugo_Symbol\tS1\nMYC\t0.37\n")


def test_numbers_are_levels_however_they_are_written(tmp_path):
    text = "Hugo_Symbol\tS1\tS2\tS3\tS4\nMYC\t+2.0\t-1.50\t-0\t0.00\n"
    calls, (caveat,) = read(tmp_path, text)
    assert classes(calls) == {
        ("S1", "MYC", "amplification"),
        ("S2", "MYC", "homozygous_deletion"),
    }
    assert caveat.evidence["values"] == 1


def test_the_symbols_are_found_by_their_header(tmp_path):
    calls, _ = read(tmp_path, "Entrez_Gene_Id\tS1\tHugo_Symbol\n4609\t2\tMYC\n")
    assert classes(calls) == {("S1", "MYC", "amplification")}
    with pytest.raises(DataError, match="no column Hugo_Symbol"):
        read(tmp_path, "Entrez_Gene_Id\tS1\n4609\t2\n")


def test_a_gene_twice_is_refused_where_its_levels_differ(tmp_path):
    same = "Hugo_Symbol\tS1\tS2\nMYC\t2\t0\nMYC\t2.0\tNA\n"
    assert classes(read(tmp_path, same)[0]) == {("S1", "MYC", "amplification")}
    with pytest.raises(DataError, match=r'row 3, Hugo_Symbol: "MYC" .* values in 1 samples'):
        read(tmp_path, same.replace("2.0\tNA", "2.0\t1"))
    long = LONG + "MYC\t1\tS1\t-1\n"
    with pytest.raises(DataError, match=r'row 5, Hugo_Symbol: "MYC"'):
        read(tmp_path, long, layout="long")


def test_a_row_without_a_symbol_needs_another_number(tmp_path):
    """An Entrez number names a gene that has no symbol; neither is a slip."""
    text = "Hugo_Symbol\tEntrez_Gene_Id\tS1\nMYC\t4609\t2\n\t7\t2\n"
    assert classes(read(tmp_path, text)[0]) == {("S1", "MYC", "amplification")}
    with pytest.raises(DataError, match="row 3, Hugo_Symbol: has no gene"):
        read(tmp_path, text.replace("\t7\t2", "\t\t2"))


@pytest.mark.parametrize(("layout", "text"), [("matrix", WIDE), ("long", LONG)])
def test_a_study_folder_reads_what_a_file_of_the_plan_does(tmp_path, layout, text):
    calls, caveats = read(tmp_path, text, layout=layout)
    reader = READERS["cna" if layout == "matrix" else "cna_long"]
    same, told = reader("cna.txt", folder=tmp_path)
    assert same.calls.rows() == calls.calls.rows()
    assert same.tested is not None
    assert calls.tested is not None
    assert same.tested.rows() == calls.tested.rows()
    assert (same.listed, told) == (calls.listed, caveats)
