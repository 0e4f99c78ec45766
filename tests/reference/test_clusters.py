"""Clusters of a plan against R's coxph(..., cluster), clusters.R."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embogen import CoxFit, Design, PlanError, StudyResults, Surv, fit_cox, read_study, run
from embogen.report.methods import methods_paragraphs
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.tables.of_analysis import tables_of

R = json.loads((Path(__file__).parent / "clusters.json").read_text("utf-8"))
COLUMNS = ("time", "status", "age", "sex", "ecog", "inst")
HEAD = """schema = 1
[study]
id = "lung"
title = "Advanced lung cancer by institution"
[data]
patients = { file = "patients.csv" }
[endpoint.os]
time = "time"
event = "status"
[covariate.age]
column = "age"
[covariate.sex]
column = "sex"
levels = ["female", "male"]
[covariate.ecog]
column = "ecog"
coding = "trend"
[covariate.site]
column = "inst"
label = "Institution"
[variable]
time = { type = "number", meaning = "days" }
status = { type = "integer", meaning = "1 died" }
age = { type = "number", meaning = "years" }
sex = { type = "text", meaning = "sex" }
ecog = { type = "integer", meaning = "performance status" }
inst = { type = "integer", meaning = "code of the institution" }
"""
JOINT = """[[analysis]]
id = "joint"
kind = "cox"
endpoint = "os"
terms = ["age", "sex"]
cluster = "site"
"""
MORE = (
    JOINT.replace('"joint"', '"strata"') + 'strata = ["ecog"]\nties = "breslow"\n',
    JOINT.replace('"joint"', '"alone"').replace('"cox"', '"univariable_cox"')
    + 'multiplicity = "holm"\n',
    JOINT.replace('"joint"', '"rows"').replace('cluster = "site"\n', ""),
)


def study(folder: Path, plan: str) -> Path:
    with (folder / "patients.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("patient_id", *COLUMNS))
        rows = zip(*(R[name] for name in COLUMNS), strict=True)
        out.writerows(
            (f"P{i}", *("" if x is None else x for x in row)) for i, row in enumerate(rows)
        )
    (folder / "study.toml").write_text(HEAD + plan, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    return run(read_study(study(tmp_path_factory.mktemp("lung"), JOINT + "".join(MORE))))


def same(fit: CoxFit, theirs: dict[str, Any]) -> None:
    items = fit.estimates
    close = {"rtol": 1e-9}
    np.testing.assert_allclose([item.coef for item in items], theirs["coef"], **close)
    np.testing.assert_allclose([item.se for item in items], theirs["se"], **close)
    np.testing.assert_allclose([item.primary_p for item in items], theirs["p"], **close)
    np.testing.assert_allclose([item.hr.interval.low for item in items], theirs["low"], **close)
    np.testing.assert_allclose([item.hr.interval.high for item in items], theirs["high"], **close)
    assert {item.primary_method for item in items} == {"robust_t"}
    np.testing.assert_allclose(fit.wald_test.statistic, theirs["wald"][0], **close)
    np.testing.assert_allclose(fit.robust.score_test.statistic, theirs["score"][0], **close)


def test_models_of_a_plan_have_rs_robust_variance(results: StudyResults) -> None:
    same(results.analysis("joint").result, R["joint"])
    same(results.analysis("strata").result, R["strata"])
    age, sex = results.analysis("alone").result.fits
    same(age, R["age_alone"])
    same(sex, R["sex_alone"])


def test_python_has_the_normal_p_values_of_r() -> None:
    kept = [i for i, code in enumerate(R["inst"]) if code is not None]
    surv = Surv(np.array(R["time"])[kept], np.array(R["status"])[kept])
    design = Design.from_arrays(np.array(R["age"])[kept], ["age"])
    fit = fit_cox(surv, design, cluster=[R["inst"][i] for i in kept])
    (item,) = fit.estimates
    assert item.hr.p_method == "robust_wald"
    assert item.hr.p_value == pytest.approx(R["age_alone"]["p_normal"][0], rel=1e-9)


def test_patients_of_no_known_cluster_are_counted(results: StudyResults) -> None:
    known = sum(code is not None for code in R["inst"])
    assert results.analysis("joint").result.n == known == len(R["inst"]) - 2
    for name in ("joint", "strata", "alone"):
        assert "2 patients: Institution missing (cluster)" in results.analysis(name).excluded
    assert results.analysis("rows").excluded == ()
    assert results.analysis("rows").result.robust is None


def test_it_is_said_in_table_methods_caveat_and_long_table(results: StudyResults) -> None:
    analysis = results.analysis("joint")
    clusters = len({code for code in R["inst"] if code is not None})
    rows = {(r.term, r.statistic, r.method): r.value for r in long_table([analysis])}
    assert rows["", "n_clusters", ""] == clusters
    assert rows["age", "se", "robust"] == analysis.result.estimates[0].se
    assert rows["age", "p_value", "robust_t"] == analysis.result.estimates[0].primary_p
    assert rows["", "statistic", "robust_score"] == analysis.result.robust.score_test.statistic
    alone = {(r.term, r.statistic): r.value for r in long_table([results.analysis("alone")])}
    assert alone["sex", "n_clusters"] == clusters
    (few,) = [caveat for caveat in analysis.caveats if caveat.code == "few_clusters"]
    assert f"Student's t with {clusters - 1} degrees of freedom" in few.message
    (table, *_) = tables_of(analysis, results)
    assert f"(robust variance, {clusters} clusters)" in " ".join(table.general_notes)
    assert "p from the robust t test" in " ".join(table.general_notes)
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "with institution as clusters of patients that may be alike" in methods
    assert to_json(from_json(to_json(results))) == to_json(results)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('penalty = "firth"', "Firth's penalty has no robust variance"),
        ('ties = "exact"', "exact ties have no robust variance"),
        ('p_value = "permutation"', "this test takes patients as independent"),
        ('p_value = "score"', "this test takes patients as independent"),
    ],
)
def test_what_takes_patients_as_independent_is_refused(
    tmp_path: Path, more: str, words: str
) -> None:
    with pytest.raises(PlanError) as caught:
        read_study(study(tmp_path, JOINT + more + "\n"))
    assert words in str(caught.value)


def test_a_cluster_that_is_no_covariate_is_refused(tmp_path: Path) -> None:
    for word in ("inst", "gene:DAXX"):
        with pytest.raises(PlanError) as caught:
            read_study(study(tmp_path, JOINT.replace('"site"', f'"{word}"')))
        assert "analysis[1].cluster" in str(caught.value)


def test_more_clusters_than_a_covariate_may_have_levels(tmp_path: Path) -> None:
    plan = JOINT.replace('"age", "sex"', '"age"').replace('"site"', '"own"')
    folder = study(tmp_path, plan + '[covariate.own]\ncolumn = "patient"\n')
    file = folder / "patients.csv"
    lines = file.read_text("utf-8").splitlines()
    named = [f"{line},{'patient' if i == 0 else f'U{i}'}" for i, line in enumerate(lines)]
    file.write_text("\n".join(named), encoding="utf-8")
    plan_file = folder / "study.toml"
    declared = 'patient = { type = "text", meaning = "each patient" }\n[[analysis]]'
    plan_file.write_text(plan_file.read_text("utf-8").replace("[[analysis]]", declared, 1), "utf-8")
    fit = run(read_study(folder)).analysis("joint").result
    assert fit.robust.n_clusters == len(R["time"])
    assert fit.estimates[0].primary_method == "robust_wald"  # enough of them: R's normal p
    assert "few_clusters" not in {caveat.code for caveat in fit.caveats}
