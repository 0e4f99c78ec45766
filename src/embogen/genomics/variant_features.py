"""Recurrent variants as features: ``BRAF V600E``, ``TERT 5:1295228 G>A``."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.genomics.assays import AssayGenotypes
from embogen.genomics.coverage import GeneState
from embogen.genomics.feature_blocks import BlockSource, FeatureBlock
from embogen.genomics.filters import THREE_LETTERS
from embogen.genomics.tested_patterns import patterns_of_columns

_BEFORE: Final = r"^(?:.*:)?\s*p\."
_AROUND: Final = r"^\((.*)\)$"
_RESIDUE: Final = r"[A-Za-z*]\d"
"""What a change must hold to tell a variant: ``p.?``, ``p.=`` and ``p.0?`` do not."""


def variant_name(calls: pl.DataFrame) -> pl.Series:
    """Name the variant of each call: by its protein change, else by position and alleles.

    Parameters
    ----------
    calls
        ``protein_change``, and ``locus`` where the reader gave it.

    Returns
    -------
    Series
        Text; null where a call tells neither.

    Examples
    --------
    >>> calls = pl.DataFrame({"protein_change": ["p.Val600Glu", "V600E", "p.?", None],
    ...                       "locus": [None, "7:140453136 A>T", "5:1295228 G>A", None]})
    >>> variant_name(calls).to_list()
    ['V600E', 'V600E', '5:1295228 G>A', None]
    """
    change = pl.col("protein_change").str.strip_chars().str.replace(_BEFORE, "")
    change = change.str.replace(_AROUND, "$1")
    short = change.str.replace_many(list(THREE_LETTERS), list(THREE_LETTERS.values()))
    locus = pl.col("locus") if "locus" in calls.columns else pl.lit(None, pl.String)
    told = pl.when(change.str.contains(_RESIDUE)).then(short).otherwise(locus)
    return calls.select(told.alias("variant"))["variant"]


def variant_features(
    found: AssayGenotypes, min_carriers: int
) -> tuple[BlockSource, tuple[Caveat, ...]]:
    """Make a feature of each variant that enough patients carry.

    A patient is tested for a variant where tested for its gene. One with a call in the gene that
    tells no variant may carry any of them, and is not tested for those not known to be carried.

    Parameters
    ----------
    found
        What the mutation file shows.
    min_carriers
        Fewest patients with the variant, at least 1.

    Returns
    -------
    source
        By gene, then variant, in alphabetical order.
    caveats
        ``variants_left_out`` with the number of rarer variants, ``variants_not_told``.

    Examples
    --------
    Patients a and b carry V600E, a carries K601E too; c was not tested.

    >>> from embogen.genomics.classes import AlterationClasses
    >>> from embogen.genomics.matrix import AlterationMatrix
    >>> classes = AlterationClasses.of_text(np.array([["missense"], ["missense"], [""]]))
    >>> states = np.array([[1], [1], [2]], np.int8)
    >>> matrix = AlterationMatrix(("a", "b", "c"), ("BRAF",), states, classes)
    >>> changes = {"protein_change": ["p.V600E", "p.V600E", "p.K601E"]}
    >>> calls = pl.DataFrame({"row": [0, 1, 0], "gene": ["BRAF"] * 3, **changes})
    >>> found = AssayGenotypes("mutations", frozenset({"missense"}), matrix, calls, ())
    >>> source, caveats = variant_features(found, 2)
    >>> source.names, source.block(0, 1).carriers.tolist(), source.patterns.tolist()
    (('BRAF V600E',), [0, 1], [[True, True, False]])
    >>> caveats[0].message
    '1 of 2 variants have fewer than 2 carriers and are not features of the scan.'
    """
    matrix = found.matrix
    calls = found.calls.filter(pl.col("gene").is_in(list(matrix.genes)))
    calls = calls.with_columns(variant_name(calls)).select("row", "gene", "variant")
    untold = calls.filter(pl.col("variant").is_null())
    carried = calls.filter(pl.col("variant").is_not_null()).unique()
    groups = carried.group_by("gene", "variant").agg(pl.col("row").sort())
    kept = groups.filter(pl.col("row").list.len() >= min_carriers).sort("gene", "variant")
    block, patterns = _block(found, kept, untold)
    left = groups.height - kept.height
    return BlockSource(matrix.patients, block, patterns), _caveats(left, kept, untold, min_carriers)


def _block(
    found: AssayGenotypes, kept: pl.DataFrame, untold: pl.DataFrame
) -> tuple[FeatureBlock, NDArray[np.bool_]]:
    """Lay the variants out, and the patterns of who was tested for their genes."""
    matrix = found.matrix
    place = {gene: j for j, gene in enumerate(matrix.genes)}
    genes = kept["gene"].unique().sort().to_list()
    states = matrix.states[:, [place[gene] for gene in genes]]
    tested = patterns_of_columns((states == GeneState.ALTERED) | (states == GeneState.WILD_TYPE))
    pattern = dict(zip(genes, tested.of.tolist(), strict=True))
    unsure = dict(untold.group_by("gene").agg(pl.col("row").unique()).iter_rows())
    carriers = [np.array(rows, np.int32) for rows in kept["row"].to_list()]
    lacking = [
        np.setdiff1d(np.array(unsure.get(gene, []), np.int32), rows)
        for gene, rows in zip(kept["gene"], carriers, strict=True)
    ]
    block = FeatureBlock(
        names=tuple(f"{gene} {variant}" for gene, variant in kept.select("gene", "variant").rows()),
        start=_starts(carriers),
        carriers=np.concatenate([np.empty(0, np.int32), *carriers]),
        values=None,
        pattern=np.array([pattern[gene] for gene in kept["gene"]], np.int32),
        untested_start=_starts(lacking),
        untested=np.concatenate([np.empty(0, np.int32), *lacking]),
    )
    return block, tested.patterns


def _starts(parts: list[NDArray[np.int32]]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)


def _caveats(
    left: int, kept: pl.DataFrame, untold: pl.DataFrame, min_carriers: int
) -> tuple[Caveat, ...]:
    caveats = []
    if left:
        message = (
            f"{left} of {left + kept.height} variants have fewer than {min_carriers} carriers "
            "and are not features of the scan."
        )
        evidence = {"variants": left, "features": kept.height, "min_carriers": min_carriers}
        caveats.append(Caveat("variants_left_out", message, evidence))
    if not untold.is_empty():
        patients = untold["row"].n_unique()
        message = (
            f"Calls that count tell no variant, neither by a protein change nor by position and "
            f"alleles: {untold.height}, in {patients} patient{'' if patients == 1 else 's'}. "
            "Who has one is not tested for the other variants of that gene."
        )
        evidence = {"calls": untold.height, "patients": patients}
        caveats.append(Caveat("variants_not_told", message, evidence))
    return tuple(caveats)
