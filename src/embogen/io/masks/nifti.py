"""NIfTI masks (.nii, .nii.gz), version 1 and 2."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from embogen.io.files import refuse
from embogen.io.masks.model import (
    MaskVolumes,
    as_voxels,
    checked_size,
    measured_segments,
    unpacked,
)

_TYPES: Final = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8",
    256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
_MM_PER_UNIT: Final = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_V1, _V2 = 348, 540
_AXES: Final = 3
_TOLERANCE: Final = 0.01
"""Relative difference of the two statements of a voxel's volume that rounding may explain."""


@dataclass(frozen=True, slots=True)
class _Header:
    dims: tuple[int, ...]
    datatype: int
    pixdim: tuple[float, ...]
    offset: int
    slope: float
    intercept: float
    units: int
    sform_code: int
    sform: tuple[float, ...]
    order: str


def read_nifti(data: bytes, file: str) -> MaskVolumes:
    """Measure the segments of a NIfTI file.

    The volume of a voxel is the determinant of the affine (sform), where the file has one, else
    the product of its voxel dimensions; where both are there and disagree, the file is refused,
    since one of them is wrong.

    Parameters
    ----------
    data
        The file, gzipped or not.
    file
        Its name, for messages.

    Raises
    ------
    DataError
        What is missing, damaged or contradictory.
    """
    packed = data.startswith(b"\x1f\x8b")
    head = _parse(unpacked(data, _V2, file) if packed else data[:_V2], file)
    dims = [size for size in head.dims[1 : 1 + head.dims[0]] if size != 1]
    if not 1 <= head.dims[0] <= 7 or len(dims) > _AXES or min(dims, default=1) < 1:  # noqa: PLR2004 - the format's limit
        message = f"has dimensions {' x '.join(map(str, dims)) or 'unknown'}, and 3 were expected"
        raise refuse(file, message, "Give one segmentation in space.")
    if head.datatype not in _TYPES:
        raise refuse(file, f"holds values of type {head.datatype}", "Export it with labels.")
    dtype: np.dtype[np.generic] = np.dtype(head.order + _TYPES[head.datatype])
    n = int(np.prod([int(size) for size in dims], dtype=object))
    checked_size(n, dtype.itemsize, file)
    body = unpacked(data, head.offset + n * dtype.itemsize, file) if packed else data
    voxels = as_voxels(body[head.offset :], dtype, n, file)
    if head.slope not in {0.0, 1.0} or (head.slope and head.intercept):
        voxels = voxels.astype(np.float64) * head.slope + head.intercept
    spacing, mm3 = _spacing(head, file)
    notes = () if head.units else ("The file does not name its unit of length; mm was taken.",)
    segments = measured_segments(voxels, mm3, {}, file)
    return MaskVolumes(file, "NIfTI", spacing, segments, notes)


def _parse(data: bytes, file: str) -> _Header:
    for order in "<>":
        size = struct.unpack_from(order + "i", data)[0] if len(data) >= _V1 else 0
        if size == _V1 and data[344:348] in {b"n+1\0", b"ni1\0"}:
            if data[344:348] == b"ni1\0":
                raise refuse(file, "has its data in another file", "Export it as one .nii file.")
            return _Header(
                struct.unpack_from(order + "8h", data, 40),
                struct.unpack_from(order + "h", data, 70)[0],
                struct.unpack_from(order + "8f", data, 76),
                int(struct.unpack_from(order + "f", data, 108)[0]),
                struct.unpack_from(order + "f", data, 112)[0],
                struct.unpack_from(order + "f", data, 116)[0],
                data[123] & 7,
                struct.unpack_from(order + "h", data, 254)[0],
                struct.unpack_from(order + "12f", data, 280),
                order,
            )
        if size == _V2 and len(data) >= _V2 and data[4:8] == b"n+2\0":
            return _Header(
                struct.unpack_from(order + "8q", data, 16),
                struct.unpack_from(order + "h", data, 12)[0],
                struct.unpack_from(order + "8d", data, 104),
                struct.unpack_from(order + "q", data, 168)[0],
                struct.unpack_from(order + "d", data, 176)[0],
                struct.unpack_from(order + "d", data, 184)[0],
                struct.unpack_from(order + "i", data, 500)[0] & 7,
                struct.unpack_from(order + "i", data, 348)[0],
                struct.unpack_from(order + "12d", data, 400),
                order,
            )
    raise refuse(file, "is no NIfTI file with its data in it", "Export it as one .nii file.")


def _spacing(head: _Header, file: str) -> tuple[tuple[float, float, float], float]:
    """Return the steps along the axes and the volume of a voxel, in mm and cubic mm."""
    if head.units not in _MM_PER_UNIT:
        raise refuse(file, f"has an unknown unit of length ({head.units})", "Export it in mm.")
    mm = _MM_PER_UNIT[head.units]
    stated = np.abs(np.array(head.pixdim[1:4], dtype=np.float64)) * mm
    by_size = float(np.prod(stated))
    if head.sform_code <= 0:
        return _checked(stated, by_size, file), by_size
    affine = np.array(head.sform, dtype=np.float64).reshape(3, 4)[:, :3] * mm
    by_affine = abs(float(np.linalg.det(affine)))
    if not abs(by_affine - by_size) <= _TOLERANCE * by_size:
        message = (
            f"says that a voxel holds {by_affine:.4g} cubic mm by its affine and {by_size:.4g} by "
            "its voxel dimensions"
        )
        raise refuse(file, message, "Export it again with the spacing of the slice positions.")
    return _checked(np.linalg.norm(affine, axis=0), by_affine, file), by_affine


def _checked(
    steps: np.ndarray[tuple[int, ...], np.dtype[np.float64]], mm3: float, file: str
) -> tuple[float, float, float]:
    if not np.isfinite(mm3) or mm3 <= 0:
        raise refuse(file, "has voxels without a volume", "Export it with its voxel dimensions.")
    first, second, third = (float(step) for step in steps)
    return first, second, third
