"""GENIE: genes of assays from their regions, and the curated tables of BPC by their schema."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from embogen import read_study
from embogen.errors import DataError
from embogen.io.cbioportal import read_cbioportal
from embogen.io.genie import read_genomic_information
from embogen.io.genie_bpc import read_genie_bpc
from embogen.io.tables import read_cohort
from embogen.study.assemble import assemble

REGIONS = (
    "Chromosome\tStart_Position\tEnd_Position\tHugo_Symbol\tID\tSEQ_ASSAY_ID\tFeature_Type\t"
    "includeInPanel\n"
    "17\t1\t9\tTP53\tr1\tX-1\texon\tTRUE\n"
    "11\t1\t9\tMEN1\tr2\tX-1\texon\tTrue\n"
    "2\t1\t9\tALK\tr3\tX-1\tintron\tTrue\n"
    "9\t1\t9\tABL1\tr4\tX-1\texon\tFALSE\n"
    "17\t1\t9\tTP53\tr5\tX-2\texon\tTRUE\n"
    "4\t1\t9\t\tr6\tX-2\texon\tTRUE\n"
    "1\t1\t9\tNRAS\tr7\tX-3\tintergenic\tTRUE\n"
)
BPC = {
    "patient_level_dataset.csv": (
        "cohort,record_id,institution,naaccr_sex_code,birth_year\n"
        "C,p1,X,Male,1950\nC,p2,X,Female,1960\nC,p3,X,Female,1970\n"
    ),
    "cancer_level_dataset_index.csv": (
        "record_id,ca_seq,age_dx,os_dx_status,tt_os_dx_days,stage_dx\n"
        "p1,1,60,1,700,Stage IV\np2,0,50,0,900,Stage I\np2,2,55,0,20,Stage II\np3,0,40,0,300,\n"
    ),
    "cancer_panel_test_level_dataset.csv": (
        "record_id,cpt_genie_sample_id,cpt_seq_assay_id,dx_cpt_rep_days,dx_path_proc_cpt_days\n"
        "p1,s1,X-1,100,60\np2,s2,X-2,40,\np3,s3,X-2,50,30\n"
    ),
    "imaging_level_dataset.csv": (
        "record_id,scan_number,dx_scan_days,image_scan_type,image_ca,image_overall,"
        "image_casite1,image_casite2\n"
        "p1,1,90,CT,Yes,Progressing/Worsening/Enlarging,C34.1 Lung,\n"
        "p1,2,200,CT,Yes,Progressing/Worsening/Enlarging,C34.1 Lung,C22.0 Liver\n"
        "p2,1,80,MRI,Yes,Stable/No change,C22.0 Liver,\n"
        "p2,2,120,MRI,No,,,\n"
        "p3,1,70,CT,Yes,Mixed,C22.0 Liver,\n"
    ),
    "regimen_cancer_level_dataset.csv": (
        "record_id,regimen_drugs,dx_reg_start_int,dx_reg_end_all_int\n"
        'p1,"Cisplatin, Etoposide",20,110\n'
    ),
    "data_mutations_extended.txt": (
        "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\nTP53\tMissense_Mutation\ts1\n"
    ),
    "genomic_information.txt": REGIONS,
}


def release(folder: Path, *, nested: bool = False, **changed: str) -> Path:
    root = folder / "bpc"
    for name, text in BPC.items():
        place = root
        if nested:
            place = root / ("clinical_data" if name.endswith(".csv") else "cBioPortal_files")
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(changed.get(name.split(".")[0], text), encoding="utf-8")
    return root


def read(folder: Path, **changed: str):
    release(folder, **changed)
    return read_genie_bpc("bpc", folder=folder)


def problems(folder: Path, **changed: str) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(folder, **changed)
    return [str(problem) for problem in caught.value.problems]


def test_a_gene_is_on_an_assay_whose_exons_of_it_are_included(tmp_path: Path):
    (tmp_path / "g.txt").write_text(REGIONS, encoding="utf-8")
    panels = read_genomic_information("g.txt", folder=tmp_path)
    assert {name: sorted(panel.genes) for name, panel in panels.items()} == {
        "X-1": ["MEN1", "TP53"],
        "X-2": ["TP53"],
        "X-3": [],
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("SEQ_ASSAY_ID", "ASSAY", "there is no column seq_assay_id (in any case)"),
        ("FALSE", "maybe", 'row 5, includeInPanel: "maybe" is neither true nor false'),
        ("\tX-3\t", "\t\t", "row 8: names no assay"),
    ],
)
def test_regions_that_cannot_be_followed_are_named(
    tmp_path: Path, old: str, new: str, expected: str
):
    (tmp_path / "g.txt").write_text(REGIONS.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_genomic_information("g.txt", folder=tmp_path)
    assert expected in str(caught.value)


def test_a_main_release_is_read_by_its_names_and_versions(tmp_path: Path):
    head = "#a\tb\tc\td\n#a\tb\tc\td\n#STRING\tSTRING\tSTRING\tNUMBER\n#1\t1\t1\t1\n"
    texts = {
        "data_clinical_sample_16.0-public.txt": head
        + "PATIENT_ID\tSAMPLE_ID\tSEQ_ASSAY_ID\tAGE_AT_SEQ_REPORT\n"
        + "p1\ts1\tX-1\t>32485\np2\ts2\tX-2\tUnknown\n",
        "data_mutations_extended_16.0-public.txt": BPC["data_mutations_extended.txt"],
        "data_CNA_16.0-public.txt": "Hugo_Symbol\ts1\ts2\nCDKN2A\t-1.5\tNA\n",
        "genomic_information_16.0-public.txt": REGIONS,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    study = read_cbioportal(tmp_path)
    assert study.cohort.specimens is not None
    assert study.cohort.specimens["panel"].to_list() == ["X-1", "X-2"]
    assert study.cohort.specimens["AGE_AT_SEQ_REPORT"].to_list() == [32485, None]
    assert study.panels["X-1"].genes == {"TP53", "MEN1"}
    assert {"bounded_values", "partial_deletions"} <= {item.code for item in study.caveats}


def test_the_first_index_cancer_gives_the_follow_up(tmp_path: Path):
    inputs = read(tmp_path)
    cohort, _ = read_cohort(inputs.sources)
    assert cohort.patients.select("patient_id", "sex", "OS_STATUS", "stage_dx").rows() == [
        ("p1", "male", "1:DECEASED", "Stage IV"),
        ("p2", "female", "0:LIVING", "Stage I"),
        ("p3", "female", "0:LIVING", None),
    ]
    assert cohort.patients["OS_MONTHS"].to_list() == pytest.approx(
        [700 / 30.4375, 900 / 30.4375, 300 / 30.4375], abs=1e-12
    )
    found = {item.code: dict(item.evidence) for item in inputs.caveats}
    assert found["several_cancers"] == {"patients": 1}


def test_panel_tests_are_specimens_dated_by_the_procedure(tmp_path: Path):
    cohort, _ = read_cohort(read(tmp_path).sources)
    assert cohort.specimens is not None
    assert cohort.specimens.select("specimen_id", "panel", "date").rows() == [
        ("s1", "X-1", dt.date(2000, 3, 1)),
        ("s2", "X-2", None),
        ("s3", "X-2", dt.date(2000, 1, 31)),
    ]


def test_only_a_report_of_progression_that_names_the_liver_is_the_proxy(tmp_path: Path):
    inputs = read(tmp_path)
    assert inputs.timeline is not None
    imaging = inputs.timeline.filter(event_type="IMAGING")
    rows = imaging.select("patient_id", "start_day", "OVERALL", "HEPATIC_STATUS").rows()
    assert rows == [
        ("p1", 90, "progression", None),
        ("p1", 200, "progression", "progression (proxy)"),
        ("p2", 80, "stable disease", "stable disease"),
        ("p2", 120, None, None),
        ("p3", 70, "mixed", "mixed"),
    ]
    caveat = next(item for item in inputs.caveats if item.code == "proxy_progression")
    assert "PROXY" in caveat.message
    assert dict(caveat.evidence) == {"reports": 1}


def test_a_study_runs_from_the_proxy_with_entry_at_the_report(tmp_path: Path):
    release(tmp_path, nested=True)
    (tmp_path / "study.toml").write_text(
        'schema = 1\n[study]\nid = "s"\ntitle = "t"\n[data]\n'
        'genie_bpc = { folder = "bpc" }\n[endpoint.hp]\n'
        'timeline = [{ HEPATIC_STATUS = "progression (proxy)" }]\n'
        'entry_row = { EVENT_TYPE = "SEQUENCING" }\nfollow_up = "OS"\n'
        '[[analysis]]\nid = "a"\nkind = "kaplan_meier"\nendpoint = "hp"\n',
        encoding="utf-8",
    )
    assembled = assemble(read_study(tmp_path))
    traces = assembled.traces["hp"]
    assert [(t.patient_id, t.entry_time, t.time, t.event) for t in traces] == [
        ("p1", 100, 200, 1),
        ("p2", 40, 900, 0),
        ("p3", 50, 300, 0),
    ]
    assert "proxy_progression" in {item.code for item in assembled.data.caveats}
    assert assembled.data.genes is not None
    assert assembled.data.genes.state("MEN1").tolist() == [0, 2, 2]


@pytest.mark.parametrize(
    ("table", "old", "new", "expected"),
    [
        ("imaging_level_dataset", "Mixed", "Better", '"Better" is not one of Progressing'),
        ("imaging_level_dataset", ",200,", ",soon,", 'dx_scan_days: "soon" is no number'),
        ("imaging_level_dataset", "p3,1", "p9,1", 'record_id: "p9" is no patient of bpc/patient'),
        ("imaging_level_dataset", "image_overall", "overall", "no column image_overall"),
        ("cancer_level_dataset_index", "tt_os_dx_days", "os", "no column tt_os_dx_days"),
        ("cancer_level_dataset_index", ",700,", ",1e99,", 'tt_os_dx_days: "1e99" is no number'),
    ],
)
def test_a_table_that_cannot_be_followed_is_named_with_its_row(
    tmp_path: Path, table: str, old: str, new: str, expected: str
):
    text = BPC[f"{table}.csv"]
    assert old in text
    found = problems(tmp_path, **{table: text.replace(old, new)})
    assert any(expected in problem for problem in found), found


def test_a_release_without_cancers_is_refused(tmp_path: Path):
    release(tmp_path)
    (tmp_path / "bpc" / "cancer_level_dataset_index.csv").unlink()
    with pytest.raises(DataError, match="has no table of cancers"):
        read_genie_bpc("bpc", folder=tmp_path)
    with pytest.raises(DataError, match="is no folder"):
        read_genie_bpc("nowhere", folder=tmp_path)


def test_every_column_that_is_used_is_one_of_the_schema(data_dir: Path):
    file = data_dir / "genie_bpc_schema" / "genie_bpc_columns.csv"
    if not file.is_file():
        pytest.skip("EMBOGEN_DATA holds no genie_bpc_schema: it is not committed")
    with file.open(encoding="utf-8") as stream:
        there = {(row["table"], row["column"]) for row in csv.DictReader(stream)}
    names = {
        "patient_level_dataset.csv": "pt_char",
        "cancer_level_dataset_index.csv": "ca_dx_index",
        "cancer_panel_test_level_dataset.csv": "cpt",
        "imaging_level_dataset.csv": "prissmm_imaging",
        "regimen_cancer_level_dataset.csv": "ca_drugs",
    }
    used = {
        (table, column)
        for name, table in names.items()
        for column in BPC[name].splitlines()[0].split(",")
    }
    assert used <= there
