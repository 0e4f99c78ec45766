"""VCF files, annotated by VEP or SnpEff, to `MutationCalls`; needs the package pysam."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import CALL_COLUMNS, VARIANT_CLASSES, MutationCalls
from embogen.io.files import refuse
from embogen.io.vcf_annotation import Annotator, annotator_of
from embogen.io.vcf_depth import Depth, alternate_alleles, depth_of

if TYPE_CHECKING:
    from types import ModuleType

SUFFIXES: Final = (".vcf", ".vcf.gz", ".vcf.bgz", ".bcf")
_TUMOR: Final = re.compile(r"^(dna_)?tumou?r$|^primary$", re.IGNORECASE)
_NORMAL: Final = re.compile(r"^(dna_)?(normal|control|germline|blood)$", re.IGNORECASE)
_OTHER: Final = re.compile(r"^rna_", re.IGNORECASE)
_SOMATIC: Final = 2
"""Value of SS (status relative to the normal) that is somatic; 0, 1, 3 are not."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One alternate allele of one sample.

    Parameters
    ----------
    sample
        The sample it was called in.
    chromosome, position, reference, alternate
        As the file has them; positions count from 1.
    depth
        Reads of the reference and of this allele, as far as the caller tells.
    record
        Number of the record in the file, from 1.
    passed
        Whether the caller let it pass, and where it says so, called it somatic.
    """

    sample: str
    chromosome: str
    position: int
    reference: str
    alternate: str
    depth: Depth
    record: int
    passed: bool


def read_vcf(
    file: str, *, folder: Path, tumor: str | None = None
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Read an annotated VCF or BCF, or every one in a folder.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`: a file (.vcf, .vcf.gz, .bcf) or a folder
        of them.
    folder
        Folder of the study file.
    tumor
        Name of the tumour's column, where embogen cannot tell it.

    Returns
    -------
    calls
        One row per alternate allele. The sample is named by its column, or by the file where the
        column is called TUMOR; several alleles at one place are several calls.
    caveats
        ``filtered_variants`` where variants that did not pass, or are not somatic, were left out.

    Raises
    ------
    DataError
        pysam is not installed; no such file, or one that is damaged; no annotation (CSQ or ANN);
        columns of which none can be told to be the tumour.
    """
    files = _files(file, folder)
    rows: list[tuple[object, ...]] = []
    listed: set[str] = set()
    problems: list[DataProblem] = []
    left = 0
    for name in files:
        try:
            with _opened(name, folder) as source:
                annotator = annotator_of(source.header, name)
                samples = _samples(source.header, name, tumor)
                listed |= set(samples.values())
                for variant, record in _variants(source, samples):
                    if variant.passed:
                        rows.append(_row(variant, record, annotator))
                    else:
                        left += 1
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    calls = pl.DataFrame(rows, schema={**CALL_COLUMNS, "locus": pl.String}, orient="row")
    calls = calls.filter(pl.col("gene").is_not_null())
    return MutationCalls(calls, file, listed=tuple(sorted(listed))), _caveats(left, file)


def read_variants(file: str, *, folder: Path, tumor: str | None = None) -> list[Variant]:
    """Read the alleles of a VCF without their annotation, passed or not.

    Raises
    ------
    DataError
        As `read_vcf`, annotation apart.
    """
    with _opened(file, folder) as source:
        samples = _samples(source.header, file, tumor)
        return [variant for variant, _ in _variants(source, samples)]


def _files(file: str, folder: Path) -> list[str]:
    path = folder / file
    if path.is_dir():
        names = sorted(item.name for item in path.iterdir() if item.name.endswith(SUFFIXES))
        if not names:
            remedy = f"Put files named {', '.join(SUFFIXES)} there."
            raise refuse(file, "is a folder without a VCF", remedy)
        return [f"{file.rstrip('/')}/{name}" for name in names]
    if not path.is_file():
        raise refuse(file, "there is no such file", "Check the path.")
    return [file]


def _pysam(file: str) -> ModuleType:
    try:
        import pysam  # noqa: PLC0415 - an optional extra
    except ImportError:
        message = "is a VCF, and pysam, which reads it, is not installed"
        raise refuse(file, message, 'Install it: pip install "embogen[vcf]".') from None
    module: ModuleType = pysam
    return module


@contextmanager
def _opened(file: str, folder: Path) -> Iterator[Any]:
    """Open a VCF; what goes wrong while it is read is told as a problem of the file."""
    pysam = _pysam(file)
    before = pysam.set_verbosity(0)  # htslib would write to the terminal
    try:
        with pysam.VariantFile(str((folder / file).resolve())) as source:
            yield source
    except (OSError, ValueError, KeyError, IndexError, TypeError, UnicodeError):
        remedy = "Look whether it is cut short, or its header lacks a line."
        raise refuse(file, "is no VCF or BCF that can be read", remedy) from None
    finally:
        pysam.set_verbosity(before)


def _samples(header: Any, file: str, tumor: str | None) -> dict[str, str]:  # noqa: ANN401 - pysam has no types
    """Return column to sample id for the columns whose variants are taken."""
    columns = list(header.samples)
    stem = Path(file).name
    for suffix in SUFFIXES:
        stem = stem.removesuffix(suffix)
    if tumor is not None:
        if tumor not in columns:
            message = f"has no column {tumor}, and the study file names it as the tumour's"
            raise refuse(file, message, f"It has: {', '.join(columns)}.")
        return {tumor: stem if _TUMOR.match(tumor) else tumor}
    said = [r.value for r in header.records if r.key == "tumor_sample" and r.value in columns]
    if said:
        return {name: name for name in said}
    named = [name for name in columns if _TUMOR.match(name)]
    if len(named) == 1:
        return {named[0]: stem}
    if any(_NORMAL.match(name) or _OTHER.match(name) for name in columns) or len(named) > 1:
        other = [n for n in columns if not _NORMAL.match(n) and not _OTHER.match(n)]
        if len(other) == 1:
            return {other[0]: other[0]}
        message = f"has the columns {', '.join(columns)}, and which is the tumour is not clear"
        raise refuse(file, message, 'Say it: data.mutations.tumor = "...".')
    if not columns:
        return {"": stem}
    return {name: name for name in columns}


def _variants(source: Any, samples: dict[str, str]) -> Iterator[tuple[Variant, Any]]:  # noqa: ANN401 - pysam has no types
    """Go through the alternate alleles of every record."""
    somatic = len(samples) == 1
    number = 0
    for record in source:
        number += 1
        if record.alts is None:
            continue
        names = list(record.filter)
        passed = not names or names == ["PASS"]
        for column, sample in samples.items():
            cells = record.samples[column] if column else None
            for place in alternate_alleles(record, cells, somatic=somatic):
                variant = Variant(
                    sample,
                    record.chrom,
                    record.pos,
                    record.ref,
                    record.alts[place - 1],
                    depth_of(record, cells, place),
                    number,
                    passed and _is_somatic(record, cells),
                )
                yield variant, record


def _is_somatic(record: Any, cells: Any) -> bool:  # noqa: ANN401 - pysam has no types
    """Tell whether the caller's status (SS), where there is one, is somatic."""
    for holder in (cells, record.info):
        value = holder.get("SS") if holder is not None and "SS" in holder else None
        if isinstance(value, tuple):
            value = value[0] if value else None
        if value is not None and str(value).isdecimal():
            return int(value) == _SOMATIC
    return True


def _row(variant: Variant, record: Any, annotator: Annotator) -> tuple[object, ...]:  # noqa: ANN401 - pysam has no types
    said = annotator.effect(record, variant.reference, variant.alternate)
    return (
        variant.sample,
        said.gene or None,
        said.classification,
        VARIANT_CLASSES[said.classification.lower()],
        said.protein_change or None,
        variant.depth.fraction,
        variant.record,
        _locus(variant),
    )


def _locus(variant: Variant) -> str:
    """Write position and alleles as `MutationCalls` has them."""
    chromosome = variant.chromosome.removeprefix("chr")
    return f"{chromosome}:{variant.position} {variant.reference}>{variant.alternate}"


def _caveats(left: int, file: str) -> tuple[Caveat, ...]:
    if not left:
        return ()
    message = (
        f"{left} variant{'' if left == 1 else 's'} of {file} that did not pass the caller's "
        "filters, or are not somatic, were left out."
    )
    return (Caveat("filtered_variants", message, {"variants": left}, file),)
