from __future__ import annotations

import numpy as np
import pytest
from cohort_with_targets import printed_by, small_cohort

from embogen.errors import PlanError
from embogen.evidence.reconstruct import reconstruct


@pytest.fixture(scope="module")
def found():
    targets = printed_by(small_cohort(), 1)
    return reconstruct(targets, rng=np.random.default_rng(1), starts=40)


def test_a_cohort_that_prints_the_table_is_found(found):
    assert found.fits
    assert found.comparison.n_agreeing == len(found.comparison.figures) == 16
    assert found.n_cohorts >= 1


def test_its_counts_are_exact(found):
    assert found.cohort.n == 20
    for gene, count in (("A", 6), ("B", 5)):
        assert found.cohort.covariates[gene].sum() == count
    assert np.bincount(found.cohort.covariates["grade"].astype(int)).tolist() == [0, 8, 7, 5]


def test_the_same_seed_finds_the_same_cohort(found):
    targets = printed_by(small_cohort(), 1)
    again = reconstruct(targets, rng=np.random.default_rng(1), starts=40)
    assert (again.cohort.event == found.cohort.event).all()
    for name, values in found.cohort.covariates.items():
        assert (again.cohort.covariates[name] == values).all()


def test_the_nearest_cohort_is_whole_and_said_not_to_fit():
    targets = printed_by(small_cohort(), 6)  # six decimals cannot be met by chance
    lines: list[str] = []
    result = reconstruct(
        targets, rng=np.random.default_rng(2), starts=2, max_seconds=0.0, progress=lines.append
    )
    assert not result.fits
    assert result.n_cohorts == 0
    assert result.n_starts == 1
    assert result.cohort.covariates["A"].sum() == 6
    assert result.comparison.n_agreeing < len(result.comparison.figures)
    assert lines[0] == "preparing the search"


def test_event_counts_are_kept():
    targets = printed_by(small_cohort(), 1)
    result = reconstruct(
        targets, rng=np.random.default_rng(3), starts=1, event_counts=[17], max_seconds=0.0
    )
    assert result.cohort.n_events == 17


def test_too_few_events_are_refused():
    targets = printed_by(small_cohort(), 1)
    with pytest.raises(PlanError, match=r"event_counts: none of \[2, 3\] events"):
        reconstruct(targets, rng=np.random.default_rng(1), event_counts=[3, 2])


def test_no_start_at_all_is_refused():
    targets = printed_by(small_cohort(), 1)
    with pytest.raises(PlanError, match="starts: is 0"):
        reconstruct(targets, rng=np.random.default_rng(1), starts=0)
