"""The clinical tables of a study: files to a validated `Cohort`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.checks import cohort_problems
from embogen.cohort.flow import Exclusion, FlowStep
from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.cohort.schema import SCHEMAS, Variable
from embogen.errors import DataError, DataProblem
from embogen.io import excel, parquet_table, text_table
from embogen.io.files import refuse
from embogen.io.forms.redcap_export import RECORDS, instrument_table, is_redcap_export
from embogen.io.place import Place
from embogen.io.raw_table import clipped
from embogen.io.table_columns import ColumnWish, Layout, resolve_columns
from embogen.io.typed_columns import NULL_WORDS, null_where, typed_column

if TYPE_CHECKING:
    from embogen.io.raw_table import RawTable


@dataclass(frozen=True, slots=True)
class TableSource:
    """Where a clinical table is and how its columns are called there.

    Parameters
    ----------
    table
        ``patients``, ``procedures``, ``assessments``, ``specimens`` or ``lesions``.
    file
        Path as the study names it, relative to `folder`; messages show this. The format follows
        from the suffix: .csv, .tsv, .txt, .tab (each also .gz), .xlsx, .xlsm, .xls, .xlsb, .ods,
        .parquet.
    folder
        Folder of the study file.
    sheet
        Sheet of a workbook; None for its only sheet.
    key
        Header of the column that holds the table's key (patients: `patient_id`).
    columns
        embogen's name of a column to its header in the file.
    variables
        Columns the plan declares; one that the registry knows too is declared anew.
    where
        Column (embogen's name or header) to the values whose rows are kept, as text.
    missing
        Words that mean an empty cell, beyond `NULL_WORDS`.
    raw
        The table, where it has been read already; `file` then only names it.
    trust_date_cells
        Take the date cells of a sheet as they are, also where text stands among them.
    instrument
        Of a REDCap export, the repeating instrument whose rows these are; None for the one named
        as the table, or for patients the records.
    """

    table: str
    file: str
    folder: Path
    sheet: str | None = None
    key: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    raw: RawTable | None = None
    trust_date_cells: bool = False
    instrument: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """A table read and typed, with what a filter left out."""

    frame: pl.DataFrame
    layout: Layout
    left_out: pl.DataFrame
    filter_label: str
    instrument: str | None = None
    instruments: Mapping[str, int] = field(default_factory=dict)


def read_cohort(sources: Sequence[TableSource]) -> tuple[Cohort, tuple[Caveat, ...]]:
    """Read, type and cross-check the clinical tables of a study.

    Parameters
    ----------
    sources
        One for each table, in any order; a `patients` table must be among them.

    Returns
    -------
    cohort
        The tables, rows in the order of the files.
    caveats
        What the reader of the report should know about the files.

    Raises
    ------
    DataError
        With every problem of every file, by file and row.
    """
    problems: list[DataProblem] = []
    tables: dict[str, _Table] = {}
    for source in sources:
        try:
            tables[source.table], found = _read_table(source)
            problems += found
        except DataError as error:
            problems += error.problems
    if "patients" in tables:
        cohort = _bundle(sources, tables)
        if _can_be_checked(tables):
            problems += cohort_problems(cohort)
        if not cohort.patients.height and not problems:
            file = cohort.file("patients")
            problems.append(DataProblem(file, "holds no patients", "Add a row for each patient."))
    elif not problems:
        raise refuse("study", "has no patients table", "Name one under data.patients.")
    if problems:
        raise DataError(sorted(problems, key=lambda item: (item.file, item.row or 0)))
    return cohort, _unused_instruments(sources, tables)


def _unused_instruments(
    sources: Sequence[TableSource], tables: Mapping[str, _Table]
) -> tuple[Caveat, ...]:
    """Count the rows of REDCap exports by instrument; name those no table is read from."""
    exports: dict[str, Mapping[str, int]] = {}
    used: dict[str, set[str | None]] = {}
    for source in sources:
        table = tables[source.table]
        if table.instruments:
            exports[source.file] = table.instruments
            used.setdefault(source.file, set()).add(table.instrument)
    caveats = []
    for file, rows in exports.items():
        unread = [name for name in rows if name not in used[file]]
        if not unread:
            continue
        added = " + ".join(f"{n} of {name}" for name, n in rows.items())
        message = (
            f"{file}: {sum(rows.values())} rows = {added}; no table of the study is read from "
            f"{', '.join(unread)}."
        )
        caveats.append(Caveat("instrument_not_used", message, dict(rows), file))
    return tuple(caveats)


def read_raw_table(file: str, folder: Path, sheet: str | None = None) -> RawTable:
    """Read a table by the reader its suffix names.

    Raises
    ------
    DataError
        When no reader knows the suffix, or the reader refuses the file.
    """
    suffix = Path(file.lower().removesuffix(".gz")).suffix
    if suffix in text_table.SUFFIXES:
        if sheet is not None:
            raise refuse(file, "is text and has no sheets", "Remove `sheet`.")
        return text_table.read_text_table(file, folder=folder)
    if suffix == parquet_table.SUFFIX and sheet is None:
        return parquet_table.read_parquet_table(file, folder=folder)
    if suffix in excel.SUFFIXES:
        return excel.read_excel(file, folder=folder, sheet=sheet)
    if (folder / file).is_dir():
        remedy = "Name the file inside it that holds the table."
        raise refuse(file, "is a folder, and a file was expected", remedy)
    known = ", ".join((*text_table.SUFFIXES, *excel.SUFFIXES, parquet_table.SUFFIX))
    raise refuse(file, f'has the suffix "{suffix}"; one of {known} was expected', "Rename it.")


def _read_table(source: TableSource) -> tuple[_Table, list[DataProblem]]:
    raw = source.raw or read_raw_table(source.file, source.folder, source.sheet)
    rows: Mapping[str, int] = {}
    instrument = source.instrument
    if instrument is not None or is_redcap_export(raw):
        instrument = instrument or _usual_instrument(source.table)
        raw, rows = instrument_table(raw, instrument)
    schema = SCHEMAS[source.table]
    wish = ColumnWish(source.key, source.columns, source.variables)
    layout, problems = resolve_columns(raw.headers, schema, wish, source.file)
    keep, label, found = _filter(raw, layout, source)
    problems += found
    problems += _lost_values(raw, source)
    at = {header: f"c{i}" for i, header in enumerate(raw.headers)}
    cells = partial(_cells, raw, nulls=(*NULL_WORDS, *source.missing))
    kept_rows = raw.rows.filter(keep).alias(SOURCE_ROW)
    columns: list[pl.Series] = []
    for name, (header, variable) in layout.declared.items():
        place = _place(raw, header, kept_rows, source)
        values, found = typed_column(cells(at[header], keep), variable, place)
        columns.append(values.alias(name))
        problems += found
    columns += [cells(at[header], keep).alias(name) for name, header in layout.undeclared.items()]
    frame = pl.DataFrame([*columns, kept_rows])
    gone = pl.DataFrame(
        [
            cells(at[header], ~keep).alias(name)
            for name, (header, variable) in layout.declared.items()
            if variable.type == "id"
        ]
    )
    return _Table(frame, layout, gone, label, instrument, rows), problems


def _cells(raw: RawTable, column: str, keep: pl.Series, *, nulls: Sequence[str]) -> pl.Series:
    """Return the cells of one column in the rows kept, null where empty.

    One column at a time: a second copy of all cells would be the most that reading holds.
    """
    cells = raw.frame[column]
    if not keep.all(ignore_nulls=False):
        cells = cells.filter(keep)
    empty = cells.is_in(nulls)
    return null_where(cells, empty) if empty.any() else cells


def _usual_instrument(table: str) -> str:
    return RECORDS if table == "patients" else table


def _place(raw: RawTable, header: str, rows: pl.Series, source: TableSource) -> Place:
    """Say where a column stands, down to the cells of a sheet."""
    if raw.cells is None:
        return Place(source.file, header, rows, source.table)
    at = raw.headers.index(header)
    dated = None
    if not source.trust_date_cells:
        by_row = dict(zip(raw.rows, raw.cells.dated, strict=True))
        dated = pl.Series([at in by_row[row] for row in rows], dtype=pl.Boolean)
    return Place(
        source.file, header, rows, source.table, raw.cells.sheet, raw.cells.letters[at], dated
    )


def _lost_values(raw: RawTable, source: TableSource) -> list[DataProblem]:
    """Name cells of a sheet that hold an error, or a formula whose value is not in the file."""
    problems = []
    for row, at, error in () if raw.cells is None else raw.cells.faults:
        if error in source.missing:
            continue
        place = _place(raw, raw.headers[at], pl.Series([], dtype=pl.Int64), source)
        message = f"holds the error {error}" if error else "holds a formula without its value"
        remedy = (
            f'Correct or clear the cell; if it means "missing", add "{error}" to '
            f"data.{source.table}.missing in the study file."
            if error
            else "Open the workbook in a spreadsheet program, which computes it, and save it."
        )
        problems.append(DataProblem(source.file, message, remedy, row=row, column=place.cell(row)))
    return clipped(problems)


def _filter(
    raw: RawTable, layout: Layout, source: TableSource
) -> tuple[pl.Series, str, list[DataProblem]]:
    """Find the rows a plan keeps."""
    keep = pl.Series([True] * raw.frame.height, dtype=pl.Boolean)
    problems: list[DataProblem] = []
    labels = []
    for name, values in source.where.items():
        header = layout.declared[name][0] if name in layout.declared else name
        header = layout.undeclared.get(name, header)
        if header not in raw.headers:
            message = "is no column of this file, and the study file keeps rows by it"
            remedy = f"The file has: {', '.join(raw.headers[:20])}."
            problems.append(DataProblem(source.file, message, remedy, row=1, value=name))
            continue
        cells = raw.column(header)
        rows = cells.is_in(list(values))
        if not rows.any():
            message = f"no row holds {' or '.join(values)}, and the study file keeps only those"
            present = ", ".join(cells.unique().sort().head(12).to_list())
            problems.append(
                DataProblem(source.file, message, f"There are: {present}.", column=header)
            )
        keep = keep & rows
        labels.append(f"{name} is {' or '.join(values)}")
    return keep, " and ".join(labels), problems


def _can_be_checked(tables: Mapping[str, _Table]) -> bool:
    return all(
        variable.name in table.frame.columns
        for name, table in tables.items()
        for variable in SCHEMAS[name].variables
        if variable.required
    )


def _bundle(sources: Sequence[TableSource], tables: Mapping[str, _Table]) -> Cohort:
    frames = {name: table.frame for name, table in tables.items()}
    patients = tables["patients"]
    gone = _ids(patients.left_out, "patient_id") - _ids(patients.frame, "patient_id")
    set_aside = {"patients": gone}
    for name in ("procedures", "assessments", "specimens", "lesions"):
        if name not in frames or "patient_id" not in frames[name].columns:
            continue
        theirs = frames[name]["patient_id"].is_in(list(gone)).fill_null(value=False)
        if name == "specimens":
            left = _ids(tables[name].left_out, "specimen_id")
            set_aside[name] = left | _ids(frames[name].filter(theirs), "specimen_id")
        frames[name] = frames[name].filter(~theirs)
    steps: tuple[FlowStep, ...] = ()
    if patients.filter_label:
        n_after = len(_ids(patients.frame, "patient_id"))
        reason = f"not: {patients.filter_label}"
        excluded = tuple(Exclusion(patient, reason) for patient in sorted(gone))
        steps = (FlowStep(patients.filter_label, n_after + len(gone), n_after, excluded),)
    placed = [
        (f"{name}.{column}", header, variable)
        for name, table in tables.items()
        for column, (header, variable) in table.layout.declared.items()
    ]
    headers = {place: header for place, header, _ in placed}
    for name, table in tables.items():
        headers |= {f"{name}.{column}": head for column, head in table.layout.undeclared.items()}
    return Cohort(
        patients=frames["patients"],
        procedures=frames.get("procedures"),
        assessments=frames.get("assessments"),
        specimens=frames.get("specimens"),
        lesions=frames.get("lesions"),
        registry={place: variable for place, _, variable in placed},
        files={source.table: source.file for source in sources},
        headers=headers,
        undeclared={name: tuple(table.layout.undeclared) for name, table in tables.items()},
        steps=steps,
        set_aside=set_aside,
    )


def _ids(frame: pl.DataFrame, column: str) -> frozenset[str]:
    return frozenset(frame[column].drop_nulls()) if column in frame.columns else frozenset()
