from __future__ import annotations

import numpy as np
import pytest
from cohort_with_targets import printed_by, small_cohort

from embogen.evidence.rank_fit import fit_rows, room_for
from embogen.evidence.tasks import Problem, task_for
from embogen.evidence.walk import walk


@pytest.fixture(scope="module")
def problem() -> Problem:
    return Problem.of(printed_by(small_cohort(), 1))


def run(problem, name, placed, seed, *, event=None, steps=200_000, wanted=4):
    event = small_cohort().event.copy() if event is None else event
    task = task_for(problem, event, placed, name)
    rng = np.random.default_rng(seed)
    column = rng.permutation(problem.covariates[name].levels())
    found = np.zeros((wanted, problem.n), np.int64)
    nearest = column.copy()
    n_found, smallest = walk(task, column, steps, rng, found, nearest)
    return task, column, found[:n_found], nearest, smallest


def test_order_and_roles(problem):
    assert problem.order == ("A", "B", "grade")
    assert problem.frees_events("A")
    assert not problem.frees_events("B")
    assert problem.unprinted == frozenset()


def test_arrangements_found_have_the_counts_and_the_rows_printed(problem):
    _, column, found, nearest, smallest = run(problem, "B", {}, 3)
    assert len(found) == 4
    assert smallest == 0
    for arrangement in (*found, column, nearest):
        assert np.bincount(arrangement).tolist() == list(problem.covariates["B"].counts)
    row = problem.own["B"][0]
    for arrangement in found:
        fit = room_for(2, 1)
        assert fit_rows(small_cohort().event, arrangement, np.array([[0.0], [1.0]]), fit)
        assert row[0, 0] <= fit.coef[0] <= row[0, 1]


def test_the_closing_covariate_meets_the_model_as_well(problem):
    placed = {"A": small_cohort().covariates["A"].astype(np.int64)}
    task, _, found, _, _ = run(problem, "grade", placed, 4, steps=2_000_000, wanted=1)
    assert len(found) == 1
    fit = room_for(6, 2)
    assert fit_rows(task.event, task.others * 3 + found[0], task.model_rows, fit)
    low, high = problem.joint["A"][0, :2]
    assert low <= fit.coef[0] <= high


def test_free_events_keep_their_number(problem):
    event = small_cohort().event.copy()
    run(problem, "A", {}, 5, event=event, wanted=1, steps=3000)
    assert event.sum() == small_cohort().n_events


def test_events_stay_where_they_are_for_later_covariates(problem):
    event = small_cohort().event.copy()
    run(problem, "B", {}, 5, event=event)
    assert (event == small_cohort().event).all()


def test_the_same_random_numbers_give_the_same_walk(problem):
    one, two = (run(problem, "B", {}, 6) for _ in range(2))
    assert (one[2] == two[2]).all()


def test_the_nearest_is_kept_where_nothing_fits(problem):
    event = np.ones(20, np.bool_)
    event[:10] = False  # too few events for the printed intervals
    _, _, found, nearest, smallest = run(problem, "A", {}, 7, event=event.copy(), steps=20_000)
    assert len(found) == 0
    assert smallest > 0
    assert nearest.sum() == 6
