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
from embogen.commands.cohorts import SUBCOMMANDS
from embogen.study.variables_page import variables_page

DOCS = Path(__file__).resolve().parent
WIDTH = 88

EXIT_CODES = """\
Exit codes: 0 all went well; 1 an analysis failed, the others are in the results; 2 the study file
or the command is wrong; 3 the data are wrong. On 2 and 3 every problem is named, and no results are
written.
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
    inner = {over.__name__: below for over, below in SUBCOMMANDS.items()}
    for name in COMMANDS:
        parts.append(f"## `embogen {name}`\n\n```text\n{help_of(name)}\n```\n")
        for below in inner.get(name, ()):
            words = (name, below.__name__)
            parts.append(f"### `embogen {' '.join(words)}`\n\n```text\n{help_of(*words)}\n```\n")
    return "\n".join(parts)


PAGES = {"cli.md": cli_page, "variables.md": variables_page}
"""Every written page, by file name."""

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
