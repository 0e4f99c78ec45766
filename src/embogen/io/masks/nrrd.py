"""NRRD masks, those of 3D Slicer (.seg.nrrd) with their names among them."""

from __future__ import annotations

import bz2
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.io.files import refuse
from embogen.io.masks.model import (
    MaskVolumes,
    as_voxels,
    checked_size,
    measured_segments,
    unpacked,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.io.masks.model import Segment

_TYPES: Final = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_END_OF_HEADER: Final = re.compile(rb"\r?\n\r?\n")
_HEADER_LIMIT: Final = 2**20
_AXES: Final = 3


def read_nrrd(data: bytes, file: str) -> MaskVolumes:
    """Measure the segments of an NRRD file.

    The volume of a voxel is the determinant of the space directions (or the product of the
    spacings), so that a skewed or turned grid counts right.

    Parameters
    ----------
    data
        The file: attached data, raw, gzip, bzip2 or text.
    file
        Its name, for messages.

    Raises
    ------
    DataError
        What is missing or damaged.
    """
    end = _END_OF_HEADER.search(data, 0, _HEADER_LIMIT)
    if not data.startswith(b"NRRD") or end is None:
        raise refuse(file, "is no NRRD file with its data in it", "Export it as one .nrrd file.")
    fields, pairs = _header(data[: end.start()].decode("utf-8", errors="replace"))
    for name in ("type", "dimension", "sizes", "encoding"):
        if name not in fields:
            raise refuse(file, f'has no field "{name}"', "Export it again.")
    sizes = [int(word) for word in fields["sizes"].split()]
    matrix = _grid(fields, len(sizes), file)
    voxels = _voxels(data[end.end() :], fields, sizes, file)
    spacing = np.linalg.norm(matrix, axis=1)
    mm3 = abs(float(np.linalg.det(matrix)))
    layers = sizes[0] if len(sizes) > _AXES else 1
    found: list[Segment] = []
    for layer in range(layers):  # the first axis runs fastest
        names = _names(pairs, layer)
        found += measured_segments(voxels[layer::layers], mm3, names, file)
    first, second, third = (float(value) for value in spacing)
    return MaskVolumes(file, "NRRD", (first, second, third), tuple(found))


def _header(text: str) -> tuple[dict[str, str], dict[str, str]]:
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        if line.startswith("#"):
            continue
        key, mark, value = line.partition(":=")
        if mark:
            pairs[key] = value
            continue
        key, _, value = line.partition(":")
        fields[key.strip().lower()] = value.strip()
    return fields, pairs


def _grid(fields: Mapping[str, str], dimension: int, file: str) -> NDArray[np.float64]:
    """Return the step along each of the three axes of space, in mm."""
    units = re.findall(r'"([^"]*)"', fields.get("space units", ""))
    if any(unit.lower() not in {"mm", "millimeter", "millimetre", ""} for unit in units):
        message = f"measures space in {', '.join(units)}, and mm was expected"
        raise refuse(file, message, "Export it in millimetres.")
    numbers = r"\(([^)]*)\)|none"
    axes = re.finditer(numbers, fields.get("space directions", ""))
    rows = [[float(word) for word in axis[1].split(",")] for axis in axes if axis[1] is not None]
    if not rows and "spacings" in fields:
        steps = [float(word) for word in fields["spacings"].split()]
        rows = np.diag([step for step in steps if np.isfinite(step)]).tolist()
    shape_known = dimension in {_AXES, _AXES + 1}
    if not shape_known or len(rows) != _AXES or any(len(row) != _AXES for row in rows):
        message = "does not say how far its voxels lie apart in three dimensions"
        raise refuse(file, message, "Export it with its space directions.")
    matrix = np.array(rows, dtype=np.float64)
    if not np.all(np.isfinite(matrix)) or np.linalg.det(matrix) == 0:
        raise refuse(file, "has voxels without a volume", "Export it with its space directions.")
    return matrix


def _voxels(
    data: bytes, fields: Mapping[str, str], sizes: Sequence[int], file: str
) -> NDArray[np.generic]:
    code = next((code for code, words in _TYPES.items() if fields["type"] in words), None)
    if code is None:
        raise refuse(file, f'holds values of type "{fields["type"]}"', "Export it with labels.")
    order = ">" if fields.get("endian", "little") == "big" else "<"
    dtype: np.dtype[np.generic] = np.dtype(order + code)
    n = int(np.prod([int(size) for size in sizes], dtype=object))
    checked_size(n, dtype.itemsize, file)
    if "data file" in fields or "datafile" in fields:
        raise refuse(file, "has its data in another file", "Export it as one .nrrd file.")
    if any(fields.get(key, "0") not in {"0", ""} for key in ("byte skip", "line skip")):
        raise refuse(file, "skips part of its data", "Export it again.")
    match fields["encoding"].lower():
        case "raw":
            raw = data
        case "gzip" | "gz":
            raw = unpacked(data, n * dtype.itemsize, file)
        case "bzip2" | "bz2":
            try:
                raw = bz2.BZ2Decompressor().decompress(data, n * dtype.itemsize)
            except OSError:
                raise refuse(file, "cannot be unpacked", "Export it again.") from None
        case "ascii" | "text" | "txt":
            words = data.split()[:n]
            raw = np.array(words, dtype=np.float64).astype(dtype).tobytes()
        case other:
            raise refuse(file, f'is encoded as "{other}"', "Export it as raw or gzip.")
    return as_voxels(raw, dtype, n, file)


def _names(pairs: Mapping[str, str], layer: int) -> dict[int, str]:
    """Return the names 3D Slicer gives the labels of a layer."""
    names = {}
    for key, name in pairs.items():
        found = re.fullmatch(r"(Segment\d+)_Name", key)
        if found is None or pairs.get(f"{found[1]}_Layer", "0") != str(layer):
            continue
        label = pairs.get(f"{found[1]}_LabelValue", "")
        if label.isdigit():
            names[int(label)] = name
    return names
