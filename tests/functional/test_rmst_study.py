"""Restricted mean survival as an analysis of a study, against the area under the drawn curve."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from embogen import read_study, run
from embogen.errors import PlanError
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.study.results import StudyResults
from embogen.tables.of_analysis import tables_of

RMST = """[[analysis]]
id = "means"
kind = "rmst"
endpoint = "hpfs"
by = "gene:DAXX"
horizon_months = 6
"""
CURVES = """[[analysis]]
id = "curves"
kind = "kaplan_meier"
endpoint = "hpfs"
by = "gene:DAXX"
"""


def study_with(study: Path, *analyses: str) -> Path:
    """Leave only these analyses in the plan."""
    file = study / "study.toml"
    before = file.read_text("utf-8").partition("[[analysis]]")[0]
    file.write_text(before + "\n".join(analyses), encoding="utf-8")
    return study


@pytest.fixture
def results(demo_study: Path) -> StudyResults:
    return run(read_study(study_with(demo_study, RMST, CURVES)))


def area(time: np.ndarray, survival: np.ndarray, horizon: float) -> float:
    """Area under a step curve, rectangle by rectangle."""
    corners = [0.0, *[t for t in time.tolist() if t < horizon], horizon]
    levels = [1.0, *survival[time < horizon].tolist()]
    return sum(s * (b - a) for s, (a, b) in zip(levels, pairwise(corners), strict=True))


def test_the_mean_is_the_area_under_the_curve(results: StudyResults):
    found = results.analysis("means").result
    curves = results.analysis("curves").result.curves
    assert [item.group for item in found.groups] == ["wild type", "altered"]
    areas = [area(curve.time, curve.survival, 6 * 30.4375) for curve in curves]
    assert [item.mean.value for item in found.groups] == pytest.approx(areas, rel=1e-12)
    assert found.contrasts[0].difference.value == pytest.approx(areas[1] - areas[0])


def test_it_is_shown_in_words_table_and_long_table(results: StudyResults):
    analysis = results.analysis("means")
    words = " ".join(result_sentences(analysis, results))
    assert "Within the first 6.0 months mean survival was" in words
    (table,) = tables_of(analysis, results)
    assert [row.cells[0].text for row in table.rows] == ["wild type", "altered"]
    assert table.rows[0].cells[4].text == "reference"
    statistics = {row.statistic for row in long_table([analysis])}
    assert {"rmst", "rmst_difference", "rmst_difference_p_value"} <= statistics
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "Restricted mean survival up to 6 months" in methods


def test_results_survive_json(results: StudyResults):
    assert to_json(from_json(to_json(results))) == to_json(results)


def test_a_horizon_beyond_follow_up_fails_this_analysis_alone(demo_study: Path):
    late = RMST.replace("horizon_months = 6", "horizon_months = 60")
    found = run(read_study(study_with(demo_study, late, CURVES)))
    assert found.analysis("means").status == "failed"
    assert "Choose a horizon of at most" in (found.analysis("means").error or "")
    assert found.analysis("curves").status == "ok"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("horizon_months = 6", "", "A rmst needs it"),
        ('"hpfs"', '"tthp"', "cumulative_incidence"),
        ("horizon_months = 6", "horizon_months = -6", "greater than 0"),
    ],
)
def test_a_plan_that_does_not_say_enough_is_refused(demo_study, old, new, words):
    study = study_with(demo_study, RMST.replace(old, new), CURVES)
    with pytest.raises(PlanError) as caught:
        read_study(study)
    assert words in str(caught.value)
