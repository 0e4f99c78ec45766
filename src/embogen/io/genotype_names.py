"""Samples and variants of PLINK files: .fam and .bim by place, .psam and .pvar by header."""

from __future__ import annotations

import collections
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embogen.errors import DataError, DataProblem
from embogen.io.files import decode, read_bytes, refuse
from embogen.io.raw_table import clipped

_FAM: Final = ("FID", "IID", "PAT", "MAT", "SEX", "PHENO1")
_BIM: Final = ("CHROM", "ID", "CM", "POS", "ALT", "REF")
_SHORT_BIM: Final = ("CHROM", "ID", "POS", "ALT", "REF")
_ZSTD: Final = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class Variants:
    """Variants of a genotype file, in its order.

    Parameters
    ----------
    ids
        Unique: the file's own id, or chromosome:position:REF:ALT where it has none or an id stands
        for several variants.
    ref, alt
        Alleles; several alternative ones are joined by commas.
    """

    ids: tuple[str, ...]
    ref: tuple[str, ...]
    alt: tuple[str, ...]


def read_samples(file: str, *, folder: Path) -> tuple[str, ...]:
    """Read the individual ids (IID) of a .fam or .psam file.

    Raises
    ------
    DataError
        When there is no such column, a row is short, or an id stands twice.
    """
    rows = _rows(file, folder, _FAM)
    problems: list[DataProblem] = []
    seen: dict[str, int] = {}
    for row, cells in rows:
        sample = cells["IID"]
        if sample in seen:
            message = f"is the IID of row {seen[sample]}, too"
            problems.append(DataProblem(file, message, "Rename or remove one.", row, "IID", sample))
        seen.setdefault(sample, row)
    if not rows:
        problems.append(DataProblem(file, "holds no samples", "Export it again."))
    if problems:
        raise DataError(clipped(problems))
    return tuple(seen)


def read_variants(file: str, *, folder: Path) -> Variants:
    """Read the variants of a .bim or .pvar file.

    Raises
    ------
    DataError
        When a column is missing, a row is short, or the same variant stands twice.
    """
    rows = _rows(file, folder, _BIM)
    count = collections.Counter(cells["ID"] for _, cells in rows)
    problems: list[DataProblem] = []
    seen: dict[str, int] = {}
    for row, cells in rows:
        name = cells["ID"]
        if name in {".", "0", ""} or count[name] > 1:
            name = ":".join(cells[part] for part in ("CHROM", "POS", "REF", "ALT"))
        if name in seen:
            message = f"is the variant of row {seen[name]}, too: same place, same alleles"
            problems.append(DataProblem(file, message, "Remove one.", row, "ID", name))
        seen.setdefault(name, row)
    if problems:
        raise DataError(clipped(problems))
    alleles = [(cells["REF"], cells["ALT"]) for _, cells in rows]
    return Variants(tuple(seen), tuple(ref for ref, _ in alleles), tuple(alt for _, alt in alleles))


def read_sides(samples: str, variants: str, folder: Path) -> tuple[tuple[str, ...], Variants]:
    """Read both files beside the genotypes.

    Raises
    ------
    DataError
        With the problems of both together.
    """
    problems: list[DataProblem] = []
    try:
        people = read_samples(samples, folder=folder)
    except DataError as error:
        problems += error.problems
    try:
        places = read_variants(variants, folder=folder)
    except DataError as error:
        problems += error.problems
    if problems:
        raise DataError(problems)
    return people, places


def _rows(file: str, folder: Path, usual: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Give each row with what stands in the columns that are needed."""
    data = read_bytes(file, folder)
    if data.startswith(_ZSTD):
        raise refuse(file, "is compressed by zstd", "Unpack it with zstd -d.")
    lines = decode(data, file).splitlines()
    headers: tuple[str, ...] | None = None
    found: list[tuple[int, dict[str, str]]] = []
    problems: list[DataProblem] = []
    needed = ("IID",) if usual is _FAM else ("CHROM", "ID", "POS", "REF", "ALT")
    for row, line in enumerate(lines, 1):
        cells = line.split()
        if not cells or line.startswith("##"):
            continue
        if line.startswith("#") and headers is None:
            headers = ("#" + cells[0].lstrip("#"), *cells[1:])
            headers = (headers[0][1:], *headers[1:])
            problems += [
                DataProblem(file, f'has no column "{name}"', "Export it again.", row=row)
                for name in needed
                if name not in headers
            ]
            if problems:
                raise DataError(problems)
            continue
        if headers is None:
            headers = _SHORT_BIM if usual is _BIM and len(cells) == len(_SHORT_BIM) else usual
        last = max(headers.index(name) for name in needed)
        if len(cells) <= last:
            message = f"has {len(cells)} columns, and at least {last + 1} were expected"
            problems.append(DataProblem(file, message, "Export it again.", row=row))
            continue
        found.append((row, {name: cells[headers.index(name)] for name in needed}))
    if problems:
        raise DataError(clipped(problems))
    return found
