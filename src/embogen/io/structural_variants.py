"""Structural variants to `MutationCalls`: each gene at a breakpoint is altered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    "gene": ("site1_hugo_symbol", "site1_gene", "hugo_symbol", "gene1", "gene"),
    "partner": ("site2_hugo_symbol", "site2_gene", "gene2"),
    "mutation_status": ("sv_status",),
    "variant_classification": ("class", "sv_class_name", "variant_class", "variant_classification"),
    "protein_change": ("event_info", "annotation", "fusion"),
}
"""Headers in lower case, best first: structural variants, and the older files of fusions."""
STATUS: Final = ("SOMATIC", "GERMLINE", "UNKNOWN")
"""What SV_Status may say; an empty cell is not known."""
UNTOLD_KIND: Final = "structural variant"
"""The class of a variant whose file does not tell it."""


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
        Naming absent columns, rows without a sample, rows without any gene, and a status that is
        none.
    """
    return structural_variant_calls(read_raw_table(file, folder), columns=columns)


def structural_variant_calls(
    raw: RawTable,
    *,
    columns: Mapping[str, str] | None = None,
    required: Collection[str] = ("sample_id",),
) -> MutationCalls:
    """Turn a table of structural variants into calls; see `read_structural_variants`.

    Parameters
    ----------
    raw, columns
        The table, and headers that differ.
    required
        Columns it cannot do without, besides one of genes.
    """
    table = _wanted(raw, _find(raw, columns or {}, required))
    problems = _problems(raw, table)
    if problems:
        raise DataError(sorted(problems, key=lambda item: item.row or 0))
    both = pl.concat([table, table.with_columns(pl.col("partner").alias("gene"))])
    calls = (
        both.filter(pl.col("gene").is_not_null())
        .unique(["sample_id", "gene", "source_row"], keep="first", maintain_order=True)
        .sort("source_row", maintain_order=True)
        .with_columns(
            pl.col("variant_classification").fill_null(UNTOLD_KIND),
            pl.lit("fusion").alias("alteration_class"),
            pl.lit(None, pl.Float64).alias("vaf"),
            pl.col("source_row").cast(pl.Int64),
        )
    )
    status = ("mutation_status",) if "mutation_status" in table.columns else ()
    return MutationCalls(calls.select(*CALL_COLUMNS, *status), raw.file)


def _wanted(raw: RawTable, at: Mapping[str, int]) -> pl.DataFrame:
    """Return the wanted columns, null where empty; absent ones but the status are null, too."""
    table = raw.frame.select(
        *(
            pl.when(~pl.col(f"c{i}").is_in(NULL_WORDS)).then(pl.col(f"c{i}")).alias(name)
            for name, i in at.items()
        ),
        raw.rows.alias("source_row"),
    )
    absent = [name for name in _HEADERS if name not in {*at, "mutation_status"}]
    return table.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)


def _problems(raw: RawTable, table: pl.DataFrame) -> list[DataProblem]:
    nameless = pl.col("gene").is_null() & pl.col("partner").is_null()
    problems = []
    for rows, what, remedy in (
        (table.filter(pl.col("sample_id").is_null()), "names no sample", "Fill the sample."),
        (table.filter(nameless), "names no gene at either breakpoint", "Fill a gene, or drop it."),
    ):
        problems += clipped(
            [DataProblem(raw.file, what, remedy, row=r) for r in rows["source_row"]]
        )
    if "mutation_status" not in table.columns:
        return problems
    status = pl.col("mutation_status")
    odd = table.filter(status.is_not_null() & ~status.str.to_uppercase().is_in(STATUS))
    message = f"is not one of {', '.join(STATUS)}"
    found = odd.select("mutation_status", "source_row").iter_rows()
    return problems + clipped(
        [DataProblem(raw.file, message, "Correct it.", r, "SV_Status", v) for v, r in found]
    )


def _find(raw: RawTable, wanted: Mapping[str, str], required: Collection[str]) -> dict[str, int]:
    folded = [header.lower() for header in raw.headers]
    at: dict[str, int] = {}
    absent = []
    for name, choices in _HEADERS.items():
        words = (wanted[name].lower(),) if name in wanted else choices
        found = next((folded.index(word) for word in words if word in folded), None)
        if found is not None:
            at[name] = found
        elif name in wanted or name in required:
            absent.append(words[0])
    if not {"gene", "partner"} & {*at}:
        absent.append("site1_hugo_symbol")
    if absent:
        remedy = f"The file has: {', '.join(raw.headers[:12])}."
        raise DataError(
            [
                DataProblem(raw.file, f"there is no column {name} (in any case)", remedy, row=1)
                for name in dict.fromkeys(absent)
            ]
        )
    return at
