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


SV = "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\tSite2_Hugo_Symbol\nS2\tSOMATIC\tMEN1\tXYZ\n"
FUSIONS = 'structural_variants = { file = "sv.txt" }\n'


def with_data(study, line: str, *, count_as: str = "") -> None:
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    number = 'copy_number = { file = "cna.txt" }\n'
    assert number in text
    file.write_text(text.replace(number, line) + count_as, encoding="utf-8")


def test_a_structural_variant_alters_the_genes_of_the_panel(study):
    (study / "sv.txt").write_text(SV, encoding="utf-8")
    with_data(study, FUSIONS, count_as='count_as = ["missense", "fusion"]\n')
    found, codes = counts(study)
    assert found == {"MEN1": (2, 3), "PTEN": (0, 3)}
    assert "calls_off_panel" in codes  # XYZ
    with_data_status = 'filter = { status = "germline" }\n'
    maf_text = (study / "mutations.maf").read_text(encoding="utf-8").splitlines()
    lines = [maf_text[0] + "\tMutation_Status", *(line + "\tGERMLINE" for line in maf_text[1:])]
    (study / "mutations.maf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert counts(study, with_data_status)[0]["MEN1"] == (1, 3)  # the somatic fusion is left out


def test_a_panel_matrix_says_who_was_assayed_by_what(study):
    """S1 was not sequenced; S2 was, as an exome; S3 on the panel. Its NA comes before the table."""
    matrix = "SAMPLE_ID\tmutations\nS1\tNA\nS2\tWXS\nS3\tP\n"
    (study / "matrix.txt").write_text(matrix, encoding="utf-8")
    with_data(study, 'panel_matrix = { file = "matrix.txt" }\n')
    found, codes = counts(study)
    assert found == {"MEN1": (1, 2), "PTEN": (0, 2)}
    assert "panel_conflict" in codes  # the silent call of S1
    assert "unknown_panel" not in codes


def test_a_specimen_outside_the_case_list_was_not_sequenced(study):
    lines = "stable_id: x_sequenced\ncase_list_ids: S2\n"
    (study / "cases_sequenced.txt").write_text(lines, encoding="utf-8")
    with_data(study, 'case_lists = { file = "cases_sequenced.txt" }\n')
    found, codes = counts(study)
    # S1 and S3 have calls, so they were sequenced whatever the list says
    assert found == {"MEN1": (1, 3), "PTEN": (0, 3)}
    assert "case_list_disagrees" in codes
    (study / "mutations.maf").write_text(maf(("MEN1", "Missense_Mutation", "S3")))
    assert counts(study)[0] == {"MEN1": (1, 2), "PTEN": (0, 2)}
