"""Forms to fill: what is entered in them is what the reader accepts."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile

import polars as pl
import pytest
from lxml import etree

from embogen.cohort.schema import SCHEMAS
from embogen.io.forms.redcap_dictionary import choice_code, data_dictionary, field_names
from embogen.io.forms.workbook import blank_workbook, validation
from embogen.io.typed_columns import Place, typed_column

VARIABLES = [(schema.name, item) for schema in SCHEMAS.values() for item in schema.variables]
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def typed(variable, text):
    place = Place("a.csv", variable.name, pl.Series([2]), "patients")
    return typed_column(pl.Series([text]), variable, place)


def parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(blank_workbook())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_same_registry_gives_the_same_workbook():
    assert blank_workbook() == blank_workbook()


def test_every_table_has_a_sheet_with_its_headers_notes_and_no_rows():
    found = parts()
    book = etree.fromstring(found["xl/workbook.xml"])
    names = [sheet.get("name") for sheet in book.iterfind(".//m:sheet", NS)]
    assert names == ["Read me", *SCHEMAS]
    strings = etree.fromstring(found["xl/sharedStrings.xml"])
    texts = ["".join(item.itertext()) for item in strings.iterfind("m:si", NS)]
    for number, schema in enumerate(SCHEMAS.values(), 2):
        sheet = etree.fromstring(found[f"xl/worksheets/sheet{number}.xml"])
        (row,) = sheet.iterfind(".//m:row", NS)
        headers = [texts[int(cell.findtext("m:v", namespaces=NS))] for cell in row]
        assert headers == [item.name for item in schema.variables]
        notes = etree.fromstring(found[f"xl/comments{number - 1}.xml"])
        assert len(notes.findall(".//m:comment", NS)) == len(headers)
        said = "".join(notes.itertext())
        assert all(item.meaning in said for item in schema.variables)


def test_drop_downs_offer_what_is_allowed():
    sheet = etree.fromstring(parts()["xl/worksheets/sheet2.xml"])
    checks = {item.get("sqref"): item for item in sheet.iterfind(".//m:dataValidation", NS)}
    at = [item.name for item in SCHEMAS["patients"].variables].index("who_grade")
    letter = chr(ord("A") + at)
    check = checks[f"{letter}2:{letter}5001"]
    assert check.get("type") == "list"
    assert check.findtext("m:formula1", namespaces=NS) == '"1,2,3"'


@pytest.mark.parametrize(("table", "variable"), VARIABLES)
def test_what_a_form_offers_is_accepted_by_the_reader(table, variable):
    check = validation(variable)
    if check is None:
        assert variable.type in {"id", "text"} or len(",".join(variable.allowed)) > 255
        return
    offered = check.get("source") or [
        check.get("minimum"),
        check.get("maximum"),
        check.get("value"),
    ]
    for value in offered:
        if value is None:
            continue
        text = value.isoformat() if isinstance(value, dt.date) else f"{value}"
        values, problems = typed(variable, text)
        assert problems == []
        assert values[0] is not None


def dictionary() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data_dictionary())))


def test_the_dictionary_keeps_the_rules_of_redcap():
    rows = dictionary()
    assert len(rows[0]) == 18
    fields = [row["Variable / Field Name"] for row in rows]
    assert fields[0] == "patient_id"  # the record id comes first
    assert len(set(fields)) == len(fields)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", field) for field in fields)
    forms = [row["Form Name"] for row in rows]
    assert forms == sorted(forms, key=list(SCHEMAS).index)  # a form stands in one piece
    for row in rows:
        choices = row["Choices, Calculations, OR Slider Labels"]
        assert bool(choices) == (row["Field Type"] == "radio")
        codes = [choice.split(", ")[0] for choice in choices.split(" | ")] if choices else []
        assert len(set(codes)) == len(codes)
        assert all(re.fullmatch(r"\w+", code) for code in codes)


@pytest.mark.parametrize(("table", "variable"), VARIABLES)
def test_a_code_of_the_dictionary_is_read_back_as_its_category(table, variable):
    for word in variable.allowed:
        values, problems = typed(variable, choice_code(word))
        assert problems == []
        assert values[0] == word


def test_every_column_a_reader_wants_has_a_field():
    names = field_names()
    for table, variable in VARIABLES:
        given = variable.name == "patient_id" and table != "patients"
        key = variable.name == SCHEMAS[table].key and not variable.required
        assert ((table, variable.name) in names) == (not given and not key)
