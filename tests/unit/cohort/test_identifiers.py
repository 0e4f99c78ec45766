"""Columns that look like identifiers are named; those of the registry are not."""

from __future__ import annotations

import polars as pl
import pytest

from embogen.cohort.identifiers import holds_personal, identifier_caveats, looks_personal
from embogen.cohort.model import Cohort
from embogen.cohort.schema import SCHEMAS


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("Name", "a name"),
        ("last_name", "a name"),
        ("PatientName", "a name"),
        ("First Name", "a name"),
        ("MRN", "a record number"),
        ("Medical record no.", "a record number"),
        ("hospital-id", "a record number"),
        ("SSN", "a personal number"),
        ("home phone", "a telephone number"),
        ("Tel.", "a telephone number"),
        ("E-mail", "an e-mail address"),
        ("Street address", "an address"),
        ("zip", "an address"),
        ("DOB", "a date of birth"),
        ("date_of_birth", "a date of birth"),
        ("birth date", "a date of birth"),
    ],
)
def test_headers_of_identifiers(header, what):
    assert looks_personal(header) == what


@pytest.mark.parametrize(
    "header",
    ["filename", "panel", "cell_line", "Tumor_Sample_Barcode", "record_id", "gene name", "stage"],
)
def test_headers_that_are_none(header):
    assert looks_personal(header) is None


def test_no_column_of_the_registry_looks_like_an_identifier():
    for schema in SCHEMAS.values():
        assert [v.name for v in schema.variables if looks_personal(v.name)] == []


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["a.b@c.org", None, "none"], "e-mail addresses"),
        (["123-45-6789", "x"], "personal numbers"),
        (["+1 (212) 639-2000", "212 639 2001"], "telephone numbers"),
        (["00123456", "00123457", "x"], "record numbers"),
        (["Smith, John", "Müller Anna", "O'Neil, Sean", "Lee Ann", "Roe, Jo"], "names"),
        (["x" * 81], "free text, in which anything may stand"),
    ],
)
def test_contents_of_identifiers(cells, what):
    assert holds_personal(pl.Series(cells)) == what


@pytest.mark.parametrize(
    "cells",
    [
        ["2019-03-31", "31/03/2019", "03.04.19"],
        ["P-0004185", "P-0006382"],
        ["TCGA-OR-A5J1", "TCGA-OR-A5J2"],
        ["Small Bowel", "Small Bowel", "Small Bowel", "Small Bowel", "Rectum", "Lung"],
        ["280", "1363"],
        [],
        [None],
    ],
)
def test_contents_that_are_none(cells):
    assert holds_personal(pl.Series(cells, dtype=pl.String)) is None


def test_each_column_is_named_once_and_no_value_is_shown():
    patients = pl.DataFrame(
        {
            "patient_id": ["12345678", "12345679"],
            "DOB": ["1950-01-01", None],
            "contact": ["jane@doe.org", None],
            "source_row": [2, 3],
        }
    )
    found = identifier_caveats(Cohort(patients, files={"patients": "p.csv"}))
    assert [item.subject for item in found] == ["patient_id", "DOB", "contact"]
    assert not any(word in str(found) for word in ("jane", "1950", "12345678"))
