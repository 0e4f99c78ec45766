"""Which specimen was assayed by what: panel matrices and case lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from embogen.errors import DataError, DataProblem
from embogen.io.files import refuse
from embogen.io.meta_lines import read_meta
from embogen.io.raw_table import clipped
from embogen.io.tables import read_raw_table
from embogen.io.typed_columns import NULL_WORDS

if TYPE_CHECKING:
    from embogen.io.raw_table import RawTable

PROFILES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "mutations": ("mutations", "mutations_extended"),
        "copy number": ("cna", "gistic", "discrete", "copy_number"),
        "structural variants": ("structural_variants", "sv", "fusion", "fusions"),
    }
)
"""Assay to the names of its column in a panel matrix, best first."""

LISTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "mutations": ("sequenced",),
        "copy number": ("cna",),
        "structural variants": ("sv", "fusion", "fusions"),
    }
)
"""Assay to the end of the stable_id of its case list."""


def read_panel_matrix(file: str, *, folder: Path) -> dict[str, dict[str, str]]:
    """Read the panel of each sample for each assay.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`: SAMPLE_ID and a column for each profile.
    folder
        Folder of the study file.

    Returns
    -------
    dict
        Assay (``mutations``, ``copy number``, ``structural variants``) to sample to panel; a
        sample that stands as NA was not assayed and is not in it. Assays without a column are not
        in the result.

    Raises
    ------
    DataError
        Without SAMPLE_ID or any known profile, and for a sample given two panels.
    """
    return panels_by_assay(read_raw_table(file, folder))


def panels_by_assay(
    raw: RawTable, *, known: Collection[str] | None = None
) -> dict[str, dict[str, str]]:
    """Take the panels out of a matrix; see `read_panel_matrix`.

    Parameters
    ----------
    raw
        The matrix.
    known
        Samples of the study, where they are known: any other is an error.
    """
    at = assay_columns(raw)
    folded = [header.lower() for header in raw.headers]
    if "sample_id" not in folded or not at:
        message = (
            "a panel matrix has the columns SAMPLE_ID and mutations (cna, structural_variants)"
        )
        raise DataError([DataProblem(raw.file, message, "Rename the columns.", row=1)])
    samples = raw.frame[f"c{folded.index('sample_id')}"]
    problems = []
    if known is not None:
        strangers = zip(samples, raw.rows, strict=True)
        problems += clipped([_stranger(raw.file, s, row) for s, row in strangers if s not in known])
    twice = []
    found: dict[str, dict[str, str]] = {}
    for assay, place in at.items():
        panels: dict[str, str] = {}
        for sample, cell, row in zip(samples, raw.frame[f"c{place}"], raw.rows, strict=True):
            panel = "" if cell in NULL_WORDS else cell
            if panels.setdefault(sample, panel) != panel:
                message = f'of {sample} is "{panels[sample] or "NA"}" in an earlier row'
                remedy = "Keep one row for each sample."
                twice.append(DataProblem(raw.file, message, remedy, row, raw.headers[place], cell))
        found[assay] = {sample: panel for sample, panel in panels.items() if panel}
    problems += clipped(twice)
    if problems:
        raise DataError(problems)
    return found


def assay_columns(raw: RawTable) -> dict[str, int]:
    """Find the column of each assay."""
    folded = [header.lower() for header in raw.headers]
    at = {
        assay: next((folded.index(word) for word in words if word in folded), None)
        for assay, words in PROFILES.items()
    }
    return {assay: place for assay, place in at.items() if place is not None}


def _stranger(file: str, sample: str, row: int | None = None) -> DataProblem:
    message = "is no sample of the clinical sample file"
    return DataProblem(file, message, "Add the sample there, or remove it here.", row, value=sample)


def read_case_lists(file: str, *, folder: Path) -> dict[str, frozenset[str]]:
    r"""Read which samples were assayed, from case lists: one file, or a folder of them.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`. From a folder every .txt file is read.
    folder
        Folder of the study file.

    Returns
    -------
    dict
        Assay to its samples, from the lists whose stable_id ends with ``_sequenced``, ``_cna`` or
        ``_sv``; other lists tell of no assay.

    Raises
    ------
    DataError
        For a list without stable_id or case_list_ids, and where no list tells of an assay.
    """
    found = samples_by_assay(case_list_files(file, folder=folder), folder=folder)
    if not found:
        message = "tells of no assay: no stable_id ends with _sequenced, _cna or _sv"
        raise refuse(file, message, "Name the list of sequenced samples.")
    return found


def case_list_files(file: str, *, folder: Path) -> list[str]:
    """Name the case lists: the file itself, or every .txt file of the folder it is."""
    path = folder / file
    if not path.is_dir():
        return [file]
    names = sorted(f"{file.rstrip('/')}/{item.name}" for item in path.glob("*.txt"))
    if not names:
        raise refuse(file, "is a folder without a case list", "Put cases_sequenced.txt there.")
    return names


def samples_by_assay(
    files: Sequence[str], *, folder: Path, known: Collection[str] | None = None
) -> dict[str, frozenset[str]]:
    """Read case lists by the assay they are of; see `read_case_lists`.

    Parameters
    ----------
    files
        The lists, relative to `folder`.
    folder
        Folder of the study file.
    known
        Samples of the study, where they are known: any other is an error.

    Raises
    ------
    DataError
        With the problems of every list.
    """
    problems: list[DataProblem] = []
    found: dict[str, frozenset[str]] = {}
    for file in files:
        try:
            values = read_meta(file, folder=folder)
        except DataError as error:
            problems += error.problems
            continue
        problems += [
            DataProblem(file, f"has no {key}", f"A case list has the line {key}: ...")
            for key in ("stable_id", "case_list_ids")
            if not values.get(key)
        ]
        listed = list_ids(values)
        if known is not None:
            problems += clipped([_stranger(file, item) for item in sorted({*listed} - {*known})])
        ending = values.get("stable_id", "").rpartition("_")[2]
        for assay, words in LISTS.items():
            if ending in words:
                found[assay] = found.get(assay, frozenset()) | frozenset(listed)
    if problems:
        raise DataError(problems)
    return found


def list_ids(values: Mapping[str, str]) -> list[str]:
    """Take the samples of a case list, in its order."""
    cells = values.get("case_list_ids", "").split("\t")
    return [word for cell in cells if (word := cell.strip())]
