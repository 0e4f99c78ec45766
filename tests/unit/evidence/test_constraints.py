from __future__ import annotations

import math

import numpy as np
import pytest

from embogen.errors import DataError
from embogen.evidence.constraints import covariates_of, fewest_events, search_order, windows_of
from embogen.evidence.targets import PrintedCohort, PrintedRow, Targets

ROW = PrintedRow("DAXX", "7.19", "2.42", "21.33", "0.00038")


def targets(**cohort: dict[str, str]) -> Targets:
    return Targets("", PrintedCohort("35", **cohort), (ROW,), ("grade", "DAXX"), (ROW,))


def test_windows_hold_what_rounds_to_the_printed_figures():
    low, high = np.exp(windows_of(ROW)[:, 0]), np.exp(windows_of(ROW)[:, 1])
    assert low == pytest.approx([7.185, 2.415, 21.325, 0.000375], rel=1e-4)
    assert high == pytest.approx([7.195, 2.425, 21.335, 0.000385], rel=1e-4)
    assert (low >= [7.185, 2.415, 21.325, 0.000375]).all()
    assert (high <= [7.195, 2.425, 21.335, 0.000385]).all()


def test_a_figure_printed_as_zero_has_no_lower_end():
    windows = windows_of(PrintedRow("A", "0.02", "0.00", "0.31", "0.001"))
    assert windows[1, 0] < -40
    assert math.exp(windows[1, 1]) == pytest.approx(0.005, rel=0.2)


def test_levels_of_genes_and_grades():
    found = covariates_of(targets(altered={"DAXX": "9"}, grade={"1": "11", "2": "14", "3": "10"}))
    assert found["DAXX"].counts == (26, 9)
    assert found["DAXX"].is_gene
    assert found["grade"].values.tolist() == [1, 2, 3]
    assert np.bincount(found["grade"].levels()).tolist() == [11, 14, 10]
    words = covariates_of(targets(altered={"DAXX": "9"}, grade={"low": "20", "high": "15"}))
    assert words["grade"].values.tolist() == [1, 2]


def test_counts_that_do_not_add_up_are_all_reported():
    with pytest.raises(DataError) as caught:
        covariates_of(targets(grade={"1": "11", "2": "14"}))
    text = str(caught.value)
    assert "grade: 25 patients are counted, 35 were studied" in text
    assert "DAXX: nobody knows in how many patients it occurs" in text


def test_the_covariate_that_closes_the_model_has_the_most_arrangements():
    wanted = targets(altered={"DAXX": "9"}, grade={"1": "11", "2": "14", "3": "10"})
    alone, joint = search_order(wanted, covariates_of(wanted))
    assert (alone, joint) == ([], ["DAXX", "grade"])


def test_fewest_events_follows_the_range_of_the_covariate():
    # se <= log(4.355 / 0.905) / 3.92 = 0.4008 for MEN1; a covariate of twice the range needs a
    # quarter of the events
    row = ("1.99", "0.91", "4.35", "0.085")
    gene = Targets("", PrintedCohort("35", altered={"MEN1": "11"}), (PrintedRow("MEN1", *row),))
    scale = Targets(
        "",
        PrintedCohort("35", grade={"1": "11", "2": "14", "3": "10"}),
        (PrintedRow("grade", *row),),
    )
    assert fewest_events(gene, covariates_of(gene)) == 25
    assert fewest_events(scale, covariates_of(scale)) == 7
