"""A REDCap data dictionary of the tables embogen reads, to set up a project with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from embogen.cohort.schema import SCHEMAS
from embogen.delimited import csv_text

if TYPE_CHECKING:
    from embogen.cohort.schema import TableSchema, Variable

_HEADER: Final = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
_VALIDATION: Final = {"date": "date_ymd", "number": "number", "integer": "integer"}
_RECORD: Final = "patient_id"


def field_names() -> dict[tuple[str, str], str]:
    """Give every column of every table the name of its REDCap field.

    Field names are unique in a project, so a column of a name that several tables have carries
    the name of its table in front. `patient_id` is the record and stands in no instrument twice;
    the instance number is the key of a repeating instrument where nothing else refers to it.

    Examples
    --------
    >>> names = field_names()
    >>> names["patients", "sex"], names["procedures", "date"]
    ('sex', 'procedures_date')
    """
    columns = [
        (schema.name, item.name)
        for schema in SCHEMAS.values()
        for item in schema.variables
        if schema.name == "patients" or not _given_by_redcap(schema, item)
    ]
    held = [name for _, name in columns]
    return {
        (table, name): name if held.count(name) == 1 else f"{table}_{name}"
        for table, name in columns
    }


def _given_by_redcap(schema: TableSchema, variable: Variable) -> bool:
    """Tell whether the record or the instance number says what this column would."""
    return variable.name == _RECORD or (variable.name == schema.key and not variable.required)


def data_dictionary() -> str:
    """Write the data dictionary: one instrument per table, codes that embogen reads back.

    Returns
    -------
    str
        CSV with the 18 columns REDCap imports. The instruments other than patients are to be set
        as repeating in the project.
    """
    names = field_names()
    rows = [
        _row(schema, item, names[schema.name, item.name])
        for schema in SCHEMAS.values()
        for item in schema.variables
        if (schema.name, item.name) in names
    ]
    return csv_text(_HEADER, rows)


def _row(schema: TableSchema, variable: Variable, field: str) -> list[str]:
    kind, choices = "text", ""
    if variable.type == "flag":
        kind = "yesno"
    elif variable.type == "category":
        kind = "radio"
        choices = " | ".join(f"{choice_code(word)}, {word}" for word in variable.allowed)
    bounded = variable.type in {"number", "integer"}
    low = "" if variable.minimum is None or not bounded else f"{variable.minimum:g}"
    high = "" if variable.maximum is None or not bounded else f"{variable.maximum:g}"
    personal = "y" if field == _RECORD or variable.type == "date" else ""
    return [
        field,
        schema.name,
        "",
        kind,
        variable.name.replace("_", " "),
        choices,
        variable.meaning + ("" if variable.unit is None else f" In {variable.unit}."),
        _VALIDATION.get(variable.type, ""),
        low,
        high,
        personal,
        "",
        "y" if variable.required else "",
        "",
        "",
        "",
        "",
        "",
    ]


def choice_code(word: str) -> str:
    """Make a REDCap code of a category, one that is read back as the category.

    Letters, digits and underscores, which blanks and hyphens are not told apart from.

    Examples
    --------
    >>> choice_code("DEB-TACE"), choice_code("partial response")
    ('DEB_TACE', 'partial_response')
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", word)
