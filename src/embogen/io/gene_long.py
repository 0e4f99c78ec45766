"""Long sample, gene, value tables to `MutationCalls`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.io.gene_values import ValueMeaning, calls_from_values
from embogen.io.raw_table import clipped
from embogen.io.tables import read_raw_table

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.genomics.calls import MutationCalls
    from embogen.io.raw_table import RawTable

_HEADERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "sample_id": ("sample_id", "sample", "patient_id", "patient", "specimen_id"),
        "gene": ("gene", "category", "hugo_symbol", "feature"),
        "value": ("value", "state", "alteration", "call"),
    }
)
"""Headers taken where the study maps none, best first, in lower case."""


def read_gene_long(
    file: str,
    *,
    folder: Path,
    altered: Mapping[str, str],
    wild_type: Sequence[str],
    columns: Mapping[str, str] | None = None,
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Read a table with a row for each sample and gene.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.
    altered
        Value to the alteration class it means: ``{"Allelic deletion": "loss"}``.
    wild_type
        Values that mean tested and not altered. An empty cell is not tested.
    columns
        ``sample_id``, ``gene`` and ``value`` to their headers; without it ``sample``,
        ``category`` and ``value``, or their usual names, are looked for.

    Returns
    -------
    calls
        One call for each altered pair; `tested` holds every pair with a value.
    caveats
        From `calls_from_values`.

    Raises
    ------
    DataError
        When the table cannot be read, lacks a column or holds an undeclared value.
    """
    triples = long_triples(read_raw_table(file, folder), columns or {})
    return calls_from_values(triples, ValueMeaning(altered, wild_type), file)


def long_triples(
    raw: RawTable, columns: Mapping[str, str], *, section: str = "data.mutations"
) -> pl.DataFrame:
    """Take the rows of a long table for `calls_from_values`.

    Parameters
    ----------
    raw
        A row for each sample and gene, or for each alteration of one.
    columns
        As for `read_gene_long`.
    section
        Of the study file, for messages.

    Raises
    ------
    DataError
        When a column is missing, or a row has no sample or gene.
    """
    at = _find(raw, columns, section)
    triples = pl.DataFrame(
        {
            "sample_id": raw.column(at["sample_id"]),
            "gene": raw.column(at["gene"]),
            "value": raw.column(at["value"]),
            "source_row": raw.rows,
        }
    ).with_columns(pl.lit(at["value"]).alias("header"))
    problems: list[DataProblem] = []
    for name in ("sample_id", "gene"):
        rows = triples.filter(pl.col(name) == "")["source_row"]
        message = "is empty, and a value was expected"
        found = [
            DataProblem(raw.file, message, "Fill the cell.", row=row, column=at[name])
            for row in rows
        ]
        problems += clipped(found)
    if problems:
        raise DataError(problems)
    return triples


def _find(raw: RawTable, wanted: Mapping[str, str], section: str) -> dict[str, str]:
    """Return the header of each column."""
    folded = {header.lower(): header for header in raw.headers}
    at: dict[str, str] = {}
    problems = []
    for name, choices in _HEADERS.items():
        if name in wanted and wanted[name] in raw.headers:
            at[name] = wanted[name]
            continue
        words = (wanted[name].lower(),) if name in wanted else choices
        found = next((folded[word] for word in words if word in folded), None)
        if found is not None:
            at[name] = found
            continue
        missing = wanted.get(name, choices[0])
        close = difflib.get_close_matches(missing, raw.headers, n=1, cutoff=0.6)
        did = f'Did you mean "{close[0]}"? ' if close else ""
        remedy = f"{did}Map it under {section}.columns: {name} = ..."
        message = f'there is no column "{missing}", which holds the {name.removesuffix("_id")}'
        problems.append(DataProblem(raw.file, message, remedy, row=1))
    if problems:
        raise DataError(problems)
    return at
