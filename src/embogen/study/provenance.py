"""Where the numbers came from: hashes, versions, seed, timings."""

from __future__ import annotations

import hashlib
import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

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
    for name in names:
        path = folder / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if not file.is_file():
                continue
            inner = file.relative_to(path).as_posix()
            shown = f"{name.rstrip('/')}/{inner}" if path.is_dir() else name
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found.append(InputFile(shown, file.stat().st_size, digest))
    return tuple(found)


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
