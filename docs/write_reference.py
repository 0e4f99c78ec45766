"""Write the reference pages that follow from the code: docs/cli.md and docs/variables.md.

Run it after changing a command or the variable registry; a test compares the pages with the code.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path
from unittest import mock

from embogen.cli import COMMANDS, main
from embogen.cohort.schema import SCHEMAS, Variable

DOCS = Path(__file__).resolve().parent
WIDTH = 88

EXIT_CODES = """\
Exit codes: 0 all went well; 1 an analysis failed, the others are in the results; 2 the study file
or the command is wrong; 3 the data are wrong. On 2 and 3 every problem is named, and no results are
written.
"""
REGISTRY = """\
Written by `docs/write_reference.py` from the variable registry (`embogen.cohort.schema`); do not
edit. Dates are ISO 8601 (2019-03-31) and flags are 1/0, yes/no, y/n or true/false. Upper and lower
case, blanks, hyphens and underscores do not distinguish two values. A column of another name is
mapped by `data.TABLE.columns`; a column the registry does not know is declared in
`[variable.NAME]` (see the [study file](study-file.md)).
"""


def help_of(*words: str) -> str:
    """Return what `embogen WORDS --help` prints, without colours, at a fixed width."""
    plain = {"COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    said = io.StringIO()
    with mock.patch.dict(os.environ, plain), contextlib.redirect_stdout(said):
        os.environ.pop("FORCE_COLOR", None)
        main([*words, "--help"])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue()).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def cli_page() -> str:
    """Return docs/cli.md."""
    parts = [
        "# The command line\n",
        "Written by `docs/write_reference.py` from `--help`; do not edit.\n",
        f"```text\n{help_of()}\n```\n",
        EXIT_CODES,
    ]
    parts += [f"## `embogen {name}`\n\n```text\n{help_of(name)}\n```\n" for name in COMMANDS]
    return "\n".join(parts)


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
    """Return docs/variables.md."""
    parts = [
        "# Tables and variables\n",
        REGISTRY,
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


PAGES = {"cli.md": cli_page, "variables.md": variables_page}
"""Every written page, by file name."""

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
