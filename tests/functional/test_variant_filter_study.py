"""Conditions on calls in a plan, end to end: who stays altered, and what the report is told."""

from __future__ import annotations

import pytest
from small_study import PLAN, maf, panel, table, write

from embogen import DataError, PlanError, read_study, run

GENES = """
[[analysis]]
id = "genes"
kind = "gene_frequency"
terms = ["gene:TP53", "gene:DAXX"]
[genes.filter]
"""


@pytest.fixture
def study(tmp_path):
    headers = ("t_alt_count", "t_ref_count", "Mutation_Status", "ONCOGENIC", "HGVSp_Short")
    calls = maf(
        ("TP53", "Missense_Mutation", "S1", 40, 60, "SOMATIC", "Oncogenic", "p.R248Q"),
        ("TP53", "Missense_Mutation", "S2", 2, 98, "SOMATIC", "Unknown", "p.R175H"),
        ("DAXX", "Nonsense_Mutation", "S1", 50, 50, "GERMLINE", "Likely Oncogenic", "p.R10*"),
        ("DAXX", "Missense_Mutation", "S2", "", "", "", "", "p.A1V"),
        more=headers,
    )
    return write(
        tmp_path,
        {
            "study.toml": PLAN + GENES,
            "patients.csv": table([["patient_id"], ["P1"], ["P2"], ["P3"]]),
            "specimens.csv": table(
                [("specimen_id", "patient_id"), *((f"S{i}", f"P{i}") for i in (1, 2, 3))]
            ),
            "mutations.maf": calls,
            "panels/data_gene_panel_p.txt": panel("P", "DAXX", "TP53"),
            "hotspots.tsv": "gene\tresidue\nTP53\tR248\n",
        },
    )


def altered(study, lines: str) -> tuple[dict[str, tuple[int, int]], dict[str, object]]:
    file = study / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + lines + "\n", encoding="utf-8")
    results = run(read_study(study))
    rows = results.analysis("genes").result.rows
    counts = {row.count.gene: (row.count.n_altered, row.count.n_tested) for row in rows}
    left = [dict(c.evidence) for c in results.caveats if c.code == "calls_left_out"]
    return counts, left[0] if left else {}


@pytest.mark.parametrize(
    ("lines", "tp53", "daxx", "left_out"),
    [
        ("", 2, 2, 0),
        ("vaf_min = 0.05", 1, 2, 1),
        ('vaf_min = 0.05\nvaf_unknown = "leave_out"', 1, 1, 2),
        ('status = "somatic"', 2, 1, 1),
        ('status = "germline"\nstatus_unknown = "leave_out"', 0, 1, 3),
        ('driver = { column = "ONCOGENIC", values = ["Oncogenic"] }', 1, 0, 3),
        ('hotspots = { file = "hotspots.tsv" }', 1, 1, 2),
    ],
)
def test_a_condition_changes_who_is_altered_and_never_who_was_tested(
    study, lines, tp53, daxx, left_out
):
    counts, evidence = altered(study, lines)
    assert counts == {"TP53": (tp53, 3), "DAXX": (daxx, 3)}
    assert evidence.get("left_out", 0) == left_out


def test_the_file_of_hotspots_is_an_input_with_a_hash(study):
    file = study / "study.toml"
    file.write_text(
        file.read_text(encoding="utf-8") + 'hotspots = { file = "hotspots.tsv" }\n',
        encoding="utf-8",
    )
    inputs = run(read_study(study)).provenance.inputs
    assert "hotspots.tsv" in [item.path for item in inputs]


def test_a_column_in_percent_is_asked_about(study):
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8").replace(
        '"mutations.maf"', '"mutations.maf", columns = { vaf = "t_alt_count" }'
    )
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="vaf_unit"):
        run(read_study(study))
    file.write_text(text.replace(" } }", ' }, vaf_unit = "percent" }'), encoding="utf-8")
    assert altered(study, "vaf_min = 0.45")[0]["TP53"] == (0, 3)


def test_an_absent_driver_column_is_named(study):
    with pytest.raises(DataError, match=r"Did you mean .ONCOGENIC"):
        altered(study, 'driver = { column = "ONCOGENICITY", values = ["x"] }')


def test_a_matrix_has_no_single_calls_to_filter(study):
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8").replace(
        '"mutations.maf"', '"mutations.maf", format = "gene_matrix"'
    )
    file.write_text(text + "vaf_min = 0.1\n", encoding="utf-8")
    with pytest.raises(PlanError, match="needs single calls"):
        read_study(study)


def test_a_list_of_hotspots_that_names_no_residue_is_refused(study):
    (study / "hotspots.tsv").write_text("gene\tresidue\nTP53\tR248\nTP53\thot\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"hotspots.tsv row 3.*names no gene and residue"):
        altered(study, 'hotspots = { file = "hotspots.tsv" }')
