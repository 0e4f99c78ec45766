"""The clinical tables of a study: files to a validated `Cohort`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.cohort.model import Cohort
    from embogen.cohort.schema import Variable


@dataclass(frozen=True, slots=True)
class TableSource:
    """Where a clinical table is and how its columns are called there.

    Parameters
    ----------
    table
        ``patients``, ``procedures``, ``assessments`` or ``specimens``.
    file
        Path as the study names it, relative to `folder`; messages show this. The format follows
        from the suffix: .csv, .tsv, .txt, .tab (each also .gz), .xlsx, .xlsm, .xls, .xlsb, .ods.
    folder
        Folder of the study file.
    sheet
        Sheet of a workbook; None for its only sheet.
    key
        Header of the column that holds the table's key (patients: `patient_id`).
    columns
        embogen's name of a column to its header in the file.
    variables
        Columns the plan declares; one that the registry knows too is declared anew.
    where
        Column (embogen's name or header) to the values whose rows are kept.
    missing
        Words that mean an empty cell, beyond `NULL_WORDS`.
    """

    table: str
    file: str
    folder: Path
    sheet: str | None = None
    key: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def read_cohort(sources: Sequence[TableSource]) -> tuple[Cohort, tuple[Caveat, ...]]:
    raise NotImplementedError
