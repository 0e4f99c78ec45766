"""A mask of any known format to the volumes of its segments."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from embogen.io.files import refuse
from embogen.io.masks.dicom_seg import read_dicom_seg
from embogen.io.masks.nifti import read_nifti
from embogen.io.masks.nrrd import read_nrrd

if TYPE_CHECKING:
    from embogen.io.masks.model import MaskVolumes


def mask_volumes(path: Path) -> MaskVolumes:
    """Measure the segments of a mask; the format is told from its content.

    Parameters
    ----------
    path
        A DICOM Segmentation, NRRD (.nrrd, .seg.nrrd) or NIfTI (.nii, .nii.gz) file.

    Returns
    -------
    MaskVolumes
        Every segment with its voxels and its volume in mL.

    Raises
    ------
    PlanError
        When the file is DICOM and the extra that reads it is not installed.
    DataError
        When there is no such file, it is no mask, or it does not say how large its voxels are.
    """
    name = path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise refuse(name, f"cannot be read ({reason})", "Check the path.") from None
    read = read_nifti
    if data.startswith(b"NRRD"):
        read = read_nrrd
    elif data[128:132] == b"DICM":
        read = read_dicom_seg
    try:
        return read(data, name)
    except (ValueError, OverflowError, AttributeError, KeyError, struct.error):
        # a header of words where numbers belong, or without what every mask has
        raise refuse(name, "has a damaged header", "Export the segmentation again.") from None
