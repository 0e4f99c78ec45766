"""Sample, gene, value triples to `MutationCalls`: what matrices and long tables share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import CALL_COLUMNS, MutationCalls
from embogen.io.raw_table import clipped
from embogen.io.typed_columns import NULL_WORDS


def calls_from_values(
    triples: pl.DataFrame, altered: Mapping[str, str], wild_type: Sequence[str], file: str
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Turn values into calls and tested pairs.

    Parameters
    ----------
    triples
        ``sample_id``, ``gene``, ``value``, ``source_row``, ``header``, all text but the row. A
        pair may stand there more than once: one row for each allele or alteration.
    altered
        Value to the alteration class it means.
    wild_type
        Values that mean tested and not altered.
    file
        For messages.

    Returns
    -------
    calls
        A call for each alteration of a pair; every pair with a declared value is tested.
    caveats
        ``altered_and_wild_type`` where rows of one pair say both: it is taken as altered.

    Raises
    ------
    DataError
        Values whose meaning the study does not declare, each named once with its first row.

    Notes
    -----
    Whole numbers are compared as numbers, so ``1.0`` in the file is ``1`` in the study. Empty
    cells are pairs that were not tested.
    """
    meaning = {_plain(value): name for value, name in altered.items()}
    meaning |= {_plain(value): "" for value in wild_type if _plain(value) not in meaning}
    plain = {value: _plain(value) for value in triples["value"].unique().to_list()}
    triples = triples.with_columns(
        pl.col("value").replace_strict(plain, return_dtype=pl.String).alias("plain")
    )
    nulls = [word for word in NULL_WORDS if _plain(word) not in meaning]
    known = triples.filter(~pl.col("value").is_in(nulls)).with_columns(
        pl.col("plain")
        .replace_strict(meaning, default=None, return_dtype=pl.String)
        .alias("alteration_class")
    )
    problems = _undeclared(known, meaning, file)
    known = known.filter(pl.col("alteration_class").is_not_null())
    if problems:
        raise DataError(sorted(problems, key=lambda item: item.row or 0))
    calls = known.filter(pl.col("alteration_class") != "").unique(
        ["sample_id", "gene", "alteration_class"], keep="first", maintain_order=True
    )
    calls = calls.with_columns(
        pl.col("value").alias("variant_classification"),
        pl.lit(None, pl.String).alias("protein_change"),
        pl.lit(None, pl.Float64).alias("vaf"),
    ).select(*CALL_COLUMNS)
    tested = known.select("sample_id", "gene").unique(maintain_order=True)
    listed = tuple(triples["sample_id"].unique().sort())
    return MutationCalls(calls, file, tested, listed), _both(known, file)


def _plain(value: str) -> str:
    """Drop the decimals of a whole number."""
    return re.sub(r"^([+-]?\d+)\.0*$", r"\1", value.strip())


def _undeclared(known: pl.DataFrame, meaning: Mapping[str, str], file: str) -> list[DataProblem]:
    bad = known.filter(pl.col("alteration_class").is_null()).sort("source_row", maintain_order=True)
    counts = bad.group_by("value", maintain_order=True).agg(
        pl.len(), pl.col("source_row").min(), pl.col("header").first()
    )
    declared = ", ".join(f'"{word}"' for word in meaning) or "nothing"
    return clipped(
        [
            DataProblem(
                file,
                f"is a value whose meaning is not declared ({count} cells); declared: {declared}",
                "Add it to data.mutations.altered or data.mutations.wild_type.",
                row=row,
                column=header,
                value=value,
            )
            for value, count, row, header in counts.iter_rows()
        ]
    )


def _both(known: pl.DataFrame, file: str) -> tuple[Caveat, ...]:
    """Say which pairs are altered in one row and wild type in another."""
    wild = pl.col("alteration_class") == ""
    pairs = (
        known.group_by("sample_id", "gene")
        .agg(wild.any().alias("wild"), (~wild).any().alias("altered"))
        .filter(pl.col("wild") & pl.col("altered"))
    )
    if pairs.is_empty():
        return ()
    genes = ", ".join(sorted(set(pairs["gene"]))[:8])
    message = (
        f"{file} calls {genes} both altered and not altered in {pairs.height} samples by gene; "
        "they are taken as altered, as is right where each row is one allele."
    )
    return (Caveat("altered_and_wild_type", message, {"pairs": pairs.height}, file),)
