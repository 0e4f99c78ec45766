"""Matrices and long tables: what each value means is declared, empty cells are not tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from embogen.errors import DataError
from embogen.io.gene_long import read_gene_long
from embogen.io.gene_matrix import read_gene_matrix

ALTERED = {"-2": "homozygous_deletion", "2": "amplification"}
WILD = ("-1", "0", "1")


def test_a_matrix_gives_calls_and_tested_pairs(tmp_path: Path):
    (tmp_path / "m.csv").write_text('"","S1","S2","S3"\nTP53,-2,0.0,\nMYC,NA,2.0,1\n')
    calls, caveats = read_gene_matrix("m.csv", folder=tmp_path, altered=ALTERED, wild_type=WILD)
    assert caveats == ()
    found = calls.calls.select("sample_id", "gene", "alteration_class").rows()
    assert sorted(found) == [("S1", "TP53", "homozygous_deletion"), ("S2", "MYC", "amplification")]
    assert calls.tested is not None
    assert sorted(calls.tested.rows()) == [
        ("S1", "TP53"),
        ("S2", "MYC"),
        ("S2", "TP53"),
        ("S3", "MYC"),
    ]
    assert calls.sample_ids == ("S1", "S2", "S3")


def test_undeclared_values_are_listed_once(tmp_path: Path):
    (tmp_path / "m.csv").write_text("gene,S1,S2\nTP53,1,3\nMYC,3,x\n")
    with pytest.raises(DataError) as caught:
        read_gene_matrix("m.csv", folder=tmp_path, altered={"1": "any"}, wild_type=("0",))
    found = [str(problem) for problem in caught.value.problems]
    assert found[0].startswith('m.csv row 2, S2: "3" is a value whose meaning is not declared (2')
    assert found[1].startswith('m.csv row 3, S2: "x" is a value')


def test_a_gene_or_a_sample_twice_is_refused(tmp_path: Path):
    (tmp_path / "m.csv").write_text("gene,S1\nTP53,1\nTP53,0\n,1\n")
    with pytest.raises(DataError) as caught:
        read_gene_matrix("m.csv", folder=tmp_path, altered={"1": "any"})
    assert 'm.csv row 3: "TP53" is the gene of row 2 already' in str(caught.value)
    assert "m.csv row 4: has no gene in its first column" in str(caught.value)
    (tmp_path / "n.csv").write_text("gene,S1,S1\nTP53,1,0\n")
    with pytest.raises(DataError, match='"S1" stands over 2 columns'):
        read_gene_matrix("n.csv", folder=tmp_path, altered={"1": "any"})


def test_a_long_table_with_a_row_for_each_allele(tmp_path: Path):
    (tmp_path / "l.tsv").write_text(
        "sample\tcategory\tvalue\nA\tMYC\tamp\nA\tMYC\tbase\nB\tMYC\tbase\nB\tMYC\tbase\n"
        "B\tTP53\tNot Available\nC\tTP53\tdel\nC\tTP53\tamp\n"
    )
    calls, caveats = read_gene_long(
        "l.tsv",
        folder=tmp_path,
        altered={"amp": "amplification", "del": "loss"},
        wild_type=("base",),
    )
    assert calls.tested is not None
    assert sorted(calls.tested.rows()) == [("A", "MYC"), ("B", "MYC"), ("C", "TP53")]
    assert sorted(calls.calls.select("sample_id", "gene", "alteration_class").rows()) == [
        ("A", "MYC", "amplification"),
        ("C", "TP53", "amplification"),
        ("C", "TP53", "loss"),
    ]
    (caveat,) = caveats
    assert (caveat.code, caveat.evidence) == ("altered_and_wild_type", {"pairs": 1})


def test_a_long_table_without_its_columns(tmp_path: Path):
    (tmp_path / "l.csv").write_text("smple,gene,state\nA,MYC,1\n")
    with pytest.raises(DataError) as caught:
        read_gene_long("l.csv", folder=tmp_path, altered={"1": "any"}, wild_type=())
    assert 'there is no column "sample_id"' in str(caught.value)
    columns = {"sample_id": "smple"}
    calls, _ = read_gene_long(
        "l.csv", folder=tmp_path, altered={"1": "any"}, wild_type=(), columns=columns
    )
    assert calls.calls.height == 1


def test_empty_ids_of_a_long_table_are_named(tmp_path: Path):
    (tmp_path / "l.csv").write_text("sample,gene,value\n,MYC,1\nA,,1\n")
    with pytest.raises(DataError) as caught:
        read_gene_long("l.csv", folder=tmp_path, altered={"1": "any"}, wild_type=())
    assert "l.csv row 2, sample: is empty" in str(caught.value)
    assert "l.csv row 3, gene: is empty" in str(caught.value)
