"""Where the numbers came from: hashes, versions, seed, timings."""

from __future__ import annotations

from dataclasses import dataclass


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
    `timings` maps stages to seconds; `command` is what was typed, without paths outside the study.
    """

    plan_hash: str
    inputs: tuple[InputFile, ...]
    versions: dict[str, str]
    platform: str
    seed: int
    started: str
    timings: dict[str, float]
