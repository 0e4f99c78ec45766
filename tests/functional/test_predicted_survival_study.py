"""Predicted survival as an analysis of a study, end to end."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from small_study import table, write

from embogen import PlanError, StudyResults, read_study, run
from embogen.figures.of_analysis import drawing_of
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.tables.of_analysis import tables_of

DAXX = """[[analysis]]
id = "daxx"
kind = "predicted_survival"
title = "Survival by DAXX"
endpoint = "hpfs"
terms = ["gene:DAXX", "age", "grade", "origin"]
by = "gene:DAXX"
at = { origin = "pancreatic" }
times_months = [12, 3]
quantiles = [0.25, 0.5]
"""
STRATA = """[[analysis]]
id = "strata"
kind = "predicted_survival"
endpoint = "hpfs"
terms = ["gene:DAXX"]
strata = ["grade"]
by = "gene:DAXX"
"""


def study_with(study: Path, *analyses: str) -> Path:
    file = study / "study.toml"
    before = file.read_text("utf-8").partition("[[analysis]]")[0]
    file.write_text(before + "\n".join(analyses), encoding="utf-8")
    return study


@pytest.fixture
def results(demo_study: Path) -> StudyResults:
    return run(read_study(study_with(demo_study, DAXX, STRATA)))


def test_other_terms_are_held_and_it_is_said_where(results: StudyResults) -> None:
    analysis = results.analysis("daxx")
    found = analysis.result
    assert [(item.name, item.how) for item in found.held] == [
        ("age", "mean"),
        ("grade", "most_frequent"),
        ("origin", "stated"),
    ]
    (text,) = result_sentences(analysis, results)
    assert text.startswith(f"At age {found.held[0].value:.1f} years (mean), tumor grade 2 (most")
    assert "primary site pancreatic (as the plan states) predicted hepatic prog" in text
    assert "at 12 months is" in text
    assert "for DAXX wild type and" in text
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "predicted for the levels of DAXX from Cox models (Efron ties; a baseline" in methods
    assert "held at the mean of numbers, the reference level" in methods


def test_table_and_long_table_hold_the_same_numbers(results: StudyResults) -> None:
    analysis = results.analysis("daxx")
    wild, altered = analysis.result.curves
    assert wild.curve.survival[-1] > altered.curve.survival[-1]
    (shown,) = tables_of(analysis, results)
    assert [column.header.partition("\n")[0] for column in shown.columns] == [
        "DAXX",
        "Patients",
        "Events",
        "At 3 months",
        "At 12 months",
        "Time to 25%, months",
        "Median, months",
    ]
    rows = {(r.term, r.level, r.statistic): r for r in long_table([analysis])}
    year = rows["DAXX", "altered", "survival_at_12_months"].value
    assert year == altered.curve.survival[np.searchsorted(altered.time, 365.25, "right") - 1]
    assert shown.rows[1].cells[4].text.startswith(f"{100 * year:.0f}% (")
    assert rows["DAXX", "altered", "median"].value == altered.curve.quantile(0.5).value
    assert rows["DAXX", "wild type", "quantile_25_ci_low"].unit == "days"
    assert rows["age", "", "held_at"].method == "mean"
    assert rows["origin", "pancreatic", "held_at"].method == "stated"
    assert (rows["DAXX", "altered", "n"].value, rows["", "", "n"].value) == (9, 35)


def test_each_stratum_has_curves_of_its_own(results: StudyResults) -> None:
    analysis = results.analysis("strata")
    curves = analysis.result.curves
    assert [(c.level, c.curve.stratum) for c in curves] == [
        (level, grade) for level in ("wild type", "altered") for grade in ("1", "2", "3")
    ]
    assert sum(c.n for c in curves) == 35
    (shown,) = tables_of(analysis, results)
    assert [column.header for column in shown.columns[:2]] == ["DAXX", "Tumor grade"]
    rows = {(r.level, r.statistic): r.value for r in long_table([analysis])}
    assert rows["altered/3", "n"] == curves[-1].n


def test_the_figure_has_a_curve_and_a_band_for_each_and_its_numbers_beside(
    results: StudyResults,
) -> None:
    for name, count in (("daxx", 2), ("strata", 6)):
        analysis = results.analysis(name)
        drawing, numbers = drawing_of(analysis, results) or pytest.fail("no figure")
        assert len(drawing.of_role("curve")) == len(drawing.of_role("band")) == count
        for shape in (*drawing.of_role("curve"), *drawing.of_role("band")):
            points = np.array(shape.points)
            assert (points >= 0).all()
            assert (points <= [drawing.width, drawing.height]).all()
        rows = list(csv.DictReader(io.StringIO(numbers)))
        assert len(rows) == sum(len(curve.time) for curve in analysis.result.curves)
        last = analysis.result.curves[-1]
        assert float(rows[-1]["survival"]) == last.curve.survival[-1]
        assert rows[-1]["stratum"] == last.curve.stratum
    at_risk = [label.text for label in drawing.of_role("risk_group")]
    assert at_risk[0] == "wild type, 1"


def test_results_survive_json(results: StudyResults) -> None:
    assert to_json(from_json(to_json(results))) == to_json(results)


PLAN = """schema = 1
[study]
id = "small"
title = "A small study"
[data]
patients = { file = "patients.csv" }
[endpoint.os]
time = "days"
event = "dead"
[variable.days]
type = "number"
meaning = "days to death"
[variable.dead]
type = "integer"
meaning = "1 dead"
[covariate.grade]
column = "who_grade"
coding = "levels"
levels = ["1", "2", "3"]
[covariate.step]
column = "who_grade"
coding = "trend"
[covariate.sex]
column = "sex"
levels = ["female", "male"]
[covariate.age]
column = "age_years"
[[analysis]]
id = "p"
kind = "predicted_survival"
endpoint = "os"
"""
ROWS = [
    ("patient_id", "days", "dead", "who_grade", "sex", "age_years"),
    *(
        (f"P{i}", days, dead, grade, sex, age)
        for i, (days, dead, grade, sex, age) in enumerate(
            [
                (10, 1, 1, "female", 50),
                (20, 1, 2, "female", 60),
                (30, 1, 1, "male", 70),
                (40, 0, 2, "female", 52),
                (50, 1, 2, "male", 58),
                (60, 1, 1, "female", 66),
                (70, 0, 1, "female", 61),
                (80, 1, 2, "female", 49),
            ]
        )
    ),
]


def small(folder: Path, keys: str, rows: list[tuple[object, ...]] | None = None) -> StudyResults:
    write(folder, {"study.toml": PLAN + keys, "patients.csv": table(rows or ROWS)})
    return run(read_study(folder))


def test_a_level_nobody_has_is_left_out_with_a_caveat(tmp_path: Path) -> None:
    results = small(tmp_path, 'terms = ["grade", "sex"]\nby = "grade"\n')
    analysis = results.analysis("p")
    assert [curve.level for curve in analysis.result.curves] == ["1", "2"]
    assert analysis.result.without_curve == ("3",)
    (found,) = [c for c in analysis.caveats if c.code == "no_predicted_curve"]
    assert found.message == "grade 3: no patient analysed has it, so no curve is predicted for it."
    (shown,) = tables_of(analysis, results)
    assert [cell.text for cell in shown.rows[2].cells][:4] == [
        "3",
        "\u2013",
        "\u2013",
        "not estimable",
    ]
    assert shown.rows[2].cells[0].notes == (found.message,)


def test_a_hazard_ratio_without_bound_leaves_no_curve_and_firth_has_one(tmp_path: Path) -> None:
    # all grade 2 die first
    rows = [ROWS[0], *((f"P{i}", 10 * i, 1, 2 if i < 4 else 1, "male", 50) for i in range(1, 8))]
    keys = 'terms = ["grade"]\nby = "grade"\n'
    results = small(tmp_path / "ml", keys, rows)
    analysis = results.analysis("p")
    assert analysis.status == "ok"
    assert analysis.result.curves == ()
    assert analysis.result.without_curve == ("1", "2", "3")
    assert drawing_of(analysis, results) is None
    (shown,) = tables_of(analysis, results)
    assert [row.cells[3].text for row in shown.rows] == ["not estimable"] * 3
    assert result_sentences(analysis, results) == ()
    (found,) = [c for c in analysis.caveats if c.code == "no_predicted_curve"]
    assert "hazard ratio of grade: 2 vs 1 (infinite)" in found.message
    assert 'penalty = "firth"' in found.message
    assert any(c.code == "separation" for c in analysis.caveats)
    penalised = small(tmp_path / "firth", keys + 'penalty = "firth"\n', rows).analysis("p")
    assert [curve.level for curve in penalised.result.curves] == ["1", "2"]
    assert "penalised_separation" in {c.code for c in penalised.caveats}


def test_values_beyond_what_was_seen_are_said(tmp_path: Path) -> None:
    keys = 'terms = ["sex", "age", "step"]\nby = "sex"\nat = { age = 90, step = 3 }\n'
    analysis = small(tmp_path, keys).analysis("p")
    beyond = [c for c in analysis.caveats if c.code == "extrapolated_profile"]
    assert [c.subject for c in beyond] == ["age", "step"]
    assert "age is held at 90, and the patients analysed lie between 49 and 70" in beyond[0].message
    assert "step is held at 3, and the patients analysed lie between 1 and 2" in beyond[1].message


def test_a_time_beyond_follow_up_has_no_row_and_a_dash(tmp_path: Path) -> None:
    results = small(tmp_path, 'terms = ["sex"]\nby = "sex"\ntimes_months = [2, 60]\n')
    analysis = results.analysis("p")
    statistics = {row.statistic for row in long_table([analysis])}
    assert "survival_at_2_months" in statistics
    assert "survival_at_60_months" not in statistics
    (shown,) = tables_of(analysis, results)
    assert shown.rows[0].cells[4].text == "\u2013"
    assert math.isnan(analysis.result.curves[0].at(2000).value)
    assert analysis.result.curves[0].at(5).value == 1.0


def test_held_at_a_level_nobody_has_fails_this_analysis(tmp_path: Path) -> None:
    keys = 'terms = ["sex", "grade"]\nby = "sex"\nat = { grade = 3 }\n'
    analysis = small(tmp_path, keys).analysis("p")
    assert analysis.status == "failed"
    assert "grade is to be held at 3, which no patient analysed has" in analysis.error


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('by = "age"', 'analysis[1].by: "age" is not one of the terms'),
        ('by = "sex"\nat = { sex = "male" }', '"sex" cannot be held'),
        ('by = "sex"\nat = { age = 5 }', 'analysis[1].at.age: "age" is not one of the terms'),
        ('by = "sex"\nat = { grade = "4" }', '"4" is not one of its levels'),
        ('by = "sex"\nties = "exact"', "a model of discrete time has no hazard to predict"),
        ('by = "sex"\ntimes_months = [0]', "times_months"),
        ('by = "sex"\nquantiles = [1.0]', "quantiles"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(tmp_path: Path, keys: str, words: str) -> None:
    with pytest.raises(PlanError) as caught:
        small(tmp_path, f'terms = ["sex", "grade"]\n{keys}\n')
    assert words in str(caught.value)


def test_a_number_has_no_levels_and_takes_no_text(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="is a number and does not divide"):
        small(tmp_path / "by", 'terms = ["sex", "age"]\nby = "age"\n')
    with pytest.raises(PlanError, match='"old" is a text, and age is a number'):
        small(tmp_path / "at", 'terms = ["sex", "age"]\nby = "sex"\nat = { age = "old" }\n')
