"""Sentences of methods and results follow the plan and the numbers."""

import dataclasses

import pytest

import example_results as ex
from embogen.caveats import Caveat
from embogen.inference.curves import KaplanMeier
from embogen.inference.frequency import GeneFrequency
from embogen.report.methods import methods_paragraphs, spelled
from embogen.report.phrases import p_phrase
from embogen.report.sections import caveat_texts, safe_name
from embogen.report.sentences import result_sentences


def said(identifier: str) -> str:
    results = ex.study_results()
    return " ".join(result_sentences(results.analysis(identifier), results)).replace("\u00a0", " ")


def method(heading: str, **changes: object) -> str:
    results = dataclasses.replace(ex.study_results(), **changes)
    return dict(methods_paragraphs(results)).get(heading, "")


def test_an_association_is_stated_with_its_estimate():
    text = said("table1")
    assert "shorter hepatic progression-free survival was associated with DAXX alteration" in text
    assert "(HR 7.19, 95% CI 2.42\u201321.33, p = 0.00038)" in text
    assert "VHL alteration (HR not estimable, 95% CI >3.20, p = 0.0021)" in text


def test_a_shown_association_comes_with_its_e_value():
    text = said("table1")
    assert "(E-value) 6.87 for DAXX alteration (3.07 for the limit of its interval)" in text
    assert "for MEN1 alteration (" not in text.partition("E-value")[2]


def test_without_an_association_there_is_nothing_to_explain_away():
    item = ex.term_estimate(ex.gene_term("A"), 1.4, 0.7, 2.8, 0.3, carriers=(9, 5))
    analysis = ex.analysis("x", "cox", "X", ex.cox_fit(item), endpoint="hpfs")
    assert "E-value" not in " ".join(result_sentences(analysis, ex.study_results()))


def test_no_association_shown_is_not_called_no_effect():
    text = said("table1")
    assert "No association was shown at the 0.05 level for MEN1 alteration (p = 0.085)" in text
    assert "no effect" not in text
    assert "Not estimable: sex male vs female." in text


def test_a_model_names_its_size():
    assert said("adjusted").startswith("In one model (35 patients, 30 events), shorter")
    assert "WHO grade (HR 2.60 per step" in said("adjusted")


def test_a_protective_term_is_longer_survival():
    item = ex.term_estimate(ex.gene_term("A"), 0.4, 0.2, 0.8, 0.01, carriers=(9, 5))
    analysis = ex.analysis("x", "cox", "X", ex.cox_fit(item), endpoint="hpfs")
    text = " ".join(result_sentences(analysis, ex.study_results()))
    assert "longer hepatic progression-free survival was associated with A alteration" in text


def test_medians_and_log_rank():
    text = said("km")
    assert text.count("95% CI") == 2
    assert "for DAXX wild type (21 events in 26 patients)" in text
    assert text.endswith("The log-rank test gave p = 0.00033.")


def test_a_median_not_reached_is_said_in_words():
    curve = ex.curve("all", 8, seed=2, median_days=90, never=True)
    analysis = ex.analysis("x", "kaplan_meier", "X", KaplanMeier((curve,), None, ()))
    (sentence,) = result_sentences(analysis, ex.study_results())
    assert sentence == "Median survival was not reached (0 events in 8 patients)."


def test_baseline_names_what_differs():
    text = said("baseline")
    assert "Age: median 57 years (range 30\u201375)" in text
    assert "Patients differed by DAXX in WHO grade (p = 0.012)." in text


def test_the_variable_that_divides_is_not_said_to_differ():
    whole = ex.baseline()
    own = dataclasses.replace(whole.variables[2], label="DAXX")
    analysis = ex.analysis("b", "baseline_table", "B", dataclasses.replace(whole, variables=(own,)))
    assert not any("differed" in text for text in result_sentences(analysis, ex.study_results()))


def test_genes_are_counted_among_the_tested():
    assert said("genes") == (
        "The candidate genes are MEN1 (11 of 35 tested, 31%) and DAXX (9 of 35 tested, 26%)."
    )


def test_more_candidates_than_are_named_are_counted():
    rows = tuple(dataclasses.replace(ex.frequency().rows[0], rank=k) for k in range(9))
    analysis = ex.analysis("g", "gene_frequency", "G", GeneFrequency(rows, 35, ()))
    (sentence,) = result_sentences(analysis, ex.study_results())
    assert sentence.startswith("There are 9 candidate genes, most frequently altered MEN1")


def test_many_caveats_of_a_kind_become_one():
    many = [Caveat("partial_panel", f"G{k}: 1 not tested.", {}, f"G{k}") for k in range(5)]
    (text,) = caveat_texts(many)
    assert text.endswith("This concerns G0, G1, G2, G3 and G4.")
    assert caveat_texts(many[:2]) == ("G0: 1 not tested.", "G1: 1 not tested.")
    assert caveat_texts(many[:2], skip=frozenset({"G0: 1 not tested."})) == ("G1: 1 not tested.",)
    assert caveat_texts([Caveat("no_events", "")]) == (
        "No event was observed, so nothing about the hazard can be estimated.",
    )


def test_an_oncoprint_counts_what_was_not_tested():
    result = ex.oncoprint()
    untested = int((result.states == 2).sum())
    assert f"{untested} of {result.states.size} gene-by-patient cells were not tested" in said(
        "onco"
    )


def test_a_failed_analysis_says_nothing():
    assert said("extra") == ""


def test_methods_follow_the_plan():
    assert "Of 38 patients on file, 35 were analyzed" in method("Patients")
    assert "within 6 months" in method("Patients")
    endpoints = method("Endpoints")
    assert "measured from the first embolization to hepatic progression or death" in endpoints
    assert "Extrahepatic progression alone was not an event." in endpoints
    assert "The four most frequently altered genes" in method("Genes")
    statistics = method("Statistical analysis")
    for words in ("Fisher exact test", "Wilcoxon rank-sum test", "log-rank test", "Efron", "Wald"):
        assert words in statistics
    assert "seed of all random numbers was 1" in method("Software")


def test_methods_tell_delayed_entry_and_ready_made_columns():
    results = ex.study_results()
    late = dataclasses.replace(results.endpoints[0], delayed_entry=True)
    assert "delayed entry" in method("Endpoints", endpoints=(late,))
    plan = ex.plan() | {"endpoint": {"hpfs": {"time": "os_days", "event": "os"}}}
    text = method("Endpoints", plan=plan)
    assert "read from the patients table" in text
    assert "os_days" in text
    assert "extrahepatic" not in text.lower()


@pytest.mark.parametrize(
    ("candidates", "words"),
    [
        ({"min_altered": 3}, "altered in at least three patients"),
        ({"genes": ["MEN1", "DAXX"]}, "were named in the plan: MEN1 and DAXX."),
    ],
)
def test_methods_tell_how_genes_were_chosen(candidates: dict[str, object], words: str):
    plan = ex.plan() | {"genes": {"candidates": candidates, "coverage": "all_genes"}}
    text = method("Genes", plan=plan)
    assert words in text
    assert "declared to have been tested for every gene" in text


def test_methods_name_the_strata():
    plan = ex.plan() | {
        "covariate": {"site": {"column": "s", "label": "Primary site"}},
        "analysis": [{"id": "a", "strata": ["site", "gene:MEN1"]}],
    }
    assert "stratified by primary site and MEN1." in method("Statistical analysis", plan=plan)
    assert "stratified" not in method("Statistical analysis")


def test_a_study_without_genes_has_no_gene_paragraph():
    assert method("Genes", plan={"data": {"patients": {"file": "p.csv"}}}) == ""


def test_small_things():
    assert spelled(2) == "two"
    assert p_phrase(None) == "p\u00a0=\u00a0\u2013"
    assert safe_name("..") == "unnamed"
    assert safe_name("a/b\\c:d") == "a-b-c-d"
    assert len(safe_name("x" * 500)) == 80
