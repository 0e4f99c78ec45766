"""The candidates and the whole panel as families, end to end, against Holm's rule by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from embogen import PlanError, StudyResults, read_study, run
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.tables.of_analysis import tables_of

GENES = """[[analysis]]
id = "frequency"
kind = "gene_frequency"
top = 500
"""
MODELS = """[[analysis]]
id = "models"
kind = "univariable_cox"
title = "Genes"
endpoint = "hpfs"
terms = {terms}
multiplicity = "{how}"
family = "panel"
"""


def models(how: str = "holm", terms: str = '["gene:*", "grade"]') -> str:
    return MODELS.format(how=how, terms=terms)


def study_with(study: Path, *analyses: str, family: str = "") -> Path:
    file = study / "study.toml"
    before = file.read_text("utf-8").partition("[[analysis]]")[0]
    before = before.replace("[genes]", f"[genes]\n{family}", 1)
    file.write_text(before + "\n".join(analyses), encoding="utf-8")
    return study


def holm(p: dict[str, float]) -> dict[str, float]:
    """Step down from the smallest, multiplying by how many are left, never falling."""
    adjusted, highest = {}, 0.0
    for done, (name, value) in enumerate(sorted(p.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, value * (len(p) - done)))
        adjusted[name] = highest
    return adjusted


@pytest.fixture
def results(demo_study: Path) -> StudyResults:
    return run(read_study(study_with(demo_study, GENES, models())))


def test_the_family_are_the_genes_altered_and_tested_often_enough(results: StudyResults) -> None:
    counts = [row.count for row in results.analysis("frequency").result.rows]
    expected = [c.gene for c in counts if c.n_altered >= 3 and 2 * c.n_tested >= 35]
    panel = results.analysis("models").result.panel
    assert [gene.name for gene in panel.genes] == expected
    assert len(expected) > 4
    sizes = {gene.name: (gene.n_carriers, gene.n_tested) for gene in panel.genes}
    assert sizes == {c.gene: (c.n_altered, c.n_tested) for c in counts if c.gene in expected}


def test_both_families_are_adjusted_by_holms_rule(results: StudyResults) -> None:
    found = results.analysis("models").result
    own = {item.term.name: item for fit in found.fits for item in fit.estimates if item.is_gene}
    candidates = holm({name: item.primary_p for name, item in own.items()})
    for name, item in own.items():
        assert item.tests.adjusted.p_value == pytest.approx(candidates[name])
    whole = holm({gene.name: gene.p_value for gene in found.panel.genes})
    for gene in found.panel.genes:
        assert gene.adjusted.p_value == pytest.approx(whole[gene.name])
        assert gene.adjusted.family_size == found.panel.family_size == len(whole)
        if gene.name in own:
            assert gene.p_value == own[gene.name].primary_p
            assert gene.adjusted.p_value >= own[gene.name].tests.adjusted.p_value


def test_both_are_shown(results: StudyResults) -> None:
    analysis = results.analysis("models")
    first, *_, last = tables_of(analysis, results)
    assert [column.header for column in first.columns][-2:] == ["Adj. p", "Adj. p,\npanel"]
    assert len(last.rows) == len(analysis.result.panel.genes)
    grade = next(row for row in first.rows if row.cells[0].text.startswith("Tumor grade"))
    assert [cell.text for cell in grade.cells[-2:]] == ["\u2013", "\u2013"]
    said = " ".join(result_sentences(analysis, results))
    assert f"Adjusted for all {len(last.rows)} genes of the panel family" in said
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "both families were fixed without sight of the outcome" in methods
    rows = {(r.term, r.level, r.statistic): r.value for r in long_table([analysis])}
    gene = analysis.result.panel.genes[-1]
    assert rows[gene.name, "altered", "p_adjusted_panel"] == gene.adjusted.p_value
    assert rows[gene.name, "altered", "n_adjusted_for_panel"] == len(last.rows)
    assert to_json(from_json(to_json(results))) == to_json(results)


def test_a_gene_of_the_plan_is_in_the_family_however_rare_it_is(demo_study: Path) -> None:
    terms = '["gene:DAXX", "gene:KRAS"]'
    study = study_with(demo_study, models("max_t", terms), family="family = { min_altered = 5 }")
    panel = run(read_study(study)).analysis("models").result.panel
    few = [gene.name for gene in panel.genes if gene.n_carriers < 5]
    assert few == ["KRAS"]
    assert {gene.adjusted.method for gene in panel.genes} == {"max_t"}
    assert {gene.adjusted.family_size for gene in panel.genes} == {len(panel.genes)}


def test_a_family_without_adjustment_is_refused(demo_study: Path) -> None:
    with pytest.raises(PlanError, match=r"family: asks for p-values adjusted for the panel"):
        read_study(study_with(demo_study, models("none")))
