"""Sample, gene, value triples to `MutationCalls`: what matrices and long tables share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import CALL_COLUMNS, MutationCalls
from embogen.io.raw_table import clipped
from embogen.io.typed_columns import NULL_WORDS


@dataclass(frozen=True, slots=True)
class ValueMeaning:
    """What the values of a file mean.

    Parameters
    ----------
    altered
        Value to the alteration class it means.
    wild_type
        Values that mean tested and not altered.
    strange, remedy
        What messages say of any other value, and what to do about it.
    """

    altered: Mapping[str, str]
    wild_type: Sequence[str]
    strange: str = "is a value whose meaning is not declared"
    remedy: str = "Add it to data.mutations.altered or data.mutations.wild_type."


_NUMBER: Final = re.compile(r"\+?(-?\d+)(?:\.(\d*))?")


def calls_from_values(
    triples: pl.DataFrame, given: ValueMeaning, file: str
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Turn values into calls and tested pairs.

    Parameters
    ----------
    triples
        ``sample_id``, ``gene``, ``value``, ``source_row``, ``header``, all text but the row. A
        pair may stand there more than once: one row for each allele or alteration.
    given
        What the values mean.
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
    Numbers are compared as numbers, so ``1.0`` in the file is ``1`` in the study. Empty cells are
    pairs that were not tested.
    """
    meaning = {_plain(value): name for value, name in given.altered.items()}
    meaning |= {_plain(value): "" for value in given.wild_type if _plain(value) not in meaning}
    nulls = [word for word in NULL_WORDS if _plain(word) not in meaning]
    known = triples.filter(~pl.col("value").is_in(nulls)).with_columns(
        plain_values(triples)
        .replace_strict(meaning, default=None, return_dtype=pl.String)
        .alias("alteration_class")
    )
    problems = _undeclared(known, meaning, given, file)
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


def plain_values(triples: pl.DataFrame) -> pl.Expr:
    """Write the values in one way, so that equal numbers are equal."""
    plain = {value: _plain(value) for value in triples["value"].unique().to_list()}
    return pl.col("value").replace_strict(plain, return_dtype=pl.String)


def _plain(value: str) -> str:
    """Write a number without sign of plus and zeros behind the point; other text as it is."""
    number = _NUMBER.fullmatch(value.strip())
    if number is None:
        return value.strip()
    whole, decimals = number[1], (number[2] or "").rstrip("0")
    if decimals:
        return f"{whole}.{decimals}"
    return "0" if whole == "-0" else whole


def _undeclared(
    known: pl.DataFrame, meaning: Mapping[str, str], given: ValueMeaning, file: str
) -> list[DataProblem]:
    bad = known.filter(pl.col("alteration_class").is_null()).sort("source_row", maintain_order=True)
    counts = bad.group_by("value", maintain_order=True).agg(
        pl.len(), pl.col("source_row").min(), pl.col("header").first()
    )
    known_words = ", ".join(f'"{word}"' for word in meaning) or "nothing"
    return clipped(
        [
            DataProblem(
                file,
                f"{given.strange} ({count} cell{'' if count == 1 else 's'}); known: {known_words}",
                given.remedy,
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
