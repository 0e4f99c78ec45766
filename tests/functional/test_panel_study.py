"""Which panel a specimen was on, end to end: older symbols, ids that tell, BED, GENIE, nothing."""

from __future__ import annotations

import pytest
from small_study import PLAN, maf, panel, table, write

from embogen import PlanError, read_study, run
from embogen.tables.of_analysis import tables_of

GENES = """
[[analysis]]
id = "genes"
kind = "gene_frequency"
"""


@pytest.fixture
def study(tmp_path):
    """Two specimens on IMPACT468 by their ids, one on IMPACT341; a call under the newer symbol."""
    ids = ("P-0000001-T01-IM6", "P-0000002-T01-IM6", "P-0000003-T01-IM3")
    return write(
        tmp_path,
        {
            "study.toml": PLAN + GENES,
            "patients.csv": table([["patient_id"], *([f"P{i}"] for i in (1, 2, 3))]),
            "specimens.csv": table(
                [("specimen_id", "patient_id"), *zip(ids, ("P1", "P2", "P3"), strict=True)]
            ),
            "mutations.maf": maf(
                ("KMT2D", "Nonsense_Mutation", ids[0]), ("TP53", "Missense_Mutation", ids[2])
            ),
            "panels/data_gene_panel_a.txt": panel("IMPACT468", "MLL2", "TP53"),
            "panels/data_gene_panel_b.txt": panel("IMPACT341", "TP53"),
        },
    )


def edited(study, *pairs: tuple[str, str], more: str = ""):
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text + more, encoding="utf-8")
    return run(read_study(study))


def counts(results) -> dict[str, tuple[int, int]]:
    rows = results.analysis("genes").result.rows
    return {row.count.gene: (row.count.n_altered, row.count.n_tested) for row in rows}


def test_ids_tell_the_panel_and_symbols_of_two_years_meet(study):
    results = edited(study)
    assert counts(results) == {"KMT2D": (1, 2), "TP53": (1, 3)}
    codes = [caveat.code for caveat in results.caveats]
    assert "panel_from_sample_id" in codes
    assert "genes_renamed" in codes
    assert "calls_off_panel" not in codes


def test_a_plan_may_say_the_older_symbol(study):
    results = edited(study, more='terms = ["gene:MLL2"]\n')
    assert counts(results) == {"KMT2D": (1, 2)}


def test_the_study_overrules_a_rename(study):
    """MLL2 kept apart from KMT2D: the call lies off the panel, and is said to."""
    results = edited(study, more='[genes]\naliases = { MLL2 = "MLL2" }\n')
    assert "KMT2D" not in counts(results)
    assert "calls_off_panel" in [caveat.code for caveat in results.caveats]


def test_a_file_of_aliases_under_the_table_of_the_plan(study):
    (study / "aliases.tsv").write_text("alias\tsymbol\nTP53\tP53\nKMT2D\tX\n", encoding="utf-8")
    more = '[genes]\nalias_file = "aliases.tsv"\naliases = { KMT2D = "KMT2D" }\n'
    results = edited(study, more=more)
    assert set(counts(results)) == {"KMT2D", "P53"}
    assert "aliases.tsv" in [item.path for item in results.provenance.inputs]


def test_renames_that_come_back_are_refused(study):
    with pytest.raises(PlanError, match=r"genes.aliases: the renames of A, B come back"):
        edited(study, more='[genes]\naliases = { A = "B", B = "A" }\n')


def test_targets_of_a_bed_file_are_the_panel_of_specimens_that_name_none(study):
    (study / "targets.bed").write_text("17\t1\t9\tTP53_1\n12\t1\t9\tMLL2_1\n", encoding="utf-8")
    (study / "specimens.csv").write_text(
        table([("specimen_id", "patient_id"), ("S1", "P1"), ("S2", "P2")]), encoding="utf-8"
    )
    (study / "mutations.maf").write_text(maf(("KMT2D", "Nonsense_Mutation", "S1")))
    results = edited(study, ('file = "panels"', 'file = "targets.bed"'))
    assert counts(results) == {"KMT2D": (1, 2)}


def test_genie_targets_are_panels_by_their_assay(study):
    (study / "genomic_information.txt").write_text(
        "Hugo_Symbol\tSEQ_ASSAY_ID\tincludeInPanel\nTP53\tA\tTrue\nKMT2D\tB\tTrue\n",
        encoding="utf-8",
    )
    (study / "specimens.csv").write_text(
        table([("specimen_id", "patient_id", "panel"), ("S1", "P1", "A"), ("S2", "P2", "B")]),
        encoding="utf-8",
    )
    (study / "mutations.maf").write_text(maf(("KMT2D", "Nonsense_Mutation", "S2")))
    results = edited(study, ('file = "panels"', 'file = "genomic_information.txt"'))
    assert counts(results)["KMT2D"] == (1, 1)


def test_without_a_panel_no_percentage_is_printed_and_the_plan_is_asked(study):
    results = edited(
        study,
        ('panels = { file = "panels" }\n', ""),
        more='terms = ["gene:TP53"]\n[genes]\ncandidates = { min_altered = 1 }\n',
    )
    assert counts(results) == {"TP53": (0, 0)}
    asked = [caveat.message for caveat in results.caveats if caveat.code == "unknown_panel"]
    assert "Add the panel file, or declare genes.coverage." in asked[0]
    (shown,) = tables_of(results.analysis("genes"), results)
    assert not any("%" in cell.text for cell in shown.rows[0].cells)
