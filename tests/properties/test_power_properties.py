"""Carriers dealt out, shrinkage and E-values on generated data."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embogen.inference.e_value import e_value, risk_ratio_of
from embogen.inference.power import minimal_detectable_hr, schoenfeld_power
from embogen.inference.winners_curse import shrink_significant
from embogen.survival.carrier_assignment import assign_carriers
from embogen.survival.risk_sets import build


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 25),
    late=st.booleans(),
    n_strata=st.integers(1, 3),
    log_ratio=st.floats(-50, 50),
)
def test_every_stratum_keeps_its_number_of_carriers(seed, n, late, n_strata, log_ratio):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 8, n).astype(float)
    entry = np.where(rng.random(n) < 0.5, time - rng.integers(1, 8, n), -1.0) if late else None
    strata = rng.integers(0, n_strata, n)
    sets = build(time, rng.random(n) < 0.6, entry=entry, strata=strata)
    sizes = np.unique(strata, return_counts=True)[1]
    counts = np.array([rng.integers(0, size + 1) for size in sizes], dtype=np.int64)
    chosen = assign_carriers(sets, counts, math.exp(log_ratio), rng.random((5, 2 * n)))
    for rows in chosen:
        assert len(set(rows.tolist())) == counts.sum()
        at = strata[sets.order[rows]]
        codes = np.unique(strata)
        assert [int((at == code).sum()) for code in codes] == counts.tolist()


@given(z=st.floats(0.05, 30), se=st.floats(0.01, 3), level=st.floats(1e-6, 0.5))
def test_shrinkage_goes_towards_one_and_never_past_it(z, se, level):
    found = shrink_significant(z * se, se, level=level)
    assert 1.0 <= found.hr.value <= found.observed * (1 + 1e-9)
    assert found.hr.interval.low < found.hr.interval.high


@given(ratio=st.floats(1e-6, 1e6))
def test_e_values_are_symmetric_and_at_least_the_ratio(ratio):
    value = e_value(risk_ratio_of(ratio))
    assert value >= max(risk_ratio_of(ratio), 1.0)
    assert math.isclose(value, e_value(risk_ratio_of(1 / ratio)), rel_tol=1e-6)


@given(events=st.floats(1, 1e5), carry=st.floats(0.01, 0.99), power=st.floats(0.1, 0.99))
def test_the_detectable_ratio_has_its_power(events, carry, power):
    ratio = minimal_detectable_hr(events=events, carrier_fraction=carry, power=power)
    if 1.0 < ratio < math.inf:
        found = schoenfeld_power(ratio, events=events, carrier_fraction=carry)
        assert math.isclose(found, power, rel_tol=1e-6)
