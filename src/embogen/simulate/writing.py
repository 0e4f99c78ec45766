"""Write synthetic tables to a folder, each file marked SYNTHETIC in its first line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from embogen.simulate.dress import StudyTables

NOTE: Final = "SYNTHETIC: no row is a real patient."
_NAMES: Final = {"mutations": ("mutations.maf", "\t")}


def write_tables(tables: StudyTables, folder: Path, *, note: str = NOTE) -> list[str]:
    """Write the tables as CSV, the mutations as MAF, the panels under ``panels/``.

    Parameters
    ----------
    tables
        What to write.
    folder
        Made where it is not there; files of the same names are replaced.
    note
        First line of every file, after ``# ``; one line that begins with SYNTHETIC.

    Returns
    -------
    files
        Names of the files written, relative to `folder`.

    Raises
    ------
    ValueError
        When the note does not begin with SYNTHETIC, or is longer than a line.
    """
    if not note.startswith("SYNTHETIC") or len(note.splitlines()) != 1:
        msg = f"the note {note!r} must be one line that begins with SYNTHETIC"
        raise ValueError(msg)
    texts = {}
    for name, table in tables.tables.items():
        file, separator = _NAMES.get(name, (f"{name}.csv", ","))
        texts[file] = f"# {note}\n{table.write_csv(separator=separator)}"
    for name, text in tables.panels.items():
        texts[f"panels/{name}"] = f"# {note}\n{text}"
    for file, text in texts.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)
