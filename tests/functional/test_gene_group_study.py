"""Groups of genes in a plan, end to end: tables, models, OncoPrint, and what is refused."""

from __future__ import annotations

import pytest
from small_study import PLAN, maf, panel, table, write

from embogen import PlanError, read_study, run
from embogen.study.json_codec import from_json, to_json
from embogen.tables.of_analysis import tables_of

GROUP = """
[gene_group.alt]
any_of = ["DAXX", "ATRX"]
label = "DAXX or ATRX"
[genes]
candidates = { genes = ["alt"] }
[[analysis]]
id = "genes"
kind = "gene_frequency"
[[analysis]]
id = "named"
kind = "gene_frequency"
terms = ["group:alt", "gene:MEN1"]
[[analysis]]
id = "table"
kind = "baseline_table"
variables = ["group:alt", "gene:*"]
[[analysis]]
id = "print"
kind = "oncoprint"
"""


@pytest.fixture
def study(tmp_path):
    """P1 altered on the small panel, P2 wild type there, P3 wild type on the large, P4 failed."""
    specimens = [
        ("specimen_id", "patient_id", "panel", "status"),
        ("S1", "P1", "SMALL", ""),
        ("S2", "P2", "SMALL", ""),
        ("S3", "P3", "LARGE", ""),
        ("S4", "P4", "LARGE", "failed"),
    ]
    return write(
        tmp_path,
        {
            "study.toml": PLAN + GROUP,
            "patients.csv": table([["patient_id"], *([f"P{i}"] for i in range(1, 5))]),
            "specimens.csv": table(specimens),
            "mutations.maf": maf(
                ("DAXX", "Nonsense_Mutation", "S1"),
                ("MEN1", "Missense_Mutation", "S2"),
                ("ATRX", "Silent", "S3"),
            ),
            "panels/data_gene_panel_s.txt": panel("SMALL", "DAXX", "MEN1"),
            "panels/data_gene_panel_l.txt": panel("LARGE", "DAXX", "MEN1", "ATRX"),
        },
    )


def test_a_group_stands_after_the_genes_with_its_own_denominator(study):
    results = run(read_study(study))
    rows = results.analysis("genes").result.rows
    assert [row.count.gene for row in rows] == ["DAXX", "MEN1", "alt"]
    group = rows[-1].count
    assert (group.n_altered, group.n_tested, group.n_not_tested, group.n_failed) == (1, 2, 1, 1)
    assert (rows[-1].rank, rows[-1].candidate) == (1, True)
    (shown,) = tables_of(results.analysis("genes"), results)
    cell = shown.rows[-1].cells[0]
    assert (cell.text, cell.italic) == ("DAXX or ATRX", False)
    assert "Altered where any of DAXX or ATRX is." in cell.notes
    assert from_json(to_json(results)).analysis("genes").result.rows[-1].count == group


def test_terms_choose_the_rows(study):
    rows = run(read_study(study)).analysis("named").result.rows
    assert [row.count.gene for row in rows] == ["MEN1", "alt"]


def test_one_group_under_two_words_is_one_row_of_a_table(study):
    """`gene:*` holds the candidate, which is the group that `group:alt` names already."""
    result = run(read_study(study)).analysis("table").result
    assert [variable.label for variable in result.variables] == ["DAXX or ATRX"]


def test_the_oncoprint_draws_the_group_by_its_label(study):
    drawn = run(read_study(study)).analysis("print").result
    assert "DAXX or ATRX" in drawn.genes


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ('"DAXX", "ATRX"', '"DAXX", "ATRXX"', "gene_group.alt.any_of", "ATRXX"),
        ('"DAXX", "ATRX"', '"DAXX", "DAXX"', "gene_group.alt.any_of", "stands twice"),
        ("group:alt", "group:atl", "analysis[2].terms[1]", "Did you mean"),
        ("[gene_group.alt]", "[gene_group.MEN1]", "gene_group.MEN1", "symbol of a gene"),
    ],
)
def test_what_a_group_may_not_be(study, old, new, path, words):
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new)
    if "MEN1]" in new:
        text = (
            text.replace('group:alt", "gene:MEN1', "group:MEN1", 1)
            .replace("group:alt", "group:MEN1")
            .replace('["alt"]', '["MEN1"]')
        )
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as error:
        run(read_study(study))
    found = [problem for problem in error.value.problems if problem.path == path]
    assert found
    assert words in str(found[0])
