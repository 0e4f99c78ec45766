"""Many columns at once give what each gives alone: scores, fits, and risk sets of some rows."""

from __future__ import annotations

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.survival.newton import CONVERGED, SUSPECT, maximise
from embogen.survival.restrict import restrict
from embogen.survival.risk_sets import build
from embogen.survival.scan_fit import ALIASED, scan_fits
from embogen.survival.scan_score import scan_scores, sparse_form
from embogen.survival.scan_two_group import two_group_fits
from embogen.survival.score_form import LOGRANK, at_risk_sums, dense, is_event, score_form
from embogen.survival.two_group import totals

KINDS = [(late, strata) for late in (False, True) for strata in (False, True)]


def outcome(seed: int, n: int, *, late: bool, strata: bool):
    rng = np.random.default_rng(seed)
    time, event = np.ceil(rng.exponential(20, n)), rng.random(n) < 0.7
    event[0] = True
    entry = np.floor(time * rng.uniform(0, 0.9, n)) if late else None
    labels = rng.integers(0, 3, n) if strata else None
    return rng, time, event, entry, labels


def sparse(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write (G, n) rows of 0 and 1 as starts and positions."""
    start = np.concatenate([[0], columns.sum(axis=1).cumsum()]).astype(np.int64)
    return start, np.concatenate([np.flatnonzero(row) for row in columns]).astype(np.int64)


@pytest.mark.parametrize(("late", "strata"), KINDS)
@pytest.mark.parametrize("ties", [LOGRANK, 1.0, 0.0])
@pytest.mark.parametrize("covariates", [0, 2])
def test_a_sparse_score_is_that_of_the_whole_matrix(late, strata, ties, covariates) -> None:
    rng, time, event, entry, labels = outcome(1, 40, late=late, strata=strata)
    sets = build(time, event, entry=entry, strata=labels)
    fitted = {"covariates": rng.normal(size=(40, 2)), "coef": np.array([0.3, -0.2])}
    form = score_form(sets, ties=ties, **(fitted if covariates else {}))
    columns = rng.random((20, 40)) < rng.random((20, 1))
    columns[0], columns[1] = False, True
    found = scan_scores(sparse_form(sets, form), *sparse(columns))
    matrix = dense(sets, form)
    x = columns.astype(float)
    np.testing.assert_allclose(found[:, 0], x @ form.linear, atol=1e-12)
    np.testing.assert_allclose(found[:, 1], np.einsum("gi,ij,gj->g", x, matrix, x), atol=1e-12)


@pytest.mark.parametrize(("late", "strata"), KINDS)
def test_leaving_rows_out_is_sorting_the_others_anew(late, strata) -> None:
    rng, time, event, entry, labels = outcome(2, 60, late=late, strata=strata)
    sets = build(time, event, entry=entry, strata=labels)
    for share in (0.0, 0.05, 0.6, 1.0):
        kept = rng.random(60) < share
        fewer = restrict(sets, kept)
        rows = sets.order[kept]
        again = build(
            time[rows],
            event[rows],
            entry=None if entry is None else entry[rows],
            strata=None if labels is None else labels[rows],
        )
        np.testing.assert_array_equal(fewer.order, rows[again.order])
        for name in ("weight", "group_end", "group_deaths", "stratum_end", "group_time"):
            np.testing.assert_array_equal(getattr(fewer, name), getattr(again, name), name)
        if not len(rows):
            continue
        ones = np.ones(len(rows))
        np.testing.assert_array_equal(at_risk_sums(fewer, ones), at_risk_sums(again, ones))
        if again.leaves_end.size:
            for name in ("entry", "leaves_row", "leaves_end"):
                np.testing.assert_array_equal(getattr(fewer, name), getattr(again, name), name)
        assert is_event(fewer).sum() == event[rows].sum()


@pytest.mark.parametrize(("late", "strata"), KINDS)
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_fits_of_many_columns_are_fits_of_each(late, strata, ties) -> None:
    rng, time, event, entry, labels = outcome(3, 80, late=late, strata=strata)
    sets = build(time, event, entry=entry, strata=labels)
    covariates = rng.normal(size=(80, 2))
    columns = rng.random((6, 80)) < 0.3
    fraction = 1.0 if ties == "efron" else 0.0
    walked = np.ascontiguousarray(covariates[sets.order])
    null = maximise(sets, walked, np.zeros(2), np.empty(0), fraction, False)
    laid = sparse(columns[:, sets.order])
    beside = scan_fits(sets, walked, null.beta, *laid, fraction)
    alone = two_group_fits(sets, totals(sets, fraction), *laid)
    surv = Surv(time, event, entry)
    for k, column in enumerate(columns):
        whole = Design.from_arrays(np.column_stack([covariates, column]), ["a", "b", "gene"])
        one = Design.from_arrays(column.astype(float), ["gene"])
        for design, row in ((whole, beside[k]), (one, alone[k])):
            fit = fit_cox(surv, design, ties=ties, strata=labels)
            item = fit.estimates[-1]
            assert item.status == "ok"
            assert row[3] == CONVERGED
            np.testing.assert_allclose(row[:2], [item.coef, item.se], rtol=1e-9, atol=1e-12)
            base = 0.0 if design is whole else fit.loglik_null
            assert row[2] + base == pytest.approx(fit.loglik, rel=1e-10)


def test_columns_without_an_estimate_are_told_apart() -> None:
    sets = build(np.arange(1.0, 7.0), np.ones(6, bool))
    columns = np.array([[0] * 6, [1] * 6, [1, 1, 0, 0, 0, 0], [0, 1, 0, 1, 0, 1]], bool)
    laid = sparse(columns[:, sets.order])
    expected = [ALIASED, ALIASED, SUSPECT, CONVERGED]
    assert two_group_fits(sets, totals(sets, 1.0), *laid)[:, 3].tolist() == expected
    nothing = np.empty((6, 0))
    assert scan_fits(sets, nothing, np.empty(0), *laid, 1.0)[:, 3].tolist() == expected
