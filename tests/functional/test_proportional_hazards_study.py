"""Tests of proportional hazards as an analysis of a study, end to end."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from embogen import PlanError, StudyResults, read_study, run
from embogen.figures.of_analysis import drawing_of
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.tables.of_analysis import tables_of

CHECK = """[[analysis]]
id = "ph"
kind = "proportional_hazards"
title = "Proportional hazards"
endpoint = "hpfs"
terms = ["gene:DAXX", "grade"]
transform = "rank"
"""
MODEL = """[[analysis]]
id = "model"
kind = "cox"
endpoint = "hpfs"
terms = ["gene:DAXX", "grade"]
"""


def study_with(study: Path, *analyses: str) -> Path:
    file = study / "study.toml"
    before = file.read_text("utf-8").partition("[[analysis]]")[0]
    file.write_text(before + "\n".join(analyses), encoding="utf-8")
    return study


@pytest.fixture
def results(demo_study: Path) -> StudyResults:
    return run(read_study(study_with(demo_study, CHECK, MODEL)))


def test_it_looks_at_the_model_of_the_same_terms(results: StudyResults) -> None:
    found, fit = results.analysis("ph").result, results.analysis("model").result
    assert (found.n, found.n_events) == (fit.n, fit.n_events)
    assert [item.covariate for item in found.covariates] == ["DAXX", "grade"]
    assert [curve.constant for curve in found.curves] == pytest.approx(fit.coef.tolist())
    assert found.overall.df == 2
    for item in found.covariates:
        assert item.permutation.p_interval.low <= item.permutation.p_value
    # the smooth of a hazard ratio that is an average runs on both sides of it
    for curve in found.curves:
        assert (curve.ci_low < curve.constant).any()
        assert (curve.ci_high > curve.constant).any()


def test_table_sentences_and_long_table_hold_the_same_numbers(results: StudyResults) -> None:
    analysis = results.analysis("ph")
    (table,) = tables_of(analysis, results)
    assert [row.cells[0].text for row in table.rows] == ["DAXX", "Tumor grade", "All together"]
    assert [row.cells[0].italic for row in table.rows] == [True, False, False]
    assert "the ranks of event times" in table.general_notes[0]
    rows = {(r.term, r.statistic, r.method): r.value for r in long_table([analysis])}
    for item in analysis.result.covariates:
        method = "proportional_hazards"
        assert rows[item.covariate, "p_value", method] == item.test.p_value
        permuted = rows[item.covariate, "p_value", f"{method}_permutation"]
        assert permuted == item.permutation.p_value
    said = " ".join(result_sentences(analysis, results))
    assert "All 2 variables together: p" in said
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "tested for change along the ranks of event times" in methods


def test_the_figure_shows_every_term_and_its_numbers_are_beside_it(results: StudyResults) -> None:
    laid_out = drawing_of(results.analysis("ph"), results)
    assert laid_out is not None
    drawing, numbers = laid_out
    assert len(drawing.of_role("panel")) == len(drawing.of_role("curve")) == 2
    for shape in (*drawing.of_role("curve"), *drawing.of_role("band")):
        points = np.array(shape.points)
        assert (points >= 0).all()
        assert (points <= [drawing.width, drawing.height]).all()
    rows = list(csv.DictReader(io.StringIO(numbers)))
    assert len(rows) == 80
    first = results.analysis("ph").result.curves[0]
    assert float(rows[0]["hr"]) == pytest.approx(np.exp(first.coef[0]))


def test_answers_survive_json_and_do_not_depend_on_other_analyses(
    results: StudyResults, demo_study: Path
) -> None:
    assert to_json(from_json(to_json(results))) == to_json(results)
    alone = run(read_study(study_with(demo_study, CHECK)))
    again = alone.analysis("ph").result.covariates
    before = results.analysis("ph").result.covariates
    assert [i.permutation.p_value for i in again] == [i.permutation.p_value for i in before]


def test_a_subgroup_is_counted_and_a_model_without_estimates_says_so(demo_study: Path) -> None:
    inside = MODEL.replace('id = "model"', 'id = "model"\nwithin = { "gene:DAXX" = "altered" }')
    inside = inside.replace('"gene:DAXX", "grade"', '"grade"')
    constant = CHECK.replace('transform = "rank"', 'within = { "gene:DAXX" = "wild type" }')
    results = run(read_study(study_with(demo_study, inside, constant)))
    model = results.analysis("model")
    assert model.result.n == 9
    assert "26 patients: DAXX is not altered" in model.excluded
    found = results.analysis("ph").result
    assert found.covariates[0].test is None
    assert found.covariates[1].test is not None


def test_an_unknown_transform_is_refused(demo_study: Path) -> None:
    with pytest.raises(PlanError, match=r"transform"):
        read_study(study_with(demo_study, CHECK.replace("rank", "ranks")))
