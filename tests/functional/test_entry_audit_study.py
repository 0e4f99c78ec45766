"""The audit of entry as an analysis of a study, beside the same patients analysed otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from embogen import PlanError, read_study, run
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.study.results import StudyResults
from embogen.tables.of_analysis import tables_of

AUDIT = """[[analysis]]
id = "audit"
kind = "entry_audit"
title = "Entry"
endpoint = "hpfs"
terms = ["gene:DAXX", "grade"]
"""
BESIDE = """[[analysis]]
id = "delayed"
kind = "univariable_cox"
endpoint = "hpfs_from_biopsy"
terms = ["gene:DAXX", "grade"]
p_value = "wald"
[[analysis]]
id = "curve"
kind = "kaplan_meier"
endpoint = "hpfs_from_biopsy"
"""


def with_analyses(study: Path, *analyses: str) -> Path:
    file = study / "study.toml"
    before = file.read_text("utf-8").partition("[[analysis]]")[0]
    file.write_text(before + "\n".join(analyses), encoding="utf-8")
    return study


@pytest.fixture
def results(demo_study: Path) -> StudyResults:
    return run(read_study(with_analyses(demo_study, AUDIT, BESIDE)))


def test_delayed_entry_is_that_of_the_endpoint_from_the_biopsy(results: StudyResults):
    found = results.analysis("audit").result
    delayed = found.estimate("delayed_entry")
    (curve,) = results.analysis("curve").result.curves
    assert (delayed.n, delayed.n_events, delayed.median) == (curve.n, curve.n_events, curve.median)
    fits = results.analysis("delayed").result.fits
    wanted = [(item.term.name, item.hr.value) for fit in fits for item in fit.estimates]
    assert [(r.term.name, r.hr.value) for r in delayed.ratios] == wanted
    assert found.count("before_event").n == 9


def test_it_is_shown_in_words_tables_and_long_table(results: StudyResults):
    analysis = results.analysis("audit")
    words = " ".join(result_sentences(analysis, results))
    assert "9 after it while still without the event" in words
    assert "with entry at the specimen it was" in words
    medians, ratios, specimens = tables_of(analysis, results)
    assert [row.cells[0].text for row in medians.rows] == [
        "Naive: everybody from the origin",
        "Delayed entry at the specimen",
        "Landmark at 6 months, from there on",
        "Specimens before or at the origin only",
    ]
    assert ratios.rows[0].cells[0].text == "DAXX"
    assert sum(int(row.cells[1].text) for row in specimens.rows) == analysis.result.n
    rows = {(row.statistic, row.level) for row in long_table([analysis])}
    assert {("median", "naive"), ("hr", "altered/delayed_entry"), ("tau", "")} <= rows
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "conditional Kendall's tau" in methods
    assert to_json(from_json(to_json(results))) == to_json(results)


def test_specimen_times_may_stand_in_a_column(tmp_path: Path):
    rows = ["patient_id,days,dead,biopsy", "a,100,1,0", "b,300,1,60", "c,250,1,250", "d,90,0,"]
    (tmp_path / "p.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    variables = "".join(
        f'[variable.{name}]\ntype = "number"\nmeaning = "Days."\n'
        for name in ("days", "dead", "biopsy")
    )
    plan = (
        'schema = 1\n[study]\nid = "s"\ntitle = "t"\n[data]\npatients = { file = "p.csv" }\n'
        '[endpoint.os]\ntime = "days"\nevent = "dead"\nspecimen = "biopsy"\n'
        f'{variables}[[analysis]]\nid = "audit"\nkind = "entry_audit"\nendpoint = "os"\n'
    )
    (tmp_path / "study.toml").write_text(plan, encoding="utf-8")
    analysis = run(read_study(tmp_path)).analysis("audit")
    assert [item.n for item in analysis.result.counts] == [1, 1, 1]
    assert analysis.excluded == ("1 patient: specimen without a date",)
    # at the landmark of 6 months a is gone, and c not yet biopsied
    assert [item.n for item in analysis.result.estimates] == [3, 2, 1, 1]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('endpoint = "hpfs"', 'endpoint = "hpfs_from_biopsy"', "it has a delayed entry"),
        ('endpoint = "hpfs"', 'endpoint = "tthp"', "death competes"),
        ('terms = ["gene:DAXX", "grade"]', "landmark_months = 0", "greater than 0"),
    ],
)
def test_an_audit_that_could_not_see_the_patients_is_refused(demo_study, old, new, words):
    study = with_analyses(demo_study, AUDIT.replace(old, new))
    with pytest.raises(PlanError) as caught:
        read_study(study)
    assert words in str(caught.value)


def test_a_first_endpoint_with_delayed_entry_is_refused(demo_study: Path):
    study = with_analyses(demo_study, AUDIT)
    file = study / "study.toml"
    text = file.read_text("utf-8").replace('entry  = "origin"', 'entry  = "specimen_date"', 1)
    late = text.replace('endpoint = "hpfs"\nterms', 'endpoint = "other"\nterms')
    late = late.replace("[genes]", "[endpoint.other]\n\n[genes]", 1)
    file.write_text(late, encoding="utf-8")
    with pytest.raises(PlanError, match="hpfs, the first endpoint, has a delayed entry"):
        read_study(study)
