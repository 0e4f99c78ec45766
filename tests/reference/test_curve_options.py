"""Options of the curves of a plan against R's survfit, curve_options.R."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest

from embogen import StudyResults, read_study, run
from embogen.figures.of_analysis import drawing_of
from embogen.report.methods import methods_paragraphs
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.tables.of_analysis import tables_of

HERE = Path(__file__).parent
DATA = json.loads((HERE / "predicted_survival.json").read_text("utf-8"))
R = json.loads((HERE / "curve_options.json").read_text("utf-8"))
COLUMNS = ("entry", "time", "status", "cell")
PLAN = """schema = 1
[study]
id = "veteran"
title = "Lung cancer trial, every other patient, some of them entering late"
[data]
patients = { file = "patients.csv" }
[endpoint.os]
time = "time"
event = "status"
entry = "entry"
[covariate.cell]
column = "cell"
levels = ["large", "squamous", "smallcell", "adeno"]
[variable]
entry = { type = "number", meaning = "days" }
time = { type = "number", meaning = "days" }
status = { type = "integer", meaning = "1 died" }
cell = { type = "text", meaning = "histology" }
[[analysis]]
id = "curves"
kind = "kaplan_meier"
endpoint = "os"
by = "cell"
interval = "log-log"
quantiles = [0.75, 0.1, 0.25]
cumulative_hazard = true
[[analysis]]
id = "plain"
kind = "kaplan_meier"
endpoint = "os"
interval = "plain"
cumulative_hazard = true
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    folder = tmp_path_factory.mktemp("veteran")
    with (folder / "patients.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("patient_id", *COLUMNS))
        rows = zip(*(DATA[name] for name in COLUMNS), strict=True)
        out.writerows((f"P{i}", *row) for i, row in enumerate(rows))
    (folder / "study.toml").write_text(PLAN, encoding="utf-8")
    return run(read_study(folder))


def numbers(values: list[float | str]) -> np.ndarray:
    return np.array([math.nan if value == "NA" else value for value in values], dtype=float)


def test_quantiles_are_those_of_r_in_result_table_and_long_table(results: StudyResults) -> None:
    analysis = results.analysis("curves")
    rows = {(row.term, row.statistic): row.value for row in long_table([analysis])}
    for curve in analysis.result.curves:
        theirs = R[curve.group]
        assert [item.fraction for item in curve.quantiles] == [0.1, 0.25, 0.75]
        found = [item.time for item in curve.quantiles]
        np.testing.assert_array_equal([t.value for t in found], numbers(theirs["quantile"]))
        np.testing.assert_array_equal(
            [t.interval.low for t in found], numbers(theirs["quantile_low"])
        )
        high = [t.interval.high if math.isfinite(t.interval.high) else math.nan for t in found]
        np.testing.assert_array_equal(high, numbers(theirs["quantile_high"]))
        assert rows[curve.group, "quantile_10"] == theirs["quantile"][0]
        assert rows[curve.group, "median"] == curve.median.value
    (shown, *_) = tables_of(analysis, results)
    headers = [column.header.partition("\n")[0] for column in shown.columns]
    assert headers[5:8] == ["Time to 10%, months", "Time to 25%, months", "Time to 75%, months"]
    assert shown.rows[3].cells[6].text.startswith(f"{R['adeno']['quantile'][1] / 30.4375:.1f} (")


def test_cumulative_hazards_are_those_of_r_with_limits_on_the_scale_asked_for(
    results: StudyResults,
) -> None:
    analysis = results.analysis("curves")
    rows = {(row.term, row.statistic): row.value for row in long_table([analysis])}
    for curve in analysis.result.hazards.curves:
        theirs = R[curve.group]
        np.testing.assert_allclose(curve.time, theirs["time"])
        np.testing.assert_allclose(curve.hazard, theirs["hazard"], rtol=1e-12)
        np.testing.assert_allclose(curve.std_error, theirs["std_error"], rtol=1e-12)
        half = 1.959963984540054 * curve.std_error / curve.hazard  # of log H, by the delta method
        known = curve.hazard > 0
        np.testing.assert_allclose(
            curve.ci_high[known], (curve.hazard * np.exp(half))[known], rtol=1e-12
        )
        assert rows[curve.group, "hazard_at_end"] == curve.hazard[-1]
        half_year = curve.hazard[np.searchsorted(curve.time, 182.625, "right") - 1]
        if curve.time[-1] >= 182.625:
            assert rows[curve.group, "hazard_at_6_months"] == half_year
    plain = results.analysis("plain").result.hazards.curves[0]
    expected = plain.hazard + 1.959963984540054 * plain.std_error
    np.testing.assert_allclose(plain.ci_high, expected, rtol=1e-12)
    counts = [r for r in long_table([analysis]) if (r.term, r.statistic) == ("large", "n")]
    assert len(counts) == 1


def test_hazards_stand_in_a_table_in_the_figure_and_in_its_numbers(results: StudyResults) -> None:
    analysis = results.analysis("curves")
    _, shown = tables_of(analysis, results)
    assert [column.header.partition("\n")[0] for column in shown.columns[3:]] == [
        "At 6 months",
        "At 12 months",
        "At 24 months",
        "At the end",
    ]
    assert shown.rows[0].cells[6].text.startswith("3.25 (")
    drawing, numbers = drawing_of(analysis, results) or pytest.fail("no figure")
    assert len(drawing.of_role("hazard")) == 4
    assert len(drawing.of_role("band")) == 8
    for shape in (*drawing.of_role("hazard"), *drawing.of_role("band")):
        points = np.array(shape.points)
        assert (points >= 0).all()
        assert (points <= [drawing.width, drawing.height]).all()
    rows = list(csv.DictReader(io.StringIO(numbers)))
    large = [float(row["hazard"]) for row in rows if row["group"] == "large"]
    np.testing.assert_allclose(large, R["large"]["hazard"], rtol=1e-12)
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "cumulative hazards by the Nelson\u2013Aalen method" in methods
    assert to_json(from_json(to_json(results))) == to_json(results)
