"""Cells of an .xlsx sheet that hold no value: errors (#N/A, #REF!) and formulas never computed.

The workbook reader gives both as empty cells, which would make a missing value of a mistake.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from embogen.io.files import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

_CELL: Final = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ATTRIBUTE: Final = re.compile(rb'\b([rt])="([^"]*)"')
_VALUE: Final = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]+)</")
_INLINE: Final = re.compile(rb"<(?:\w+:)?is\b")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f\b")
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})(\d+)")
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell without a value: where, and the error it shows; "" for a formula never computed."""

    letter: str
    row: int
    error: str


def cell_faults(data: bytes, sheet: str, file: str) -> tuple[CellFault, ...]:
    """Find the cells of a sheet that hold an error, or a formula without its value.

    Parameters
    ----------
    data
        The workbook; anything but .xlsx and .xlsm gives an empty answer.
    sheet
        Name of the sheet.
    file
        Name of the workbook, for messages.

    Raises
    ------
    DataError
        When the parts of the workbook that name its sheets declare entities, as no spreadsheet
        program does.
    """
    if not data.startswith(b"PK"):
        return ()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = _part(archive, sheet, file)
        if part is None:
            return ()
        xml = archive.read(part)
    if b't="e"' not in xml and not _FORMULA.search(xml):
        return ()
    return tuple(_faults(xml))


def _faults(xml: bytes) -> Iterator[CellFault]:
    for cell in _CELL.finditer(xml):
        attributes = dict(_ATTRIBUTE.findall(cell[1]))
        content = cell[2] or b""
        value = _VALUE.search(content)
        error = attributes.get(b"t") == b"e"
        lost = value is None and _FORMULA.search(content) and not _INLINE.search(content)
        # a formula whose text is empty is one of type "str", and has been computed
        if not error and (not lost or attributes.get(b"t") == b"str"):
            continue
        place = _REFERENCE.fullmatch(attributes.get(b"r", b"").decode("ascii", "replace"))
        if place is not None:
            shown = value[1].decode("utf-8", "replace") if error and value is not None else ""
            yield CellFault(place[1], int(place[2]), shown)


def _part(archive: zipfile.ZipFile, sheet: str, file: str) -> str | None:
    """Find the part that holds a sheet."""
    names = set(archive.namelist())
    book, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if not {book, relations} <= names:
        return None
    wanted = next(
        (
            item.get(_RELATION)
            for item in _parsed(archive.read(book), file).iter()
            if item.tag.endswith("}sheet") and item.get("name") == sheet
        ),
        None,
    )
    for item in _parsed(archive.read(relations), file):
        if item.get("Id") == wanted:
            part = posixpath.normpath(posixpath.join("xl", item.get("Target", "")))
            part = part if not item.get("Target", "").startswith("/") else item.get("Target", "")
            return part.lstrip("/") if part.lstrip("/") in names else None
    return None


def _parsed(xml: bytes, file: str) -> ET.Element:
    """Parse a small part; entities, with which a part could grow without bound, are refused."""
    try:
        if b"<!DOCTYPE" not in xml:
            return ET.fromstring(xml)  # noqa: S314 - no document type, so no entities
    except ET.ParseError:
        pass
    raise refuse(file, "is a damaged workbook", "Open it in a spreadsheet program and save it.")
