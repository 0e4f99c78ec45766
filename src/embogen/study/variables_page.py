"""The variable registry as a page: for the documentation, and beside every blank study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.cohort.schema import SCHEMAS

if TYPE_CHECKING:
    from embogen.cohort.schema import Variable

_INTRODUCTION: Final = """\
Dates are ISO 8601 (2019-03-31) and flags are 1/0, yes/no, y/n or true/false. Upper and lower
case, blanks, hyphens and underscores do not distinguish two values. A column of another name is
mapped by `data.TABLE.columns` of the study file; a column this page does not know is declared there
in `[variable.NAME]`.
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _rules(variable: Variable) -> str:
    said = []
    if variable.required:
        said.append("required, no empty cell")
    elif variable.complete:
        said.append("no empty cell")
    if variable.allowed:
        said.append("one of " + ", ".join(f"`{value}`" for value in variable.allowed))
    if variable.minimum is not None or variable.maximum is not None:
        low = "" if variable.minimum is None else f"from {variable.minimum:g}"
        high = "" if variable.maximum is None else f"up to {variable.maximum:g}"
        said.append(f"{low} {high}".strip())
    if variable.aliases:
        said.append(
            "also written "
            + ", ".join(f"`{spelling}` = {value}" for spelling, value in variable.aliases)
        )
    return "; ".join(said)


def variables_page() -> str:
    """Describe every table and variable of the registry in Markdown."""
    parts = [
        "# Tables and variables\n",
        _INTRODUCTION,
    ]
    for schema in SCHEMAS.values():
        key = f" `{schema.key}` is unique." if schema.key else ""
        parts.append(f"## `{schema.name}`\n\n{schema.meaning}{key}\n")
        rows = [
            "| " + " | ".join(map(_cell, cells)) + " |"
            for cells in (
                (f"`{item.name}`", item.type, item.unit or "", item.meaning, _rules(item))
                for item in schema.variables
            )
        ]
        head = "| column | type | unit | meaning | rules |\n|---|---|---|---|---|\n"
        parts.append(head + "\n".join(rows) + "\n")
    return "\n".join(parts)
