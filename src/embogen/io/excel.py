"""Excel and OpenDocument workbooks to `RawTable`: cells are read as they are and typed by us."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import python_calamine

from embogen.io.files import read_bytes, refuse
from embogen.io.raw_table import RawTable, SheetCells, table_from_records
from embogen.io.workbook_faults import cell_faults
from embogen.io.zip_size import refuse_bomb

SUFFIXES: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def read_excel(file: str, *, folder: Path, sheet: str | None = None) -> RawTable:
    """Read a sheet of a workbook.

    Dates come as ISO 8601 whichever of the two date systems the workbook counts in, whole numbers
    without a decimal point, booleans as true/false, formulas as the value last computed, so that a
    sheet and its export as text give the same cells. Row numbers are those of the sheet.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.
    sheet
        Name of the sheet; None where the workbook has one.

    Raises
    ------
    DataError
        No such file, no workbook, no such sheet, several sheets and none named, an empty sheet,
        implausible size, or anything `table_from_records` refuses.
    """
    data = read_bytes(file, folder)
    refuse_bomb(data, file)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - a damaged file makes the reader raise whatever it likes
        remedy = "Open it in a spreadsheet program and save it again, without a password."
        raise refuse(file, "is no workbook that can be read", remedy) from None
    name = _sheet_name(workbook.sheet_names, sheet, file)
    try:
        cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except Exception:  # noqa: BLE001 - as above
        remedy = "Open it in a spreadsheet program and save it again."
        raise refuse(file, f'sheet "{name}" cannot be read', remedy) from None
    records = [[_text(cell) for cell in row] for row in cells]
    rows = list(range(1, len(records) + 1))
    while records and not any(cell.strip() for cell in records[0]):
        records.pop(0)
        rows.pop(0)
    if not records:
        raise refuse(file, f'sheet "{name}" is empty', "Name another sheet.")
    table = table_from_records(records, rows, file)
    return dataclasses.replace(table, cells=_sheet_cells(table, data, cells, name))


def _sheet_cells(
    table: RawTable, data: bytes, cells: Sequence[Sequence[object]], sheet: str
) -> SheetCells:
    """Note which cells are dates to the workbook, and which have lost their value."""
    width = len(table.headers)
    dated = tuple(
        frozenset(i for i, cell in enumerate(cells[row - 1][:width]) if isinstance(cell, dt.date))
        for row in table.rows
    )
    letters = tuple(_letter(i) for i in range(width))
    place = {letter: i for i, letter in enumerate(letters)}
    kept = set(table.rows)
    faults = tuple(
        (fault.row, place[fault.letter], fault.error)
        for fault in cell_faults(data, sheet, table.file)
        if fault.letter in place and fault.row in kept
    )
    return SheetCells(sheet, letters, dated, faults)


def _letter(position: int) -> str:
    """Name a column as a spreadsheet does: 0 is A, 26 is AA."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _sheet_name(names: list[str], wanted: str | None, file: str) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    if wanted is not None:
        if wanted not in names:
            raise refuse(file, f'has no sheet "{wanted}"', f"It has: {listed}.")
        return wanted
    if len(names) != 1:
        remedy = f"Name one with `sheet`: {listed}."
        raise refuse(file, f"has {len(names)} sheets, and none is named", remedy)
    return names[0]


def _text(cell: object) -> str:
    """Write a cell as its export to text would."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case dt.datetime():
            midnight = cell.time() == dt.time()
            return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
        case dt.date():
            return cell.isoformat()
        case _:
            return str(cell)
