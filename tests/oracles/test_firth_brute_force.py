"""The penalised likelihood against the definition by loops and a general optimiser."""

from __future__ import annotations

import numpy as np
import pytest

from embogen.survival.firth import maximise_penalised, penalised_walk
from embogen.survival.newton import CONVERGED
from embogen.survival.risk_sets import build
from oracles.textbook_firth import information, maximise, penalised_loglik
from oracles.textbook_partial_likelihood import partial_loglik

# Ties with the event in each stratum, late entries (one at an event time), a monotone column.
TIME = [4.0, 4.0, 4.0, 6.0, 6.0, 7.0, 9.0, 5.0, 5.0, 8.0, 8.0, 10.0]
ENTRY = [0.0, 1.0, 0.0, 4.0, 3.0, 0.0, 5.0, 0.0, 2.0, 5.0, 0.0, 4.0]
EVENT = [True, True, False, True, True, True, False, True, True, True, True, False]
STRATA = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
WEIGHTS = [1.0, 2.0, 0.5, 1.0, 1.5, 1.0, 1.0, 0.7, 1.0, 2.0, 1.0, 1.3]
OFFSET = [0.1, -0.2, 0.0, 0.3, 0.0, -0.1, 0.2, 0.0, 0.0, 0.4, -0.3, 0.1]
GENE = [1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0]
AGE = [0.2, -1.1, 0.5, 1.4, -0.3, 0.9, -0.8, 0.0, 1.2, -0.6, 0.4, -1.5]
COLUMNS = np.column_stack([GENE, AGE]).astype(float)

FORMS = {
    "plain": {},
    "entry": {"entry": ENTRY},
    "strata": {"strata": STRATA},
    "entry and strata": {"entry": ENTRY, "strata": STRATA},
    "all": {"entry": ENTRY, "strata": STRATA, "weights": WEIGHTS, "offset": OFFSET},
}


def kernel_arguments(form, efron):
    options = FORMS[form]
    sets = build(
        np.array(TIME),
        np.array(EVENT),
        entry=np.array(ENTRY) if "entry" in options else None,
        strata=np.array(STRATA) if "strata" in options else None,
        weights=np.array(WEIGHTS) if "weights" in options else None,
    )
    offset = np.array(OFFSET)[sets.order] if "offset" in options else np.empty(0)
    return sets, np.ascontiguousarray(COLUMNS[sets.order]), offset, float(efron)


@pytest.mark.parametrize("efron", [True, False], ids=["efron", "breslow"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("beta", [(0.0, 0.0), (0.7, -0.4), (-3.0, 1.5)], ids=str)
def test_value_and_score_are_those_of_the_definition(form, efron, beta) -> None:
    sets, rows, offset, tie_fraction = kernel_arguments(form, efron)
    point = np.array(beta)
    value, score, spread = penalised_walk(sets, rows, point, offset, tie_fraction)

    def slow(at):
        return penalised_loglik(TIME, EVENT, COLUMNS, at, efron=efron, **FORMS[form])

    # The kernel's predictor is shifted within strata, which the likelihood does not notice.
    np.testing.assert_allclose(value, slow(point), rtol=1e-12)
    by_loops = information(TIME, EVENT, COLUMNS, point, efron=efron, **FORMS[form])
    np.testing.assert_allclose(spread, by_loops, rtol=1e-10, atol=1e-12)
    h = 1e-4  # error h^4: Richardson's combination of two central differences
    for j in range(2):
        step = np.eye(2)[j] * h
        near = (slow(point + step) - slow(point - step)) / (2 * h)
        far = (slow(point + 2 * step) - slow(point - 2 * step)) / (4 * h)
        np.testing.assert_allclose(score[j], (4 * near - far) / 3, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("efron", [True, False], ids=["efron", "breslow"])
@pytest.mark.parametrize("form", ["plain", "entry and strata", "all"])
def test_the_maximum_is_that_of_a_general_optimiser(form, efron) -> None:
    sets, rows, offset, tie_fraction = kernel_arguments(form, efron)
    nobody = np.zeros(2, dtype=np.bool_)
    ours = maximise_penalised(sets, rows, np.zeros(2), nobody, offset, tie_fraction)
    beta, top = maximise(TIME, EVENT, COLUMNS, efron=efron, **FORMS[form])
    assert ours.flag == CONVERGED
    np.testing.assert_allclose(ours.loglik, top, rtol=1e-12)
    np.testing.assert_allclose(ours.beta, beta, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(ours.score, 0.0, atol=1e-8)


def test_a_held_coefficient_stays_and_the_penalty_keeps_the_whole_information() -> None:
    sets, rows, offset, tie_fraction = kernel_arguments("entry and strata", efron=True)
    held = np.array([True, False])
    start = np.array([0.4, 0.0])
    ours = maximise_penalised(sets, rows, start, held, offset, tie_fraction)
    beta, top = maximise(
        TIME, EVENT, COLUMNS, held={0: 0.4}, efron=True, **FORMS["entry and strata"]
    )
    assert ours.beta[0] == 0.4
    np.testing.assert_allclose(ours.loglik, top, rtol=1e-12)
    np.testing.assert_allclose(ours.beta, beta, rtol=1e-6)
    without_the_gene = partial_loglik(
        TIME, EVENT, COLUMNS, beta, efron=True, **FORMS["entry and strata"]
    )
    assert ours.loglik != pytest.approx(without_the_gene)


def test_two_patients_have_the_hazard_ratio_three() -> None:
    # l* = log(r / (1 + r)) + log(r / (1 + r)^2) / 2: its score 3/2 - 2 r / (1 + r) is 0 at r = 3.
    sets = build(np.array([1.0, 2.0]), np.array([True, False]))
    rows = np.array([[1.0], [0.0]])[sets.order]
    fit = maximise_penalised(sets, rows, np.zeros(1), np.zeros(1, np.bool_), np.empty(0), 1.0)
    np.testing.assert_allclose(np.exp(fit.beta[0]), 3.0, rtol=1e-9)
    np.testing.assert_allclose(fit.loglik, np.log(3 / 4) + np.log(3 / 16) / 2, rtol=1e-14)
