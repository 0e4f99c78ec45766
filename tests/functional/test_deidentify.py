"""`embogen deidentify`: the study runs as before, and nothing leads back but the key."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest

from embogen import read_study, run
from embogen.study.long_table import long_table


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
    "kind", ["copy_number", "structural_variants", "panel_matrix", "case_lists"]
)
def test_what_cannot_be_written_anew_is_refused_not_left_out(
    demo_study: Path, tmp_path: Path, embogen, kind: str
) -> None:
    plan = demo_study / "study.toml"
    text = plan.read_text(encoding="utf-8")
    (demo_study / "cna.csv").write_text("gene,SYN-001-S1\nTP53,-2\n", encoding="utf-8")
    old = 'panels      = { file = "panels/" }'
    assert old in text
    plan.write_text(text.replace(old, old + f'\n{kind} = {{ file = "cna.csv" }}'), encoding="utf-8")
    said = embogen("deidentify", demo_study, "--out", tmp_path / "out")
    assert said.code == 2
    assert f"data.{kind}: is not written without identifiers yet" in said.err
