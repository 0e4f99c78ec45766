"""REDCap exports parted by instrument: every row and cell accounted for, what is odd refused."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from embogen.errors import DataError
from embogen.io.forms.redcap_export import INSTANCE, INSTRUMENT, RECORDS, split_instruments
from embogen.io.tables import TableSource, read_cohort
from embogen.io.text_table import parse_text_table

EXPORT = f"""patient_id,{INSTRUMENT},{INSTANCE},sex,who_grade,procedures_date,modality,reader,labs_x
P1,,,male,1,,,,
P1,procedures,1,,,2020-01-01,bland_embolization,,
P1,procedures,2,,,2020-02-01,DEB_TACE,,
P1,labs,1,,,,,,7
P2,,,female,3,,,,
P2,procedures,1,,,2020-03-01,TARE,,
"""


def split(text: str = EXPORT):
    return split_instruments(parse_text_table(text, "export.csv"))


def test_rows_go_to_their_instrument_with_the_columns_they_fill():
    found = split()
    assert found.rows == {RECORDS: 2, "procedures": 3, "labs": 1}
    assert found.tables[RECORDS].headers == (
        "patient_id", INSTRUMENT, INSTANCE, "sex", "who_grade", "reader",
    )  # fmt: skip
    assert found.tables["procedures"].headers[3:] == ("procedures_date", "modality")
    assert found.tables["procedures"].rows.to_list() == [3, 4, 7]  # rows of the file, for messages
    assert found.tables["labs"].column("labs_x").to_list() == ["7"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("P1,labs,1", ",labs,1", "row 5, patient_id: is empty, and every row"),
        ("P1,labs,1", "P1,labs,", "row 5, redcap_repeat_instance: names an instrument or"),
        ("P1,labs,1", "P1,,1", "row 5, redcap_repeat_instance: names an instrument or"),
        ("P1,procedures,2", "P1,procedures,1", 'row 4, patient_id: "P1" stands in an earlier row'),
        ("P2,,,female", "P1,,,female", 'row 6, patient_id: "P1" stands in an earlier row'),
        (",,,,7", ",2020-01-01,,,7", "row 5, procedures_date: is filled in rows of procedures and"),
    ],
)
def test_what_cannot_be_in_an_export_is_named(old, new, words):
    assert old in EXPORT
    with pytest.raises(DataError) as caught:
        split(EXPORT.replace(old, new, 1))
    assert f"export.csv {words}" in str(caught.value)


def test_an_instrument_without_instances_is_refused():
    with pytest.raises(DataError, match=INSTANCE):
        split(f"id,{INSTRUMENT}\n1,\n")


def test_a_longitudinal_export_may_repeat_a_record_in_another_event():
    text = f"id,redcap_event_name,{INSTRUMENT},{INSTANCE},x\n1,a,,,2\n1,b,,,3\n"
    assert split(text).rows == {RECORDS: 2}


instruments = st.sampled_from(["", "procedures", "assessments", "labs"])


@hypothesis.given(
    st.lists(
        st.tuples(st.integers(1, 9), instruments, st.lists(st.booleans(), min_size=3, max_size=3))
    )
)
def test_rows_and_cells_add_up_whatever_the_export(rows):
    fields = {"": "abc", "procedures": "def", "assessments": "ghi", "labs": "jkl"}
    seen: Counter[tuple[int, str]] = Counter()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", INSTRUMENT, INSTANCE, *"abcdefghijkl"])
    cells = n = 0
    for record, name, filled in rows:
        seen[record, name] += 1
        if not name and seen[record, name] > 1:
            continue
        place = dict(zip(fields[name], filled, strict=True))
        values = ["x" if place.get(letter) else "" for letter in "abcdefghijkl"]
        writer.writerow([record, name, seen[record, name] if name else "", *values])
        n, cells = n + 1, cells + values.count("x")
    found = split(out.getvalue())
    assert sum(found.rows.values()) == n
    kept = [
        table.frame.select(f"c{i}")
        for table in found.tables.values()
        for i in range(3, len(table.headers))
    ]
    assert sum(int((column.to_series() == "x").sum()) for column in kept) == cells


def source(table: str, folder: Path, **options: object) -> TableSource:
    return TableSource(table, "export.csv", folder, **options)


def test_a_cohort_is_read_from_one_export_and_the_rest_is_counted(tmp_path: Path):
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    columns = {"date": "procedures_date"}
    sources = [source("patients", tmp_path), source("procedures", tmp_path, columns=columns)]
    cohort, (caveat,) = read_cohort(sources)
    assert cohort.patients["who_grade"].to_list() == ["1", "3"]
    assert cohort.procedures["modality"].to_list() == ["bland embolization", "DEB-TACE", "TARE"]
    assert caveat.code == "instrument_not_used"
    assert "export.csv: 6 rows = 2 of records + 3 of procedures + 1 of labs" in caveat.message
    assert caveat.evidence == {"records": 2, "procedures": 3, "labs": 1}


def test_an_instrument_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path):
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    with pytest.raises(DataError, match=r"labs \(1 rows\)"):
        read_cohort([source("patients", tmp_path), source("specimens", tmp_path)])
    (tmp_path / "export.csv").write_text("patient_id\nP1\n", encoding="utf-8")
    with pytest.raises(DataError, match="names an instrument of it"):
        read_cohort([source("patients", tmp_path, instrument="records")])
