"""Many columns at once give what each gives alone: scores, fits, and risk sets of some rows."""

from __future__ import annotations

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.survival.exponential import exponentiate
from embogen.survival.newton import CONVERGED, SUSPECT, maximise
from embogen.survival.restrict import restrict
from embogen.survival.risk_sets import build
from embogen.survival.saddlepoint import strata_of, tail
from embogen.survival.scan_firth import scan_firth
from embogen.survival.scan_fit import ALIASED, NO_EVENT, column_null, scan_fits
from embogen.survival.scan_saddlepoint import BINS, bin_scores, linear_tails, permutation_sd
from embogen.survival.scan_score import scan_scores, sparse_form
from embogen.survival.scan_two_group import two_group_fits
from embogen.survival.scan_valued_tails import valued_tails
from embogen.survival.score_form import LOGRANK, at_risk_sums, dense, is_event, score_form
from embogen.survival.two_group import totals

NO_VALUES = np.empty(0)
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
    found = scan_scores(sparse_form(sets, form), *sparse(columns), NO_VALUES)
    matrix = dense(sets, form)
    x = columns.astype(float)
    np.testing.assert_allclose(found[:, 0], x @ form.linear, atol=1e-12)
    np.testing.assert_allclose(found[:, 1], np.einsum("gi,ij,gj->g", x, matrix, x), atol=1e-12)
    before = matrix + form.projection.T @ form.projection
    np.testing.assert_allclose(found[:, 2], np.einsum("gi,ij,gj->g", x, before, x), atol=1e-12)
    weighed = x * rng.uniform(-1.0, 2.0, x.shape)
    found = scan_scores(sparse_form(sets, form), *sparse(columns), weighed[columns])
    np.testing.assert_allclose(found[:, 0], weighed @ form.linear, atol=1e-12)
    expected = np.einsum("gi,ij,gj->g", weighed, matrix, weighed)
    np.testing.assert_allclose(found[:, 1], expected, atol=1e-12)


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
    form = sparse_form(sets, score_form(sets, ties=fraction, covariates=walked, coef=null.beta))
    scores = scan_scores(form, *laid, NO_VALUES)
    ready = column_null(sets, walked, null.beta, form, fraction)
    assert ready.loglik == pytest.approx(null.loglik, rel=1e-13)
    beside = scan_fits(ready, scores, *laid, NO_VALUES)
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
            above = row[2] / 2 + null.loglik if design is whole else row[2] + fit.loglik_null
            assert above == pytest.approx(fit.loglik, rel=1e-10)


def test_columns_without_an_estimate_are_told_apart() -> None:
    sets = build(np.arange(1.0, 7.0), np.ones(6, bool))
    columns = np.array([[0] * 6, [1] * 6, [1, 1, 0, 0, 0, 0], [0, 1, 0, 1, 0, 1]], bool)
    laid = sparse(columns[:, sets.order])
    expected = [ALIASED, ALIASED, SUSPECT, CONVERGED]
    assert two_group_fits(sets, totals(sets, 1.0), *laid)[:, 3].tolist() == expected
    nothing = np.empty((6, 0))
    form = sparse_form(sets, score_form(sets, ties=1.0))
    ready = column_null(sets, nothing, np.empty(0), form, 1.0)
    found = scan_fits(ready, scan_scores(form, *laid, NO_VALUES), *laid, NO_VALUES)
    assert found[:, 3].tolist() == expected
    outlives = build(np.arange(1.0, 7.0), np.array([0, 1, 1, 1, 1, 0], bool))
    form = sparse_form(outlives, score_form(outlives, ties=1.0))
    ready = column_null(outlives, nothing, np.empty(0), form, 1.0)
    # the first is gone before anybody dies, the last is there at every death
    laid = sparse(np.eye(6, dtype=bool)[[0, 5]][:, outlives.order])
    scores = scan_scores(form, *laid, NO_VALUES)
    assert scan_fits(ready, scores, *laid, NO_VALUES)[:, 3].tolist() == [ALIASED, NO_EVENT]


@pytest.mark.parametrize(("late", "strata"), KINDS)
@pytest.mark.parametrize("q", [0, 1, 3, 4, 6])
def test_a_column_of_values_is_fitted_beside_any_number_of_covariates(late, strata, q) -> None:
    rng, time, event, entry, labels = outcome(4 + q, 120, late=late, strata=strata)
    sets = build(time, event, entry=entry, strata=labels)
    walked = np.ascontiguousarray(rng.normal(size=(120, q)))
    null = maximise(sets, walked, np.zeros(q), np.empty(0), 1.0, False)
    form = sparse_form(sets, score_form(sets, ties=1.0, covariates=walked, coef=null.beta))
    columns = rng.random((4, 120)) < 0.3
    values = np.where(columns, rng.integers(1, 3, columns.shape), 0).astype(float)
    ready = column_null(sets, walked, null.beta, form, 1.0)
    scores = scan_scores(form, *sparse(columns), values[columns])
    found = scan_fits(ready, scores, *sparse(columns), values[columns])
    for row, column in zip(found, values, strict=True):
        whole = np.ascontiguousarray(np.column_stack([walked, column]))
        alone = maximise(sets, whole, np.zeros(q + 1), np.empty(0), 1.0, False)
        assert row[3] == CONVERGED
        assert row[0] == pytest.approx(alone.beta[q], rel=1e-9, abs=1e-12)
        assert row[1] == pytest.approx(np.sqrt(alone.covariance[q, q]), rel=1e-9)
        assert row[2] == pytest.approx(2 * (alone.loglik - null.loglik), rel=1e-8, abs=1e-9)


def test_sums_survive_late_entry_that_empties_the_risk_set() -> None:
    """Hundreds enter late; before that two patients carry all the risk there is."""
    rng = np.random.default_rng(9)
    time = np.concatenate([[3.0, 4.0, 5.0, 6.0], rng.uniform(100, 200, 400)])
    entry = np.concatenate([np.zeros(4), np.full(400, 50.0)])
    event = np.ones(404, bool)
    age = np.concatenate([[-9.0, -8.5, -9.5, -9.2], rng.normal(size=400)])
    sets = build(time, event, entry=entry)
    walked = np.ascontiguousarray(age[sets.order][:, None])
    null = maximise(sets, walked, np.zeros(1), np.empty(0), 1.0, False)
    form = sparse_form(sets, score_form(sets, ties=1.0, covariates=walked, coef=null.beta))
    carried = np.concatenate([[True, False, True, False], rng.random(400) < 0.2])
    laid = sparse(carried[None, sets.order])
    ready = column_null(sets, walked, null.beta, form, 1.0)
    row = scan_fits(ready, scan_scores(form, *laid, NO_VALUES), *laid, NO_VALUES)[0]
    design = Design.from_arrays(np.column_stack([age, carried]), ["age", "gene"])
    item = fit_cox(Surv(time, event, entry), design).estimates[1]
    assert row[0] == pytest.approx(item.coef, rel=1e-8)
    assert row[1] == pytest.approx(item.se, rel=1e-8)


def test_exponentials_are_those_of_the_library() -> None:
    x = np.concatenate([np.linspace(-690, 690, 5001), [0.0, -0.0, 1e-300, np.log(2) / 2]])
    found, scratch = np.empty_like(x), np.empty_like(x)
    exponentiate(x, found, scratch)
    np.testing.assert_allclose(found, np.exp(x), rtol=5e-16)


@pytest.mark.parametrize("strata", [1, 3])
@pytest.mark.parametrize("share", [0.6, 0.05])
def test_tails_over_bins_are_tails_over_scores(strata, share) -> None:
    rng = np.random.default_rng(5)
    for n, tolerance in ((300, 1e-6), (20 * BINS, 1e-3)):
        sets = build(rng.exponential(1000, n), rng.random(n) < share)
        scores = score_form(sets, ties=1.0).linear
        pool = rng.integers(0, strata, n)
        binned = bin_scores(scores, pool, strata)
        carriers = np.full(strata, 60.0 / strata)
        sd = permutation_sd(binned, carriers)
        pools = [(np.flatnonzero(pool == s), 60 // strata) for s in range(strata)]
        held, mean = strata_of(pools), float(binned.mean @ carriers)
        for z in (-3.0, -1.0, 0.5, 2.0, 5.0):
            side = np.sign(z)
            expected, _ = tail(side * scores[held.rows], held, side * (mean + z * sd))
            found = linear_tails(binned, carriers[None], np.array([z * sd]))[0]
            assert found == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize("q", [0, 2])
def test_penalised_fits_of_many_columns_are_those_of_each(q) -> None:
    rng, time, event, entry, labels = outcome(8, 60, late=True, strata=True)
    sets = build(time, event, entry=entry, strata=labels)
    covariates = rng.normal(size=(60, q))
    columns = rng.random((3, 60)) < 0.1
    columns[:, :2] = [True, False]
    laid = sparse(columns[:, sets.order])
    walked = np.ascontiguousarray(covariates[sets.order])
    found = scan_firth(sets, walked, np.zeros(q), *laid, 1.0)
    for row, column in zip(found, columns, strict=True):
        whole = Design.from_arrays(
            np.column_stack([covariates, column]), [*[f"x{j}" for j in range(q)], "gene"]
        )
        item = fit_cox(Surv(time, event, entry), whole, strata=labels, penalty="firth").estimates[
            -1
        ]
        assert row[3] == CONVERGED
        assert row[0] == pytest.approx(item.coef, rel=1e-6, abs=1e-8)
        assert row[1] == pytest.approx(item.se, rel=1e-6)


@pytest.mark.parametrize("strata", [1, 2])
def test_tails_of_values_are_those_of_drawn_permutations(strata) -> None:
    rng = np.random.default_rng(6)
    n, draws = 400, 40_000
    sets = build(rng.exponential(1000, n), rng.random(n) < 0.3)
    scores = score_form(sets, ties=1.0).linear
    pool = np.sort(rng.integers(0, strata, n))
    rows = np.sort(rng.choice(n, 24, replace=False))
    x = np.where(rng.random(24) < 0.3, 2.0, 1.0)
    whole = np.zeros(n)
    whole[rows] = x
    sums = np.empty(draws)
    for draw in range(draws):
        moved = np.concatenate([rng.permutation(whole[pool == s]) for s in range(strata)])
        sums[draw] = scores @ moved
    binned = bin_scores(scores, pool, strata)
    centred = sums - sums.mean()
    start = np.array([0, 24, 48, 72, 96])
    for low, high in ((-2.0, -1.0), (1.0, 2.5)):
        limits = np.array([low, high, 0.5 * low, 0.5 * high]) * sums.std()
        found = valued_tails(binned, pool, start, np.tile(rows, 4), np.tile(x, 4), limits)
        for tail_, limit in zip(found, limits, strict=True):
            drawn = np.mean(centred >= limit) if limit > 0 else np.mean(centred <= limit)
            error = 4 * np.sqrt(drawn * (1 - drawn) / draws) + 0.05 * drawn
            assert tail_ == pytest.approx(drawn, abs=error)
