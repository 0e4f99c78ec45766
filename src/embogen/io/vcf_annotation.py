"""What VEP (CSQ) or SnpEff (ANN) say of an allele: gene, effect, protein change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from embogen.io.files import refuse

_EFFECTS: Final[tuple[tuple[str, str], ...]] = (
    ("transcript_ablation", "Splice_Site"),
    ("exon_loss_variant", "Splice_Site"),
    ("splice_acceptor_variant", "Splice_Site"),
    ("splice_donor_variant", "Splice_Site"),
    ("stop_gained", "Nonsense_Mutation"),
    ("frameshift_variant", "Frame_Shift"),
    ("stop_lost", "Nonstop_Mutation"),
    ("start_lost", "Translation_Start_Site"),
    ("initiator_codon_variant", "Translation_Start_Site"),
    ("gene_fusion", "Fusion"),
    ("bidirectional_gene_fusion", "Fusion"),
    ("inframe_insertion", "In_Frame_Ins"),
    ("disruptive_inframe_insertion", "In_Frame_Ins"),
    ("conservative_inframe_insertion", "In_Frame_Ins"),
    ("inframe_deletion", "In_Frame_Del"),
    ("disruptive_inframe_deletion", "In_Frame_Del"),
    ("conservative_inframe_deletion", "In_Frame_Del"),
    ("protein_altering_variant", "In_Frame"),
    ("missense_variant", "Missense_Mutation"),
    ("coding_sequence_variant", "Missense_Mutation"),
    ("splice_donor_5th_base_variant", "Splice_Region"),
    ("splice_region_variant", "Splice_Region"),
    ("splice_donor_region_variant", "Splice_Region"),
    ("splice_polypyrimidine_tract_variant", "Splice_Region"),
    ("incomplete_terminal_codon_variant", "Silent"),
    ("start_retained_variant", "Silent"),
    ("stop_retained_variant", "Silent"),
    ("synonymous_variant", "Silent"),
    ("mature_mirna_variant", "RNA"),
    ("5_prime_utr_premature_start_codon_gain_variant", "5'UTR"),
    ("5_prime_utr_variant", "5'UTR"),
    ("3_prime_utr_variant", "3'UTR"),
    ("non_coding_transcript_exon_variant", "RNA"),
    ("non_coding_transcript_variant", "RNA"),
    ("intron_variant", "Intron"),
    ("intragenic_variant", "Intron"),
    ("nmd_transcript_variant", "Silent"),
    ("upstream_gene_variant", "5'Flank"),
    ("downstream_gene_variant", "3'Flank"),
)
"""Sequence Ontology terms from the most to the least severe, and their MAF classification; the
order is that of the Ensembl consequence table. Terms that are not here count as intergenic."""

_RANK: Final[Mapping[str, int]] = MappingProxyType(
    {term: rank for rank, (term, _) in enumerate(_EFFECTS)}
)
_CLASS: Final[Mapping[str, str]] = MappingProxyType(dict(_EFFECTS))
_ELSEWHERE: Final = "IGR"
_THREE_LETTERS: Final = "AlaArgAsnAspCysGlnGluGlyHisIleLeuLysMetPheProSerThrTrpTyrValSecTer"
_AMINO: Final[Mapping[str, str]] = MappingProxyType(
    {_THREE_LETTERS[3 * i : 3 * i + 3]: one for i, one in enumerate("ARNDCQEGHILKMFPSTWYVU*")}
)
_ANN_FIELDS: Final = ("Allele", "Annotation", "Annotation_Impact", "Gene_Name", "Gene_ID")


@dataclass(frozen=True, slots=True)
class Effect:
    """What an allele does: gene symbol, MAF classification, protein change such as p.R175H."""

    gene: str
    classification: str
    protein_change: str


@dataclass(frozen=True, slots=True)
class Annotator:
    """Reads the annotation of a file.

    Parameters
    ----------
    key
        ``CSQ`` or ``ANN``.
    fields
        Names of the parts of an entry, in lower case, in order.
    """

    key: str
    fields: tuple[str, ...]

    def effect(self, record: Any, reference: str, alternate: str) -> Effect:  # noqa: ANN401 - pysam has no types
        """Choose among the transcripts of an allele.

        The entry VEP picked; or else the gene with the most severe effect, and of its transcripts
        the MANE Select, the canonical, or the one most severely hit, the first of equals.
        """
        entries = self._of_allele(record, reference, alternate)
        if not entries:
            return Effect("", _ELSEWHERE, "")
        picked = [entry for entry in entries if entry.get("pick") == "1"]
        best = picked[0] if picked else _most_severe(entries)
        terms = _terms(best)
        worst = min(terms, key=lambda term: _RANK.get(term, len(_RANK)), default="")
        change = best.get("hgvsp") or best.get("hgvs.p") or ""
        return Effect(
            best.get("symbol") or best.get("gene_name") or "",
            classification(worst, reference, alternate),
            short_protein_change(change),
        )

    def _of_allele(self, record: Any, reference: str, alternate: str) -> list[dict[str, str]]:  # noqa: ANN401 - pysam has no types
        """Return the entries of one allele, field to value."""
        value = record.info.get(self.key) if self.key in record.info else None
        texts = value if isinstance(value, tuple) else (value,) if value else ()
        entries = [
            dict(zip(self.fields, (part.strip() for part in text.split("|")), strict=False))
            for text in texts
        ]
        if len(record.alts) == 1:
            return entries
        place = str(record.alts.index(alternate) + 1)
        if any(entry.get("allele_num") for entry in entries):
            return [entry for entry in entries if entry.get("allele_num") == place]
        names = {alternate, _vep_allele(reference, alternate, record.alts)}
        return [
            entry
            for entry in entries
            if entry.get("allele", "").split("-", 1)[0] in names or entry.get("allele") in names
        ]


def annotator_of(header: Any, file: str) -> Annotator:  # noqa: ANN401 - pysam has no types
    """Find the annotation a file has, by its header.

    Raises
    ------
    DataError
        When it has neither CSQ nor ANN, or does not describe its fields.
    """
    for key in ("CSQ", "ANN"):
        if key not in header.info:
            continue
        said = header.info[key].description or ""
        text = said.partition("Format:")[2] or said.partition("annotations:")[2]
        fields = tuple(word.strip(" '\"").lower() for word in text.split("|"))
        if len(fields) < len(_ANN_FIELDS):
            message = f"does not say in its header what the parts of {key} are"
            raise refuse(file, message, "Annotate it again with VEP or SnpEff.")
        return Annotator(key, fields)
    message = "is not annotated: neither CSQ (VEP) nor ANN (SnpEff) is in its header"
    raise refuse(file, message, "Annotate it with VEP or SnpEff, or give a MAF.")


def _terms(entry: Mapping[str, str]) -> list[str]:
    said = entry.get("consequence") or entry.get("annotation") or ""
    return [term.strip().lower() for term in said.split("&") if term.strip()]


def _severity(entry: Mapping[str, str]) -> int:
    return min((_RANK.get(term, len(_RANK)) for term in _terms(entry)), default=len(_RANK))


def _most_severe(entries: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    worst = min(entries, key=_severity)
    gene = worst.get("symbol") or worst.get("gene_name")
    mine = [e for e in entries if (e.get("symbol") or e.get("gene_name")) == gene]
    return min(
        mine,
        key=lambda e: (not e.get("mane_select"), e.get("canonical") != "YES", _severity(e)),
    )


def _vep_allele(reference: str, alternate: str, alternates: Sequence[str]) -> str:
    """Write an allele as VEP names it: without the first base where all alleles share it.

    Examples
    --------
    >>> _vep_allele("TA", "T", ["T", "TAA"]), _vep_allele("A", "C", ["C", "G"])
    ('-', 'C')
    """
    alleles = (reference, *alternates)
    same = len({allele[:1] for allele in alleles}) == 1
    if same and len({len(allele) for allele in alleles}) > 1:
        return alternate[1:] or "-"
    return alternate


def classification(term: str, reference: str, alternate: str) -> str:
    """Return the MAF classification of a Sequence Ontology term.

    Examples
    --------
    >>> classification("frameshift_variant", "TA", "T"), classification("stop_gained", "C", "T")
    ('Frame_Shift_Del', 'Nonsense_Mutation')
    """
    found = _CLASS.get(term, _ELSEWHERE)
    if found in {"Frame_Shift", "In_Frame"}:
        return f"{found}_{'Ins' if len(alternate) > len(reference) else 'Del'}"
    return found


def short_protein_change(change: str) -> str:
    """Write an HGVS protein change with one-letter amino acids.

    Examples
    --------
    >>> short_protein_change("ENSP00000269305.4:p.Arg175His"), short_protein_change("p.Gln5Ter")
    ('p.R175H', 'p.Q5*')
    >>> short_protein_change("ENSP1:p.Leu3%3D")
    'p.L3='
    """
    plain = change.rpartition(":")[2].replace("%3D", "=")
    return re.sub("|".join(_AMINO), lambda match: _AMINO[match[0]], plain)
