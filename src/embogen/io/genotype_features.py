"""Genotype calls as features: copies of the rarer allele, or who carries it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from embogen.genomics.feature_blocks import FeatureBlock
from embogen.io.genotype_names import Variants
from embogen.io.parquet_file import content_hash
from embogen.io.sample_rows import SampleRows

Coding = Literal["additive", "dominant"]
NO_CALL: Final = 3
"""What stands for a genotype that was not called."""

_BOTH: Final = 2


class CallStore(Protocol):
    """Where calls are: holds paths and offsets, no open file."""

    def calls(self, begin: int, end: int) -> Iterator[NDArray[np.uint8]]:
        """Give for each variant (samples,) copies of the alternative allele, `NO_CALL` for none."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class GenotypeFeatures:
    """Variants as features; made by `genotype_features`, which counts every variant once.

    Parameters
    ----------
    store
        Where the calls are.
    patients
        (n,) patient ids.
    names
        (G,) id of each variant and, after ``_``, the allele that is counted.
    found
        Which samples are patients.
    counts_ref
        (G,) whether the reference allele is the rarer one, and is counted.
    entries
        (G,) carriers and patients without a call.
    coding
        ``additive``: 1 or 2 copies; ``dominant``: carriers of any.
    fingerprint
        Hash of the files and choices.
    """

    store: CallStore
    patients: Sequence[str]
    names: Sequence[str]
    found: SampleRows
    counts_ref: NDArray[np.bool_]
    entries: NDArray[np.int64]
    coding: Coding
    fingerprint: str

    @property
    def patterns(self) -> NDArray[np.bool_]:
        """(1, n) the patients with a sample."""
        return self.found.pattern

    def sizes(self) -> NDArray[np.int64]:
        """(G,) entries of each variant."""
        return self.entries

    def block(self, begin: int, end: int) -> FeatureBlock:
        """Read variants begin .. end (exclusive).

        Raises
        ------
        DataError
            When the calls are damaged.
        """
        columns = (
            self._own(calls[self.found.samples], j)
            for j, calls in enumerate(self.store.calls(begin, end), begin)
        )
        names = self.names[begin:end]
        return block_of_values(names, columns, self.found.rows, valued=self.coding == "additive")

    def _own(
        self, calls: NDArray[np.uint8], variant: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Give the copies that count, and who has no call."""
        copies = _BOTH - calls if self.counts_ref[variant] else calls
        return copies, calls == NO_CALL


def block_of_values(
    names: Sequence[str],
    columns: Iterable[tuple[NDArray[np.generic], NDArray[np.bool_]]],
    rows: NDArray[np.int32],
    *,
    valued: bool = True,
) -> FeatureBlock:
    """Make a block of columns that hold a value for each of some patients.

    Parameters
    ----------
    names
        (g,) what each column is called.
    columns
        g pairs: (m,) values, and (m,) whether there is none.
    rows
        (m,) rows of these patients, ascending.
    valued
        Whether values are kept, or only who has one that is not 0.

    Examples
    --------
    >>> column = (np.array([0.0, 1.5, np.nan]), np.array([False, False, True]))
    >>> block = block_of_values(["rs1_A"], [column], np.array([2, 5, 6], np.int32))
    >>> block.carriers.tolist(), block.values.tolist(), block.untested.tolist()
    ([5], [1.5], [6])
    """
    carriers, values, untested = [], [], []
    for column, missing in columns:
        at = np.flatnonzero((column != 0) & ~missing)
        carriers.append(rows[at])
        values.append(column[at].astype(np.float64))
        untested.append(rows[missing])
    return FeatureBlock(
        names=tuple(names),
        start=_starts(carriers),
        carriers=np.concatenate([*carriers, np.empty(0, np.int32)]),
        values=np.concatenate([*values, np.empty(0)]) if valued else None,
        pattern=np.zeros(len(names), np.int32),
        untested_start=_starts(untested),
        untested=np.concatenate([*untested, np.empty(0, np.int32)]),
    )


def genotype_features(
    store: CallStore,
    variants: Variants,
    found: SampleRows,
    patients: Sequence[str],
    *,
    paths: Sequence[Path],
    coding: Coding,
) -> GenotypeFeatures:
    """Count the genotypes of every variant, and choose the rarer allele of each to be counted.

    Where both are as frequent, or there are several alternative alleles (which count together),
    the alternative ones are counted.
    """
    g = len(variants.ids)
    counts_ref = np.zeros(g, bool)
    entries = np.zeros(g, np.int64)
    for j, calls in enumerate(store.calls(0, g)):
        none, one, both, missing = np.bincount(calls[found.samples], minlength=4).tolist()
        counts_ref[j] = 2 * both + one > 2 * none + one and "," not in variants.alt[j]
        entries[j] = one + missing + (none if counts_ref[j] else both)
    alleles = zip(variants.ids, variants.ref, variants.alt, counts_ref, strict=True)
    choices = (coding, "\0".join(patients))
    return GenotypeFeatures(
        store=store,
        patients=tuple(patients),
        names=tuple(f"{name}_{ref if rare else alt}" for name, ref, alt, rare in alleles),
        found=found,
        counts_ref=counts_ref,
        entries=entries,
        coding=coding,
        fingerprint=content_hash(paths, *choices),
    )


def _starts(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
