"""The header of a .pgen file: where each variant's record is, and how it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from embogen.io.files import refuse

if TYPE_CHECKING:
    from embogen.errors import DataError

_MAGIC: Final = b"\x6c\x1b"
_FIXED: Final = 0x02
_DOSAGES: Final = (0x03, 0x04)
_STANDARD: Final = 0x10
_INDEX_APART: Final = (0x20, 0x21)
_FIRST: Final = 12
_BLOCK: Final = 2**16
_DOSAGE_BITS: Final = 0xE0
_MULTIALLELIC: Final = 8
_TYPE_IN_LENGTH: Final = 8
"""Formats from this one on tell a record's type from its length."""

_LAST_FORMAT: Final = 9
_WIDE_TYPES: Final = 4
_SOME_PROVISIONAL: Final = 3
_AGAIN: Final = "Copy it again, or write it anew with plink2 --make-pgen."
_NO_DOSAGE: Final = (
    "Keep the hard calls with plink2 --make-pgen erase-dosage, or give dosages as Parquet."
)


@dataclass(frozen=True, slots=True, eq=False)
class PgenHeader:
    """What the header says.

    Parameters
    ----------
    samples
        How many.
    kinds
        (variants,) record types.
    offsets
        (variants + 1,) byte where each record begins; the last is the end of the last one.
    """

    samples: int
    kinds: NDArray[np.uint8]
    offsets: NDArray[np.int64]


def read_header(path: Path, file: str) -> PgenHeader:
    """Read the header of a .pgen file that holds hard calls.

    Raises
    ------
    DataError
        When it is none, holds dosages, keeps its index apart, or is cut short.
    """
    size = path.stat().st_size
    data = np.memmap(path, np.uint8, "r") if size else np.empty(0, np.uint8)
    head = bytes(data[:_FIRST])
    if head[:2] != _MAGIC:
        raise refuse(file, "does not begin as a PLINK file", "Name the .pgen file of PLINK 2.")
    if len(head) < _FIRST:
        raise _short(file)
    mode, layout = head[2], head[11]
    variants, samples = (int(number) for number in np.frombuffer(head[3:11], "<u4"))
    if mode in _DOSAGES:
        raise refuse(file, "holds dosages, and hard calls are read", _NO_DOSAGE)
    if mode in _INDEX_APART:
        raise refuse(file, "keeps its index in another file", "Write it with plink2 --make-pgen.")
    if mode == _FIXED:
        return _fixed(data, variants, samples, layout, file)
    if mode != _STANDARD:
        kind = "is stored by sample" if mode == 0 else f"is of a kind ({mode:#04x}) not known here"
        raise refuse(file, kind, _AGAIN)
    header = _standard(data, variants, samples, layout, file)
    if (header.kinds & _DOSAGE_BITS).any():
        first = int(np.flatnonzero(header.kinds & _DOSAGE_BITS)[0]) + 1
        raise refuse(
            file, f"holds dosages (first of variant {first}), and hard calls are read", _NO_DOSAGE
        )
    return header


def _fixed(
    data: NDArray[np.uint8], variants: int, samples: int, layout: int, file: str
) -> PgenHeader:
    """Place records of equal width, one after the other."""
    width = (samples + 3) // 4
    begin = _FIRST + ((variants + 7) // 8 if layout >> 6 == _SOME_PROVISIONAL else 0)
    expected = begin + variants * width
    if len(data) != expected:
        message = (
            f"has {len(data)} bytes, and its {variants} variants of {samples} samples take "
            f"{expected}"
        )
        raise refuse(file, message, _AGAIN)
    offsets = begin + width * np.arange(variants + 1, dtype=np.int64)
    return PgenHeader(samples, np.zeros(variants, np.uint8), offsets)


def _standard(
    data: NDArray[np.uint8], variants: int, samples: int, layout: int, file: str
) -> PgenHeader:
    """Place records by their lengths, which stand in blocks of 65,536 after their types."""
    form, allele_bytes = layout & 15, (layout >> 4) & 3
    provisional = layout >> 6 == _SOME_PROVISIONAL
    if form > _LAST_FORMAT:
        raise refuse(file, f"has a header in a form ({form}) that is not known", _AGAIN)
    blocks = -(-variants // _BLOCK)
    at = _FIRST + 8 * blocks
    if len(data) < at or variants > 4 * len(data):
        raise _short(file)
    block_at = np.frombuffer(bytes(data[_FIRST:at]), "<u8")
    kinds, offsets = np.empty(variants, np.uint8), np.empty(variants + 1, np.int64)
    offsets[-1] = at
    for block in range(blocks):
        begin, end = block * _BLOCK, min((block + 1) * _BLOCK, variants)
        count = end - begin
        kind_bits = 0 if form >= _TYPE_IN_LENGTH else 8 if form >= _WIDE_TYPES else 4
        length_bits = 2 ** (form - 7) if form >= _TYPE_IN_LENGTH else 8 * ((form & 3) + 1)
        parts = (
            count * kind_bits,
            count * length_bits,
            8 * count * allele_bytes,
            count * provisional,
        )
        ends = at + np.cumsum([(bits + 7) // 8 for bits in parts])
        if ends[-1] > len(data):
            raise _short(file)
        stored = _numbers(data[ends[0] : ends[1]], count, length_bits)
        lengths = stored
        if form >= _TYPE_IN_LENGTH:
            kinds[begin:end] = np.where(stored > 0, _MULTIALLELIC, 0)
            lengths = stored + (samples + 3) // 4
        else:
            kinds[begin:end] = _numbers(data[at : ends[0]], count, kind_bits)
        if block_at[block] > len(data):
            raise _short(file)
        offsets[begin:end] = int(block_at[block]) + np.cumsum(lengths) - lengths
        offsets[end] = int(block_at[block]) + int(lengths.sum())
        if offsets[end] > len(data):
            raise _short(file)
        at = int(ends[-1])
    if variants and offsets[0] < at:
        raise refuse(file, "has records where its header is", _AGAIN)
    return PgenHeader(samples, kinds, offsets)


def _numbers(packed: NDArray[np.uint8], count: int, bits: int) -> NDArray[np.int64]:
    """Unpack numbers of 2 or 4 bits, or of whole bytes, the lowest first."""
    if bits < 8:  # noqa: PLR2004 - a byte
        shifts = np.arange(0, 8, bits)
        parts = (packed[:, None] >> shifts) & (2**bits - 1)
        small: NDArray[np.int64] = parts.reshape(-1)[:count].astype(np.int64)
        return small
    table = packed.reshape(count, bits // 8).astype(np.int64)
    numbers: NDArray[np.int64] = (table << (8 * np.arange(bits // 8))).sum(axis=1)
    return numbers


def _short(file: str) -> DataError:
    return refuse(file, "is cut short, or its header is damaged", _AGAIN)
