"""PLINK 2 binary genotypes (.pgen, .pvar, .psam): hard calls, one variant at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embogen.io.files import absent, refuse
from embogen.io.genotype_features import (
    CallStore,
    Coding,
    GenotypeFeatures,
    genotype_features,
)
from embogen.io.genotype_names import read_sides
from embogen.io.pgen_header import PgenHeader, read_header
from embogen.io.pgen_records import LD, LD_INVERTED, Damaged, decode_record
from embogen.io.plink_bed import BY_VARIANT, MAGIC, BedCalls, check_bed
from embogen.io.sample_rows import Others, sample_rows

_AGAIN: Final = "Copy it again, or write it anew with plink2 --make-pgen."
_DIFFERENCES: Final = (LD, LD_INVERTED)


@dataclass(frozen=True, slots=True, eq=False)
class PgenCalls:
    """Calls of a .pgen file.

    Parameters
    ----------
    path
        The file.
    file
        The file as the study names it.
    header
        Where each record is, and how it is stored.
    """

    path: Path
    file: str
    header: PgenHeader

    def calls(self, begin: int, end: int) -> Iterator[NDArray[np.uint8]]:
        """Give for each variant (samples,) copies of ALT, 3 where there is no call.

        Raises
        ------
        DataError
            When a record is damaged.
        """
        data = np.memmap(self.path, np.uint8, "r")
        kinds, n = self.header.kinds, self.header.samples
        base: NDArray[np.uint8] | None = None
        start = begin
        while start > 0 and start % 2**16 and kinds[start] & 7 in _DIFFERENCES:
            start -= 1  # the record the first one is a difference from
        for j in range(start, end):
            by_difference = kinds[j] & 7 in _DIFFERENCES
            if j < begin and by_difference:
                continue
            record = data[self.header.offsets[j] : self.header.offsets[j + 1]]
            try:
                calls = decode_record(int(kinds[j]), record, n, base)
            except Damaged as error:
                raise refuse(self.file, f"variant {j + 1}: {error}", _AGAIN) from None
            base = base if by_difference else calls
            if j >= begin:
                yield calls


def read_plink_pgen(
    file: str,
    *,
    folder: Path,
    patients: Sequence[str],
    coding: Coding = "additive",
    others: Others = "refuse",
) -> GenotypeFeatures:
    """Open a PLINK 2 fileset; the .pvar and .psam files stand beside the .pgen file.

    Alternative alleles of one variant count together. Phase is passed over. Files with dosages are
    refused.

    Parameters
    ----------
    file
        Path of the .pgen file as the study names it, relative to `folder`.
    folder
        Folder of the study file.
    patients
        (n,) patient ids; a sample is the patient its IID names. Patients without a sample are not
        tested.
    coding
        ``additive``: copies of the rarer allele among the patients; ``dominant``: any.
    others
        Whether samples who are no patients are refused, or passed over.

    Raises
    ------
    DataError
        No .pgen file, one with dosages, numbers of samples and variants that do not fit, damaged
        records, and what is wrong in the files beside it.
    """
    stem = file.removesuffix(".pgen")
    samples, variants = read_sides(f"{stem}.psam", f"{stem}.pvar", folder)
    path = folder / file
    store = _store(path, file, len(samples), len(variants.ids))
    found = sample_rows(samples, patients, f"{stem}.psam", others)
    paths = [folder / f"{stem}{suffix}" for suffix in (".pgen", ".pvar", ".psam")]
    return genotype_features(store, variants, found, patients, paths=paths, coding=coding)


def _store(path: Path, file: str, samples: int, variants: int) -> CallStore:
    """Read the header; one of PLINK 1's kind makes it a .bed file."""
    try:
        with path.open("rb") as stream:
            head = stream.read(3)
    except (OSError, ValueError) as error:
        raise absent(path, file, error) from None
    if head == MAGIC + bytes([BY_VARIANT]):
        bed = BedCalls(path, samples, variants)
        check_bed(bed, file)
        return bed
    header = read_header(path, file)
    if (header.samples, len(header.kinds)) != (samples, variants):
        message = (
            f"holds {len(header.kinds)} variants of {header.samples} samples, and the files beside "
            f"it name {variants} and {samples}"
        )
        raise refuse(file, message, "Check that .pgen, .pvar and .psam belong together.")
    return PgenCalls(path, file, header)
