"""Cancer genes of the synthetic panel, with the span and protein length of those it mutates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class GeneFacts:
    """A gene on GRCh37: chromosome, approximate span in bases, protein length in residues.

    `truncating` is the share of its variants in tumours that truncate the protein, and `share` that
    of neuroendocrine tumours altered in it, both roughly.
    """

    symbol: str
    chromosome: str
    start: int
    end: int
    residues: int
    truncating: float
    share: float


GENES: Final = (
    GeneFacts("MEN1", "11", 64_571_000, 64_578_800, 615, 0.6, 0.35),
    GeneFacts("DAXX", "6", 33_286_300, 33_290_800, 740, 0.75, 0.22),
    GeneFacts("TP53", "17", 7_571_700, 7_590_900, 393, 0.25, 0.12),
    GeneFacts("TSC2", "16", 2_097_400, 2_138_700, 1807, 0.6, 0.12),
    GeneFacts("ATRX", "X", 76_760_400, 77_041_700, 2492, 0.7, 0.12),
    GeneFacts("SETD2", "3", 47_057_900, 47_205_400, 2564, 0.6, 0.1),
    GeneFacts("ARID1A", "1", 27_022_500, 27_108_600, 2285, 0.7, 0.1),
    GeneFacts("PTEN", "10", 89_623_200, 89_731_700, 403, 0.5, 0.08),
    GeneFacts("RB1", "13", 48_877_900, 49_056_000, 928, 0.8, 0.05),
    GeneFacts("APC", "5", 112_043_200, 112_181_900, 2843, 0.8, 0.06),
    GeneFacts("TSC1", "9", 135_766_700, 135_820_000, 1164, 0.7, 0.05),
    GeneFacts("KRAS", "12", 25_358_200, 25_403_900, 189, 0.0, 0.06),
    GeneFacts("NF1", "17", 29_421_900, 29_704_700, 2839, 0.7, 0.04),
    GeneFacts("KMT2D", "12", 49_412_800, 49_449_100, 5537, 0.5, 0.06),
    GeneFacts("KMT2C", "7", 151_832_000, 152_133_000, 4911, 0.4, 0.05),
    GeneFacts("CREBBP", "16", 3_775_100, 3_930_700, 2442, 0.5, 0.03),
    GeneFacts("PIK3CA", "3", 178_866_300, 178_952_500, 1068, 0.0, 0.03),
    GeneFacts("ATM", "11", 108_093_600, 108_239_800, 3056, 0.5, 0.05),
    GeneFacts("BRCA2", "13", 32_889_600, 32_973_800, 3418, 0.6, 0.03),
    GeneFacts("NOTCH1", "9", 139_388_900, 139_440_300, 2555, 0.4, 0.04),
    GeneFacts("SMAD4", "18", 48_494_400, 48_611_400, 552, 0.5, 0.03),
    GeneFacts("CHEK2", "22", 29_083_700, 29_137_800, 543, 0.4, 0.02),
    GeneFacts("MUTYH", "1", 45_794_900, 45_806_100, 546, 0.2, 0.02),
    GeneFacts("FAT1", "4", 187_508_900, 187_645_000, 4588, 0.5, 0.04),
)
"""Genes that the synthetic specimens may be altered in; spans and lengths are approximate."""

OTHER_PANEL_GENES: Final = (
    "ABL1",
    "AKT1",
    "ALK",
    "AR",
    "ARID2",
    "ASXL1",
    "BAP1",
    "BRAF",
    "BRCA1",
    "CCND1",
    "CDH1",
    "CDK4",
    "CDK6",
    "CDKN1B",
    "CDKN2A",
    "CTNNB1",
    "DNMT3A",
    "EGFR",
    "EP300",
    "ERBB2",
    "ESR1",
    "FBXW7",
    "FGFR1",
    "FGFR2",
    "FGFR3",
    "FLT3",
    "GNAS",
    "HRAS",
    "IDH1",
    "IDH2",
    "JAK2",
    "KDM6A",
    "KEAP1",
    "KIT",
    "MAP2K1",
    "MDM2",
    "MET",
    "MLH1",
    "MSH2",
    "MSH6",
    "MTOR",
    "MYC",
    "NF2",
    "NFE2L2",
    "NRAS",
    "NTRK1",
    "PALB2",
    "PBRM1",
    "PDGFRA",
    "PIK3R1",
    "RET",
    "ROS1",
    "SMARCA4",
    "SPOP",
    "STK11",
    "TERT",
    "VHL",
)
"""Genes on the panel in which no synthetic specimen is altered."""
