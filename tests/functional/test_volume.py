"""`embogen volume` on a real liver segmentation: 70.36 mL, where slice thickness gives 87.95."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from embogen.io.masks import dicom_seg


@pytest.fixture
def liver(data_dir: Path) -> Path:
    folder = data_dir / "liver_segmentation"
    if not folder.is_dir():
        pytest.skip("EMBOGEN_DATA holds no liver_segmentation: the scans are not committed")
    return folder


@pytest.mark.parametrize("name", ["liver_seg.nrrd", "liver.dcm"])
def test_the_liver_is_70_ml_in_both_formats(liver: Path, name: str, embogen) -> None:
    if name.endswith(".dcm") and importlib.util.find_spec("pydicom") is None:
        pytest.skip("the extra embogen[imaging] is not installed")
    said = embogen("volume", liver / name, "--json")
    assert said.code == 0, said.err
    (segment,) = json.loads(said.out)["segments"]
    assert segment["voxels"] == 107_098
    assert round(segment["volume_ml"], 2) == 70.36
    assert "70.36 mL (107,098 voxels)" in embogen("volume", liver / name).out


def test_a_slice_of_the_scan_is_no_mask(liver: Path, embogen) -> None:
    pytest.importorskip("pydicom", reason="the extra embogen[imaging] is not installed")
    said = embogen("volume", liver / "ct_01.dcm")
    assert said.code == 3
    assert "CT Image Storage, and a DICOM Segmentation was expected" in said.err


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, embogen, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pydicom", None)
    assert dicom_seg is not None
    (tmp_path / "a.dcm").write_bytes(bytes(128) + b"DICM" + bytes(8))
    said = embogen("volume", tmp_path / "a.dcm")
    assert said.code == 2
    assert "embogen[imaging]" in said.err
