"""Endpoints by the plan's finer choices, end to end: lesions, response, and what is refused."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from embogen import DataError, PlanError, read_study, run
from embogen.report.methods import methods_paragraphs
from embogen.study.assemble import assemble
from embogen.study.json_codec import from_json, to_json

RECIST = """
[endpoint.measured]
label = "HPFS by RECIST 1.1"
criterion = "recist_1_1"
event_date = "interval"

[covariate.best]
table = "endpoint"
endpoint = "measured"
column = "best_response"
label = "Best response"

[covariate.objective]
table = "endpoint"
endpoint = "measured"
column = "objective_response"
label = "Objective response"

[[analysis]]
id = "response"
kind = "response"
response = "objective"
terms = ["gene:*"]

[[analysis]]
id = "best"
kind = "baseline_table"
variables = ["best"]

[[analysis]]
id = "measured_curve"
kind = "kaplan_meier"
endpoint = "measured"
"""


def rows_of(file: Path) -> list[dict[str, str]]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def add_to_plan(study: Path, text: str) -> Path:
    file = study / "study.toml"
    file.write_text(file.read_text("utf-8") + text, encoding="utf-8")
    return study


def write_lesions(study: Path, extra: str = "") -> None:
    """Give each patient one liver lesion: 50 mm, halved at the first scan, doubled in every other.

    Even patients respond and never progress; odd ones go to 60 mm at the first follow-up scan.
    """
    starts: dict[str, str] = {}
    for row in rows_of(study / "procedures.csv"):
        if "embolization" in row["modality"]:
            starts[row["patient_id"]] = min(row["date"], starts.get(row["patient_id"], "9"))
    lines = ["patient_id,date,lesion,organ,kind,diameter_mm"]
    for i, (patient, start) in enumerate(sorted(starts.items())):
        day = dt.date.fromisoformat(start)
        later = day + dt.timedelta(days=21)
        lines.append(f"{patient},{day},seg 4,liver,target,50")
        lines.append(f"{patient},{later},seg 4,liver,T,{60 if i % 2 else 25}")
    (study / "lesions.csv").write_text("\n".join(lines) + "\n" + extra, encoding="utf-8")
    file = study / "study.toml"
    text = file.read_text("utf-8")
    text = text.replace("[data]\n", '[data]\nlesions = { file = "lesions.csv" }\n', 1)
    file.write_text(text, encoding="utf-8")


@pytest.fixture
def measured(demo_study: Path) -> Path:
    write_lesions(demo_study)
    return add_to_plan(demo_study, RECIST)


def test_lesions_decide_the_endpoint_and_the_response(measured: Path):
    study = read_study(measured)
    assembled = assemble(study)
    data = assembled.data
    column = data.endpoints["measured"]
    order = sorted({row["patient_id"] for row in rows_of(measured / "procedures.csv")})
    odd = {patient for i, patient in enumerate(order) if i % 2}
    dead = {r["patient_id"] for r in rows_of(measured / "patients.csv") if r["death_date"]}
    for i, patient in enumerate(data.patient_ids):
        if patient in odd:
            assert (column.time[i], column.event[i], column.after[i]) == (21, 1, 0)
        elif patient not in dead:
            assert (column.time[i], column.event[i]) == (21, 0)
    words = dict(zip(data.patient_ids, data.covariates["best"].texts(), strict=True))
    assert {words[p] for p in data.patient_ids if p in odd} == {"progression"}
    assert {words[p] for p in data.patient_ids if p not in odd} == {"partial response"}


def test_response_reaches_the_analysis_of_response(measured: Path):
    results = run(read_study(measured))
    found = results.analysis("response").result
    assert found.n == len(assemble(read_study(measured)).data.patient_ids)
    assert 0 < found.n_events < found.n
    assert to_json(from_json(to_json(results))) == to_json(results)
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "diameters of its lesions by RECIST 1.1, progression against the nadir" in methods


def test_no_patient_stands_in_results(measured: Path):
    text = to_json(run(read_study(measured)))
    ids = {row["patient_id"] for row in rows_of(measured / "patients.csv")}
    excluded = {x.patient_id for s in run(read_study(measured)).flow.steps for x in s.excluded}
    assert not [patient for patient in ids - excluded if patient in text]


def test_a_lesion_measured_twice_on_a_scan_is_a_problem_with_its_rows(demo_study: Path):
    first = rows_of(demo_study / "procedures.csv")[0]
    write_lesions(demo_study, f"{first['patient_id']},{first['date']},seg 4,liver,target,40\n")
    with pytest.raises(DataError) as caught:
        run(read_study(demo_study))
    assert "lesions.csv row" in str(caught.value)
    assert "in row 2 already" in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('criterion = "recist_1_1"', "data.lesions is not given"),
        ("max_targets = 3", "max_targets: has no meaning for the criterion investigator"),
        ('criterion = "liver_volume"\nprogression_mm = 5', "it is for recist_1_1, mrecist"),
        ('missed_scans = "censor"', "needs schedule_days"),
        ("missed_scans_after = 3", "while missed scans are carried"),
        ("course_days = 30", "no other key asks for the first course"),
        (
            'origin = "end_of_first_course"\ncourse = "course"\ncourse_days = 30',
            "no meaning for this definition",
        ),
        ('extrahepatic = "event"', "is an event, and events does not hold it"),
        (
            'events = ["extrahepatic_progression"]\nextrahepatic = "censor"',
            "is to be censored, and events",
        ),
        ('origin = "biopsy"\nentry = "specimen_date"', "time begins there already"),
        ('events = ["death"]\nmissed_scans = "censor"\nschedule_days = 90', "death is the only"),
        ('events = ["death"]\nevent_date = "midpoint"', "event_date: has no meaning"),
        ('origin = "first_embolisation"', "first_embolization"),
    ],
)
def test_choices_that_contradict_each_other_are_refused(demo_study: Path, keys: str, words: str):
    with pytest.raises(PlanError) as caught:
        read_study(add_to_plan(demo_study, f"\n[endpoint.other]\n{keys}\n"))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('table = "endpoint"\ncolumn = "best_response"', "endpoint: is missing"),
        ('table = "endpoint"\ncolumn = "grade"\nendpoint = "hpfs"', "best_response, objective"),
        (
            'table = "endpoint"\ncolumn = "best_response"\nendpoint = "pfs"',
            "not a declared endpoint",
        ),
        ('column = "sex"\nendpoint = "hpfs"', "alone"),
    ],
)
def test_a_response_of_nothing_is_refused(demo_study: Path, keys: str, words: str):
    with pytest.raises(PlanError) as caught:
        read_study(add_to_plan(demo_study, f"\n[covariate.r]\n{keys}\n"))
    assert words in str(caught.value)


@pytest.mark.parametrize("key", ['by = "best"', 'by = "gene:DAXX"\nstrata = ["best"]'])
def test_nobody_is_divided_by_a_response_from_the_origin_on(measured: Path, key: str):
    text = f'\n[[analysis]]\nid = "x"\nkind = "kaplan_meier"\nendpoint = "hpfs"\n{key}\n'
    with pytest.raises(PlanError, match="responders had to live to respond"):
        read_study(add_to_plan(measured, text))


def test_extrahepatic_progression_that_competes_asks_for_cumulative_incidence(demo_study: Path):
    endpoint = '\n[endpoint.other]\nextrahepatic = "compete"\n'
    analysis = '[[analysis]]\nid = "x"\nkind = "{}"\nendpoint = "other"\n'
    file = demo_study / "study.toml"
    before = file.read_text("utf-8")
    with pytest.raises(PlanError, match="extrahepatic progression competes"):
        read_study(add_to_plan(demo_study, endpoint + analysis.format("kaplan_meier")))
    file.write_text(before, encoding="utf-8")
    results = run(
        read_study(add_to_plan(demo_study, endpoint + analysis.format("cumulative_incidence")))
    )
    assert results.analysis("x").result.causes == ("event", "extrahepatic progression")
