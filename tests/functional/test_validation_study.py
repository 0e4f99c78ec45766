"""Bootstrap validation as an analysis of a study."""

from __future__ import annotations

from pathlib import Path

import pytest

from embogen import read_study, run
from embogen.errors import PlanError
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.tables.of_analysis import tables_of

VALIDATION = """[[analysis]]
id = "validated"
kind = "validation"
endpoint = "hpfs"
terms = ["gene:DAXX", "grade"]
replicates = 60
penalty = "firth"
"""


def study_with(study: Path, text: str) -> Path:
    file = study / "study.toml"
    before = file.read_text("utf-8").partition("[[analysis]]")[0]
    file.write_text(before + text, encoding="utf-8")
    return study


def test_it_is_shown_in_words_tables_and_the_long_table(demo_study):
    results = run(read_study(study_with(demo_study, VALIDATION)))
    analysis = results.analysis("validated")
    found = analysis.result
    assert (found.n, found.n_resamples, found.penalty) == (35, 60, "firth")
    assert 0.5 < found.concordance.corrected < found.concordance.apparent < 1
    words = " ".join(result_sentences(analysis, results))
    assert f"corrected for optimism it is {found.concordance.corrected:.2f}" in words
    assert "The calibration slope is" in words
    (table,) = tables_of(analysis, results)
    assert [row.cells[0].text for row in table.rows] == ["Concordance", "Calibration slope"]
    assert table.rows[0].cells[-1].text == f"{found.concordance.corrected:.3f}"
    rows = {(row.term, row.statistic): row.value for row in long_table([analysis])}
    assert rows["concordance", "corrected"] == found.concordance.corrected
    assert rows["slope", "optimism_se"] == found.slope.standard_error
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "60 bootstrap resamples, with Firth's penalty" in methods
    assert to_json(from_json(to_json(results))) == to_json(results)


def test_figures_depend_on_the_seed_and_the_analysis_alone(demo_study):
    once = run(read_study(study_with(demo_study, VALIDATION)))
    again = run(
        read_study(study_with(demo_study, VALIDATION + VALIDATION.replace('"validated"', '"b"')))
    )
    first = once.analysis("validated").result
    assert first.concordance == again.analysis("validated").result.concordance
    assert first.concordance != again.analysis("b").result.concordance


def test_no_gene_to_put_in_the_model_fails_this_analysis_alone(demo_study):
    text = VALIDATION.replace('["gene:DAXX", "grade"]', '["gene:*"]')
    study = study_with(demo_study, text)
    file = study / "study.toml"
    plan = file.read_text("utf-8").replace("most_frequent = 4", "min_altered = 35")
    file.write_text(plan, encoding="utf-8")
    analysis = run(read_study(study)).analysis("validated")
    assert analysis.status == "failed"
    assert "no gene meets the plan's condition" in analysis.error


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("replicates = 60", "replicates = 2", "analysis[1].replicates"),
        ("replicates = 60", 'p_value = "wald"', "a validation does not take this key"),
        ('"hpfs"', '"nope"', "is not a declared endpoint"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(demo_study, old, new, words):
    with pytest.raises(PlanError) as caught:
        read_study(study_with(demo_study, VALIDATION.replace(old, new)))
    assert words in str(caught.value)
