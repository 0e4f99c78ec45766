"""Real cBioPortal folders with the defects they really have, from folder to result."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from embogen import read_study, run
from embogen.errors import DataError, PlanError
from embogen.genomics.alterations import GeneState, GenotypeRules, build_alterations
from embogen.io.cbioportal import CbioportalStudy, read_cbioportal
from embogen.io.gene_panel import read_panels
from embogen.study.assemble import assemble
from embogen.study.exporting import export_cbioportal

STUDY = """\
schema = 1
[study]
id = "s"
title = "t"
[data]
cbioportal = { folder = "FOLDER" }
ENDPOINT
[[analysis]]
id = "curve"
kind = "kaplan_meier"
endpoint = "e"
"""
PFS = """\
[endpoint.e]
label = "Progression-free survival"
timeline = [{ STATUS = "radiographic_progression" }]
origin_row = { EVENT_TYPE = "Surgery" }
death_row = { STATUS = "DECEASED" }
follow_up = "OS"
"""


@pytest.fixture
def folder_of(data_dir: Path):
    def find(name: str) -> Path:
        if not (data_dir / name).is_dir():
            pytest.skip(f"EMBOGEN_DATA holds no {name}: the cohort is not committed")
        return data_dir / name

    return find


@pytest.fixture
def study_of(folder_of, tmp_path: Path):
    def lay(name: str, endpoint: str) -> Path:
        shutil.copytree(folder_of(name), tmp_path / name)
        text = STUDY.replace("FOLDER", name).replace("ENDPOINT", endpoint)
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return lay


def codes(study: CbioportalStudy) -> set[str]:
    return {caveat.code for caveat in study.caveats}


def test_glioma_has_its_header_twice_and_no_patient_file(folder_of):
    study = read_cbioportal(folder_of("cbioportal_glioma_msk_2018"))
    assert "repeated_header" in codes(study)
    assert study.calls is not None
    assert study.calls.calls.height == 1425
    assert len(set(study.calls.calls["sample_id"])) == 89
    assert study.cohort.patients.height == 42
    assert study.cohort.specimens is not None
    assert study.cohort.specimens.height == 91
    assert set(study.cohort.specimens["panel"]) == {"IMPACT410"}
    promoter = study.calls.calls.filter(alteration_class="promoter", gene="TERT")
    assert promoter.height == 53  # 5'Flank; two more are of other genes


def test_glioma_samples_without_a_call_are_wild_type_only_on_a_known_panel(folder_of, data_dir):
    study = read_cbioportal(folder_of("cbioportal_glioma_msk_2018"))
    assert study.calls is not None
    assert study.cohort.specimens is not None
    silent = set(study.cohort.specimens["specimen_id"]) - set(study.calls.calls["sample_id"])
    assert len(silent) == 2
    unknown, caveats = build_alterations(
        study.cohort.patient_ids, study.cohort.specimens, study.calls, {}, GenotypeRules()
    )
    assert (unknown.states == GeneState.NOT_TESTED).all()
    assert {item.code for item in caveats} == {
        "unknown_panel",
        "specimens_without_calls",
        "calls_left_out",
    }
    panels = read_panels("data_gene_panel_impact410.txt", folder=data_dir / "gene_panels")
    matrix, _ = build_alterations(
        study.cohort.patient_ids, study.cohort.specimens, study.calls, panels, GenotypeRules()
    )
    assert set(matrix.state("TP53")) == {GeneState.WILD_TYPE, GeneState.ALTERED}


def test_utuc_has_no_time_to_event_and_says_so(study_of):
    os = '[endpoint.e]\ntime = "OS_MONTHS"\nevent = "OS_STATUS"\n'
    with pytest.raises(DataError) as caught:
        assemble(read_study(study_of("cbioportal_utuc_2019", os)))
    assert "is no column of this file, and the endpoint needs it" in str(caught.value)


def test_utuc_has_headers_of_its_own_and_exomes_without_a_panel(folder_of):
    study = read_cbioportal(folder_of("cbioportal_utuc_2019"))
    assert study.calls is not None
    assert study.calls.calls.height == 4132
    assert study.calls.calls["vaf"].null_count() == 0
    assert len(set(study.calls.calls["sample_id"])) == 37
    assert study.cohort.specimens is not None
    assert study.cohort.specimens.height == 47
    assert study.cohort.specimens["panel"].null_count() == 47
    assert set(study.cohort.patients["STAGE"]) >= {">=T2", "<T2"}  # no numbers: kept as written
    assert set(study.cohort.patients["sex"]) == {"male", "female"}
    assert not study.pairs


def test_lgg_mutations_are_a_table_saved_from_the_page(folder_of):
    study = read_cbioportal(folder_of("lgg_ucsf_timelines"))
    assert study.calls is not None
    assert study.calls.calls.height == 113
    first = study.calls.calls.row(0, named=True)
    assert (first["sample_id"], first["gene"], first["protein_change"]) == (
        "P04_Pri",
        "IDH1",
        "R132C",
    )
    assert first["vaf"] == pytest.approx(46 / (46 + 75), abs=1e-12)
    assert {sample.split("_")[0] for sample in study.calls.sample_ids} == {"P04"}


def test_lgg_overall_survival_leaves_out_the_patient_without_a_status(study_of):
    os = '[endpoint.e]\ntime = "OS_MONTHS"\ntime_unit = "months"\nevent = "OS_STATUS"\n'
    assembled = assemble(read_study(study_of("lgg_ucsf_timelines", os)))
    events = [trace.event for trace in assembled.traces["e"]]
    assert (len(events), sum(events)) == (22, 14)
    gone = [item for step in assembled.data.flow.steps for item in step.excluded]
    assert [(item.patient_id, item.reason) for item in gone] == [("P02", "OS_STATUS is missing")]


def test_lgg_progression_free_survival_comes_from_raw_events(study_of):
    """Worked from the status and surgery timelines by hand: first progression after surgery."""
    traces = assemble(read_study(study_of("lgg_ucsf_timelines", PFS))).traces["e"]
    days = {trace.patient_id: trace.time for trace in traces}
    assert len(traces) == 23
    assert all(trace.event == 1 for trace in traces)
    assert {name: days[name] for name in ("P01", "P02", "P04", "P12", "P17", "P24")} == {
        "P01": 580,
        "P02": 2156,
        "P04": 432,
        "P12": 442,
        "P17": 193,
        "P24": 2462,
    }
    # two deaths that only the patients' columns tell, in whole months
    told = {t.patient_id: t.reason for t in traces if "OS_STATUS" in t.reason}
    assert told == dict.fromkeys(("P13", "P16"), "death: OS_STATUS and OS_MONTHS")
    assert days["P13"] == 106 * 30.4375 - 3  # the first surgery was on day 3


def test_lgg_timeline_outlasts_the_follow_up_of_one_patient(study_of):
    data = assemble(read_study(study_of("lgg_ucsf_timelines", PFS))).data
    (caveat,) = data.endpoints["e"].caveats
    assert caveat.code == "timeline_beyond_follow_up"
    assert dict(caveat.evidence)["patients"] >= 1


def test_lgg_runs_to_a_curve(study_of):
    results = run(read_study(study_of("lgg_ucsf_timelines", PFS)))
    assert results.analysis("curve").status == "ok"


def test_lgg_written_as_a_folder_again_is_the_same_study(study_of):
    study = study_of("lgg_ucsf_timelines", PFS)
    before = assemble(read_study(study)).traces["e"]
    done = export_cbioportal(read_study(study), study / "again")
    assert any("NCBI_Build" in note for note in done.left_out)  # the page does not save it
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(
        text.replace('"lgg_ucsf_timelines"', '"again"'), encoding="utf-8"
    )
    after = assemble(read_study(study)).traces["e"]
    assert [(t.patient_id, t.time, t.event) for t in after] == [
        (t.patient_id, t.time, t.event) for t in before
    ]
    mine = read_cbioportal(study / "lgg_ucsf_timelines")
    theirs = read_cbioportal(study / "again")
    assert mine.cohort.specimens is not None
    assert theirs.cohort.specimens is not None
    columns = ["specimen_id", "date", "SAMPLE_TYPE", "GRADE"]
    assert theirs.cohort.specimens.select(columns).equals(mine.cohort.specimens.select(columns))
    assert mine.cohort.timeline is not None
    assert theirs.cohort.timeline is not None
    drugs = ["patient_id", "start_day", "stop_day", "AGENT"]
    one, other = (c.timeline.filter(event_type="Treatment") for c in (mine.cohort, theirs.cohort))
    assert other.select(drugs).sort(drugs).equals(one.select(drugs).sort(drugs))


def test_a_table_named_beside_the_folder_is_read_instead(study_of):
    os = '[endpoint.e]\ntime = "days"\nevent = "dead"\n'
    study = study_of("lgg_ucsf_timelines", os)
    text = (study / "study.toml").read_text(encoding="utf-8")
    text = text.replace("[data]\n", '[data]\npatients = { file = "p.csv" }\n')
    (study / "study.toml").write_text(text, encoding="utf-8")
    rows = "".join(f"P{i:02},{100 + i},1\n" for i in range(1, 30))
    (study / "p.csv").write_text(f"patient_id,days,dead\n{rows}", encoding="utf-8")
    assembled = assemble(read_study(study))
    assert len(assembled.traces["e"]) == 29
    assert "Patients in p.csv" in assembled.data.flow.steps[0].label


def test_a_variable_of_the_plan_comes_before_the_comment_rows(study_of):
    os = (
        '[endpoint.e]\ntime = "OS_MONTHS"\ntime_unit = "months"\nevent = "OS_STATUS"\n'
        '[variable.SEX]\ntype = "category"\nallowed = ["Female"]\nmeaning = "Sex"\n'
    )
    with pytest.raises(DataError) as caught:
        assemble(read_study(study_of("lgg_ucsf_timelines", os)))
    assert '"Male" is not one of Female' in str(caught.value)


def test_two_folders_of_patients_are_an_error(tmp_path: Path):
    text = STUDY.replace("cbioportal =", 'genie_bpc = { folder = "b" }\ncbioportal =')
    (tmp_path / "study.toml").write_text(text.replace("ENDPOINT", PFS), encoding="utf-8")
    with pytest.raises(PlanError, match="two folders supply the patients"):
        read_study(tmp_path)


def test_a_timeline_endpoint_needs_a_folder_with_timelines(tmp_path: Path):
    text = STUDY.replace('cbioportal = { folder = "FOLDER" }', 'patients = { file = "p.csv" }')
    (tmp_path / "study.toml").write_text(text.replace("ENDPOINT", PFS), encoding="utf-8")
    with pytest.raises(PlanError, match="no study folder with timelines is given"):
        read_study(tmp_path)
