"""A blank Excel workbook: a sheet per table, drop-downs, checked ranges, a note on every header."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter

from embogen.cohort.schema import SCHEMAS

if TYPE_CHECKING:
    from embogen.cohort.schema import TableSchema, Variable

_ROWS: Final = 5000
"""Rows below the header that are checked as they are filled."""
_LISTED: Final = 255
"""Characters of a drop-down that a workbook holds in place."""
_FLAG: Final = ("yes", "no")
_FIRST_DAY: Final = dt.date(1900, 3, 1)
_LAST_DAY: Final = dt.date(2100, 12, 31)
_WIDEST: Final = 34
_TITLE_LIMIT: Final = 32
_README: Final = (
    "One sheet per table, one row per patient, session, scan or specimen; the first row stays.",
    "Hold the pointer over a header to read what belongs under it. Bold headers must be filled.",
    "Dates are date cells (or text as 2019-03-31). Leave a cell empty where a value is not known.",
    "Use pseudonyms in patient_id: no names, record numbers or dates of birth belong here.",
    "Columns you do not use may stay empty. Then: embogen check .",
)


def blank_workbook() -> bytes:
    """Make the workbook `embogen init --excel` writes.

    Returns
    -------
    bytes
        An .xlsx file with a sheet for each table of the registry, named as the table is.
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        # a fixed date, so that the same registry gives the same file
        book.set_properties({"title": "embogen study", "created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - the format has no time zone
        first = book.add_worksheet("Read me")
        first.set_column(0, 0, 100)
        for row, line in enumerate(_README):
            first.write_string(row, 0, line)
        for schema in SCHEMAS.values():
            _sheet(book, schema)
        book.get_worksheet_by_name("patients").activate()
    return buffer.getvalue()


def _sheet(book: Any, schema: TableSchema) -> None:  # noqa: ANN401 - xlsxwriter carries no types
    sheet = book.add_worksheet(schema.name)
    head = {"bg_color": "#E8EEF4", "bottom": 1, "text_wrap": False}
    needed, free = book.add_format({**head, "bold": True}), book.add_format(head)
    day, text = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "@"})
    for column, variable in enumerate(schema.variables):
        sheet.write_string(0, column, variable.name, needed if variable.required else free)
        sheet.write_comment(0, column, note_of(variable), {"x_scale": 2, "y_scale": 1.6})
        width = min(_WIDEST, max(len(variable.name) + 2, 11))
        # ids and text are text cells, so that 007 stays 007 and 3-4 does not become a date
        style = {"date": day, "id": text, "text": text}.get(variable.type)
        sheet.set_column(column, column, width, style)
        check = validation(variable)
        if check is not None:
            title = f"{variable.name}"[:_TITLE_LIMIT]
            check |= {"error_title": title, "error_message": _short(note_of(variable))}
            sheet.data_validation(1, column, _ROWS, column, check)
    sheet.freeze_panes(1, 1)


def note_of(variable: Variable) -> str:
    """Say what belongs under a header.

    Examples
    --------
    >>> note_of(SCHEMAS["patients"].variable("tumor_volume_ml"))
    'Volume of all liver metastases before the first embolization. In mL. From 0 to 20000.'
    """
    said = [variable.meaning]
    if variable.type == "date":
        said.append("A date: 2019-03-31.")
    if variable.type == "flag":
        said.append("yes or no.")
    if variable.allowed:
        said.append(f"One of: {', '.join(variable.allowed)}.")
    if variable.unit is not None:
        said.append(f"In {variable.unit}.")
    if variable.minimum is not None and variable.maximum is not None:
        said.append(f"From {variable.minimum:g} to {variable.maximum:g}.")
    elif variable.minimum is not None:
        said.append(f"From {variable.minimum:g}.")
    if variable.required:
        said.append("Required in every row.")
    return " ".join(said)


def _short(text: str) -> str:
    return text if len(text) <= _LISTED else text[: _LISTED - 1] + "\u2026"


def validation(variable: Variable) -> dict[str, Any] | None:
    """Say what a cell is checked for as it is filled, or None."""
    match variable.type:
        case "flag":
            return {"validate": "list", "source": list(_FLAG)}
        case "category" if len(",".join(variable.allowed)) <= _LISTED:
            return {"validate": "list", "source": list(variable.allowed)}
        case "date":
            between = {"criteria": "between", "minimum": _FIRST_DAY, "maximum": _LAST_DAY}
            return {"validate": "date", **between}
        case "number" | "integer":
            kind = "decimal" if variable.type == "number" else "integer"
            low, high = variable.minimum, variable.maximum
            if low is not None and high is not None:
                return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high}
            if low is not None:
                return {"validate": kind, "criteria": ">=", "value": low}
    return None
