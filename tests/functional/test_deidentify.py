"""`embogen deidentify`: the study runs as before, and nothing leads back but the key."""

from __future__ import annotations

import csv
import json
import re
import shutil
import stat
from pathlib import Path

import pytest

from embogen import read_study, run
from embogen.io.cbioportal.rules import folder_problems
from embogen.study.assemble import assemble
from embogen.study.exporting import export_cbioportal
from embogen.study.long_table import long_table

LGG = """\
schema = 1
[study]
id = "lgg"
title = "t"
[data]
cbioportal = { folder = "lgg" }
[endpoint.pfs]
timeline = [{ STATUS = "radiographic_progression" }]
origin_row = { EVENT_TYPE = "Surgery" }
death_row = { STATUS = "DECEASED" }
follow_up = "OS"
[[analysis]]
id = "curve"
kind = "kaplan_meier"
endpoint = "pfs"
"""


def rows(folder: Path):
    found = {}
    for analysis in run(read_study(folder)).analyses:
        if analysis.kind in {"cox", "univariable_cox", "kaplan_meier", "fine_gray", "landmark"}:
            for row in long_table([analysis]):
                place = (row.analysis, row.endpoint, row.term, row.level, row.statistic, row.unit)
                found[place] = row.value
    return found


@pytest.mark.parametrize("dates", ["shift", "origin"])
def test_the_model_study_gives_the_same_estimates(
    demo_study: Path, tmp_path: Path, embogen, dates: str
) -> None:
    out = tmp_path / "out"
    said = embogen("deidentify", demo_study, "--out", out, "--dates", dates, "--json")
    assert said.code == 0, said.err
    before, after = rows(demo_study), rows(out)
    assert before.keys() == after.keys()
    assert len(before) > 300
    for place, value in before.items():
        same = value if isinstance(value, str) else pytest.approx(value, rel=1e-9, nan_ok=True)
        assert after[place] == same, place


def test_nothing_that_is_written_leads_back(demo_study: Path, tmp_path: Path, embogen) -> None:
    text = (demo_study / "patients.csv").read_text(encoding="utf-8")
    head, columns, *lines = text.splitlines()
    lines = [f"{line},Jane Doe,1950-01-0{i % 9 + 1},she called" for i, line in enumerate(lines)]
    columns += ",patient_name,DOB,remarks"
    (demo_study / "patients.csv").write_text("\n".join([head, columns, *lines]), encoding="utf-8")
    checked = json.loads(embogen("check", demo_study, "--json").out)["to note"]
    named = [note.split("column ")[1] for note in checked if "looks as if" in note]
    assert [name.split(" ")[0] for name in named] == ["patient_name", "DOB"]
    out, key = tmp_path / "out", tmp_path / "key.csv"
    said = embogen("deidentify", demo_study, "--out", out, "--key", key)
    assert said.code == 0, said.err
    assert "patients.remarks was left out: it is declared neither" in said.out
    assert "patients.DOB was left out: it looks like a date of birth" in said.out
    written = "".join(path.read_text(encoding="utf-8") for path in out.rglob("*") if path.is_file())
    assert not any(word in written for word in ("SYN-0", "Jane", "1950", "called"))
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with key.open(encoding="utf-8") as stream:
        found = list(csv.DictReader(stream))
    assert sum(row["kind"] == "patient" for row in found) >= 35
    assert all(row["original_id"].startswith("SYN-") for row in found)


def test_the_key_may_not_lie_in_the_folder_and_is_never_replaced(
    demo_study: Path, tmp_path: Path, embogen
) -> None:
    out = tmp_path / "out"
    said = embogen("deidentify", demo_study, "--out", out, "--key", out / "k" / ".." / "key.csv")
    assert said.code == 2
    assert "leads back to the patients" in said.err
    (tmp_path / "key.csv").write_text("mine", encoding="utf-8")
    said = embogen("deidentify", demo_study, "--out", out, "--key", tmp_path / "key.csv")
    assert said.code == 2
    assert "a key is never replaced" in said.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("mine", encoding="utf-8")
    said = embogen("deidentify", demo_study, "--out", tmp_path / "full")
    assert said.code == 2
    assert not out.exists()
    assert not (demo_study / "deidentification-key.csv").exists()


def test_free_text_a_plan_needs_is_asked_about(demo_study: Path, tmp_path: Path, embogen) -> None:
    path = demo_study / "patients.csv"
    head, columns, *lines = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{line},{'a' if i % 2 else 'b'}" for i, line in enumerate(lines)]
    path.write_text("\n".join([head, f"{columns},arm", *lines]), encoding="utf-8")
    plan = demo_study / "study.toml"
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text + '\n[covariate.arm]\ncolumn = "arm"\n', encoding="utf-8")
    said = embogen("deidentify", demo_study, "--out", tmp_path / "out")
    assert said.code == 2
    assert "covariate.arm: uses patients.arm, which is declared neither" in said.err
    declared = '\n[variable.arm]\ntype = "category"\nmeaning = "Arm."\nallowed = ["a", "b"]\n'
    plan.write_text(plan.read_text(encoding="utf-8") + declared, encoding="utf-8")
    assert embogen("deidentify", demo_study, "--out", tmp_path / "out").code == 0
    assert (tmp_path / "out" / "patients.csv").read_text(encoding="utf-8").count("arm") == 1


def test_a_cohort_with_ready_endpoints_and_a_long_gene_table(tmp_path: Path, embogen) -> None:
    study = tmp_path / "s"
    study.mkdir()
    genes = "sample,category,value\n"
    patients = "id,age_years,os_days,os_status,stage_note\n"
    for i in range(40):
        patients += (
            f"X{i},{60 + i * 17 % 40},{100 + 7 * i},{'1:DEAD' if i % 3 else '0:ALIVE'},n{i}\n"
        )
        genes += f"X{i},TP53,{'hit' if i % 4 == 0 else 'no'}\n"
    (study / "p.csv").write_text(patients, encoding="utf-8")
    (study / "g.csv").write_text(genes, encoding="utf-8")
    (study / "study.toml").write_text(
        'schema = 1\n[study]\nid = "x"\ntitle = "X"\n'
        '[data.patients]\nfile = "p.csv"\nkey = "id"\n'
        '[data.mutations]\nfile = "g.csv"\nformat = "gene_long"\nwild_type = ["no"]\n'
        'altered = { hit = "truncating" }\n'
        '[endpoint.os]\ntime = "os_days"\nevent = "os_status"\n'
        'event_codes = { "1:DEAD" = "event", "0:ALIVE" = "censored" }\n'
        '[genes]\ncount_as = ["truncating"]\ncandidates = { genes = ["TP53"] }\n'
        '[covariate.age]\ncolumn = "age_years"\n'
        '[[analysis]]\nid = "c"\nkind = "cox"\nendpoint = "os"\nterms = ["age", "gene:TP53"]\n',
        encoding="utf-8",
    )
    said = embogen("deidentify", study, "--out", tmp_path / "o", "--json")
    assert said.code == 0, said.err
    assert any("10 ages over 89" in note for note in json.loads(said.out)["to note"])
    written = (tmp_path / "o" / "patients.csv").read_text(encoding="utf-8")
    assert written.splitlines()[0] == "patient_id,age_years,os_days,os_status"
    before, after = rows(study), rows(tmp_path / "o")
    assert before.keys() == after.keys()
    # hazard ratios may move, since ages were pooled; patients, events and carriers may not
    same = {"n", "n_events", "n_altered", "n_tested"}
    counts = {place: value for place, value in before.items() if place[4] in same}
    assert len(counts) > 2
    assert all(after[place] == value for place, value in counts.items())


@pytest.mark.parametrize(
    "change",
    [
        ('format = "maf"', 'format = "vcf"', "a VCF names samples in headers"),
        (
            "[genes]\n",
            '[genes]\nfilter = { driver = { column = "d", values = ["x"] } }\n',
            "text of",
        ),
        ("[data]\n", '[data]\ngenie_bpc = { folder = "b" }\n', "terms of use forbid"),
        ("[data]\n", '[data]\ncbioportal = { folder = "b" }\n', "stands beside a study folder"),
    ],
)
def test_what_cannot_be_written_anew_is_refused_with_the_reason(
    demo_study: Path, tmp_path: Path, embogen, change: tuple[str, str, str]
) -> None:
    old, new, said = change
    plan = demo_study / "study.toml"
    text = plan.read_text(encoding="utf-8")
    text = text.replace('file = "mutations.maf"', 'file = "mutations.maf", format = "maf"')
    assert old in text
    plan.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = embogen("deidentify", demo_study, "--out", tmp_path / "out")
    assert found.code == 2, found.err
    assert said in found.err
    assert not (tmp_path / "out").exists()


def words_of(folder: Path) -> str:
    return "\n".join(
        path.relative_to(folder).as_posix() + "\n" + path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )


def with_more_assays(study: Path) -> None:
    """Give the model study copy number, fusions, a panel matrix and case lists of its own."""
    with (study / "specimens.csv").open(encoding="utf-8") as stream:
        lines = (line for line in stream if not line.startswith("#"))
        samples = [row["specimen_id"] for row in csv.DictReader(lines)]
    genes = ("MEN1", "DAXX", "PTEN")
    levels = ("0", "-2", "-1.5", "NA", "1", "0")
    wide = ["\t".join(("Hugo_Symbol", *samples))]
    wide += [
        "\t".join((gene, *(levels[(i + 2 * j) % 6] for i in range(len(samples)))))
        for j, gene in enumerate(genes)
    ]
    (study / "cna.txt").write_text("\n".join(wide) + "\n", encoding="utf-8")
    sv = "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\tSite2_Hugo_Symbol\tClass\tEvent_Info\n"
    sv += "".join(
        f"{item}\tSOMATIC\tMEN1\tATRX\tDELETION\tcalled for Jane Doe, {item}\n"
        for item in samples[::5]
    )
    (study / "sv.txt").write_text(sv, encoding="utf-8")
    matrix = "SAMPLE_ID\tmutations\tcna\n" + "".join(
        f"{item}\tSYNTHETIC_PANEL_81\t{'NA' if i % 7 == 0 else 'SYNTHETIC_PANEL_81'}\n"
        for i, item in enumerate(samples)
    )
    (study / "matrix.txt").write_text(matrix, encoding="utf-8")
    (study / "lists").mkdir()
    ids = "\t".join(item for i, item in enumerate(samples) if i % 3)
    (study / "lists" / "cases_sv.txt").write_text(
        f"stable_id: x_sv\ncase_list_description: asked Jane Doe\ncase_list_ids: {ids}\n"
    )
    plan = (study / "study.toml").read_text(encoding="utf-8")
    old = 'panels      = { file = "panels/" }'
    assert old in plan
    more = (
        '\ncopy_number = { file = "cna.txt" }\nstructural_variants = { file = "sv.txt" }\n'
        'panel_matrix = { file = "matrix.txt" }\ncase_lists = { file = "lists" }'
    )
    counted = '[genes]\ncount_as = ["missense", "truncating", "homozygous_deletion", "fusion"]'
    plan, n = re.subn(r"\[genes\]\ncount_as[^\]]*\]", counted, plan.replace(old, old + more))
    assert n == 1
    (study / "study.toml").write_text(plan, encoding="utf-8")


def known_states(folder: Path) -> dict[str, list[int]]:
    """How many patients are in which state, by gene."""
    genes = assemble(read_study(folder)).data.genes
    assert genes is not None
    return {
        gene: [int((genes.state(gene) == state).sum()) for state in range(4)]
        for gene in genes.genes
    }


def test_every_assay_is_written_under_the_new_ids(demo_study: Path, tmp_path: Path, embogen):
    with_more_assays(demo_study)
    out = tmp_path / "out"
    said = embogen("deidentify", demo_study, "--out", out)
    assert said.code == 0, said.err
    written = words_of(out)
    assert "SYN-0" not in written
    assert "Jane" not in written
    before = known_states(demo_study)
    assert before["MEN1"][2]  # not tested, where copy number was not assayed
    assert known_states(out) == before
    states, after = rows(demo_study), rows(out)
    assert states.keys() == after.keys()
    for place, value in states.items():
        same = value if isinstance(value, str) else pytest.approx(value, rel=1e-9, nan_ok=True)
        assert after[place] == same, place


def test_a_study_folder_stays_one(demo_study: Path, tmp_path: Path, embogen) -> None:
    with_more_assays(demo_study)
    export_cbioportal(read_study(demo_study), demo_study.parent / "portal")
    study = demo_study.parent
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    data = '[data]\ncbioportal = { folder = "portal" }\n\n'
    text = re.sub(r"\[data\]\n.*?\n\n", data, text, flags=re.DOTALL)
    (study / "study.toml").write_text(text, encoding="utf-8")
    (study / "published.json").write_text((demo_study / "published.json").read_text())
    meta = study / "portal" / "meta_study.txt"
    meta.write_text(meta.read_text() + "pmid: asked Jane Doe\n", encoding="utf-8")
    patients = study / "portal" / "data_clinical_patient.txt"
    lines = patients.read_text(encoding="utf-8").splitlines()
    more = ("Call", "Jane Doe called", "STRING", "1", "CALLED_BY")
    lines[:5] = [f"{line}\t{word}" for line, word in zip(lines[:5], more, strict=True)]
    lines[5:] = [f"{line}\tJane Doe" for line in lines[5:]]
    patients.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    said = embogen("deidentify", study / "study.toml", "--out", out)
    assert said.code == 0, said.err
    assert "patients.CALLED_BY was left out: it is free text" in said.out
    written = words_of(out)
    assert "SYN-0" not in written
    assert "Jane" not in written
    assert "data_cna.txt" in written
    assert "data_sv.txt" in written
    assert "cases_sv.txt" in written
    assert known_states(out) == known_states(study)
    before, after = rows(study), rows(out)
    assert before.keys() == after.keys()
    for place, value in before.items():
        same = value if isinstance(value, str) else pytest.approx(value, rel=1e-9, nan_ok=True)
        assert after[place] == same, place
    # the portal wants alleles and positions, which may point to a person
    absent = {item.column for item in folder_problems(out / "portal")}
    assert absent <= {"NCBI_Build", "Chromosome", "Reference_Allele", None}


def test_days_of_a_timeline_stay_and_its_words_do_not(data_dir: Path, tmp_path: Path, embogen):
    source = data_dir / "lgg_ucsf_timelines"
    if not source.is_dir():
        pytest.skip("EMBOGEN_DATA holds no lgg_ucsf_timelines: the cohort is not committed")
    shutil.copytree(source, tmp_path / "lgg")
    (tmp_path / "study.toml").write_text(LGG, encoding="utf-8")
    out = tmp_path / "out"
    said = embogen("deidentify", tmp_path / "study.toml", "--out", out)
    assert said.code == 0, said.err
    assert "Days of timelines count from a day 0 of each patient" in said.out
    written = words_of(out)
    told = ("_Pri", "_Rec1", "TMZ", "Astro", "Chemotherapy")
    assert not [word for word in told if word in written]
    found = [assemble(read_study(folder)).data.endpoints["pfs"] for folder in (tmp_path, out)]
    times = [sorted(zip(item.time, item.event, strict=True)) for item in found]
    assert len(times[0]) > 20
    assert times[1] == times[0]


def test_an_original_id_in_a_text_that_is_kept_stops_the_writing(
    demo_study: Path, tmp_path: Path, embogen
) -> None:
    plan = demo_study / "study.toml"
    text = plan.read_text(encoding="utf-8")
    text = re.sub(r'title = ".*"', 'title = "Without SYN-001, who withdrew"', text, count=1)
    plan.write_text(text, encoding="utf-8")
    said = embogen("deidentify", demo_study, "--out", tmp_path / "out")
    assert said.code == 2
    assert "study.toml: would still hold original ids: SYN-001" in said.err
    assert not (tmp_path / "out").exists()
    assert not (demo_study / "deidentification-key.csv").exists()
