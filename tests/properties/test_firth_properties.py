"""What must be true of a penalised fit of any data."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embogen import Design, Surv, fit_cox

ENDINGS = {"ok", "aliased", "no_events", "not_converged"}


@st.composite
def cohorts(draw, most_columns=2):
    """Small data with ties, late entries and strata; columns of 0 and 1, steps, or skew values."""
    n = draw(st.integers(2, 14))
    p = draw(st.integers(1, most_columns))
    rows = st.lists(st.integers(1, 9), min_size=n, max_size=n)
    time = np.array(draw(rows), dtype=float)
    event = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), dtype=int)
    entry = np.minimum(np.array(draw(rows), dtype=float) - 1, time - 1)
    strata = [value % 2 for value in draw(rows)]
    columns = np.array([draw(rows) for _ in range(p)], dtype=float).T
    kind = draw(st.sampled_from(["binary", "steps", "skew"]))
    columns = {"binary": columns % 2, "steps": columns, "skew": np.exp(columns)}[kind]
    return time, event, entry, strata, columns, draw(st.sampled_from(["efron", "breslow"]))


def fitted(cohort, rows=None, **options: object):
    time, event, entry, strata, columns, ties = cohort
    rows = np.arange(len(time)) if rows is None else rows
    surv = Surv(time[rows], event[rows], entry[rows])
    design = Design.from_arrays(columns[rows], [f"x{j}" for j in range(columns.shape[1])])
    strata = np.array(strata)[rows]
    return fit_cox(surv, design, ties=ties, strata=strata, penalty="firth", **options)


@settings(max_examples=60, deadline=None)
@given(cohorts(most_columns=3))
def test_every_fit_ends_with_a_reason_and_nothing_is_missing_without_a_word(cohort) -> None:
    fit = fitted(cohort)
    assert fit.convergence.status in ENDINGS
    lost = {c.subject for c in fit.caveats if c.code == "profile_not_found"}
    for item in fit.estimates:
        if item.status != "ok":
            assert math.isnan(item.coef)
            continue
        low, high = item.hr.interval.low, item.hr.interval.high
        assert math.isfinite(item.coef)
        assert item.se > 0
        unknown = math.isnan(low) or math.isnan(high) or item.hr.p_value is None
        assert unknown == (item.term.label in lost)
        assert math.isnan(low) or low <= item.hr.value
        assert math.isnan(high) or high >= item.hr.value
        if item.hr.p_value is None:  # two events, three parameters: the profile has no end
            assert item.term.label in lost
        else:
            assert 0 <= item.hr.p_value <= 1


@settings(max_examples=25, deadline=None)
@given(cohorts(most_columns=1))
def test_exchanging_the_two_groups_inverts_the_hazard_ratio(cohort) -> None:
    *rest, columns, ties = cohort
    one = fitted((*rest, np.round(columns) % 2, ties)).estimates[0]
    other = fitted((*rest, 1 - np.round(columns) % 2, ties)).estimates[0]
    if one.status != "ok":
        assert other.status == one.status
        return
    np.testing.assert_allclose(other.coef, -one.coef, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(other.hr.interval.low, 1 / one.hr.interval.high, rtol=1e-7)
    np.testing.assert_allclose(other.hr.interval.high, 1 / one.hr.interval.low, rtol=1e-7)


@settings(max_examples=25, deadline=None)
@given(cohorts(most_columns=1), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(cohort, random) -> None:
    *rest, columns, ties = cohort
    cohort = (*rest, np.round(columns) % 2, ties)
    rows = list(range(len(columns)))
    random.shuffle(rows)
    one, other = fitted(cohort), fitted(cohort, rows)
    np.testing.assert_allclose(other.loglik, one.loglik, rtol=1e-10)
    np.testing.assert_allclose(other.coef, one.coef, rtol=1e-7, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(cohorts(most_columns=1), st.lists(st.integers(1, 3), min_size=14, max_size=14))
def test_breslow_with_whole_weights_is_replication(cohort, counts) -> None:
    *rest, columns, _ = cohort
    cohort = (*rest, np.round(columns) % 2, "breslow")
    counts = counts[: len(columns)]
    weighted = fitted(cohort, weights=np.array(counts, dtype=float))
    repeated = fitted(cohort, np.repeat(np.arange(len(columns)), counts))
    np.testing.assert_allclose(weighted.loglik, repeated.loglik, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(weighted.coef, repeated.coef, rtol=1e-6, atol=1e-7)
