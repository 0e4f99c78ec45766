"""Copy number beside mutations in a plan, end to end."""

from __future__ import annotations

import pytest
from small_study import PLAN, maf, panel, table, write

from embogen import PlanError, read_study, run

NUMBERS = """
copy_number = { file = "cna.txt" }
[[analysis]]
id = "genes"
kind = "gene_frequency"
terms = ["gene:PTEN", "gene:MEN1"]
[genes]
candidates = { min_altered = 1 }
"""


@pytest.fixture
def study(tmp_path):
    """Three patients on one panel; copy number of the first two only."""
    ids = [("specimen_id", "patient_id"), *((f"S{i}", f"P{i}") for i in (1, 2, 3))]
    return write(
        tmp_path,
        {
            "study.toml": PLAN + NUMBERS,
            "patients.csv": table([["patient_id"], ["P1"], ["P2"], ["P3"]]),
            "specimens.csv": table(ids),
            "mutations.maf": maf(("MEN1", "Missense_Mutation", "S3"), ("MEN1", "Silent", "S1")),
            "cna.txt": "Hugo_Symbol\tS1\tS2\nPTEN\t-2\t0\nMEN1\t0\t-1.5\n",
            "panels/data_gene_panel_p.txt": panel("P", "MEN1", "PTEN"),
        },
    )


def counts(study, lines: str = "") -> tuple[dict[str, tuple[int, int]], set[str]]:
    file = study / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + lines, encoding="utf-8")
    results = run(read_study(study))
    rows = results.analysis("genes").result.rows
    found = {row.count.gene: (row.count.n_altered, row.count.n_tested) for row in rows}
    return found, {caveat.code for caveat in results.caveats}


def test_deletions_count_where_copy_number_was_measured(study):
    found, codes = counts(study)
    assert found == {"PTEN": (1, 2), "MEN1": (2, 3)}
    assert {"not_every_assay", "partial_deletions"} <= codes


def test_one_assay_may_suffice(study):
    assert counts(study, 'wild_type_by = "any"\n')[0] == {"PTEN": (1, 3), "MEN1": (2, 3)}


def test_small_variants_alone_ask_nothing_of_copy_number(study):
    found, codes = counts(study, 'count_as = ["missense"]\n')
    assert found == {"PTEN": (0, 3), "MEN1": (1, 3)}
    assert "not_every_assay" not in codes


def test_copy_number_without_a_mutation_file(study):
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8").replace('mutations = { file = "mutations.maf" }\n', "")
    file.write_text(text, encoding="utf-8")
    assert counts(study)[0] == {"PTEN": (1, 2), "MEN1": (1, 2)}


def test_a_class_no_file_tells_is_refused_and_not_wild_type(study):
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8").replace('copy_number = { file = "cna.txt" }\n', "")
    file.write_text(text + 'count_as = ["homozygous_deletion"]\n', encoding="utf-8")
    with pytest.raises(PlanError, match="counts homozygous deletion only, and no file"):
        run(read_study(study))


def test_the_file_is_an_input_with_a_hash(study):
    inputs = run(read_study(study)).provenance.inputs
    assert "cna.txt" in [item.path for item in inputs]
