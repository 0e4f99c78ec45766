"""Eight models side by side: their stream of rows, their likelihoods, and what each gives alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numba import njit

from embogen.survival.exponential import exponential
from embogen.survival.newton import CONVERGED, STOPPED
from embogen.survival.partial_likelihood import walk
from embogen.survival.risk_sets import build
from embogen.survival.scan_carriers import lay, room_for_carriers
from embogen.survival.scan_fit import column_null, scan_fits
from embogen.survival.scan_likelihood import evaluate
from embogen.survival.scan_newton import newton_steps
from embogen.survival.scan_room import room_for
from embogen.survival.scan_score import scan_scores, sparse_form
from embogen.survival.scan_stream import TILE, stream_of
from embogen.survival.score_form import is_event, score_form
from embogen.survival.vectors import LANES, load, store

OUTCOMES = [
    pytest.param(late, strata, unit, id=f"{'late' * late}{'strata' * strata}-in-{unit}")
    for late in (False, True)
    for strata in (False, True)
    for unit in (0.0, 1.0, 25.0)
]


def outcome(n: int, *, late: bool, strata: bool, unit: float):
    """Times in whole units, or as they come; with large units hundreds die together."""
    rng = np.random.default_rng(11)
    time = rng.exponential(20.0, n)
    entry = time * rng.uniform(0.0, 0.95, n)
    if unit:
        time, entry = np.ceil(time / unit) * unit, np.floor(entry / unit) * unit
    event = rng.random(n) < 0.6
    event[0] = True
    labels = rng.integers(0, 3, n) if strata else np.zeros(n, dtype=int)
    return rng, time, event, (entry if late else np.zeros(n)), labels


def sets_of(time, event, entry, labels):
    late = entry if entry.any() else None
    return build(time, event, entry=late, strata=labels if labels.any() else None)


@pytest.mark.parametrize(("late", "strata", "unit"), OUTCOMES)
def test_the_stream_holds_the_risk_set_of_every_death(late, strata, unit) -> None:
    """By its definition: at risk at t are those of the stratum who entered before t and stay."""
    rng, time, event, entry, labels = outcome(700, late=late, strata=strata, unit=unit)
    sets = sets_of(time, event, entry, labels)
    steep = rng.normal(size=(700, 1)) * 3.0  # so that risk sets shrink and are listed anew
    stream = stream_of(sets, steep, np.ones(1), 1.0)
    patient = np.empty(stream.sign.size, int)
    for i in range(700):
        patient[stream.place[stream.place_start[i] : stream.place_start[i + 1]]] = i
    np.testing.assert_array_equal(stream.columns[0], steep[patient, 0])
    seen, held = 0, Counter()
    for tile in range(stream.fresh.size):
        begin = stream.begin[tile]
        if stream.fresh[tile]:
            held = Counter()
        row = begin
        for g in range(stream.group[tile], stream.group[tile + 1]):
            behind = begin + stream.last[g] + 1
            assert behind <= stream.begin[tile + 1]
            for k in range(row, behind):
                held[patient[k]] += int(stream.sign[k])
            row = behind
            deaths = sets.order[patient[behind - stream.deaths[g] : behind]]
            t, stratum = time[deaths[0]], labels[deaths[0]]
            dying = np.flatnonzero((time == t) & event & (labels == stratum))
            assert sorted(deaths) == dying.tolist()
            at_risk = np.flatnonzero((entry < t) & (time >= t) & (labels == stratum))
            assert sorted(sets.order[i] for i, count in held.items() if count) == at_risk.tolist()
            assert set(held.values()) <= {0, 1}
            seen += len(dying)
        for k in range(row, stream.begin[tile + 1]):
            held[patient[k]] += int(stream.sign[k])
    assert seen == event.sum()
    assert stream.longest == np.diff(stream.begin).max()
    assert stream.longest <= max(TILE, stream.deaths.max())
    if late and not unit:
        assert stream.fresh.sum() > len(sets.stratum_end)  # some were listed anew


@pytest.mark.parametrize(("late", "strata", "unit"), OUTCOMES)
@pytest.mark.parametrize("ties", [1.0, 0.0])
@pytest.mark.parametrize("q", [0, 1, 3, 4])
def test_eight_likelihoods_are_those_of_each(late, strata, unit, ties, q) -> None:
    rng, time, event, entry, labels = outcome(600, late=late, strata=strata, unit=unit)
    sets = sets_of(time, event, entry, labels)
    covariates = rng.normal(size=(600, q))
    stream = stream_of(sets, covariates, np.full(q, 0.2), ties)
    columns = [np.flatnonzero(rng.random(600) < share) for share in np.linspace(0.0, 0.5, LANES)]
    values = [rng.integers(1, 3, rows.size).astype(float) for rows in columns]
    start = np.concatenate([[0], np.cumsum([rows.size for rows in columns])])
    carried = room_for_carriers(stream, start, np.concatenate(columns))
    room = room_for(stream)
    room.beta[:] = 0.4 * rng.normal(size=room.beta.shape)
    for lane in range(LANES):
        lay(stream, columns[lane], values[lane], carried, lane)
    evaluate(stream, carried, room)
    died = is_event(sets)
    for lane in range(LANES):
        whole = np.zeros((600, q + 1))
        whole[:, :q] = covariates
        whole[columns[lane], q] = values[lane]
        beta = np.ascontiguousarray(room.beta[:, lane])
        loglik, score, information = walk(sets, whole, beta, np.empty(0), ties)
        events = whole[died].sum(axis=0)
        scale = np.sqrt(np.maximum(np.diag(information), 1.0))
        assert room.loglik[lane] + events @ beta == pytest.approx(loglik, rel=1e-13)
        assert (room.score[:, lane] + events - score) / scale == pytest.approx(0.0, abs=1e-10)
        found = np.zeros((q + 1, q + 1))
        found[np.tril_indices(q + 1)] = room.information[:, lane]
        wrong = (found - np.tril(information)) / np.outer(scale, scale)
        assert np.abs(wrong).max() < 1e-11


def ready(seed: int):
    rng = np.random.default_rng(seed)
    n = 300
    sets = build(np.ceil(rng.exponential(50, n)), rng.random(n) < 0.5)
    covariates = np.ascontiguousarray(rng.normal(size=(n, 2)))
    form = sparse_form(sets, score_form(sets, ties=1.0, covariates=covariates, coef=np.zeros(2)))
    columns = [np.flatnonzero(rng.random(n) < share) for share in rng.uniform(0.02, 0.4, 21)]
    return column_null(sets, covariates, np.zeros(2), form, 1.0), form, columns


def test_a_model_gives_the_same_bits_whoever_stands_beside_it() -> None:
    null, form, columns = ready(3)

    def fitted(order):
        start = np.concatenate([[0], np.cumsum([columns[j].size for j in order])])
        laid = (start.astype(np.int64), np.concatenate([columns[j] for j in order]), np.empty(0))
        return scan_fits(null, scan_scores(form, *laid), *laid)

    together = fitted(range(21))
    assert (together[:, 3] == CONVERGED).sum() > 15
    backwards = fitted(range(20, -1, -1))
    np.testing.assert_array_equal(together, backwards[::-1])
    for j in range(21):
        np.testing.assert_array_equal(fitted([j])[0], together[j])


def test_sums_that_are_what_is_left_of_large_ones_are_not_trusted() -> None:
    """Ten late entrants of enormous risk leave before ten others die: their sums are rounding.

    At the null all are alike, so nothing is listed anew; under a coefficient of 40 the ten carry
    all of the sums, and taking them out again leaves what rounding left.
    """
    time = np.arange(1.0, 21.0)
    entry = np.where(time > 10, 10.0, 0.0)
    sets = build(time, np.ones(20, bool), entry=entry)
    stream = stream_of(sets, np.empty((20, 0)), np.empty(0), 1.0)
    assert stream.fresh.sum() == 1
    carriers = np.flatnonzero(time[sets.order] > 10)
    carried = room_for_carriers(stream, np.array([0, 10]), carriers)
    lay(stream, carriers, np.ones(10), carried, 0)
    lay(stream, carriers, np.ones(10), carried, 1)
    room = room_for(stream)
    room.beta[0, 0], room.beta[0, 1] = 40.0, 1.0
    evaluate(stream, carried, room)
    assert np.isnan(room.loglik[0])
    assert np.isfinite(room.loglik[1:]).all()


def test_case_weights_are_refused() -> None:
    sets = build(np.arange(1.0, 4.0), np.ones(3, bool), weights=np.array([1.0, 2.0, 1.0]))
    with pytest.raises(ValueError, match="no case weights"):
        stream_of(sets, np.empty((3, 0)), np.empty(0), 1.0)


def test_steps_solve_their_equations_in_every_lane() -> None:
    rng = np.random.default_rng(5)
    for p in (1, 2, 5):
        root = rng.normal(size=(LANES, p + 3, p))
        information = np.einsum("lij,lik->ljk", root, root)
        information[2, -1] = information[2, :, -1] = 0.0  # nothing of the last column is left
        packed = np.ascontiguousarray(information[:, *np.tril_indices(p)].T)
        score = rng.normal(size=(p, LANES))
        step, ends = np.empty((p, LANES)), np.empty((3, LANES))
        newton_steps(packed, score, step, ends)
        for lane in range(LANES):
            if lane == 2:
                assert not ends[1, lane] > 0.0
                continue
            expected = np.linalg.solve(information[lane], score[:, lane])
            np.testing.assert_allclose(step[:, lane], expected, rtol=1e-9)
            left = 1.0 / np.linalg.inv(information[lane])[-1, -1]
            assert ends[0, lane] == pytest.approx(left, rel=1e-9)
            assert ends[1, lane] > 0.0
            assert ends[2, lane] == pytest.approx(expected @ score[:, lane], rel=1e-9)


@njit
def _exponentials(values, out) -> None:
    for i in range(values.shape[0]):
        store(out, i, exponential(load(values, i)))


def test_exponentials_of_vectors_are_those_of_the_library() -> None:
    x = np.linspace(-690, 690, 5000).reshape(-1, LANES)
    found = np.empty_like(x)
    _exponentials(x, found)
    np.testing.assert_allclose(found, np.exp(x), rtol=5e-16)


def test_a_fit_that_finds_no_maximum_says_so() -> None:
    """Two events of carriers before all others: the likelihood rises for ever."""
    sets = build(np.arange(1.0, 31.0), np.ones(30, bool))
    form = sparse_form(sets, score_form(sets, ties=1.0))
    null = column_null(sets, np.empty((30, 0)), np.empty(0), form, 1.0)
    carriers = np.flatnonzero(sets.order < 2)
    laid = (np.array([0, 2]), carriers.astype(np.int64), np.empty(0))
    row = scan_fits(null, scan_scores(form, *laid), *laid)[0]
    assert row[3] not in {CONVERGED, STOPPED}
    assert np.isnan(row[0])
