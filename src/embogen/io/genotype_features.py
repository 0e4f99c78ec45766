"""Genotype calls as features: copies of the rarer allele, or who carries it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem
from embogen.genomics.feature_blocks import FeatureBlock
from embogen.io.genotype_names import Variants
from embogen.io.parquet_file import content_hash
from embogen.io.raw_table import clipped

Coding = Literal["additive", "dominant"]
Others = Literal["refuse", "pass_over"]
NO_CALL: Final = 3
"""What stands for a genotype that was not called."""

_BOTH: Final = 2


class CallStore(Protocol):
    """Where calls are: holds paths and offsets, no open file."""

    def calls(self, begin: int, end: int) -> Iterator[NDArray[np.uint8]]:
        """Give for each variant (samples,) copies of the alternative allele, `NO_CALL` for none."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SampleRows:
    """Which samples of a file are patients: `samples` their places, `rows` ascending."""

    samples: NDArray[np.intp]
    rows: NDArray[np.int32]
    n: int


def sample_rows(
    samples: Sequence[str], patients: Sequence[str], file: str, others: Others
) -> SampleRows:
    """Find the patients among the samples of a file.

    Raises
    ------
    DataError
        Naming samples that are no patients, unless others are passed over, or when none is.

    Examples
    --------
    >>> found = sample_rows(["b", "x", "a"], ["a", "b", "c"], "a.fam", "pass_over")
    >>> found.samples.tolist(), found.rows.tolist()
    ([2, 0], [0, 1])
    """
    place = {patient: row for row, patient in enumerate(patients)}
    rows = np.array([place.get(sample, -1) for sample in samples], np.int32)
    problems = []
    if others == "refuse":
        remedy = "Add the patient to the patients table, or let other samples be passed over."
        problems = [
            DataProblem(file, "is no patient of the study", remedy, value=samples[i])
            for i in np.flatnonzero(rows < 0).tolist()
        ]
    elif not (rows >= 0).any():
        remedy = "Check that both files use the same ids."
        problems = [DataProblem(file, "holds no patient of the study", remedy)]
    if problems:
        raise DataError(clipped(problems))
    known = np.flatnonzero(rows >= 0)
    order = known[np.argsort(rows[known])]
    return SampleRows(order, rows[order], len(patients))


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
        pattern = np.zeros((1, self.found.n), bool)
        pattern[0, self.found.rows] = True
        return pattern

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
        carriers, values, untested = [], [], []
        for j, calls in enumerate(self.store.calls(begin, end), begin):
            own = calls[self.found.samples]
            missing = own == NO_CALL
            copies = np.where(missing, 0, _BOTH - own if self.counts_ref[j] else own)
            at = np.flatnonzero(copies)
            carriers.append(self.found.rows[at])
            values.append(copies[at].astype(np.float64))
            untested.append(self.found.rows[missing])
        additive = self.coding == "additive"
        return FeatureBlock(
            names=tuple(self.names[begin:end]),
            start=_starts(carriers),
            carriers=np.concatenate([*carriers, np.empty(0, np.int32)]),
            values=np.concatenate([*values, np.empty(0)]) if additive else None,
            pattern=np.zeros(end - begin, np.int32),
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
