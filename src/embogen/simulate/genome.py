"""Specimens, gene panel and mutation calls of synthetic courses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from embogen.simulate.courses import Course
from embogen.simulate.gene_facts import GENES, OTHER_PANEL_GENES, GeneFacts

PANEL_ID: Final = "SYNTHETIC_PANEL_81"
_SHARE_ARCHIVAL: Final = 0.1
_SHARE_SILENT: Final = 0.35
_RESIDUES: Final = "ACDEFGHIKLMNPQRSTVWY"
_BASES: Final = "ACGT"


def specimens(courses: list[Course], rng: np.random.Generator) -> pl.DataFrame:
    """Make the specimens table: a biopsy of the liver each, and an old specimen of few.

    The old specimens lie outside any 6-month window of the embolization.
    """
    rows = []
    for course in courses:
        days = [(course.specimen_day, "liver")]
        if rng.random() < _SHARE_ARCHIVAL:
            days.append((-int(rng.integers(260, 1500)), "primary tumor"))
        for number, (day, site) in enumerate(days, 1):
            rows.append(
                {
                    "specimen_id": f"{course.patient_id}-S{number}",
                    "patient_id": course.patient_id,
                    "date": course.date(day).isoformat(),
                    "site": site,
                    "panel": PANEL_ID,
                    "status": "sequenced",
                    "tumor_purity_percent": str(int(rng.integers(25, 91))),
                }
            )
    return pl.DataFrame(rows)


def panel_text(genes: Sequence[str]) -> str:
    """Write the gene panel as cBioPortal does."""
    listed = sorted({*genes, *(gene.symbol for gene in GENES), *OTHER_PANEL_GENES})
    return (
        f"stable_id: {PANEL_ID}\n"
        f"description: SYNTHETIC panel of {len(listed)} genes; no laboratory offers it\n"
        f"gene_list: {chr(9).join(listed)}\n"
    )


def mutations(
    courses: list[Course], samples: pl.DataFrame, genes: Sequence[str], rng: np.random.Generator
) -> pl.DataFrame:
    """Make the mutation calls in MAF columns.

    Every specimen of a patient carries the alterations of the outcome. Other genes are altered in
    fewer patients than any of `genes`, and silent variants, which are no alterations, fall in any
    gene, those of the outcome included.

    Parameters
    ----------
    courses, samples
        Patients and their specimens.
    genes
        Genes whose carriers the outcome fixes.
    rng
        Random numbers.
    """
    facts = {gene.symbol: gene for gene in GENES}
    alterations: dict[str, list[tuple[str, bool]]] = {
        course.patient_id: [(gene, False) for gene in sorted(course.altered)] for course in courses
    }
    patients = list(alterations)
    fewest = min((sum(gene in course.altered for course in courses) for gene in genes), default=1)
    for other in GENES:
        if other.symbol in genes:
            continue
        count = min(int(rng.binomial(len(patients), other.share)), max(fewest - 1, 0))
        for place in rng.choice(len(patients), count, replace=False):
            alterations[patients[place]].append((other.symbol, False))
    for patient in patients:
        if rng.random() < _SHARE_SILENT:
            silent = GENES[int(rng.integers(len(GENES)))].symbol
            alterations[patient].append((silent, True))
    of_patient: dict[str, list[str]] = {patient: [] for patient in patients}
    for patient, sample in samples.select("patient_id", "specimen_id").iter_rows():
        of_patient[patient].append(sample)
    rows = []
    for patient in patients:
        for symbol, is_silent in alterations[patient]:
            gene = facts.get(symbol, GeneFacts(symbol, "1", 1_000_000, 1_050_000, 500, 0.5, 0.1))
            variant = _silent(gene, rng) if is_silent else _alteration(gene, rng)
            for sample in of_patient[patient]:
                depth = int(rng.integers(180, 900))
                alternate = int(rng.binomial(depth, rng.uniform(0.12, 0.6)))
                rows.append(
                    variant
                    | {
                        "Tumor_Sample_Barcode": sample,
                        "t_ref_count": str(depth - alternate),
                        "t_alt_count": str(alternate),
                    }
                )
    return pl.DataFrame(rows, infer_schema_length=None, schema=_MAF_SCHEMA)


_MAF_SCHEMA: Final = dict.fromkeys(
    (
        "Hugo_Symbol",
        "NCBI_Build",
        "Chromosome",
        "Start_Position",
        "End_Position",
        "Variant_Classification",
        "Variant_Type",
        "Reference_Allele",
        "Tumor_Seq_Allele2",
        "Tumor_Sample_Barcode",
        "HGVSp_Short",
        "t_ref_count",
        "t_alt_count",
    ),
    pl.String,
)


def _silent(gene: GeneFacts, rng: np.random.Generator) -> dict[str, str]:
    if rng.random() < 0.7:  # noqa: PLR2004 - the others fall in introns
        residue, place = _residue(rng), _place(gene, rng)
        return _variant(gene, "Silent", f"p.{residue}{place}=", rng)
    return _variant(gene, "Intron", "", rng)


def _alteration(gene: GeneFacts, rng: np.random.Generator) -> dict[str, str]:
    """Draw a variant of a class that fits the gene."""
    residue = other = _residue(rng)
    while other == residue:
        other = _residue(rng)
    place = _place(gene, rng)
    if rng.random() >= gene.truncating:
        if rng.random() < 0.06:  # noqa: PLR2004 - in-frame deletions are rare
            return _variant(gene, "In_Frame_Del", f"p.{residue}{place}del", rng, deleted=3)
        return _variant(gene, "Missense_Mutation", f"p.{residue}{place}{other}", rng)
    kind = rng.random()
    if kind < 0.3:  # noqa: PLR2004 - shares of truncating classes, roughly
        return _variant(gene, "Nonsense_Mutation", f"p.{residue}{place}*", rng)
    if kind < 0.45:  # noqa: PLR2004 - same
        return _variant(gene, "Splice_Site", f"p.X{place}_splice", rng)
    change = f"p.{residue}{place}{other}fs*{int(rng.integers(2, 60))}"
    if kind < 0.75:  # noqa: PLR2004 - same
        return _variant(gene, "Frame_Shift_Del", change, rng, deleted=int(rng.integers(1, 3)))
    return _variant(gene, "Frame_Shift_Ins", change, rng, deleted=-1)


def _variant(
    gene: GeneFacts, label: str, change: str, rng: np.random.Generator, *, deleted: int = 0
) -> dict[str, str]:
    """Write a variant; `deleted` bases are lost, or inserted where it is negative."""
    start = int(rng.integers(gene.start, gene.end))
    reference, alternate = "".join(rng.choice(list(_BASES), max(deleted, 1))), "-"
    kind, end = "DEL", start + max(deleted, 1) - 1
    if deleted < 0:
        reference, alternate, kind, end = "-", reference, "INS", start + 1
    elif deleted == 0:
        kind = "SNP"
        alternate = str(rng.choice([base for base in _BASES if base != reference]))
    return {
        "Hugo_Symbol": gene.symbol,
        "NCBI_Build": "GRCh37",
        "Chromosome": gene.chromosome,
        "Start_Position": str(start),
        "End_Position": str(end),
        "Variant_Classification": label,
        "Variant_Type": kind,
        "Reference_Allele": reference,
        "Tumor_Seq_Allele2": alternate,
        "HGVSp_Short": change,
    }


def _residue(rng: np.random.Generator) -> str:
    return _RESIDUES[int(rng.integers(len(_RESIDUES)))]


def _place(gene: GeneFacts, rng: np.random.Generator) -> int:
    return int(rng.integers(2, gene.residues))
