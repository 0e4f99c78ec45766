"""Fine and Gray's regression as an analysis of a study, against its fit on the arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embogen import Design, Surv, fine_gray, read_study, run
from embogen.errors import PlanError
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.assemble import assemble
from embogen.study.json_codec import from_json, to_json
from embogen.study.results import StudyResults
from embogen.tables.of_analysis import tables_of

ID = "tthp_fine_gray"
LISTED = ("tthp_fine_gray", "tthp_by_daxx")


@pytest.fixture
def study(demo_study: Path) -> Path:
    """Leave the analyses of competing risks in the plan, and nothing slow."""
    file = demo_study / "study.toml"
    before, *blocks = file.read_text("utf-8").partition("# What the publ")[0].split("[[analysis]]")
    kept = [block for block in blocks if any(name in block for name in LISTED)]
    file.write_text("[[analysis]]".join([before, *kept]), encoding="utf-8")
    return demo_study


@pytest.fixture
def results(study: Path) -> StudyResults:
    return run(read_study(study))


def test_the_fit_is_that_of_the_columns_it_names(results: StudyResults, study: Path):
    data = assemble(read_study(study)).data
    endpoint = data.endpoints["tthp"]
    columns = np.column_stack([data.gene_values("DAXX"), data.covariates["grade"].values])
    surv = Surv(endpoint.time, endpoint.event, None, ("progression", "death"))
    expected = fine_gray(surv, Design.from_arrays(columns, ["DAXX", "grade"]))
    found = results.analysis(ID).result
    assert found.coef == pytest.approx(expected.coef, rel=1e-12)
    assert found.covariance == pytest.approx(expected.covariance, rel=1e-12)
    assert found.cause == "hepatic progression"
    assert (found.n_events, found.n_competing) == (
        (endpoint.event == 1).sum(),
        (endpoint.event == 2).sum(),
    )


def test_it_is_shown_in_words_and_a_table(results: StudyResults):
    analysis = results.analysis(ID)
    assert analysis.exploratory
    words = result_sentences(analysis, results)
    assert "DAXX altered against wild type has a subdistribution hazard ratio of" in words[0]
    assert "per step" in words[1]
    (table,) = tables_of(analysis, results)
    assert table.columns[2].header == "SHR"
    assert [row.cells[0].text for row in table.rows] == ["DAXX", "Tumor grade, per step"]
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "Fine and Gray's regression" in methods


def test_results_survive_json(results: StudyResults):
    assert to_json(from_json(to_json(results))) == to_json(results)


def test_without_a_competing_cause_the_plan_is_refused(study: Path):
    file = study / "study.toml"
    text = file.read_text("utf-8").replace('endpoint    = "tthp"', 'endpoint = "hpfs"')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match="on which death competes"):
        read_study(study)


def test_patients_without_a_term_are_left_out_and_counted(study: Path):
    file = study / "patients.csv"
    lines = file.read_text("utf-8").splitlines()
    top = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    place = lines[top].split(",").index("who_grade")
    cells = lines[top + 1].split(",")
    cells[place] = ""
    lines[top + 1] = ",".join(cells)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    analysis = run(read_study(study)).analysis(ID)
    assert analysis.result.n == 34
    assert analysis.excluded == ("1 patient: grade missing",)
