"""BED files of a panel's targets to `GenePanel`."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from embogen.errors import DataError, DataProblem
from embogen.genomics.panels import GenePanel
from embogen.io.files import decode, read_bytes
from embogen.io.raw_table import clipped

_TRACK: Final = ("browser ", "track ", "#")
_SYMBOL: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.-]*$")
_LEADING: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9.-]*?)(?:[_:|,;/ ].*)?$")
_LEAST: Final = 4


def read_bed(file: str, *, folder: Path) -> GenePanel:
    """Read the targets of a panel, one interval in each line.

    The panel is named after the file. A gene is the fourth column up to the first ``_ : | , ; /``
    or blank, so that ``TP53_exon5`` and ``TP53|NM_000546`` are targets of TP53; lines of ``track``,
    ``browser`` and comments are passed over.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.

    Returns
    -------
    GenePanel
        A gene counts as covered where any interval names it.

    Raises
    ------
    DataError
        Naming lines without a gene, and intervals whose ends are no numbers or not in order.
    """
    problems: list[DataProblem] = []
    genes: set[str] = set()
    for row, line in enumerate(decode(read_bytes(file, folder), file).splitlines(), 1):
        if not line.strip() or line.startswith(_TRACK):
            continue
        cells = [cell.strip() for cell in line.split("\t" if "\t" in line else None)]
        problem = _problem(cells, file, row)
        if problem is not None:
            problems.append(problem)
            continue
        match = _LEADING.match(cells[3])
        genes.add(match[1] if match else cells[3])
    if not genes and not problems:
        problems.append(
            DataProblem(file, "holds no interval", "Give chromosome, start, end, gene.")
        )
    if problems:
        raise DataError(clipped(problems))
    name = PurePosixPath(file.replace("\\", "/")).name
    stem = re.sub(r"\.bed(\.gz)?$", "", name, flags=re.IGNORECASE)
    return GenePanel(stem, "targets of a BED file", frozenset(genes), file)


def _problem(cells: list[str], file: str, row: int) -> DataProblem | None:
    """Say what is wrong with a line: too few cells, ends that are no interval, no gene."""
    if len(cells) < _LEAST:
        message = f"has {len(cells)} columns, and the gene is expected in the fourth"
        return DataProblem(file, message, "Give chromosome, start, end, gene.", row=row)
    if not (cells[1].isdigit() and cells[2].isdigit() and int(cells[1]) < int(cells[2])):
        message = f"{cells[1]} to {cells[2]} is no interval"
        return DataProblem(file, message, "Start comes before end, from 0.", row=row)
    match = _LEADING.match(cells[3])
    if match is None or not _SYMBOL.match(match[1]):
        remedy = "The fourth column begins with the symbol of the gene."
        return DataProblem(file, "names no gene", remedy, row=row, value=cells[3])
    return None
