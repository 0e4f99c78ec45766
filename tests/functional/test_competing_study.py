"""Time to hepatic progression end to end: from dates to incidence, checked by an own route."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from embogen import read_study, run
from embogen.errors import PlanError
from embogen.figures.of_analysis import drawing_of
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.results import StudyResults
from embogen.tables.of_analysis import tables_of

DAY = dt.date.fromisoformat
SILENT = {"Silent", "Intron", "RNA", "3'UTR", "5'UTR", "3'Flank", "5'Flank"}


def lines(path: Path) -> list[dict[str, str]]:
    text = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(text))


def outcomes(study: Path) -> dict[str, tuple[int, int]]:
    """(days, 0 censored / 1 progressed / 2 died first) of every patient, from the tables alone."""
    start: dict[str, dt.date] = {}
    for row in lines(study / "procedures.csv"):
        if row["modality"] in {"bland embolization", "TACE", "DEB-TACE", "TARE"}:
            date = DAY(row["date"])
            start[row["patient_id"]] = min(start.get(row["patient_id"], date), date)
    found = {}
    scans = lines(study / "assessments.csv")
    for row in lines(study / "patients.csv"):
        patient, origin = row["patient_id"], start[row["patient_id"]]
        mine = [
            (DAY(scan["date"]), scan["hepatic_status"])
            for scan in scans
            if scan["patient_id"] == patient and DAY(scan["date"]) > origin
        ]
        grown = [date for date, liver in mine if liver == "progression"]
        died = DAY(row["death_date"]) if row["death_date"] else dt.date.max
        if grown and min(grown) <= died:
            found[patient] = ((min(grown) - origin).days, 1)
        elif row["death_date"]:
            found[patient] = ((died - origin).days, 2)
        else:
            seen = [date for date, liver in mine if liver not in {"", "not evaluable"}]
            found[patient] = ((max(seen) - origin).days, 0)
    return found


def incidence(rows: list[tuple[int, int]], cause: int, days: float) -> float:
    """Sum S(t-) d/n over the days, as a textbook writes the Aalen-Johansen estimator."""
    total, free = 0.0, 1.0
    for day in sorted({time for time, _ in rows if time <= days}):
        at_risk = sum(time >= day for time, _ in rows)
        own = sum((time, event) == (day, cause) for time, event in rows)
        any_event = sum(time == day and event > 0 for time, event in rows)
        total += free * own / at_risk
        free *= 1 - any_event / at_risk
    return total


@pytest.fixture
def results(demo_study: Path) -> StudyResults:
    return run(read_study(demo_study))


def with_analysis(study: Path, text: str) -> Path:
    path = study / "study.toml"
    path.write_text(path.read_text("utf-8").replace("# What the publ", f"{text}\n# What the publ"))
    return study


def carriers(study: Path) -> set[str]:
    """Patients with a coding DAXX call in a specimen within the window."""
    specimens = {row["specimen_id"]: row["patient_id"] for row in lines(study / "specimens.csv")}
    text = (study / "mutations.maf").read_text("utf-8").splitlines()
    rows = csv.DictReader([t for t in text if not t.startswith("#")], delimiter="\t")
    return {
        specimens[row["Tumor_Sample_Barcode"]]
        for row in rows
        if row["Hugo_Symbol"] == "DAXX" and row["Variant_Classification"] not in SILENT
    }


def test_incidence_is_that_of_the_tables(results: StudyResults, demo_study: Path):
    found = outcomes(demo_study)
    altered = carriers(demo_study)
    result = results.analysis("tthp_by_daxx").result
    assert result.causes == ("hepatic progression", "death")
    for group, members in (("altered", altered), ("wild type", set(found) - altered)):
        rows = [found[patient] for patient in members]
        for code, cause in enumerate(result.causes, 1):
            curve = result.curve(cause, group)
            assert curve.n == len(rows)
            assert curve.n_events == sum(event == code for _, event in rows)
            for day in (90, 182.625, 210):
                assert curve.at(day).value == pytest.approx(incidence(rows, code, day), abs=1e-12)


def test_endpoint_counts_both_kinds_of_event(results: StudyResults, demo_study: Path):
    (endpoint,) = (item for item in results.endpoints if item.name == "tthp")
    events = [event for _, event in outcomes(demo_study).values()]
    assert (endpoint.n_events, endpoint.n_competing) == (events.count(1), events.count(2))
    assert endpoint.causes == ("hepatic progression", "death")


def test_results_survive_json(results: StudyResults):
    again = from_json(to_json(results))
    assert to_json(again) == to_json(results)
    one, two = (item.analysis("tthp_by_daxx").result for item in (results, again))
    assert two.curve("death", "altered").at(180) == one.curve("death", "altered").at(180)


def test_incidence_is_shown_in_words_table_and_figure(results: StudyResults):
    analysis = results.analysis("tthp_by_daxx")
    words = " ".join(result_sentences(analysis, results))
    assert "By 6 months the cumulative incidence of hepatic progression" in words
    assert "Gray's test gave" in words
    (table,) = tables_of(analysis, results)
    assert [row.cells[0].text for row in table.rows] == [
        "Hepatic progression",
        "wild type",
        "altered",
        "Death",
        "wild type",
        "altered",
    ]
    laid_out = drawing_of(analysis, results)
    assert laid_out is not None
    drawing, numbers = laid_out
    assert len(drawing.of_role("curve")) == len(drawing.of_role("competing")) == 2
    for line in [*drawing.of_role("curve"), *drawing.of_role("competing")]:
        heights = [y for _, y in line.points]
        assert heights == sorted(heights, reverse=True)  # incidence never falls
    n_lines = sum(len(curve.time) for curve in analysis.result.curves)
    assert len(numbers.splitlines()) == n_lines + 1
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "Death from any cause before it was a competing event" in methods


def test_within_keeps_a_subgroup_and_counts_the_others(demo_study: Path):
    text = """[[analysis]]
id = "tthp_pancreas"
kind = "cumulative_incidence"
endpoint = "tthp"
within = { origin = "pancreatic" }
"""
    analysis = run(read_study(with_analysis(demo_study, text))).analysis("tthp_pancreas")
    sites = [row["primary_site"] for row in lines(demo_study / "patients.csv")]
    outside = sum(site != "pancreas" for site in sites)
    assert analysis.result.curve("death").n == sites.count("pancreas")
    assert analysis.excluded == (f"{outside} patients: Primary site is not pancreatic",)


def test_cox_on_a_competing_endpoint_says_it_is_cause_specific(demo_study: Path):
    text = """[[analysis]]
id = "tthp_cox"
kind = "cox"
endpoint = "tthp"
terms = ["gene:DAXX"]
"""
    results = run(read_study(with_analysis(demo_study, text)))
    analysis = results.analysis("tthp_cox")
    events = [event for _, event in outcomes(demo_study).values()]
    assert analysis.result.n_events == events.count(1)
    assert "cause_specific" in {caveat.code for caveat in analysis.caveats}
    assert "cause_specific" not in {c.code for c in results.analysis("table1_adjusted").caveats}


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        (
            'kind     = "cumulative_incidence"',
            'kind = "kaplan_meier"',
            "endpoint",
            "still progress",
        ),
        ('endpoint = "tthp"', 'endpoint = "hpfs"', "endpoint", "on which death competes"),
        ('death  = "competing"', 'death = "event"', "endpoint.tthp.death", "does not hold it"),
        (
            'events = ["hepatic_progression"]',
            'events = ["hepatic_progression", "death"]',
            "endpoint.tthp.death",
            "Write events",
        ),
        (
            'endpoint = "tthp"\nby       = "gene:DAXX"',
            'endpoint = "tthp"\nwithin = { site = "x" }',
            "within",
            "covariate",
        ),
    ],
)
def test_a_plan_that_misuses_competing_events_is_refused(
    demo_study: Path, old: str, new: str, path: str, words: str
):
    file = demo_study / "study.toml"
    text = file.read_text("utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        read_study(demo_study)
    assert any(path in item.path and words in str(item) for item in caught.value.problems)


def test_a_subgroup_that_does_not_exist_is_named(demo_study: Path, embogen: Callable[..., object]):
    text = """[[analysis]]
id = "nobody"
kind = "cumulative_incidence"
endpoint = "tthp"
within = { origin = "kidney" }
"""
    said = embogen("run", with_analysis(demo_study, text))
    assert said.code == 2
    assert '"kidney" is not one of its levels' in said.err
    assert "pancreatic" in said.err
