"""Every result of competing risks, restricted means and response reaches the long table."""

from __future__ import annotations

import math

import numpy as np
import pytest

import embogen.inference.more_result_rows  # noqa: F401 - registers the rows
from embogen.inference.association import Factor, associate
from embogen.inference.cause_specific import cause_specific_cox
from embogen.inference.competing import cumulative_incidence
from embogen.inference.cumulative_hazard import nelson_aalen
from embogen.inference.design import Design, Term
from embogen.inference.fine_gray import fine_gray
from embogen.inference.logistic import firth_logistic
from embogen.inference.response import BinaryOutcome, LeftOut
from embogen.inference.result_rows import result_rows
from embogen.inference.rmst import rmst
from embogen.inference.trend import logrank_trend
from embogen.surv import Surv

CAUSES = ("progression", "death")
RNG = np.random.default_rng(20)
N = 40
X = RNG.integers(0, 2, N).astype(float)
TIME = RNG.integers(1, 60, N).astype(float)
CAUSE = RNG.integers(0, 3, N)
GENE = Term("DAXX", "altered", "wild type", "binary")
DESIGN = Design.from_arrays(X, [GENE])


def table(result: object) -> dict[tuple[str, str, str], float]:
    rows = result_rows(result, analysis="a", endpoint="tthp")
    found = {
        (row.term, row.level, row.statistic): row.value for row in rows if row.method != "wald"
    }
    assert rows
    assert all(row.analysis == "a" and row.endpoint == "tthp" for row in rows)
    keys = [(row.term, row.level, row.statistic, row.method) for row in rows]
    assert len(set(keys)) == len(keys)
    return found


def test_cumulative_incidence() -> None:
    result = cumulative_incidence(Surv(TIME, CAUSE, causes=CAUSES), groups=X)
    found = table(result)
    curve = result.curve("death", "1")
    assert found["1", "death", "incidence_at_end"] == curve.incidence[-1]
    assert found["1", "death", "n_events"] == curve.n_events
    assert found["", "progression", "p_value"] == result.gray[0].p_value
    assert table(result.gray[1])["", "death", "statistic"] == result.gray[1].statistic


def test_fine_gray_and_cause_specific_hazards() -> None:
    surv = Surv(TIME, CAUSE, causes=CAUSES)
    fit = fine_gray(surv, DESIGN)
    found = table(fit)
    assert found["DAXX", "altered", "shr"] == math.exp(fit.coef[0])
    assert found["", "", "n_competing"] == np.count_nonzero(CAUSE == 2)
    assert not any(key[2] == "hr" for key in found)
    specific = table(cause_specific_cox(surv, DESIGN))
    assert specific["", "", "n_competing"] == np.count_nonzero(CAUSE == 2)
    assert ("DAXX", "altered", "hr") in specific


def test_restricted_means_hazards_and_trend() -> None:
    surv = Surv(TIME, CAUSE > 0)
    means = rmst(surv, 30, groups=X)
    found = table(means)
    assert found["1", "vs 0", "rmst_difference"] == means.contrasts[0].difference.value
    assert found["", "", "horizon"] == 30
    assert table(nelson_aalen(surv))["", "", "n"] == N
    trend = logrank_trend(surv, X)
    assert table(trend)["", "", "z"] == trend.z


def test_response() -> None:
    y = RNG.integers(0, 2, N).astype(float)
    y[:3] = np.nan
    outcome = BinaryOutcome("objective response", y, (LeftOut("not evaluable", 3),))
    grade = Design.from_arrays(RNG.integers(1, 4, N), ["grade"])
    result = associate(outcome, [Factor(GENE, X)], confounders=(grade, np.ones(N, dtype=bool)))
    found = table(result)
    assert found["DAXX", "", "odds_ratio"] == result.tables[0].odds_ratio.value
    assert found["", "not evaluable", "n_left_out"] == 3
    assert found["grade", "(with DAXX)", "adjusted_n"] == N - 3
    known = np.isfinite(y)
    fit = firth_logistic(y[known], Design.from_arrays(X[known], [GENE]))
    assert table(fit)["DAXX", "altered", "coef"] == pytest.approx(fit.estimates[0].coef)
