"""The trace: every patient's rows, found again in the files; where it may be written."""

from __future__ import annotations

import csv
import json
import re
import stat
from pathlib import Path

import pytest

from embogen import PlanError, read_study
from embogen.study.assemble import assemble
from embogen.study.trace import TRACE_COLUMNS, endpoint_trace, write_trace


def lines_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def cells(file: Path, row: int) -> dict[str, str]:
    """Read one row of a table by the number a spreadsheet gives it."""
    rows = list(csv.reader(file.read_text("utf-8").splitlines()))
    return dict(zip(rows[1], rows[row - 1], strict=True))  # the demo's first line is a note


def test_every_row_named_is_that_patient_date_and_status(embogen, demo_study, tmp_path):
    file = tmp_path / "trace.csv"
    said = embogen("check", demo_study, "--trace", file)
    assert said.code == 0
    assert f"trace: {file}" in said.out
    seen = 0
    for line in lines_of(file):
        for row in line["rows"].split():
            found = cells(demo_study / line["file"], int(row))
            assert found["patient_id"] == line["patient_id"]
            if line["file"] == "assessments.csv":
                assert found["date"] == line["date"]
                assert found["hepatic_status"] == line["status"]
                seen += 1
    assert seen > 200


def test_every_patient_of_every_endpoint_ends_once(demo_study):
    study = read_study(demo_study)
    trace = endpoint_trace(study)
    assembled = assemble(study)
    for name, endpoint in assembled.data.endpoints.items():
        ends = trace.filter((trace["endpoint"] == name) & trace["step"].is_in(["end", "excluded"]))
        assert sorted(ends["patient_id"]) == sorted(assembled.data.patient_ids)
        events = int((ends["status"] != "censored").sum())
        assert events == int((endpoint.event > 0).sum())
    late = trace.filter((trace["endpoint"] == "hpfs_from_biopsy") & (trace["step"] == "entry"))
    assert late.height == 9
    assert (late["rows"] != "").all()


def test_a_patient_left_out_is_traced_with_the_reason(demo_study):
    file = demo_study / "procedures.csv"
    lines = file.read_text("utf-8").splitlines()
    kept = [line for line in lines if ",SYN-001," not in line]
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    trace = endpoint_trace(read_study(demo_study))
    mine = trace.filter(trace["patient_id"] == "SYN-001")
    assert (
        "no embolization in the procedures table"
        in mine.filter(mine["step"] == "excluded")["note"][0]
    )
    assert "left out of the study" in mine["step"].to_list()


def test_only_the_owner_reads_it_and_a_trace_is_replaced(demo_study, tmp_path):
    file = tmp_path / "trace.csv"
    for _ in range(2):
        write_trace(read_study(demo_study), file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text("utf-8").startswith(",".join(TRACE_COLUMNS))


def test_formulas_in_the_data_do_not_reach_a_spreadsheet(demo_study, tmp_path):
    for file in demo_study.glob("*.csv"):
        text = re.sub(r"(^|,)SYN-001,", r"\1=SYN-001,", file.read_text("utf-8"), flags=re.MULTILINE)
        file.write_text(text, encoding="utf-8")
    write_trace(read_study(demo_study), tmp_path / "trace.csv")
    assert lines_of(tmp_path / "trace.csv")[0]["patient_id"] == "'=SYN-001"


def test_it_is_refused_where_it_would_be_shared_or_do_harm(embogen, demo_study, tmp_path):
    study = read_study(demo_study)
    results = demo_study / "results"
    results.mkdir()
    (results / "results.json").write_text("{}", encoding="utf-8")
    (results / "tables").mkdir()
    other = tmp_path / "thesis.csv"
    other.write_text("years of work", encoding="utf-8")
    before = (demo_study / "patients.csv").read_bytes()
    for path, words in (
        (results / "trace.csv", "is in a results directory"),
        (results / "tables" / "trace.csv", "is in a results directory"),
        (demo_study / "patients.csv", "is a file the study reads"),
        (demo_study / "study.toml", "is a file the study reads"),
        (other, "is there already, and is no trace"),
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "trace.csv", "cannot be written"),
    ):
        with pytest.raises(PlanError, match=words):
            write_trace(study, path)
    assert other.read_text("utf-8") == "years of work"
    assert (demo_study / "patients.csv").read_bytes() == before
    assert embogen("check", demo_study, "--trace", other).code == 2


def test_findings_are_printed_by_sort_with_file_and_row_and_no_patient(embogen, demo_study):
    file = demo_study / "assessments.csv"
    text = file.read_text("utf-8")
    assert "2014-07-15,CT,progression" in text
    file.write_text(text.replace("2014-07-15,CT,progression", "2014-07-15,CT,PR"), encoding="utf-8")
    said = embogen("check", demo_study)
    assert said.code == 0
    assert "dates in an impossible order:" in said.out
    assert "assessments.csv row 3: partial response on 2014-07-15 is before" in said.out
    assert "SYN-001" not in said.out
    summary = json.loads(embogen("check", demo_study, "--json").out)
    assert len(summary["dates in an impossible order"]) == 1
