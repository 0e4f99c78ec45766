"""cBioPortal gene-panel files to `GenePanel`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embogen.genomics.panels import GenePanel


def read_panels(file: str, *, folder: Path) -> Mapping[str, GenePanel]:
    raise NotImplementedError
