"""Variant records of a .pgen file: hard calls, plain and compressed.

After the PLINK 2 File Format Specification (C. Chang): of each record only the main data track is
read, which comes first. It tells copies of the alternative alleles together: 0, 1, 2, or 3 for no
call.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LD: Final = 2
LD_INVERTED: Final = 3
_PLAIN: Final = 0
_ONE_BIT: Final = 1
_ALL_BUT: Final = {4: 0, 6: 2, 7: 3}
"""Record type to the category of every sample that is not listed."""

_TWO: Final = {1: (0, 1), 2: (0, 2), 3: (0, 3), 5: (1, 2), 6: (1, 3), 9: (2, 3)}
"""First byte of a one-bit record to its two common categories."""

_INVERTED: Final = np.array([2, 1, 0, 3], np.uint8)
_QUARTERS: Final = (np.arange(256)[:, None] >> np.array([0, 2, 4, 6]) & 3).astype(np.uint8)
_GROUP: Final = 64
_LONGEST: Final = 5
_LOW: Final = 127


class Damaged(ValueError):  # noqa: N818 - a state of the file, which its reader names
    """A record cannot be what its header says."""


def decode_record(
    kind: int, record: NDArray[np.uint8], n: int, base: NDArray[np.uint8] | None
) -> NDArray[np.uint8]:
    """Read the calls of a record.

    Parameters
    ----------
    kind
        Record type; its lowest three bits say how the main track is stored.
    record
        Bytes of the record.
    n
        Samples.
    base
        (n,) calls of the last record that was not stored by difference, where there is one.

    Raises
    ------
    Damaged
        When the record is too short, or a sample is out of order.

    Examples
    --------
    Samples 1 and 3 of five: a list of two, first sample 1, calls 1 and 3, then 2 further on.

    >>> record = np.array([2, 1, 0b1101, 2], np.uint8)
    >>> decode_record(4, record, 5, None).tolist()
    [0, 1, 0, 3, 0]
    """
    storage = kind & 7
    if storage == _PLAIN:
        return quarters(record, n)
    if storage == _ONE_BIT:
        return _one_bit(record, n)
    if storage in {LD, LD_INVERTED}:
        if base is None:
            raise Damaged("a record is stored by its difference from one that is not there")
        calls = base.copy()
    elif storage in _ALL_BUT:
        calls = np.full(n, _ALL_BUT[storage], np.uint8)
    else:
        raise Damaged(f"a record is stored in a way ({storage}) that is not known")
    samples, values = read_difflist(record, n)
    calls[samples] = values
    # pgenlib writes the list of an inverted record before the inversion, which the text leaves open
    return _INVERTED[calls] if storage == LD_INVERTED else calls


def quarters(record: NDArray[np.uint8], n: int) -> NDArray[np.uint8]:
    """Unpack n numbers of two bits, the first in the lowest bits of a byte."""
    length = (n + 3) // 4
    if len(record) < length:
        raise Damaged("a record ends too early")
    unpacked: NDArray[np.uint8] = _QUARTERS[record[:length]].reshape(-1)[:n]
    return unpacked


def _one_bit(record: NDArray[np.uint8], n: int) -> NDArray[np.uint8]:
    length = (n + 7) // 8
    if len(record) < 1 + length or int(record[0]) not in _TWO:
        raise Damaged("a one-bit record ends too early, or names no two categories")
    pair = np.array(_TWO[int(record[0])], np.uint8)
    calls = pair[np.unpackbits(record[1 : 1 + length], count=n, bitorder="little")]
    samples, values = read_difflist(record[1 + length :], n)
    calls[samples] = values
    return calls


def read_difflist(record: NDArray[np.uint8], n: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Read a list of samples and their calls.

    Parameters
    ----------
    record
        Bytes that begin with the list.
    n
        Samples there are.

    Returns
    -------
    samples
        (l,) ascending.
    values
        (l,) calls.
    """
    (length,), at = read_varints(record[:_LONGEST], 1)
    if length > n:
        raise Damaged("a list holds more samples than there are")
    if length == 0:
        return np.empty(0, np.int64), np.empty(0, np.uint8)
    groups = -(-int(length) // _GROUP)
    width = 1 if n <= 2**8 else 2 if n <= 2**16 else 3 if n <= 2**24 else 4
    calls_at = at + groups * width + groups - 1
    gaps_at = calls_at + (int(length) + 3) // 4
    if len(record) < gaps_at:
        raise Damaged("a list ends too early")
    bytes_of = record[at : at + groups * width].reshape(groups, width).astype(np.int64)
    first = (bytes_of << (8 * np.arange(width))).sum(axis=1)
    gaps = np.zeros(int(length), np.int64)
    inner = np.arange(int(length)) % _GROUP != 0
    gaps[inner], _ = read_varints(record[gaps_at:], int(inner.sum()))
    along = np.cumsum(gaps)
    sizes = np.diff(np.append(np.arange(0, int(length), _GROUP), int(length)))
    samples = along + np.repeat(first - along[::_GROUP], sizes)
    if (np.diff(samples) <= 0).any() or samples[-1] >= n:
        raise Damaged("the samples of a list are out of order")
    return samples, quarters(record[calls_at:], int(length))


def read_varints(data: NDArray[np.uint8], count: int) -> tuple[NDArray[np.int64], int]:
    """Read numbers of seven bits a byte, the lowest first; the last byte of each is below 128.

    Returns
    -------
    numbers
        (count,).
    used
        Bytes they take.

    Examples
    --------
    >>> numbers, used = read_varints(np.array([0x88, 0x27, 5, 9], np.uint8), 2)
    >>> numbers.tolist(), used
    ([5000, 5], 3)
    """
    if count == 0:
        return np.empty(0, np.int64), 0
    ends = np.flatnonzero(data[: count * _LONGEST] <= _LOW)[:count]
    if len(ends) < count:
        raise Damaged("a number ends too early")
    starts = np.append(0, ends[:-1] + 1)
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST:
        raise Damaged("a number is too long")
    numbers = np.zeros(count, np.int64)
    for k in range(int(lengths.max())):
        longer = np.flatnonzero(lengths > k)
        numbers[longer] |= (data[starts[longer] + k].astype(np.int64) & _LOW) << (7 * k)
    return numbers, int(ends[-1]) + 1
