"""Gene x sample matrices to `MutationCalls`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.io.gene_values import ValueMeaning, calls_from_values
from embogen.io.tables import read_raw_table

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.genomics.calls import MutationCalls
    from embogen.io.raw_table import RawTable


def read_gene_matrix(
    file: str,
    *,
    folder: Path,
    altered: Mapping[str, str],
    wild_type: Sequence[str] = ("0",),
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Read a matrix with a gene in each row and a sample in each column.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`; the first column holds gene symbols, the
        headers of the others are sample ids.
    folder
        Folder of the study file.
    altered
        Value to the alteration class it means: ``{"1": "any"}``,
        ``{"-2": "homozygous_deletion", "2": "amplification"}``.
    wild_type
        Values that mean tested and not altered. An empty cell is not tested.

    Returns
    -------
    calls
        One call for each altered cell; `tested` holds every cell with a value.
    caveats
        From `calls_from_values`.

    Raises
    ------
    DataError
        When the table cannot be read, a gene stands there twice, or a value is not declared.
    """
    raw = read_raw_table(file, folder)
    problems = _gene_problems(raw)
    if problems:
        raise DataError(problems)
    return calls_from_values(matrix_triples(raw), ValueMeaning(altered, wild_type), file)


def matrix_triples(
    raw: RawTable, *, gene: str | None = None, not_samples: Collection[str] = ()
) -> pl.DataFrame:
    """Lay the cells of a matrix out as rows for `calls_from_values`.

    Parameters
    ----------
    raw
        A gene in each row, a sample in each column.
    gene
        Header of the column of gene symbols; the first column where it is None.
    not_samples
        Headers, in lower case, of columns that are no samples.

    Raises
    ------
    DataError
        When there is one column only.
    """
    problems = []
    if len(raw.headers) < 2:  # noqa: PLR2004 - a gene column and at least one sample
        message = "has one column, and a gene column with samples beside it was expected"
        problems.append(DataProblem(raw.file, message, "Check the separator.", row=1))
    if problems:
        raise DataError(problems)
    first = raw.headers.index(gene) if gene is not None else 0
    samples = {
        f"c{i}": header
        for i, header in enumerate(raw.headers)
        if i != first and header.lower() not in not_samples
    }
    symbols = f"c{first}"
    long = raw.frame.with_columns(raw.rows.alias("source_row")).unpivot(
        list(samples), index=[symbols, "source_row"], variable_name="place", value_name="value"
    )
    sample = pl.col("place").replace_strict(samples, return_dtype=pl.String)
    return long.select(
        sample.alias("sample_id"),
        pl.col(symbols).alias("gene"),
        "value",
        "source_row",
        sample.alias("header"),
    )


def _gene_problems(raw: RawTable) -> list[DataProblem]:
    genes = pl.DataFrame({"gene": raw.frame["c0"], "row": raw.rows})
    first = pl.col("row").first().over("gene")
    repeated = genes.with_columns(first.alias("first")).filter(pl.col("row") != pl.col("first"))
    problems = [
        DataProblem(
            raw.file,
            f"is the gene of row {before} already",
            "Keep one row for each gene.",
            row=row,
            value=gene,
        )
        for gene, row, before in repeated.filter(pl.col("gene") != "").iter_rows()
    ]
    problems += [
        DataProblem(raw.file, "has no gene in its first column", "Fill it.", row=row)
        for row in genes.filter(pl.col("gene") == "")["row"]
    ]
    return problems
