"""Adjusted p-values: published figures, R's p.adjust, and what must hold for any p-values."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embogen.errors import DataError
from embogen.inference.multiplicity import Adjustment, adjust_p_values

GENES = ("MEN1", "DAXX", "TP53", "TSC2")
PUBLISHED = (0.085, 0.00038, 0.058, 0.063)
METHODS: tuple[Adjustment, ...] = get_args(Adjustment)


@pytest.mark.parametrize(
    ("method", "expected"),
    [  # R 4.2.2: p.adjust(c(.085, .00038, .058, .063), method)
        ("bonferroni", (0.34, 0.00152, 0.232, 0.252)),
        ("holm", (0.174, 0.00152, 0.174, 0.174)),
        ("hochberg", (0.085, 0.00152, 0.085, 0.085)),
        ("BH", (0.085, 0.00152, 0.084, 0.084)),
        ("BY", (0.17708333333333337, 0.003166666666666667, 0.175, 0.175)),
    ],
)
def test_the_four_published_genes(method: Adjustment, expected: tuple[float, ...]) -> None:
    found = adjust_p_values(PUBLISHED, method, names=GENES)
    np.testing.assert_allclose(found.adjusted, expected, rtol=1e-14)
    assert found.names == GENES
    assert found.family_size == 4


def test_a_gene_that_could_not_be_tested_is_not_counted() -> None:
    found = adjust_p_values([0.01, np.nan, 0.04], "bonferroni")
    np.testing.assert_array_equal(found.adjusted, [0.02, np.nan, 0.08])
    assert found.family_size == 2


def test_an_empty_family_is_no_error() -> None:
    assert adjust_p_values([], "BH").adjusted.size == 0


def test_impossible_p_values_are_all_named() -> None:
    with pytest.raises(DataError) as caught:
        adjust_p_values([0.5, -0.1, 1.5], "holm")
    assert 'row 2: "-0.1" is not between 0 and 1' in str(caught.value)
    assert 'row 3: "1.5" is not between 0 and 1' in str(caught.value)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(DataError, match="'fdr' is not one of bonferroni"):
        adjust_p_values([0.5], "fdr")  # type: ignore[arg-type] # the point of the test


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12), st.sampled_from(METHODS))
def test_what_holds_for_any_p_values(p: list[float], method: Adjustment) -> None:
    adjusted = adjust_p_values(p, method).adjusted
    assert np.all(adjusted >= np.asarray(p))
    assert np.all(adjusted <= 1.0)
    order = np.argsort(p, kind="stable")
    assert np.all(np.diff(adjusted[order]) >= 0)  # the order of the genes is kept
    backwards = adjust_p_values(p[::-1], method).adjusted[::-1]
    np.testing.assert_array_equal(adjusted, backwards)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12))
def test_sharper_methods_are_never_larger(p: list[float]) -> None:
    by = {method: adjust_p_values(p, method).adjusted for method in METHODS}
    slack = 1e-15
    assert np.all(by["holm"] <= by["bonferroni"] + slack)
    assert np.all(by["hochberg"] <= by["holm"] + slack)
    assert np.all(by["BH"] <= by["hochberg"] + slack)
    assert np.all(by["BH"] <= by["BY"] + slack)
