"""Builders of tables: right counts, right words, honest estimates."""

import dataclasses
import math

import pytest

import example_results as ex
from embogen.caveats import Caveat
from embogen.cohort.flow import Exclusion, FlowStep, PatientFlow
from embogen.cohort.schema import Variable
from embogen.inference.describe import (
    BaselineTable,
    BaselineVariable,
    CategorySummary,
    LevelCount,
)
from embogen.inference.design import Term
from embogen.inference.frequency import GeneFrequency
from embogen.study.results import VariableUse
from embogen.tables.accounts import exclusion_rows, flow_rows, variable_rows
from embogen.tables.baseline import baseline_rows
from embogen.tables.comparison import comparison_rows
from embogen.tables.cox import multivariable_rows, paired_rows, univariable_rows
from embogen.tables.curves import curve_rows
from embogen.tables.frequency import frequency_rows
from embogen.tables.model import Table
from embogen.tables.of_analysis import tables_of


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_the_abstracts_table_reads_as_printed():
    rows = texts(univariable_rows(ex.univariable(), name="t", title="T"))
    assert rows[1] == ["DAXX", "9 / 35", "30", "7.19", "2.42\u201321.33", "0.00038"]
    assert rows[3] == ["TSC2", "6 / 31", "27", "2.47", "0.95\u20136.40", "0.063"]
    assert ["WHO grade, per step", "35", "30", "3.26", "1.73\u20136.17", "0.00028"] in rows


def test_an_infinite_hazard_ratio_is_not_printed_as_a_number():
    table = univariable_rows(ex.univariable(), name="t", title="T")
    row = next(row for row in table.rows if row.cells[0].text == "VHL")
    assert [cell.text for cell in row.cells[3:]] == ["not estimable", ">3.20", "0.0021"]
    assert "monotone likelihood" in row.cells[3].notes[0]
    assert row.cells[0].notes == ("VHL: 2 carriers, both with an event.",)


def test_a_zero_hazard_ratio_has_an_upper_limit_only():
    item = ex.term_estimate(ex.gene_term("X"), 0.0, 0.0, 0.4, 0.01, status="zero", carriers=(4, 0))
    row = multivariable_rows(ex.cox_fit(item), name="t", title="T").rows[0]
    assert [cell.text for cell in row.cells[2:]] == ["not estimable", "<0.40", "0.010"]


def test_levels_stand_under_their_variable_once():
    table = univariable_rows(ex.univariable(), name="t", title="T")
    groups = [row for row in table.rows if row.kind == "group"]
    assert [row.cells[0].text for row in groups] == ["Primary site (reference: pancreas)"]
    assert [row.cells[0].text for row in table.rows if row.indent] == ["gallbladder", "other"]


def test_pairs_meet_by_term_and_leave_dashes():
    table = paired_rows(ex.univariable(), ex.multivariable(), name="t", title="T")
    by_name = {row[0]: row for row in texts(table)}
    assert by_name["DAXX"][2:] == [
        "7.19",
        "2.42\u201321.33",
        "0.00038",
        "3.50",
        "1.07\u201311.40",
        "0.038",
    ]
    assert by_name["MEN1"][5:] == ["\u2013", "\u2013", "\u2013"]
    assert [(s.label, s.start, s.stop) for s in table.spanners] == [
        ("Univariable", 2, 5),
        ("Multivariable", 5, 8),
    ]


def test_a_term_only_in_the_multivariable_model_comes_last():
    only = ex.cox_fit(ex.term_estimate(Term("Age", unit="years"), 1.01, 0.99, 1.03, 0.4))
    table = paired_rows(ex.univariable(), only, name="t", title="T")
    assert texts(table)[-1] == [
        "Age, per years",
        "35",
        "\u2013",
        "\u2013",
        "\u2013",
        "1.01",
        "0.99\u20131.03",
        "0.40",
    ]


def test_baseline_counts_missing_and_names_tests():
    table = baseline_rows(ex.baseline(), name="t", title="T")
    rows = texts(table)
    assert [column.header for column in table.columns][1:4] == [
        "All patients\nn = 35",
        "wild type\nn = 26",
        "altered\nn = 9",
    ]
    assert [
        "Median (Q1\u2013Q3)",
        "57.0 (49.5\u201364.0)",
        "56.5 (48.0\u201363.0)",
        "59.0 (52.0\u201366.0)",
        "",
    ] in rows
    assert ["G1", "11 (32%)", "11 (42%)", "0 (0%)", ""] in rows
    assert rows.count(["Missing", "1", "0", "1", ""]) == 1
    assert ["Range", "12\u20131,733", "12\u20131,733", "\u2013", ""] in rows
    assert "Fisher exact test." in table.footnotes
    own = dataclasses.replace(ex.baseline().variables[1], label="DAXX")
    divided = dataclasses.replace(ex.baseline(), variables=(own,))
    assert (
        texts(baseline_rows(divided, name="t", title="T"))[0][-1] == "\u2013"
    )  # no test of itself


def test_baseline_without_groups_has_no_p_column():
    whole = ex.baseline()
    alone = type(whole)(
        whole.n,
        None,
        (),
        (),
        0,
        tuple(type(v)(v.name, v.label, v.unit, v.overall, (), None) for v in whole.variables),
        (),
    )
    table = baseline_rows(alone, name="t", title="T")
    assert [column.header for column in table.columns] == ["Characteristic", "All patients\nn = 35"]
    assert table.spanners == ()


def test_a_gene_and_a_flag_take_one_row_each():
    def counts(n: int, missing: int, **levels: int) -> CategorySummary:
        found = tuple(LevelCount(k.replace("_", " "), v, n) for k, v in levels.items())
        return CategorySummary(n, missing, found)

    gene = BaselineVariable("TSC2", "TSC2", None, counts(31, 4, wild_type=25, altered=6), (), None)
    flag = BaselineVariable("e", "Extrahepatic", None, counts(35, 0, no=20, yes=15), (), None)
    table = baseline_rows(BaselineTable(35, None, (), (), 0, (gene, flag), ()), name="t", title="T")
    assert texts(table) == [["TSC2", "6 (19%)"], ["Not tested", "4"], ["Extrahepatic", "15 (43%)"]]
    assert table.rows[0].cells[0].italic
    assert not table.rows[2].cells[0].italic
    assert "Genes: patients altered, of those tested." in table.general_notes


def test_frequency_uses_tested_patients_and_marks_candidates():
    table = frequency_rows(ex.frequency(), name="t", title="T")
    rows = texts(table)
    assert rows[2] == ["TSC2", "3", "6", "31", "19%", "8\u201338%", "4", "0"]
    assert rows[3] == ["VHL", "4", "0", "0", "\u2013", "\u2013", "33", "2"]
    assert [row.cells[0].strong for row in table.rows] == [True, True, False, False]
    empty = frequency_rows(GeneFrequency((), 0, ()), name="t", title="T")
    assert empty.rows == ()


def test_curves_in_the_unit_asked_for():
    result = ex.kaplan_meier()
    months, days = (
        curve_rows(result, name="t", title="T", unit=unit) for unit in ("months", "days")
    )
    median = result.curves[0].median.value
    assert texts(days)[0][3] == f"{median:.1f}"
    assert texts(months)[0][3] == f"{median / 30.4375:.1f}"
    assert texts(months)[0][-1] == "0.00033"
    assert texts(months)[1][-1] == ""


def test_a_median_that_is_not_reached():
    curve = ex.curve("a", 12, seed=1, median_days=100, never=True)
    table = curve_rows(type(ex.kaplan_meier())((curve,), None, ()), name="t", title="T")
    assert texts(table)[0][2:4] == ["0", "NR"]


def test_flow_and_exclusions_name_every_patient():
    rows = texts(flow_rows(ex.flow()))
    assert rows[1] == ["had an embolization", "38", "2", "36"]
    table = exclusion_rows(ex.flow())
    assert table is not None
    named = [row[0] for row in texts(table) if len(row) == 2]
    assert named == ["P-007", "P-021", "P-030"]
    assert exclusion_rows(PatientFlow((FlowStep("in the file", 3, 3),))) is None


def test_a_long_list_of_exclusions_says_where_the_rest_is():
    out = tuple(Exclusion(f"P{k}", "no specimen") for k in range(1200))
    flow = PatientFlow((FlowStep("had a specimen", 1300, 100, out),))
    table = exclusion_rows(flow, most=100)
    assert table is not None
    assert len(table.rows) == 102
    assert texts(table)[-1] == ["and 1,100 more", "all of them stand in tables/exclusions.csv"]
    whole = exclusion_rows(flow)
    assert whole is not None
    assert len(whole.rows) == 1201


def test_variables_tell_bounds_and_missing():
    uses = (
        VariableUse("patients", Variable("a", "number", "A.", unit="mL", minimum=0), 8, 2),
        VariableUse("patients", Variable("b", "number", "B.", maximum=1.5), 10, 0),
        VariableUse("specimens", Variable("c", "text", "C."), 10, 0),
    )
    rows = texts(variable_rows(uses))
    assert rows[1] == ["a", "number, mL", "at least 0", "A.", "8", "2 (20%)"]
    assert rows[2][2] == "at most 1.5"
    assert rows[3] == ["Table specimens"]


def test_comparison_says_in_words_what_disagrees():
    table = comparison_rows(ex.study_results().comparison)
    verdicts = [row[-1] for row in texts(table) if len(row) > 1]
    assert verdicts == ["yes", "yes", "NO", "not computed"]
    assert table.title.endswith("2 of 4 figures agree")


def test_the_partner_of_a_cox_model_is_of_the_same_endpoint():
    results = ex.study_results()
    names = [table.name for table in tables_of(results.analysis("adjusted"), results)]
    assert names == ["adjusted", "adjusted-beside-univariable"]
    other = ex.analysis("alone", "cox", "Other", ex.multivariable(), endpoint="os")
    assert [table.name for table in tables_of(other, results)] == ["alone"]


@pytest.mark.parametrize("identifier", ["onco", "extra"])
def test_figures_and_failures_have_no_table(identifier: str):
    results = ex.study_results()
    assert tables_of(results.analysis(identifier), results) == ()


def test_caveats_of_a_variable_become_its_footnote():
    fit = ex.cox_fit(
        ex.term_estimate(ex.gene_term("TP53"), 2.0, 1.0, 4.0, 0.05, carriers=(3, 2)),
        caveats=(Caveat("few_carriers", "TP53: 3 carriers.", {}, "TP53"),),
    )
    assert multivariable_rows(fit, name="t", title="T").footnotes == ("TP53: 3 carriers.",)
    assert math.isfinite(fit.estimates[0].hr.value)
