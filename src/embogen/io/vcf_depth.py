"""Reads behind an allele of a VCF, in the fields of several callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

_BASES: Final = "ACGT"
_DP4: Final = 4


@dataclass(frozen=True, slots=True)
class Depth:
    """Reads of the reference and of an allele, or None where the caller does not tell.

    `stated` is the allele fraction the caller gives itself, used where there are no reads.

    Examples
    --------
    >>> Depth(30, 10).fraction, Depth(0, 0).fraction, Depth(None, None, 0.2).fraction
    (0.25, None, 0.2)
    """

    reference: int | None
    alternate: int | None
    stated: float | None = None

    @property
    def fraction(self) -> float | None:
        """Reads of the allele over those of the allele and the reference."""
        if self.reference is None or self.alternate is None:
            return self.stated
        total = self.reference + self.alternate
        return self.alternate / total if total else None


def depth_of(record: Any, cells: Any, place: int) -> Depth:  # noqa: ANN401 - pysam has no types
    """Find the reads behind an allele.

    Looked for, in this order: AD with one number for each allele (GATK, MuTect, MuSE, Pindel,
    Radia); RD and AD (VarScan); AU, CU, GU, TU and TAR, TIR (Strelka); BCOUNT and DP4
    (SomaticSniper); DR, RR and DV, RV (Delly); else the stated fraction AF, FA or FREQ.

    Parameters
    ----------
    record, cells
        A record of pysam, and its cells for one sample; None for a file without samples.
    place
        The allele: 1 is the first alternate.
    """
    if cells is None:
        return Depth(None, None)
    found = (
        _allele_depths(record, cells, place)
        or _varscan(cells)
        or _strelka(record, cells, place)
        or _sniper(record, cells, place)
        or _delly(cells)
    )
    return found or Depth(None, None, _stated(cells, place))


def _numbers(cells: Any, key: str) -> list[int | None]:  # noqa: ANN401 - pysam has no types
    """Return the whole numbers of a field, None where one is missing; empty without the field."""
    value = cells.get(key) if key in cells else None
    if value is None:
        return []
    found: list[int | None] = []
    for item in value if isinstance(value, tuple) else (value,):
        text = str(item).partition(",")[0]
        found.append(int(text) if text.isdecimal() else None)
    return found


def _allele_depths(record: Any, cells: Any, place: int) -> Depth | None:  # noqa: ANN401 - pysam has no types
    numbers = _numbers(cells, "AD")
    if len(numbers) < len(record.alleles) or numbers[place] is None:
        return None
    alternate, total = numbers[place], _numbers(cells, "DP")
    if numbers[0] is None and alternate is not None and total and total[0]:
        # the reads of the reference are missing, and those of the place are not
        return Depth(None, alternate, min(alternate / total[0], 1.0))
    return Depth(numbers[0], alternate)


def _varscan(cells: Any) -> Depth | None:  # noqa: ANN401 - pysam has no types
    reference, alternate = _numbers(cells, "RD"), _numbers(cells, "AD")
    if len(reference) == 1 and len(alternate) == 1:
        return Depth(reference[0], alternate[0])
    return None


def _strelka(record: Any, cells: Any, place: int) -> Depth | None:  # noqa: ANN401 - pysam has no types
    """Tier 1 counts: the first of the two numbers of each field."""
    reference = _numbers(cells, f"{record.ref}U")
    alternate = _numbers(cells, f"{record.alleles[place]}U")
    if not (reference and alternate):
        reference, alternate = _numbers(cells, "TAR"), _numbers(cells, "TIR")
    return Depth(reference[0], alternate[0]) if reference and alternate else None


def _sniper(record: Any, cells: Any, place: int) -> Depth | None:  # noqa: ANN401 - pysam has no types
    counts = _numbers(cells, "BCOUNT")
    alleles = (record.ref, record.alleles[place])
    if len(counts) == len(_BASES) and all(len(a) == 1 and a in _BASES for a in alleles):
        return Depth(*(counts[_BASES.index(allele)] for allele in alleles))
    numbers = _numbers(cells, "DP4")
    if len(numbers) == _DP4 and None not in numbers and len(record.alleles) == 2:  # noqa: PLR2004 - one alternate
        plain = [number or 0 for number in numbers]
        return Depth(plain[0] + plain[1], plain[2] + plain[3])
    return None


def _delly(cells: Any) -> Depth | None:  # noqa: ANN401 - pysam has no types
    """Junction reads of a precise variant, spanning pairs of another."""
    junction = _numbers(cells, "RR"), _numbers(cells, "RV")
    pairs = _numbers(cells, "DR"), _numbers(cells, "DV")
    if not all((*junction, *pairs)):
        return None
    reference, alternate = junction if (junction[0][0] or 0) + (junction[1][0] or 0) else pairs
    return Depth(reference[0], alternate[0])


def _stated(cells: Any, place: int) -> float | None:  # noqa: ANN401 - pysam has no types
    for key in ("AF", "FA", "FREQ"):
        value = cells.get(key) if key in cells else None
        items = value if isinstance(value, tuple) else (value,)
        item = items[min(place, len(items)) - 1] if items else None
        if item is None:
            continue
        text = str(item)
        try:
            share = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            continue
        if 0 <= share <= 1:
            return share
    return None


def alternate_alleles(record: Any, cells: Any, *, somatic: bool) -> list[int]:  # noqa: ANN401 - pysam has no types
    """Tell which alternate alleles a sample has.

    Those of its genotype; where the file is of one tumour and the genotype names none (Strelka
    gives none, Pindel the reference), those with reads, or all where nothing is told.

    Returns
    -------
    list of int
        Places of the alleles: 1 is the first alternate.
    """
    places = range(1, len(record.alleles))
    if cells is None:
        return list(places)
    called = cells.get("GT") if "GT" in cells else None
    named = sorted({allele for allele in called or () if allele})
    if named or not somatic:
        return [place for place in named if place in places]
    counts = {place: depth_of(record, cells, place).alternate for place in places}
    seen = [place for place, count in counts.items() if count]
    return seen or [place for place, count in counts.items() if count is None]
