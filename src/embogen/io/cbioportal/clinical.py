"""Clinical attributes of patients and samples: the four comment rows and the cells below them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.schema import Variable, VariableType
from embogen.errors import DataError, DataProblem
from embogen.io.raw_table import RawTable, clipped
from embogen.io.tab_table import TabTable, read_tab_table
from embogen.io.typed_columns import NULL_WORDS

DATATYPES: Final[Mapping[str, VariableType]] = MappingProxyType(
    {"STRING": "text", "NUMBER": "number", "BOOLEAN": "flag"}
)
"""Datatypes the third comment row may name, and what their cells are read as."""

NULLS: Final = (
    *NULL_WORDS,
    "[Not Evaluated]",
    "[Discrepancy]",
    "[Completed]",
    "[Pending]",
    "Not Collected",
    "Not Released",
    "Not Reported",
    "not reported",
)
"""Words of public studies that mean an empty cell, in every column."""

_NO_NUMBER: Final = ("unknown", "not done", "pending", "indeterminate", "cannotreleasehipaa")
"""Words that mean an empty cell in a column of numbers, and may be a category elsewhere."""

_BOUND: Final = r"^[<>]=?\s*(-?\d+(?:\.\d+)?)$"
_ROWS: Final = ("display name", "description", "datatype", "priority")


@dataclass(frozen=True, slots=True)
class Attribute:
    """A clinical attribute as its file declares it.

    Parameters
    ----------
    name
        The header: ``OS_MONTHS``.
    label, description
        First and second comment row.
    datatype
        ``STRING``, ``NUMBER`` or ``BOOLEAN``.
    priority
        0 hides, 1 is usual, higher is more prominent.
    """

    name: str
    label: str
    description: str
    datatype: str
    priority: int

    @property
    def variable(self) -> Variable:
        """The attribute as a declared variable."""
        return Variable(
            self.name,
            DATATYPES[self.datatype],
            self.description or self.label,
            label=self.label,
            priority=self.priority,
        )


@dataclass(frozen=True, slots=True, eq=False)
class ClinicalTable:
    """A clinical file: its cells, its attributes, and what the reader should know."""

    raw: RawTable
    attributes: tuple[Attribute, ...]
    caveats: tuple[Caveat, ...]


def read_clinical(file: str, *, folder: Path) -> ClinicalTable:
    """Read a file of patient or sample attributes.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.

    Returns
    -------
    ClinicalTable
        Cells as text. In columns of numbers a limit such as ``>89`` is taken as its number, with
        the caveat ``bounded_values``; words such as Unknown are empty there.

    Raises
    ------
    DataError
        With every problem: what `read_tab_table` refuses, comment rows that are too few, too
        long, or name no datatype or priority, empty identifiers.
    """
    table = read_tab_table(file, folder=folder)
    attributes, problems = _attributes(table)
    for header in ("PATIENT_ID", "SAMPLE_ID"):
        problems += _empty_identifiers(table.raw, header)
    if problems:
        raise DataError(problems)
    raw, caveats = _plain_numbers(table.raw, attributes)
    return ClinicalTable(raw, attributes, caveats)


def _attributes(table: TabTable) -> tuple[tuple[Attribute, ...], list[DataProblem]]:
    """Read the comment rows; without any, every attribute is text."""
    headers, file = table.raw.headers, table.raw.file
    rows = [row for row in table.comments if not _levels(row)]
    if not rows:
        return tuple(Attribute(name, name, "", "STRING", 1) for name in headers), []
    problems: list[DataProblem] = []
    if len(rows) != len(_ROWS):
        message = f"has {len(rows)} comment rows above its header, and 4 were expected"
        remedy = f"They are: {', '.join(_ROWS)}, each beginning with #."
        return (), [DataProblem(file, message, remedy)]
    for i, row in enumerate(rows):
        if len(row) > len(headers) and any(row[len(headers) :]):
            message = f"the {_ROWS[i]} row has {len(row)} cells, and the header {len(headers)}"
            remedy = "Look for an additional tab."
            problems.append(DataProblem(file, message, remedy, row=i + 1))
    cells = [[*row, *[""] * len(headers)][: len(headers)] for row in rows]
    found = []
    for name, label, description, datatype, priority in zip(headers, *cells, strict=True):
        if datatype.upper() not in DATATYPES:
            message = f"is not one of {', '.join(DATATYPES)}"
            remedy = "Correct the third comment row."
            problems.append(DataProblem(file, message, remedy, 3, name, datatype))
            continue
        if not re.fullmatch(r"\d*", priority):
            message = "is no priority (a whole number)"
            remedy = "Correct the fourth comment row; 1 is usual."
            problems.append(DataProblem(file, message, remedy, 4, name, priority))
            continue
        order = int(priority[:6] or 1)
        found.append(Attribute(name, label or name, description, datatype.upper(), order))
    return tuple(found), problems


def _levels(row: Sequence[str]) -> bool:
    """Tell whether a comment row holds PATIENT and SAMPLE, as old files have it."""
    words = {cell.upper() for cell in row if cell}
    return bool(words) and words <= {"PATIENT", "SAMPLE"}


def _plain_numbers(
    raw: RawTable, attributes: Sequence[Attribute]
) -> tuple[RawTable, tuple[Caveat, ...]]:
    """Write limits as their numbers and empty the words that stand for no number."""
    frame = raw.frame
    caveats = []
    for attribute in attributes:
        if attribute.datatype != "NUMBER":
            continue
        column = f"c{raw.headers.index(attribute.name)}"
        bound = frame[column].str.extract(_BOUND, 1)
        count = len(bound) - bound.null_count()
        if count:
            cells = frame[column].filter(bound.is_not_null())
            shown = ", ".join(f'"{cell}"' for cell in cells.unique().sort()[:3])
            message = (
                f"{raw.file}: {count} cell{'' if count == 1 else 's'} of {attribute.name} "
                f"give{'s' if count == 1 else ''} a limit ({shown}); the limit was taken as value."
            )
            caveats.append(Caveat("bounded_values", message, {"cells": count}, attribute.name))
        plain = bound.fill_null(frame[column]) if count else frame[column]
        empty = plain.str.to_lowercase().is_in(list(_NO_NUMBER))
        if not count and not empty.any():
            continue
        frame = frame.with_columns(
            pl.select(pl.when(~empty).then(plain).otherwise(pl.lit(""))).to_series().alias(column)
        )
    return RawTable(raw.file, raw.headers, frame, raw.rows), tuple(caveats)


def _empty_identifiers(raw: RawTable, header: str) -> list[DataProblem]:
    """Name the rows without an id."""
    if header not in raw.headers:
        return []
    rows = raw.rows.filter(raw.column(header).is_in(list(NULL_WORDS)))
    message = "is empty, and an identifier was expected"
    remedy = "Fill the cell, or remove the row."
    return clipped([DataProblem(raw.file, message, remedy, row=row, column=header) for row in rows])
