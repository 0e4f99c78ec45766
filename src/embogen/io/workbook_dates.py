"""Dates of workbooks: serial numbers, and columns in which dates and text stand side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.errors import DataProblem

if TYPE_CHECKING:
    from embogen.io.place import Place

SERIAL_DAYS: Final[Mapping[str, dt.date]] = MappingProxyType(
    {"excel-1900": dt.date(1899, 12, 30), "excel-1904": dt.date(1904, 1, 1)}
)
"""`date_format` of a column of serial numbers, to the day that is number 0.

The system of 1900 holds a 29 February 1900 that never was, so its day 0 is taken one day early;
its first 60 days, which that would put wrong, are refused.
"""
_LOST_DAYS: Final = 60
_LAST_SERIAL: Final = 100_000
_SHOWN: Final = 12
_LAST_MONTH: Final = 12
_ISO: Final = r"^\d{4}-\d{1,2}-\d{1,2}"


def from_serial(cells: pl.Series, system: str) -> pl.Series:
    """Read serial day numbers, null where a cell holds none or a time of day besides.

    Examples
    --------
    One day by both systems, which lie 1,462 days apart:

    >>> [from_serial(pl.Series([text]), f"excel-{system}")[0].isoformat()
    ...  for text, system in (("43555", 1900), ("42093", 1904))]
    ['2019-03-31', '2019-03-31']
    """
    number = pl.col("cell").cast(pl.Float64, strict=False)
    first = _LOST_DAYS + 1 if system == "excel-1900" else 0
    good = (number == number.floor()) & number.is_between(first, _LAST_SERIAL)
    day = pl.lit(SERIAL_DAYS[system]) + pl.duration(days=pl.when(good).then(number))
    return pl.DataFrame({"cell": cells}).select(day.cast(pl.Date).alias("day"))["day"]


def mixed_date_question(cells: pl.Series, place: Place) -> list[DataProblem]:
    """Ask about a column of a sheet that holds both dates and text that is no ISO date.

    A spreadsheet program turns what is typed into a date by its own order of day and month where
    it can, and leaves the rest as text: of days first typed under months first, those up to the
    12th become another date, in silence. So where both stand side by side the dates may be wrong,
    whatever the text says.
    """
    if place.dated is None:
        return []
    dated = cells.is_not_null() & place.dated
    text = cells.is_not_null() & ~dated & ~cells.str.contains(_ISO).fill_null(value=False)
    if not text.any() or not dated.any():
        return []
    days = cells.filter(dated).str.slice(8, 2).cast(pl.Int64, strict=False).drop_nulls()
    swapped = ""
    if days.len() and (days <= _LAST_MONTH).all():
        swapped = "; no date cell has a day over 12, as when day and month were exchanged"
    message = (
        f"holds {dated.sum()} date cells ({_named(place, dated)}) and {text.sum()} cells of text "
        f"({_named(place, text)}), and a program that read some dates may have exchanged their "
        f"day and month{swapped}"
    )
    remedy = (
        "Are the date cells right? Write the whole column as text, YYYY-MM-DD; or, having checked "
        f"them, say data.{place.table}.trust_date_cells = true in the study file."
    )
    column = f'{place.header} (sheet "{place.sheet}")'
    return [DataProblem(place.file, message, remedy, column=column)]


def _named(place: Place, mask: pl.Series) -> str:
    rows = place.rows.filter(mask).to_list()
    shown = ", ".join(f"{place.letter}{row}" for row in rows[:_SHOWN])
    return shown + (", ..." if len(rows) > _SHOWN else "")
