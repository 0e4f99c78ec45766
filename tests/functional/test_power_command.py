"""`embogen power`: from numbers, from a study, and refused."""

from __future__ import annotations

import csv
import json
import math
import re

import pytest

from embogen.study.design_power import gene_trial
from embogen.study.parse import read_study

NUMBERS = ("--patients", "35", "--carriers", "6", "--events", "31", "--replicates", "400")


def test_numbers_give_a_table_and_a_curve(embogen, tmp_path):
    said = embogen("power", *NUMBERS, "--published", "3.5", "--out", tmp_path / "power")
    assert said.code == 0, said.err
    assert "35 patients, 6 carriers, 31 events; outcomes drawn" in said.out
    assert "permutation test of the studentized score, two-sided, level 0.05" in said.out
    assert "80%, HR above 1     3.80" in said.out
    assert "A significant HR of 3.50 in this design" in said.out
    drawn = (tmp_path / "power" / "power.svg").read_text("utf-8")
    assert "Schoenfeld" in drawn
    with (tmp_path / "power" / "power.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["hazard_ratio"]) for row in rows].count(1.0) == 1
    assert all(0 <= float(row["power_simulated"]) <= 1 for row in rows)


def test_json_holds_what_the_table_rounds(embogen):
    said = embogen("power", *NUMBERS, "--hr", "3", "--hr", "5", "--test", "wald", "--json")
    found = json.loads(said.out, parse_constant=pytest.fail)
    assert [point["hazard_ratio"] for point in found["points"]] == [3.0, 5.0]
    assert found["test"] == "wald"
    assert found["points"][0]["formula"] == pytest.approx(0.63509793153498889, rel=1e-12)
    assert {item["power"] for item in found["detectable"]} == {0.8, 0.9}
    assert found["published"] is None
    assert (
        said.out
        == embogen("power", *NUMBERS, "--hr", "5", "--hr", "3", "--test", "wald", "--json").out
    )


def test_nothing_detectable_is_said_and_valid_json(embogen):
    small = ("--patients", "12", "--carriers", "1", "--events", "6", "--replicates", "100")
    assert "none" in embogen("power", *small).out
    found = json.loads(embogen("power", *small, "--json").out, parse_constant=pytest.fail)
    assert found["detectable"][0]["simulated"] == "Infinity"
    assert found["detectable"][0]["low"] is None


def test_a_study_lends_its_outcome_test_and_result(embogen, demo_study, tmp_path):
    words = ("power", demo_study, "--gene", "DAXX", "--replicates", "300", "--hr", "4")
    said = embogen(*words, "--analysis", "table1", "--json", "--out", tmp_path)
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["observed_outcome"] is True
    assert (found["n_patients"], found["n_carriers"]) == (35, 9)
    assert found["published"]["published"] == pytest.approx(7.19, abs=0.005)
    assert 1 < found["published"]["shrunken"]["value"] < 7.19
    drawn = (tmp_path / "power.svg").read_text("utf-8")
    assert "SYNTHETIC" in drawn
    assert "DAXX: 35 patients" in drawn


@pytest.mark.parametrize(("word", "test"), [("auto", "permutation"), ("score", "score")])
def test_the_test_is_that_of_the_plan(demo_study, word, test):
    file = demo_study / "study.toml"
    text = re.sub(r'p_value( +)= "\w+"', f'p_value = "{word}"', file.read_text("utf-8"))
    file.write_text(text, encoding="utf-8")
    prepared = gene_trial(read_study(demo_study), "DAXX", analysis="table1", replicates=50)
    assert prepared.trial.test == test


def test_a_gene_that_is_not_significant_is_not_corrected(demo_study):
    prepared = gene_trial(read_study(demo_study), "MEN1", analysis="table1", replicates=50)
    assert prepared.trial.observed is False
    assert prepared.published() is None


def test_other_terms_of_the_model_are_noted(demo_study):
    prepared = gene_trial(read_study(demo_study), "DAXX", analysis="table1_adjusted", replicates=50)
    assert "other terms" in " ".join(prepared.notes)
    assert math.isfinite(prepared.estimate.hr.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--patients: is missing"),
        (("--patients", "35", "--gene", "DAXX"), "--gene: needs a study"),
        (("--patients", "5", "--carriers", "5", "--events", "9"), "leaves a group empty"),
        ((*NUMBERS, "--hr", "-3"), "--hr: -3 is not a positive number"),
        ((*NUMBERS, "--published", "0"), "--published: 0 is not a positive number"),
        ((*NUMBERS, "--level", "5"), "level=5.0 is not between 0 and 1"),
        ((*NUMBERS, "--test", "chi"), "test"),
    ],
)
def test_what_cannot_be_is_refused_with_exit_code_2(embogen, words, said):
    found = embogen("power", *words)
    assert found.code == 2
    assert said in found.err


def test_a_study_needs_a_gene_it_relates_to_outcome(embogen, demo_study):
    assert "--gene: is missing" in embogen("power", demo_study).err
    unknown = embogen("power", demo_study, "--gene", "KRAS")
    assert unknown.code == 2
    assert "Genes of the plan: DAXX, MEN1, TP53, TSC2" in unknown.err
    other = embogen("power", demo_study, "--gene", "DAXX", "--analysis", "nope")
    assert "Such analyses: table1" in other.err
    both = embogen("power", demo_study, "--gene", "DAXX", "--events", "3")
    assert "--events: comes from the study" in both.err


def test_a_curve_that_cannot_be_written_is_said(embogen, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    said = embogen("power", *NUMBERS, "--out", tmp_path / "file" / "power")
    assert said.code == 2
    assert "cannot be written to" in said.err


def test_events_can_be_expected_from_follow_up(embogen):
    words = ("--patients", "40", "--carriers", "8", "--median", "8", "--replicates", "100")
    said = embogen("power", *words, "--follow-up", "16", "--json")
    assert json.loads(said.out)["n_events"] == 30
    longer = embogen("power", *words, "--follow-up", "16", "--accrual", "24", "--json")
    assert json.loads(longer.out)["n_events"] > 30
    assert "--events: is missing" in embogen("power", *words).err
    bad = embogen("power", *words, "--follow-up", "-1")
    assert bad.code == 2
    assert "follow_up=-1.0 is not a number from 0 up" in bad.err
