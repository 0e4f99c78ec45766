"""Classes as codes say what a matrix of text said."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embogen.genomics.classes import AlterationClasses, joined_classes

KINDS = ("loss", "missense", "splice", "truncating")
LABELS = [
    "+".join(kinds)
    for size in range(len(KINDS) + 1)
    for kinds in itertools.combinations(KINDS, size)
]


@st.composite
def tables(draw, n_tables: int):
    n, g = draw(st.integers(0, 5)), draw(st.integers(1, 4))
    cells = st.lists(st.sampled_from(LABELS), min_size=n * g, max_size=n * g)
    return [np.array(draw(cells), dtype=np.str_).reshape(n, g) for _ in range(n_tables)]


def textbook_join(labels: list[str]) -> str:
    return "+".join(kind for kind in KINDS if any(kind in one.split("+") for one in labels))


@given(tables(1))
def test_text_comes_back_and_codes_do_not_depend_on_the_order_of_rows(found):
    (text,) = found
    classes = AlterationClasses.of_text(text)
    np.testing.assert_array_equal(classes.text(), text)
    turned = AlterationClasses.of_text(text[::-1])
    np.testing.assert_array_equal(turned.codes[::-1], classes.codes)
    assert ((classes.codes == 0) == (text == "")).all()


@given(tables(3))
def test_assays_are_joined_cell_by_cell(found):
    joined = joined_classes([AlterationClasses.of_text(text) for text in found]).text()
    for i, j in np.ndindex(*found[0].shape):
        assert joined[i, j] == textbook_join([text[i, j] for text in found])


@given(tables(1))
def test_genes_of_a_group_are_joined_row_by_row(found):
    (text,) = found
    whole = AlterationClasses.of_text(text).joined(range(text.shape[1])).text()
    assert whole.ravel().tolist() == [textbook_join(row) for row in text.tolist()]


@given(tables(2))
def test_columns_put_together_keep_their_labels(found):
    first, second = (AlterationClasses.of_text(text) for text in found)
    np.testing.assert_array_equal(first.with_columns([second]).text(), np.hstack(found))


def test_a_patient_who_is_not_there_has_no_alteration():
    classes = AlterationClasses.of_text(np.array([["splice"], ["loss"]]))
    assert classes.rows(np.array([1, -1, 0])).text().tolist() == [["loss"], [""], ["splice"]]


def test_a_group_without_members_in_the_data_has_no_class():
    classes = AlterationClasses.of_text(np.array([["splice"], ["loss"]]))
    assert classes.joined([]).text().tolist() == [[""], [""]]


def test_codes_are_read_only_and_small():
    classes = AlterationClasses.of_text(np.array([["splice", ""]]))
    assert classes.codes.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        classes.codes[0, 0] = 0


def test_over_255_labels_need_wider_codes():
    text = np.array([[f"kind{i:03d}" for i in range(300)]])
    classes = AlterationClasses.of_text(text)
    assert classes.codes.dtype == np.uint16
    np.testing.assert_array_equal(classes.text(), text)


def test_the_first_label_is_that_of_no_alteration():
    with pytest.raises(ValueError, match="first label"):
        AlterationClasses(np.zeros((1, 1), np.uint8), ("missense",))


CALLS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(KINDS)))


@given(CALLS)
def test_calls_of_one_cell_are_joined_whatever_their_order(calls):
    cells = tuple(np.array([call[axis] for call in calls], np.intp) for axis in (0, 1))
    kinds = pl.Series([call[2] for call in calls], dtype=pl.String)
    found = AlterationClasses.of_calls((4, 3), (cells[0], cells[1]), kinds).text()
    for i, j in np.ndindex(4, 3):
        assert found[i, j] == textbook_join([kind for *at, kind in calls if at == [i, j]])
