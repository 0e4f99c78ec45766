"""Text cells to typed columns by their declared `Variable`, naming every cell that does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.errors import DataProblem
from embogen.io.place import Place
from embogen.io.raw_table import clipped
from embogen.io.workbook_dates import SERIAL_DAYS, from_serial, mixed_date_question

if TYPE_CHECKING:
    from collections.abc import Callable

    from embogen.cohort.schema import Variable

NULL_WORDS: Final = (
    "",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "NaN",
    "nan",
    "null",
    "NULL",
    ".",
    "Not Available",
    "Not Applicable",
    "[Not Available]",
    "[Not Applicable]",
    "[Unknown]",
)
"""Words that mean an empty cell everywhere. ``unknown`` is not among them: it may be a category
of its own (unknown primary), so a study that means "missing" by it declares it."""

_FLAGS: Final[Mapping[str, bool]] = MappingProxyType(
    {
        **dict.fromkeys(("1", "true", "t", "yes", "y"), True),
        **dict.fromkeys(("0", "false", "f", "no", "n"), False),
    }
)
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100
_ISO: Final = r"^\d{4}-\d{1,2}-\d{1,2}([T ]00:00(:00(\.0+)?)?Z?)?$"


@dataclass(frozen=True, slots=True)
class _Finding:
    """Cells that do not fit, with one wording for all of them."""

    bad: pl.Series
    message: str
    remedy: str


def typed_column(
    cells: pl.Series, variable: Variable, place: Place
) -> tuple[pl.Series, list[DataProblem]]:
    """Type one column.

    Parameters
    ----------
    cells
        (n,) text, null where empty.
    variable
        Its declaration.
    place
        For the messages.

    Returns
    -------
    typed
        (n,) the values, null where empty or refused.
    problems
        One for each cell refused (long lists are cut and counted).

    Examples
    --------
    >>> from embogen.cohort.schema import Variable
    >>> grade = Variable("who_grade", "category", "Grade.", allowed=("1", "2", "3"))
    >>> place = Place("patients.csv", "who_grade", pl.Series([2, 3]), "patients")
    >>> values, problems = typed_column(pl.Series(["G2", "4"]), grade, place)
    >>> str(problems[1]).split(". ")[0]
    'patients.csv row 3, who_grade: "4" is not one of 1, 2, 3'
    """
    values, findings = _READERS[variable.type](cells, variable)
    problems: list[DataProblem] = []
    if variable.required or variable.complete:
        remedy = "Fill the cell, or leave the row out."
        findings.append(_Finding(cells.is_null(), "is empty, and a value was expected", remedy))
    for finding in findings:
        problems += clipped(_listed(cells, finding, place, variable))
    if variable.type == "date" and place.dated is not None:
        problems += mixed_date_question(cells, place)
    return values, problems


def _listed(
    cells: pl.Series, finding: _Finding, place: Place, variable: Variable
) -> list[DataProblem]:
    at = finding.bad.fill_null(value=False).arg_true()
    remedy = finding.remedy.replace("{variable}", f"variable.{variable.name}").replace(
        "{missing}", f"data.{place.table}.missing"
    )
    return [
        DataProblem(
            place.file, finding.message, remedy, row=row, column=place.cell(row), value=cell
        )
        for row, cell in zip(place.rows.gather(at), cells.gather(at), strict=True)
    ]


def _text(cells: pl.Series, _variable: Variable) -> tuple[pl.Series, list[_Finding]]:
    return cells, []


def _number(cells: pl.Series, variable: Variable) -> tuple[pl.Series, list[_Finding]]:
    values = cells.cast(pl.Float64, strict=False)
    values = null_where(values, ~values.is_finite())
    refused = cells.is_not_null() & values.is_null()
    remedy = 'Write it as 3.5; if it means "missing", add it to {missing} in the study file.'
    findings = [_Finding(refused, "is not a number", remedy)]
    return values, findings + _range(values, variable)


def _range(values: pl.Series, variable: Variable) -> list[_Finding]:
    low, high = variable.minimum, variable.maximum
    outside = pl.Series([False] * len(values), dtype=pl.Boolean)
    if low is not None:
        outside = outside | (values < low)
    if high is not None:
        outside = outside | (values > high)
    unit = f" {variable.unit}" if variable.unit else ""
    if low is not None and high is not None:
        expected = f"{low:g} to {high:g}{unit}"
    else:
        expected = f"at least {low:g}{unit}" if low is not None else f"at most {high or 0:g}{unit}"
    remedy = "Correct the cell, or declare another range under {variable} in the study file."
    return [_Finding(outside, f"is out of range; {expected} was expected", remedy)]


def _integer(cells: pl.Series, variable: Variable) -> tuple[pl.Series, list[_Finding]]:
    numbers, findings = _number(cells, variable)
    broken = (numbers != numbers.floor()) | (numbers.abs() > 2**53)
    findings.append(_Finding(broken, "is not a whole number", "Correct the cell."))
    return null_where(numbers, broken).cast(pl.Int64), findings


def _flag(cells: pl.Series, _variable: Variable) -> tuple[pl.Series, list[_Finding]]:
    values = cells.str.to_lowercase().replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)
    refused = cells.is_not_null() & values.is_null()
    remedy = (
        "Write yes or no (or 1/0, true/false); if it means "
        '"missing", add it to {missing} in the study file.'
    )
    return values, [_Finding(refused, "is not yes or no", remedy)]


def _category(cells: pl.Series, variable: Variable) -> tuple[pl.Series, list[_Finding]]:
    spellings = {_folded(word): value for word, value in variable.aliases}
    spellings |= {_folded(value): value for value in variable.allowed}
    exact = set(variable.allowed)
    meaning = {
        cell: cell if cell in exact else spellings.get(_folded(cell))
        for cell in cells.drop_nulls().unique().to_list()
    }
    values = cells.replace_strict(meaning, default=None, return_dtype=pl.String)
    refused = cells.is_not_null() & values.is_null()
    message = f"is not one of {', '.join(variable.allowed)}"
    remedy = "Correct the cell, or declare the values under {variable}.allowed in the study file."
    return values, [_Finding(refused, message, remedy)]


def _folded(word: str) -> str:
    """Fold case, blanks, hyphens and underscores; a whole number's ``.0`` is dropped."""
    folded = re.sub(r"[\s_-]+", " ", word).strip().casefold()
    return re.sub(r"^(\d+)\.0+$", r"\1", folded)


def _date(cells: pl.Series, variable: Variable) -> tuple[pl.Series, list[_Finding]]:
    shape = variable.date_format
    values = cells.str.slice(0, 10).str.strip_suffix("T").str.to_date("%Y-%m-%d", strict=False)
    iso = cells.str.contains(_ISO)
    declare = "Write it as YYYY-MM-DD, or declare {variable}.date_format in the study file."
    serial = cells.str.contains(r"^\d{5}(\.\d+)?$")
    if shape is not None and shape in SERIAL_DAYS:
        values = from_serial(cells, shape).fill_null(null_where(values, ~iso))
        form, remedy = "an Excel serial number", "Correct the cell, or {variable}.date_format."
        impossible = serial = cells.is_null() & cells.is_not_null()
    elif shape is None:
        values = null_where(values, ~iso)
        form, remedy = "YYYY-MM-DD", declare
        impossible = iso & values.is_null()
    else:
        own = cells.str.to_date(shape, strict=False)
        # a workbook's date cells come as ISO whatever the format of the text cells beside them
        values = own.fill_null(null_where(values, ~iso))
        form, remedy = shape, "Correct the cell, or {variable}.date_format in the study file."
        impossible = cells.is_null() & cells.is_not_null()
    refused = cells.is_not_null() & values.is_null() & ~impossible
    slashed = refused & cells.str.contains(r"^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$")
    guess = "has a day and a month that cannot be told apart" if shape is None else "is no date"
    years = values.dt.year()
    implausible = (years < _FIRST_YEAR) | (years > _LAST_YEAR)
    findings = [
        _Finding(impossible, "is no day of the calendar", "Correct the cell."),
        _Finding(slashed, f"{guess}; {form} was expected", remedy),
        _Finding(
            refused & serial,
            "is a number; as a serial date of Excel it is one day counted from 1900 and another, "
            "four years later, from 1904",
            'Format the cells as dates, or declare {variable}.date_format as "excel-1900" or '
            '"excel-1904" in the study file.',
        ),
        _Finding(refused & ~slashed & ~serial, f"is not a date; {form} was expected", remedy),
        _Finding(
            implausible,
            f"is not in a year from {_FIRST_YEAR} to {_LAST_YEAR}",
            "Correct the cell.",
        ),
    ]
    return null_where(values, implausible), findings


def null_where(values: pl.Series, mask: pl.Series) -> pl.Series:
    """Put null where a mask holds."""
    frame = pl.DataFrame({"v": values, "m": mask.fill_null(value=False)})
    return frame.select(pl.when(~pl.col("m")).then(pl.col("v")).alias(values.name)).to_series()


_READERS: Final[Mapping[str, Callable[[pl.Series, Variable], tuple[pl.Series, list[_Finding]]]]] = (
    MappingProxyType(
        {
            "id": _text,
            "text": _text,
            "category": _category,
            "integer": _integer,
            "number": _number,
            "date": _date,
            "flag": _flag,
        }
    )
)
