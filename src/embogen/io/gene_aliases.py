"""Lists of older and current gene symbols."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from embogen.errors import DataError, DataProblem
from embogen.io.raw_table import clipped
from embogen.io.tables import read_raw_table

_OLD: Final = ("alias", "old", "previous", "previous_symbol", "alias_symbol")
_CURRENT: Final = ("symbol", "current", "approved_symbol", "hugo_symbol", "gene")


def read_gene_aliases(file: str, *, folder: Path) -> dict[str, str]:
    """Read a table of older (``alias``) and current (``symbol``) gene symbols.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.

    Returns
    -------
    dict
        Older symbol to current symbol.

    Raises
    ------
    DataError
        Naming absent columns, empty cells, and a symbol that is given two current ones.
    """
    raw = read_raw_table(file, folder)
    folded = [header.lower() for header in raw.headers]
    places = []
    problems = []
    for what, choices in (("alias", _OLD), ("symbol", _CURRENT)):
        found = next((folded.index(word) for word in choices if word in folded), None)
        if found is None:
            message = f"there is no column {what} ({', '.join(choices)})"
            problems.append(DataProblem(file, message, "Name the columns alias and symbol.", row=1))
        else:
            places.append(found)
    if problems:
        raise DataError(problems)
    old, current = (raw.frame[f"c{place}"] for place in places)
    aliases: dict[str, str] = {}
    for before, after, row in zip(old, current, raw.rows, strict=True):
        if not (before and after):
            message = "names no gene"
            problems.append(DataProblem(file, message, "Fill both cells.", row=row))
        elif aliases.setdefault(before, after) != after:
            message = f"is {aliases[before]} in an earlier row and {after} here"
            problems.append(DataProblem(file, message, "Keep one of them.", row=row, value=before))
    if problems:
        raise DataError(clipped(problems))
    return aliases
