"""The shipped cohort's Cox models, fitted by R 4.2 (survival 3.5-3, coxph, default ties).

R iterated to convergence (coxph.control(eps = 1e-14)): its default stops after a relative change
of 1e-9 in the log likelihood, which leaves the ninth digit of a p-value open.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.evidence.compact_csv import read_compact
from embogen.evidence.recompute import recompute
from embogen.evidence.targets import parse_targets

# model, term: coef, se(coef), p as R gives them
IN_R = {
    (("MEN1",), "MEN1"): (0.68771971372882, 0.39919797436890, 0.08493310816800),
    (("DAXX",), "DAXX"): (1.97206314938915, 0.55512381796042, 0.00038162615759867),
    (("TP53",), "TP53"): (1.031471109347903, 0.544110835726907, 0.057999677168425),
    (("TSC2",), "TSC2"): (0.903416959561044, 0.486403399400744, 0.063262659629136),
    (("grade",), "grade"): (1.18272915896931, 0.32524227447398, 0.00027641503531367),
    (("DAXX", "grade"), "DAXX"): (1.252936185627787, 0.602534458181969, 0.037576632768451),
    (("DAXX", "grade"), "grade"): (0.9251841287671655, 0.3547255503095977, 0.0091028041646991),
}


@pytest.fixture(scope="module")
def cohort():
    with resources.as_file(
        resources.files("embogen.study").joinpath("demo_data/compact_cohort.csv")
    ) as path:
        return read_compact(Path(path))


@pytest.mark.parametrize(("model", "term"), IN_R)
def test_the_public_fit_agrees_with_r(cohort, model, term):
    surv = Surv(np.arange(1, 36), cohort.event.astype(int))
    columns = np.column_stack([cohort.covariates[name] for name in model])
    fit = fit_cox(surv, Design.from_arrays(columns, model))
    estimate = fit.estimates[model.index(term)]
    found = (estimate.coef, estimate.se, estimate.hr.p_value)
    assert found == pytest.approx(IN_R[model, term], rel=1e-9)


def test_every_row_rounds_to_the_printed_figures(cohort):
    text = resources.files("embogen.study").joinpath("demo_data/published.json").read_text("utf-8")
    comparison = recompute(parse_targets(text, "published.json"), cohort.event, cohort.covariates)
    assert len(comparison.figures) == 24
    assert [figure for figure in comparison.figures if not figure.agrees] == []
