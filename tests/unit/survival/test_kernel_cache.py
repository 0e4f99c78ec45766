"""A compiled kernel does not outlive a change of any source it holds code of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import embogen.survival.kernel_cache as real
from embogen.survival.kernel_cache import KernelLocator

INIT = "from pack.survival.kernel_cache import install\ninstall()\n"
CALLEE = "from numba import njit\n\n@njit(cache=True)\ndef inner(x):\n    return x + {add}\n"
CALLER = """from numba import njit
from pack.survival.callee import inner

@njit(cache=True)
def outer(x):
    return 10 * inner(x)
"""
ASK = """import warnings
warnings.simplefilter("error")
from pack.{folder}.caller import outer
print(outer(1), sum(outer.stats.cache_hits.values()))
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A package with this cache: `caller` in two folders, `callee` beside the cache."""
    root = tmp_path / "site" / "pack"
    for folder in ("survival", "evidence"):
        (root / folder).mkdir(parents=True)
        (root / folder / "caller.py").write_text(CALLER, encoding="utf-8")
    (root / "__init__.py").touch()
    (root / "evidence" / "__init__.py").touch()
    (root / "survival" / "__init__.py").write_text(INIT, encoding="utf-8")
    shutil.copy(Path(real.__file__), root / "survival" / "kernel_cache.py")
    change(root, 1)
    return root


def change(root: Path, add: int) -> None:
    file = root / "survival" / "callee.py"
    file.write_text(CALLEE.format(add=add), encoding="utf-8")
    os.utime(file, ns=(add * 10**9, add * 10**9))


def ask(root: Path, folder: str, **environment: str) -> tuple[int, int]:
    """Give what a new process computes, and how many kernels it found compiled."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA", "XDG", "LOCALAPP"))}
    home = {"HOME": str(root.parent), "USERPROFILE": str(root.parent)}
    ran = subprocess.run(
        [sys.executable, "-c", ASK.format(folder=folder)],
        env=kept | home | environment,
        cwd=root.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    value, hits = ran.stdout.split()
    return int(value), int(hits)


def block_folders(root: Path) -> None:
    """Put a file where the cache folders would be: nobody, not even root, can write there."""
    for folder in ("survival", "evidence"):
        shutil.rmtree(root / folder / "__pycache__", ignore_errors=True)
        (root / folder / "__pycache__").write_text("", encoding="utf-8")


@pytest.mark.parametrize("folder", ["survival", "evidence"])
@pytest.mark.parametrize("blocked", [False, True])
def test_a_changed_callee_in_another_file_is_noticed(
    pack: Path, folder: str, blocked: bool
) -> None:
    if blocked:
        block_folders(pack)
    assert ask(pack, folder) == (20, 0)
    assert ask(pack, folder) == (20, 1)
    change(pack, 2)
    assert ask(pack, folder) == (30, 0)
    assert ask(pack, folder) == (30, 1)
    kept = [file for file in pack.parent.rglob("caller.*.nbc") if folder in str(file)]
    assert len(kept) == 1  # that of the earlier sources is gone


def test_a_folder_named_to_numba_comes_first(pack: Path, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    assert ask(pack, "survival", NUMBA_CACHE_DIR=str(place)) == (20, 0)
    assert ask(pack, "survival", NUMBA_CACHE_DIR=str(place)) == (20, 1)
    assert any(place.rglob("caller.*.nbc"))
    assert not any(pack.rglob("*.nbc"))


def test_where_nothing_can_be_kept_each_process_compiles(pack: Path, tmp_path: Path) -> None:
    block_folders(pack)
    nowhere, spare = tmp_path / "file", tmp_path / "spare"
    nowhere.touch()
    spare.mkdir()
    places = {"XDG_CACHE_HOME": str(nowhere), "LOCALAPPDATA": str(nowhere), "TMPDIR": str(spare)}
    for _ in range(2):
        assert ask(pack, "survival", **places) == (20, 0)
    assert not any(spare.iterdir())  # its own folder goes with the process


def test_functions_of_other_packages_are_left_to_numba(tmp_path: Path) -> None:
    other = tmp_path / "theirs.py"
    other.touch()
    assert KernelLocator.from_function(change, str(other)) is None
    assert KernelLocator.from_function(change, real.__file__) is not None
