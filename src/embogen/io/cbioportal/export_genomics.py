"""Mutations, copy number and structural variants as cBioPortal takes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.io.cbioportal.export_clinical import table_text
from embogen.io.files import read_bytes
from embogen.io.maf_lines import split_lines
from embogen.io.structural_variants import UNTOLD_KIND

if TYPE_CHECKING:
    from embogen.genomics.calls import MutationCalls

REQUIRED: Final = (
    "Hugo_Symbol",
    "NCBI_Build",
    "Chromosome",
    "Variant_Classification",
    "Reference_Allele",
    "Tumor_Seq_Allele2",
    "Tumor_Sample_Barcode",
    "HGVSp_Short",
)
"""Columns a mutation file of the portal must have."""

_OPTIONAL: Final = (
    "Entrez_Gene_Id",
    "Start_Position",
    "End_Position",
    "Strand",
    "Variant_Type",
    "Tumor_Seq_Allele1",
    "dbSNP_RS",
    "Mutation_Status",
    "t_ref_count",
    "t_alt_count",
    "n_ref_count",
    "n_alt_count",
)
"""Further documented columns that are copied; free text and names of files are not."""

_LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {"homozygous_deletion": "-2", "loss": "-1", "gain": "1", "amplification": "2"}
)
_OTHER: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Hugo_Symbol": ("gene",),
        "Variant_Classification": ("mutation type",),
        "Tumor_Sample_Barcode": ("samples", "sample id"),
        "HGVSp_Short": ("protein_change", "amino_acid_change", "protein change"),
        "Start_Position": ("start pos",),
        "End_Position": ("end pos",),
        "Reference_Allele": ("ref",),
        "Tumor_Seq_Allele2": ("var",),
        "t_alt_count": ("variant reads",),
        "t_ref_count": ("ref reads",),
    }
)


COPY_NUMBER: Final = tuple(_LEVELS)
"""Classes that copy number is written of."""
STRUCTURAL: Final = ("fusion",)
"""Classes that structural variants are written of."""


@dataclass(frozen=True, slots=True)
class MutationText:
    """A mutation file made ready, and what it lacks."""

    text: str
    left_out: tuple[str, ...]


def mutation_text(
    files: Sequence[str],
    samples: Collection[str],
    *,
    folder: Path,
    columns: Mapping[str, str] | None = None,
) -> MutationText:
    """Copy the rows of MAFs that belong to the samples, in the columns the portal documents.

    Parameters
    ----------
    files
        Paths as the study names them, relative to `folder`; they have been read before.
    samples
        Samples to be kept.
    folder
        Folder of the study file.
    columns
        Headers the plan maps: ``gene``, ``variant_classification``, ``sample_id``,
        ``protein_change``.

    Returns
    -------
    MutationText
        Required columns that no file has are there and empty, and named.
    """
    named = {
        "Hugo_Symbol": (columns or {}).get("gene"),
        "Variant_Classification": (columns or {}).get("variant_classification"),
        "Tumor_Sample_Barcode": (columns or {}).get("sample_id"),
        "HGVSp_Short": (columns or {}).get("protein_change"),
    }
    frames = []
    for file in files:
        lines = split_lines(read_bytes(file, folder), file)
        folded = [header.lower() for header in lines.headers]
        at = {}
        for name in (*REQUIRED, *_OPTIONAL):
            own = named.get(name)
            words = (own.lower(),) if own else (name.lower(), *_OTHER.get(name, ()))
            found = next((folded.index(word) for word in words if word in folded), None)
            if found is not None:
                at[name] = found
        cells = lines.cells(at.values())
        frames.append(cells.select(pl.col(f"c{i}").alias(name) for name, i in at.items()))
    frame = pl.concat(frames, how="diagonal")
    frame = frame.filter(pl.col("Tumor_Sample_Barcode").is_in(list(samples)))
    missing = [name for name in REQUIRED if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)
    order = [name for name in (*REQUIRED, *_OPTIONAL) if name in frame.columns]
    left_out = []
    if missing:
        left_out.append(
            f"data_mutations.txt needs {', '.join(missing)}, which {', '.join(files)} does not "
            "have: fill these columns (an annotation tool adds them) before the portal takes it"
        )
    return MutationText(table_text(order, frame.select(order).iter_rows()), tuple(left_out))


def copy_number_text(
    calls: MutationCalls, samples: Collection[str]
) -> tuple[str | None, list[str]]:
    """Write copy-number calls as a long table; pairs known to be neutral are 0.

    Returns
    -------
    text
        None where there is no copy-number call.
    assayed
        Samples in it.
    """
    mine = calls.calls.filter(pl.col("sample_id").is_in(list(samples)))
    found = mine.filter(pl.col("alteration_class").is_in(COPY_NUMBER))
    if not found.height:
        return None, []
    rows = {
        (gene, sample): _LEVELS[kind]
        for sample, gene, kind in found.select("sample_id", "gene", "alteration_class").iter_rows()
    }
    if calls.tested is not None:
        altered = set(mine.select("gene", "sample_id").iter_rows())
        for sample, gene in calls.tested.select("sample_id", "gene").iter_rows():
            if sample in samples and (gene, sample) not in altered:
                rows[gene, sample] = "0"
    listed = sorted((gene, sample, value) for (gene, sample), value in rows.items())
    text = table_text(("Hugo_Symbol", "Sample_Id", "Value"), listed)
    return text, sorted({sample for _, sample, _ in listed})


def structural_variant_text(
    calls: MutationCalls, samples: Collection[str]
) -> tuple[str | None, list[str]]:
    """Write structural variants, the two genes of one in one row.

    Returns
    -------
    text
        None where there is no structural variant.
    left_out
        How many do not say whether they are germline, which the portal wants to know.
    """
    mine = calls.calls.filter(
        pl.col("sample_id").is_in(list(samples)), pl.col("alteration_class").is_in(STRUCTURAL)
    )
    if mine.is_empty():
        return None, []
    if "mutation_status" not in mine.columns:
        mine = mine.with_columns(pl.lit(None, pl.String).alias("mutation_status"))
    one = ("sample_id", "source_row", "mutation_status", "variant_classification", "protein_change")
    variants: list[tuple[str | None, ...]] = []
    rows = mine.group_by(*one, maintain_order=True).agg("gene")
    for sample, _, status, kind, change, genes in rows.iter_rows():
        told = None if kind == UNTOLD_KIND else kind
        upper = status.upper() if status else None
        for first in range(0, len(genes), 2):
            pair = (*genes[first : first + 2], None)[:2]
            variants.append((sample, upper, *pair, told, change))
    headers = ("Sample_Id", "SV_Status", "Site1_Hugo_Symbol", "Site2_Hugo_Symbol")
    text = table_text((*headers, "Class", "Event_Info"), variants)
    untold = sum(variant[1] not in {"SOMATIC", "GERMLINE"} for variant in variants)
    note = (
        f"data_sv.txt: {untold} of {len(variants)} structural variants do not say in SV_Status "
        "whether they are SOMATIC or GERMLINE: fill it before the portal takes them"
    )
    return text, [note] if untold else []
