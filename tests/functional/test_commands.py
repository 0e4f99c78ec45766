"""The commands beside `run`: what they write, refuse and print."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from embogen import read_study, run
from embogen.cli import COMMANDS


def test_help_names_every_command_and_loads_nothing_heavy():
    code = (
        "import sys; from embogen.cli import main; main(['--help']);"
        "print(sorted({'cyclopts', 'numba', 'polars', 'numpy', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    for name in COMMANDS:
        assert f"  {name} " in done.stdout
    assert done.stdout.strip().endswith("[]")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(embogen, command):
    said = embogen(command, "--help")
    assert said.code == 0
    assert COMMANDS[command] in said.out


def test_check_shows_what_is_to_be_said_of_endpoints(embogen, demo_study):
    before = json.loads(embogen("check", demo_study, "--json").out)["to note"]
    plan = demo_study / "study.toml"
    more = "".join(
        f'\n[endpoint.{name}]\nlabel = "{label}"\nevent_date = "interval"\n'
        for name, label in (("one", "HPFS by interval"), ("two", "The same again"))
    )
    plan.write_text(plan.read_text(encoding="utf-8") + more, encoding="utf-8")
    notes = json.loads(embogen("check", demo_study, "--json").out)["to note"]
    (new,) = [note for note in notes if note not in before and "between two scans only" in note]
    assert new.startswith("HPFS by interval, The same again: ")
    shown = embogen("check", demo_study).out
    assert "HPFS by interval, The same again: " in shown


def test_check_computes_nothing_and_summarises(embogen, demo_study):
    said = embogen("check", demo_study, "--json")
    assert said.code == 0
    summary = json.loads(said.out)
    assert summary["patients"] == 35
    assert summary["candidate genes"] == "MEN1, DAXX, TP53, TSC2"
    assert not (demo_study / "results").exists()


def test_report_is_written_again_from_results(embogen, demo_study, tmp_path):
    assert embogen("run", demo_study).code == 0
    said = embogen("report", demo_study / "results", "--out", tmp_path / "again")
    assert said.code == 0
    for name in ("report.html", "results.csv", "results.json"):
        one = (demo_study / "results" / name).read_bytes()
        assert one == (tmp_path / "again" / name).read_bytes()


def test_init_writes_a_study_that_only_lacks_patients(embogen, tmp_path):
    assert embogen("init", tmp_path / "new").code == 0
    said = embogen("check", tmp_path / "new")
    assert said.code == 3
    assert "patients.csv" in said.err


def test_init_leaves_a_folder_with_files_alone(embogen, tmp_path):
    (tmp_path / "thesis.docx").write_text("precious", encoding="utf-8")
    assert embogen("init", tmp_path).code == 2


def test_simulate_writes_a_study_that_runs_and_shows_its_truth(embogen, tmp_path):
    said = embogen("simulate", tmp_path / "sim", "--patients", "400", "--seed", "7")
    assert said.code == 0, said.err
    results = run(read_study(tmp_path / "sim"))
    daxx = results.analysis("table1_adjusted").result.estimates[0]
    assert abs(np.log(daxx.hr.value / 5.0)) < 3 * daxx.se  # the cohort is drawn with HR 5
    assert results.synthetic


@pytest.mark.parametrize("words", [["--patients", "3"], ["--late-biopsies", "2"]])
def test_simulate_refuses_what_makes_no_sense(embogen, tmp_path, words):
    assert embogen("simulate", tmp_path / "sim", *words).code == 2
    assert not (tmp_path / "sim").exists()


def test_reconstruct_needs_targets(embogen, tmp_path):
    said = embogen("reconstruct", tmp_path / "no.json", "--out", tmp_path / "x.csv")
    assert said.code in {2, 3}
    assert not (tmp_path / "x.csv").exists()


def test_demo_keeps_what_was_edited(embogen, demo_study):
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    (demo_study / "study.toml").write_text(text.replace("top   = 12", "top   = 5"), "utf-8")
    assert embogen("demo", demo_study).code == 0
    assert "top   = 5" in (demo_study / "study.toml").read_text(encoding="utf-8")


def test_excel_tables_give_the_same_results(embogen, demo_study):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    lines = (demo_study / "patients.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    book = xlsxwriter.Workbook(demo_study / "patients.xlsx")
    sheet = book.add_worksheet("patients")
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            sheet.write_string(r, c, text)
    book.close()
    first = run(read_study(demo_study))
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('file = "patients.csv"', 'file = "patients.xlsx"')
    (demo_study / "study.toml").write_text(text, encoding="utf-8")
    again = run(read_study(demo_study))
    for name in ("table1", "table1_adjusted"):
        one, two = first.analysis(name).result, again.analysis(name).result
        fits = zip(getattr(one, "fits", [one]), getattr(two, "fits", [two]), strict=True)
        assert all(np.array_equal(a.coef, b.coef) for a, b in fits)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_run_on_a_terminal_shows_its_stages(demo_study):
    import pty  # noqa: PLC0415 - only there on POSIX

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "embogen", "run", str(demo_study)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as run_:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    assert run_.returncode == 0
    assert b"reading the data" in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed: Linux says so with EIO
        return b""
