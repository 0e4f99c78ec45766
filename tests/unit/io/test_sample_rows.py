"""Rows of patients by id, whatever the ids look like."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embogen.io.sample_rows import PatientIndex

ID = st.one_of(
    st.integers(0, 30).map(str),
    st.integers(0, 30).map(lambda number: f"P-{number:03d}"),
    st.integers(0, 30).map(lambda number: f"P-{number}"),
    st.text(max_size=4),
    st.sampled_from(["", "+1", "P-", "P-0x1", "-1", " 1", "P-99999999999", "P-4294967295"]),
)


@given(patients=st.lists(ID, unique=True, max_size=12), asked=st.lists(ID, max_size=12))
def test_every_id_has_the_row_of_its_patient(patients, asked):
    asked = [*asked, *patients]
    rows = PatientIndex(patients).rows(pl.Series(asked, dtype=pl.String))
    place = {patient: row for row, patient in enumerate(patients)}
    assert rows.to_list() == [place.get(one) for one in asked]
    assert rows.dtype == pl.Int32


@pytest.mark.parametrize(
    ("patients", "by_number"),
    [
        (["SYN-0000001", "SYN-0000003"], True),
        (["12", "7"], True),
        (["P-7", "P-07"], False),
        (["P-1", "P-x"], False),
        (["P-4000000000", "P-1"], False),
    ],
)
def test_numbers_are_used_where_they_tell_patients_apart(patients, by_number):
    assert (PatientIndex(patients)._table is not None) is by_number
