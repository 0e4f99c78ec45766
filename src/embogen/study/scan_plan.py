"""The parts of a plan about scans: tables of features, and `[[scan]]` sections."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from embogen.study.plan_section import Section


class AlterationsSpec(Section):
    """`data.alterations`: features of a large cohort, read in blocks by a scan only.

    Parquet of patient, gene and state, or of dosages; PLINK's .bed and .pgen.
    """

    file: str = Field(min_length=1)
    panel: str | None = None
    """Column of the patients table that names each patient's panel."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Of a table of states: patient_id, gene, state to their headers."""
    coding: Literal["additive", "dominant"] = "additive"
    """Of PLINK's genotypes: copies of the allele, or whether there is any."""
    whole_genome: bool = False
    """Whether a patient without a known panel was tested for every gene."""


class ScanSection(Section):
    """One `[[scan]]`: every feature against one or more endpoints."""

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    title: str | None = None
    endpoints: list[str] = Field(min_length=1)
    covariates: list[str] = Field(default_factory=list)
    """What each feature is adjusted for: names of covariates."""
    strata: list[str] = Field(default_factory=list)
    """Risk sets, and permutation, within the levels of these covariates."""
    features: Literal["auto", "genes", "classes", "variants", "alterations"] = "auto"
    """Genes of the study, by class, or their variants, or data.alterations; auto: the latter where
    it is given, else genes."""
    ties: Literal["efron", "breslow"] = "efron"
    min_carriers: int = Field(default=3, ge=1)
    exact_below: int = Field(default=20, ge=0)
    """With fewer carriers (or others) p-values are those of the permuted studentised score."""
    estimates_below: float = Field(default=1.0, ge=0, le=1)
    """Hazard ratios are estimated where the p-value is at most this."""
    draws: int = Field(default=1_000_000, ge=10_000)
    """Most carrier sets drawn for one reference distribution."""
    permutations: int = Field(default=0, ge=0)
    """Relabellings for p-values adjusted by max-T, the whole panel one family; 0 for none."""
    calibration: int = Field(default=0, ge=0)
    """Random carrier sets of each size that the p-values are held against; 0 for none."""
    top: int = Field(default=20, ge=1)
    """Rows of the table of the smallest p-values."""
    exploratory: bool = False
