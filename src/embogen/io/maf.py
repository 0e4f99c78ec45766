"""Mutation Annotation Format (MAF) to `MutationCalls`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.genomics.calls import MutationCalls


def read_maf(
    file: str, *, folder: Path, columns: Mapping[str, str] | None = None
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    raise NotImplementedError
