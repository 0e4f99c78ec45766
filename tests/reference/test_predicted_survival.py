"""Predicted survival of a plan against R's survfit(coxph, newdata), predicted_survival.R."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embogen import read_study, run
from embogen.inference.predicted_survival import LevelCurve, PredictedSurvival

R = json.loads((Path(__file__).parent / "predicted_survival.json").read_text("utf-8"))
COLUMNS = ("entry", "time", "status", "age", "karno", "trt", "cell")
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
[covariate.age]
column = "age"
per = 10
[covariate.karno]
column = "karno"
[covariate.trt]
column = "trt"
[[analysis]]
id = "levels"
kind = "predicted_survival"
endpoint = "os"
terms = ["cell", "age", "karno"]
by = "cell"
at = { karno = 60 }
times_months = [3, 6, 9]
quantiles = [0.5, 0.25, 0.75]
[[analysis]]
id = "strata"
kind = "predicted_survival"
endpoint = "os"
terms = ["trt", "karno"]
strata = ["cell"]
by = "trt"
ties = "breslow"
interval = "log-log"
times_months = [3, 6, 9]
quantiles = [0.25, 0.5, 0.75]
[[analysis]]
id = "firth"
kind = "predicted_survival"
endpoint = "os"
terms = ["trt", "age"]
by = "trt"
penalty = "firth"
interval = "plain"
times_months = [3, 6, 9]
quantiles = [0.25, 0.5, 0.75]
""" + "".join(
    f'[variable.{name}]\ntype = "{kind}"\nmeaning = "as in R"\n'
    for name, kind in {
        **dict.fromkeys(("entry", "time", "age", "karno"), "number"),
        "status": "integer",
        "trt": "text",
        "cell": "text",
    }.items()
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("veteran")
    rows = zip(*(R[name] for name in COLUMNS), strict=True)
    with (folder / "patients.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("patient_id", *COLUMNS))
        out.writerows((f"P{i}", *row) for i, row in enumerate(rows))
    (folder / "study.toml").write_text(PLAN, encoding="utf-8")
    return run(read_study(folder))


def numbers(values: list[float | str]) -> np.ndarray:
    return np.array([math.nan if value == "NA" else value for value in values], dtype=float)


def same(ours: LevelCurve, theirs: dict[str, Any], tolerance: float) -> None:
    curve = ours.curve
    np.testing.assert_allclose(curve.time, theirs["time"])
    for name in ("survival", "hazard", "ci_low", "ci_high"):
        np.testing.assert_allclose(
            getattr(curve, name), numbers(theirs[name]), rtol=tolerance, atol=tolerance * 1e-3
        )
    found = [item.time for item in ours.quantiles]
    assert [item.fraction for item in ours.quantiles] == [0.25, 0.5, 0.75]
    np.testing.assert_array_equal([t.value for t in found], numbers(theirs["quantile"]))
    np.testing.assert_array_equal([t.interval.low for t in found], numbers(theirs["quantile_low"]))
    high = np.array([t.interval.high for t in found])
    high[np.isinf(high)] = math.nan
    np.testing.assert_array_equal(high, numbers(theirs["quantile_high"]))
    read = [ours.at(day) for day in theirs["days"]]
    np.testing.assert_allclose([t.value for t in read], theirs["at"], rtol=tolerance)
    np.testing.assert_allclose([t.interval.low for t in read], theirs["at_low"], rtol=tolerance)
    np.testing.assert_allclose([t.interval.high for t in read], theirs["at_high"], rtol=tolerance)


def test_levels_of_a_term_with_one_held_at_its_mean_and_one_as_stated(results) -> None:
    found: PredictedSurvival = results.analysis("levels").result
    assert [curve.level for curve in found.curves] == ["large", "squamous", "smallcell", "adeno"]
    for ours, theirs in zip(found.curves, R["levels"], strict=True):
        same(ours, theirs, 1e-9)
    held = {item.name: (item.value, item.how) for item in found.held}
    assert held["age"] == (pytest.approx(np.mean(R["age"])), "mean")
    assert held["karno"] == (60, "stated")


def test_every_level_in_every_stratum(results) -> None:
    found: PredictedSurvival = results.analysis("strata").result
    ours = {(curve.level, curve.curve.stratum): curve for curve in found.curves}
    cells = ["large", "squamous", "smallcell", "adeno"]
    places = [(arm, cell) for arm in ("standard", "test") for cell in cells]
    assert set(ours) == set(places)
    for place, theirs in zip(places, R["strata"], strict=True):
        same(ours[place], theirs, 1e-9)


def test_a_penalised_model(results) -> None:
    # R's coefficients come from a general optimiser, which knows them to about 1e-7
    found: PredictedSurvival = results.analysis("firth").result
    for ours, theirs in zip(found.curves, R["firth"], strict=True):
        same(ours, theirs, 1e-5)


def test_patients_at_risk_are_those_observed_with_the_level(results) -> None:
    time, entry, arm = np.array(R["time"]), np.array(R["entry"]), np.array(R["trt"])
    for curve in results.analysis("firth").result.curves:
        rows = arm == curve.level
        assert (curve.n, curve.n_events) == (rows.sum(), np.array(R["status"])[rows].sum())
        by_hand = [(rows & (entry < t) & (time >= t)).sum() for t in curve.time]
        assert curve.n_risk.tolist() == by_hand
