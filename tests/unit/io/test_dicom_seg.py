"""DICOM segmentations made here; skipped where the extra that reads them is not installed."""

from __future__ import annotations

import io

import numpy as np
import pytest

from embogen.errors import DataError
from embogen.io.masks.dicom_seg import read_dicom_seg

pydicom = pytest.importorskip("pydicom", reason="the extra embogen[imaging] is not installed")

SEG = "1.2.840.10008.5.1.4.1.1.66.4"
FILLED = (6, 4, 2)
"""Voxels set in each of the three frames, of 8 x 8."""


def item(**values: object):
    found = pydicom.Dataset()
    for name, value in values.items():
        setattr(found, name, value)
    return found


def seg(
    *,
    places=(0.0, 1.0, 2.0),
    segments=(1, 1, 1),
    thickness=1.25,
    between=None,
    uid=SEG,
    fractional=None,
) -> bytes:
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID = uid
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    found = item(SOPClassUID=uid, SOPInstanceUID="1.2.3", Modality="SEG", Rows=8, Columns=8)
    found.file_meta = meta
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    found.NumberOfFrames, found.PixelRepresentation = len(places), 0
    frames = np.zeros((len(places), 64), dtype=np.uint8)
    for frame, n in zip(frames, FILLED, strict=False):
        frame[:n] = 1
    if fractional is None:
        found.SegmentationType = "BINARY"
        found.BitsAllocated, found.BitsStored, found.HighBit = 1, 1, 0
        found.PixelData = np.packbits(frames.ravel(), bitorder="little").tobytes()
    else:
        found.SegmentationType, found.SegmentationFractionalType = "FRACTIONAL", fractional
        found.MaximumFractionalValue = 100
        found.BitsAllocated, found.BitsStored, found.HighBit = 8, 8, 7
        found.PixelData = (frames * 40).tobytes()
    measures = item(PixelSpacing=[0.5, 2.0], SliceThickness=thickness)
    if between is not None:
        measures.SpacingBetweenSlices = between
    found.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=[measures],
            # the plane is turned about the first axis: slices run along the second of the patient
            PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 0, -1])],
        )
    ]
    found.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=[7, place, 3])],
            SegmentIdentificationSequence=[item(ReferencedSegmentNumber=number)],
        )
        for place, number in zip(places, segments, strict=True)
    ]
    found.SegmentSequence = [
        item(SegmentNumber=number, SegmentLabel=f"S{number}") for number in sorted(set(segments))
    ]
    out = io.BytesIO()
    pydicom.dcmwrite(out, found, enforce_file_format=True)
    return out.getvalue()


def volume(data: bytes) -> dict[str, tuple[float, float]]:
    return {s.name: (s.voxels, s.volume_ml) for s in read_dicom_seg(data, "a.dcm").segments}


def test_the_distance_is_that_of_positions_not_the_thickness():
    found = read_dicom_seg(seg(), "a.dcm")
    assert found.spacing_mm == (2.0, 0.5, pytest.approx(1.0))
    assert found.segments[0].volume_ml == pytest.approx(12 * 1.0 / 1000)
    assert "SliceThickness is 1.25 mm and the slices lie 1 mm apart" in found.notes[0]


def test_frames_may_stand_in_any_order_and_belong_to_segments():
    assert volume(seg(places=(2.0, 0.0, 1.0), segments=(1, 2, 1))) == {
        "S1": (8, pytest.approx(0.008)),
        "S2": (4, pytest.approx(0.004)),
    }


def test_slices_left_out_because_they_are_empty_do_not_stretch_the_others():
    found = read_dicom_seg(seg(places=(0.0, 1.0, 4.0)), "a.dcm")
    assert found.spacing_mm[2] == pytest.approx(1.0)
    assert any("2 slices between the others have no frame" in note for note in found.notes)
    found = read_dicom_seg(seg(places=(0.0, 2.0, 4.0), between=1.0), "a.dcm")
    assert found.spacing_mm[2] == pytest.approx(1.0)


def test_positions_decide_against_a_stated_spacing_they_contradict():
    found = read_dicom_seg(seg(places=(0.0, 1.0, 2.0), between=1.25), "a.dcm")
    assert found.spacing_mm[2] == pytest.approx(1.0)
    assert any("positions were used" in note for note in found.notes)


def test_uneven_slices_are_refused():
    with pytest.raises(DataError, match=r"not evenly spaced \(1.000, 1.300 mm"):
        read_dicom_seg(seg(places=(0.0, 1.0, 2.3)), "a.dcm")


def test_one_slice_has_no_distance_but_a_stated_one():
    with pytest.raises(DataError, match="thickness is not the distance"):
        read_dicom_seg(seg(places=(0.0,), segments=(1,)), "a.dcm")
    assert volume(seg(places=(0.0,), segments=(1,), between=3.0)) == {
        "S1": (6, pytest.approx(0.018))
    }


def test_fractions_fill_a_voxel_in_part_and_probabilities_from_a_half():
    assert volume(seg(fractional="OCCUPANCY"))["S1"][0] == pytest.approx(12 * 0.4)
    assert volume(seg(fractional="PROBABILITY"))["S1"][0] == 0


def test_an_image_is_no_segmentation():
    with pytest.raises(DataError, match="is CT Image Storage, and a DICOM Segmentation"):
        read_dicom_seg(seg(uid="1.2.840.10008.5.1.4.1.1.2"), "a.dcm")


def test_a_damaged_file_is_refused():
    with pytest.raises(DataError):
        read_dicom_seg(seg()[:200], "a.dcm")
