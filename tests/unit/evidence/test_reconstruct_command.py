from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from embogen.errors import PlanError
from embogen.evidence.command import reconstruct_file
from embogen.evidence.compact_csv import read_compact


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    shipped = resources.files("embogen.study").joinpath("demo_data/published.json")
    raw = json.loads(shipped.read_text("utf-8"))
    raw["univariable"] = raw["univariable"][:1]  # one row is found at once
    raw["multivariable"] = {}
    path = tmp_path / "targets.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def test_a_cohort_is_written_and_summed_up(targets, tmp_path):
    out = tmp_path / "found.csv"
    summary = reconstruct_file(targets, out, seed=1, seconds=60.0)
    assert summary["fits"] is True
    assert summary["figures"] == summary["figures_agreeing"] == 4
    assert summary["disagreeing"] == []
    assert summary["n"] == 35
    assert 25 <= summary["n_events"] <= 34
    assert read_compact(out).covariates["MEN1"].sum() == 11
    json.dumps(summary)


@pytest.mark.parametrize("name", ["nowhere/found.csv", "."])
def test_where_it_cannot_be_written_is_said_before_the_search(targets, tmp_path, name):
    with pytest.raises(PlanError, match="out: "):
        reconstruct_file(targets, tmp_path / name, seed=1, seconds=60.0)
