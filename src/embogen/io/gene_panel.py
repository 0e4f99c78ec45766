"""cBioPortal gene-panel files to `GenePanel`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from embogen.errors import DataError, DataProblem
from embogen.genomics.panels import GenePanel
from embogen.io.files import decode, read_bytes, refuse

_KEY: Final = re.compile(r"^([A-Za-z_]+)\s*:\s*(.*)$", re.DOTALL)
_SYMBOL: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.@/-]*$")
_PATTERN: Final = "data_gene_panel*"
_MATRIX: Final = "data_gene_panel_matrix"
"""Begins the name of a file that says which sample was on which panel; it is no panel."""


def read_panels(file: str, *, folder: Path) -> Mapping[str, GenePanel]:
    """Read gene panels: one file, or a folder of them.

    A panel file holds ``stable_id:``, ``description:`` and ``gene_list:`` lines, genes separated
    by tabs; other ``key: value`` lines and lines that begin with ``#`` are passed over, and a line
    without a key goes on with the description. From a folder the files named
    ``data_gene_panel*`` are read, or every .txt file where none is so named.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.

    Returns
    -------
    Mapping
        Panel id to panel.

    Raises
    ------
    DataError
        With every problem of every file: no stable_id, no genes, words that are no gene symbol, an
        id used by two files with different genes.
    """
    path = folder / file
    if not path.is_dir():
        panel = _read_panel(file, folder)
        return {panel.panel_id: panel}
    names = sorted(
        item.name
        for item in path.glob(_PATTERN)
        if item.is_file() and not item.name.startswith(_MATRIX)
    )
    names = names or sorted(item.name for item in path.glob("*.txt") if item.is_file())
    if not names:
        message = f"is a folder without a gene-panel file ({_PATTERN} or .txt)"
        raise refuse(file, message, "Put the panels of the study there.")
    problems: list[DataProblem] = []
    panels: dict[str, GenePanel] = {}
    for name in names:
        try:
            panel = _read_panel(f"{file.rstrip('/')}/{name}", folder)
        except DataError as error:
            problems += error.problems
            continue
        other = panels.setdefault(panel.panel_id, panel)
        if other.genes != panel.genes:
            message = f"is the stable_id of {other.source} too, and the genes differ"
            remedy = "Rename one of the panels."
            problems.append(DataProblem(panel.source, message, remedy, value=panel.panel_id))
    if problems:
        raise DataError(problems)
    return panels


def _read_panel(file: str, folder: Path) -> GenePanel:
    return parse_panel(decode(read_bytes(file, folder), file), file)


def parse_panel(text: str, file: str) -> GenePanel:
    r"""Parse the text of a gene-panel file; see `read_panels`.

    Examples
    --------
    >>> panel = parse_panel("stable_id: P1\ndescription: x\ngene_list: MEN1\tDAXX\n", "p.txt")
    >>> panel.panel_id, sorted(panel.genes)
    ('P1', ['DAXX', 'MEN1'])
    """
    values: dict[str, tuple[int, str]] = {}
    problems: list[DataProblem] = []
    for row, line in enumerate(text.splitlines(), 1):
        match = _KEY.match(line)
        if match is None or line.startswith("#"):
            continue
        key = match[1].lower()
        if key in values:
            message = f"says {key} again, after row {values[key][0]}"
            problems.append(DataProblem(file, message, "Keep one of the lines.", row=row))
        values.setdefault(key, (row, match[2].strip()))
    for key in ("stable_id", "gene_list"):
        if not values.get(key, (0, ""))[1]:
            remedy = "A gene panel has the lines stable_id:, description: and gene_list:."
            problems.append(DataProblem(file, f"has no {key}", remedy))
    row, listed = values.get("gene_list", (0, ""))
    genes = [word.strip() for word in re.split(r"[\t,;]", listed) if word.strip()]
    if len(genes) == 1 and " " in genes[0]:
        genes = genes[0].split()
    for word in dict.fromkeys(genes):
        if not _SYMBOL.match(word):
            remedy = "Separate gene symbols by tabs."
            problems.append(
                DataProblem(
                    file, "is no gene symbol", remedy, row=row, column="gene_list", value=word
                )
            )
    if problems:
        raise DataError(problems)
    description = values.get("description", (0, ""))[1]
    return GenePanel(values["stable_id"][1], description, frozenset(genes), file)
