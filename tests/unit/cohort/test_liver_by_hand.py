"""Tumour burden and its classes, and ALBI, by hand."""

from __future__ import annotations

import math

import pytest

from embogen.cohort.liver import albi_grade, albi_score, class_names, class_of, tumor_burden_percent


@pytest.mark.parametrize(("tumor", "liver"), [(1500.1, 1500), (0, 0), (-1, 100)])
def test_a_tumour_larger_than_its_liver_is_refused(tumor, liver):
    with pytest.raises(ValueError, match="does not fit"):
        tumor_burden_percent(tumor, liver)


def test_every_value_is_in_one_class_and_classes_rise():
    for cuts in ([50], [25, 50], [10, 25, 50, 75]):
        names = class_names(cuts)
        places = [names.index(class_of(value / 10, cuts)) for value in range(1001)]
        assert places == sorted(places)
        assert set(places) == set(range(len(names)))


def test_cutpoints_belong_where_the_names_say():
    assert [class_of(v, [10, 25, 50]) for v in (9.9, 10, 25, 50, 50.1)] == [
        "<10%",
        "10 to <25%",
        "25 to 50%",
        "25 to 50%",
        ">50%",
    ]


def test_albi_by_hand():
    # bilirubin of 1 umol/L has log 0: the score is the albumin term alone
    assert albi_score(1, 30) == pytest.approx(-2.55, abs=1e-12)
    assert albi_score(100, 40) == pytest.approx(1.32 - 3.4, abs=1e-12)
    assert albi_grade(albi_score(100, 40)) == 2
    assert albi_grade(math.nextafter(-2.60, 0)) == 2
