"""The WHO tables, cell by cell, and what they leave open."""

from __future__ import annotations

import pytest

from embogen.cohort.grade import TUMOR_CLASSES, who_grade

EDITIONS = ("2010", "2017", "2019", "2022")

# Ki-67, mitoses -> grade by edition, read off the printed tables
TABLE = [
    (1.0, 1, (1, 1, 1, 1)),
    (2.0, 0, (1, 1, 1, 1)),
    (2.5, 0, (2, 1, 1, 1)),
    (2.99, 1, (2, 1, 1, 1)),
    (3.0, 1, (2, 2, 2, 2)),
    (20.0, 1, (2, 2, 2, 2)),
    (20.1, 1, (3, 3, 3, 3)),
    (1.0, 2, (2, 2, 2, 2)),
    (1.0, 20, (2, 2, 2, 2)),
    (1.0, 21, (3, 3, 3, 3)),
    (55.0, 30, (3, 3, 3, 3)),
    (None, 1, (1, 1, 1, 1)),
    (None, 2, (2, 2, 2, 2)),
    (2.5, None, (2, 1, 1, 1)),
]


@pytest.mark.parametrize(("ki67", "mitoses", "expected"), TABLE)
def test_the_higher_index_decides_by_the_table_of_the_edition(ki67, mitoses, expected):
    found = tuple(who_grade(ki67, mitoses, "well", edition).grade for edition in EDITIONS)
    assert found == expected


@pytest.mark.parametrize(
    ("differentiation", "edition", "tumor_class"),
    [
        ("well", "2010", "NEC"),
        ("poorly", "2010", "NEC"),
        (None, "2010", "NEC"),
        ("well", "2017", "NET G3"),
        ("well", "2019", "NET G3"),
        ("poorly", "2019", "NEC"),
        ("poorly", "2022", "NEC"),
        ("unknown", "2019", "G3, differentiation unknown"),
        (None, "2022", "G3, differentiation unknown"),
    ],
)
def test_over_20_percent_the_differentiation_decides(differentiation, edition, tumor_class):
    found = who_grade(40, 5, differentiation, edition)
    assert (found.grade, found.tumor_class) == (3, tumor_class)
    assert tumor_class in TUMOR_CLASSES


def test_without_indices_nothing_is_derived():
    assert who_grade(None, None, "poorly", "2019").grade is None


def test_one_index_alone_is_said_so():
    assert who_grade(2, None, None, "2019").one_index
    assert not who_grade(2, 1, None, "2019").one_index


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_poorly_differentiated_tumour_of_low_indices_is_a_contradiction(edition):
    found = who_grade(5, 1, "poorly", edition)
    assert found.contradiction
    assert found.grade is None


def test_grade_never_falls_as_an_index_rises():
    for edition in EDITIONS:
        steps = [who_grade(i / 10, 0, "well", edition).grade for i in range(1001)]
        assert steps == sorted(steps)
        assert set(steps) == {1, 2, 3}
