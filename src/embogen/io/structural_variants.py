"""Structural variants to `MutationCalls`: each gene at a breakpoint is altered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import CALL_COLUMNS, MutationCalls
from embogen.io.raw_table import clipped
from embogen.io.tables import read_raw_table
from embogen.io.typed_columns import NULL_WORDS

if TYPE_CHECKING:
    from embogen.io.raw_table import RawTable

_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "sample_id": ("sample_id", "tumor_sample_barcode", "sample"),
    "gene": ("site1_hugo_symbol", "hugo_symbol", "gene1", "gene"),
    "partner": ("site2_hugo_symbol", "gene2"),
    "mutation_status": ("sv_status",),
    "variant_classification": ("class", "variant_class", "fusion"),
    "protein_change": ("event_info", "annotation"),
}
"""Headers in lower case, best first: structural variants, and the older files of fusions."""


def read_structural_variants(
    file: str, *, folder: Path, columns: Mapping[str, str] | None = None
) -> MutationCalls:
    """Read structural variants or fusions.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`: Sample_Id, Site1_Hugo_Symbol and
        Site2_Hugo_Symbol (one of which may be empty), or Tumor_Sample_Barcode and Hugo_Symbol.
    folder
        Folder of the study file.
    columns
        ``sample_id``, ``gene``, ``partner`` or ``mutation_status`` to its header, where it differs.

    Returns
    -------
    MutationCalls
        A call of class ``fusion`` for each gene of a variant, one where both are the same gene;
        with ``mutation_status`` where the file has SV_Status. It does not tell what was tested.

    Raises
    ------
    DataError
        Naming absent columns, rows without a sample, and rows without any gene.
    """
    raw = read_raw_table(file, folder)
    at = _find(raw, columns or {})
    table = raw.frame.select(
        *(
            pl.when(~pl.col(f"c{i}").is_in(NULL_WORDS)).then(pl.col(f"c{i}")).alias(name)
            for name, i in at.items()
        ),
        raw.rows.alias("source_row"),
    )
    for name in _HEADERS:
        if name not in table.columns:
            table = table.with_columns(pl.lit(None, pl.String).alias(name))
    problems = []
    nameless = pl.col("gene").is_null() & pl.col("partner").is_null()
    for rows, what, remedy in (
        (table.filter(pl.col("sample_id").is_null()), "names no sample", "Fill the sample."),
        (table.filter(nameless), "names no gene at either breakpoint", "Fill a gene, or drop it."),
    ):
        problems += clipped([DataProblem(file, what, remedy, row=r) for r in rows["source_row"]])
    if problems:
        raise DataError(sorted(problems, key=lambda item: item.row or 0))
    both = pl.concat([table, table.with_columns(pl.col("partner").alias("gene"))])
    calls = (
        both.filter(pl.col("gene").is_not_null())
        .unique(["sample_id", "gene", "source_row"], keep="first", maintain_order=True)
        .sort("source_row", maintain_order=True)
        .with_columns(
            pl.lit("fusion").alias("alteration_class"),
            pl.lit(None, pl.Float64).alias("vaf"),
            pl.col("source_row").cast(pl.Int64),
        )
    )
    status = ("mutation_status",) if "mutation_status" in at else ()
    return MutationCalls(calls.select(*CALL_COLUMNS, *status), file)


def _find(raw: RawTable, wanted: Mapping[str, str]) -> dict[str, int]:
    folded = [header.lower() for header in raw.headers]
    at: dict[str, int] = {}
    problems = []
    for name, choices in _HEADERS.items():
        words = (wanted[name].lower(),) if name in wanted else choices
        found = next((folded.index(word) for word in words if word in folded), None)
        if found is not None:
            at[name] = found
        elif name in wanted or name in {"sample_id", "gene"}:
            message = f"there is no column {words[0]} (in any case)"
            remedy = f"The file has: {', '.join(raw.headers[:12])}."
            problems.append(DataProblem(raw.file, message, remedy, row=1))
    if problems:
        raise DataError(problems)
    return at
