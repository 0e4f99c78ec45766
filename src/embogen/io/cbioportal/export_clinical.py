"""Clinical attributes as cBioPortal writes them: four comment rows, a header, cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.cohort.model import SOURCE_ROW
from embogen.units import days_to_months

if TYPE_CHECKING:
    import datetime as dt

    from embogen.cohort.model import Cohort
    from embogen.cohort.schema import Variable
    from embogen.endpoint.model import DerivedEndpoint

BANNED: Final = ("MUTATION_COUNT", "FRACTION_GENOME_ALTERED")
"""Attributes the portal computes itself and does not take."""

RENAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "patients.death_date": "",
        "patients.last_contact_date": "",
        "patients.diagnosis_date": "",
        "specimens.panel": "",
        "specimens.date": "",
        "specimens.site": "SPECIMEN_SITE",
        "specimens.status": "SEQUENCING_STATUS",
        "assessments.imaging": "DIAGNOSTIC_TYPE",
    }
)
"""Columns that have another header in the portal; those with none stand in other files."""

_DATATYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"number": "NUMBER", "integer": "NUMBER", "date": "NUMBER", "flag": "BOOLEAN"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute with its cells, None where empty."""

    header: str
    label: str
    description: str
    datatype: str
    cells: Sequence[str | None]
    priority: int = 1


def table_text(headers: Sequence[str], rows: Iterable[Sequence[str | None]]) -> str:
    r"""Write a tab-separated table; tabs and line breaks in cells become blanks.

    Examples
    --------
    >>> table_text(("A", "B"), [("x", None), ("a\tb", "1")])
    'A\tB\nx\t\na b\t1\n'
    """
    lines = ["\t".join(headers)]
    lines += ["\t".join("" if cell is None else _one_line(cell) for cell in row) for row in rows]
    return "\n".join(lines) + "\n"


def _one_line(cell: str) -> str:
    return " ".join(cell.split()) if not cell.isprintable() or "  " in cell else cell


def clinical_text(columns: Sequence[Column]) -> str:
    """Write attributes with their four comment rows."""
    comments = (
        [column.label for column in columns],
        [column.description for column in columns],
        [column.datatype for column in columns],
        [str(column.priority) for column in columns],
    )
    head = "".join("#" + "\t".join(_one_line(cell) for cell in row) + "\n" for row in comments)
    rows = zip(*(column.cells for column in columns), strict=True)
    return head + table_text([column.header for column in columns], rows)


def header_of(name: str) -> str:
    """Write a name as the portal writes headers.

    Examples
    --------
    >>> header_of("tumor_volume_ml"), header_of("Ki-67 (%)")
    ('TUMOR_VOLUME_ML', 'KI_67')
    """
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


def declared_columns(
    cohort: Cohort, table: str, origins: Mapping[str, dt.date], left_out: list[str]
) -> list[Column]:
    """Write the declared columns of a table; dates become days from the patient's day 0."""
    frame = cohort.table(table)
    if frame is None:
        return []
    columns: list[Column] = []
    known = {name: cohort.registry.get(f"{table}.{name}") for name in frame.columns}
    unknown = [name for name, item in known.items() if item is None and name != SOURCE_ROW]
    if unknown:
        shown = ", ".join(unknown)
        left_out.append(f"columns of {table} that are not declared were not written: {shown}")
    for name, variable in known.items():
        if variable is None:
            continue
        header = RENAMED.get(f"{table}.{name}", header_of(name))
        if variable.type == "id" or not header:
            continue
        if header in BANNED:
            left_out.append(f"{table}.{name} is computed by cBioPortal and was not written")
            continue
        columns.append(_column(frame, name, header, variable, origins))
    return columns


def _column(
    frame: pl.DataFrame,
    name: str,
    header: str,
    variable: Variable,
    origins: Mapping[str, dt.date],
) -> Column:
    cells = cell_texts(frame[name])
    if variable.type == "date":
        header, cells = f"{header}_DAYS", day_texts(frame, name, origins)
    unit = f" ({variable.unit})" if variable.unit else ""
    label = variable.label or name.replace("_", " ").capitalize()
    return Column(
        header,
        label,
        f"{variable.meaning.rstrip('.')}{unit}",
        _DATATYPES.get(variable.type, "STRING"),
        cells,
        1 if variable.priority is None else variable.priority,
    )


def cell_texts(values: pl.Series) -> list[str | None]:
    """Write values so that reading gives them back: whole numbers plainly, flags TRUE and FALSE.

    Examples
    --------
    >>> cell_texts(pl.Series([True, None])), cell_texts(pl.Series([1.0, 0.1]))
    (['TRUE', None], ['1', '0.1'])
    """
    if values.dtype == pl.Boolean:
        return [None if value is None else str(value).upper() for value in values]
    if values.dtype.is_float():
        return [
            None if value is None else str(int(value)) if value.is_integer() else repr(value)
            for value in values
        ]
    return [None if value is None else str(value) for value in values]


def day_texts(frame: pl.DataFrame, column: str, origins: Mapping[str, dt.date]) -> list[str | None]:
    """Write dates as days from each patient's day 0."""
    pairs = zip(frame["patient_id"], frame[column], strict=True)
    return [
        None if date is None or patient not in origins else str((date - origins[patient]).days)
        for patient, date in pairs
    ]


def endpoint_columns(endpoints: Sequence[DerivedEndpoint], patients: Sequence[str]) -> list[Column]:
    """Write each endpoint as a pair of columns NAME_STATUS and NAME_MONTHS.

    The status begins with ``1:`` for the event and with ``0:`` otherwise; a competing death is
    ``0:DECEASED``, since the portal knows events and censorings only.
    """
    columns = []
    for endpoint in endpoints:
        traces = {trace.patient_id: trace for trace in endpoint.traces}
        found = [traces.get(patient) for patient in patients]
        words = {0: "0:CENSORED", 1: "1:EVENT", 2: "0:DECEASED"}
        status = [None if trace is None else words[trace.event] for trace in found]
        months = [None if trace is None else repr(days_to_months(trace.time)) for trace in found]
        name = header_of(endpoint.name)
        said = f"{endpoint.label}: time from the origin"
        said += " (the study uses delayed entry)" if endpoint.delayed_entry else ""
        competes = " A death before the event is 0:DECEASED." if len(endpoint.causes) > 1 else ""
        columns += [
            Column(
                f"{name}_STATUS",
                f"{endpoint.label} Status",
                f"{endpoint.label}: 1 event, 0 none.{competes}",
                "STRING",
                status,
            ),
            Column(f"{name}_MONTHS", f"{endpoint.label} (Months)", said, "NUMBER", months),
        ]
    return columns
