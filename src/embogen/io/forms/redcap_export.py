"""REDCap exports: one file in which rows of several instruments stand, to one table for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.io.raw_table import RawTable, clipped

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTRUMENT: Final = "redcap_repeat_instrument"
INSTANCE: Final = "redcap_repeat_instance"
EVENT: Final = "redcap_event_name"
RECORDS: Final = "records"
"""What the rows outside every repeating instrument are called: one per record (and event)."""
_OWN: Final = (INSTRUMENT, INSTANCE, EVENT, "redcap_data_access_group")


@dataclass(frozen=True, slots=True, eq=False)
class RedcapExport:
    """An export parted.

    Parameters
    ----------
    tables
        Instrument (or `RECORDS`) to its rows, with the record id, REDCap's own columns, and the
        columns that hold anything in these rows.
    rows
        Instrument to its number of rows; they add up to those of the export.
    """

    tables: Mapping[str, RawTable]
    rows: Mapping[str, int]


def is_redcap_export(raw: RawTable) -> bool:
    """Tell whether a table is an export with repeating instruments."""
    return INSTRUMENT in raw.headers


def split_instruments(raw: RawTable) -> RedcapExport:
    r"""Part an export by its repeating instruments.

    Every row goes to one table and every cell with content goes with it: the counts are added up
    and compared with those of the export before anything is returned.

    Parameters
    ----------
    raw
        The export as it stands in the file. Its first column is the record id.

    Raises
    ------
    DataError
        Rows without a record id, an instrument without an instance number or the reverse, an
        instance that occurs twice, and columns that do not belong to the rows they are filled in:
        of an instrument that repeats, filled also in rows of another.

    Examples
    --------
    >>> from embogen.io.text_table import parse_text_table
    >>> text = (
    ...     "record_id,redcap_repeat_instrument,redcap_repeat_instance,sex,embolic\n"
    ...     "1,,,f,\n1,procedures,1,,spheres\n1,procedures,2,,glue\n2,,,m,\n"
    ... )
    >>> found = split_instruments(parse_text_table(text, "export.csv"))
    >>> dict(found.rows)
    {'records': 2, 'procedures': 2}
    >>> found.tables["procedures"].headers[-1], found.tables["records"].headers[-1]
    ('embolic', 'sex')
    """
    names = raw.column(INSTRUMENT)
    owner = names.replace({"": RECORDS})
    problems = _row_problems(raw, names)
    filled = _filled_by(raw, owner)
    problems += _stray_columns(raw, owner, filled)
    if problems:
        raise DataError(problems)
    tables = {name: _part(raw, owner == name, filled) for name in owner.unique(maintain_order=True)}
    counts = {name: table.frame.height for name, table in tables.items()}
    cells = sum(_content(table.frame) for table in tables.values())
    if sum(counts.values()) != raw.frame.height or cells != _content(raw.frame):
        kept = sum(counts.values())
        message = f"was parted into {kept} rows and {cells} cells with content, and holds "
        message += f"{raw.frame.height} and {_content(raw.frame)}"
        raise DataError([DataProblem(raw.file, message, "Export it again; please report this.")])
    return RedcapExport(tables, counts)


def instrument_table(raw: RawTable, instrument: str) -> tuple[RawTable, Mapping[str, int]]:
    """Take the table of one instrument, or `RECORDS`, with the rows of all instruments.

    Raises
    ------
    DataError
        When the file is no such export, or holds no row of the instrument.
    """
    if not is_redcap_export(raw):
        message = f'has no column "{INSTRUMENT}", and the study file names an instrument of it'
        remedy = "Export the project with its repeating instruments, or remove `instrument`."
        raise DataError([DataProblem(raw.file, message, remedy)])
    found = split_instruments(raw)
    if instrument not in found.tables:
        listed = ", ".join(f"{key} ({n} rows)" for key, n in found.rows.items())
        message = f'holds no row of the instrument "{instrument}"'
        remedy = f"It has: {listed}. Name one with `instrument`."
        raise DataError([DataProblem(raw.file, message, remedy)])
    return found.tables[instrument], found.rows


def _content(frame: pl.DataFrame) -> int:
    return sum(int((frame[name] != "").sum()) for name in frame.columns)


def _filled_by(raw: RawTable, owner: pl.Series) -> dict[str, tuple[str, ...]]:
    """Return for each header whose rows it is filled in."""
    found = {}
    for i, header in enumerate(raw.headers):
        rows = raw.frame[f"c{i}"] != ""
        found[header] = tuple(owner.filter(rows).unique(maintain_order=True))
    return found


def _part(raw: RawTable, rows: pl.Series, filled: Mapping[str, tuple[str, ...]]) -> RawTable:
    """Take the rows, and the columns that say something of them."""
    own = {raw.headers[0], *_OWN}
    # a field nobody has filled says nothing of where it belongs; it stays with the records
    records = not (raw.column(INSTRUMENT).filter(rows) != "").any()
    part = raw.frame.filter(rows)
    places = [
        i
        for i, header in enumerate(raw.headers)
        if header in own or (part[f"c{i}"] != "").any() or (records and not filled[header])
    ]
    frame = pl.DataFrame({f"c{to}": part[f"c{i}"] for to, i in enumerate(places)})
    return RawTable(raw.file, tuple(raw.headers[i] for i in places), frame, raw.rows.filter(rows))


def _row_problems(raw: RawTable, names: pl.Series) -> list[DataProblem]:
    record = raw.frame["c0"]
    nobody = (record == "").arg_true()
    problems = [
        DataProblem(
            raw.file,
            "is empty, and every row belongs to a record",
            "Export it again.",
            row=row,
            column=raw.headers[0],
        )
        for row in raw.rows.gather(nobody)
    ]
    if INSTANCE not in raw.headers:
        message = f'has "{INSTRUMENT}" and no "{INSTANCE}"'
        return [*problems, DataProblem(raw.file, message, "Export it again with both.", row=1)]
    instance = raw.column(INSTANCE)
    odd = ((names == "") != (instance == "")).arg_true()
    problems += [
        DataProblem(
            raw.file,
            "names an instrument or an instance without the other",
            "Export it again; do not edit these columns.",
            row=row,
            column=INSTANCE,
        )
        for row in raw.rows.gather(odd)
    ]
    key = {"record": record, "name": names, "instance": instance}
    if EVENT in raw.headers:
        key["event"] = raw.column(EVENT)
    frame = pl.DataFrame(key)
    first = pl.struct(pl.all()).is_first_distinct()
    again = frame.select((~first).alias("again"))["again"].arg_true()
    problems += [
        DataProblem(
            raw.file,
            "stands in an earlier row with the same instrument and instance",
            "Export it again; remove the repeated row.",
            row=row,
            column=raw.headers[0],
            value=record[at],
        )
        for at, row in zip(again, raw.rows.gather(again), strict=True)
    ]
    return clipped(problems)


def _stray_columns(
    raw: RawTable, owner: pl.Series, filled: Mapping[str, tuple[str, ...]]
) -> list[DataProblem]:
    """Find columns filled in rows of two instruments: rows were moved, or the file was edited."""
    problems = []
    own = {raw.headers[0], *_OWN}
    for i, header in enumerate(raw.headers):
        repeating = [name for name in filled[header] if name != RECORDS]
        if header in own or len(repeating) < 2:  # noqa: PLR2004 - two instruments
            continue
        rows = (raw.frame[f"c{i}"] != "") & (owner == repeating[1])
        message = f"is filled in rows of {' and of '.join(repeating)}, and a field belongs to one"
        remedy = "Export it again; look for cells that were moved."
        first = int(raw.rows.filter(rows)[0])
        problems.append(DataProblem(raw.file, message, remedy, row=first, column=header))
    return problems
