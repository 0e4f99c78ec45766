"""The parts of a plan about genes: their files, and what counts as altered."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from embogen.genomics.calls import AlterationClass
from embogen.study.plan_section import Section


class MutationSpec(Section):
    """`data.mutations`: a MAF, a genes x samples matrix, or a long sample-gene-value table."""

    file: str = Field(min_length=1)
    format: Literal["maf", "gene_matrix", "gene_long", "vcf"] = "maf"
    columns: dict[str, str] = Field(default_factory=dict)
    altered: dict[str, AlterationClass] = Field(default_factory=dict)
    """For matrices and long tables: value in the file = the alteration class it means."""
    wild_type: list[str] = Field(default_factory=list)
    """For matrices and long tables: values that mean tested and not altered."""
    vaf_unit: Literal["fraction", "percent"] = "fraction"
    """Of a column of allele fractions."""
    tumor: str | None = None
    """For a VCF: the tumour's column, where it cannot be told."""


class PanelSpec(Section):
    """`data.panels`: gene-panel files, a BED file, GENIE's targets, a table of panel and gene."""

    file: str = Field(min_length=1)
    format: Literal["gene_panel", "bed", "genie", "table"] | None = None
    """Told from the name when not given: .bed, *genomic_information*, .parquet (a table)."""


class CopyNumberSpec(Section):
    """`data.copy_number`: discrete copy number, a genes x samples matrix or a long table."""

    file: str = Field(min_length=1)
    format: Literal["matrix", "long"] = "matrix"
    columns: dict[str, str] = Field(default_factory=dict)
    altered: dict[str, AlterationClass] = Field(default_factory=dict)
    """Value in the file = alteration class, where values are not -2, -1, 0, 1 and 2."""
    wild_type: list[str] = Field(default_factory=list)
    partial: Literal["homozygous_deletion", "loss"] = "homozygous_deletion"
    """What -1.5 is."""
    coverage: Literal["file", "panel"] | None = None
    """Whether the file's values or the panel say what was assayed; told when not given."""


class StructuralVariantSpec(Section):
    """`data.structural_variants`: structural variants or fusions."""

    file: str = Field(min_length=1)
    columns: dict[str, str] = Field(default_factory=dict)


class FileSpec(Section):
    """A file (or folder) that needs no further words."""

    file: str = Field(min_length=1)


class CandidateSpec(Section):
    """`genes.candidates`: which genes are related to outcome; chosen blind to the outcome."""

    most_frequent: int | None = Field(default=None, ge=1)
    min_altered: int | None = Field(default=None, ge=1)
    genes: list[str] | None = Field(default=None, min_length=1)


class DriverSpec(Section):
    """`genes.filter.driver`: an annotation of the mutation file that tells drivers."""

    column: str = Field(min_length=1)
    values: list[str] = Field(min_length=1)


class HotspotSpec(Section):
    """`genes.filter.hotspots`: a list of genes and residues."""

    file: str = Field(min_length=1)
    classes: list[AlterationClass] = Field(default=["missense", "inframe"], min_length=1)
    """Classes that must lie on a hotspot; others pass."""


class FilterSection(Section):
    """`[genes.filter]`: conditions beyond its class that a call must meet to count."""

    vaf_min: float | None = Field(default=None, gt=0, le=1)
    vaf_unknown: Literal["keep", "leave_out"] = "keep"
    status: Literal["any", "somatic", "germline"] = "any"
    status_unknown: Literal["keep", "leave_out"] = "keep"
    driver: DriverSpec | None = None
    hotspots: HotspotSpec | None = None


class PanelFamilySpec(Section):
    """`genes.family`: which genes of the panel are adjusted for together; blind to the outcome."""

    min_altered: int = Field(default=3, ge=1)
    min_tested_fraction: float = Field(default=0.5, ge=0, le=1)


class GeneSection(Section):
    """`[genes]`: what counts as altered, what counts as tested, and the candidate genes."""

    count_as: list[AlterationClass] = Field(
        default=["missense", "truncating", "splice", "inframe", "homozygous_deletion"],
        min_length=1,
    )
    candidates: CandidateSpec = CandidateSpec(most_frequent=10)
    family: PanelFamilySpec = PanelFamilySpec()
    coverage: Literal["panel", "all_genes"] = "panel"
    """`all_genes` declares that every specimen was tested for every gene (an exome)."""
    wild_type_by: Literal["all", "any"] = "all"
    """Whether every assay that bears on a gene must have covered it, or one of them."""
    without_calls: Literal["not_tested", "wild_type"] = "not_tested"
    """Where the study has no specimens table: a patient absent from the mutation file."""
    aliases: dict[str, str] = Field(default_factory=dict)
    """Older symbol = current symbol, beyond and before the built-in list."""
    alias_file: str | None = None
    """A table of them, with the columns alias and symbol."""
    filter: FilterSection = FilterSection()


class GeneGroupSection(Section):
    """`[gene_group.NAME]`: genes that count as one, altered where any of them is."""

    any_of: list[str] = Field(min_length=1)
    label: str | None = None
    """What a reader calls it; the genes joined by "or" when not given."""
