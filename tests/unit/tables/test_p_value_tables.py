"""What a reader sees of the tests behind p-values."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from embogen.figures.forest import forest_numbers
from embogen.inference.cox import fit_cox
from embogen.inference.cox_result import UnivariableCox
from embogen.inference.design import Design, Term
from embogen.inference.p_values import with_p_values
from embogen.inference.term_tests import AdjustedP, TermTests
from embogen.numerals import format_p
from embogen.report.regression_methods import multiplicity_sentence, regression_sentences
from embogen.surv import Surv
from embogen.tables.cox import multivariable_rows, univariable_rows
from embogen.tables.p_values import method_notes, p_value_rows
from example_estimates import gene_term, term_estimate


def fitted(columns, terms, *, max_draws=100_000):
    columns = np.asarray(columns, dtype=float)
    rng = np.random.default_rng(2)
    n = len(columns)
    surv = Surv(np.ceil(100 * rng.exponential(size=n)) + np.arange(n) / 100, np.ones(n))
    design = Design.from_arrays(columns, terms)
    return with_p_values(
        fit_cox(surv, design),
        surv,
        design,
        generator=lambda _: np.random.default_rng(1),
        max_draws=max_draws,
    )


@pytest.fixture(scope="module")
def exact():
    return fitted(np.arange(30) < 6, [gene_term("DAXX")])


@pytest.fixture(scope="module")
def drawn():
    return fitted(np.arange(80) < 15, [gene_term("DAXX")], max_draws=2_000)


def test_a_counted_p_value_is_said_to_be_one(exact):
    table = univariable_rows(UnivariableCox((exact,)), name="t", title="T")
    item = exact.estimates[0]
    assert table.rows[0].cells[-1].text == format_p(item.primary_p)
    assert table.rows[0].cells[-1].notes == (
        "Permutation test of the studentized score; every possible set of carriers was counted.",
    )
    assert "p from the permutation test; two-sided, not adjusted for multiple testing." in (
        table.general_notes
    )


def test_a_drawn_p_value_carries_draws_interval_and_seed(drawn):
    note = (
        univariable_rows(UnivariableCox((drawn,)), name="t", title="T").rows[0].cells[-1].notes[0]
    )
    test = drawn.estimates[0].tests.permutation
    assert f"{test.n_permutations:,} carrier sets were drawn" in note
    assert format_p(test.p_interval.low) in note
    assert format_p(test.p_interval.high) in note
    assert note.endswith("seed 1.")


def test_the_covariates_of_an_adjusted_test_are_named():
    n = 30
    columns = np.column_stack([np.arange(n) < 6, np.arange(n) % 7, np.arange(n) % 11])
    fit = fitted(columns, [gene_term("DAXX"), Term("age", title="Age"), Term("v", title="Volume")])
    note = multivariable_rows(fit, name="t", title="T").rows[0].cells[-1].notes[0]
    assert "adjusted for age and volume, carriers permuted over all patients" in note
    assert "exchanged among all patients (approximate)" in regression_sentences(
        [fit], univariable=False
    )


def test_every_method_stands_in_its_column(exact):
    table = p_value_rows([exact], name="t", title="T")
    item = exact.estimates[0]
    methods = ("permutation", "likelihood_ratio", "score", "wald", "penalised_likelihood_ratio")
    shown = [table.rows[0].cells[k].text for k in (2, 3, 4, 5, 8)]
    assert shown == [format_p(item.p_of(method)) for method in methods]
    assert table.rows[0].cells[1].text == "593,775"


def test_without_permutation_there_is_no_such_table():
    assert p_value_rows([fitted(np.arange(30), [Term("age")])], name="t", title="T") is None


def test_an_adjusted_p_value_has_a_column_and_a_note(exact):
    item = exact.estimates[0]
    adjusted = AdjustedP(0.31, "holm", "family_wise_error", 4)
    item = dataclasses.replace(item, tests=dataclasses.replace(item.tests, adjusted=adjusted))
    fit = dataclasses.replace(exact, estimates=(item,))
    table = univariable_rows(UnivariableCox((fit,)), name="t", title="T")
    assert table.columns[-1].header == "Adj. p"
    assert table.rows[0].cells[-1].text == "0.31"
    assert any("4 genes by Holm's method" in note for note in table.general_notes)
    assert "Holm's method" in multiplicity_sentence([fit])
    assert "Holm" not in multiplicity_sentence([exact])


def test_an_infinite_estimate_does_not_claim_a_likelihood_ratio_p_it_does_not_show():
    term = gene_term("DAXX")
    item = term_estimate(term, float("inf"), 3.2, float("inf"), 0.01, status="infinite")
    by_ratio = method_notes([item])
    assert by_ratio == ()
    permuted = dataclasses.replace(item, tests=TermTests("permutation"))
    assert method_notes([permuted])[0].startswith("p from the permutation test")


def test_the_figure_and_its_numbers_show_the_p_value_that_comes_first(exact):
    line = forest_numbers([exact]).splitlines()[1]
    assert line.endswith("permutation")
    assert repr(exact.estimates[0].primary_p) in line


def test_the_methods_say_why(exact):
    text = regression_sentences([exact], univariable=True)
    assert "permutation test of the studentized score" in text
    assert "Firth for finite estimates and intervals, permutation for p-values." in text
    assert "drawn at random" not in text
