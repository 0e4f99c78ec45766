"""A study folder's profiles are assays of their own: what was not profiled is not wild type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dense_features import dense
from embogen import DataError, read_study
from embogen.genomics.calls import MutationCalls
from embogen.genomics.coverage import GeneState
from embogen.io.cbioportal import read_cbioportal
from embogen.study.assemble import assemble
from embogen.study.exporting import Exported, export_cbioportal
from embogen.study.genotypes import _mutation_classes
from embogen.study.plan import StudyPlan
from embogen.study.scanning import prepare_scans

A, W, N = GeneState.ALTERED, GeneState.WILD_TYPE, GeneState.NOT_TESTED
META = "cancer_study_identifier: s\n{lines}"
PLAN = """schema = 1
[study]
id = "x"
title = "x"
[data]
cbioportal = {{ folder = "s" }}
[endpoint.os]
time = "OS_MONTHS"
time_unit = "months"
event = "OS_STATUS"
[genes]
count_as = [{classes}]
[[analysis]]
id = "g"
kind = "gene_frequency"
"""
HEAD = "#a\tb\tc\n#a\tb\tc\n#STRING\tSTRING\tSTRING\n#1\t1\t1\n"
MATRIX = "SAMPLE_ID\tmutations\tcna\tstructural_variants\n"
PATIENTS = range(6)


def meta(kind: str, datatype: str, file: str, stable: str | None = None) -> str:
    text = f"genetic_alteration_type: {kind}\ndatatype: {datatype}\ndata_filename: {file}\n"
    if stable:
        text += f"stable_id: {stable}\nshow_profile_in_analysis_tab: true\n"
        text += "profile_name: x\nprofile_description: x\n"
    return META.format(lines=text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six patients: s0 to s3 have copy number, s2 a deep deletion of DAXX, s5 a fusion of MEN1."""
    texts = {
        "meta_study.txt": META.format(lines="type_of_cancer: mixed\nname: s\ndescription: s\n"),
        "meta_clinical_patient.txt": meta("CLINICAL", "PATIENT_ATTRIBUTES", "data_patient.txt"),
        "meta_clinical_sample.txt": meta("CLINICAL", "SAMPLE_ATTRIBUTES", "data_sample.txt"),
        "meta_mutations.txt": meta("MUTATION_EXTENDED", "MAF", "data_mutations.txt", "mutations"),
        "meta_cna.txt": meta("COPY_NUMBER_ALTERATION", "DISCRETE", "data_cna.txt", "cna"),
        "meta_sv.txt": meta("STRUCTURAL_VARIANT", "SV", "data_sv.txt", "structural_variants"),
        "data_patient.txt": f"{HEAD}PATIENT_ID\tOS_STATUS\tOS_MONTHS\n"
        + "".join(f"p{i}\t{'1:DECEASED' if i % 2 else '0:LIVING'}\t{i + 1}\n" for i in PATIENTS),
        "data_sample.txt": f"{HEAD}PATIENT_ID\tSAMPLE_ID\tGENE_PANEL\n"
        + "".join(f"p{i}\ts{i}\tWES\n" for i in PATIENTS),
        "data_mutations.txt": "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n"
        "MEN1\tMissense_Mutation\ts0\nDAXX\tNonsense_Mutation\ts1\n"
        + "".join(f"TP53\tMissense_Mutation\ts{i}\n" for i in PATIENTS),
        "data_cna.txt": "Hugo_Symbol\ts0\ts1\ts2\ts3\nDAXX\t0\t0\t-2\t0\nMEN1\t0\t0\t0\tNA\n",
        "data_sv.txt": "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\tSite2_Hugo_Symbol\n"
        "s5\tSOMATIC\tMEN1\t\n",
    }
    (tmp_path / "s").mkdir()
    for name, text in texts.items():
        (tmp_path / "s" / name).write_text(text, encoding="utf-8")
    return tmp_path


def states(folder: Path, *classes: str) -> tuple[dict[str, list[int]], set[str]]:
    plan = PLAN.format(classes=", ".join(f'"{item}"' for item in classes))
    (folder / "study.toml").write_text(plan, encoding="utf-8")
    data = assemble(read_study(folder)).data
    assert data.genes is not None
    found = {gene: data.genes.state(gene).tolist() for gene in data.genes.genes}
    return found, {caveat.code for caveat in data.caveats}


def test_a_deep_deletion_alters_and_a_sample_without_copy_number_is_not_wild_type(folder) -> None:
    found, codes = states(folder, "missense", "truncating", "homozygous_deletion")
    assert found["DAXX"] == [W, A, A, W, N, N]
    assert found["MEN1"] == [A, W, W, N, N, N]  # s3 has no value for this gene
    assert found["TP53"] == [A] * 6
    assert "not_every_assay" in codes


def test_copy_number_bears_on_nothing_while_no_class_of_it_counts(folder) -> None:
    found, codes = states(folder, "missense", "truncating")
    assert found["DAXX"] == [W, A, W, W, W, W]
    assert found["MEN1"] == [A, W, W, W, W, W]
    assert "not_every_assay" not in codes


def test_fusions_count_where_they_are_asked_for(folder) -> None:
    found, _ = states(folder, "missense", "truncating", "fusion")
    assert found["MEN1"] == [A, W, W, W, W, A]


def test_a_panel_matrix_says_which_profile_a_sample_has(folder) -> None:
    rows = "".join(f"s{i}\tWES\tWES\t{'NA' if i == 4 else 'WES'}\n" for i in PATIENTS)
    (folder / "s" / "data_gene_panel_matrix.txt").write_text(MATRIX + rows, encoding="utf-8")
    (folder / "s" / "meta_gene_panel_matrix.txt").write_text(
        meta("GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX", "data_gene_panel_matrix.txt"),
        encoding="utf-8",
    )
    found, _ = states(folder, "missense", "truncating", "fusion")
    assert found["MEN1"] == [A, W, W, W, N, A]
    assert found["DAXX"] == [W, A, W, W, N, W]


def test_an_export_keeps_what_was_profiled(folder) -> None:
    rows = "".join(
        f"s{i}\tWES\t{'WES' if i < 4 else 'NA'}\t{'NA' if i == 4 else 'WES'}\n" for i in PATIENTS
    )
    (folder / "s" / "data_gene_panel_matrix.txt").write_text(MATRIX + rows, encoding="utf-8")
    (folder / "s" / "meta_gene_panel_matrix.txt").write_text(
        meta("GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX", "data_gene_panel_matrix.txt"),
        encoding="utf-8",
    )
    before, _ = states(folder, "missense", "truncating", "homozygous_deletion", "fusion")
    assert before["MEN1"] == [A, W, W, N, N, A]
    done = export_cbioportal(read_study(folder), folder / "out")
    assert not any("structural" in item for item in done.left_out)
    plan = (folder / "study.toml").read_text(encoding="utf-8")
    plan = plan.replace('folder = "s"', 'folder = "out"')
    (folder / "study.toml").write_text(plan, encoding="utf-8")
    again = assemble(read_study(folder)).data.genes
    assert again is not None
    assert {gene: again.state(gene).tolist() for gene in again.genes} == before


def with_filter(folder: Path, condition: str) -> None:
    plan = PLAN.format(classes='"missense", "truncating"') + f"\n[genes.filter]\n{condition}\n"
    (folder / "study.toml").write_text(plan, encoding="utf-8")


@pytest.mark.parametrize(
    ("condition", "column"),
    [
        ('status = "somatic"', "Mutation_Status"),
        ('driver = { column = "ONCOGENIC", values = ["Likely"] }', "ONCOGENIC"),
        ("vaf_min = 0.1", "allele fraction"),
    ],
)
def test_a_condition_the_folder_cannot_tell_is_named(folder, condition: str, column: str) -> None:
    with_filter(folder, condition)
    with pytest.raises(DataError, match=column):
        assemble(read_study(folder))


def test_conditions_look_at_the_columns_of_the_folder(folder) -> None:
    head, *rows = (folder / "s" / "data_mutations.txt").read_text(encoding="utf-8").splitlines()
    lines = [f"{head}\tMutation_Status"]
    lines += [f"{row}\t{'GERMLINE' if row.startswith('DAXX') else 'SOMATIC'}" for row in rows]
    (folder / "s" / "data_mutations.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with_filter(folder, 'status = "somatic"')
    data = assemble(read_study(folder)).data
    assert data.genes is not None
    assert "DAXX" not in data.genes.genes  # its one call is germline, and no panel lists it
    assert data.genes.state("MEN1").tolist() == [A, W, W, W, W, W]


def test_single_calls_of_a_vcf_can_show_every_class_a_mutation_file_can() -> None:
    """A file that happens to hold one kind of variant was still looked through for the others."""
    data = {"patients": {"file": "p.csv"}, "mutations": {"file": "x.vcf", "format": "vcf"}}
    plan = StudyPlan.model_validate({"schema": 1, "study": {"id": "s", "title": "t"}, "data": data})
    calls = pl.DataFrame({"alteration_class": ["missense"]})
    assert _mutation_classes(plan, MutationCalls(calls, "x.vcf")) >= {"missense", "truncating"}


def test_the_status_of_structural_variants_is_told_in_a_folder_too(folder: Path):
    sv = folder / "s" / "data_sv.txt"
    sv.write_text(sv.read_text() + "s4\tGERMLINE\tMEN1\t\n", encoding="utf-8")
    maf = folder / "s" / "data_mutations.txt"
    lines = maf.read_text().splitlines()
    told = [lines[0] + "\tMutation_Status", *(line + "\tSOMATIC" for line in lines[1:])]
    maf.write_text("\n".join(told) + "\n", encoding="utf-8")
    plan = PLAN.format(classes='"missense", "fusion"')
    for status, expected in (("any", A), ("somatic", W)):
        text = plan.replace("[[analysis]]", f'[genes.filter]\nstatus = "{status}"\n[[analysis]]')
        (folder / "study.toml").write_text(text, encoding="utf-8")
        genes = assemble(read_study(folder)).data.genes
        assert genes is not None
        found = dict(zip(genes.patients, genes.state("MEN1").tolist(), strict=True))
        assert (found["p4"], found["p5"]) == (expected, A)


SV = (
    "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\tSite2_Hugo_Symbol\tClass\tEvent_Info\n"
    "s5\tSOMATIC\tMEN1\t\tDELETION\tloss of exon 2\n"
    "s0\tGERMLINE\tEWSR1\tFLI1\t\t\ns0\tSOMATIC\tEWSR1\tERG\tTRANSLOCATION\tEWSR1-ERG\n"
    "s1\tSOMATIC\tALK\tALK\tINVERSION\t\ns1\tSOMATIC\t\tRET\tDUPLICATION\t\n"
)


def written_again(folder: Path, text: str) -> tuple[pl.DataFrame, pl.DataFrame, Exported]:
    """Structural variants of the folder, and of what is exported from it."""
    (folder / "s" / "data_sv.txt").write_text(text, encoding="utf-8")
    states(folder, "missense", "fusion")
    done = export_cbioportal(read_study(folder), folder / "out")
    found = []
    for name in ("s", "out"):
        calls = read_cbioportal(folder / name).structural_variants
        assert calls is not None
        frame = calls.calls.drop("source_row")
        found.append(frame.sort(frame.columns))
    return found[0], found[1], done


def test_structural_variants_read_back_identical(folder) -> None:
    before, after, done = written_again(folder, SV)
    assert before.height == 7  # ALK once, the germline and the somatic EWSR1 apart
    assert after.equals(before)
    assert not done.left_out or not any("data_sv" in item for item in done.left_out)
    assert not [item for item in done.problems if "sv" in item.file]
    lists = (folder / "out" / "case_lists" / "cases_sv.txt").read_text(encoding="utf-8")
    assert lists.endswith("case_list_ids: s0\ts1\ts2\ts3\ts4\ts5\n")


def test_a_variant_of_unknown_status_is_written_and_counted(folder) -> None:
    text = SV.replace("s5\tSOMATIC", "s5\tUNKNOWN").replace("s1\tSOMATIC\tALK", "s1\t\tALK")
    before, after, done = written_again(folder, text)
    assert after.equals(before)
    assert any("2 of 5 structural variants do not say" in item for item in done.left_out)
    assert any(item.column == "SV_Status" for item in done.problems)


def test_alterations_that_are_in_no_maf_are_counted_by_kind(folder) -> None:
    table = "sample,gene,value\np0,MEN1,del\np0,EWSR1,fus\np1,TP53,mis\np1,ATM,x\n"
    (folder / "long.csv").write_text(table, encoding="utf-8")
    (folder / "p.csv").write_text("patient_id,t,e\np0,1,1\np1,2,0\n", encoding="utf-8")
    text = PLAN.format(classes='"any"')
    data = (
        'patients = { file = "p.csv" }\nmutations = { file = "long.csv", format = "gene_long", '
        'altered = { del = "homozygous_deletion", fus = "fusion", mis = "missense", x = "any" } }'
    )
    text = text.replace('cbioportal = { folder = "s" }', data)
    text = text.replace("OS_MONTHS", "t").replace("OS_STATUS", "e")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    done = export_cbioportal(read_study(folder), folder / "out")
    assert any("2 alterations of long.csv (any, missense)" in item for item in done.left_out)
    assert {"data_cna.txt", "data_sv.txt"} <= {*done.files}


SCANS = """
[[scan]]
id = "classes"
endpoints = ["os"]
features = "classes"
[[scan]]
id = "variants"
endpoints = ["os"]
features = "variants"
min_carriers = 1
"""


def test_classes_and_variants_of_a_folder_are_features_of_a_scan(folder: Path) -> None:
    file = folder / "s" / "data_mutations.txt"
    changes = ["HGVSp_Short", "p.W341R", "", *["p.R175H"] * len(PATIENTS)]
    lines = zip(file.read_text(encoding="utf-8").splitlines(), changes, strict=True)
    file.write_text("".join(f"{line}\t{change}\n" for line, change in lines), encoding="utf-8")
    counted = '"missense", "truncating", "homozygous_deletion", "fusion"'
    (folder / "study.toml").write_text(PLAN.format(classes=counted) + SCANS, encoding="utf-8")
    classes, variants = prepare_scans(read_study(folder))
    names = ["DAXX homozygous_deletion", "DAXX truncating", "MEN1 fusion", "MEN1 missense"]
    assert list(classes.task.source.names) == [*names, "TP53 missense"]
    x = np.nan
    expected = [
        [0, 0, 1, 0, x, x],  # where copy number was profiled
        [0, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 1],
        [1, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1],
    ]
    np.testing.assert_array_equal(dense(classes.task.source).T, expected)
    assert list(variants.task.source.names) == ["MEN1 W341R", "TP53 R175H"]
    np.testing.assert_array_equal(dense(variants.task.source).T, expected[3:])
    (untold,) = [item for item in variants.caveats if item.code == "variants_not_told"]
    assert untold.evidence == {"calls": 1, "patients": 1}
    assert "variants_not_told" not in {item.code for item in classes.caveats}
