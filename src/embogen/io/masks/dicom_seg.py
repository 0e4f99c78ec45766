"""DICOM Segmentation objects, through pydicom (the extra ``embogen[imaging]``)."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from embogen.errors import PlanError, PlanProblem
from embogen.io.files import refuse
from embogen.io.masks.model import MaskVolumes, Segment, segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SEGMENTATION: Final = (
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.66.7",
)
"""Segmentation Storage, and Label Map Segmentation Storage."""
_TOLERANCE: Final = 0.01
"""Part of a step by which a slice may be off its place."""
_SAME_PLACE_MM: Final = 1e-3


def read_dicom_seg(data: bytes, file: str) -> MaskVolumes:
    """Measure the segments of a DICOM Segmentation.

    The distance of slices is that of their positions along the normal of the image plane. Slice
    thickness is never used: with overlapping reconstruction it is larger than the distance.
    Frames of empty slices may be missing, so gaps may be whole multiples of the distance.

    Parameters
    ----------
    data
        The file.
    file
        Its name, for messages.

    Raises
    ------
    PlanError
        When pydicom is not installed.
    DataError
        When the file is no segmentation, or its slices do not tell their distance.
    """
    try:
        import pydicom  # noqa: PLC0415 - an optional extra, loaded where it is used
        from pydicom.errors import InvalidDicomError  # noqa: PLC0415 - as above
    except ImportError:
        message = "is DICOM, and pydicom, which reads it, is not installed"
        remedy = 'Install the extra with `python -m pip install "embogen[imaging]"`.'
        raise PlanError([PlanProblem(file, message, remedy)]) from None
    try:
        found = pydicom.dcmread(io.BytesIO(data))
    except InvalidDicomError:
        raise refuse(file, "is no DICOM file", "Give the segmentation object.") from None
    if str(found.get("SOPClassUID", "")) not in _SEGMENTATION:
        kind = getattr(found.get("SOPClassUID"), "name", "of an unknown kind")
        message = f"is {kind}, and a DICOM Segmentation was expected"
        raise refuse(file, message, "Give the segmentation (modality SEG), not the image.")
    try:
        frames = found.pixel_array
    except Exception:  # noqa: BLE001 - a damaged file makes the decoder raise whatever it likes
        remedy = "Export it uncompressed, or as NRRD."
        raise refuse(file, "has pixels that cannot be decoded", remedy) from None
    if frames.ndim == 2:  # noqa: PLR2004 - a single frame comes without its axis
        frames = frames[np.newaxis]
    groups = _Groups(found, file)
    across, down = groups.pixel_spacing()
    step, notes = _step(groups, file)
    names = {int(item.SegmentNumber): str(item.SegmentLabel) for item in found.SegmentSequence}
    segments = _segments(found, frames, groups, names, across * down * step)
    return MaskVolumes(file, "DICOM SEG", (across, down, step), segments, notes)


class _Groups:
    """The functional groups: what holds for all frames, or else for each."""

    def __init__(self, found: Any, file: str) -> None:  # noqa: ANN401 - a pydicom data set
        self.file = file
        shared = found.get("SharedFunctionalGroupsSequence") or [None]
        self.shared = shared[0]
        self.frames = list(found.get("PerFrameFunctionalGroupsSequence") or [])

    def _item(self, sequence: str, frame: Any = None) -> Any:  # noqa: ANN401 - as above
        for group in (frame, self.shared):
            items = None if group is None else group.get(sequence)
            if items:
                return items[0]
        return None

    def _required(self, sequence: str, keyword: str, frame: Any = None) -> list[float]:  # noqa: ANN401 - as above
        value = getattr(self._item(sequence, frame), keyword, None)
        if value is None:
            message = f"does not say its {keyword}"
            raise refuse(self.file, message, "Export it again with its geometry.")
        return [float(number) for number in value]

    def pixel_spacing(self) -> tuple[float, float]:
        """Return the distance of columns and of rows, in mm."""
        frame = self.frames[0] if self.frames else None
        rows, columns = self._required("PixelMeasuresSequence", "PixelSpacing", frame)
        return columns, rows

    def measure(self, keyword: str) -> float | None:
        """Return a number of the pixel measures, or None."""
        frame = self.frames[0] if self.frames else None
        value = getattr(self._item("PixelMeasuresSequence", frame), keyword, None)
        return None if value is None else float(value)

    def places(self) -> NDArray[np.float64]:
        """(frames,) positions along the normal of the image plane, in mm."""
        found = []
        for frame in self.frames:
            axes = self._required("PlaneOrientationSequence", "ImageOrientationPatient", frame)
            normal = np.cross(axes[:3], axes[3:])
            place = self._required("PlanePositionSequence", "ImagePositionPatient", frame)
            found.append(float(np.dot(normal, place)))
        return np.array(found)

    def segment_numbers(self) -> list[int]:
        """(frames,) which segment each frame belongs to; 0 where the file does not say."""
        return [
            int(
                getattr(
                    self._item("SegmentIdentificationSequence", frame), "ReferencedSegmentNumber", 0
                )
            )
            for frame in self.frames
        ]


def _step(groups: _Groups, file: str) -> tuple[float, tuple[str, ...]]:
    """Find the distance of neighbouring slices from their positions."""
    stated = groups.measure("SpacingBetweenSlices")
    thickness = groups.measure("SliceThickness")
    places = np.unique(np.round(groups.places() / _SAME_PLACE_MM)) * _SAME_PLACE_MM
    gaps = [float(high - low) for low, high in itertools.pairwise(places)]
    if not gaps:
        if not stated:
            message = "has one slice and does not say its SpacingBetweenSlices"
            remedy = "The slice thickness is not the distance of slices: export it with the latter."
            raise refuse(file, message, remedy)
        return abs(stated), ("One slice: the distance of slices is the one the file states.",)
    step = _common(gaps, abs(stated) if stated else min(gaps))
    if step is None:
        step = _common(gaps, min(gaps))
    if step is None:
        shown = ", ".join(f"{gap:.3f}" for gap in sorted(set(gaps))[:6])
        message = f"has slices that are not evenly spaced ({shown} mm apart)"
        raise refuse(file, message, "Segment on an evenly spaced series.")
    notes = []
    if thickness is not None and abs(thickness - step) > _TOLERANCE * step:
        notes.append(
            f"SliceThickness is {thickness:g} mm and the slices lie {step:g} mm apart; the "
            "distance was used."
        )
    if stated and abs(abs(stated) - step) > _TOLERANCE * step:
        notes.append(
            f"SpacingBetweenSlices says {stated:g} mm and the positions {step:g} mm; the "
            "positions were used."
        )
    missing = round((float(places[-1]) - float(places[0])) / step) - len(gaps)
    if missing:
        notes.append(f"{missing} slices between the others have no frame and count as empty.")
    return step, tuple(notes)


def _common(gaps: Sequence[float], step: float) -> float | None:
    """Return a step all gaps are whole multiples of, mended by their mean; None if they are not."""
    counts = [round(gap / step) for gap in gaps]
    if min(counts) < 1 or any(
        abs(gap - count * step) > _TOLERANCE * step for gap, count in zip(gaps, counts, strict=True)
    ):
        return None
    return sum(gaps) / sum(counts)


def _segments(
    found: Any,  # noqa: ANN401 - a pydicom data set
    frames: NDArray[np.generic],
    groups: _Groups,
    names: dict[int, str],
    voxel_mm3: float,
) -> tuple[Segment, ...]:
    kind = str(found.get("SegmentationType", "BINARY"))
    counts = dict.fromkeys(names, 0.0)
    if kind == "LABELMAP":
        labels, sizes = np.unique(frames, return_counts=True)
        counts |= {int(label): float(n) for label, n in zip(labels, sizes, strict=True) if label}
    else:
        for frame, number in zip(frames, groups.segment_numbers(), strict=True):
            counts[number] = counts.get(number, 0.0) + _filled(found, frame, kind)
    return tuple(
        segment(number, names.get(number, ""), int(n) if n == int(n) else n, voxel_mm3)
        for number, n in sorted(counts.items())
        if number  # 0 is the background of a label map
    )


def _filled(found: Any, frame: NDArray[np.generic], kind: str) -> float:  # noqa: ANN401 - as above
    """Count the voxels of a frame; a fraction of a voxel counts as such, a probability from 1/2."""
    if kind != "FRACTIONAL":
        return float(np.count_nonzero(frame))
    whole = float(found.get("MaximumFractionalValue", 255))
    share = frame.astype(np.float64) / whole
    if str(found.get("SegmentationFractionalType", "")) == "OCCUPANCY":
        return float(share.sum())
    return float(np.count_nonzero(share >= 0.5))  # noqa: PLR2004 - more likely inside than not
