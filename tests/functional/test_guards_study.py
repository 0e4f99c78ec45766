"""Guards of a Cox model, end to end: from columns of a file to table, report and results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embogen import StudyResults, read_study, run
from embogen.report.results_directory import write_results_directory
from embogen.tables.of_analysis import tables_of

PLAN = """schema = 1
[study]
id = "guards"
title = "Guards"
[data]
patients = { file = "patients.csv" }
[endpoint.os]
time = "days"
event = "dead"
[variable.days]
type = "integer"
meaning = "Days to death or last contact"
[variable.dead]
type = "integer"
meaning = "1 dead"
"""
COVARIATE = """[variable.{name}]
type = "{type}"
meaning = "Made up"
[covariate.{name}]
column = "{name}"
label = "{label}"
"""
ANALYSIS = """[[analysis]]
id = "{id}"
kind = "{kind}"
endpoint = "os"
terms = [{terms}]
p_value = "wald"
"""
COLUMNS = {
    "early": ("flag", "All die first"),
    "late": ("flag", "None dies"),
    "same": ("integer", "One value"),
    "age": ("integer", "Age"),
    "months": ("integer", "Age in months"),
    "rare": ("flag", "Two carriers"),
    "leaning": ("flag", "Leans on one"),
}


def patients() -> str:
    n = 24
    rng = np.random.default_rng(4)
    dead = np.ones(n, dtype=int)
    dead[[8, 12, 16, 20]] = 0
    age = rng.integers(40, 80, n)
    columns = {
        "patient_id": [f"P{i:02d}" for i in range(n)],
        "days": np.arange(1, n + 1) * 10,
        "dead": dead,
        "early": (np.arange(n) < 4).astype(int),
        "late": np.isin(np.arange(n), [8, 12, 16, 20]).astype(int),
        "same": np.full(n, 7),
        "age": age,
        "months": 12 * age,
        "rare": np.isin(np.arange(n), [6, 15]).astype(int),
        "leaning": np.isin(np.arange(n), [0, 1, 2, 5, 23]).astype(int),
    }
    rows = [",".join(columns)]
    rows += [",".join(str(values[i]) for values in columns.values()) for i in range(n)]
    return "\n".join(rows) + "\n"


@pytest.fixture
def results(tmp_path: Path) -> StudyResults:
    (tmp_path / "patients.csv").write_text(patients(), encoding="utf-8")
    parts = [PLAN]
    for name, (kind, label) in COLUMNS.items():
        parts.append(COVARIATE.format(name=name, type=kind, label=label))
    terms = ", ".join(f'"{name}"' for name in COLUMNS)
    parts.append(ANALYSIS.format(id="each", kind="univariable_cox", terms=terms))
    terms = '"age", "months", "same", "rare", "leaning"'
    parts.append(ANALYSIS.format(id="together", kind="cox", terms=terms))
    (tmp_path / "study.toml").write_text("".join(parts), encoding="utf-8")
    return run(read_study(tmp_path))


def cells(results: StudyResults, analysis: str) -> dict[str, list[str]]:
    table = tables_of(results.analysis(analysis), results)[0]
    return {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.rows}


def found(results: StudyResults, analysis: str) -> set[tuple[str, str | None]]:
    result = results.analysis(analysis).result
    fits = getattr(result, "fits", [result])
    return {(caveat.code, caveat.subject) for fit in fits for caveat in fit.caveats}


def test_no_huge_number_is_printed(results: StudyResults) -> None:
    shown = cells(results, "each")
    (early,) = [row for name, row in shown.items() if name.startswith("All die first")]
    (late,) = [row for name, row in shown.items() if name.startswith("None dies")]
    (same,) = [row for name, row in shown.items() if name.startswith("One value")]
    assert early[2] == late[2] == same[2] == "not estimable"
    assert early[3].startswith(">")
    assert late[3].startswith("<")
    assert same[3] == "\u2013"
    both = cells(results, "together")
    (months,) = [row for name, row in both.items() if name.startswith("Age in months")]
    assert months[1:] == ["not estimable", "\u2013", "\u2013"]


def test_each_guard_names_its_term_and_its_evidence(results: StudyResults) -> None:
    each, together = found(results, "each"), found(results, "together")
    assert {
        ("separation", "All die first: yes vs no"),
        ("separation", "None dies: yes vs no"),
        ("constant_term", "One value"),
        ("few_carriers", "Two carriers: yes vs no"),
        ("influential_patient", "Leans on one: yes vs no"),
    } <= each
    assert {("collinear_term", "Age in months"), ("constant_term", "One value")} <= together
    fit = results.analysis("together").result
    (few,) = [c for c in fit.caveats if c.code == "few_carriers"]
    assert few.evidence == {"patients": 2, "events": 2}
    directions = {
        item.term.name: item.status
        for one in results.analysis("each").result.fits
        for item in one.estimates
    }
    assert (directions["early"], directions["late"]) == ("infinite", "zero")


def test_one_influential_patient_is_described_and_not_named(results: StudyResults) -> None:
    result = results.analysis("each").result
    (caveat,) = [
        c
        for fit in result.fits
        for c in fit.caveats
        if c.code == "influential_patient" and "Leans" in (c.subject or "")
    ]
    assert "(event on day 240, yes)" in caveat.message
    assert "P23" not in caveat.message


def test_the_report_holds_them_all(results: StudyResults, tmp_path: Path) -> None:
    write_results_directory(results, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for words in (
        "monotone likelihood",
        "has one value (7)",
        "cannot be told apart from the other terms",
        "2 patients with yes",
        "without one patient (event on day 240, yes)",
        "events stand behind",
    ):
        assert words in page, words
    assert "P23" not in page
