"""A compiled kernel does not outlive a change of any kernel's source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from embogen.survival.kernel_cache import STATE, discard_stale


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("x = 1\n", encoding="utf-8")
    discard_stale(tmp_path)
    for name in ("one.f-1.py311.nbi", "one.f-1.py311.1.nbc", "one.cpython-311.pyc"):
        (tmp_path / "__pycache__" / name).write_bytes(b"")
    return tmp_path


def kept(folder: Path) -> set[str]:
    return {file.suffix for file in (folder / "__pycache__").iterdir()}


def test_unchanged_sources_keep_their_kernels(folder: Path) -> None:
    assert not discard_stale(folder)
    assert kept(folder) == {".nbi", ".nbc", ".pyc", ".state"}


def test_a_change_of_another_file_removes_them_all(folder: Path) -> None:
    (folder / "two.py").write_text("x = 2\n", encoding="utf-8")
    os.utime(folder / "two.py", ns=(1, 1))
    assert discard_stale(folder)
    assert kept(folder) == {".pyc", ".state"}
    assert not discard_stale(folder)


def test_a_new_file_counts_as_a_change(folder: Path) -> None:
    (folder / "three.py").write_text("", encoding="utf-8")
    assert discard_stale(folder)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_that_cannot_be_written_to_is_left_alone(folder: Path) -> None:
    (folder / "two.py").write_text("x = 3\n", encoding="utf-8")
    (folder / "__pycache__" / STATE).chmod(0o400)
    (folder / "__pycache__").chmod(0o500)
    assert not discard_stale(folder)
    (folder / "__pycache__").chmod(0o700)
