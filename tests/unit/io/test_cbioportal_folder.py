"""cBioPortal study folders: meta files, comment rows, profiles, panels, timelines, every defect."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from embogen.errors import DataError
from embogen.io.cbioportal import CbioportalStudy, read_cbioportal

HEAD = {
    "data_clinical_patient.txt": (
        "#Patient\tOverall survival status\tOverall survival\tAge\tSex\n"
        "#Id of the patient\tStatus\tMonths of survival\tAge at diagnosis\tSex\n"
        "#STRING\tSTRING\tNUMBER\tNUMBER\tSTRING\n"
        "#1\t1\t400\t0\t9\n"
        "PATIENT_ID\tOS_STATUS\tOS_MONTHS\tAGE\tSEX\n"
    ),
    "data_clinical_sample.txt": (
        "#Patient\tSample\tType\n#Patient\tSample\tType\n#STRING\tSTRING\tSTRING\n#1\t1\t1\n"
        "PATIENT_ID\tSAMPLE_ID\tSAMPLE_TYPE\n"
    ),
}
ROWS = {
    "data_clinical_patient.txt": (
        "a\t1:DECEASED\t12.5\t>89\tMale\nb\t0:LIVING\t[Not Available]\t50\tFemale\n"
    ),
    "data_clinical_sample.txt": "a\ta1\tPrimary\na\ta2\tRecurrence\nb\tb1\tPrimary\n",
    "data_mutations.txt": (
        "#version 2.4\nHugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\tHGVSp_Short\n"
        "TP53\tMissense_Mutation\ta1\tp.R175H\nMEN1\tNonsense_Mutation\tb1\tp.Q5*\n"
    ),
    "data_cna.txt": (
        "Hugo_Symbol\tEntrez_Gene_Id\ta1\ta2\tb1\nDAXX\t1\t-2\t-1.5\tNA\nATRX\t2\t0\t1\t2\n"
    ),
    "data_sv.txt": (
        "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\tSite2_Hugo_Symbol\tClass\n"
        "a1\tSOMATIC\tEWSR1\tERG\tTRANSLOCATION\nb1\tSOMATIC\tMEN1\tMEN1\tDELETION\n"
    ),
    "data_gene_panel_matrix.txt": "SAMPLE_ID\tmutations\na1\tP1\na2\tNA\nb1\tWXS\n",
    "data_gene_panel_P1.txt": "stable_id: P1\ndescription: x\ngene_list: TP53\tMEN1\n",
    "data_timeline_specimen.txt": (
        "PATIENT_ID\tSTART_DATE\tEVENT_TYPE\tSAMPLE_ID\na\t31\tSPECIMEN\ta1\n"
    ),
    "case_lists/cases_sequenced.txt": (
        "cancer_study_identifier: s\nstable_id: s_sequenced\ncase_list_name: n\n"
        "case_list_description: d\ncase_list_ids: a1\tb1\n"
    ),
}
META = {
    "patient": "CLINICAL\tPATIENT_ATTRIBUTES\tdata_clinical_patient.txt",
    "sample": "CLINICAL\tSAMPLE_ATTRIBUTES\tdata_clinical_sample.txt",
    "mutations": "MUTATION_EXTENDED\tMAF\tdata_mutations.txt",
    "cna": "COPY_NUMBER_ALTERATION\tDISCRETE\tdata_cna.txt",
    "sv": "STRUCTURAL_VARIANT\tSV\tdata_sv.txt",
    "matrix": "GENE_PANEL_MATRIX\tGENE_PANEL_MATRIX\tdata_gene_panel_matrix.txt",
    "timeline": "CLINICAL\tTIMELINE\tdata_timeline_specimen.txt",
}


def write(folder: Path, *, meta: bool = True, **changed: str | None) -> Path:
    """Write the study; `changed` replaces a file by its name without suffix, None leaves it out."""
    folder.mkdir(exist_ok=True)
    texts = {name: HEAD.get(name, "") + text for name, text in ROWS.items()}
    if meta:
        texts["meta_study.txt"] = "type_of_cancer: mixed\ncancer_study_identifier: s\n"
        for name, words in META.items():
            alteration, datatype, file = words.split("\t")
            texts[f"meta_{name}.txt"] = (
                f"cancer_study_identifier: s\ngenetic_alteration_type: {alteration}\n"
                f"datatype: {datatype}\ndata_filename: {file}\n"
            )
    names = {Path(name).stem: name for name in texts}
    for stem, text in changed.items():
        name = names.get(stem, f"{stem}.txt")
        if text is None:
            texts.pop(name, None)
        else:
            texts[name] = text
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def read(tmp_path: Path, *, meta: bool = True, **changed: str | None) -> CbioportalStudy:
    return read_cbioportal(write(tmp_path / "s", meta=meta, **changed))


def problems(tmp_path: Path, **changed: str | None) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(tmp_path, **changed)
    return [str(problem) for problem in caught.value.problems]


def test_comment_rows_declare_the_attributes(tmp_path: Path):
    study = read(tmp_path)
    months = study.cohort.registry["patients.OS_MONTHS"]
    assert (months.type, months.meaning, months.label, months.priority) == (
        "number",
        "Months of survival",
        "Overall survival",
        400,
    )
    assert study.cohort.patients["OS_MONTHS"].to_list() == [12.5, None]
    assert study.cohort.patients["sex"].to_list() == ["male", "female"]


def test_an_age_over_89_is_taken_at_its_limit_and_said_so(tmp_path: Path):
    study = read(tmp_path)
    assert study.cohort.patients["AGE"].to_list() == [89.0, 50.0]
    caveat = next(item for item in study.caveats if item.code == "bounded_values")
    assert dict(caveat.evidence) == {"cells": 1}


def test_status_and_months_are_a_ready_endpoint(tmp_path: Path):
    pair = read(tmp_path).pairs["OS"]
    assert (pair.status, pair.months) == ("OS_STATUS", "OS_MONTHS")


def test_each_kind_of_profile_gives_calls_of_its_own(tmp_path: Path):
    study = read(tmp_path)
    found = [
        set(calls.calls.select("sample_id", "gene", "alteration_class").iter_rows())
        for calls in (study.calls, study.copy_number, study.structural_variants)
        if calls is not None
    ]
    assert found == [
        {("a1", "TP53", "missense"), ("b1", "MEN1", "truncating")},
        {
            ("a1", "DAXX", "homozygous_deletion"),
            ("a2", "DAXX", "homozygous_deletion"),
            ("a2", "ATRX", "gain"),
            ("b1", "ATRX", "amplification"),
        },
        {("a1", "EWSR1", "fusion"), ("a1", "ERG", "fusion"), ("b1", "MEN1", "fusion")},
    ]
    assert study.copy_number is not None
    assert study.copy_number.sample_ids == ("a1", "a2", "b1")
    assert study.copy_number.tested is not None
    pairs = set(study.copy_number.tested.select("sample_id", "gene").iter_rows())
    assert ("a1", "ATRX") in pairs  # 0: looked at, and neutral
    assert ("b1", "DAXX") not in pairs  # NA: not looked at


def test_a_deletion_of_uncertain_depth_is_counted_as_such(tmp_path: Path):
    caveat = next(item for item in read(tmp_path).caveats if item.code == "partial_deletions")
    assert dict(caveat.evidence) == {"values": 1}


def test_long_copy_number_gives_the_calls_of_the_wide(tmp_path: Path):
    wide = read(tmp_path)
    long = read_cbioportal(
        write(
            tmp_path / "t",
            data_cna="Sample_Id\tHugo_Symbol\tValue\na1\tDAXX\t-2\na2\tDAXX\t-1.5\nb1\tDAXX\tNA\n"
            "a1\tATRX\t0\na2\tATRX\t1\nb1\tATRX\t2\n",
            meta_cna="genetic_alteration_type: COPY_NUMBER_ALTERATION\ndatatype: DISCRETE_LONG\n"
            "data_filename: data_cna.txt\n",
        )
    )
    columns = ["sample_id", "gene", "alteration_class"]
    assert wide.copy_number is not None
    assert long.copy_number is not None
    assert wide.copy_number.tested is not None
    assert long.copy_number.tested is not None
    found, expected = long.copy_number, wide.copy_number
    assert set(found.calls.select(columns).rows()) == set(expected.calls.select(columns).rows())
    assert set(found.tested.rows()) == set(expected.tested.rows())
    assert found.calls.height == 4


def test_panels_come_from_matrix_and_case_list(tmp_path: Path):
    study = read(tmp_path)
    assert study.cohort.specimens is not None
    panels = dict(study.cohort.specimens.select("specimen_id", "panel").iter_rows())
    assert panels == {"a1": "P1", "a2": None, "b1": "WXS"}  # a2 was not sequenced
    assert study.panels["P1"].genes == {"TP53", "MEN1"}
    assert study.panels["WXS"].every_gene
    assert "WGS" not in study.panels


def test_a_sequenced_sample_without_a_panel_was_tested_for_every_gene(tmp_path: Path):
    study = read(tmp_path, data_gene_panel_matrix="SAMPLE_ID\tmutations\na1\tP1\na2\tNA\nb1\tNA\n")
    assert study.cohort.specimens is not None
    assert study.cohort.specimens["panel"].to_list() == ["P1", None, "WXS"]
    assert "profiled_without_panel" in {item.code for item in study.caveats}


def test_without_list_and_panel_nothing_is_taken_as_tested(tmp_path: Path):
    study = read(tmp_path, cases_sequenced=None, data_gene_panel_matrix=None, meta_matrix=None)
    assert study.cohort.specimens is not None
    assert study.cohort.specimens["panel"].to_list() == [None, None, None]


def test_the_panel_of_the_meta_file_holds_for_all_sequenced(tmp_path: Path):
    study = read(
        tmp_path,
        data_gene_panel_matrix=None,
        meta_matrix=None,
        meta_mutations="genetic_alteration_type: MUTATION_EXTENDED\ndatatype: MAF\n"
        "data_filename: data_mutations.txt\ngene_panel: P1\n",
    )
    assert study.cohort.specimens is not None
    assert study.cohort.specimens["panel"].to_list() == ["P1", None, "P1"]


def test_specimens_are_dated_by_their_timeline(tmp_path: Path):
    study = read(tmp_path)
    assert study.cohort.specimens is not None
    assert study.cohort.specimens["date"].to_list() == [dt.date(2000, 2, 1), None, None]
    assert study.cohort.timeline is not None
    assert study.cohort.timeline["stop_day"].to_list() == [None]  # STOP_DATE is not in the file


def test_a_folder_without_meta_files_is_read_by_its_names(tmp_path: Path):
    with_meta, without = read(tmp_path), read_cbioportal(write(tmp_path / "t", meta=False))
    assert without.cohort.patients.equals(with_meta.cohort.patients)
    assert without.calls is not None
    assert with_meta.calls is not None
    assert without.calls.calls.equals(with_meta.calls.calls)


def test_patients_are_made_of_samples_where_there_is_no_file_of_them(tmp_path: Path):
    study = read(tmp_path, data_clinical_patient=None, meta_patient=None)
    assert study.cohort.patient_ids == ("a", "b")
    assert "SAMPLE_TYPE" not in study.cohort.patients.columns  # it differs within a


def test_a_sample_attribute_that_never_differs_is_one_of_the_patients(tmp_path: Path):
    text = HEAD["data_clinical_sample.txt"] + "a\ta1\tPrimary\na\ta2\tPrimary\nb\tb1\tMetastasis\n"
    patients = read(tmp_path, data_clinical_sample=text).cohort.patients
    assert patients["SAMPLE_TYPE"].to_list() == ["Primary", "Metastasis"]


def test_an_attribute_named_like_a_variable_of_embogen_may_hold_something_else(tmp_path: Path):
    text = HEAD["data_clinical_patient.txt"].replace("SEX", "ECOG") + (
        "a\t1:DECEASED\t1\t50\tnot recorded\n"
    )
    study = read(
        tmp_path,
        data_clinical_patient=text,
        data_clinical_sample=HEAD["data_clinical_sample.txt"] + "a\ta1\tx\na\ta2\tx\na\tb1\tx\n",
    )
    assert study.cohort.patients["ecog"].to_list() == ["not recorded"]
    assert "attribute_as_text" in {item.code for item in study.caveats}


def test_files_of_other_kinds_are_named(tmp_path: Path):
    study = read(
        tmp_path,
        meta_expression="genetic_alteration_type: MRNA_EXPRESSION\ndatatype: CONTINUOUS\n"
        "data_filename: data_expression.txt\n",
    )
    caveat = next(item for item in study.caveats if item.code == "files_passed_over")
    assert "data_expression.txt" in caveat.message


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"meta_cna": "genetic_alteration_type: COPY_NUMBER_ALTERATION\ndatatype: DISCRETE\n"},
            "s/meta_cna.txt: has no data_filename",
        ),
        (
            {
                "meta_cna": "genetic_alteration_type: COPY_NUMBER_ALTERATION\n"
                "datatype: DISCRETE\ndata_filename: ../../secret.txt\n"
            },
            's/meta_cna.txt: "../../secret.txt" is a data_filename outside the study folder',
        ),
        (
            {
                "meta_cna": "genetic_alteration_type: COPY_NUMBER_ALTERATION\n"
                "datatype: DISCRETE\ndata_filename: data_cn.txt\n"
            },
            'Did you mean "data_cna.txt"?',
        ),
        ({"meta_cna": "no key here\n"}, 's/meta_cna.txt row 1: "no key here" is no line'),
        (
            {"data_cna": "Hugo_Symbol\ta1\nDAXX\t0.37\n"},
            'row 2, a1: "0.37" is no copy-number',
        ),
        (
            {"data_cna": "Hugo_Symbol\ta1\nDAXX\t-2\nDAXX\t0\n"},
            'row 3, Hugo_Symbol: "DAXX" stands there more than once',
        ),
        (
            {"data_sv": "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\na1\tMAYBE\tRET\n"},
            'row 2, SV_Status: "MAYBE" is not one of SOMATIC, GERMLINE, UNKNOWN',
        ),
        (
            {"data_gene_panel_matrix": "SAMPLE_ID\tmutations\nzz\tP1\n"},
            's/data_gene_panel_matrix.txt row 2: "zz" is no sample of the clinical sample file',
        ),
        (
            {"data_timeline_specimen": "PATIENT_ID\tSTART_DATE\tEVENT_TYPE\na\tsoon\tX\n"},
            'row 2, START_DATE: "soon" is no whole number of days',
        ),
        (
            {
                "data_timeline_specimen": "PATIENT_ID\tSTART_DATE\tSTOP_DATE\tEVENT_TYPE\n"
                "a\t9\t3\tX\n"
            },
            'row 2, STOP_DATE: "3" is before the START_DATE',
        ),
        (
            {"data_timeline_specimen": "PATIENT_ID\tSTART_DATE\tEVENT_TYPE\nzz\t1\tX\n"},
            'row 2, PATIENT_ID: "zz" is no patient of s/data_clinical_patient.txt',
        ),
        (
            {
                "data_timeline_specimen": "PATIENT_ID\tSTART_DATE\tEVENT_TYPE\tSAMPLE_ID\n"
                "a\t1\tSPECIMEN\ta1\na\t2\tSPECIMEN\ta1\n"
            },
            'row 3, SAMPLE_ID: "a1" was taken on day 1',
        ),
        (
            {
                "data_clinical_patient": HEAD["data_clinical_patient.txt"].replace(
                    "#STRING\tSTRING\tNUMBER", "#STRING\tSTRING\tMONTHS"
                )
            },
            'row 3, OS_MONTHS: "MONTHS" is not one of STRING, NUMBER, BOOLEAN',
        ),
        (
            {"data_clinical_patient": HEAD["data_clinical_patient.txt"].replace("400", "high")},
            'row 4, OS_MONTHS: "high" is no priority',
        ),
        (
            {"data_clinical_patient": "#a\n#b\nPATIENT_ID\na\n"},
            "has 2 comment rows above its header, and 4 were expected",
        ),
        (
            {"data_clinical_patient": HEAD["data_clinical_patient.txt"] + "a\tx\n"},
            "row 6: has 2 cells, fewer than the 5 of the header",
        ),
        (
            {"data_clinical_sample": HEAD["data_clinical_sample.txt"] + "\ta1\tPrimary\n"},
            "row 6, PATIENT_ID: is empty, and an identifier was expected",
        ),
        ({"meta_patient": None, "data_clinical_patient": None, "meta_sample": None}, "holds no"),
    ],
)
def test_a_defect_is_named_with_file_and_line(
    tmp_path: Path, changed: dict[str, str | None], expected: str
):
    found = problems(tmp_path, **changed)
    assert any(expected in problem for problem in found), found


def test_the_defects_of_all_files_are_told_at_once(tmp_path: Path):
    found = problems(
        tmp_path,
        data_cna="Hugo_Symbol\ta1\nDAXX\t7\n",
        data_sv="Sample_Id\tSV_Status\na1\tX\n",
        data_mutations="Hugo_Symbol\nTP53\n",
    )
    assert {problem.split(" ")[0].split(":")[0] for problem in found} == {
        "s/data_cna.txt",
        "s/data_sv.txt",
        "s/data_mutations.txt",
    }


def test_the_order_of_rows_and_columns_does_not_matter(tmp_path: Path):
    straight = read(tmp_path)
    turned = {}
    for name in ("data_cna.txt", "data_sv.txt", "data_mutations.txt", "data_clinical_sample.txt"):
        head = HEAD.get(name, "").splitlines()
        rows = [line for line in ROWS[name].splitlines() if not line.startswith("#")]
        if not head:
            head, rows = [rows[0]], rows[1:]
        lines = ["\t".join(line.lstrip("#").split("\t")[::-1]) for line in (*head, *rows[::-1])]
        marks = ["#"] * (len(head) - 1)
        lines = [(marks[i] if i < len(marks) else "") + line for i, line in enumerate(lines)]
        turned[Path(name).stem] = "\n".join(lines) + "\n"
    other = read_cbioportal(write(tmp_path / "t", **turned))
    for study in (straight, other):
        assert study.cohort.specimens is not None
        assert study.calls is not None
    columns = ["specimen_id", "patient_id", "panel", "date", "SAMPLE_TYPE"]
    assert (
        straight.cohort.specimens.select(columns)
        .sort("specimen_id")
        .equals(other.cohort.specimens.select(columns).sort("specimen_id"))
    )
    kinds = ["sample_id", "gene", "alteration_class", "protein_change"]
    assert (
        straight.calls.calls.select(kinds)
        .sort(kinds)
        .equals(other.calls.calls.select(kinds).sort(kinds))
    )
