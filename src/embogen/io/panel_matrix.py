"""Which specimen was assayed by what: panel matrices and case lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from embogen.errors import DataError, DataProblem
from embogen.io.files import decode, read_bytes, refuse
from embogen.io.raw_table import clipped
from embogen.io.tables import read_raw_table
from embogen.io.typed_columns import NULL_WORDS

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
    raw = read_raw_table(file, folder)
    folded = [header.lower() for header in raw.headers]
    at = {
        assay: next((folded.index(word) for word in words if word in folded), None)
        for assay, words in PROFILES.items()
    }
    places = {assay: place for assay, place in at.items() if place is not None}
    if "sample_id" not in folded or not places:
        message = (
            "a panel matrix has the columns SAMPLE_ID and mutations (cna, structural_variants)"
        )
        raise DataError([DataProblem(file, message, "Rename the columns.", row=1)])
    samples = raw.frame[f"c{folded.index('sample_id')}"]
    problems = []
    found: dict[str, dict[str, str]] = {}
    for assay, place in places.items():
        panels: dict[str, str] = {}
        for sample, panel, row in zip(samples, raw.frame[f"c{place}"], raw.rows, strict=True):
            if panels.setdefault(sample, panel) != panel:
                message = f'of {sample} is "{panels[sample]}" in an earlier row'
                remedy = "Keep one row for each sample."
                problems.append(DataProblem(file, message, remedy, row, raw.headers[place], panel))
        found[assay] = {s: panel for s, panel in panels.items() if panel not in NULL_WORDS}
    if problems:
        raise DataError(clipped(problems))
    return found


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
    path = folder / file
    names = [file]
    if path.is_dir():
        names = sorted(f"{file.rstrip('/')}/{item.name}" for item in path.glob("*.txt"))
        if not names:
            raise refuse(file, "is a folder without a case list", "Put cases_sequenced.txt there.")
    problems: list[DataProblem] = []
    found: dict[str, frozenset[str]] = {}
    for name in names:
        values = dict(_lines(decode(read_bytes(name, folder), name)))
        absent = [key for key in ("stable_id", "case_list_ids") if not values.get(key)]
        problems += [
            DataProblem(name, f"has no {key}", f"A case list has the line {key}: ...")
            for key in absent
        ]
        ending = values.get("stable_id", "").rpartition("_")[2]
        for assay, words in LISTS.items():
            if ending in words:
                ids = (word.strip() for word in re.split(r"\t", values.get("case_list_ids", "")))
                found[assay] = frozenset(word for word in ids if word)
    if not found and not problems:
        message = "tells of no assay: no stable_id ends with _sequenced, _cna or _sv"
        problems.append(DataProblem(file, message, "Name the list of sequenced samples."))
    if problems:
        raise DataError(problems)
    return found


def _lines(text: str) -> list[tuple[str, str]]:
    pairs = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return [(key.strip().lower(), value.strip()) for key, _, value in pairs if key.strip()]
