"""cBioPortal gene-panel files, one or a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from embogen.errors import DataError
from embogen.io.gene_panel import parse_panel, read_panels

TEXT = "stable_id: P1\ndescription: Two genes\nof a panel: made\ngene_list: MEN1\tDAXX\n"


def refused(folder: Path, file: str) -> str:
    with pytest.raises(DataError) as caught:
        read_panels(file, folder=folder)
    return str(caught.value)


def test_other_lines_and_comments_are_passed_over():
    text = "#c\ncancer_study_identifier: x\n" + TEXT + "number_of_profiled_coding_base_pairs: 9\n"
    panel = parse_panel(text, "p.txt")
    assert (panel.panel_id, panel.description) == ("P1", "Two genes")
    assert panel.genes == {"MEN1", "DAXX"}


@pytest.mark.parametrize("genes", ["MEN1\tDAXX\t", "MEN1 DAXX", "MEN1, DAXX", "MEN1;DAXX;MEN1"])
def test_separators_of_genes(genes: str):
    assert parse_panel(f"stable_id: P\ngene_list: {genes}\n", "p.txt").genes == {"MEN1", "DAXX"}


def test_a_folder_is_read_in_any_order(tmp_path: Path):
    folder = tmp_path / "panels"
    folder.mkdir()
    (folder / "data_gene_panel_b.txt").write_text(TEXT.replace("P1", "P2"))
    (folder / "data_gene_panel_a.txt").write_text(TEXT)
    (folder / "README.txt").write_text("not a panel")
    assert sorted(read_panels("panels/", folder=tmp_path)) == ["P1", "P2"]


def test_every_problem_of_every_file_is_named(tmp_path: Path):
    (tmp_path / "data_gene_panel_a.txt").write_text("description: nothing\n")
    (tmp_path / "data_gene_panel_b.txt").write_text("stable_id: B\ngene_list: TP53\t<b>x</b>\n")
    (tmp_path / "data_gene_panel_c.txt").write_text(TEXT)
    (tmp_path / "data_gene_panel_d.txt").write_text(TEXT.replace("DAXX", "ATRX"))
    found = refused(tmp_path, ".").splitlines()
    assert found[0].startswith("./data_gene_panel_a.txt: has no stable_id")
    assert found[1].startswith("./data_gene_panel_a.txt: has no gene_list")
    assert '"<b>x</b>" is no gene symbol' in found[2]
    assert 'panel_d.txt: "P1" is the stable_id of ./data_gene_panel_c.txt too' in found[3]


def test_the_same_panel_twice_is_accepted(tmp_path: Path):
    for name in "ab":
        (tmp_path / f"data_gene_panel_{name}.txt").write_text(TEXT)
    assert list(read_panels(".", folder=tmp_path)) == ["P1"]


def test_missing_empty_and_bare_folder(tmp_path: Path):
    assert "there is no such file" in refused(tmp_path, "panels")
    (tmp_path / "p.txt").touch()
    assert "is empty" in refused(tmp_path, "p.txt")
    (tmp_path / "bare").mkdir()
    assert "without a gene-panel file" in refused(tmp_path, "bare")
