"""What a mask says: its segments, their voxels, and how large a voxel is."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.io.files import refuse
from embogen.units import cubic_mm_to_ml

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_MASK: Final = 2**32
"""Bytes of voxels a mask may hold."""
_MOST_SEGMENTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a mask.

    Parameters
    ----------
    label
        Its number in the file.
    name
        Its name in the file, or "" where it has none.
    voxels
        Voxels in it; a fraction where the file says how much of a voxel it fills.
    volume_ml
        Their volume.
    """

    label: int
    name: str
    voxels: float
    volume_ml: float


@dataclass(frozen=True, slots=True)
class MaskVolumes:
    """A mask measured.

    Parameters
    ----------
    file, format
        The file, and which format it is.
    spacing_mm
        Distance of neighbouring voxels along each axis; along the slices it is that of their
        positions, never their thickness.
    segments
        By label.
    notes
        What a reader of the volumes should know.
    """

    file: str
    format: str
    spacing_mm: tuple[float, float, float]
    segments: tuple[Segment, ...]
    notes: tuple[str, ...] = ()


def measured_segments(
    voxels: NDArray[np.generic], voxel_mm3: float, names: Mapping[int, str], file: str
) -> tuple[Segment, ...]:
    """Count the voxels of each label but 0.

    Raises
    ------
    DataError
        When the values are no labels: not whole, negative, or too many different ones.

    Examples
    --------
    >>> found = measured_segments(np.array([0, 1, 1, 2]), 500.0, {1: "liver"}, "a.nrrd")
    >>> [(item.label, item.name, item.voxels, item.volume_ml) for item in found]
    [(1, 'liver', 2, 1.0), (2, '', 1, 0.5)]
    """
    values, counts = np.unique(voxels, return_counts=True)
    whole = values.astype(np.float64)
    if not np.all(np.isfinite(whole)) or np.any(whole != np.floor(whole)) or np.any(whole < 0):
        message = "holds values that are no labels (0, 1, 2, ...), so it is an image, not a mask"
        raise refuse(file, message, "Give the segmentation; put a threshold to a probability map.")
    if len(values) > _MOST_SEGMENTS:
        message = f"holds {len(values)} different values, so it is an image, not a mask"
        raise refuse(file, message, "Give the segmentation of this image.")
    found = zip(values.tolist(), counts.tolist(), strict=True)
    return tuple(
        segment(int(label), names.get(int(label), ""), count, voxel_mm3)
        for label, count in found
        if label
    )


def segment(label: int, name: str, voxels: float, voxel_mm3: float) -> Segment:
    """Make a segment of a count of voxels."""
    return Segment(label, name, voxels, cubic_mm_to_ml(voxels * voxel_mm3))


def unpacked(data: bytes, n_bytes: int, file: str) -> bytes:
    """Unpack gzip to at most `n_bytes`: a mask says how large it is before it is unpacked.

    Raises
    ------
    DataError
        When the data are no gzip, or cut short.
    """
    try:
        return zlib.decompressobj(wbits=31).decompress(data, n_bytes)
    except zlib.error:
        raise refuse(file, "cannot be unpacked", "Export it again; it may be cut short.") from None


def as_voxels(data: bytes, dtype: np.dtype[np.generic], n: int, file: str) -> NDArray[np.generic]:
    """Read `n` voxels.

    Raises
    ------
    DataError
        When there are fewer.
    """
    if len(data) < n * dtype.itemsize:
        message = f"ends after {len(data) // dtype.itemsize:,} of {n:,} voxels"
        raise refuse(file, message, "Export it again; it was cut short.")
    return np.frombuffer(data, dtype=dtype, count=n)


def checked_size(n: int, itemsize: int, file: str) -> None:
    """Refuse a size no segmentation has.

    Raises
    ------
    DataError
        When the voxels are none, or over `LARGEST_MASK` bytes.
    """
    if not 0 < n * itemsize <= LARGEST_MASK:
        raise refuse(file, f"says it holds {n:,} voxels", "Export it again; its header is damaged.")
