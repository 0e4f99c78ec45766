"""Workbooks as hospitals keep them: two calendars, mixed columns, errors, formulas."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import xlsxwriter

from embogen.cohort.schema import Variable
from embogen.errors import DataError
from embogen.io.tables import TableSource, read_cohort

DAY_FIRST = Variable("death_date", "date", "Death.", date_format="%d/%m/%Y")


def book(path: Path, cells: list[object], *, calendar: int = 1900, header="death_date") -> None:
    """Write a sheet of patients: dates as date cells, text as text, numbers as numbers."""
    with xlsxwriter.Workbook(path, {"date_1904": calendar == 1904}) as made:
        sheet = made.add_worksheet("Pts")
        date = made.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ["patient_id", header])
        for i, cell in enumerate(cells, 1):
            sheet.write_string(i, 0, f"P{i}")
            match cell:
                case dt.date():
                    sheet.write_datetime(i, 1, cell, date)
                case ("formula", text, value):
                    sheet.write_formula(i, 1, text, date, value)
                case str():
                    sheet.write_string(i, 1, cell)
                case None:
                    pass
                case _:
                    sheet.write_number(i, 1, cell)


def read(path: Path, *variables: Variable, **options: object) -> list[object]:
    source = TableSource("patients", path.name, path.parent, variables=variables, **options)
    return read_cohort([source])[0].patients["death_date"].to_list()


def refused(path: Path, *variables: Variable, **options: object) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(path, *variables, **options)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("calendar", [1900, 1904])
def test_date_cells_are_read_by_the_calendar_of_the_workbook(tmp_path: Path, calendar: int):
    days = [dt.date(2019, 3, 31), dt.date(1904, 3, 1), dt.date(2024, 2, 29), None]
    book(tmp_path / "a.xlsx", days, calendar=calendar)
    assert read(tmp_path / "a.xlsx") == days


def test_dates_among_text_are_a_question_that_names_the_cells(tmp_path: Path):
    cells = [dt.date(2019, 4, 3), "25/04/2019", dt.date(2019, 5, 12), "31/01/2020", None]
    book(tmp_path / "a.xlsx", cells)
    (question,) = refused(tmp_path / "a.xlsx", DAY_FIRST)
    assert question.startswith('a.xlsx, death_date (sheet "Pts"): holds 2 date cells (B2, B4) and')
    assert "2 cells of text (B3, B5)" in question
    assert "no date cell has a day over 12" in question
    assert "trust_date_cells = true" in question
    trusted = read(tmp_path / "a.xlsx", DAY_FIRST, trust_date_cells=True)
    assert trusted == [*[dt.date(2019, 4, 3), dt.date(2019, 4, 25)], *trusted[2:]]


def test_a_date_cell_late_in_its_month_is_no_sign_of_exchange_but_a_question_still(tmp_path: Path):
    book(tmp_path / "a.xlsx", [dt.date(2019, 4, 30), "25/04/2019"])
    (question,) = refused(tmp_path / "a.xlsx", DAY_FIRST)
    assert "over 12" not in question


def test_day_and_month_that_cannot_be_told_apart_name_file_sheet_and_cell(tmp_path: Path):
    book(tmp_path / "a.xlsx", ["2019-03-31", "03/04/2019"])
    (problem,) = refused(tmp_path / "a.xlsx")
    assert problem.startswith('a.xlsx row 3, death_date (sheet "Pts", cell B3): "03/04/2019" has')
    assert "cannot be told apart" in problem


def test_dates_and_iso_text_are_no_question(tmp_path: Path):
    book(tmp_path / "a.xlsx", [dt.date(2019, 4, 3), "2019-04-25"])
    assert read(tmp_path / "a.xlsx") == [dt.date(2019, 4, 3), dt.date(2019, 4, 25)]


def test_a_bare_serial_number_is_a_question_until_its_calendar_is_declared(tmp_path: Path):
    book(tmp_path / "a.xlsx", [43555, 43556])
    problems = refused(tmp_path / "a.xlsx")
    assert len(problems) == 2
    assert 'cell B2): "43555" is a number; as a serial date' in problems[0]
    days = {
        system: read(
            tmp_path / "a.xlsx", Variable("death_date", "date", "D.", date_format=f"excel-{system}")
        )[0]
        for system in (1900, 1904)
    }
    assert days == {1900: dt.date(2019, 3, 31), 1904: dt.date(2023, 4, 1)}


@pytest.mark.parametrize("cell", [43555.5, 60, 12, -3])
def test_a_serial_number_with_a_time_or_before_march_1900_is_no_date(tmp_path: Path, cell):
    book(tmp_path / "a.xlsx", [cell])
    variable = Variable("death_date", "date", "D.", date_format="excel-1900")
    (problem,) = refused(tmp_path / "a.xlsx", variable)
    assert "an Excel serial number was expected" in problem


def test_a_formula_counts_by_the_value_last_computed(tmp_path: Path):
    book(tmp_path / "a.xlsx", [("formula", "=DATE(2019,3,31)", 43555)])
    assert read(tmp_path / "a.xlsx") == [dt.date(2019, 3, 31)]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!"])
def test_an_error_is_named_and_never_an_empty_cell(tmp_path: Path, error: str):
    book(tmp_path / "a.xlsx", [dt.date(2019, 3, 31), ("formula", "=B9", error)])
    (problem,) = refused(tmp_path / "a.xlsx")
    assert f'a.xlsx row 3, death_date (sheet "Pts", cell B3): holds the error {error}' in problem
    assert read(tmp_path / "a.xlsx", missing=(error,)) == [dt.date(2019, 3, 31), None]


def test_an_error_in_a_column_nobody_declared_is_named_too(tmp_path: Path):
    book(tmp_path / "a.xlsx", [("formula", "=B9", "#NAME?")], header="my note")
    with pytest.raises(
        DataError, match=r"my note \(sheet \"Pts\", cell B2\): holds the error #NAM"
    ):
        read_cohort([TableSource("patients", "a.xlsx", tmp_path)])


def test_a_formula_never_computed_is_named(tmp_path: Path):
    book(tmp_path / "a.xlsx", [("formula", "=DATE(2019,3,31)", "")])
    (problem,) = refused(tmp_path / "a.xlsx")
    assert "cell B2): holds a formula without its value" in problem
