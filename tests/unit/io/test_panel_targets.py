"""Panels from targets: BED files and GENIE's genomic information; lists of aliases, hotspots."""

from __future__ import annotations

import pytest

from embogen.errors import DataError
from embogen.io.bed import read_bed
from embogen.io.gene_aliases import read_gene_aliases
from embogen.io.genie import read_genomic_information
from embogen.io.hotspots import read_hotspots


def test_the_fourth_column_of_a_bed_file_names_the_gene(tmp_path):
    text = (
        'browser position chr1\ntrack name="x"\n#comment\n'
        "chr17\t7571719\t7573008\tTP53_exon11\t0\t+\n"
        "chr17\t7573926\t7574033\tTP53|NM_000546\n"
        "6 33286518 33290793 DAXX\n\n"
        "chr1\t1\t2\tH3-3A:1\n"
    )
    (tmp_path / "mine.v2.bed").write_text(text, encoding="utf-8")
    panel = read_bed("mine.v2.bed", folder=tmp_path)
    assert (panel.panel_id, panel.genes) == ("mine.v2", frozenset({"TP53", "DAXX", "H3-3A"}))


def test_every_bad_line_of_a_bed_file_is_named(tmp_path):
    text = "chr1\t5\t9\nchr1\t9\t5\tTP53\nchr1\tx\t5\tTP53\nchr1\t1\t5\t.\nchr1\t1\t5\tMEN1\n"
    (tmp_path / "p.bed").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_bed("p.bed", folder=tmp_path)
    assert [problem.row for problem in error.value.problems] == [1, 2, 3, 4]


def test_a_bed_file_without_intervals_is_no_panel(tmp_path):
    (tmp_path / "p.bed").write_text("track x\n", encoding="utf-8")
    with pytest.raises(DataError, match="no interval"):
        read_bed("p.bed", folder=tmp_path)


GENIE = (
    "Chromosome\tStart_Position\tEnd_Position\tHugo_Symbol\tID\tSEQ_ASSAY_ID\tFeature_Type\t"
    "includeInPanel\tclinicalReported\n"
    "17\t1\t2\tTP53\tTP53\tA-1\texon\tTrue\tTrue\n"
    "17\t3\t4\tTP53\tTP53\tA-1\tintron\tFalse\tFalse\n"
    "6\t1\t2\tDAXX\tDAXX\tA-1\texon\tFALSE\tTrue\n"
    "6\t1\t2\tDAXX\tDAXX\tA-2\texon\ttrue\tTrue\n"
    "1\t1\t2\t\trs1\tA-2\tintergenic\tTrue\tTrue\n"
)


def test_a_gene_is_covered_where_one_of_its_targets_is_in_the_panel(tmp_path):
    (tmp_path / "genomic_information.txt").write_text(GENIE, encoding="utf-8")
    panels = read_genomic_information("genomic_information.txt", folder=tmp_path)
    assert {name: panel.genes for name, panel in panels.items()} == {
        "A-1": frozenset({"TP53"}),
        "A-2": frozenset({"DAXX"}),
    }


def test_rows_of_genomic_information_may_stand_in_any_order(tmp_path):
    head, *lines = GENIE.splitlines()
    (tmp_path / "a.txt").write_text(GENIE, encoding="utf-8")
    (tmp_path / "b.txt").write_text("\n".join([head, *lines[::-1]]) + "\n", encoding="utf-8")
    first = read_genomic_information("a.txt", folder=tmp_path)
    again = read_genomic_information("b.txt", folder=tmp_path)
    assert {n: p.genes for n, p in first.items()} == {n: p.genes for n, p in again.items()}


def test_what_is_wrong_with_genomic_information(tmp_path):
    (tmp_path / "a.txt").write_text(GENIE.replace("\tFalse\tFalse", "\tperhaps\tFalse"))
    with pytest.raises(DataError, match=r"a.txt row 3, includeInPanel: .perhaps."):
        read_genomic_information("a.txt", folder=tmp_path)
    (tmp_path / "b.txt").write_text("Gene\tx\nTP53\t1\n")
    with pytest.raises(DataError, match="seq_assay_id"):
        read_genomic_information("b.txt", folder=tmp_path)


def test_a_list_of_aliases(tmp_path):
    (tmp_path / "a.tsv").write_text("Alias\tSymbol\nMLL4\tKMT2B\nMLL4\tKMT2B\n", encoding="utf-8")
    assert read_gene_aliases("a.tsv", folder=tmp_path) == {"MLL4": "KMT2B"}
    bad = "alias\tsymbol\nMLL4\tKMT2B\nMLL4\tKMT2D\nX\t\n"
    (tmp_path / "b.tsv").write_text(bad, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_gene_aliases("b.tsv", folder=tmp_path)
    assert [problem.row for problem in error.value.problems] == [3, 4]
    (tmp_path / "c.tsv").write_text("x\ty\n1\t2\n", encoding="utf-8")
    with pytest.raises(DataError, match="alias and symbol"):
        read_gene_aliases("c.tsv", folder=tmp_path)


def test_hotspots_with_and_without_a_header(tmp_path):
    (tmp_path / "h.tsv").write_text("Hugo_Symbol\tHGVSp_Short\nTP53\tp.R248Q\n", encoding="utf-8")
    assert read_hotspots("h.tsv", folder=tmp_path) == {("TP53", "R248")}
    bare = "1\t8073432\tT\tG\tERRFI1\tMissense_Mutation\tK409N\tx\n"
    (tmp_path / "b.tsv").write_text(bare, encoding="utf-8")
    assert read_hotspots("b.tsv", folder=tmp_path) == {("ERRFI1", "K409")}
