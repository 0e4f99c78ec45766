"""The long table holds every statistic under its agreed name."""

from __future__ import annotations

import math

import numpy as np

from embogen import Design, Surv, Term, fit_cox, kaplan_meier
from embogen.inference.cox import univariable_cox
from embogen.inference.describe import Column, baseline_table
from embogen.inference.frequency import GeneCount, gene_frequency
from embogen.inference.result_rows import result_rows

GENE = Term("DAXX", level="altered", reference="wild type", coding="binary")
SURV = Surv([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 1, 1])
DESIGN = Design.from_arrays([1, 0, 1, 0, 0, 1], [GENE])


def table(result):
    rows = result_rows(result, analysis="a1", endpoint="hpfs")
    assert {(row.analysis, row.endpoint) for row in rows} <= {("a1", "hpfs")}
    keys = [(row.term, row.level, row.statistic, row.method) for row in rows]
    assert len(set(keys)) == len(keys)
    return {(row.term, row.level, row.statistic): row for row in rows}


def test_a_cox_term() -> None:
    fit = fit_cox(SURV, DESIGN)
    rows = table(fit)
    item = fit.estimates[0]
    at = {s: rows["DAXX", "altered", s].value for s in ("hr", "ci_low", "ci_high", "p_value")}
    assert at["hr"] == item.hr.value
    assert (at["ci_low"], at["ci_high"]) == (item.hr.interval.low, item.hr.interval.high)
    assert at["p_value"] == item.hr.p_value
    assert rows["DAXX", "altered", "n_altered"].value == 3
    assert rows["DAXX", "altered", "n_carrier_events"].value == 2
    assert rows["DAXX", "altered", "n_tested"].value == 6
    assert rows["DAXX", "altered", "ci_low"].method == "wald"
    everyone = np.ones(6, dtype=bool)
    assert (
        table(univariable_cox(SURV, [(DESIGN, everyone)]))["DAXX", "altered", "hr"].value
        == at["hr"]
    )


def test_an_infinite_hazard_ratio_keeps_its_limit() -> None:
    fit = fit_cox(Surv([1, 2], [1, 1]), Design.from_arrays([1, 0], [GENE]))
    rows = table(fit)
    assert rows["DAXX", "altered", "hr"].value == math.inf
    assert rows["DAXX", "altered", "p_value"].method == "likelihood_ratio"
    assert math.isfinite(rows["DAXX", "altered", "ci_low"].value)


def test_curves_give_medians_and_the_test_not_the_steps() -> None:
    result = kaplan_meier(SURV, groups=["x", "y", "x", "y", "y", "x"])
    rows = table(result)
    assert rows["x", "", "n"].value == 3
    assert rows["x", "", "median"].unit == "days"
    assert rows["", "", "p_value"].value == result.logrank.p_value
    assert len(rows) < 25


def test_genes_and_baseline() -> None:
    genes = gene_frequency(
        [GeneCount("TSC2", 6, 31, 4, 0), GeneCount("VHL", 0, 0, 35, 0)], n_patients=35
    )
    rows = table(genes)
    assert rows["TSC2", "", "n_tested"].value == 31
    assert rows["TSC2", "", "percent"].value == 100 * 6 / 31
    assert math.isnan(rows["VHL", "", "fraction"].value)
    columns = [
        Column("age", "Age", "number", [1.0, 2.0, 4.0, 3.0], (), "years"),
        Column("sex", "Sex", "category", ["f", "m", "m", "f"]),
    ]
    described = baseline_table(columns, groups=["a", "a", "b", "b"], group_variable="arm")
    rows = result_rows(described, analysis="t", endpoint="")
    ages = {row.method: row.value for row in rows if (row.term, row.statistic) == ("age", "median")}
    assert ages == {"": 2.5, "arm=a": 1.5, "arm=b": 3.5}
    men = [row for row in rows if (row.term, row.level, row.statistic) == ("sex", "m", "percent")]
    assert [row.value for row in men] == [50, 50, 50]


def test_a_result_without_statistics_has_no_rows() -> None:
    assert result_rows(object(), analysis="a", endpoint="") == ()
