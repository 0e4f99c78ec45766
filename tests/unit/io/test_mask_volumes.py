"""Volumes of masks made here, whose voxels and spacings are known."""

from __future__ import annotations

import bz2
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from embogen.errors import DataError
from embogen.io.masks.nifti import read_nifti
from embogen.io.masks.nrrd import read_nrrd
from embogen.io.masks.volume import mask_volumes

# 4 x 3 x 2 voxels, the first axis fastest: label 1 five times, label 2 twice
LABELS = np.zeros((2, 3, 4), dtype=np.int16)
LABELS[0, 0, :] = 1
LABELS[1, 2, 3] = 1
LABELS[1, 0, :2] = 2


def nrrd(data: bytes, *lines: str, encoding: str = "raw", kind: str = "short", sizes="4 3 2"):
    head = [
        "NRRD0004",
        "# a comment: with a colon",
        f"type: {kind}",
        f"dimension: {len(sizes.split())}",
        f"sizes: {sizes}",
        f"encoding: {encoding}",
        "endian: little",
        *(lines or ("space directions: (0.5,0,0) (0,0.5,0) (0,0,2)",)),
    ]
    return ("\n".join(head) + "\n\n").encode() + data


RAW = LABELS.astype("<i2").tobytes()


def volumes(found) -> dict[int, tuple[float, float]]:
    return {item.label: (item.voxels, item.volume_ml) for item in found.segments}


EXPECTED = {1: (5, pytest.approx(5 * 0.5 / 1000)), 2: (2, pytest.approx(2 * 0.5 / 1000))}


@pytest.mark.parametrize(
    "data",
    [
        nrrd(RAW),
        nrrd(gzip.compress(RAW), encoding="gzip"),
        nrrd(bz2.compress(RAW), encoding="bzip2"),
        nrrd(" ".join(str(v) for v in LABELS.ravel()).encode(), encoding="ascii"),
        nrrd(LABELS.astype("<f4").tobytes(), kind="float"),
        nrrd(RAW, "spacings: 0.5 0.5 2"),
        nrrd(RAW).replace(b"\n", b"\r\n", 9),
    ],
)
def test_nrrd_in_every_encoding(data):
    found = read_nrrd(data, "a.nrrd")
    assert volumes(found) == EXPECTED
    assert found.spacing_mm == (0.5, 0.5, 2.0)


def test_a_turned_and_skewed_grid_counts_by_its_determinant():
    # |det| of these directions is 2 cubic mm, whatever the lengths of the axes
    found = read_nrrd(nrrd(RAW, "space directions: (0,1,0) (-1,1,0) (0,3,2)"), "a.nrrd")
    assert volumes(found)[1] == (5, pytest.approx(0.010))


def test_segments_of_slicer_carry_names_and_layers():
    layers = np.zeros((2, 3, 4, 2), dtype=np.uint8)
    layers[..., 0] = LABELS == 1
    layers[..., 1] = LABELS == 2
    data = nrrd(
        layers.tobytes(),
        "space directions: none (1,0,0) (0,1,0) (0,0,1)",
        "Segment0_Name:=Liver",
        "Segment0_LabelValue:=1",
        "Segment0_Layer:=0",
        "Segment1_Name:=Tumour: all",
        "Segment1_LabelValue:=1",
        "Segment1_Layer:=1",
        kind="uint8",
        sizes="2 4 3 2",
    )
    found = read_nrrd(data, "a.seg.nrrd")
    assert [(item.name, item.voxels) for item in found.segments] == [
        ("Liver", 5),
        ("Tumour: all", 2),
    ]


def nifti(
    data: bytes = RAW, *, code=4, pixdim=(0.5, 0.5, 2.0), sform=None, units=2, slope=1.0, order="<"
) -> bytes:
    head = bytearray(352)
    struct.pack_into(order + "i", head, 0, 348)
    struct.pack_into(order + "8h", head, 40, 3, 4, 3, 2, 1, 1, 1, 1)
    struct.pack_into(order + "h", head, 70, code)
    struct.pack_into(order + "8f", head, 76, 1, *pixdim, 0, 0, 0, 0)
    struct.pack_into(order + "3f", head, 108, 352, slope, 0)
    head[123] = units
    if sform is not None:
        struct.pack_into(order + "h", head, 254, 1)
        struct.pack_into(order + "12f", head, 280, *sform)
    head[344:348] = b"n+1\0"
    return bytes(head) + data


AFFINE = (0, 0.5, 0, 9, -0.5, 0, 0, 9, 0, 0, 2, 9)


@pytest.mark.parametrize(
    "data",
    [
        nifti(),
        gzip.compress(nifti()),
        nifti(sform=AFFINE),
        nifti(LABELS.astype(">i2").tobytes(), order=">"),
        nifti(LABELS.astype("u1").tobytes(), code=2),
        nifti((LABELS * 4).astype("<i2").tobytes(), slope=0.25),
        nifti(pixdim=(500, 500, 2000), units=3),
    ],
)
def test_nifti_in_every_form(data):
    found = read_nifti(data, "a.nii")
    assert volumes(found) == EXPECTED
    assert found.notes == ()


def test_a_nifti_whose_thickness_is_not_its_spacing_is_a_question():
    # slices 2 mm apart by the affine, 2.5 mm by the voxel dimension: a quarter too much
    with pytest.raises(DataError, match=r"0\.5 cubic mm by its affine and 0\.625 by"):
        read_nifti(nifti(pixdim=(0.5, 0.5, 2.5), sform=AFFINE), "a.nii")


def test_a_nifti_without_a_unit_says_so():
    assert "mm was taken" in read_nifti(nifti(units=0), "a.nii").notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (nrrd(RAW[:-2]), "ends after 23 of 24 voxels"),
        (nrrd(RAW, "content: nothing"), "does not say how far"),
        (nrrd(RAW, "space directions: (1,0,0) (0,1,0) (0,0,0)"), "without a volume"),
        (nrrd(RAW, 'space units: "cm" "cm" "cm"', "spacings: 1 1 1"), "cm"),
        (nrrd(RAW, "data file: other.raw", "spacings: 1 1 1"), "another file"),
        (nrrd(RAW, encoding="hex"), 'encoded as "hex"'),
        (nrrd(b"no gzip", encoding="gzip"), "cannot be unpacked"),
        (nrrd(RAW, sizes="4000000 3000000 2"), "24,000,000,000,000"),
        (nrrd(RAW, sizes="4 three 2"), "damaged header"),
        (nrrd((LABELS * -1).astype("<i2").tobytes()), "an image, not a mask"),
        (nrrd((LABELS / 3).astype("<f4").tobytes(), kind="float"), "an image, not a mask"),
        (nrrd(RAW, kind="complex"), "complex"),
        (nifti(code=32), "values of type 32"),
        (nifti(pixdim=(0, 0, 0)), "without a volume"),
        (b"patient_id,sex\n1,f\n", "no NIfTI file"),
        (b"", "no NIfTI file"),
    ],
)
def test_what_is_wrong_is_said(data, words, tmp_path: Path):
    path = tmp_path / "mask"
    path.write_bytes(data)
    with pytest.raises(DataError, match=words):
        mask_volumes(path)


@pytest.mark.parametrize("whole", [nrrd(gzip.compress(RAW), encoding="gzip"), nifti(sform=AFFINE)])
def test_a_file_cut_short_anywhere_is_refused(whole, tmp_path: Path):
    path = tmp_path / "mask"
    for end in range(0, len(whole) - 12, 3):
        path.write_bytes(whole[:end])
        with pytest.raises(DataError):
            mask_volumes(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path):
    data = nrrd(gzip.compress(bytes(2**22)), encoding="gzip")  # says 48 bytes, unpacks to 4 MB
    assert mask_volumes_of(data, tmp_path).segments == ()


def mask_volumes_of(data: bytes, folder: Path):
    (folder / "mask").write_bytes(data)
    return mask_volumes(folder / "mask")


def test_no_such_file(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.nrrd: cannot be read"):
        mask_volumes(tmp_path / "none.nrrd")
