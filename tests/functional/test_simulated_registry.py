"""`embogen simulate registry` writes a study that is read as any other."""

from __future__ import annotations

import json

import pytest

from embogen import read_study, run


def test_a_registry_is_a_study_that_runs_and_shows_its_truth(embogen, tmp_path):
    folder = tmp_path / "registry"
    said = embogen(
        "simulate", "registry", folder, "--patients", 3000, "--genes", 30, "--seed", 2, "--json"
    )
    assert said.code == 0, said.err
    assert set(json.loads(said.out)["files"]) == {path.name for path in folder.iterdir()}
    results = run(read_study(folder))
    assert results.synthetic
    estimates = results.analysis("clinical").result.estimates
    truth = {"age": 0.2, "sex": -0.1, "grade": 0.5}
    assert len(estimates) == len(truth)
    for estimate, coef in zip(estimates, truth.values(), strict=True):
        assert abs(estimate.coef - coef) < 3.5 * estimate.se


@pytest.mark.parametrize(
    "words", [["--patients", "3"], ["--genes", "0"], ["--seed", "-1"]], ids=lambda words: words[0]
)
def test_a_registry_of_nothing_is_refused(embogen, tmp_path, words):
    said = embogen("simulate", "registry", tmp_path / "r", *words)
    assert said.code == 2
    assert words[0] in said.err
    assert not (tmp_path / "r").exists()


def test_a_registry_is_not_written_over_files(embogen, tmp_path):
    (tmp_path / "thesis.docx").write_text("precious", encoding="utf-8")
    assert embogen("simulate", "registry", tmp_path).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
