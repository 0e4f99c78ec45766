"""PLINK 1 binary genotypes (.bed, .bim, .fam), read variant by variant from the mapped file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embogen.io.files import absent, refuse
from embogen.io.genotype_features import (
    Coding,
    GenotypeFeatures,
    genotype_features,
)
from embogen.io.genotype_names import read_sides
from embogen.io.sample_rows import Others, sample_rows

MAGIC: Final = b"\x6c\x1b"
BY_VARIANT: Final = 1
_HEADER: Final = 3
# two bits a sample, the first in the lowest: both ALT, no call, one of each, both REF
_MEANING: Final = np.array([2, 3, 1, 0], np.uint8)
_BYTE: Final = _MEANING[(np.arange(256)[:, None] >> np.array([0, 2, 4, 6])) & 3]


@dataclass(frozen=True, slots=True)
class BedCalls:
    """Calls of a .bed file: ALT is the first allele of the .bim file.

    Parameters
    ----------
    path
        The file.
    samples, variants
        How many.
    """

    path: Path
    samples: int
    variants: int

    @property
    def width(self) -> int:
        """Bytes of a variant."""
        return (self.samples + 3) // 4

    def calls(self, begin: int, end: int) -> Iterator[NDArray[np.uint8]]:
        """Give for each variant (samples,) copies of ALT, 3 where there is no call."""
        shape = (self.variants, self.width)
        packed = np.memmap(self.path, np.uint8, "r", _HEADER, shape) if self.variants else ()
        for j in range(begin, end):
            yield _BYTE[packed[j]].reshape(-1)[: self.samples]


def read_plink_bed(
    file: str,
    *,
    folder: Path,
    patients: Sequence[str],
    coding: Coding = "additive",
    others: Others = "refuse",
) -> GenotypeFeatures:
    """Open a PLINK 1 fileset; the .bim and .fam files stand beside the .bed file.

    Parameters
    ----------
    file
        Path of the .bed file as the study names it, relative to `folder`.
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
        No PLINK 1 file, stored by sample, a size that does not fit the numbers of samples and
        variants, and what is wrong in the files beside it.
    """
    stem = file.removesuffix(".bed")
    samples, variants = read_sides(f"{stem}.fam", f"{stem}.bim", folder)
    store = BedCalls(folder / file, len(samples), len(variants.ids))
    check_bed(store, file)
    found = sample_rows(samples, patients, f"{stem}.fam", others)
    paths = [folder / f"{stem}{suffix}" for suffix in (".bed", ".bim", ".fam")]
    return genotype_features(store, variants, found, patients, paths=paths, coding=coding)


def check_bed(store: BedCalls, file: str) -> None:
    """Look at the mark and the size of a .bed file."""
    try:
        with store.path.open("rb") as stream:
            head = stream.read(_HEADER)
            size = stream.seek(0, 2)
    except (OSError, ValueError) as error:
        raise absent(store.path, file, error) from None
    if head[:2] != MAGIC or len(head) < _HEADER:
        raise refuse(file, "does not begin as a PLINK file", "Name the .bed file of PLINK 1.")
    if head[2] != BY_VARIANT:
        kind = "by sample" if head[2] == 0 else f"in an unknown way ({head[2]})"
        remedy = "Write it anew with plink --make-bed, which stores it by variant."
        raise refuse(file, f"is stored {kind}, and by variant was expected", remedy)
    expected = _HEADER + store.variants * store.width
    if size != expected:
        message = (
            f"has {size} bytes, and {store.samples} samples and {store.variants} variants take "
            f"{expected}"
        )
        raise refuse(file, message, "Check that .bed, .bim and .fam belong together, copy again.")
