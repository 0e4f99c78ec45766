"""Where the numbers came from: hashes, versions, seed, timings."""

from __future__ import annotations

import hashlib
import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_INNER = ("case_lists", "clinical_data", "cBioPortal_files")
"""Folders below a study folder or release that hold files of it."""

_PACKAGES = ("embogen", "numpy", "scipy", "numba", "polars")


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was read: its path relative to the study file, size in bytes, sha256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made these results.

    `started` is UTC, ISO 8601; `versions` maps embogen, python, numpy ... to their versions;
    `timings` maps stages to seconds.
    """

    plan_hash: str
    inputs: tuple[InputFile, ...]
    versions: dict[str, str]
    platform: str
    seed: int
    started: str
    timings: dict[str, float]


def input_files(names: Iterable[str], folder: Path) -> tuple[InputFile, ...]:
    """Hash every input, and every file of an input folder, named as the study names it."""
    found = []
    for shown in input_paths(names, folder):
        file = folder / shown
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found.append(InputFile(shown, file.stat().st_size, digest))
    return tuple(found)


def input_paths(names: Iterable[str], folder: Path) -> list[str]:
    """Name every input file: those named, and those of a folder that readers look at.

    A folder may be that of the study itself, so results and other folders below it are not
    looked into.
    """
    found = []
    for name in names:
        path = folder / name
        if not path.is_dir():
            found += [name] if path.is_file() else []
            continue
        for place in (path, *(path / inner for inner in _INNER)):
            files = sorted(place.iterdir()) if place.is_dir() else []
            found += [
                PurePosixPath(name, file.relative_to(path).as_posix()).as_posix()
                for file in files
                if file.is_file()
            ]
    return found


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that touch a number."""
    found = {"python": ".".join(str(part) for part in sys.version_info[:3])}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed as a package"
    return found


def platform_name() -> str:
    """System and processor, without the machine's name."""
    return f"{platform.system()} {platform.machine()}"
