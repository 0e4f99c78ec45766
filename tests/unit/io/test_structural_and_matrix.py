"""Structural variants, panel matrices and case lists, with what may be wrong with each."""

from __future__ import annotations

import pytest

from embogen.errors import DataError
from embogen.io.cbioportal.profile_calls import READERS
from embogen.io.panel_matrix import read_case_lists, read_panel_matrix
from embogen.io.structural_variants import read_structural_variants

SV = (
    "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\tSite2_Hugo_Symbol\tClass\n"
    "S1\tSOMATIC\tTMPRSS2\tERG\tDELETION\nS1\tGERMLINE\tALK\tALK\tINVERSION\n"
    "S2\tSOMATIC\tNA\tRET\tTRANSLOCATION\n"
)


def write(folder, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_each_gene_of_a_variant_is_altered_once(tmp_path):
    write(tmp_path, "sv.txt", SV)
    calls = read_structural_variants("sv.txt", folder=tmp_path)
    found = calls.calls.select("sample_id", "gene", "alteration_class", "mutation_status").rows()
    assert sorted(found) == [
        ("S1", "ALK", "fusion", "GERMLINE"),
        ("S1", "ERG", "fusion", "SOMATIC"),
        ("S1", "TMPRSS2", "fusion", "SOMATIC"),
        ("S2", "RET", "fusion", "SOMATIC"),
    ]
    assert calls.tested is None


def test_a_status_that_is_none_is_named(tmp_path):
    write(tmp_path, "sv.txt", SV.replace("GERMLINE", "MAYBE"))
    with pytest.raises(DataError, match=r'row 3, SV_Status: "MAYBE" is not one of SOMATIC'):
        read_structural_variants("sv.txt", folder=tmp_path)


def test_a_study_folder_reads_what_a_file_of_the_plan_does(tmp_path):
    write(tmp_path, "sv.txt", SV)
    calls, _ = READERS["sv"]("sv.txt", folder=tmp_path)
    expected = read_structural_variants("sv.txt", folder=tmp_path)
    assert calls.calls.rows() == expected.calls.rows()
    assert "mutation_status" in calls.calls.columns
    write(tmp_path, "sv.txt", SV.replace("SV_Status", "Status"))
    with pytest.raises(DataError, match="no column sv_status"):
        READERS["sv"]("sv.txt", folder=tmp_path)


def test_older_files_of_fusions(tmp_path):
    text = "Hugo_Symbol\tTumor_Sample_Barcode\tFusion\nRET\tS1\tCCDC6-RET\n"
    write(tmp_path, "fusions.txt", text)
    calls = read_structural_variants("fusions.txt", folder=tmp_path)
    assert calls.calls.select("sample_id", "gene").rows() == [("S1", "RET")]
    assert "mutation_status" not in calls.calls.columns


def test_rows_without_sample_or_gene_are_named(tmp_path):
    text = SV.replace("S2\tSOMATIC\tNA\tRET", "\tSOMATIC\tNA\tNA")
    write(tmp_path, "sv.txt", text)
    with pytest.raises(DataError) as error:
        read_structural_variants("sv.txt", folder=tmp_path)
    assert [problem.row for problem in error.value.problems] == [4, 4]
    write(tmp_path, "x.txt", "a\tb\n1\t2\n")
    with pytest.raises(DataError, match="no column sample_id"):
        read_structural_variants("x.txt", folder=tmp_path)


def test_a_panel_matrix_tells_each_assay_apart(tmp_path):
    text = "SAMPLE_ID\tmutations\tcna\nS1\tP1\tNA\nS2\tWXS\tP1\n"
    write(tmp_path, "matrix.txt", text)
    assert read_panel_matrix("matrix.txt", folder=tmp_path) == {
        "mutations": {"S1": "P1", "S2": "WXS"},
        "copy number": {"S2": "P1"},
    }
    write(tmp_path, "twice.txt", text + "S1\tP2\tNA\n")
    with pytest.raises(DataError, match=r"row 4, mutations: .P2. of S1 is .P1. in an earlier row"):
        read_panel_matrix("twice.txt", folder=tmp_path)
    write(tmp_path, "bad.txt", "sample\tmutations\nS1\tP1\n")
    with pytest.raises(DataError, match="SAMPLE_ID"):
        read_panel_matrix("bad.txt", folder=tmp_path)


def test_a_case_list_is_lines_of_key_and_value(tmp_path):
    write(tmp_path, "list.txt", "stable_id: s_cna\ncase_list_ids: S1\nS2\n")
    with pytest.raises(DataError, match=r"row 3: .S2. is no line of the form key: value"):
        read_case_lists("list.txt", folder=tmp_path)


def test_case_lists_of_a_folder(tmp_path):
    head = "cancer_study_identifier: s\n"
    write(tmp_path, "lists/a.txt", head + "stable_id: s_sequenced\ncase_list_ids: S1\tS2\n")
    write(tmp_path, "lists/b.txt", head + "stable_id: s_cna\ncase_list_ids: S1\n")
    write(tmp_path, "lists/c.txt", head + "stable_id: s_all\ncase_list_ids: S1\tS2\tS3\n")
    assert read_case_lists("lists", folder=tmp_path) == {
        "mutations": frozenset({"S1", "S2"}),
        "copy number": frozenset({"S1"}),
    }
    with pytest.raises(DataError, match="tells of no assay"):
        read_case_lists("lists/c.txt", folder=tmp_path)
    write(tmp_path, "lists/d.txt", "stable_id: s_sv\n")
    with pytest.raises(DataError, match="has no case_list_ids"):
        read_case_lists("lists", folder=tmp_path)
