"""Mutation calls: one row per variant, with the class it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, get_args

import polars as pl

AlterationClass = Literal[
    "missense",
    "truncating",
    "splice",
    "inframe",
    "promoter",
    "fusion",
    "start_lost",
    "homozygous_deletion",
    "amplification",
    "gain",
    "loss",
    "any",
]
COUNTABLE_CLASSES: Final[tuple[AlterationClass, ...]] = get_args(AlterationClass)
"""Classes a study may count as an alteration. ``any`` is an alteration of unstated kind."""

VARIANT_CLASSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missense_mutation": "missense",
        "nonsense_mutation": "truncating",
        "nonstop_mutation": "truncating",
        "frame_shift_del": "truncating",
        "frame_shift_ins": "truncating",
        "stop_codon_del": "truncating",
        "stop_codon_ins": "truncating",
        "stop_codon_snp": "truncating",
        "splice_site": "splice",
        "splice_region": "splice_region",
        "in_frame_del": "inframe",
        "in_frame_ins": "inframe",
        "translation_start_site": "start_lost",
        "start_codon_del": "start_lost",
        "start_codon_ins": "start_lost",
        "start_codon_snp": "start_lost",
        "de_novo_start_inframe": "untranslated",
        "de_novo_start_outofframe": "untranslated",
        "5'flank": "promoter",
        "fusion": "fusion",
        "silent": "silent",
        "intron": "intron",
        "3'utr": "untranslated",
        "5'utr": "untranslated",
        "3'flank": "intergenic",
        "igr": "intergenic",
        "rna": "noncoding_rna",
        "lincrna": "noncoding_rna",
        "targeted_region": "unclassified",
    }
)
"""MAF Variant_Classification in lower case to alteration class. Nonstop stands with the truncating
classes and 5'Flank is the promoter, as oncoprints of the field draw them."""

CALL_COLUMNS: Final[Mapping[str, type[pl.DataType]]] = MappingProxyType(
    {
        "sample_id": pl.String,
        "gene": pl.String,
        "variant_classification": pl.String,
        "alteration_class": pl.String,
        "protein_change": pl.String,
        "vaf": pl.Float64,
        "source_row": pl.Int64,
    }
)
"""Columns of `MutationCalls.calls`."""

OPTIONAL_COLUMNS: Final[Mapping[str, type[pl.DataType]]] = MappingProxyType(
    {"mutation_status": pl.String, "driver": pl.String, "locus": pl.String}
)
"""Further columns a reader adds where it is asked to: Mutation_Status as it stands in the file, the
annotation that tells drivers, and position and alleles (``5:1295228 G>A``)."""


@dataclass(frozen=True, slots=True, eq=False)
class MutationCalls:
    """The calls of a study, all classes (silent ones too), and what is known to be tested.

    Parameters
    ----------
    calls
        One row per call, with the columns of `CALL_COLUMNS`; `vaf` is the variant allele
        fraction 0..1 or null, `source_row` the row of the file.
    source
        The file as the study names it.
    tested
        None for a MAF, which says nothing of what was tested. For a matrix or a long table the
        (sample_id, gene) pairs whose state the file gives.
    listed
        Samples the file names, those without any call or value included, where it can tell.
    """

    calls: pl.DataFrame
    source: str
    tested: pl.DataFrame | None = None
    listed: tuple[str, ...] = ()

    @property
    def sample_ids(self) -> tuple[str, ...]:
        """Every sample the file speaks of, sorted."""
        return tuple(sorted({*self.calls["sample_id"].unique().to_list(), *self.listed}))
