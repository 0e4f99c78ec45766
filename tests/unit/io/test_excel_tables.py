"""Workbooks: cells as they are, dates as ISO, and problems by sheet."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from embogen.errors import DataError
from embogen.io.excel import read_excel
from embogen.io.tables import TableSource, read_cohort


def write_book(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(i, j, cell)


def refused(folder: Path, file: str, sheet: str | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_excel(file, folder=folder, sheet=sheet)
    return str(caught.value)


def test_cells_become_the_text_a_csv_export_would_hold(tmp_path: Path):
    write_book(
        tmp_path / "a.xlsx",
        {
            "Sheet1": [
                ["id", "n", "x", "d", "flag"],
                [1, 3.0, 2.5, dt.date(2020, 3, 1), True],
                [None, None, None, None, None],
                ["007", "n/a", " x ", dt.datetime(2020, 3, 1, 12, 30), False],  # noqa: DTZ001 - a cell has no time zone
            ]
        },
    )
    table = read_excel("a.xlsx", folder=tmp_path)
    assert table.headers == ("id", "n", "x", "d", "flag")
    assert table.rows.to_list() == [2, 4]
    assert table.frame.rows() == [
        ("1", "3", "2.5", "2020-03-01", "true"),
        ("007", "n/a", "x", "2020-03-01 12:30:00", "false"),
    ]


def test_rows_above_the_header_are_passed_over_and_counted(tmp_path: Path):
    write_book(tmp_path / "a.xlsx", {"S": [[None], [None, None], ["id", "x"], ["a", 1]]})
    table = read_excel("a.xlsx", folder=tmp_path)
    assert table.rows.to_list() == [4]


def test_sheets_must_be_told_apart(tmp_path: Path):
    write_book(tmp_path / "a.xlsx", {"One": [["id"], ["a"]], "Two": [["id"], ["b"]], "No": []})
    assert 'Name one with `sheet`: "One", "Two", "No"' in refused(tmp_path, "a.xlsx")
    assert 'has no sheet "Three"' in refused(tmp_path, "a.xlsx", "Three")
    assert 'sheet "No" is empty' in refused(tmp_path, "a.xlsx", "No")
    assert read_excel("a.xlsx", folder=tmp_path, sheet="Two").frame.rows() == [("b",)]


@pytest.mark.parametrize(
    "content", [b"id,x\n1,2\n", b"PK\x03\x04nonsense", b"\xd0\xcf\x11\xe0junk"]
)
def test_a_file_that_is_no_workbook_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "a.xlsx").write_bytes(content)
    assert "is no workbook that can be read" in refused(tmp_path, "a.xlsx")


def test_a_zip_bomb_is_refused(tmp_path: Path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (80 * 2**20))
    (tmp_path / "a.xlsx").write_bytes(packed.getvalue())
    assert "unpacks to over 64 MB" in refused(tmp_path, "a.xlsx")


def test_a_workbook_and_its_export_give_the_same_cohort(tmp_path: Path):
    rows: list[list[object]] = [
        ["patient_id", "who_grade", "death_date", "extrahepatic_disease"],
        ["P1", 2, dt.date(2020, 5, 1), True],
        ["P2", 3, None, False],
    ]
    write_book(tmp_path / "p.xlsx", {"S": rows})
    (tmp_path / "p.csv").write_text(
        "patient_id,who_grade,death_date,extrahepatic_disease\nP1,2,2020-05-01,yes\nP2,3,,no\n"
    )
    tables = [
        read_cohort([TableSource("patients", file, tmp_path)])[0].patients
        for file in ("p.xlsx", "p.csv")
    ]
    assert tables[0].equals(tables[1])
