"""Genes against response, end to end: who is left out, Fisher's test by scipy, adjusted odds."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import fisher_exact

from embogen import Design, PlanError, read_study, run
from embogen.inference.logistic import firth_logistic
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.tables.of_analysis import tables_of

RESPONSE = """
[covariate.answer]
column = "best"
label = "Best response"

[[analysis]]
id = "response"
kind = "response"
title = "Response"
response = "answer"
responders = ["CR"]
terms = ["gene:*"]
confounders = ["grade"]

[variable.best]
type = "category"
allowed = ["CR", "PR", "PD"]
meaning = "Best response"
"""


@pytest.fixture
def study(demo_study: Path) -> Path:
    """Give the demo an invented response: patients by turns, two unknown."""
    path = demo_study / "patients.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    head = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    answers = ["CR", "PD", "PR", "PD", "CR", ""]
    out = [*lines[:head], f"{lines[head]},best"]
    out += [f"{line},{answers[i % 6]}" for i, line in enumerate(lines[head + 1 :])]
    path.write_text("\n".join(out) + "\n", encoding="utf-8")
    file = demo_study / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + RESPONSE, encoding="utf-8")
    return demo_study


def patients(study: Path) -> list[dict[str, str]]:
    lines = (study / "patients.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_tables_are_those_of_the_files_and_nobody_is_dropped_in_silence(study: Path) -> None:
    results = run(read_study(study))
    analysis = results.analysis("response")
    rows = patients(study)
    answered = [row for row in rows if row["best"]]
    found = analysis.result
    assert (found.n, found.n_events) == (len(answered), sum(r["best"] == "CR" for r in answered))
    missing = len(rows) - len(answered)
    assert f"{missing} patients: Best response missing" in analysis.excluded
    assert {"response_unknown", "multiple_testing"} <= {c.code for c in analysis.caveats}
    for table in found.tables:
        a, n1 = table.carriers.n_events, table.carriers.n
        c, n2 = table.others.n_events, table.others.n
        assert n1 + n2 == len(answered)
        expected = fisher_exact([[a, n1 - a], [c, n2 - c]]).pvalue
        assert table.odds_ratio.p_value == pytest.approx(expected, rel=1e-9)
    assert len(found.adjusted) == 4
    assert from_json(to_json(results)).analysis("response").result.n == found.n
    first, second = tables_of(analysis, results)
    assert [row.cells[0].text for row in second.rows[:2]] == ["MEN1", "Tumor grade, per step"]
    assert first.general_notes[0].startswith("Outcome: Best response: CR, in ")
    sentences = result_sentences(analysis, results)
    assert any("Adjusted for Tumor grade, the odds ratio of DAXX was" in s for s in sentences)


def test_the_adjusted_model_is_the_logistic_one_of_those_patients(study: Path) -> None:
    from embogen.study.assemble import assemble  # noqa: PLC0415 - the set the analysis saw

    data = assemble(read_study(study)).data
    known = ~np.isnan(data.covariates["answer"].values)
    yes = data.covariates["answer"].values[known] == data.covariates["answer"].levels.index("CR")
    columns = np.column_stack(
        [data.gene_values("DAXX")[known], data.covariates["grade"].values[known]]
    )
    expected = firth_logistic(yes.astype(float), Design.from_arrays(columns, ["DAXX", "grade"]))
    found = run(read_study(study)).analysis("response").result
    model = next(item.fit for item in found.adjusted if item.term.name == "DAXX")
    assert model.estimates[0].coef == pytest.approx(expected.estimates[0].coef, rel=1e-10)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["CR"]', '["CRR"]', '"CRR" is not one of its levels'),
        ('responders = ["CR"]\n', "", "does not say which levels"),
        ('response = "answer"', 'response = "anser"', 'Did you mean "answer"'),
        ('["grade"]', '["grad"]', 'Did you mean "grade"'),
    ],
)
def test_a_wrong_plan_says_what_to_write(study: Path, old: str, new: str, message: str) -> None:
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    head, tail = text.rsplit("[covariate.answer]", 1)
    file.write_text(f"{head}[covariate.answer]{tail.replace(old, new)}", encoding="utf-8")
    with pytest.raises(PlanError, match=message):
        run(read_study(study))
