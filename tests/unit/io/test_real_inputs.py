"""The readers on real files, each with the traps its provenance tells of."""

from __future__ import annotations

from pathlib import Path

import pytest

from embogen.cohort.schema import Variable
from embogen.errors import DataError
from embogen.genomics.alterations import GenotypeRules, build_alterations
from embogen.genomics.frequency import most_frequent, rank_genes
from embogen.io.gene_long import read_gene_long
from embogen.io.gene_matrix import read_gene_matrix
from embogen.io.gene_panel import read_panels
from embogen.io.maf import read_maf
from embogen.io.tables import TableSource, _read_table, read_cohort

NON_SILENT = ("missense", "truncating", "splice", "inframe", "promoter", "start_lost")


@pytest.fixture
def cohort_folder(data_dir: Path):
    def find(name: str) -> Path:
        if not (data_dir / name).is_dir():
            pytest.skip(f"EMBOGEN_DATA holds no {name}: real data are not committed")
        return data_dir / name

    return find


def test_laml(cohort_folder):
    """193 samples, a lower-case p in End_position, and 7 patients the file does not name."""
    folder = cohort_folder("tcga_laml")
    calls, caveats = read_maf("tcga_laml.maf.gz", folder=folder)
    assert caveats == ()
    assert calls.calls.height == 2207
    assert len(calls.sample_ids) == 193
    assert calls.calls["gene"].n_unique() == 1611
    assert (calls.calls["alteration_class"] == "silent").sum() == 449
    source = TableSource("patients", "tcga_laml_annot.tsv", folder, key="Tumor_Sample_Barcode")
    cohort, _ = read_cohort([source])
    assert cohort.patients["FAB_classification"].null_count() == 1
    for without, tested in (("not_tested", 193), ("wild_type", 200)):
        rules = GenotypeRules(NON_SILENT, "all_genes", without)  # type: ignore[arg-type]
        matrix, _ = build_alterations(cohort.patient_ids, None, calls, {}, rules)
        top = rank_genes(matrix)[0]
        assert (top.gene, top.altered, top.tested) == ("FLT3", 52, tested)
    matrix, caveats = build_alterations(cohort.patient_ids, None, calls, {}, GenotypeRules())
    assert most_frequent(matrix, 4)[0] == ()
    assert [item.code for item in caveats] == ["unknown_panel", "calls_left_out"]
    assert caveats[1].evidence["silent"] == 449


def test_laml_times_that_are_no_numbers_are_named(cohort_folder):
    folder = cohort_folder("tcga_laml")
    source = TableSource(
        "patients",
        "tcga_laml_annot.tsv",
        folder,
        key="Tumor_Sample_Barcode",
        variables=(Variable("days_to_last_followup", "number", "Follow-up."),),
    )
    with pytest.raises(DataError) as caught:
        read_cohort([source])
    assert {problem.value for problem in caught.value.problems} == {"-Inf"}


def test_glioma_header_twice_and_genes_under_older_names(cohort_folder):
    folder = cohort_folder("cbioportal_glioma_msk_2018")
    panels = read_panels("gene_panels", folder=folder.parent)
    calls, caveats = read_maf("data_mutations_extended.txt", folder=folder)
    assert [item.code for item in caveats] == ["repeated_header"]
    assert calls.calls.height == 1425
    assert len(calls.sample_ids) == 89
    columns = {"specimen_id": "SAMPLE_ID", "patient_id": "PATIENT_ID", "panel": "GENE_PANEL"}
    specimens = TableSource("specimens", "data_clinical_sample.txt", folder, columns=columns)
    patients = TableSource(
        "patients", "data_clinical_sample.txt", folder, columns={"patient_id": "PATIENT_ID"}
    )
    with pytest.raises(DataError, match=r"is the patient of row"):
        read_cohort([patients, specimens])
    raw = _specimens(specimens)
    matrix, caveats = build_alterations(
        sorted(set(raw["patient_id"])), raw, calls, panels, GenotypeRules(NON_SILENT)
    )
    assert [item.code for item in caveats] == [
        "calls_left_out",
        "calls_off_panel",
        "specimens_without_calls",
    ]
    assert caveats[2].evidence == {"specimens": 2, "sequenced": 91}
    assert len(matrix.patients) == 42
    assert [row.gene for row in rank_genes(matrix)[:2]] == ["TERT", "TP53"]


def _specimens(source: TableSource):
    """Read a specimens table alone."""
    table, problems = _read_table(source)
    assert not problems
    return table.frame


def test_panels(cohort_folder):
    panels = read_panels("gene_panels", folder=cohort_folder("gene_panels").parent)
    sizes = {name: len(panels[f"IMPACT{name}"].genes) for name in (341, 410, 468, 505)}
    assert sizes == {341: 341, 410: 410, 468: 469, 505: 505}
    for name in sizes:
        assert {"MEN1", "DAXX", "ATRX", "TSC2", "TP53"} <= panels[f"IMPACT{name}"].genes
    assert len(panels) == 56


def test_a_folder_file_that_is_no_panel_is_named(cohort_folder):
    with pytest.raises(DataError, match=r"origimed_450_panel.txt: has no stable_id"):
        read_panels("origimed_450_panel.txt", folder=cohort_folder("gene_panels"))


def test_acc_matrices_through_the_sample_map(cohort_folder):
    folder = cohort_folder("tcga_acc")

    def genotypes(assay: str, file: str, altered: dict[str, str], wild_type: list[str]):
        cohort, _ = read_cohort(
            [
                TableSource(
                    "patients", "tcga_cdr_acc_endpoints.tsv", folder, key="bcr_patient_barcode"
                ),
                TableSource(
                    "specimens",
                    "miniACC_sampleMap.csv",
                    folder,
                    columns={"specimen_id": "colname", "patient_id": "primary"},
                    where={"assay": [assay]},
                ),
            ]
        )
        calls, _ = read_gene_matrix(file, folder=folder, altered=altered, wild_type=wild_type)
        rules = GenotypeRules(tuple(set(altered.values())))
        return build_alterations(cohort.patient_ids, cohort.specimens, calls, {}, rules)[0]

    losses = genotypes(
        "gistict",
        "miniACC_gistic_gene_by_sample.csv",
        {"-2": "homozygous_deletion", "-1": "loss"},
        ["0", "1", "2"],
    )
    assert losses.states.shape == (92, 198)
    (cldn7,) = [row for row in rank_genes(losses) if row.gene == "CLDN7"]
    assert (cldn7.altered, cldn7.tested, cldn7.not_tested) == (35, 90, 2)
    mutations = genotypes("Mutations", "miniACC_mutations_gene_by_sample.csv", {"1": "any"}, ["0"])
    assert (mutations.states == 1).sum() == 73
    assert max(row.altered for row in rank_genes(mutations)) == 1


def test_melanoma_rows_of_two_alleles(cohort_folder):
    folder = cohort_folder("melanoma_antipd1")
    calls, caveats = read_gene_long(
        "copy_number_alterations.tsv",
        folder=folder,
        altered={
            "Allelic deletion": "loss",
            "CN-LOH": "loss",
            "aCN = 0": "homozygous_deletion",
            "Allelic amplification": "amplification",
            "Complex": "any",
        },
        wild_type=["Baseline"],
    )
    assert [item.code for item in caveats] == ["altered_and_wild_type"]
    source = TableSource("patients", "merged_clinical_data.tsv", folder, key="sample")
    cohort, _ = read_cohort([source])
    matrix, _ = build_alterations(cohort.patient_ids, None, calls, {}, GenotypeRules(("any",)))
    assert matrix.genes == ("CDKN2A", "MYC", "TP53")


@pytest.mark.parametrize(
    ("file", "n"),
    [("test.maf", 20), ("test_b38_output.maf", 25), ("test_output.vep_isoforms.maf", 20)],
)
def test_mafs_of_an_annotator(cohort_folder, file: str, n: int):
    calls, _ = read_maf(file, folder=cohort_folder("variant_files"))
    assert calls.calls.height == n


def test_a_list_of_variants_without_annotation_is_no_maf(cohort_folder):
    with pytest.raises(DataError, match=r"no column Hugo_Symbol.*annotate the file first"):
        read_maf("minimalist_test_maf.tsv", folder=cohort_folder("variant_files"))
