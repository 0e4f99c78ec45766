from __future__ import annotations

import math

import numpy as np
import pytest

from embogen.evidence.constraints import windows_of
from embogen.evidence.rank_fit import distance, fit_rows, room_for
from embogen.evidence.targets import PrintedRow
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design
from embogen.surv import Surv


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_the_fit_of_the_search_is_the_public_cox_fit(p, seed):
    rng = np.random.default_rng([seed, p])
    rows = np.array([[0.0, 1.0, 2.5], [1, 1, 0.5], [0, 3, 1], [1, 2, 0], [1, 3, 2]])[:, :p].copy()
    code = rng.permutation(np.arange(40) % 5)
    event = rng.random(40) < 0.8
    fit = room_for(5, p)
    assert fit_rows(event, code, rows, fit)
    public = fit_cox(
        Surv(np.arange(1, 41), event.astype(int)),
        Design.from_arrays(rows[code], [f"x{j}" for j in range(p)]),
    )
    assert fit.coef == pytest.approx(public.coef, rel=1e-7, abs=1e-9)
    assert fit.covariance == pytest.approx(public.covariance, rel=1e-6)


def test_a_warm_start_changes_nothing():
    rng = np.random.default_rng(5)
    rows = np.array([[0.0], [1.0]])
    code = rng.permutation(np.arange(30) % 2)
    event = rng.random(30) < 0.8
    cold, warm = room_for(2, 1), room_for(2, 1)
    warm.coef[0] = 1.7
    assert fit_rows(event, code, rows, cold)
    assert fit_rows(event, code, rows, warm)
    assert warm.coef[0] == pytest.approx(cold.coef[0], abs=1e-10)


def test_separation_is_no_fit():
    code = np.array([1, 1, 1, 0, 0, 0])
    assert not fit_rows(np.ones(6, np.bool_), code, np.array([[0.0], [1.0]]), room_for(2, 1))


def test_no_events_and_a_constant_column_are_no_fit():
    rows = np.array([[0.0], [1.0]])
    assert not fit_rows(np.zeros(4, np.bool_), np.array([0, 1, 0, 1]), rows, room_for(2, 1))
    assert not fit_rows(np.ones(4, np.bool_), np.zeros(4, np.int64), rows, room_for(2, 1))


def test_distance_is_zero_inside_and_counts_half_widths_outside():
    windows = windows_of(PrintedRow("DAXX", "7.19", "2.42", "21.33", "0.00038"))
    coef, se = 1.972063149389152, 0.555123817960418  # R's coxph on the shipped cohort
    assert distance(coef, se, windows) == 0
    half_width = windows[0, 2]
    away = distance(math.log(7.195) + 3 * half_width, se, windows[[0, 0, 0, 0]])
    assert away > 9  # three half-widths beyond the first window alone


def test_a_printed_bound_is_met_beyond_it():
    windows = windows_of(PrintedRow("DAXX", "6.21", "2.67", "14.48", "<.001"))
    coef, se = 1.8268, 0.4317  # 6.214, 2.666 to 14.483, p 2e-5
    assert distance(coef, se, windows) == 0
    assert distance(coef, se * 1.4, windows) > 0
