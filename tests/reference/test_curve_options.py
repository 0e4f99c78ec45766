"""Options of the curves of a plan against R's survfit, curve_options.R."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from embogen import StudyResults, read_study, run
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
